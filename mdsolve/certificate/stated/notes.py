"""Warnings: measured curves used where nothing was measured, accuracies at no data at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Recompute, Said
from mdsolve.tolerance import EQUILIBRIUM_SLACK, ROUND_OFF

NUMBER = r"([-+.0-9e]+)"
BEYOND = re.compile(
    rf"(.*) sees {NUMBER} samples, the curve was measured up to {NUMBER} and is continued flat"
)
BEFORE = re.compile(
    rf"(.*) sees {NUMBER} samples, the curve was measured from {NUMBER} on and is continued with "
    "its first slope"
)

NO_DATA = (
    "nobody contributes, and at no data at all the accuracy is singular: the accuracies and "
    "utilities shown are limits along the learned model; beside it the accuracy falls without bound"
)


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the words of an answer, by path."""
    return {"warnings": lambda: Said(lambda stated: _warnings(context, stated))}


def _warnings(context: SharingContext, stated: Any) -> str:
    """Return what is wrong with warnings.

    Raises
    ------
    NoRouteError
        For a sentence that says something else.
    """
    if not isinstance(stated, list | tuple) or not all(isinstance(text, str) for text in stated):
        return "a list of sentences belongs here"
    problems = [_problem(context, text) for text in stated]
    return next((problem for problem in problems if problem), "")


def _problem(context: SharingContext, text: str) -> str:
    """Return what is wrong with one warning."""
    for pattern, last in ((BEYOND, True), (BEFORE, False)):
        found = pattern.fullmatch(text)
        if found:
            return _measured(context, *found.groups(), last=last)
    if text == NO_DATA:
        learned = joint_accuracy(context.reading) is not None
        platform = float(context.reading.instance.platform_data)
        empty = learned and platform == 0 and not np.any(context.given)
        return "" if empty else "there are data"
    message = f"nothing is known of {text[:60]!r}"
    raise NoRouteError(message)


def _measured(context: SharingContext, name: str, seen: str, end: str, *, last: bool) -> str:
    """Return what is wrong with a warning about one agent's curve."""
    reading = context.reading
    accuracy, names = reading.rounded.accuracy, list(reading.names)
    if name not in names or not isinstance(accuracy, WeightedAccuracy):
        return f"no agent {name} with a measured curve"
    agent = names.index(name)
    samples = _points(context, agent)
    if samples is None:
        return f"the curve of agent {name} was not measured"
    known = samples[-1] if last else samples[0]
    amount = float(np.asarray(accuracy.index(np.asarray(context.given)))[agent])
    outside = (
        amount > (1 + EQUILIBRIUM_SLACK) * known
        if last
        else amount < (1 - EQUILIBRIUM_SLACK) * known
    )
    right = _shows(seen, amount) and _shows(end, known)
    return "" if outside and right else f"agent {name} sees {amount:.6g} samples, not so"


def _shows(text: str, value: float) -> bool:
    """Tell whether a text is a number in six digits, however it was rounded on the way."""
    return text in {f"{value * (1 + side * ROUND_OFF):.6g}" for side in (-1, 0, 1)}


def _points(context: SharingContext, agent: int) -> list[float] | None:
    """Return the amounts of data at which an agent's curve was measured; None if it was not."""
    spec: Any = context.reading.instance.accuracy
    if getattr(spec, "per_agent", None) is not None:
        spec = spec.per_agent[agent]
    elif getattr(spec, "per_group", None) is not None:
        groups = [entry.group for entry in _entries(context) for _ in range(entry.count)]
        spec = spec.per_group[groups[agent]]
    if getattr(spec, "family", None) != "curve":
        return None
    return [float(x) for x, _ in spec.points]


def _entries(context: SharingContext) -> Any:
    agents = context.reading.instance.agents
    if not isinstance(agents, tuple):
        message = "warnings about agents by column and group"
        raise NoRouteError(message)
    return agents
