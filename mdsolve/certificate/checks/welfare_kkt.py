"""`welfare-kkt`: whether a budget-balanced equilibrium maximises welfare ([M23] Theorem 4.1).

Every condition is checked for every agent, (21) included, which the proof in the paper passes over.
The detail begins with one word: valid, degenerate (the duals are 0/0 and others were found), or
fails, with the dual that is not positive or the condition that is not met.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.p_means import shown_exponent
from mdsolve.certificate.rationals import IrrationalError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.welfare_duals import WelfareDuals
from mdsolve.certificate.welfare_program import program_of
from mdsolve.conditions import Condition

NAME = "welfare-kkt"


@condition(NAME, "sharing", about="the equilibrium's duals prove that it maximises welfare")
def welfare_kkt(context: SharingContext) -> Condition:
    """Check (16)-(18) and (20)-(23) at the contributions, p from the options (1 by default)."""
    duals = WelfareDuals(context, program_of(context))
    refuted = None if duals.degenerate else _negative_dual(context, duals)
    if refuted is not None:
        return refuted
    violations = duals.violations()
    found = context.decided(
        NAME,
        context.arithmetic.concatenate(list(violations.values())),
        1.0,
        words=(_passing(duals), "fails: (21) does not hold"),
        scope=_scope(duals),
        witness=lambda row: _witness(context, duals, violations, row),
    )
    if found.verdict == "fail" and found.witness is not None:
        words = f"fails: {found.witness['condition']} does not hold for agent "
        return replace(found, detail=words + str(found.witness["agent"]))
    return found


def _negative_dual(context: SharingContext, duals: WelfareDuals) -> Condition | None:
    """Return the failing condition where some mu_i <= 0, whatever the mean: (21) needs more."""
    arithmetic = context.arithmetic
    zero = arithmetic.zeros(context.size)
    negative = arithmetic.at_most(duals.shares, zero).holds
    if not negative.any():
        return None
    agent = int(np.argmin(np.where(negative, arithmetic.upper(duals.shares), np.inf)))
    share = float(arithmetic.nearest(duals.shares)[agent])
    name = context.reading.names[agent]
    found = context.decided(
        NAME,
        (-duals.shares)[agent : agent + 1],
        1.0,
        words=(
            "",
            f"fails: the dual mu of agent {name} is {share:.6g} times their sum, and (21) needs "
            "it positive",
        ),
        scope=_scope(duals),
        witness=lambda _: {
            "agent": name,
            "condition": "(21)",
            "mu_share": context.shown(duals.shares[agent]),
        },
        refuted=np.ones(1, dtype=np.bool_),
    )
    try:
        extra = _numbers(context, duals, agent)
    except IrrationalError:
        return found
    return replace(found, witness={**(found.witness or {}), **extra})


def _passing(duals: WelfareDuals) -> str:
    if not duals.degenerate:
        return "valid: the duals (24)-(25) satisfy (20)-(23), so the equilibrium is optimal"
    return (
        "degenerate: (24) is 0/0 at beta = 1 - 1/n; duals from (21) satisfy (20)-(23), so the "
        "equilibrium is optimal"
    )


def _scope(duals: WelfareDuals) -> str:
    program = duals.program
    p = shown_exponent(program.p)
    return f"(16)-(18) and (20)-(23) for {program.size:,} agents, p = {p}"


def _witness(
    context: SharingContext, duals: WelfareDuals, violations: dict[str, Quantity], row: int
) -> dict[str, Any]:
    equation = list(violations)[row // context.size]
    agent = row % context.size
    found: dict[str, Any] = {"agent": context.reading.names[agent], "condition": equation}
    worst = {
        name: float(context.arithmetic.upper(entry).max()) for name, entry in violations.items()
    }
    return {**found, **_numbers(context, duals, agent), "worst": worst}


def _numbers(context: SharingContext, duals: WelfareDuals, agent: int) -> dict[str, Any]:
    columns = {"mu": duals.mu, "gamma": duals.gamma, "required": duals.required}
    return {key: context.shown(column[agent]) for key, column in columns.items()}
