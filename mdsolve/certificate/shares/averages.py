"""Averages over coalitions of products: which integral it is, and how much work it takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.shares import rules
from mdsolve.certificate.shares.arrivals import Arrivals, arrival_averages, arrival_work
from mdsolve.certificate.shares.base import Index

Indices = npt.NDArray[np.intp]


def averages(
    arithmetic: Arithmetic,
    absent: Quantity | None,
    kept: Quantity,
    counts: Indices,
    index: Index,
    arrivals: Arrivals | None,
) -> Quantity:
    """Return the averages of `rules`, or of `arrivals` where kinds have weights, (kinds, rows)."""
    if arrivals is None:
        return rules.averages(arithmetic, absent, kept, counts, index)
    return arrival_averages(arithmetic, absent, kept, counts, arrivals)


def work(rows: int, counts: Indices, arrivals: Arrivals | None) -> int:
    """Return about how many factors the averages of so many rows take."""
    if arrivals is None:
        return rules.work(rows, counts)
    return arrival_work(rows, counts, arrivals)
