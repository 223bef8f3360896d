"""Time maximal payments: our routes against general graph and linear programming solvers.

All peers solve the same columns: one agent with the types 1..1000, one opponent of known type, a
growth market with exponent -0.8. Every answer is compared with ours; a disagreement ends the run.

Run from the root of the project: python scripts/bench_payments.py [--skip-program]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
import scipy.optimize
import scipy.sparse as sparse
from benchmarking import machine, seconds, table, timed
from scipy.sparse import csgraph

import mdsolve as md
from mdsolve.game.build import market_game
from mdsolve.game.market import Market
from mdsolve.progress import Monitor
from mdsolve.solver.market.difference_graph import BASE, column_bounds, difference_graph
from mdsolve.solver.market.routes import maximal_payments
from mdsolve.solver.market.shortest_path import maximal_payments_of

AGREEMENT = 1e-9
TYPES = 1000
OPPONENTS = (1, 10, 40)
"""Types of the opponent in the columns that every graph solver solves."""
PROGRAM_OPPONENTS = (40,)
SWEPT = 40
"""Columns that the general sweep solves at once: opponents of type 1..40."""
BENCH = Path(__file__).parents[1] / "instances" / "bench"


@dataclass(frozen=True)
class Column:
    """One column: rationality bounds (m,), truthfulness bounds (m, m), our payments (m,)."""

    opponent: int
    market: Market
    outside: np.ndarray
    gaps: np.ndarray
    payments: np.ndarray

    @property
    def profile(self) -> tuple[int, int]:
        """Return the type numbers of the column's last entry."""
        return len(self.outside) - 1, self.opponent - 1

    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return reports and true types of all edges r -> t."""
        return np.triu_indices(len(self.outside), 1)


def growth_market(types: dict[str, object]) -> Market:
    """Return a growth market with exponent -0.8, agents `own` and `other`."""
    instance = md.MarketInstance(
        kind="market",
        agents=["own", "other"],
        types=types,
        valuation={"family": "growth", "exponent": "-0.8"},
    )
    return market_game(instance)


def with_networkx(column: Column) -> tuple[float, float, np.ndarray]:
    """Return preparation time, solving time and payments of Bellman-Ford in networkx."""
    build, graph = timed(lambda: difference_graph(column.market, 0, column.profile))
    solve, lengths = timed(lambda: nx.single_source_bellman_ford_path_length(graph, BASE))
    return build, solve, np.array([lengths[float(t)] for t in range(1, TYPES + 1)])


def sparse_graph(column: Column, outside: np.ndarray, gaps: np.ndarray) -> sparse.csr_matrix:
    """Return the graph as a sparse matrix, vertex 0 being the base."""
    reports, truths = column.edges()
    m = len(outside)
    rows = np.concatenate([np.zeros(m, dtype=np.int64), reports + 1])
    columns = np.concatenate([np.arange(m), truths]) + 1
    weights = np.concatenate([outside, gaps[reports, truths]])
    return sparse.csr_matrix((weights, (rows, columns)), shape=(m + 1, m + 1))


def with_bellman_ford(column: Column) -> tuple[float, float, np.ndarray]:
    """Return times and payments of scipy's Bellman-Ford."""
    build, graph = timed(lambda: sparse_graph(column, column.outside, column.gaps))
    solve, lengths = timed(lambda: csgraph.bellman_ford(graph, indices=0))
    return build, solve, lengths[1:]


def with_dijkstra(column: Column) -> tuple[float, float, np.ndarray]:
    """Return times and payments of scipy's Dijkstra on weights made non-negative.

    Any payments that make the truth optimal are a feasible potential; here -slope * t with the
    least sufficient slope. Finding it counts as preparation.
    """
    potential = np.zeros(len(column.outside))
    shift = 0.0

    def prepare() -> sparse.csr_matrix:
        nonlocal potential, shift
        reports, truths = column.edges()
        slope = max(0.0, float((-column.gaps[reports, truths] / (truths - reports)).max()))
        potential = -slope * np.arange(len(column.outside))
        shift = max(0.0, -float((column.outside - potential).min()))
        moved = np.maximum(column.gaps - potential + potential[:, None], 0.0)
        return sparse_graph(column, column.outside - potential + shift, moved)

    build, graph = timed(prepare)
    solve, lengths = timed(lambda: csgraph.dijkstra(graph, indices=0))
    return build, solve, lengths[1:] - shift + potential


