"""`rule` and `optimality` of lotteries over recipients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.checks.market_balance import weak
from mdsolve.certificate.checks.market_incentives import maximality, rationality, truthfulness
from mdsolve.certificate.checks.market_models import lottery_groups
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_branches import branches_bound
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_expectations import expected_welfare
from mdsolve.certificate.market_lottery_bound import Values, bound, multipliers
from mdsolve.certificate.market_rows import Group, decided_rows
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market_lottery import LotteryReading
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import DEFAULT

RULE = "rule"
OPTIMALITY = "optimality"
RULES = ("second-best",)


def lottery_of(context: MarketContext) -> LotteryReading:
    """Return the market under the lottery that is stated; raises `NoRouteError` without one."""
    if not isinstance(context.reading, LotteryReading):
        message = "the solution holds no lottery over recipients"
        raise NoRouteError(message)
    return context.reading


def lottery_values(context: MarketContext) -> Values:
    """Return values under every outcome, computed once."""
    screen = context.screen
    if "outcomes" not in screen.scratch:
        screen.scratch["outcomes"] = Values(screen, lottery_of(screen))
    found: Values = screen.scratch["outcomes"]
    return found


@condition(
    RULE,
    "market",
    rules=RULES,
    about="lots decide who receives the model, with chances that add up",
)
def rule(context: MarketContext) -> Condition:
    """Check that chances are probabilities, sure ones for single outcomes, and payments highest."""
    groups = lottery_groups(context, lottery_of(context))
    if context.options.get("outcomes") == "single":
        groups.append(_sure(context))
    found: Condition = decided_rows(
        context,
        RULE,
        groups,
        words=("chances are those of a lottery", "chances are not those of a lottery"),
        scope=f"all {context.profiles:,} profiles, every outcome",
    )
    context.cover(RULE, ["mechanism", "table.payments", "table.lottery", "table.probability"])
    if found.verdict != "pass":
        return found
    parts: list[Condition] = [
        rationality(context),
        truthfulness(context),
        weak(context),
        maximality(context),
    ]
    wrong = [part for part in parts if part.verdict != "pass"]
    wrong.sort(key=lambda part: part.verdict != "fail")
    if wrong:
        return replace(wrong[0], name=RULE, detail=f"{wrong[0].name}: {wrong[0].detail}")
    return found


def _sure(context: MarketContext) -> Group:
    """Return the rows that ask chances to be 0 or 1."""
    chances = lottery_of(context).chances.reshape(-1)

    def off(where: MarketContext, rows: Integers) -> Quantity:
        part = chances[rows]
        return where.arithmetic.stored(np.minimum(np.abs(part), np.abs(1 - part)))

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        del where
        return {"chance": float(chances[row])}

    return Group(chances.size, off, lambda rows: 1.0, witness)  # noqa: ARG005


@condition(OPTIMALITY, "market", rules=RULES, about="no other lottery has more expected welfare")
def optimality(context: MarketContext) -> Condition:
    """Check the stated upper bound against one from the stated multipliers."""
    values = lottery_values(context)
    proved = bound(values, multipliers(context))
    single = context.options.get("outcomes") == "single"
    tree = context.claim.at("branches") if single else None
    if tree is not None:
        proved = min(proved, branches_bound(values, tree))
    low, high = expected_welfare(context)
    called = context.claim.at("optimal")
    try:
        limit = float(exact_number(context.claim.at("upper_bound")))
        gap = float(exact_number(context.claim.at("gap")))
    except (TypeError, ValueError):
        raise NoRouteError("the solution states no upper bound with its gap") from None
    if not isinstance(called, bool):
        raise NoRouteError("optimal is neither true nor false")
    unit = float(context.money.sum())
    room = limit - low
    if called:
        wrong = room - DEFAULT.verify * unit
    else:
        # A closed gap that is not called so hides the proof: as wrong as the reverse.
        wrong = unit if limit - high <= 0.5 * DEFAULT.verify * unit else 0.0
    apart = max(gap - (limit - low), limit - high - gap)
    rows = context.arithmetic.stored(np.array([proved - limit, apart, wrong]))
    context.cover(OPTIMALITY, ["upper_bound", "gap", "optimal", "dual"])
    if tree is not None:
        context.cover(OPTIMALITY, ["branches"])
    rivals = "no single outcomes have" if single else "no lottery has"
    open_bound = proved - limit > context.tolerance * unit
    return context.decided(
        OPTIMALITY,
        rows,
        unit,
        words=(
            f"{rivals} more than {proved:.12g}" + (", so this one is optimal" * called),
            "the upper bound, the gap or the word optimal is not what the multipliers prove",
        ),
        scope="every lottery over recipients" if tree is None else "single outcomes, by branches",
        witness=lambda _: {"bound": proved, "stated": limit, "value": low},
        undecided=np.array([open_bound, False, False]),
    )
