"""The look through all columns: bounds on best lies, symmetric agents, blocks, and what is left."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate import market_cells, market_columns, market_rows
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.market_cells import Cells
from mdsolve.certificate.market_columns import QualityColumns
from mdsolve.certificate.market_highest import highest_revenue
from mdsolve.certificate.market_sieve import Sieve
from mdsolve.certificate.market_survey import best_lies
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS
from mdsolve.game.build import market_game
from mdsolve.progress import Monitor, StopRequested
from tests.certificate.market.markets import certified, market
from tests.conftest import INSTANCES

GROWTH = {"family": "growth", "exponent": "-0.7"}
RIVALS = {"family": "linear", "matrix": [[2, "-1/2"], ["-1/4", 3]]}


def context_of(instance, payments, arithmetic=INTERVALS, allocation=None):
    table = {"payments": payments}
    if allocation is not None:
        table["allocation"] = allocation
    return check_of(instance, {"table": table}, Request()).context(arithmetic)


def brute(game, agent, payments):
    """Return the utility of the best lie of every type in every column, from the game's tables."""
    m = game.shape[agent]
    paid = np.moveaxis(payments[agent], agent, 0).reshape(m, -1)
    best = np.full(paid.shape, -np.inf)
    for report in range(m - 1):
        worth = game.report_values(agent, report).reshape(m - report, -1) - paid[report]
        best[report + 1 :] = np.maximum(best[report + 1 :], worth[1:])
    return best.T


def cases():
    random = np.random.default_rng(3)
    two = {"from": 0, "to": 11}
    three = {"a": {"from": 1, "to": 5}, "b": ["1/2", "2", "7"], "c": [1, 4]}
    sums = {
        "family": "sum",
        "terms": [
            {"family": "growth", "exponent": "-0.3"},
            {"family": "linear", "matrix": [[1, -1, 0], [0, 1, -2], ["1/2", 0, 1]]},
        ],
    }
    yield market(two, GROWTH), random.normal(size=(2, 12, 12)), None
    yield market(two, RIVALS), random.normal(size=(2, 12, 12)), None
    yield market(three, sums, "abc"), random.normal(size=(3, 5, 3, 2)), None
    yield market(three, sums, "abc", quality={"family": "saturation"}), np.zeros((3, 5, 3, 2)), None
    yield market([1, 2, 4, 9], GROWTH, 1), random.normal(size=(1, 4)), None
    handed = random.uniform(0, 5, size=(2, 12, 12))
    yield market(two, GROWTH), random.normal(size=(2, 12, 12)), handed
    yield md.load(INSTANCES / "small" / "table.yaml"), None, None


@pytest.mark.parametrize("limit", [None, 0])
@pytest.mark.parametrize("arithmetic", [INTERVALS, FLOAT])
@pytest.mark.parametrize("number", range(7))
def test_bounds_enclose_the_best_lie(number, arithmetic, limit, monkeypatch):
    if limit is not None:
        monkeypatch.setattr(market_columns, "TABLE_LIMIT", limit)
        monkeypatch.setattr(market_columns, "PIECE", 64)
    instance, payments, handed = list(cases())[number]
    if payments is None:
        shape = tuple(grid.count for grid in instance.grids)
        payments = np.random.default_rng(5).normal(size=(len(shape), *shape))
    game = market_game(instance)
    if handed is not None:
        from dataclasses import replace

        game = replace(game, handed_out=tuple(handed))
    context = context_of(instance, payments, arithmetic, handed)
    for agent in range(context.size):
        columns = context.columns(agent)
        chosen = columns.order
        paid = columns.own_last(payments[agent])[chosen]
        utility = columns.truth(chosen) - context.arithmetic.stored(paid)
        ends = columns.arithmetic.lower(utility), columns.arithmetic.upper(utility)
        below, above = best_lies(columns, chosen, (paid, paid), ends)
        right = brute(game, agent, payments)[chosen]
        assert np.all(below <= right + 1e-13)
        assert np.all(right <= above + 1e-13)
        cells = Cells.of(context, agent, np.flatnonzero(np.arange(right.size) % right.shape[1]))
        if cells.own.size:
            exact = brute(game, agent, payments)[cells.columns, cells.own]
            assert columns.arithmetic.nearest(cells.best_lie) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("number", range(6))
def test_small_pieces_change_no_verdict(number, monkeypatch):
    instance, payments, handed = list(cases())[number]
    before = certified(instance, payments, handed)
    for module in (market_columns, market_cells, market_rows):
        monkeypatch.setattr(module, "PIECE", 7)
    monkeypatch.setattr(market_columns, "TABLE_LIMIT", 10)
    after = certified(instance, payments, handed)
    assert [c.verdict for c in before.conditions] == [c.verdict for c in after.conditions]
    for one, other in zip(before.conditions, after.conditions, strict=True):
        assert one.violation == pytest.approx(other.violation, rel=1e-9, abs=1e-12)