def with_highs(column: Column) -> tuple[float, float, np.ndarray]:
    """Return times and payments of HiGHS: maximise the sum of payments under all bounds."""
    m = len(column.outside)

    def prepare() -> tuple[sparse.csr_matrix, np.ndarray]:
        reports, truths = column.edges()
        count = np.arange(len(reports))
        signs = np.concatenate([-np.ones(len(count)), np.ones(len(count))])
        places = (np.concatenate([count, count]), np.concatenate([reports, truths]))
        rows = sparse.csr_matrix((signs, places), shape=(len(count), m))
        return rows, column.gaps[reports, truths]

    build, (rows, limits) = timed(prepare)
    limit = np.column_stack([np.full(m, -np.inf), column.outside])
    solve, found = timed(
        lambda: scipy.optimize.linprog(
            -np.ones(m),
            A_ub=rows,
            b_ub=limits,
            bounds=limit,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
    )
    assert found.status == 0, found.message
    return build, solve, found.x


def with_sweep() -> tuple[float, np.ndarray]:
    """Return the time per column of the general sweep over many columns at once, and payments."""
    market = growth_market({"own": {"from": 1, "to": TYPES}, "other": {"from": 1, "to": SWEPT}})
    time, payments = timed(lambda: maximal_payments_of(market, 0, Monitor()))
    return time / SWEPT, payments


def compare_peers(skip_program: bool) -> None:
    """Print the table of all peers on the same columns."""
    market = growth_market({"from": 1, "to": TYPES})
    whole, found = timed(lambda: maximal_payments(market, route="monotone"), repeats=5)
    per_column = whole / (2 * TYPES)
    columns = []
    bounds_time = 0.0
    for opponent in OPPONENTS:
        spent, (outside, gaps) = timed(lambda k=opponent: column_bounds(market, 0, (0, k - 1)))
        bounds_time += spent / len(OPPONENTS)
        payments = found.payments[0][:, opponent - 1]
        columns.append(Column(opponent, market, outside, gaps, payments))
    rows = [["mdsolve, monotone search, whole table / 2000", "", seconds(per_column), "1", "0"]]
    swept, payments = with_sweep()
    gap = max(np.abs(payments[:, c.opponent - 1] - c.payments).max() for c in columns)
    require(gap, AGREEMENT, "sweep")
    name = f"mdsolve, general sweep ({SWEPT} columns at once)"
    rows.append([name, "", seconds(swept), f"{swept / per_column:,.0f}", f"{gap:.0e}"])
    peers: list[tuple[str, Callable[[Column], tuple[float, float, np.ndarray]], list[Column]]] = [
        ("scipy csgraph, Dijkstra with potentials", with_dijkstra, columns),
        ("networkx, Bellman-Ford", with_networkx, columns),
        ("scipy csgraph, Bellman-Ford", with_bellman_ford, columns),
    ]
    if not skip_program:
        chosen = [column for column in columns if column.opponent in PROGRAM_OPPONENTS]
        peers.append(("HiGHS linear program (scipy linprog)", with_highs, chosen))
    for name, solver, chosen in peers:
        found_by = [(solver(column), column) for column in chosen]
        build = sum(times[0] for times, _ in found_by) / len(chosen)
        if solver is not with_networkx:
            build += bounds_time
        solve = sum(times[1] for times, _ in found_by) / len(chosen)
        gap = max(np.abs(times[2] - column.payments).max() for times, column in found_by)
        require(gap, AGREEMENT, name)
        label = f"{name} ({len(chosen)} column{'s' if len(chosen) > 1 else ''})"
        ratio = f"{solve / per_column:,.0f}"
        rows.append([label, seconds(build), seconds(solve), ratio, f"{gap:.0e}"])
    print(f"One column of {TYPES} types, growth exponent -0.8\n")
    head = ["route", "preparation", "solving, per column", "ratio to ours", "difference"]
    print(table(head, rows))
    print(
        "\nPreparation of the peers (bounds and graph) is listed apart and left out of the ratio; "
        "ours start from the market itself. Difference: largest deviation from the first row, in "
        f"money. Columns: opponents of type {', '.join(map(str, OPPONENTS))} (linear "
        f"program: {', '.join(map(str, PROGRAM_OPPONENTS))}). Ours: the whole table of two agents, "
        f"{2 * TYPES} columns, in {seconds(whole)}.\n"
    )


def require(gap: float, allowed: float, name: str) -> None:
    """Stop the benchmark when two routes disagree."""
    if not gap <= allowed:
        message = f"{name} disagrees by {gap:.3g}, more than {allowed:g}"
        raise SystemExit(message)


def whole_tables() -> None:
    """Print the times of whole tables of the shipped instances, checking included."""
    rows = []
    targets = {"growth-2x1000": "0.5 s", "growth-2x3000": "3 s"}
    for name in ("growth-2x1000", "growth-2x3000", "general-3x60", "general-4x25"):
        instance = md.load(BENCH / f"{name}.yaml")
        market = market_game(instance)
        repeats = 3 if name in targets else 1
        compute, found = timed(lambda market=market: maximal_payments(market), repeats=repeats)
        solution = None
        total = ""
        if name not in targets:
            whole, solution = timed(lambda instance=instance: md.solve(instance))
            assert solution.certificate is not None
            assert solution.certificate.verdict == "pass"
            total = f"{seconds(whole)}, certificate passes"
        count = f"{found.payments.size:,}"
        limit = targets.get(name, "")
        rows.append([name, found.method, count, seconds(compute), limit, total])
    print("Whole tables\n")
    head = ["instance", "route", "payments", "computing", "target", "solve and verify"]
    print(table(head, rows))


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skip-program", action="store_true", help="leave out the slow HiGHS run")
    skip = parser.parse_args().skip_program
    print(f"# Maximal payments\n\n{machine()}; one run.\n")
    market = growth_market({"from": 1, "to": 20})
    cold, _ = timed(lambda: maximal_payments(market, route="monotone"))
    warm, _ = timed(lambda: maximal_payments(market, route="sweep"))
    print(f"First calls, loading or compiling the kernels: {seconds(cold)} and {seconds(warm)}.\n")
    compare_peers(skip)
    whole_tables()


if __name__ == "__main__":
    main()
