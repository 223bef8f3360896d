"""What callers ask of a check: tolerances that are numbers, options that a rule has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from mdsolve.errors import Finding, UsageError
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


def wrong_options(
    options: Mapping[str, Any],
    where: str,
    defaults: Mapping[str, Any],
    choices: Mapping[str, tuple[str, ...]],
) -> list[Finding]:
    """Return what is wrong with a rule's options: names that it does not know, other words.

    Parameters
    ----------
    where : str
        Names the options in messages.
    defaults : mapping
        The options that the rule has.
    choices : mapping of str to tuple of str
        What options that are words may be.
    """
    found = []
    for name, value in options.items():
        known = choices.get(name)
        if name not in defaults:
            expected = "one of " + ", ".join(defaults) if defaults else "no options"
            close = get_close_matches(name, defaults, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            found.append(Finding(where, f"the option {name!r}", expected, fix))
        elif known is not None and not (isinstance(value, str) and value in known):
            expected = "one of " + ", ".join(known)
            found.append(Finding(f"{where}.{name}", repr(value)[:60], expected))
    return found
