"""What callers ask of a check: tolerances that are numbers."""

from __future__ import annotations

import math
from typing import Any

from mdsolve.errors import UsageError
from mdsolve.instance.findings import shown
from mdsolve.tolerance import DEFAULT


def accepted_tolerance(tolerance: Any) -> float:
    """Return an accepted violation relative to the instance's scale; None is the default.

    Raises
    ------
    UsageError
        If it is not a finite number from 0 on.

    Examples
    --------
    >>> accepted_tolerance(None), accepted_tolerance(0)
    (1e-09, 0.0)
    """
    if tolerance is None:
        return DEFAULT.verify
    usable = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not usable or not math.isfinite(tolerance) or tolerance < 0:
        raise UsageError.single("tolerance", shown(tolerance), "a finite number from 0 on")
    return float(tolerance)
