"""`stationarity`: no other model has a larger mean accuracy.

The mean accuracy is concave in the model, with a zero gradient at the mean of the targets alone, so
the best model is known. A small gradient says little where data are many: each parameter has to be
within the tolerance of the best one as well, relative to the largest target, or where all targets
are 0 to the error that costs the whole ceiling where everybody contributes all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.joint import AT_NOTHING, UNBOUNDED, stored_parameters, without_data
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.reading.accuracies.quadratic_fit import JointAccuracy, joint_accuracy
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "stationarity"


@condition(NAME, "sharing", about="no other model is better on average")
def stationarity(context: SharingContext) -> Condition:
    """Check the claimed parameters, and what the best model would add to the mean accuracy."""
    joint = joint_accuracy(context.reading)
    if joint is None:
        raise NoRouteError("no model is learned in this game")
    arithmetic = context.arithmetic
    w = stored_parameters(context, joint)
    model, s = joint.stored_model(w), context.s
    away = abs(model - joint.best_model)
    y = joint.platform + arithmetic.total(s).reshape(1)
    nothing = without_data(context)
    # The mean accuracy is quadratic in the model, so the gain is exact.
    lost = arithmetic.total(joint.curvature * away * away).reshape(1)
    gain = arithmetic.zeros(1) if nothing else lost / y
    height = float(joint.heights.max(initial=0.0))
    context.cover(NAME, ["parameters"])
    found = context.decided(
        NAME,
        arithmetic.concatenate([away, gain]),
        np.append(parameter_scales(context, joint), height),
        words=("no other model is better on average", "a better model lies elsewhere"),
        scope=f"{len(w):,} parameters, each within the tolerance of the best",
        witness=lambda row: _witness(context, joint, model, gain, None if nothing else y, row),
    )
    if not nothing:
        return found
    words = AT_NOTHING if found.verdict == "pass" else UNBOUNDED
    return replace(found, detail=f"{found.detail}; {words}")


def parameter_scales(context: SharingContext, joint: JointAccuracy) -> Floats:
    """Return what tolerances of parameters are relative to, shape (m,)."""
    near = context.arithmetic.nearest
    largest = np.asarray(np.abs(near(joint.targets)).max(axis=0))
    data = context.scales.samples.sum() + float(near(joint.platform))
    height = float(joint.heights.max(initial=0.0))
    whole = np.sqrt(height * data / near(joint.curvature))
    return np.where(largest > 0, largest, whole)


def _witness(
    context: SharingContext,
    joint: JointAccuracy,
    model: Quantity,
    gain: Quantity,
    y: Quantity | None,
    row: int,
) -> dict[str, Any]:
    """Return the parameter that is farthest off, and both ways to say how far."""
    near = context.arithmetic.nearest
    away = np.asarray(near(model - joint.best_model))
    scales = parameter_scales(context, joint)
    k = row if row < len(away) else int(np.argmax(np.abs(away) / scales))
    found: dict[str, Any] = {
        "parameter": k,
        "value": context.shown(model[k]),
        "best": context.shown(joint.best_model[k]),
        "gain": context.shown(gain),
    }
    if y is not None:
        steep = np.asarray(near(-2 * joint.curvature * (model - joint.best_model) / y))
        found["gradient"] = float(steep[k])
        found["gradient_norm"] = float(np.linalg.norm(steep))
    return found
