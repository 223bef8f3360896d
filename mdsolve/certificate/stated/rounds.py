"""Protocols that were run: which phases they have, and the numbers stated of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute, Said
from mdsolve.certificate.stated.protocol import Phase, first_contributions, first_model
from mdsolve.certificate.stated.step_bounds import BELOW, Bounds, asked
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

FIRST, SECOND = "phase_one.", "phase_two."
BLOCKS = ("contributions", "parameters")


def one_phase(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the figures of Algorithm 1, by path."""
    w = first_model(context)
    found: dict[str, Recompute] = {
        "step_sizes.contributions": lambda: _step(context, "step_size", w),
        "step_sizes.parameters": lambda: _step(context, "model_step_size", w),
        "rate": lambda: _rate(context, w),
    }
    if w is not None and context.claim.at("step_bounds") is not None:
        found |= Bounds(context, w).sources()
    if context.claim.at("step_sizes") is None:
        return found
    gamma, eta = (_number(context, f"step_sizes.{block}") for block in BLOCKS)
    phase = Phase(context, "", gamma, eta, 0.0, first_contributions(context), w)
    return {**found, **phase.sources()}


def two_phases(context: SharingContext, zeta: Quantity, beta: Quantity) -> Mapping[str, Recompute]:
    """Return the figures of Algorithm 2, by path.

    Parameters
    ----------
    zeta, beta : quantities of shape ()
        Largest marginal cost, and the price of the options.
    """
    near = context.arithmetic.nearest
    price = float(near(beta)) if context.size > 1 else 0.0
    margin = price - float(near(zeta))
    start, w = first_contributions(context), first_model(context)
    found: dict[str, Recompute] = {}
    if context.claim.at("phase_one") is not None:
        gamma = _number(context, f"{FIRST}step_size")
        left = float((context.reading.ends - start).max())
        first = Phase(context, FIRST, gamma, 0.0, price, start, w)
        found |= first.sources()
        found[f"{FIRST}step_size"] = lambda: _given(context, "step_size")
        found[f"{FIRST}bound"] = lambda: _count(left / (gamma * margin) if margin > 0 else None)
    if context.claim.at("phase_two") is not None and w is not None:
        eta = _number(context, f"{SECOND}step_size")
        second = Phase(context, SECOND, 0.0, eta, 0.0, context.reading.ends, w)
        found |= second.sources()
        found[f"{SECOND}step_size"] = lambda: _model_step(context)
        found[f"{SECOND}rate"] = lambda: _factor(context, _model_rate(context, eta))
        found[f"{SECOND}bound"] = lambda: _model_bound(context, eta, w)
    return found


def _number(context: SharingContext, path: str) -> float:
    stated = context.claim.stored(path, ())
    if isinstance(stated, str):
        raise NoRouteError(stated)
    return float(stated)


def _step(context: SharingContext, name: str, w: Floats | None) -> Figure | Judged:
    """Return the step size that the options ask for."""
    rule = asked(context, name)
    second = name == "model_step_size"
    if not isinstance(rule, str) or rule not in ("auto", "published"):
        return _factor(context, float(rule))
    if w is None:
        return _factor(context, 0.0) if second else Judged((), lambda x: _not_negative(context, x))
    bounds = Bounds(context, w)
    either = "published" in {asked(context, key) for key in ("step_size", "model_step_size")}
    if either:
        return _factor(context, BELOW * bounds.published(printed=True)[second])
    return _factor(context, bounds.sizes()[second])


def _not_negative(context: SharingContext, size: Floats) -> tuple[Quantity, float]:
    return context.arithmetic.stored(-size.reshape(-1)), 0.0


def _factor(context: SharingContext, value: float) -> Figure:
    return Figure.exactly(context.arithmetic.stored(np.array(value)), abs(value))


def _rate(context: SharingContext, w: Floats | None) -> Figure | Said | None:
    """Return the factor per round: where both step sizes are those of a proved contraction.

    Where no model is learned it has to be one that the path shows.
    """
    rules = {asked(context, key) for key in ("step_size", "model_step_size")}
    if w is not None:
        if rules != {"auto"}:
            return None
        bounds = Bounds(context, w)
        return _factor(context, bounds.rate(*bounds.sizes()))
    return Said(lambda stated: _shown_rate(context, stated))


def _shown_rate(context: SharingContext, stated: Any) -> str:
    """Return what is wrong with a factor by which states come closer to the last one."""
    rate = float(stated)
    if not 0 <= rate < 1:
        return "a factor from 0 up to, not at, 1"
    kept = context.claim.at("course.rounds")
    if kept is None:
        return ""
    states = context.claim.stored("course.contributions", (len(kept), context.size))
    if isinstance(states, str):
        raise NoRouteError(states)
    away = np.linalg.norm(states - states[-1], axis=1)
    rounds = np.diff(np.array([int(k) for k in kept]))
    # The last state is not quite the point of rest.
    noise = ROUND_OFF * float(np.linalg.norm(context.scales.samples))
    short = away[1:] > rate**rounds * away[:-1] * (1 + ROUND_OFF) + noise / (1 - rate)
    return "states come closer more slowly" if short.any() else ""


def _given(context: SharingContext, name: str) -> Figure | Judged:
    """Return the step size of the options; any positive one where they name none."""
    given = context.options.get(name)
    if given is None:
        return Judged((), lambda size: _not_negative(context, size))
    return _factor(context, float(given))


def _count(value: float | None) -> Said:
    """Return the statement of a number of rounds, rounded up, None where there is no bound."""
    if value is None:
        return Said(lambda _: "no number of rounds is promised")
    near = {math.ceil(value * (1 + side * ROUND_OFF)) for side in (-1, 0, 1)}
    return Said(lambda stated: "" if stated in near else f"{math.ceil(value)} rounds are promised")


def _ends(context: SharingContext) -> tuple[float, float]:
    """Return the ends of the eigenvalues of the mean accuracy's second derivative in the model."""
    joint = joint_accuracy(context.reading.rounded)
    assert joint is not None
    y = float(joint.platform) + float(context.reading.ends.sum())
    curvature = np.asarray(joint.curvature)
    return 2 * float(curvature.min()) / y, 2 * float(curvature.max()) / y


def _model_step(context: SharingContext) -> Figure:
    given = context.options.get("model_step_size")
    flat, steep = _ends(context)
    return _factor(context, 2 / (flat + steep) if given is None else float(given))


def _model_rate(context: SharingContext, eta: float) -> float:
    flat, steep = _ends(context)
    return max(abs(1 - eta * flat), abs(1 - eta * steep))


def _model_bound(context: SharingContext, eta: float, w: Floats) -> Said:
    """Return the rounds after which the model is known to the accuracy that solving aims at."""
    joint = joint_accuracy(context.reading)
    assert joint is not None
    rate, best = _model_rate(context, eta), joint.best_doubles
    away = float(np.linalg.norm(w - best))
    target = DEFAULT.solve * max(1.0, float(np.abs(best).min()))
    if rate >= 1:
        return _count(None)
    if away <= target:
        return _count(0.0)
    return _count(math.log(away / target) / -math.log(rate) if rate > 0 else 1.0)
