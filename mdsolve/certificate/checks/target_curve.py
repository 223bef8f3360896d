"""`trade-off`: every point of a curve is a design that holds on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.trade_off import decided_points, read_curve
from mdsolve.conditions import Condition
from mdsolve.errors import SolutionFileError

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


@condition(
    NAME, "sharing", rules=("target",), about="every point of the curve is a design that holds"
)
def trade_off(context: SharingContext) -> Condition:
    """Check each point as a solution of its own, with the requirement as it is there."""
    curve = context.claim.at("curve")
    if curve is None:
        raise NoRouteError("the solution holds no curve")
    requirement, points = read_curve(curve, WALKED, POINT)
    hints = _hints(context, len(points))

    def judge(number: int) -> tuple[str, str]:
        return _judged(context, requirement, {**hints[number], **points[number]})

    return decided_points(context, NAME, points, judge, ["curve", "curve_hints"])


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
