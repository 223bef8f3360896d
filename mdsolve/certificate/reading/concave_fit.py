"""The least-squares concave non-decreasing fit of measured points, in exact fractions.

The fit is the projection onto {intercept + sum_k d_k min(x, x_k) : d_k >= 0}. Doubles find which
d_k are positive; fractions then solve the normal equations for those and check the conditions of
the projection: no negative d_k, and no gradient that would make another one positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint
import numpy as np

from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.tolerance import INDISTINCT


def concave_fit(samples: Sequence[Fraction], heights: Sequence[Fraction]) -> list[Fraction]:
    """Return the fitted heights.

    Raises
    ------
    UnreadError
        If the positive coefficients were not found.

    Examples
    --------
    >>> [str(y) for y in concave_fit([Fraction(0), Fraction(1), Fraction(2)],
    ...                              [Fraction(0), Fraction(3, 5), Fraction(2, 5)])]
    ['0', '1/2', '1/2']
    """
    bends = list(samples[1:])
    columns = [[min(x, bend) for x in samples] for bend in bends]
    positive = _active(columns, heights)
    for _ in range(4 * len(bends) + 4):
        fitted, weights = _solved([columns[k] for k in positive], heights)
        wrong = [k for k, weight in zip(positive, weights[1:], strict=True) if weight < 0]
        if wrong:
            positive = [k for k in positive if k != wrong[0]]
            continue
        missing = [y - fit for y, fit in zip(heights, fitted, strict=True)]
        pulls = [sum(a * b for a, b in zip(column, missing, strict=True)) for column in columns]
        best = max(range(len(bends)), key=lambda k: pulls[k])
        if pulls[best] <= 0:
            return fitted
        positive = sorted({*positive, best})
    message = "a measured curve whose concave fit was not found"
    raise UnreadError(message)


def _active(columns: Sequence[Sequence[Fraction]], heights: Sequence[Fraction]) -> list[int]:
    """Return which coefficients are positive, found in doubles by cyclic coordinate descent."""
    table = np.array([[float(entry) for entry in column] for column in columns]).T
    target = np.array([float(y) for y in heights])
    table, target = table - table.mean(axis=0), target - target.mean()
    lengths = np.sqrt((table**2).sum(axis=0))
    unit = table / lengths
    weights, gram, pull = np.zeros(len(columns)), unit.T @ unit, unit.T @ target
    for _ in range(2000):
        before = weights.copy()
        for k in range(len(weights)):
            weights[k] = max(0.0, weights[k] + pull[k] - gram[k] @ weights)
        if np.abs(weights - before).max() <= np.abs(weights).max() * np.finfo(float).eps:
            break
    return np.flatnonzero(weights > weights.max(initial=0.0) * INDISTINCT).tolist()


def _solved(
    columns: Sequence[Sequence[Fraction]], heights: Sequence[Fraction]
) -> tuple[list[Fraction], list[Fraction]]:
    """Return the least-squares fit on these columns and an intercept, with its coefficients."""
    rows = [[Fraction(1)] * len(heights), *columns]

    def dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> flint.fmpq:
        total = sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))
        return flint.fmpq(total.numerator, total.denominator)

    size = len(rows)
    gram = flint.fmpq_mat(size, size, [dot(a, b) for a in rows for b in rows])
    solved = gram.solve(flint.fmpq_mat(size, 1, [dot(row, heights) for row in rows]))
    weights = [Fraction(int(solved[k, 0].p), int(solved[k, 0].q)) for k in range(size)]
    fitted = [
        sum((w * row[k] for w, row in zip(weights, rows, strict=True)), Fraction(0))
        for k in range(len(heights))
    ]
    return fitted, weights
