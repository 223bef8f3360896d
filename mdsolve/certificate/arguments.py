"""What callers ask of a check: tolerances that are numbers, limits that name agents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.findings import shown
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import DEFAULT

EVERYBODY = ""
"""Under this name a limit is everybody's who has none of their own."""


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


def read_limits(given: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """Return the most that agents may be asked to pay, by name, from ``L`` and ``NAME=L``.

    Parameters
    ----------
    given : sequence of str
        As on the command line; a bare number is everybody's who has none of their own.
    names : sequence of str
        Of the agents.

    Raises
    ------
    UsageError
        With every limit that is no number, is given twice or names nobody.

    Examples
    --------
    >>> read_limits(["20", "A=5/2"], ["A", "B"])
    {'': 20.0, 'A': 2.5}
    """
    found: dict[str, float] = {}
    findings: list[Finding] = []
    for text in given:
        # A name may hold the sign itself: what follows the last one is the number.
        name, _, number = text.rpartition("=")
        where = f"--limit {text}"
        try:
            limit = float(exact_number(number))
        except (ValueError, OverflowError):
            expected = "an amount of money, or NAME=AMOUNT"
            findings.append(Finding(where, shown(number), expected, "for example --limit 20"))
            continue
        if name and name not in names:
            close = get_close_matches(name, names, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            findings.append(Finding(where, repr(name), "the name of an agent", fix))
        elif name in found:
            findings.append(Finding(where, "the same limit twice", "each limit once"))
        else:
            found[name] = limit
    if findings:
        raise UsageError(findings)
    return found


def accepted_limits(limits: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, float]:
    """Return limits given from Python, checked like those of the command line."""
    return read_limits([f"{name}={limit}" for name, limit in (limits or {}).items()], names)
