"""beta* of [M23] (14) and 1 - beta*, in every number system."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS, IrrationalError
from mdsolve.certificate.rules.budget_balanced import split_of_costs
from mdsolve.errors import MdsolveError
from tests.certificate.shapley.plain_games import check, claim, sharing
from tests.conftest import INSTANCES


def smaller_root(rates):
    """Return the smaller root of the quadratic, with 60 digits."""
    with mpmath.workdps(60):
        exact = [
            mpmath.mpf(Fraction(str(r)).numerator) / Fraction(str(r)).denominator for r in rates
        ]
        n, least, total = len(exact), 1 / sum(1 / r for r in exact), sum(exact)
        middle = least * n * (n - 2) + total
        square = middle**2 - 4 * least * total * (n - 1) ** 2
        return (middle - mpmath.sqrt(max(square, 0))) / (2 * total)


@given(st.lists(st.sampled_from([0.001, 0.1, 0.1, 0.3, 1, 1.0001, 7, 1e6]), min_size=2, max_size=9))
@settings(max_examples=60, deadline=None)
def test_both_shares_are_enclosed_to_the_last_digits(rates):
    root = smaller_root(rates)
    for arithmetic in (INTERVALS, BALLS):
        with arithmetic.context():
            for found, true in zip(
                split_of_costs(arithmetic, arithmetic.written(rates)), (root, 1 - root), strict=True
            ):
                low, high = float(arithmetic.lower(found)), float(arithmetic.upper(found))
                assert low <= true <= high
                assert high - low <= 1e-12 * abs(float(true))
    passed_on, borne = split_of_costs(FLOAT, FLOAT.written(rates))
    assert float(passed_on) == pytest.approx(float(root), rel=1e-12)
    assert float(borne) == pytest.approx(float(1 - root), rel=1e-12)


def test_known_rates_are_exact():
    found = split_of_costs(EXACT, EXACT.written([1, 1, 10]))
    assert [str(x) for x in found] == ["1/6", "5/6"]
    equal = split_of_costs(EXACT, EXACT.written([0.3] * 5))
    assert [str(x) for x in equal] == ["4/5", "1/5"]
    with pytest.raises(IrrationalError):
        split_of_costs(EXACT, EXACT.written([1, 2, 3]))


def test_equal_costs_of_many_agents_lose_no_digit():
    """1 - beta* is 1e-4 here: as a difference it would keep half of its digits."""
    for arithmetic in (INTERVALS, FLOAT):
        borne = split_of_costs(arithmetic, arithmetic.written(np.full(10_000, 0.1)))[1]
        low, high = float(arithmetic.lower(borne)), float(arithmetic.upper(borne))
        assert low <= 1e-4 <= high or low == pytest.approx(1e-4, rel=1e-15)
        assert high - low <= 1e-13 * 1e-4 * 10


def test_ten_thousand_equal_agents_are_proved():
    instance = md.load(INSTANCES / "papers" / "karimireddy2022" / "figure4-complexity-10.yaml")
    solution = md.solve(instance, "budget-balanced")
    stored = {
        **claim("budget-balanced", solution.contributions, beta="optimal"),
        "payments": solution.payments.tolist(),
    }
    checked = check_of(instance, stored, Request())
    for name in ("rule", "nash", "budget-balance"):
        found = checked.condition(name)
        assert (found.verdict, found.arithmetic) == ("pass", "enclosure")


@pytest.mark.parametrize(
    "costs",
    [
        [0.1, 0],
        [0.1, {"family": "quadratic", "rate": 0.1, "curvature": 1}],
        [0.1, {"family": "power", "rate": 0.1, "exponent": 2}],
    ],
)
def test_other_costs_have_no_best_rate(costs):
    data = sharing({"family": "power"}, [{"cost": cost, "capacity": 5} for cost in costs])
    with pytest.raises(MdsolveError):
        md.solve(md.parse(data), "budget-balanced")
    found = check(data, claim("budget-balanced", [1, 1], beta="optimal"), "nash")
    assert found.verdict == "not-checked"
    assert "beta*" in found.detail
    with pytest.raises(NoRouteError):
        split_of_costs(FLOAT, FLOAT.written([0.1, 0.0]))


def test_options_are_meant():
    """An equilibrium at .4 is none at the best rate, and the other way round."""
    data = sharing({"family": "power"}, [{"cost": 0.1}, {"cost": 0.15}, {"cost": 0.2}])
    instance = md.parse(data)
    for beta in ("optimal", "full", 0.4):
        s = md.solve(instance, "budget-balanced", options={"beta": beta}).contributions
        for other in ("optimal", "full", 0.4):
            found = check(data, claim("budget-balanced", s, beta=other), "nash")
            assert (found.verdict == "pass") == (beta == other)