def test_agents_alike_with_tables_alike_are_looked_at_once():
    instance = market({"from": 1, "to": 6}, GROWTH)
    right = np.random.default_rng(1).normal(size=(6, 6))
    same = context_of(instance, np.stack([right, right.T]))
    assert same.twins == [0, 0]
    assert set(same.surveys) == {0}
    other = np.stack([right, right.T])
    other[1, 5, 2] += 1e-9
    apart = context_of(instance, other)
    assert apart.twins == [0, 1]
    # a payment of the second agent alone is found wrong
    table = np.zeros((2, 6, 6))
    table[1, 3, 4] = 50
    found = certified(instance, table, conditions=("individual-rationality",)).conditions[0]
    assert found.verdict == "fail"
    assert found.witness["agent"] == "south"


def test_unlike_agents_are_never_twins():
    instance = market({"from": 1, "to": 6}, RIVALS)
    assert context_of(instance, np.zeros((2, 6, 6))).twins == [0, 1]
    grids = {"north": [1, 2], "south": [1, 3]}
    assert context_of(market(grids, GROWTH), np.zeros((2, 2, 2))).twins == [0, 1]


def test_one_state_per_total_where_everybody_receives_the_model():
    context = context_of(market({"from": 1, "to": 6}, GROWTH), np.zeros((2, 6, 6)))
    columns = context.columns(0)
    assert isinstance(columns, QualityColumns)
    assert columns.states.count == 11


@pytest.mark.parametrize("name", ["growth", "share", "linear", "sum", "table", "non-competitive"])
def test_the_highest_payments_are_those_of_the_solver(name):
    instance = md.load(INSTANCES / "small" / f"{name}.yaml")
    solution = md.solve(instance, "desirable")
    payments = np.asarray(solution.answers["table"]["payments"], dtype=float)
    context = context_of(instance, payments)
    low, high = highest_revenue(context)
    revenue = payments.sum(axis=0).ravel()
    assert np.all(low <= revenue + 1e-12)
    assert np.all(revenue <= high + 1e-12)
    assert np.all(high - low <= 1e-10 * (1 + np.abs(revenue)))


def test_a_sieve_keeps_what_bounds_do_not_settle_and_the_worst():
    sieve = Sieve(1.0)
    rows = np.arange(6)
    sieve.add(rows, np.array([0, 0, 0, 0, 0, 0.0]), np.array([0.5, 1.5, 0.9, 3.0, np.nan, 1.0]))
    assert not sieve.fails
    assert sieve.rows().tolist() == [1, 3, 4]
    sieve.add(rows + 6, np.array([0, 2.0, 5, 0, 0, 0]), np.full(6, 9.0))
    assert sieve.fails
    assert sieve.rows().tolist() == [8]


def test_too_many_close_rows_are_counted_and_refused(monkeypatch):
    types = range(1, 7)
    instance = market(types, {"family": "share"})
    # the whole gain from taking part: 1/2 - own / all, at every profile
    right = np.empty((2, 6, 6), dtype=object)
    for (i, x), (j, y) in product(enumerate(types), repeat=2):
        right[0, i, j] = Fraction(1, 2) - Fraction(x, x + y)
        right[1, i, j] = Fraction(1, 2) - Fraction(y, x + y)
    asked = {"arithmetic": "exact", "tolerance": 0, "conditions": ("individual-rationality",)}
    found = certified(instance, right, mechanism={"name": "mep"}, **asked).conditions[0]
    assert found.verdict == "pass"
    monkeypatch.setattr(market_rows, "SLOW_LIMIT", 5)
    found = certified(instance, right, mechanism={"name": "mep"}, **asked).conditions[0]
    assert found.verdict == "not-checked"
    assert "too close to be settled" in found.detail


def test_progress_is_reported_and_a_time_limit_stops_the_look():
    instance = market({"from": 1, "to": 40}, GROWTH)
    seen = []
    check = check_of(
        instance,
        {"table": {"payments": np.zeros((2, 40, 40))}},
        Request(),
        Monitor(listener=seen.append),
    )
    check.condition("incentive-compatibility")
    assert any(event.label == "checking lies of north" for event in seen)
    stopped = check_of(
        instance,
        {"table": {"payments": np.zeros((2, 40, 40))}},
        Request(),
        Monitor(time_limit=0.0, started=0.0),
    )
    with pytest.raises(StopRequested):
        stopped.condition("incentive-compatibility")


@pytest.mark.parametrize("arithmetic", [EXACT, BALLS])
def test_slow_systems_look_through_intervals(arithmetic):
    context = context_of(market([1, 2], {"family": "share"}), np.zeros((2, 2, 2)), arithmetic)
    assert context.screen.arithmetic is INTERVALS
    assert context.surveys is context.screen.surveys
