"""Maximal payments: every route against the definition, networkx and a linear program."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.market.difference_graph import (
    BASE,
    binding_chain,
    column_bounds,
    difference_graph,
    explain,
)
from mdsolve.solver.market.existence import certain_revenues, least_revenue
from mdsolve.solver.market.routes import maximal_payments, needed_bytes
from mdsolve.tolerance import ROUND_OFF
from tests.game.test_market import linear_markets
from tests.oracles import PlainMarket, identity, share


@st.composite
def growth_markets(draw):
    n = draw(st.integers(2, 4))
    step = draw(st.sampled_from(["1", "1/2", "3/7", "2"]))
    first = draw(st.integers(0, 3))
    sizes = draw(st.lists(st.integers(1, 14 if n == 2 else 5), min_size=n, max_size=n))
    names = [f"a{k}" for k in range(n)]
    grids = {}
    for k, (name, size) in enumerate(zip(names, sizes, strict=True)):
        start = Fraction(step) * (first + (k if draw(st.booleans()) else 0))
        grids[name] = {
            "from": str(start),
            "to": str(start + (size - 1) * Fraction(step)),
            "step": step,
        }
    exponent = draw(st.sampled_from(["-1", "-0.95", "-0.8", "-0.7", "-0.5", "-0.2", "-1/3"]))
    return market_game(
        parse(
            {
                "kind": "market",
                "agents": names,
                "types": grids,
                "valuation": {"family": "growth", "exponent": exponent, "scale": "3/2"},
                "outside": draw(st.sampled_from(["pooled", "separate"])),
            }
        )
    )


@given(growth_markets())
@settings(max_examples=120)
def test_monotone_route_equals_the_sweep(market):
    monotone = maximal_payments(market, route="monotone")
    sweep = maximal_payments(market, route="sweep")
    assert "monotone" in monotone.method
    assert "sweep" in sweep.method
    scale = max(1.0, float(np.abs(sweep.payments).max()))
    np.testing.assert_allclose(monotone.payments, sweep.payments, rtol=0, atol=ROUND_OFF * scale)


@pytest.mark.parametrize("outside", ["pooled", "separate"])
@pytest.mark.parametrize("exponent", [-1, -0.9, -0.7, -0.3])
def test_long_columns_agree(outside, exponent):
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": ["a", "b"],
                "types": {"a": {"from": 1, "to": 400}, "b": {"from": 1, "to": 3}},
                "valuation": {"family": "growth", "exponent": exponent},
                "outside": outside,
            }
        )
    )
    monotone = maximal_payments(market, route="monotone").payments
    sweep = maximal_payments(market, route="sweep").payments
    np.testing.assert_allclose(monotone, sweep, rtol=0, atol=ROUND_OFF * np.abs(sweep).max())


@given(linear_markets())
def test_exact_sweep_equals_bellman_ford_on_the_definition(pair):
    market, plain = pair
    payments = maximal_payments(market.with_arithmetic(EXACT)).payments
    for index in np.ndindex(market.shape):
        true = [plain.types[j][k] for j, k in enumerate(index)]
        for agent in range(plain.n):
            assert payments[(agent, *index)] == plain.maximal_payment(agent, true)


@given(linear_markets())
def test_float_sweep_is_within_round_off_of_the_exact_one(pair):
    market, _ = pair
    exact = maximal_payments(market.with_arithmetic(EXACT)).payments.astype(float)
    found = maximal_payments(market).payments
    np.testing.assert_allclose(found, exact, rtol=0, atol=ROUND_OFF * max(1, np.abs(exact).max()))


@given(growth_markets(), st.data())
def test_networkx_and_binding_chain_agree(market, data):
    profile = [data.draw(st.integers(0, size - 1)) for size in market.shape]
    agent = data.draw(st.integers(0, len(profile) - 1))
    payments = maximal_payments(market, route="sweep").payments
    expected = payments[(agent, *profile)]
    graph = difference_graph(market, agent, profile)
    target = float(market.grids[agent].exact(profile[agent]))
    length = nx.bellman_ford_path_length(graph, BASE, target)
    chain = binding_chain(market, agent, profile)
    scale = max(1.0, abs(expected))
    assert length == pytest.approx(expected, abs=ROUND_OFF * scale)
    assert chain.total == pytest.approx(expected, abs=ROUND_OFF * scale)
    assert list(chain.reports) == sorted(set(chain.reports))
    assert chain.reports[-1] == profile[agent]
    assert market.agents[agent] in explain(chain, market)


def test_linear_program_of_one_column_agrees():
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": ["a", "b"],
                "types": {"a": {"from": 0, "to": 14}, "b": [1]},
                "valuation": {"family": "growth", "exponent": -0.8},
            }
        )
    )
    outside, gaps = column_bounds(market, 0, [14, 0])
    rows, bounds = [], []
    for t in range(15):
        rows.append(np.eye(15)[t])
        bounds.append(outside[t])
        for r in range(t):
            rows.append(np.eye(15)[t] - np.eye(15)[r])
            bounds.append(gaps[r, t])
    found = scipy.optimize.linprog(-np.ones(15), np.array(rows), bounds, bounds=(None, None))
    np.testing.assert_allclose(found.x, maximal_payments(market).payments[0][:, 0], atol=1e-9)


def fixed_market(largest):
    types = {"from": 1, "to": largest}
    return market_game(
        parse({"kind": "market", "agents": 2, "types": types, "valuation": {"family": "share"}})
    )


@pytest.mark.parametrize(("largest", "value"), [(6, Fraction(0)), (7, Fraction(-1, 88))])
def test_zero_ties_of_the_fixed_market(largest, value):
    market = fixed_market(largest)
    plain = PlainMarket([[Fraction(k) for k in range(1, largest + 1)]] * 2, identity, share)
    assert min(plain.revenue(profile) for profile in plain.profiles()) == value
    for chosen in (market, market.with_arithmetic(EXACT)):
        payments = maximal_payments(chosen).payments
        least = least_revenue(chosen, payments, Monitor())
        assert least.exists == (value >= 0)
        assert float(least.value) == pytest.approx(float(value), abs=1e-15)
    assert certain_revenues(market, [least.profile], EXACT, Monitor()) == [value]


def test_memory_is_stated_before_it_is_taken():
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": 4,
                "types": {"from": 1, "to": 1000},
                "valuation": {"family": "growth", "exponent": -0.5},
            }
        )
    )
    assert needed_bytes(market) > 10**12
    with pytest.raises(MemoryLimitError, match="TiB"):
        maximal_payments(market)


def test_an_unsuitable_route_is_refused_not_replaced():
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": 2,
                "types": [1, 2],
                "valuation": {"family": "linear", "matrix": [[1, 0], [0, 1]]},
            }
        )
    )
    with pytest.raises(UnsupportedError, match="monotone"):
        maximal_payments(market, route="monotone")
