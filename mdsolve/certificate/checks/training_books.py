"""Training runs: contributions that agents have, payments that cancel, and who would stay out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.training_context import TrainingContext
from mdsolve.conditions import Condition

FEASIBLE, BALANCED, LIMITED = "feasibility", "budget-balance", "payment-limit"
OUT, ALONE = "individual-rationality", "individual-rationality-alone"


@condition(FEASIBLE, "training", about="nobody brings more than they have")
def feasibility(context: TrainingContext) -> Condition:
    """Check 0 <= s_i <= capacity_i in every round."""
    arithmetic, brought = context.arithmetic, context.column("contributions")
    excess = arithmetic.maximum(-brought, brought - context.capacities).reshape(-1)
    context.cover(FEASIBLE, ["contributions", "history.contributions"])
    reported = context.instance.agents.capacity is None
    return context.decided(
        FEASIBLE,
        excess,
        np.tile(context.scales.samples, context.claim.rounds),
        words=(
            "contributions are within capacities in every round",
            "a contribution is outside its capacity",
        ),
        scope=_scope(context) + ("; capacities as reported" if reported else ""),
        witness=lambda row: context.place(row, contribution=brought),
    )


@condition(BALANCED, "training", about="what some pay, others receive, in every round")
def budget_balance(context: TrainingContext) -> Condition:
    """Check sum_i p_i = 0 in every round, relative to the largest stake of any agent."""
    arithmetic = context.arithmetic
    left = arithmetic.total(context.column("payments"), axis=1)
    return context.decided(
        BALANCED,
        arithmetic.maximum(left, -left),
        context.scales.money.max(initial=0.0),
        words=("payments cancel in every round", "payments do not cancel"),
        scope=_scope(context),
        witness=lambda row: {"round": row + 1, "sum_of_payments": context.shown(left[row])},
    )


@condition(LIMITED, "training", about="nobody pays more than their limit, whatever agents bring")
def payment_limit(context: TrainingContext) -> Condition:
    """Check -p_i <= L_i in every round, and where the rule asks most of agent i."""
    arithmetic, rule = context.arithmetic, context.rule
    limits = rule.limits(context)
    if limits is None:
        message = "the instance limits no payments"
        raise NoRouteError(message)
    paid = -context.column("payments")
    worst = rule.most_paid(context).reshape(1, -1)
    excess = (arithmetic.concatenate([paid, worst]) - limits).reshape(-1)
    return context.decided(
        LIMITED,
        excess,
        np.tile(context.scales.money, context.claim.rounds + 1),
        words=("nobody pays more than their limit", "somebody pays more than their limit"),
        scope=f"{_scope(context)}, and whatever agents bring",
        witness=lambda row: context.place(row, excess=excess),
    )


@condition(OUT, "training", about="nobody would rather have stayed out of the last round")
def rationality(context: TrainingContext) -> Condition:
    """Check u_i >= 0 in the last round."""
    return _compared(context, OUT, context.arithmetic.zeros(context.size), "stayed out")


@condition(ALONE, "training", about="nobody would rather have trained on their own data alone")
def rationality_alone(context: TrainingContext) -> Condition:
    """Check u_i in the last round against what agents reached alone, as reported."""
    if context.claim.alone is None:
        message = "nobody was trained alone; mdsolve train --alone does"
        raise NoRouteError(message)
    alone = context.arithmetic.stored(context.claim.alone["utilities"])
    return _compared(context, ALONE, alone, "trained alone")


def _compared(context: TrainingContext, name: str, other: Quantity, wish: str) -> Condition:
    """Return whether the last round leaves everybody as well off as something else would."""
    arithmetic = context.arithmetic
    short = other - context.utilities[-1]
    allowed = arithmetic.stored(context.tolerance * context.scales.money)
    losing = arithmetic.less(allowed, short).holds
    offset = (context.claim.rounds - 1) * context.size
    return context.decided(
        name,
        short,
        context.scales.money,
        words=(
            f"nobody would rather have {wish}",
            _losers(context.names, losing, f"have {wish}"),
        ),
        scope=f"the last of {_scope(context)}; accuracies and losses as reported",
        witness=lambda k: {**context.place(offset + k, utility=context.utilities)},
    )


def _losers(names: Sequence[str], losing: npt.NDArray[np.bool_], wish: str) -> str:
    """Return who would rather have done something else."""
    who = [name for name, loses in zip(names, losing, strict=True) if loses]
    return f"{', '.join(who)} would rather {wish}"


def _scope(context: TrainingContext) -> str:
    return f"{context.claim.rounds:,} rounds, {context.size:,} agents"
