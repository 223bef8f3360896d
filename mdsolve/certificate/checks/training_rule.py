"""`rule` of training runs: settings, moves and payments are those of the instance's protocol."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.stated.figures import Figure, Recompute, Said, compare
from mdsolve.certificate.training_context import TrainingContext
from mdsolve.conditions import Condition

NAME = "rule"


@condition(NAME, "training", about="settings, moves and payments are those of the protocol")
def rule(context: TrainingContext) -> Condition:
    """Compare what a run did with what its protocol says.

    How far agents move depends on models that are not trained again; where they start, when they
    may move and how many of them at once, and what they are paid is computed.
    """
    claim, name = context.claim, context.rule.spec.name
    sources: dict[str, Recompute] = {}
    if isinstance(claim.at("mechanism"), str):
        sources["mechanism"] = lambda: Said.exactly(name)
    sources["mechanism.name"] = lambda: Said.exactly(name)
    for key, value in context.rule.spec.settings().items():
        for place in ("mechanism.options", "protocol"):
            sources[f"{place}.{key}"] = _is(value)
    sources["history.contributions"] = lambda: _moves(context)
    sources["history.payments"] = lambda: Figure.exactly(
        context.payments, context.scales.money, context.money_rounding
    )
    sources["payments"] = lambda: Figure.exactly(
        context.payments[-1], context.scales.money, context.money_rounding[-1]
    )
    return compare(
        context,
        claim,
        sources,
        name=NAME,
        names=context.names,
        words="settings, moves and payments are those of the protocol",
    )


def _is(value: Any) -> Recompute:
    return lambda: Said.exactly(value)


def _moves(context: TrainingContext) -> Figure:
    """Return the figure of contributions: nobody moves when they may not, or too many at once."""
    arithmetic, own = context.arithmetic, context.column("contributions")
    stated = context.claim.columns["contributions"]
    jumped = np.abs(np.diff(stated, axis=0)) > context.tolerance * context.scales.samples
    held = ~context.rule.may_move(context) | (jumped.sum(axis=1) > context.rule.movers(context))
    row = np.arange(len(stated))
    row[1:] = np.where(held, row[:-1], row[1:])
    right: Quantity = own[row]
    first = _first(context).reshape(1, -1)
    right = arithmetic.concatenate([first, right[1:]]) if len(stated) > 1 else first
    return Figure.exactly(right, context.scales.samples)


def _first(context: TrainingContext) -> Quantity:
    """Return the contributions of the first round, shape (n,)."""
    start = context.instance.protocol.start
    return context.rule.first(context) if start is None else context.arithmetic.written(list(start))
