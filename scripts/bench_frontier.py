"""Time the frontier of existence: large limits, and the sweep of the paper's Figure 3.

Exponents close above the threshold alpha*_2 = -0.6609... leave the search no early answer, so that
every type up to the limit has to be decided.

Run from the root of the project: python scripts/bench_frontier.py [--stretch]
"""

from __future__ import annotations

import argparse
import resource
import time
from fractions import Fraction

from benchmarking import machine, seconds, table, timed

from mdsolve.reproduce.chen2020 import EXPONENTS
from mdsolve.solver.market.growth_frontier import frontier
from mdsolve.solver.market.routes import MEMORY_LIMIT, readable

HARD = Fraction("-0.661")
"""Just below alpha*_2: a mechanism exists far beyond every limit here, but not for every D."""
LIMITS = ((10**6, "1 s"), (10**7, "5 s"))
STRETCH = (10**8, "30 s")
STRETCH_MEMORY = 16 * 2**30


def main() -> None:
    """Run the limits and the sweep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stretch", action="store_true", help="also decide D = 10^8")
    limits = [*LIMITS, STRETCH] if parser.parse_args().stretch else list(LIMITS)
    print(f"# Frontier of existence\n\n{machine()}; one run.\n")
    cold, _ = timed(lambda: frontier(2, Fraction("-0.8"), limit=100))
    print(f"First call, loading or compiling the kernels: {seconds(cold)}.\n")
    rows = []
    for limit, target in limits:
        for grid in ("one", "zero"):
            memory = max(MEMORY_LIMIT, STRETCH_MEMORY if limit == STRETCH[0] else 0)
            processor = time.process_time()
            wall, found = timed(
                lambda limit=limit, grid=grid, memory=memory: frontier(
                    2, HARD, grid, limit=limit, memory_limit=memory
                )
            )
            processor = time.process_time() - processor
            assert found.reached_limit
            needed = readable(peak_bytes())
            name = f"D = {limit:,}, grid {grid}"
            rows.append([name, seconds(wall), seconds(processor), target, needed])
    sweep_processor = time.process_time()
    sweep, count = timed(figure3)
    sweep_processor = time.process_time() - sweep_processor
    name = f"Figure 3: {count} frontiers"
    rows.append([name, seconds(sweep), seconds(sweep_processor), "3 s", readable(peak_bytes())])
    head = ["task", "wall clock", "processor", "target", "peak memory so far"]
    print(table(head, rows))


def figure3() -> int:
    """Decide every exponent of Figure 3 on both grids; return the number of frontiers."""
    found = [frontier(2, exponent, grid) for grid in ("one", "zero") for exponent in EXPONENTS]
    assert not any(point.reached_limit for point in found)
    return len(found)


def peak_bytes() -> int:
    """Return the largest memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
