"""Proof objects about all types: existence for every disparity, and exact frontiers."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.proving.checker import first_accepted
from mdsolve.proving.columns import FORMAT, UNIT
from mdsolve.proving.record import NotProvableError

Floats = Any

LIFT = np.longdouble(2) ** -56
"""What heights rise per step beyond what is needed, so that rounding breaks no inequality."""

FINENESS = (16, 24, 40, 80, 160, 320)
"""Nodes per unit near zero, in the order in which they are tried."""

MOST_ROWS = 200_000


def every_disparity(agents: int, exponent: Fraction) -> dict[str, Any]:
    """Return the claim that a desirable mechanism exists for every finite set of types.

    Raises
    ------
    NotProvableError
        Where the inequality of Lemma C fails, or is too narrow to be shown.
    """
    n, a, c = float(agents), float(exponent), float(agents - 1)
    most, scale = n ** (1 + a), c * n**a

    def psi(left: float, right: float) -> float:
        """Return the larger end of chord and tangent on an interval."""
        middle = (left + right) / 2
        ends = [
            (1 + c * z) ** a + scale * (middle ** (1 + a) + (1 + a) * middle**a * (z - middle))
            for z in (left, right)
        ]
        return float(max(ends))

    message = "no mechanism for every disparity, or too narrowly to be shown"
    if not -1 < a < 0 or most <= 1:
        raise NotProvableError(message)
    first = ((most - 1) / scale * (1 - 2**-20)) ** (1 / (1 + a))
    breaks = [first]
    while _falls(a, c, n, breaks[-1]):
        left = breaks[-1]
        width = (1 - left) / 2
        while psi(left, left + width) > most * (1 - 2**-44):
            width /= 2
            if width < 2**-40:
                raise NotProvableError(message)
        breaks.append(left + width)
    entry = {
        "format": FORMAT,
        "claim": "every-D",
        "market": {"n": agents, "alpha": str(exponent)},
        "breaks": [repr(z) for z in breaks],
    }
    return dict(first_accepted([entry]))


def _falls(a: float, c: float, n: float, z: float) -> bool:
    """Tell whether psi might fall between z and 1."""
    return bool((1 + a) * n**a <= -a * (1 + c * z) ** (a - 1) * (1 + 2**-30))


def frontier(exponent: Fraction, low: int, last: int) -> dict[str, Any]:
    """Return the claim that `last` is the largest number of types with a desirable mechanism.

    Two agents with integer types from `low` on.

    Raises
    ------
    NotProvableError
        Where it cannot be shown, in particular where it is false.
    """
    if last > MOST_ROWS:
        message = f"a frontier beyond {MOST_ROWS:,} types is too large for a proof"
        raise NotProvableError(message)
    own = np.arange(low, last + 1)
    column, _ = _heights(exponent, own, own, low)
    none = refuted_at(exponent, low, last + 1)
    reason: NotProvableError | None = None
    for fineness in FINENESS:
        nodes = _nodes(fineness, last / (low + 1))
        ends = np.array(nodes)
        steps, _ = _heights(exponent, ends[:-1], ends[1:], fineness)
        entry = {
            "format": FORMAT,
            "claim": "frontier",
            "market": {"n": 2, "alpha": str(exponent), "outside": "pooled"},
            "types": [low, last],
            "unit": f"1/{UNIT}",
            "column": _units(column),
            "M": fineness,
            "nodes": nodes,
            "steps": _units(steps),
            "none": none,
        }
        try:
            return dict(first_accepted([entry]))
        except NotProvableError as refused:
            reason = refused
    assert reason is not None
    raise reason


def _heights(
    exponent: Fraction, starts: Floats, ends: Floats, t: int, lift: Floats = LIFT
) -> tuple[Floats, list[int | None]]:
    """Return the least heights of cells (start, end] against t, and the cell that binds each.

    H_k is the largest of O(end), H of the cell before, and H_j + phi(end, y) - phi(y, y) over the
    cells j with y = start_j + t < end; lifted by a little at every step.
    """
    a = np.longdouble(exponent.numerator) / np.longdouble(exponent.denominator)
    reports = starts + t
    power: Floats = np.arange(1, 2 * int(max(reports[-1], ends[-1])) + 1, dtype=np.longdouble) ** a
    power = np.concatenate([[np.longdouble(0)], power])
    same = reports * power[2 * reports]
    heights = np.zeros(len(ends), dtype=np.longdouble)
    before: list[int | None] = []
    counts: Floats = np.searchsorted(reports, ends)  # cells with y < end
    for k, s in enumerate(ends.tolist()):
        best, binding = s * power[s + t], None
        count = min(int(counts[k]), k)
        if count:
            lies = heights[:count] + s * power[s + reports[:count]] - same[:count]
            j = int(np.argmax(lies))
            if lies[j] > best:
                best, binding = lies[j], j
        if lift and k and heights[k - 1] >= best:
            best, binding = heights[k - 1], k - 1
        heights[k] = best * (1 + lift)
        before.append(binding)
    return heights, before


def _units(heights: Floats) -> list[int]:
    """Return heights in units, rounded up and two more."""
    whole = np.floor(heights)
    rest = np.ceil((heights - whole) * UNIT)
    return [
        int(w) * UNIT + int(r) + 2 * k + 2 for k, (w, r) in enumerate(zip(whole, rest, strict=True))
    ]


def _nodes(fineness: int, reach: float) -> list[int]:
    """Return integers from 0 to `reach` units: finely at first, later in steps of up to a unit."""
    nodes, step = [0], 1
    end = math.ceil(reach * fineness)
    while nodes[-1] < end:
        here = nodes[-1]
        if here >= fineness:
            step = min(fineness, max(1, here * _step_share(fineness) // 4096))
        following = here + step
        nodes.append(fineness if here < fineness < following else following)
    return nodes


def _step_share(fineness: int) -> int:
    """Return how large steps are relative to the place, in 4096ths."""
    return max(1, 800 // fineness)


def refuted_at(exponent: Fraction, low: int, last: int) -> dict[str, Any]:
    """Return the profile (last, low) with chains of reports that cost the agents most."""
    own = np.arange(low, last + 1)
    _, before = _heights(exponent, own, own, low, np.longdouble(0))
    chain = [last]
    k: int | None = len(own) - 1
    while k is not None:
        k = before[k]
        if k is not None:
            chain.append(low + k)
    return {"profile": [last, low], "chains": [chain[::-1], [low]]}
