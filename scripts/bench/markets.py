"""Markets: columns and tables of payments, frontiers, certificates; graph solvers and HiGHS."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import scipy.optimize
import scipy.sparse as sparse
from scipy.sparse import csgraph

import mdsolve as md
from mdsolve.game.build import market_game
from mdsolve.solver.market.difference_graph import BASE, column_bounds, difference_graph
from mdsolve.solver.market.growth_frontier import frontier
from mdsolve.solver.market.routes import maximal_payments
from scripts.bench.rows import Peer, Row, Task

BENCH = Path(__file__).parents[2] / "instances" / "bench"
EXISTING = "-0.6"
"""With this exponent desirable payments exist for every number of types."""

HARD = Fraction("-0.661")
"""Just below alpha*_2: no early answer, every type up to the limit is decided."""


def growth_market(types: Any, exponent: str) -> md.MarketInstance:
    """Return a growth market of two agents."""
    found = md.parse(
        {
            "kind": "market",
            "agents": ["own", "other"],
            "types": types,
            "valuation": {"family": "growth", "exponent": exponent},
            "mechanism": "desirable",
        }
    )
    assert isinstance(found, md.MarketInstance)
    return found


def column_market(size: int) -> Any:
    """Return the market of one column: an agent with many types beside one of type 1."""
    types = {"own": {"from": 1, "to": size}, "other": [1]}
    return market_game(growth_market(types, "-0.7"))


def column(size: int) -> Task:
    """Return the payments of one column, by the public route."""
    market = column_market(size)
    return lambda: maximal_payments(market, route="monotone").payments[0][:, 0]


def by_networkx(size: int) -> Task:
    """Return Bellman-Ford in networkx, with the graph that it needs."""
    market = column_market(size)

    def task() -> np.ndarray:
        graph = difference_graph(market, 0, (size - 1, 0))
        lengths = nx.single_source_bellman_ford_path_length(graph, BASE)
        return np.array([lengths[float(t)] for t in range(1, size + 1)])

    return task


def by_dijkstra(size: int) -> Task:
    """Return SciPy's Dijkstra on weights made non-negative by a feasible potential."""
    market = column_market(size)

    def task() -> np.ndarray:
        outside, gaps = column_bounds(market, 0, (size - 1, 0))
        reports, truths = np.triu_indices(size, 1)
        slope = max(0.0, float((-gaps[reports, truths] / (truths - reports)).max()))
        potential = -slope * np.arange(size)
        shift = max(0.0, -float((outside - potential).min()))
        moved = np.maximum(gaps - potential + potential[:, None], 0.0)
        rows = np.concatenate([np.zeros(size, dtype=np.int64), reports + 1])
        columns = np.concatenate([np.arange(size), truths]) + 1
        weights = np.concatenate([outside - potential + shift, moved[reports, truths]])
        graph = sparse.csr_matrix((weights, (rows, columns)), shape=(size + 1, size + 1))
        found = csgraph.dijkstra(graph, indices=0)[1:]
        return np.asarray(found - shift + potential)

    return task


def by_highs(size: int) -> Task:
    """Return HiGHS: maximise the sum of payments under all bounds."""
    market = column_market(size)

    def task() -> np.ndarray:
        outside, gaps = column_bounds(market, 0, (size - 1, 0))
        reports, truths = np.triu_indices(size, 1)
        count = np.arange(len(reports))
        signs = np.concatenate([-np.ones(len(count)), np.ones(len(count))])
        places = (np.concatenate([count, count]), np.concatenate([reports, truths]))
        rows = sparse.csr_matrix((signs, places), shape=(len(count), size))
        limits = np.column_stack([np.full(size, -np.inf), outside])
        found = scipy.optimize.linprog(
            -np.ones(size), A_ub=rows, b_ub=gaps[reports, truths], bounds=limits, method="highs"
        )
        return np.asarray(found.x)

    return task


def table(size: int) -> Task:
    """Return the whole table of two agents."""
    market = market_game(growth_market({"from": 1, "to": size}, EXISTING))
    return lambda: maximal_payments(market)


def certificate(size: int) -> Task:
    """Return the verification of a market's answer in the default arithmetic."""
    instance = growth_market({"from": 1, "to": size}, EXISTING)
    solution = md.solve(instance)
    assert solution.certificate is not None
    assert solution.certificate.verdict == "pass", solution.certificate
    return lambda: md.verify(instance, solution)


def frontier_at(size: int) -> Task:
    """Return the frontier up to a largest type."""
    memory = 16 * 2**30
    return lambda: frontier(2, HARD, "one", limit=size, memory_limit=memory)


def shipped(name: str) -> Task:
    """Return solution and certificate of a bundled instance."""
    instance = md.load(BENCH / f"{name}.yaml")
    return lambda: md.solve(instance)


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference of payments, in money."""
    return float(np.abs(ours - theirs).max())


ROWS = (
    Row(
        "one payment column",
        "types",
        (300, 1000, 3000),
        column,
        "20 evaluations of 1 ns a type: .02 ms for 1000",
        {1000: 0.0003},
        {1000: 0.0094},
        (
            Peer("SciPy, Dijkstra", by_dijkstra, (300, 1000), apart),
            Peer("networkx, Bellman-Ford", by_networkx, (300, 1000), apart),
            Peer("HiGHS", by_highs, (300,), apart),
        ),
        repeats=3,
    ),
    Row(
        "full payment table of two agents",
        "types",
        (300, 1000, 3000),
        table,
        "writing 2 x 3000^2 doubles: .03 s; the columns with lies search",
        {3000: 0.2},
        {3000: 0.54},
        repeats=3,
    ),
    Row(
        "certificate of such a table",
        "types",
        (300, 1000, 3000),
        certificate,
        "3 D distinct sums, D^2 rows in intervals",
        {1000: 0.5, 3000: 5.0},
        {1000: 29.0},
        repeats=2,
    ),
    Row(
        "frontier of existence",
        "types",
        (10**5, 10**6, 10**7, 10**8),
        frontier_at,
        "16 to 22 evaluations a type",
        {10**6: 0.1, 10**7: 1.0, 10**8: 10.0},
        {10**6: 0.17, 10**7: 2.5, 10**8: 23.0},
        repeats=2,
    ),
    Row(
        "solve and certify three agents, 60 types each",
        "types",
        (60,),
        lambda _: shipped("general-3x60"),
        "one sweep of 60^3 x 60 edges an agent",
        repeats=2,
    ),
)
