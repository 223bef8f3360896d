"""`welfare-optimality`: no feasible contributions have a larger p-mean of utilities.

The objective is computed from the contributions with the p and beta of the mechanism's options. A
bound on everybody else's choice from the stored multipliers proves it; a bound above the value
refutes nothing, only a better feasible choice does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.p_means import shown_exponent
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.welfare_bound import WelfareBound, multipliers
from mdsolve.certificate.welfare_program import Program, program_of
from mdsolve.certificate.welfare_search import better_choice
from mdsolve.conditions import Condition

NAME = "welfare-optimality"

HINTS = ("weights", "budget_duals")
"""Keys of the solution that only say where to look: the proof vouches for them."""


@condition(NAME, "sharing", about="no feasible contributions have a larger p-mean of utilities")
def welfare_optimality(context: SharingContext) -> Condition:
    """Check the mean at the contributions against a bound on all feasible ones."""
    program = program_of(context)
    objective, reason = _objective(context, program)
    bound = None
    if objective is not None:
        try:
            bound = best_bound(context, program, objective)
        except NoRouteError as error:
            reason = str(error)
    if bound is not None and objective is not None:
        found = _proved(context, program, objective, bound)
        if found.verdict == "pass":
            return found
    refuted = _refuted(context, program, objective)
    if refuted is not None:
        return refuted
    if bound is None or objective is None:
        raise NoRouteError(reason)
    detail = "the multipliers leave room for a larger p-mean: optimality is not proved"
    return replace(found, verdict="not-checked", detail=detail)


def _objective(context: SharingContext, program: Program) -> tuple[Quantity | None, str]:
    """Return the mean at the contributions, shape (1,), or the reason why there is none."""
    try:
        return program.mean(context.s), ""
    except NoRouteError as error:
        return None, str(error)


def best_bound(context: SharingContext, program: Program, objective: Quantity) -> Quantity:
    """Return an upper bound of M_p over all feasible contributions, shape (1,).

    The first that proves the objective, or else the smallest found.
    """
    arithmetic = context.arithmetic
    weights, duals = multipliers(context, program)
    bounds = WelfareBound(program, arithmetic.stored(weights), arithmetic.stored(duals))
    allowed = arithmetic.stored(np.array([context.tolerance * scale(context)]))
    best: Quantity | None = None
    for value in bounds.values(context.given):
        best = value if best is None else arithmetic.minimum(best, value)
        if arithmetic.at_most(best - objective, allowed).holds.all():
            break
    assert best is not None
    return best


def scale(context: SharingContext) -> float:
    """Return what is at stake for an agent on average, in money."""
    return float(context.scales.money.mean())


def _proved(
    context: SharingContext, program: Program, objective: Quantity, bound: Quantity
) -> Condition:
    """Return the condition that the gap between bound and objective decides, never as failing."""
    arithmetic = context.arithmetic
    gap = arithmetic.maximum(bound - objective, arithmetic.zeros(1))
    allowed = arithmetic.stored(np.array([context.tolerance * scale(context)]))
    proved = arithmetic.at_most(gap, allowed).holds
    shown = float(arithmetic.upper(bound)[0])
    context.cover(NAME, ["contributions", *HINTS])
    found = context.decided(
        NAME,
        gap,
        scale(context),
        words=(f"no feasible contributions have a p-mean above {shown:.12g}", ""),
        scope=_scope(context, program),
        witness=lambda _: {
            "p": shown_exponent(program.p),
            "objective": context.shown(objective),
            "bound": context.shown(bound),
        },
        undecided=~proved,
    )
    if found.verdict == "pass":
        return found
    return replace(found, interval=(0.0, float(arithmetic.upper(gap)[0])))


def _refuted(
    context: SharingContext, program: Program, objective: Quantity | None
) -> Condition | None:
    """Return the failing condition where a better feasible choice is found and proved to be one."""
    point = better_choice(program.rounded, np.asarray(context.given))
    if point is None:
        return None
    value = _feasible_mean(context, program, point)
    if value is None:
        return None
    arithmetic = context.arithmetic
    if objective is None:
        # No p-mean is defined at the claim while there is one elsewhere: all of it is missing.
        gain = arithmetic.maximum(value, arithmetic.zeros(1))
        better = arithmetic.less(arithmetic.zeros(1), value).holds & _undefined(context, program)
    else:
        gain = value - objective
        better = np.zeros(1, dtype=np.bool_)
    found = context.decided(
        NAME,
        gain,
        scale(context),
        words=("", "other feasible contributions have a larger p-mean"),
        scope=_scope(context, program),
        witness=lambda _: _witness(context, program, objective, value, point),
        refuted=better,
    )
    return found if found.verdict == "fail" else None


def _undefined(context: SharingContext, program: Program) -> bool:
    """Tell whether somebody's utility at the claim is certainly negative."""
    arithmetic = context.arithmetic
    utilities = program.utilities(context.s)
    return bool(arithmetic.less(utilities, arithmetic.zeros(context.size)).holds.any())


def _feasible_mean(
    context: SharingContext, program: Program, point: npt.NDArray[np.float64]
) -> Quantity | None:
    """Return the mean at other contributions, None unless they are certainly feasible."""
    arithmetic, reading = context.arithmetic, program.reading
    s = arithmetic.stored(point)
    within = arithmetic.at_most(s, reading.capacity).holds | ~reading.bounded
    kept = arithmetic.at_most(arithmetic.zeros(context.size), program.left(s)).holds
    if not (within & (kept | ~reading.limited)).all():
        return None
    try:
        return program.mean(s)
    except NoRouteError:
        return None


def _witness(
    context: SharingContext,
    program: Program,
    objective: Quantity | None,
    value: Quantity,
    point: npt.NDArray[np.float64],
) -> dict[str, Any]:
    moved = int(np.argmax(np.abs(point - context.given)))
    return {
        "p": shown_exponent(program.p),
        "objective": "not defined" if objective is None else context.shown(objective),
        "better": context.shown(value),
        "agent": context.reading.names[moved],
        "contribution": float(context.given[moved]),
        "instead": float(point[moved]),
    }


def _scope(context: SharingContext, program: Program) -> str:
    p = shown_exponent(program.p)
    shown = p if isinstance(p, str) else f"{p:g}"
    return f"every feasible contribution of {context.size:,} agents, p = {shown}"
