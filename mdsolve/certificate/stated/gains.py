"""Gains in data and accuracy over the equilibrium without payments ([M25] Definitions 3.6-3.7).

Both are ratios of totals; their error is that of numerator and denominator. The reference is an
equilibrium without payments that is proved (`baseline`), whichever of several that is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.baseline import PATH, baseline, stated_baseline
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.answers import accuracies
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute

Floats = npt.NDArray[np.float64]


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the gains and what they are compared with, by path."""
    return {
        PATH: lambda: Judged((context.size,), lambda s: _at_rest(context, s)),
        "metrics.data_gain": lambda: _data_gain(context),
        "metrics.accuracy_gain": lambda: _accuracy_gain(context),
    }


def _at_rest(context: SharingContext, contributions: Floats) -> tuple[Quantity, Floats]:
    """Return one row: 0 where contributions are an equilibrium without payments, else 1.

    Raises
    ------
    NoRouteError
        If that is neither proved nor refuted.
    """
    found = stated_baseline(context, contributions)
    if found.verdict == "not-checked":
        message = f"that nobody gains without payments is open: {found.detail}"
        raise NoRouteError(message)
    return context.arithmetic.stored(np.array([float(found.verdict == "fail")])), np.zeros(1)


def _data_gain(context: SharingContext) -> Figure | None:
    """Return total data over that without payments."""
    total = context.arithmetic.total
    return _ratio(context, total(context.s), total(baseline(context)), context.scales.samples.sum())


def _accuracy_gain(context: SharingContext) -> Figure | None:
    """Return the value of all models over that without payments."""
    reading, arithmetic = context.reading, context.arithmetic
    gained = arithmetic.total(reading.value * accuracies(context))
    reference = arithmetic.total(reading.benefits(baseline(context)))
    return _ratio(context, gained, reference, context.scales.money.sum())


def _ratio(context: SharingContext, top: Quantity, bottom: Quantity, scale: float) -> Figure | None:
    """Return a ratio; no number where the reference is not positive.

    Parameters
    ----------
    scale : float
        Of the instance, in the unit of both parts.
    """
    arithmetic = context.arithmetic
    if float(arithmetic.upper(bottom)) <= 0:
        return None
    reference = float(arithmetic.nearest(bottom))
    if float(arithmetic.lower(bottom)) <= context.tolerance * scale:
        message = "what is compared with cannot be told from 0"
        raise NoRouteError(message)
    ratio = top / bottom
    size = abs(float(arithmetic.nearest(ratio)))
    return Figure.exactly(ratio, scale * (1 + size) / reference)
