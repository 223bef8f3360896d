"""The checker's weighted and partial shares: against the definition, in every number system."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS
from mdsolve.certificate.shares.arrivals import (
    TERMS,
    chances_of_others,
    in_whole_numbers,
)
from mdsolve.certificate.shares.base import Part
from mdsolve.certificate.shares.routes import shares_of
from mdsolve.certificate.shares.stakes import ShareStakes
from mdsolve.errors import SolutionFileError
from tests.certificate.shapley.plain_games import (
    EXAMPLE_4,
    STEP,
    TWO,
    check,
    claim,
    context,
    sharing,
    worth_of,
)

WEIGHTS = (1, 3, 2, 4)
S = [3.0, 1.5, 0.75, 2.0]
AGENTS = [{"cost": 1, "value": 1 + k} for k in range(4)]
FAMILIES = {
    "power": {"family": "power", "exponent": 1},
    "matrix": {
        "family": "power",
        "exponent": 0.5,
        "weights": [[1, 0.5, 0.2, 0], [0.2, 1, 0.3, 1], [0.4, 0.1, 1, 0], [1, 1, 1, 1]],
    },
    "coverage": {
        "family": "coverage",
        "distributions": [[0.2, 0.8], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7]],
    },
    "union": {
        "family": "union",
        "curve": {"points": [[0, 0], [1, 0.5], [2.5, 0.8]]},
        "neighbours": [[0, 1], [1, 2, 3], [0, 1, 2], [3, 0]],
    },
    "curve": {"family": "curve", "points": [[0, 0], [2, 0.6], [5, 0.7], [9, 0.75]]},
    "linear": {"family": "linear", "weights": [[0.1, 0.2, 0.3, 0.05]] * 4},
}


def by_orders(worth, s, weights):
    """Kalai and Samet: of those who are left, agent i is last with chance w_i / (their sum)."""
    n = len(s)
    found = [0.0] * n
    for order in itertools.permutations(range(n)):
        chance = Fraction(1)
        for k in range(n):
            chance *= Fraction(weights[order[k]], sum(weights[j] for j in order[: k + 1]))
        for k, agent in enumerate(order):
            before = [s[j] if j in order[:k] else 0.0 for j in range(n)]
            after = [s[j] if j in order[: k + 1] else 0.0 for j in range(n)]
            found[agent] += float(chance) * (worth(after) - worth(before))
    return np.array(found)


@pytest.mark.parametrize("arithmetic", [FLOAT, INTERVALS, BALLS, EXACT], ids=lambda a: a.name)
@pytest.mark.parametrize("family", FAMILIES)
def test_shares_are_those_of_the_definition(family, arithmetic):
    if arithmetic is EXACT and family in {"matrix", "coverage"}:
        pytest.skip("irrational")
    data = sharing(FAMILIES[family], AGENTS)
    expected = by_orders(worth_of(data), S, WEIGHTS)
    with arithmetic.context():
        here = context(data, claim("shapley", S), arithmetic)
        shares = shares_of(here.reading, here.s, "shapley", WEIGHTS).values
        low, high = arithmetic.lower(shares), arithmetic.upper(shares)
    slack = 1e-13 * np.abs(expected).max()
    assert np.all((low <= expected + slack) & (expected - slack <= high))
    np.testing.assert_allclose(high - low, 0, atol=1e-11)


def test_eight_agents_go_by_mixtures_and_agree_with_coalitions():
    data = sharing(
        {"family": "power", "exponent": 1}, [{"cost": 1, "value": 1 + k} for k in range(8)]
    )
    s, weights = [0.5 * (k + 1) for k in range(8)], (1, 2, 3, 1, 2, 3, 4, 5)
    here = context(data, claim("shapley", s), INTERVALS)
    mixed = shares_of(here.reading, here.s, "shapley", weights).values
    exact_here = context(data, claim("shapley", s), EXACT)
    with pytest.raises(NoRouteError):
        shares_of(exact_here.reading, exact_here.s, "shapley", weights)
    expected = by_orders_by_subsets(worth_of(data), s, weights)
    assert np.all(INTERVALS.lower(mixed) <= expected + 1e-12)
    assert np.all(INTERVALS.upper(mixed) >= expected - 1e-12)
    np.testing.assert_allclose(INTERVALS.upper(mixed) - INTERVALS.lower(mixed), 0, atol=1e-9)


def by_orders_by_subsets(worth, s, weights):
    """The same by potentials of Hart and Mas-Colell: P(X) w(X) = v(X) + sum_i w_i P(X - i)."""
    n = len(s)
    potential = {0: 0.0}
    for mask in range(1, 1 << n):
        inside = [j for j in range(n) if mask >> j & 1]
        value = worth([s[j] if j in inside else 0.0 for j in range(n)]) - worth([0.0] * n)
        rest = sum(weights[j] * potential[mask ^ (1 << j)] for j in inside)
        potential[mask] = (value + rest) / sum(weights[j] for j in inside)
    full = (1 << n) - 1
    return np.array([weights[j] * (potential[full] - potential[full ^ (1 << j)]) for j in range(n)])


def test_chances_sum_to_one_and_name_what_is_too_much():
    for own in range(3):
        others = [n - (k == own) for k, n in enumerate([2, 3, 1])]
        assert sum(chances_of_others(others, own, [2, 3, 1], (3, 1, 2))) == 1
    with pytest.raises(NoRouteError, match="terms"):
        chances_of_others([0] + [1] * 15, 0, [1] * 16, (TERMS // 2**16,) * 16)
    with pytest.raises(NoRouteError, match="sum to"):
        in_whole_numbers([Fraction(1), Fraction("1.000001")])


def test_slopes_are_those_of_values_and_bound_them():
    data = sharing(FAMILIES["curve"], AGENTS)
    here = context(data, claim("shapley", S), INTERVALS)
    shares = shares_of(here.reading, here.s, "shapley", WEIGHTS)
    part = INTERVALS.constant(Fraction(1, 3))
    stakes = ShareStakes(here.reading, shares, INTERVALS.constant(1), INTERVALS.constant(0), part)
    agents = np.array([1, 0, 1, 3])
    low, high = np.array([0.2, 0.5, 3.0, 1.0]), np.array([1.0, 0.75, 8.0, 1.5])
    least, most = stakes.steepness(agents, INTERVALS.stored(low), INTERVALS.stored(high))
    values = [stakes.value(agents, INTERVALS.stored(x)) for x in (low, high)]
    rise = INTERVALS.nearest(values[1] - values[0]) / (high - low)
    assert np.all(INTERVALS.lower(least) <= rise + 1e-12)
    assert np.all(rise - 1e-12 <= INTERVALS.upper(most))
    assert issubclass(type(stakes._accuracy), Part)


OPTIONS = [{"weights": [1, 2]}, {"share": 0.5}, {"weights": {"B": "1/3"}, "share": 0.9}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_perturbed_answers_and_other_options_are_refused(options):
    game = md.parse(TWO)
    data = md.solve(game, "shapley", options=options).claim()
    given = data["mechanism"]["options"]

    def verdict(name, **changes):
        return check(TWO, {**data, **changes}, name).verdict

    for name in ("nash", "rule", "budget-balance", "stated-numbers"):
        assert verdict(name) == "pass"
    for agent, step in itertools.product(range(2), (STEP, -STEP)):
        s, payments = np.array(data["contributions"]), np.array(data["payments"])
        s[agent] *= 1 + step
        payments[agent] += step
        assert verdict("nash", contributions=s.tolist(), payments=None) == "fail"
        assert verdict("rule", payments=payments.tolist()) == "fail"
        assert verdict("budget-balance", payments=payments.tolist()) == "fail"
    others = [
        {**given, "share": float(given["share"]) * (1 - STEP)},
        {**given, "weights": [1, 2.000001]},
        {**given, "weights": None, "share": 1},
    ]
    for other in others:
        mechanism = {"name": "shapley", "options": other}
        assert "fail" in {
            verdict("nash", mechanism=mechanism),
            verdict("rule", mechanism=mechanism),
        } or (verdict("rule", mechanism=mechanism) == "not-checked")
    if "weights" in options:
        column = np.array(data["weighted_shapley"]) + np.array([0, STEP])
        assert verdict("stated-numbers", weighted_shapley=column.tolist()) == "fail"


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({"weights": [1, 0]}, True),
        ({"weights": [1, "x"]}, True),
        ({"share": 2}, True),
        ({"share": "half"}, True),
        ({"weights": [1, 2, 3]}, False),
        ({"weights": {"C": 2}}, False),
        ({"weights": [1, 2], "index": "banzhaf"}, False),
    ],
)
def test_wrong_options_of_a_claim(options, refused):
    stated = claim("shapley", EXAMPLE_4, **options)
    if refused:
        with pytest.raises(SolutionFileError, match=r"weights|share"):
            check(TWO, stated, "nash")
    else:
        assert check(TWO, stated, "nash").verdict == "not-checked"


def test_a_share_of_nothing_promises_what_none_does():
    stated = claim("shapley", [2.16227766, 0], share=0)
    assert check(TWO, stated, "nash").verdict == "pass"
    assert check(TWO, {**stated, "payments": [STEP, -STEP]}, "rule").verdict == "fail"
