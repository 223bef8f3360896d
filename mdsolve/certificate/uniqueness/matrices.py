"""Positive definite matrices, proved in doubles.

If Cholesky's method runs to its end on a symmetric matrix A of size n, then by its backward error
(Demmel; Rump 2006) the least eigenvalue of A is at least -a trace(A), a = g / (1 - g), g = (n+1) u,
u = 2^-53. Run on A - c I it gives a lower bound near c. What is not known exactly of A moves an
eigenvalue by no more than the largest row sum of what is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.intervals import UNIT
from mdsolve.certificate.numbers import Arithmetic, Quantity

Floats = npt.NDArray[np.float64]

LARGEST = 2000
"""Most rows of a matrix that is looked at."""

ROUNDS = 50
"""Rounds of balancing rows and columns."""

PART = 0.9
"""Part of the computed least eigenvalue that is proved."""


@dataclass(frozen=True)
class Monotone:
    """A positive diagonal D, and a positive lower bound of the eigenvalues of D W + W'D."""

    diagonal: Floats
    least: float


def strictly_monotone(arithmetic: Arithmetic, table: Quantity) -> Monotone | None:
    """Return a diagonal that makes a table W positive definite in this sense; None: none was found.

    Candidates are the identity, the inverse diagonal, and one that balances rows and columns.

    Examples
    --------
    >>> from mdsolve.certificate.numbers import EXACT
    >>> found = strictly_monotone(EXACT, EXACT.written([[1, 0.5], [0.25, 1]]))
    >>> found is not None, strictly_monotone(EXACT, EXACT.written([[1, 1], [1, 1]]))
    (True, None)
    """
    low, high = arithmetic.lower(table), arithmetic.upper(table)
    if len(low) > LARGEST or np.any(np.diagonal(low) <= 0):
        return None
    for diagonal in _candidates(0.5 * (low + high)):
        least = _least_eigenvalue(low, high, diagonal)
        if least > 0:
            return Monotone(diagonal, least)
    return None


def _candidates(matrix: Floats) -> Iterator[Floats]:
    n = len(matrix)
    yield np.ones(n)
    yield 1 / np.diagonal(matrix)
    diagonal = np.ones(n)
    for _ in range(ROUNDS):
        rows = (diagonal[:, None] * matrix).sum(axis=1)
        columns = (diagonal[:, None] * matrix).sum(axis=0)
        diagonal = diagonal * np.sqrt(columns / rows)
        diagonal = diagonal / diagonal.mean()
    yield diagonal


def _least_eigenvalue(low: Floats, high: Floats, diagonal: Floats) -> float:
    """Return a lower bound of the least eigenvalue, -inf where there is none."""
    n = len(low)
    middle = diagonal[:, None] * (0.5 * (low + high))
    symmetric = middle + middle.T
    unknown = diagonal[:, None] * (high - low)
    unknown = unknown + unknown.T + 8 * UNIT * np.abs(symmetric)
    off = 2 * float(np.abs(unknown).sum(axis=1).max())
    trace = float(np.trace(symmetric))
    guess = float(np.linalg.eigvalsh(symmetric)[0])
    if not guess > 0:
        return -np.inf
    shift = PART * guess
    try:
        np.linalg.cholesky(symmetric - shift * np.eye(n))
    except np.linalg.LinAlgError:
        return -np.inf
    # Twice the backward error covers the rounding of the shift and of this line.
    return shift - 2 * (n + 2) * UNIT * trace - off
