"""The monotone search against the plain recursion over all lower reports."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.solver.market.growth_column import growth_payments, useful_ratio
from mdsolve.tolerance import ROUND_OFF
from tests.oracles import growth_utilities

exponents = st.sampled_from([-1, -0.99, -0.9, -0.75, -0.67, -0.5, -0.2, -0.02]) | st.floats(
    -1, -0.01
)


def plain_payments(own, tau, agents, exponent, outside):
    """Return W - h for one column and the largest value that enters it."""
    utilities = growth_utilities(own, tau, agents, exponent, outside)
    totals = [s + tau for s in own]
    worth = [agents**exponent * y ** (1 + exponent) if y else 0.0 for y in totals]
    payments = [w - h for w, h in zip(worth, utilities, strict=True)]
    return payments, max(1.0, *worth)


@given(
    agents=st.integers(2, 6),
    exponent=exponents,
    step=st.sampled_from([1.0, 0.5, 2.0, 1 / 3]),
    first=st.integers(0, 40),
    count=st.integers(1, 160),
    tau=st.integers(0, 30),
    outside=st.sampled_from(["pooled", "separate"]),
)
@settings(max_examples=60)
def test_every_column_equals_the_recursion(agents, exponent, step, first, count, tau, outside):
    found = growth_payments(
        own_first=first * step,
        own_count=count,
        others_first=tau * step,
        others_count=2,
        step=step,
        agents=agents,
        exponent=exponent,
        outside=outside,
    )
    own = [(first + k) * step for k in range(count)]
    for j in range(2):
        known, scale = plain_payments(own, (tau + j) * step, agents, exponent, outside)
        np.testing.assert_allclose(found[:, j], known, rtol=0, atol=ROUND_OFF * scale)


@pytest.mark.parametrize("exponent", [-1, -0.9, -0.7])
@pytest.mark.parametrize(("first", "tau"), [(0, 1), (0, 7), (1, 1), (300, 2)])
def test_long_columns_where_the_search_switches_off(exponent, first, tau):
    found = growth_payments(first, 1200, tau, 1, 1.0, 2, exponent, "pooled")[:, 0]
    own = [float(first + k) for k in range(1200)]
    known, scale = plain_payments(own, tau, 2, exponent, "pooled")
    np.testing.assert_allclose(found, known, rtol=0, atol=ROUND_OFF * scale)


@pytest.mark.parametrize(
    ("exponent", "kappa"), [(-1, 6.357), (-0.9, 8.098), (-0.8, 10.68), (-0.7, 14.75), (-0.5, 35.4)]
)
def test_no_lie_is_useful_up_to_kappa(exponent, kappa):
    # the printed ratios of the theory, from below and by full search on a fine grid
    found = useful_ratio(exponent, 2, "pooled", 100.0)
    assert 0.8 * kappa < found <= kappa
    tau = 20
    own = [float(s) for s in range(1, int(1.2 * kappa * tau))]
    utility = growth_utilities(own, tau, 2, exponent, "pooled")
    free = [h > s * (s + tau) ** exponent * (1 + 1e-13) for s, h in zip(own, utility, strict=True)]
    onset = own[free.index(True)] / tau
    assert onset == pytest.approx(kappa, rel=0.01)


def test_a_fixed_market_with_one_large_agent_in_fractions():
    # h = max over staying out and lies, by hand: types 1..7 against 1, as in the zero ties
    found = growth_payments(1, 7, 1, 1, 1.0, 2, -1, "pooled")[:, 0]
    half = Fraction(1, 2)
    known = [half - Fraction(s, s + 1) for s in range(1, 7)]
    lies = {r: Fraction(7, 7 + r + 1) - half + Fraction(r, r + 1) for r in range(1, 6)}
    known.append(half - max(Fraction(7, 8), *lies.values()))
    assert found == pytest.approx([float(p) for p in known], abs=1e-15)
    assert known[-1] < half - Fraction(7, 8)
