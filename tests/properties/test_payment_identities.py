"""Identities between tables, payments and solutions, on random markets."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.context import Context
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.solver.market.routes import maximal_payments
from tests.markets import entries, rational_markets

amounts = st.fractions(min_value=-3, max_value=3, max_denominator=8)


def exactly(market):
    return maximal_payments(market.with_arithmetic(EXACT)).payments


@st.composite
def tables(draw):
    """Return the value and outside arrays of a small market for two agents, in eighths."""
    size = draw(st.integers(1, 4))
    numbers = st.integers(-16, 16).map(lambda k: k / 8)

    def table(*shape):
        count = int(np.prod(shape))
        return np.array(draw(st.lists(numbers, min_size=count, max_size=count))).reshape(shape)

    return table(2, size, size, size), table(2, size, size)


def tabulated(value, outside):
    types = {"from": 1, "to": value.shape[1]}
    valuation = {"family": "table", "value": value, "outside": outside}
    return market_game(
        md.parse({"kind": "market", "agents": 2, "types": types, "valuation": valuation})
    )


@given(tables(), st.integers(-8, 8))
def test_what_is_earned_anyway_is_not_charged(table, constant):
    value, outside = table
    before = exactly(tabulated(value, outside))
    both = exactly(tabulated(value + constant, outside + constant))
    inside = exactly(tabulated(value + constant, outside))
    assert np.array_equal(both, before)
    assert np.array_equal(inside, before + constant)


@given(tables(), st.integers(0, 1), st.data())
def test_a_bonus_for_one_agent_leaves_the_others_payments_alone(table, agent, data):
    value, outside = table
    other = 1 - agent
    bonus = data.draw(st.integers(1, 8))
    value = value.copy()
    before = exactly(tabulated(value, outside))
    value[agent] += bonus
    after = exactly(tabulated(value, outside))
    assert np.array_equal(after[other], before[other])
    assert np.array_equal(after[agent], before[agent] + bonus)


@given(rational_markets())
@settings(max_examples=30)
def test_truthful_payments_never_exceed_exploitation_and_start_there(pair):
    market, _ = pair
    rule = mechanism_named("market", "mep")
    options = effective_options("mep", rule.options, {"arithmetic": "exact"})
    exploited = rule.outcome(market, options, Context()).payments
    payments = exactly(market)
    assert (payments <= exploited).all()
    for agent in range(len(market.agents)):
        first = [np.take(table[agent], 0, axis=agent) for table in (payments, exploited)]
        assert np.array_equal(*first)


@given(rational_markets(), st.data())
@settings(max_examples=30)
def test_theorem_6_every_rational_and_truthful_payment_is_below(pair, data):
    market, plain = pair
    payments = exactly(market)
    # any rational and truthful rule: go through the reports, stay below every bound so far
    for agent in range(plain.n):
        others = [
            data.draw(st.integers(0, m - 1)) for j, m in enumerate(market.shape) if j != agent
        ]
        chosen = []
        for own, t in enumerate(plain.types[agent]):
            index = [*others[:agent], own, *others[agent:]]
            true = [plain.types[j][k] for j, k in enumerate(index)]
            truth = plain.report_value(agent, true, t)
            bounds = [truth - plain.outside_value(agent, true)]
            bounds += [
                paid + truth - plain.report_value(agent, true, plain.types[agent][r])
                for r, paid in enumerate(chosen)
            ]
            chosen.append(min(bounds) - abs(data.draw(amounts)))
            assert chosen[-1] <= payments[(agent, *index)]


@given(
    st.integers(2, 3),
    st.sampled_from(["free", "vcg", "mep", "desirable"]),
    st.sampled_from(["pooled", "separate"]),
    st.data(),
)
@settings(max_examples=30)
def test_money_is_neither_made_nor_lost(n, mechanism, outside, data):
    matrix = [[str(data.draw(entries)) for _ in range(n)] for _ in range(n)]
    instance = md.parse(
        {
            "kind": "market",
            "agents": n,
            "types": [0, 1, 3],
            "valuation": {"family": "linear", "matrix": matrix},
            "outside": outside,
            "profile": [3] * (n - 1) + [1],
        }
    )
    solution = md.solve(instance, mechanism, options={"arithmetic": "exact"})
    if "table" not in solution.answers:
        assert solution.minimal_revenue < 0
        return
    table = solution.table["payments"]
    assert sum(solution.utilities) + solution.revenue == sum(solution.values)
    assert solution.revenue == sum(solution.payments)
    assert solution.minimal_revenue == table.sum(axis=0).min()
    assert solution.mean_revenue == pytest.approx(float(np.mean(table.sum(axis=0))))
    lowest = tuple([0, 1, 3].index(t) for t in solution.minimal_profile)
    assert table.sum(axis=0)[lowest] == solution.minimal_revenue
    shown = (*[2] * (n - 1), 1)
    assert [table[(i, *shown)] for i in range(n)] == list(solution.payments)


@pytest.mark.parametrize("route", ["monotone", "sweep"])
@pytest.mark.parametrize("exponent", ["-1", "-3/4", "-1/5"])
def test_growth_markets_are_homogeneous_in_the_unit_of_data(route, exponent):
    def payments(unit):
        grid = {"from": str(unit), "to": str(9 * unit), "step": str(unit)}
        valuation = {"family": "growth", "exponent": exponent}
        market = market_game(
            md.parse({"kind": "market", "agents": 3, "types": grid, "valuation": valuation})
        )
        return maximal_payments(market, route=route).payments

    for unit in (Fraction(1, 7), Fraction(12)):
        factor = float(unit) ** (1 + float(Fraction(exponent)))
        np.testing.assert_allclose(payments(unit), payments(1) * factor, atol=1e-12 * factor)
