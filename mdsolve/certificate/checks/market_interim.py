"""`interim-rationality` and `interim-truthfulness`: what agents expect who know their own type.

Every type that has a chance compares averages over the others' types, given its own, by the prior
of the instance: taking part with staying out, and the truth with every lower report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_interim import Averages, Beliefs, beliefs_of, lies_of
from mdsolve.certificate.market_rows import Group, decided_rows, remembered
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

RATIONAL = "interim-rationality"
TRUTHFUL = "interim-truthfulness"


@condition(RATIONAL, "market", about="on average nobody would rather stay out, given their type")
@remembered
def interim_rationality(context: MarketContext) -> Condition:
    """Check E[v_i(in) - p_i - v_i(out)] >= 0 given every own type."""
    beliefs = beliefs_of(context)
    return decided_rows(
        context,
        RATIONAL,
        [_staying(context, beliefs, agent) for agent in range(context.size)],
        words=(
            "on average nobody is better off staying out, given their type",
            "on average an agent is better off staying out",
        ),
        scope=_scope(beliefs, context, "every type"),
    )


@condition(TRUTHFUL, "market", about="on average no lower report pays, given one's own type")
@remembered
def interim_truthfulness(context: MarketContext) -> Condition:
    """Check that on average the truth is worth every lower report, given every own type."""
    beliefs = beliefs_of(context)
    return decided_rows(
        context,
        TRUTHFUL,
        [_lying(context, beliefs, agent) for agent in range(context.size)],
        words=(
            "on average the truth is always best, given one's type",
            "on average a lower report pays",
        ),
        scope=_scope(beliefs, context, "every type and lower report"),
    )


def _scope(beliefs: Beliefs, context: MarketContext, what: str) -> str:
    left_out = sum(int((~beliefs.possible(agent)).sum()) for agent in range(context.size))
    kind = "independent types" if beliefs.independent else "types that depend on each other"
    without = f", but {left_out} without a chance" if left_out else ""
    return f"{what} of every agent{without}; {kind}"


def _staying(context: MarketContext, beliefs: Beliefs, agent: int) -> Group:
    own = np.flatnonzero(beliefs.possible(agent))

    def numbers(where: MarketContext, rows: Integers) -> tuple[Quantity, Quantity]:
        averages, types = Averages(where, agent), own[rows]
        return averages.reporting(types, types, paying=True), averages.staying_out(types)

    def violations(where: MarketContext, rows: Integers) -> Quantity:
        inside, outside = numbers(where, rows)
        return outside - inside

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        inside, outside = numbers(where, np.array([row]))
        return {
            "agent": where.names[agent],
            "type": where.type_of(agent, own[row]),
            **where.numbers(utility_in=inside, utility_out=outside),
        }

    return Group(len(own), violations, _scale(context, agent), witness)


def _lying(context: MarketContext, beliefs: Beliefs, agent: int) -> Group:
    report, own = lies_of(context.ruled.shape[agent])
    possible = beliefs.possible(agent)[own]
    report, own = report[possible], own[possible]

    def numbers(where: MarketContext, rows: Integers) -> tuple[Quantity, Quantity]:
        averages = Averages(where, agent)
        truth = averages.reporting(own[rows], own[rows], paying=True)
        return truth, averages.reporting(report[rows], own[rows], paying=True)

    def violations(where: MarketContext, rows: Integers) -> Quantity:
        truth, lie = numbers(where, rows)
        return lie - truth

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        truth, lie = numbers(where, np.array([row]))
        return {
            "agent": where.names[agent],
            "type": where.type_of(agent, own[row]),
            "report": where.type_of(agent, report[row]),
            **where.numbers(utility_truth=truth, utility_report=lie),
        }

    return Group(len(own), violations, _scale(context, agent), witness)


def _scale(context: MarketContext, agent: int) -> Callable[[Integers], float]:
    money = float(context.money[agent])
    return lambda rows: money  # noqa: ARG005 - the same everywhere
