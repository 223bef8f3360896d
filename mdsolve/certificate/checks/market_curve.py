"""`trade-off` of markets: every point of a curve is a design that holds on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.registry import condition
from mdsolve.certificate.trade_off import decided_points, read_curve
from mdsolve.conditions import Condition
from mdsolve.errors import SolutionFileError
from mdsolve.instance.numbers import exact_number

NAME = "trade-off"

WALKED = ("subsidy", "cap", "spread", "floor", "revenue_floor")
POINT = frozenset({"asked", "termination", "witness", "payments", "objective"})
FIGURES = {
    "revenue": "expected_revenue",
    "fairness": "least_spread",
    "spread": "least_spread",
    "least-subsidy": "subsidy",
    "smallest-cap": "cap",
}
"""What a point's goal is called where it is the answer of a solution."""


@condition(
    NAME, "market", rules=("desirable",), about="every point of the curve is a design that holds"
)
def trade_off(context: MarketContext) -> Condition:
    """Check each point as a solution of its own, with the side constraint as it is there."""
    curve = context.claim.at("curve")
    if curve is None:
        message = "the solution holds no curve"
        raise NoRouteError(message)
    requirement, points = read_curve(curve, WALKED, POINT)

    def judge(number: int) -> tuple[str, str]:
        return _judged(context, requirement, points[number])

    return decided_points(context, NAME, points, judge, ["curve"])


def _judged(context: MarketContext, requirement: str, point: Mapping[str, Any]) -> tuple[str, str]:
    """Return the verdict on one point, and the first condition that does not pass."""
    from mdsolve.certificate.market_check import MarketCheck

    ending = point["termination"]
    answer = {"solved": {"payments", "objective"}, "infeasible": {"witness"}}.get(ending, set())
    if set(point) != {"asked", "termination"} | answer:
        return "fail", f"a point that is {ending} states {', '.join(sorted(answer)) or 'no answer'}"
    if not answer:
        return "not-checked", "the search ended without an answer"
    data: dict[str, Any] = {
        "mechanism": {"name": "desirable", "options": _options(context, requirement, point)},
        "status": {"termination": ending},
        "exists": ending == "solved",
    }
    if ending == "solved":
        figure = FIGURES[str(context.options.get("objective", "revenue"))]
        data |= {"table": {"payments": point["payments"]}, figure: point["objective"]}
    else:
        data["witness"] = point["witness"]
    request = Request(
        arithmetic="float" if context.arithmetic.name == "float" else "auto",
        tolerance=context.tolerance,
        folder=context.claim.folder,
    )
    try:
        check = MarketCheck(context.ruled.instance, data, request, context.monitor)
        found = check.certificate()
    except SolutionFileError as error:
        return "fail", str(error.findings[0].got)
    reason = next(
        (f"{c.name}: {c.detail}" for c in found.conditions if c.claimed and c.verdict != "pass"), ""
    )
    return found.verdict, reason


def _options(
    context: MarketContext, requirement: str, point: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the options of one point."""
    name = requirement.replace("_", "-")
    words = [str(word) for word in context.options.get("side", ())]
    others = [word for word in words if word.partition("=")[0].replace("_", "-") != name]
    return {**dict(context.options), "side": [*others, f"{name}={exact_number(point['asked'])}"]}
