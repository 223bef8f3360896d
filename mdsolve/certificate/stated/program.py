"""The planner's program as solutions state it: its options, value, money left, bound and duals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.p_means import exponent, p_mean
from mdsolve.certificate.rules.budget_balanced import shared_rate
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute, Said
from mdsolve.certificate.welfare_duals import WelfareDuals
from mdsolve.certificate.welfare_program import program_of
from mdsolve.tolerance import ROUND_OFF

OPTIMAL = "welfare-optimality"


def rate(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the share of each cost that the others bear, as the options ask for it."""

    def beta() -> Figure:
        if context.size == 1:
            return Figure.exactly(context.arithmetic.constant(0), 1.0)
        return Figure.exactly(shared_rate(context), 1.0)

    return {"beta": beta}


def duals(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the duals (24)-(25) and (16) of [M23], where they are defined."""
    return {
        "duals.mu": lambda: _dual(context, "mu"),
        "duals.gamma": lambda: _dual(context, "gamma"),
        "duals.lambda": lambda: _dual(context, "held"),
    }


def _dual(context: SharingContext, name: str) -> Figure:
    """Return a column of duals, relative to the largest of its kind."""
    found = context.derived(_duals)
    column: Quantity = getattr(found, name)
    near = context.arithmetic.nearest
    size = np.abs(near(found.mu)).max(initial=0.0) if name != "held" else 1.0
    return Figure.exactly(column, size + np.abs(near(column)).max(initial=0.0))


def _duals(context: SharingContext) -> WelfareDuals:
    return WelfareDuals(context, program_of(context))


def optimum(context: SharingContext) -> Mapping[str, Recompute]:
    """Return what a planner's optimum states."""
    return {
        **rate(context),
        "p": lambda: _exponent(context),
        "money_left": lambda: Figure.exactly(
            program_of(context).left(context.s), context.scales.money
        ),
        "objective": lambda: _objective(context),
        "dual": lambda: Judged((), lambda dual: _bound(context, dual)),
        "gap": lambda: _gap(context),
    }


def _exponent(context: SharingContext) -> Figure | Said:
    asked = exponent(context.options.get("p", 1))
    if asked is None:
        return Said.exactly("-inf")
    return Figure.exactly(context.arithmetic.constant(asked), 1.0)


def _objective(context: SharingContext) -> Figure:
    """Return M_p(u): between those of utilities a tolerance lower and a tolerance higher."""
    program, arithmetic, scales = program_of(context), context.arithmetic, context.scales
    utilities = program.utilities(context.s)
    if program.p == 1:
        mean = p_mean(arithmetic, utilities, program.p).reshape(())
        return Figure.exactly(mean, scales.money.mean())
    off = arithmetic.stored(max(context.tolerance, ROUND_OFF) * scales.money)
    low, high = (
        p_mean(arithmetic, utilities + side * off, program.p).reshape(()) for side in (-1, 1)
    )
    return Figure.within(low, high, 0.0)


def _value(context: SharingContext) -> Quantity:
    return program_of(context).mean(context.s).reshape(-1)


def _bound(context: SharingContext, dual: np.ndarray) -> tuple[Quantity, float]:
    """Return by how much the value exceeds a bound on all values, which one that holds does not.

    Raises
    ------
    NoRouteError
        Where optimality itself was not proved.
    """
    if context.decided_as(OPTIMAL).verdict != "pass":
        message = "that nothing is better is not proved"
        raise NoRouteError(message)
    above = _value(context) - context.arithmetic.stored(dual.reshape(-1))
    return above, float(context.scales.money.mean())


def _gap(context: SharingContext) -> Figure:
    """Return the difference of bound and value, both as stated and computed."""
    dual = context.claim.stored("dual", ())
    if isinstance(dual, str):
        raise NoRouteError(dual)
    gap = context.arithmetic.stored(dual.reshape(-1)) - _value(context)
    return Figure.exactly(gap.reshape(()), float(context.scales.money.mean()))
