"""Markets given as tables of values: the same game as the valuation they were written from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.game.arithmetic import EXACT, FLOAT
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.solver.market.routes import maximal_payments
from tests.markets import rational_markets


def tables_of(market):
    """Return the arrays `value` and `outside` of the interface, filled from report to report."""
    n, size = len(market.agents), max(market.shape)
    value = np.zeros((n, size, size) + (size,) * (n - 1))
    outside = np.zeros((n, size) + (size,) * (n - 1))
    for agent in range(n):
        others = tuple(slice(0, m) for j, m in enumerate(market.shape) if j != agent)
        own = market.shape[agent]
        outside[(agent, slice(0, own), *others)] = np.moveaxis(
            market.outside_values(agent), agent, 0
        )
        for report in range(own):
            row = market.report_values(agent, report)
            value[(agent, report, slice(report, own), *others)] = row
    return value, outside


def tabulated(market, value, outside):
    names = list(market.agents)
    grids = [[str(t) for t in grid.exact_values()] for grid in market.grids]
    types = dict(zip(names, grids, strict=True))
    valuation = {"family": "table", "value": value, "outside": outside}
    return market_game(
        parse({"kind": "market", "agents": names, "types": types, "valuation": valuation})
    )


@given(rational_markets())
def test_a_table_is_the_market_it_was_written_from(pair):
    market, _ = pair
    copy = tabulated(market, *tables_of(market))
    for agent in range(len(market.agents)):
        for name in ("truthful_values", "outside_values"):
            found, known = getattr(copy, name)(agent), getattr(market, name)(agent)
            np.testing.assert_array_equal(found, known)
        for report in range(market.shape[agent]):
            found = copy.report_values(agent, report)
            np.testing.assert_array_equal(found, market.report_values(agent, report))
    expected = maximal_payments(market, route="sweep").payments
    np.testing.assert_array_equal(maximal_payments(copy).payments, expected)


def same(found, known):
    """Sums over different shapes are added in another order."""
    np.testing.assert_allclose(found, known, rtol=0, atol=1e-12, strict=True)


@given(rational_markets(least_agents=2), st.data())
def test_a_column_holds_the_agent_s_own_values(pair, data):
    market, _ = pair
    copy = tabulated(market, *tables_of(market))
    agent = data.draw(st.integers(0, len(market.agents) - 1))
    others = [data.draw(st.integers(0, m - 1)) for j, m in enumerate(market.shape) if j != agent]
    where = tuple(slice(k, k + 1) for k in others)
    for game in (market, copy):
        column = game.column(agent, others)
        for name in ("truthful_values", "outside_values"):
            whole = np.moveaxis(getattr(game, name)(agent), agent, 0)[(slice(None), *where)]
            part = np.moveaxis(getattr(column, name)(agent), agent, 0)
            same(part, whole)
        for report in range(market.shape[agent]):
            whole = game.report_values(agent, report)[(slice(None), *where)]
            same(column.report_values(agent, report), whole)
        highest = data.draw(st.integers(0, market.shape[agent] - 1))
        short = game.column(agent, others, highest)
        assert short.shape[agent] == highest + 1
        part = np.moveaxis(short.outside_values(agent), agent, 0)
        whole = np.moveaxis(column.outside_values(agent), agent, 0)
        same(part, whole[: highest + 1])
        for report in range(highest + 1):
            whole = column.report_values(agent, report)[: highest + 1 - report]
            same(short.report_values(agent, report), whole)


def pair_of_shops(extra=0.0):
    """Return a table whose least revenue is 1/10 + 2/10 - 3/10 plus a constant."""
    value = np.zeros((2, 2, 2, 2))
    outside = np.zeros((2, 2, 2))
    value[0, 0, 0, 0], outside[1, 0, 0] = 0.1, 0.3
    value[1, 0, 0, 0] = 0.2 + extra
    for agent in (0, 1):
        value[agent, 1, 1] = value[agent, 0, 1] = outside[agent, 1] = 1.0
    value[0, 0, 0, 1] = value[1, 0, 0, 1] = 1.0
    return value, outside


def test_table_entries_count_as_written():
    value, outside = pair_of_shops()
    valuation = {"family": "table", "value": value, "outside": outside}
    market = market_game(
        parse({"kind": "market", "agents": 2, "types": [1, 2], "valuation": valuation})
    )
    exact = market.with_arithmetic(EXACT)
    assert exact.truthful_values(0)[0, 0] == Fraction(1, 10)
    assert exact.with_arithmetic(FLOAT).truthful_values(0)[0, 0] == 0.1
    assert maximal_payments(exact).payments.sum(axis=0)[0, 0] == 0
    assert maximal_payments(market).payments.sum(axis=0)[0, 0] != 0


def test_nothing_is_known_of_a_table_s_properties():
    market = tabulated(
        market_game(
            parse(
                {"kind": "market", "agents": 2, "types": [1, 2], "valuation": {"family": "share"}}
            )
        ),
        *pair_of_shops(),
    )
    for name in ("non-competitive", "quasi-monotone", "growing-market"):
        assert market.property_named(name).holds is None
    with pytest.raises(StopIteration):
        market.property_named("no such property")
