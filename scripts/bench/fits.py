"""A fit of a measured curve, every family compared, against one least-squares fit in SciPy."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

import mdsolve as md
from scripts.bench.rows import Peer, Row, Task


def curve(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sizes and measured accuracies."""
    samples = np.geomspace(30, 4000, points).round()
    noise = np.random.default_rng(points).normal(0, 0.004, points)
    return samples, 0.93 - 0.9 * samples**-0.45 + noise


def fitted(points: int) -> Task:
    """Return the fit of a CSV file, as a user asks for it."""
    rows = [f"all,{s:.0f},{a:.6f}" for s, a in zip(*curve(points), strict=True)]
    file = Path(tempfile.mkdtemp()) / "curve.csv"
    file.write_text("group,samples,accuracy\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return lambda: md.fit(file, costs=0.001)


def by_least_squares(points: int) -> Task:
    """Return three parameters by SciPy, without family, bands or checks."""
    samples, accuracies = curve(points)

    def task() -> Any:
        law = lambda x, c, b, a: c - b * x**-a  # noqa: E731
        return curve_fit(law, samples, accuracies, (1.0, 1.0, 0.5), maxfev=5000)

    return task


ROWS = (
    Row(
        "fit of one measured curve",
        "points",
        (5, 10, 20),
        fitted,
        "six families in five folds, some ten evaluations each",
        {10: 0.1},
        {10: 3.0},
        (Peer("one least-squares fit in SciPy", by_least_squares, (5, 10, 20)),),
        repeats=3,
    ),
)
