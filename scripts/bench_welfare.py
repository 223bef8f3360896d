"""Time the p-mean welfare program: our interior point against cvxpy with Clarabel.

Both routes get the same games and go through the same bound: the gap in every row is proved, by our
own check of the multipliers each route returns. The independent checker looks at ours once more.

Run from the root of the project: python scripts/bench_welfare.py [--agents N ...]
"""

from __future__ import annotations

import argparse
from importlib.metadata import version

import numpy as np
from benchmarking import machine, seconds, table, timed
from mdsolve.certificate.sharing.welfare import WelfareClaim, welfare_optimality

from mdsolve.errors import SolveError
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.welfare.program import WelfareResult, welfare_program

MEANS = (1.0, 0.5, 0.2, 0.0, -1.0, -5.0, -np.inf)
SIZES = (10, 100, 1000, 10_000)
RATE = 0.4
PROVED = 1e-8
LEAST_RATIO = 4.0


def consortium(n: int) -> SharingGame:
    """Return n agents with different costs, values and budgets."""
    rng = np.random.default_rng(n)
    return SharingGame(
        [f"agent-{k + 1}" for k in range(n)],
        WeightedAccuracy(CommonWeights(np.ones(n)), PowerCurve()),
        Costs.linear(rng.uniform(0.05, 0.5, n)),
        rng.uniform(1, 20, n),
        np.full(n, np.inf),
        rng.uniform(1, 10, n),
    )


def conic(game: SharingGame, p: float) -> tuple[float, WelfareResult | None]:
    """Return time and answer of the conic route; a failure of the solver is an answer too."""
    try:
        return timed(lambda: welfare_program(game, p, RATE, route="cvxpy"))
    except SolveError:
        return float("nan"), None


def compare(n: int) -> float:
    """Print one size and return the ratio of total times."""
    game = consortium(n)
    rows, totals = [], np.zeros(2)
    for p in MEANS:
        ours, found = timed(lambda p=p: welfare_program(game, p, RATE), repeats=3)
        claim = WelfareClaim(
            game, p, RATE, found.contributions, None, found.weights, found.budget_duals
        )
        checking, condition = timed(lambda claim=claim: welfare_optimality(claim))
        if found.gap > PROVED or condition.verdict != "pass":
            message = f"n = {n}, p = {p}: gap {found.gap:.1e}, {condition.verdict}"
            raise SystemExit(message)
        theirs, other = conic(game, p)
        totals += ours, 0.0 if np.isnan(theirs) else theirs
        rows.append(
            [
                f"{p:g}",
                str(found.iterations),
                seconds(ours),
                f"{max(found.gap, 0.0):.0e}",
                seconds(checking),
                "gave up" if other is None else seconds(theirs),
                "" if other is None else f"{max(other.gap, 0.0):.0e}",
                "" if other is None else f"{theirs / ours:.1f}",
            ]
        )
    ratio = float(totals[1] / totals[0])
    rows.append(["all", "", seconds(totals[0]), "", "", seconds(totals[1]), "", f"{ratio:.1f}"])
    print(f"## {n:,} agents\n")
    head = ["p", "steps", "ours", "gap", "checking", "cvxpy + Clarabel", "gap", "ratio"]
    print(table(head, rows) + "\n")
    return ratio


def main() -> None:
    """Run all sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, nargs="+", default=SIZES)
    sizes = parser.parse_args().agents
    libraries = f"cvxpy {version('cvxpy')}, Clarabel {version('clarabel')}"
    print(f"# p-mean welfare\n\n{machine()}, {libraries}; one run, beta = {RATE}.\n")
    print(
        "Gap: proved distance to the best possible p-mean, relative to it. Times are wall clock "
        "from the game to the answer with its bound; cvxpy's include building its problem. "
        "Checking: the independent checker on our answer.\n"
    )
    welfare_program(consortium(3), 0, RATE, route="cvxpy")  # loads the libraries
    ratio = [compare(n) for n in sizes][-1]
    if ratio < LEAST_RATIO:
        message = f"only {ratio:.1f} times faster at {sizes[-1]:,} agents; at least 4 are wanted"
        raise SystemExit(message)


if __name__ == "__main__":
    main()
