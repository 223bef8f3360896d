"""Ranges of one requirement that designs walk over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.numbers import exact_number

POINT_LIMIT = 1000


@dataclass(frozen=True)
class TradeOff:
    """A range of one requirement.

    Parameters
    ----------
    requirement : str
        As options of the mechanism are written.
    start, end : float
    count : int
        Points, both ends included.
    """

    requirement: str
    start: float
    end: float
    count: int

    @property
    def settings(self) -> list[float]:
        """The points."""
        return [float(x) for x in np.linspace(self.start, self.end, self.count)]


def trade_off_of(ranges: Mapping[str, Any], known: Sequence[str]) -> TradeOff:
    """Return the one range of a trade-off.

    Parameters
    ----------
    known : sequence of str
        Requirements that can be walked over.

    Raises
    ------
    UsageError
        For several, for requirements without a range, and for ranges that are none.

    Examples
    --------
    >>> trade_off_of({"reciprocity": (0, 1, 3)}, ["reciprocity"]).settings
    [0.0, 0.5, 1.0]
    """
    if len(ranges) != 1:
        raise UsageError.single("--trade-off", f"{len(ranges)} requirements", "one at a time")
    name, given = next(iter(ranges.items()))
    requirement = str(name).replace("-", "_")
    where = f"--trade-off {name}"
    if requirement not in known:
        shown = ", ".join(word.replace("_", "-") for word in known)
        raise UsageError.single(where, repr(name), f"one of {shown}")
    try:
        start, end, count = given
        low, high, points = (exact_number(entry) for entry in (start, end, count))
    except (TypeError, ValueError):
        raise UsageError.single(
            where, repr(given)[:60], "three numbers: from, to, points"
        ) from None
    findings = []
    if points.denominator != 1 or not 2 <= points <= POINT_LIMIT:
        expected = f"a whole number of points from 2 to {POINT_LIMIT}"
        fix = "frontier takes an increment there, design a number of points"
        findings.append(Finding(where, f"{float(points):g} points", expected, fix))
    if low == high:
        findings.append(Finding(where, f"{float(low):g} twice", "two different ends"))
    if findings:
        raise UsageError(findings)
    return TradeOff(requirement, float(low), float(high), int(points))
