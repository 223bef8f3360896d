"""Shares over any number system: against the definition, against each other, against mpmath."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS, as_written
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.certificate.shares.coalitions import coalition_part
from mdsolve.certificate.shares.mixture import mixture_part, step_error
from mdsolve.certificate.shares.routes import shares_of
from mdsolve.certificate.shares.rules import averages, equidistant, gauss
from tests.certificate.shapley.plain_games import shares, sharing, worth_of

NO_LIMIT = 10**12

CURVE = {"family": "curve", "points": [[0, 0], [2, 0.5], [5, 0.8], [20, 0.9]]}
UNION = {
    "family": "union",
    "curve": {"points": [[0, 0.05], [2, 0.4], [7, 0.9]]},
    "neighbours": [[0, 1], [1, 2], [0, 2, 3], [3]],
}
FAMILIES = {
    "power": {"family": "power", "exponent": 0.7, "scale": 0.9},
    "weighted": {
        "family": "power",
        "exponent": 2,
        "weights": [[1, 0.4, 0, 2], [0.3, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]],
    },
    "linear": {"family": "linear", "weights": [[0.1, 0.2, 0, 0.3]] * 4},
    "pac": {"family": "pac", "complexity": 0.2},
    "threshold": {"family": "threshold-power", "threshold": 3, "exponent": 0.6},
    "curve": CURVE,
    "coverage": {
        "family": "coverage",
        "distributions": [[0.5, 0.2, 0], [0.1, 0.4, 0.3], [0.3, 0.3, 0.1], [0, 0.9, 0]],
    },
    "union": UNION,
    "mixed": {"per_agent": [{"family": "power"}, CURVE, {"family": "power"}, CURVE]},
}
AGENTS = [{"cost": 1, "value": 2}, {"cost": 1}, {"cost": 1, "value": 0.5}, {"cost": 1}]


def inside(arithmetic, found, expected, slack=1e-9):
    """Tell whether numbers are where they should be, but for the rounding of the oracle."""
    room = slack * (1 + np.abs(expected))
    return bool(
        np.all(arithmetic.lower(found) <= expected + room)
        and np.all(expected - room <= arithmetic.upper(found))
        and np.all(arithmetic.upper(found) - arithmetic.lower(found) <= room)
    )


@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("arithmetic", [FLOAT, INTERVALS, BALLS])
def test_shares_and_their_changes_are_those_of_the_definition(arithmetic, family, index):
    data = sharing(FAMILIES[family], AGENTS)
    s, own = np.array([1.53, 4.07, 0.0, 2.29]), np.array([3.11, 0.57, 1.03, 2.29])
    worth = worth_of(data)
    with arithmetic.context():
        reading = sharing_reading(md.parse(data), arithmetic)
        found = shares_of(reading, arithmetic.stored(s), index)
        expected = shares(worth, list(s), index == "banzhaf")
        assert inside(arithmetic, found.values, np.array(expected, dtype=float))
        for agent in range(4):
            moved = s.copy()
            moved[agent] = own[agent]
            one = np.array([agent])
            there = arithmetic.stored(own[one])
            value = shares(worth, list(moved), index == "banzhaf")[agent]
            assert inside(arithmetic, found.at(one, there), np.array([value], dtype=float))
            step = 1e-4
            ends = []
            for move in (-step, step):
                moved[agent] = own[agent] + move
                ends.append(float(shares(worth, list(moved), index == "banzhaf")[agent]))
            rise = (ends[1] - ends[0]) / (2 * step)
            least, most = found.steepness(
                one, arithmetic.stored(own[one] - step), arithmetic.stored(own[one] + step)
            )
            assert arithmetic.lower(least)[0] <= rise + 1e-7
            assert arithmetic.upper(most)[0] >= rise - 1e-7
            if reading.accuracy.concave:
                slope = found.slopes(one, there, "right")
                assert arithmetic.nearest(slope)[0] == pytest.approx(rise, abs=1e-3)


def test_shares_are_exact_fractions():
    weights = [[1, 2, 0], [1, 1, 1], [0, 3, 1]]
    agents = [{"cost": 1, "value": k + 1} for k in range(3)]
    data = sharing({"family": "power", "exponent": 2, "weights": weights}, agents)
    s = [Fraction(1, 2), Fraction(3), Fraction(5, 4)]

    def worth(profile):
        return sum(
            (k + 1) * (1 - 1 / (1 + sum(weights[k][j] * profile[j] for j in range(3))) ** 2)
            for k in range(3)
        )

    found = shares_of(sharing_reading(md.parse(data), EXACT), EXACT.stored(s), "shapley").values
    assert [Fraction(int(x.p), int(x.q)) for x in found] == shares(worth, s)


def test_shares_of_unions_are_exact_for_any_number_of_agents():
    """Polynomials in the chance to be in: equidistant nodes integrate them in fractions."""
    n = 12
    rows = [[k, (k + 1) % n, (k + 5) % n] for k in range(n)]
    accuracy = {"family": "union", "curve": UNION["curve"], "neighbours": rows}
    data = sharing(accuracy, [{"cost": 1}] * n)
    s = [Fraction(k, 3) for k in range(n)]
    reading = sharing_reading(md.parse(data), EXACT)
    found = shares_of(reading, EXACT.stored(s), "shapley").values
    gained = reading.benefits(EXACT.stored(s)) - reading.benefits(reading.nothing)
    assert EXACT.total(found) == EXACT.total(gained)
    rough = shares_of(reading.rounded, np.array(s, dtype=float), "shapley").values
    np.testing.assert_allclose(EXACT.nearest(found), rough, atol=1e-13)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.data())
def test_quadrature_and_enumeration_enclose_the_same(n, data):
    number = st.floats(0, 3)
    weights = [[data.draw(number) for _ in range(n)] for _ in range(n)]
    accuracy = {
        "family": "power",
        "exponent": data.draw(st.sampled_from([0.05, 0.5, 1, 2.5, 9])),
        "scale": 0.7,
        "weights": weights,
    }
    agents = [{"cost": 1, "value": data.draw(st.floats(0.1, 3))} for _ in range(n)]
    instance = md.parse(sharing(accuracy, agents, platform_data=data.draw(st.sampled_from([0, 3]))))
    s = np.array([data.draw(st.floats(0, 1000)) for _ in range(n)])
    own = np.array([data.draw(st.floats(0, 1000)) for _ in range(n)])
    index = data.draw(st.sampled_from(["shapley", "banzhaf"]))
    for arithmetic in (FLOAT, INTERVALS, *([BALLS] if n <= 3 else [])):
        with arithmetic.context():
            reading = sharing_reading(instance, arithmetic)
            decays = reading.accuracy.together(reading.value).decays
            at, there = arithmetic.stored(s), arithmetic.stored(own)
            fast = mixture_part(arithmetic, decays, at, index, NO_LIMIT)
            curves = [decay.as_curve(arithmetic) for decay in decays]
            slow = coalition_part(arithmetic, curves, at, index, NO_LIMIT)
            every = np.arange(n)
            for one, other in (
                (fast.at(every, there), slow.at(every, there)),
                (fast.slopes(every, there, "left"), slow.slopes(every, there, "left")),
            ):
                slack = 1e-11 if arithmetic is FLOAT else 0.0
                assert np.all(arithmetic.lower(one) <= arithmetic.upper(other) + slack)
                assert np.all(arithmetic.lower(other) <= arithmetic.upper(one) + slack)
                size = np.abs(arithmetic.nearest(other)).max()
                wide = arithmetic.upper(one) - arithmetic.lower(one)
                assert np.all(wide <= 1e-10 * max(size, 1.0))


@pytest.mark.parametrize(("agents", "most"), [(40, 10.0), (161, 100.0), (400, 1e-3)])
def test_truncated_rules_enclose_the_exact_one(agents, most):
    """Few Gauss nodes on the part that counts against ceil(n/2) nodes, in two number systems."""
    generator = np.random.default_rng(agents)
    kept = np.exp(-generator.uniform(0, most, (3, agents)))
    counts = np.ones(agents, dtype=np.intp)
    rule = gauss(FLOAT, (agents + 1) // 2)
    factors = rule.rest[:, None, None] + rule.node[:, None, None] * kept
    whole = np.prod(factors, axis=-1, keepdims=True) * rule.weight[:, None, None] / factors
    expected = whole.sum(axis=0).T
    found = averages(INTERVALS, None, INTERVALS.stored(kept), counts, "shapley")
    assert np.all(found.low <= expected * (1 + 1e-11))
    assert np.all(expected * (1 - 1e-11) <= found.high)
    assert np.all(found.high - found.low <= 1e-10 * expected)
    rough = averages(FLOAT, None, kept, counts, "shapley")
    np.testing.assert_allclose(rough, expected, rtol=1e-11)


def test_agents_alike_are_counted():
    generator = np.random.default_rng(7)
    kept = generator.uniform(0.2, 1, (2, 3))
    counts = np.array([4, 1, 7])
    spread = np.repeat(kept, counts, axis=1)
    few = averages(INTERVALS, None, INTERVALS.stored(kept), counts, "shapley")
    every = np.ones(12, dtype=np.intp)
    many = averages(INTERVALS, None, INTERVALS.stored(spread), every, "shapley")
    first = np.array([0, 4, 5])
    assert np.all(few.low <= many.high[first])
    assert np.all(many.low[first] <= few.high)
    with BALLS.context():
        fine = averages(BALLS, None, BALLS.stored(kept), counts, "shapley")
        assert np.all(few.low <= BALLS.upper(fine))
        assert np.all(BALLS.lower(fine) <= few.high)


def test_two_kinds_of_many_agents_with_any_curve():
    """Coalitions are numbers of each kind: 2^60 of them are 31 x 31."""
    agents = [{"cost": 1}] * 60
    data = sharing({"family": "pac", "complexity": 1}, agents)
    s = np.where(np.arange(60) < 30, 2.0, 5.0)
    reading = sharing_reading(md.parse(data), INTERVALS)
    found = shares_of(reading, INTERVALS.stored(s), "shapley").values
    gained = INTERVALS.total(reading.benefits(INTERVALS.stored(s)))
    total = INTERVALS.total(found)
    assert float(total.low) <= float(gained.high)
    assert float(gained.low) <= float(total.high)
    assert np.ptp(found.low[:30]) == 0 < found.low[40] - found.high[0]


def test_the_equidistant_rule_integrates_polynomials_exactly():
    rule = equidistant(5)
    for degree in range(5):
        total = sum(w * x**degree for w, x in zip(rule.weight, rule.node, strict=True))
        assert total == flint.fmpq(1, degree + 1)


def test_the_step_error_bounds_the_gamma_function_on_vertical_lines():
    for power in (0.05, 0.5, 1.0, 2.0, 3.5, 11.0):
        for folds in (4, 5, 8):
            with mpmath.workdps(40), BALLS.context():
                true = (
                    2
                    * mpmath.nsum(
                        lambda m, a=power, k=folds: abs(mpmath.gamma(a + 2j * mpmath.pi * m * k)),
                        [1, 6],
                    )
                    / mpmath.gamma(power)
                )
                bound = step_error(as_written(power), flint.fmpq(1, folds))
                assert true <= float(bound.upper()) < 100 * true * folds**power


def test_the_trapezoid_sum_is_as_wrong_as_the_bound_allows():
    """With a coarse step the error is visible, and within the bound."""
    for power, step in ((2.0, 1.2), (1.1, 1.0), (3.0, 0.9)):
        for shift in (1, 1.7, 3):
            with mpmath.workdps(40), BALLS.context():
                terms = mpmath.nsum(
                    lambda k, a=power, h=step, c=shift: (
                        mpmath.e ** (a * k * h - c * mpmath.e ** (k * h))
                    ),
                    [-200, 30],
                )
                error = step * terms * mpmath.mpf(shift) ** power / mpmath.gamma(power) - 1
                bound = step_error(as_written(power), as_written(step))
                assert abs(error) <= float(bound.upper())


def test_slopes_against_sums_of_forty_digits():
    n, b = 7, Fraction(3, 4)
    s = [Fraction(k * k % 17, 4) + 1 for k in range(n)]
    data = sharing({"family": "power", "exponent": str(b)}, [{"cost": 0.1}] * n)
    with mpmath.workdps(40):
        slope = mpmath.mpf(0)
        for size in range(n):
            for members in combinations(s[1:], size):
                amount = 1 + s[0] + sum(members)
                power = (mpmath.mpf(amount.numerator) / amount.denominator) ** mpmath.mpf("-1.75")
                slope += power * mpmath.mpf("0.75") / math.comb(n - 1, size)
    for arithmetic in (INTERVALS, BALLS):
        with arithmetic.context():
            reading = sharing_reading(md.parse(data), arithmetic)
            numbers = arithmetic.stored(s)
            decays = reading.accuracy.together(reading.value).decays
            found = mixture_part(arithmetic, decays, numbers, "shapley", NO_LIMIT)
            rise = found.slopes(np.array([0]), numbers[:1], "right")
            low, high = (float(end(rise)[0]) for end in (arithmetic.lower, arithmetic.upper))
            assert low <= slope <= high
            assert high - low < 1e-12


def test_what_has_no_way_says_why():
    many = {"kind": "sharing", "agents": {"count": 30, "cost": 0.1}}
    data = {**many, "accuracy": {"family": "pac", "complexity": 1}}
    reading = sharing_reading(md.parse(data), INTERVALS)
    with pytest.raises(NoRouteError, match="enumeration"):
        shares_of(reading, INTERVALS.stored(np.arange(30.0)), "shapley")
    joint = {"family": "quadratic-fit", "target": [1, 2], "noise": 1}
    reading = sharing_reading(md.parse({**many, "accuracy": joint}), INTERVALS)
    with pytest.raises(NoRouteError, match="unbounded"):
        shares_of(reading, INTERVALS.stored(np.arange(30.0)), "shapley")


class Logarithm:
    """a_i = log(1 + sum s) - b_i with b_i the agent's number."""

    concave = True

    def value(self, s):
        return np.log1p(s.sum()) - np.arange(len(s))

    def gradient(self, s):
        return np.full((len(s), len(s)), 1 / (1 + s.sum()))


def test_objects_are_asked_about_every_coalition():
    instance = md.SharingInstance(
        kind="sharing",
        agents=[{"name": f"a{k}", "cost": 0.1, "value": k + 1} for k in range(3)],
        accuracy=Logarithm(),
    )
    reading = sharing_reading(instance, FLOAT)
    s = [1.0, 2.0, 4.0]
    found = shares_of(reading, np.array(s), "shapley")

    def worth(profile):
        return sum((k + 1) * (np.log1p(sum(profile)) - k) for k in range(3))

    np.testing.assert_allclose(found.values, np.array(shares(worth, s), dtype=float))
    step = 1e-6
    moved = found.at(np.array([1, 1]), np.array([2 - step, 2 + step]))
    slope = found.slopes(np.array([1]), np.array([2.0]), "right")
    assert slope[0] == pytest.approx((moved[1] - moved[0]) / (2 * step), rel=1e-8)
