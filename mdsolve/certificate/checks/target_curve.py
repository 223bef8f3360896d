"""`trade-off`: every point of a curve is a design that holds on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.errors import SolutionFileError
from mdsolve.instance.findings import shown
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import ROUND_OFF

NAME = "trade-off"

WALKED = ("alone", "payment_limit", "reciprocity", "least_share", "least_total")
POINT = frozenset(
    {
        *("asked", "termination", "witness", "contributions", "payments", "target", "objective"),
        "binding",
        *("upper_bound", "gap", "optimal", "multipliers"),
    }
)
HINTS = ("prices", "prices_at")
"""Keys of `curve_hints` that only say where to look: nothing is claimed by them."""

POINT_LIMIT = 1000


@condition(
    NAME, "sharing", rules=("target",), about="every point of the curve is a design that holds"
)
def trade_off(context: SharingContext) -> Condition:
    """Check each point as a solution of its own, with the requirement as it is there."""
    curve = context.claim.at("curve")
    if curve is None:
        raise NoRouteError("the solution holds no curve")
    requirement, points = _read(curve)
    hints = _hints(context, len(points))
    for number, point in enumerate(points):
        context.monitor.advance("points of the curve", number, len(points))
        verdict, why = _judged(context, requirement, {**hints[number], **point})
        if verdict == "pass":
            continue
        words = f"point {number + 1}: {why}"
        if verdict == "not-checked":
            raise NoRouteError(words)
        return context.decided(
            NAME,
            context.arithmetic.zeros(1),
            0.0,
            words=("", words),
            scope=f"{len(points)} points",
            witness=lambda _, p=point: {"asked": p["asked"]},  # type: ignore[misc]
            refuted=np.ones(1, dtype=np.bool_),
        )
    context.cover(NAME, ["curve", "curve_hints"])
    return context.decided(
        NAME,
        context.arithmetic.zeros(1),
        0.0,
        words=("every point is a design that holds", ""),
        scope=f"{len(points)} points",
    )


def _read(curve: Any) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the requirement and the points.

    Raises
    ------
    NoRouteError
        If the curve is none, or says more than points do.
    """
    if not isinstance(curve, Mapping) or set(curve) != {"requirement", "range", "points"}:
        raise NoRouteError("the curve is not {requirement, range, points}")
    requirement, points, ends = curve["requirement"], curve["points"], curve["range"]
    if requirement not in WALKED:
        message = f"the curve is about {shown(requirement)}; expected one of {', '.join(WALKED)}"
        raise NoRouteError(message)
    if not isinstance(points, list | tuple) or not 2 <= len(points) <= POINT_LIMIT:
        message = f"the curve does not have from 2 to {POINT_LIMIT} points"
        raise NoRouteError(message)
    for point in points:
        if not isinstance(point, Mapping) or not POINT >= set(point) >= {"asked", "termination"}:
            raise NoRouteError("a point of the curve has other keys than a design")
    try:
        asked = [float(exact_number(point["asked"])) for point in points]
        low, high = (float(exact_number(end)) for end in ends)
    except (TypeError, ValueError):
        raise NoRouteError("a point of the curve is at no number") from None
    even = np.linspace(low, high, len(points))
    if not np.allclose(asked, even, rtol=ROUND_OFF, atol=ROUND_OFF * max(abs(low), abs(high))):
        raise NoRouteError("the points of the curve do not lie evenly on its range")
    return requirement, list(points)


def _hints(context: SharingContext, count: int) -> list[dict[str, Any]]:
    """Return where to look for the bound of every point; nothing where nothing usable is said."""
    said = context.claim.at("curve_hints")
    if not isinstance(said, list | tuple) or len(said) != count:
        return [{} for _ in range(count)]
    entries = [entry if isinstance(entry, Mapping) else {} for entry in said]
    return [{key: entry[key] for key in HINTS if key in entry} for entry in entries]


def _judged(context: SharingContext, requirement: str, point: Mapping[str, Any]) -> tuple[str, str]:
    """Return the verdict on one point, and the first condition that does not pass."""
    from mdsolve.certificate.sharing_check import SharingCheck

    ending = point["termination"]
    if ending not in ("solved", "infeasible"):
        extra = set(point) - {*HINTS, "asked", "termination"}
        return ("pass", "") if not extra else ("fail", "an unfinished point states an answer")
    options = {**dict(context.options), requirement: point["asked"]}
    kept = {key: value for key, value in point.items() if key not in ("asked", "termination")}
    data = {
        **kept,
        "mechanism": {"name": "target", "options": options},
        "status": {"termination": ending},
    }
    request = Request(
        arithmetic="float" if context.arithmetic.name == "float" else "auto",
        tolerance=context.tolerance,
    )
    try:
        check = SharingCheck(context.reading.instance, data, request, context.monitor)
        found = check.certificate()
    except SolutionFileError as error:
        return "fail", str(error.findings[0].got)
    reason = next(
        (f"{c.name}: {c.detail}" for c in found.conditions if c.claimed and c.verdict != "pass"), ""
    )
    return found.verdict, reason
