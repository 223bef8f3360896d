"""Games whose accuracy depends on a model learned together, looked at with the model of the claim.

The model stands under `parameters`. Tolerances stay those of the instance at its best model: a
claim does not choose what it is measured by.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.reading.accuracies.quadratic_fit import JointAccuracy, joint_accuracy
from mdsolve.certificate.sharing_context import SharingContext

Floats = npt.NDArray[np.float64]

JOINT_RULES = ("upbred", "2p-upbred")
"""Mechanisms that say how a model is learned."""

AT_NOTHING = "there are no data: the accuracy is continued by its limit along the best model"
UNBOUNDED = "there are no data for a model that is not the best one: the accuracy is unbounded"


def stored_parameters(context: SharingContext, joint: JointAccuracy) -> Floats:
    """Return the model of a claim, shape (m,).

    Raises
    ------
    NoRouteError
        If the claim states none, or what it states is none.
    """
    found = context.claim.stored("parameters", joint.best_doubles.shape)
    if isinstance(found, str):
        raise NoRouteError(found)
    if not np.all(np.isfinite(found)):
        raise NoRouteError("the parameters of the model are not finite numbers")
    return found


def at_claimed_model(context: SharingContext) -> SharingContext:
    """Return the context with everybody's accuracy at the claimed model.

    Where no model is learned, the context itself.

    Raises
    ------
    NoRouteError
        If the claim states no model, or capacities are too small for any accuracy.
    """
    return context.derived(_located)


def at_model(context: SharingContext) -> SharingContext:
    """Return the context at the claimed model, or as it is where there is none to look at."""
    try:
        return at_claimed_model(context)
    except NoRouteError:
        return context


def _located(context: SharingContext) -> SharingContext:
    reading, joint = context.reading, joint_accuracy(context.reading)
    if joint is None:
        return context
    w = stored_parameters(context, joint)
    accuracy = joint.at(w)
    most = float(reading.ends.sum()) + float(joint.arithmetic.nearest(joint.platform))
    if not most > accuracy.floors.max():
        raise NoRouteError("all data together are too few for an accuracy that can be written down")
    located = replace(reading, accuracy=accuracy)
    plain = joint_accuracy(reading.rounded)
    assert plain is not None
    if located.rounded is not located:
        twin = replace(reading.rounded, accuracy=plain.at(w))
        # Both are computed from the instance when they are asked for; here the model decides.
        located.__dict__["rounded"] = twin
    found = replace(context, reading=located)
    found.__dict__["scales"] = context.scales
    return found


def without_data(context: SharingContext) -> bool:
    """Tell whether there certainly are no data at all for a model that is learned."""
    joint = joint_accuracy(context.reading)
    if joint is None:
        return False
    platform = float(joint.arithmetic.upper(joint.platform))
    return platform == 0 and not np.any(context.given != 0)
