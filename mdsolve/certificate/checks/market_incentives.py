"""`individual-rationality`, `incentive-compatibility` and `maximal-revenue` of market payments.

The three share one look through all columns (`market_survey`): every true type, every lower report
and every profile of the others is compared, with the liar free to use the own model; adjacent
reports are not sufficient. Payments that satisfy all constraints and each have a binding one are
ends of tight paths from staying out, hence maximal ([C20] Theorem 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.certificate.market_cells import Cells
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_rows import conclude, kept_cells, remembered, telling
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

RATIONAL = "individual-rationality"
TRUTHFUL = "incentive-compatibility"
MAXIMAL = "maximal-revenue"


@condition(RATIONAL, "market", about="nobody would rather stay out and keep their own model")
@remembered
def rationality(context: MarketContext) -> Condition:
    """Check p_i(t) <= v_i(in) - v_i(out) for every agent and every profile."""

    def violation(cells: Cells) -> Quantity:
        return cells.outside - cells.utility

    def witness(cells: Cells, row: int) -> Mapping[str, Any]:
        return cells.witness(
            row, payment=cells.charge, utility_in=cells.utility, utility_out=cells.outside
        )

    found = context.surveys
    rows = telling(context, [survey.rational for survey in found.values()])
    kept = [
        kept_cells(context, agent, some, violation, witness)
        for agent, some in zip(found, rows, strict=True)
    ]
    return conclude(
        context,
        RATIONAL,
        kept,
        words=("nobody is better off staying out", "an agent is better off staying out"),
        scope=f"all {context.profiles:,} profiles, all agents",
    )


@condition(TRUTHFUL, "market", about="no lower report ever pays, own models included")
@remembered
def truthfulness(context: MarketContext) -> Condition:
    """Check v_i(truth) - p_i(t) >= v_i(report) - p_i(report) for every lower report."""

    def violation(cells: Cells) -> Quantity:
        return cells.best_lie - cells.utility

    def witness(cells: Cells, row: int) -> Mapping[str, Any]:
        report = context.type_of(cells.agent, cells.best_report[row])
        shown = cells.witness(row, utility_truth=cells.utility, utility_report=cells.best_lie)
        return {"agent": shown["agent"], "type": shown["type"], "report": report} | dict(shown)

    found = context.surveys
    if context.rule is None:
        # Of a bare table this is what is said; of a mechanism's, that it is the mechanism's.
        context.cover(TRUTHFUL, ["table.payments"])
    rows = telling(context, [survey.truthful for survey in found.values()])
    kept = [
        kept_cells(context, agent, some, violation, witness)
        for agent, some in zip(found, rows, strict=True)
    ]
    lies = sum(found[twin].lies for twin in context.screen.twins)
    return conclude(
        context,
        TRUTHFUL,
        kept,
        words=("reporting the truth is always best", "a lower report pays"),
        scope=f"all {lies:,} lies, every type and report",
    )


def room(cells: Cells) -> Quantity:
    """Return by how much payments could rise before rationality or truthfulness binds."""
    arithmetic = cells.context.arithmetic
    floor = cells.outside
    liars = cells.own > 0
    if liars.any():
        better = arithmetic.maximum(floor, cells.best_lie)
        floor = arithmetic.where(liars, better, floor)
    return cells.utility - floor


@condition(MAXIMAL, "market", about="no payment could be higher: each is the end of a tight path")
@remembered
def maximality(context: MarketContext) -> Condition:
    """Check that no payment can rise alone without breaking rationality or truthfulness.

    For rules that promise no truthfulness the bound is rationality only.
    """
    alone = context.rule is not None and context.rule.rational_only
    among = "rational rules" if alone else "rational and truthful rules"
    found = context.surveys

    def violation(cells: Cells) -> Quantity:
        return cells.utility - cells.outside if alone else room(cells)

    def witness(cells: Cells, row: int) -> Mapping[str, Any]:
        return cells.witness(row, payment=cells.charge, could_rise_by=violation(cells))

    sieves = [survey.exploited if alone else survey.loose for survey in found.values()]
    broken = [survey.rational for survey in found.values()]
    if not alone:
        broken += [survey.truthful for survey in found.values()]
    if any(sieve.fails for sieve in broken) and not any(sieve.fails for sieve in sieves):
        # No payment can rise, but only because some are too high already.
        return context.unchecked(MAXIMAL, f"the payments are not among those of {among}")
    kept = [
        kept_cells(context, agent, some, violation, witness)
        for agent, some in zip(found, telling(context, sieves), strict=True)
    ]
    return conclude(
        context,
        MAXIMAL,
        kept,
        words=(
            "every payment is at its bound: each is the end of a tight path",
            "a payment could be higher",
        ),
        scope=f"{context.profiles:,} profiles, among {among}",
    )
