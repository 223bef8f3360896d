"""The checker for markets: which conditions are looked at, in which number system."""

from __future__ import annotations

from collections.abc import Sequence

from mdsolve.certificate.market.budget import STRONG, WEAK, budget_balance
from mdsolve.certificate.market.claim import MarketClaim, in_arithmetic
from mdsolve.certificate.market.efficiency import EFFICIENT, FEASIBLE, efficiency, feasibility
from mdsolve.certificate.market.incentives import (
    MAXIMAL,
    TRUTHFUL,
    Lies,
    incentive_compatibility,
    maximal_revenue,
    sweep_lies,
    too_many_lies,
)
from mdsolve.certificate.market.nonexistence import NAME as NO_MECHANISM
from mdsolve.certificate.market.nonexistence import no_mechanism
from mdsolve.certificate.market.rationality import NAME as RATIONAL_NAME
from mdsolve.certificate.market.rationality import individual_rationality
from mdsolve.certificate.market.setting import ARITHMETICS, Setting, under_claimed_allocation
from mdsolve.certificate.market.side_constraints import NAME as SIDE
from mdsolve.certificate.market.side_constraints import side_constraints
from mdsolve.conditions import ArithmeticName, Certificate, Condition
from mdsolve.game.market import Market
from mdsolve.progress import Monitor
from mdsolve.tolerance import DEFAULT

MARKET_CONDITIONS = (
    RATIONAL_NAME,
    TRUTHFUL,
    EFFICIENT,
    WEAK,
    STRONG,
    MAXIMAL,
    FEASIBLE,
    SIDE,
    NO_MECHANISM,
)
"""Conditions this checker knows."""

DESIRABLE = (RATIONAL_NAME, TRUTHFUL, EFFICIENT, WEAK)
"""The four properties of a desirable mechanism ([C20] Definition 7)."""


def verify_market(
    market: Market,
    claim: MarketClaim,
    *,
    arithmetic: ArithmeticName = "float",
    tolerance: float | None = None,
    conditions: Sequence[str] = DESIRABLE,
    claimed: Sequence[str] = DESIRABLE,
    monitor: Monitor | None = None,
) -> Certificate:
    """Check a claim about a market, condition by condition.

    Parameters
    ----------
    market : Market
        The instance's game, in any number system; it is evaluated anew here.
    arithmetic : {"float", "enclosure", "exact"}
        Number system of the check.
    tolerance : float or None
        Accepted violation relative to max(1, largest utility); None is 1e-9, and 0 if exact.
    conditions : sequence of str
        What to look at; claimed ones are always included.
    claimed : sequence of str
        What the verdict speaks of.
    """
    wanted = list(dict.fromkeys([*claimed, *conditions]))
    allowed = (0.0 if arithmetic == "exact" else DEFAULT.verify) if tolerance is None else tolerance
    if claim.exists is False and claim.payments is None:
        listed = [
            no_mechanism(market, claim, name in claimed)
            if name == NO_MECHANISM
            else _absent(name, claimed, "the solution says that there is no mechanism")
            for name in wanted
        ]
        return Certificate(tuple(listed))
    if claim.payments is None:
        reason = "the solution holds no payment table"
        return Certificate(tuple(_absent(name, claimed, reason) for name in wanted))
    if arithmetic == "exact" and not market.rational:
        reason = "the market has irrational values; use --arithmetic enclosure"
        return Certificate(tuple(_absent(name, claimed, reason) for name in wanted))
    system = ARITHMETICS[arithmetic]
    same = market.arithmetic is system
    with system.context():
        evaluated = under_claimed_allocation(
            market if same else market.with_arithmetic(system), claim
        )
        setting = Setting(
            market=evaluated,
            payments=in_arithmetic(claim.payments, evaluated),
            claim=claim,
            tolerance=allowed,
            claimed=frozenset(claimed),
            monitor=monitor or Monitor(),
        )
        return Certificate(tuple(_check(setting, wanted)))


def _check(setting: Setting, wanted: Sequence[str]) -> list[Condition]:
    refusal = too_many_lies(setting)
    lies: Lies | None = None
    if refusal is None and (TRUTHFUL in wanted or MAXIMAL in wanted):
        lies = sweep_lies(setting)
    found = []
    for name in wanted:
        if name == RATIONAL_NAME:
            found.append(individual_rationality(setting))
        elif name in (TRUTHFUL, MAXIMAL):
            decide = incentive_compatibility if name == TRUTHFUL else maximal_revenue
            found.append(decide(setting, lies) if lies else setting.unchecked(name, refusal or ""))
        elif name in (WEAK, STRONG):
            found.append(budget_balance(setting, name))
        elif name == EFFICIENT:
            found.append(efficiency(setting))
        elif name == FEASIBLE:
            found.append(feasibility(setting))
        elif name == SIDE:
            found.append(side_constraints(setting))
        else:
            found.append(setting.unchecked(name, "not a condition of a market"))
    return found


def _absent(name: str, claimed: Sequence[str], reason: str) -> Condition:
    return Condition(name, name in claimed, "not-checked", detail=reason)
