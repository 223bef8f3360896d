"""Trade-offs, whatever is designed: points along a range, each judged as a solution of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.context import Context, NoRouteError
from mdsolve.conditions import Condition
from mdsolve.instance.findings import shown
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import ROUND_OFF

POINT_LIMIT = 1000


def decided_points(
    context: Context,
    name: str,
    points: Sequence[Mapping[str, Any]],
    judge: Callable[[int], tuple[str, str]],
    covered: Sequence[str],
) -> Condition:
    """Return the condition that every point holds.

    Parameters
    ----------
    judge : callable
        Takes the number of a point; returns its verdict and what does not pass.
    covered : sequence of str
        Keys of the solution that are vouched for then.

    Raises
    ------
    NoRouteError
        At the first point that stays open.
    """
    for number, point in enumerate(points):
        context.monitor.advance("points of the curve", number, len(points))
        verdict, why = judge(number)
        if verdict == "pass":
            continue
        words = f"point {number + 1}: {why}"
        if verdict == "not-checked":
            raise NoRouteError(words)
        return context.decided(
            name,
            context.arithmetic.zeros(1),
            0.0,
            words=("", words),
            scope=f"{len(points)} points",
            witness=lambda _, p=point: {"asked": p["asked"]},  # type: ignore[misc]
            refuted=np.ones(1, dtype=np.bool_),
        )
    context.cover(name, covered)
    return context.decided(
        name,
        context.arithmetic.zeros(1),
        0.0,
        words=("every point is a design that holds", ""),
        scope=f"{len(points)} points",
    )


def read_curve(
    curve: Any, walked: Sequence[str], keys: frozenset[str]
) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the requirement and the points.

    Parameters
    ----------
    walked : sequence of str
        Requirements that a curve may be about.
    keys : frozenset of str
        What points may say.

    Raises
    ------
    NoRouteError
        If the curve is none, or says more than points do.
    """
    if not isinstance(curve, Mapping) or set(curve) != {"requirement", "range", "points"}:
        raise NoRouteError("the curve is not {requirement, range, points}")
    requirement, points, ends = curve["requirement"], curve["points"], curve["range"]
    if requirement not in walked:
        message = f"the curve is about {shown(requirement)}; expected one of {', '.join(walked)}"
        raise NoRouteError(message)
    if not isinstance(points, list | tuple) or not 2 <= len(points) <= POINT_LIMIT:
        message = f"the curve does not have from 2 to {POINT_LIMIT} points"
        raise NoRouteError(message)
    for point in points:
        if not isinstance(point, Mapping) or not keys >= set(point) >= {"asked", "termination"}:
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
