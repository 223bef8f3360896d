"""`stated-numbers` of training runs: utilities and metrics, computed from the books."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mdsolve.certificate.intervals import UNIT
from mdsolve.certificate.keys import STATED
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.stated.figures import Figure, Recompute, compare
from mdsolve.certificate.stated.means import geometric_mean, least, mean
from mdsolve.certificate.training_context import ROUNDINGS, TrainingContext
from mdsolve.conditions import Condition


@condition(STATED, "training", about="figures follow from the books")
def training_numbers(context: TrainingContext) -> Condition:
    """Compare utilities, metrics and the protocol's own figures."""
    money, rounding = context.scales.money, context.money_rounding
    sources: dict[str, Recompute] = {
        "history.utilities": lambda: Figure.exactly(context.utilities, money, rounding),
        "utilities": lambda: Figure.exactly(context.utilities[-1], money, rounding[-1]),
        **{f"metrics.{key}": recompute for key, recompute in _metrics(context).items()},
        **context.rule.findings(context),
    }
    if context.claim.alone is not None:
        sources["standalone.utilities"] = lambda: _alone(context)
    return compare(context, context.claim, sources, names=context.names)


def _metrics(context: TrainingContext) -> dict[str, Callable[[], Figure | None]]:
    arithmetic, scales = context.arithmetic, context.scales
    slack = context.money_rounding

    def last(name: str) -> Quantity:
        return context.column(name)[-1]

    def welfare() -> Figure:
        gained = context.values * context.payoffs[-1] - context.costs * last("contributions")
        return Figure.exactly(arithmetic.total(gained), scales.money.sum(), slack[-1].sum())

    def data_share() -> Figure:
        share = arithmetic.total(last("contributions")) / arithmetic.total(context.capacities)
        return Figure.exactly(share, 1.0)

    def surplus() -> Figure:
        paid = context.column("payments").reshape(-1)
        off = ROUNDINGS * UNIT * np.abs(context.claim.columns["payments"]).sum()
        return Figure.exactly(
            -arithmetic.total(paid), context.claim.rounds * scales.money.sum(), off
        )

    return {
        "total_data": lambda: Figure.exactly(
            arithmetic.total(last("contributions")), scales.samples.sum()
        ),
        "data_share": data_share,
        "welfare": welfare,
        "mean_accuracy": lambda: mean(arithmetic, last("accuracies"), np.ones(context.size)),
        "surplus": surplus,
        "p_mean.1": lambda: mean(arithmetic, context.utilities[-1], scales.money, slack[-1]),
        "p_mean.0": lambda: geometric_mean(context, context.utilities[-1], scales.money, slack[-1]),
        "p_mean.-inf": lambda: least(arithmetic, context.utilities[-1], scales.money, slack[-1]),
    }


def _alone(context: TrainingContext) -> Figure:
    """Return the figure of utilities alone: value times payoff less cost, columns as reported."""
    arithmetic, alone = context.arithmetic, context.claim.alone
    assert alone is not None
    stated = arithmetic.stored(alone["utilities"])
    needed = "accuracies" if context.instance.protocol.payoff == "accuracy" else "losses"
    if "contributions" not in alone or needed not in alone:
        return Figure.exactly(stated, context.scales.money)
    column = arithmetic.stored(alone[needed])
    gained = context.values * context.payoff_of(column, column)
    spent = context.costs * arithmetic.stored(alone["contributions"])
    size = np.abs(arithmetic.nearest(gained)) + np.abs(arithmetic.nearest(spent))
    return Figure.exactly(gained - spent, context.scales.money, ROUNDINGS * UNIT * size)
