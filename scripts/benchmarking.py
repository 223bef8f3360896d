"""What the benchmark scripts share: the machine in generic words, timing, Markdown tables."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Result = TypeVar("Result")


def machine() -> str:
    """Return the machine and the versions that matter, without naming either."""
    import numba
    import numpy as np

    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"NumPy {np.__version__}, numba {numba.__version__}"
    )


def timed(task: Callable[[], Result], repeats: int = 1) -> tuple[float, Result]:
    """Return the least wall-clock time of some runs, in seconds, and the last result."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        result = task()
        best = min(best, time.perf_counter() - start)
    return best, result


def seconds(value: float) -> str:
    """Return a time for reading, three significant digits.

    Examples
    --------
    >>> seconds(0.0000471), seconds(0.123), seconds(12.34)
    ('47.1 us', '123 ms', '12.3 s')
    """
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.3g} us"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])
