"""Welfare programs whose accuracy has kinks in the amount of data y: one smooth program at a time.

A measured curve is piecewise linear. Frozen at one of its pieces it lies above the true one, so
every frozen program bounds the true one, and its optimum solves the true one if y lies on that
piece. The value is concave in y, hence a bisection over the pieces finds either such a piece or a
kink that the optima of both neighbours point to; then y is prescribed at the kink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.curves import Curve, MixedCurve
from mdsolve.game.p_mean import p_mean
from mdsolve.progress import Monitor
from mdsolve.solver.iterate import iterate
from mdsolve.solver.welfare.bound import DualPoint, dual_point
from mdsolve.solver.welfare.interior import InteriorPoint, InteriorResult
from mdsolve.solver.welfare.model import WelfareModel
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LineCurve(Curve):
    """a(y) = height + slope (y - at): one piece of a measured curve, continued both ways."""

    at: Any
    height: Any
    rise: Any
    family: ClassVar[str] = "line"
    concave: ClassVar[bool] = True
    kinks: ClassVar[tuple[Floats, ...]] = ()

    def value(self, y: Floats) -> Floats:
        """Return the line."""
        return np.asarray(self.height + self.rise * (y - self.at))

    def slope(self, y: Floats) -> Floats:
        """Return its slope."""
        return np.full_like(y, self.rise)

    def second(self, y: Floats) -> Floats:
        """Return zeros."""
        return np.zeros_like(y)


def frozen(curve: Curve, y: float) -> Curve:
    """Return the curve with every measured part replaced by its piece at y."""
    if isinstance(curve, MixedCurve):
        return MixedCurve(tuple((agents, frozen(part, y)) for agents, part in curve.parts))
    if isinstance(curve, MeasuredCurve):
        at = np.asarray(y)
        return LineCurve(y, float(curve.value(at)), float(curve.slope(at)))
    return curve


def solve_over_pieces(model: WelfareModel, start: Floats, monitor: Monitor) -> InteriorResult:
    """Return the best point and bound, whether or not the curve has kinks."""
    most = model.platform + float(model.weights @ np.where(model.weights > 0, model.reach, 0.0))
    kinks = np.unique([float(kink) for kink in model.curve.kinks])
    kinks = kinks[(kinks > model.platform) & (kinks < most)]
    if len(kinks) == 0:
        smooth = frozen(model.curve, model.platform)
        return iterate(InteriorPoint(model.with_curve(smooth), start, bounding=model), monitor)
    edges = np.concatenate([[model.platform], kinks])
    low, high = 0, len(kinks)
    best: InteriorResult | None = None
    steps = 0
    while low <= high:
        piece = (low + high) // 2
        flat = model.with_curve(frozen(model.curve, edges[piece]))
        found = iterate(InteriorPoint(flat, start), monitor)
        steps += found.steps
        y = model.platform + float(model.sources.weight @ found.sources)
        best = _better(best, _on_true_curve(model, found))
        if found.stopped or _small(best):
            break
        if piece < len(kinks) and y > edges[piece + 1]:
            low = piece + 1
        elif y < edges[piece]:
            high = piece - 1
        else:
            break
    assert best is not None
    for kink in edges[max(1, high) : low + 2]:
        if best.stopped or _small(best):
            break
        right = model.with_curve(frozen(model.curve, kink))
        inside = 0.5 * (best.sources + start)
        found = iterate(InteriorPoint(right, inside, bounding=model, amount=kink), monitor)
        steps += found.steps
        best = _better(best, _on_true_curve(model, found))
    return InteriorResult(best.sources, best.objective, best.dual, steps, best.stopped)


def _small(result: InteriorResult) -> bool:
    return result.dual.bound - result.objective <= DEFAULT.solve * abs(result.objective)


def _on_true_curve(model: WelfareModel, found: InteriorResult) -> InteriorResult:
    """Return the result with objective and dual point of the true curve."""
    s = model.spread(found.sources)
    objective = p_mean(model.utilities(s), model.p)
    dual = found.dual
    true = dual_point(model, dual.weights, dual.budget_duals, dual.tangent, dual.price)
    return InteriorResult(found.sources, objective, true, found.steps, found.stopped)


def _better(best: InteriorResult | None, found: InteriorResult) -> InteriorResult:
    """Return the better point together with the better bound."""
    if best is None:
        return found
    point = found if found.objective > best.objective else best
    dual: DualPoint = min(best.dual, found.dual, key=lambda entry: entry.bound)
    return InteriorResult(point.sources, point.objective, dual, found.steps, found.stopped)
