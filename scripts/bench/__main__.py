"""Every benchmark in one run: python -m scripts.bench [--only WORDS] [--most SIZE] [--store]

Prints each row as it is measured. `--store` writes docs/benchmarks.json, the tables of
docs/benchmarks.md and the picture of growth. Run it on a machine that does nothing else, with
OMP_NUM_THREADS=1: peers and mdsolve compute on one thread each.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from typing import Any

from scripts.bench import fits, markets, planner, shaping, sharing, start_up, training
from scripts.bench.page import DOCS, seconds, store
from scripts.bench.rows import Row, measured

ROWS: tuple[Row, ...] = (
    *start_up.ROWS,
    *sharing.ROWS,
    *markets.ROWS,
    *planner.ROWS,
    *shaping.ROWS,
    *fits.ROWS,
    *training.ROWS,
)
RESULTS = DOCS / "benchmarks.json"


def machine() -> str:
    """Return the machine and the versions that matter, without naming either."""
    import numba
    import numpy as np

    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"NumPy {np.__version__}, numba {numba.__version__}"
    )


def line(found: dict[str, Any]) -> str:
    """Return a row's figures in one line."""
    parts = [f"{int(size):,}: {seconds(value)}" for size, value in found["seconds"].items()]
    for name, peer in found["peers"].items():
        times = ", ".join(f"{int(k):,}: {seconds(v)}" for k, v in peer["seconds"].items())
        parts.append(f"[{name}] {times}, apart {peer['gap']:.0e}")
    return f"{found['name']}  " + "; ".join(parts)


def main() -> None:
    """Run the rows asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="rows whose name holds these words")
    parser.add_argument("--most", type=int, help="no larger sizes")
    parser.add_argument("--store", action="store_true", help="write the page from this run")
    asked = parser.parse_args()
    rows = []
    for row in ROWS:
        if asked.only in row.name:
            rows.append(measured(row, asked.most))
            print(line(rows[-1]), flush=True)
    results = {"machine": machine(), "rows": rows}
    if asked.store:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        store(results)


if __name__ == "__main__":
    main()
