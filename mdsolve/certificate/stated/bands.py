"""Bands over drawn parameters: quantiles of games that nobody solves again, as reported.

They have to rise, and the draws to add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Judged, Recompute, Said
from mdsolve.certificate.stated.words import text, unwhole, whole
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

BANDS = ("contributions", "payments", "accuracies", "utilities")
"""Quantiles that hold a number per agent."""

COUNTS = ("solved", "without_equilibrium", "failed", "inadmissible")
"""How draws ended."""

TOTALS = ("total_data", "welfare")
"""Quantiles of one number."""


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the quantiles over drawn parameters, by path: as reported, in order."""
    if context.claim.at("bands") is None:
        return {}
    n = context.size
    found: dict[str, Recompute] = {
        "bands.draws": lambda: Said(lambda stated: _draws(context, stated)),
        "bands.seed": lambda: whole(0),
        "bands.quantiles": lambda: Said(_rising_shares),
        "bands.reason": lambda: Said(text),
        **{f"bands.{key}": lambda: whole(0) for key in COUNTS},
        **{f"bands.{key}": lambda: Judged((3, n), _in_order(context)) for key in BANDS},
        **{f"bands.{key}": lambda: Judged((3,), _in_order(context)) for key in TOTALS},
    }
    return found


def _in_order(context: SharingContext) -> Any:
    def falls(stated: Floats) -> tuple[Quantity, Any]:
        rows = (stated[:-1] - stated[1:]).reshape(-1)
        return context.arithmetic.stored(rows), ROUND_OFF * np.abs(stated).max(initial=0.0)

    return falls


def _draws(context: SharingContext, stated: Any) -> str:
    counts = [context.claim.at(f"bands.{key}") for key in COUNTS]
    if any(map(unwhole, counts)) or unwhole(stated):
        return "whole numbers of draws belong here"
    return "" if sum(counts) == stated else f"{sum(counts)} draws are told apart"


def _rising_shares(stated: Any) -> str:
    try:
        shares = [float(exact_number(share)) for share in stated]
    except (TypeError, ValueError):
        return "three shares belong here"
    rising = len(shares) == 3 and all(a < b for a, b in pairwise(shares))
    return "" if rising and shares[0] >= 0 and shares[-1] <= 1 else "three rising shares"
