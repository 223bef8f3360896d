"""The highest payments that are rational and truthful given one's own type only, or that none do.

Agents then compare averages over the others' types, by the prior, as they do when they decide
before they know what the others have. One rule has the highest averages and sums to the same at
every profile, so that balance at every profile asks no more than balance on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UsageError
from mdsolve.game.market import Market
from mdsolve.game.side_constraints import LEAST_SUBSIDY, SideConstraints
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.proof import InterimChains
from mdsolve.solution import plain
from mdsolve.solver.market.interim import STAY_OUT, InterimPayments, interim_payments, suffices
from mdsolve.solver.market.routes import check_memory
from mdsolve.status import Termination

NAME = "desirable"
METHOD = "shortest paths of expected payments"


def require_interim(side: SideConstraints, objective: str) -> None:
    """Raise `UsageError` for what averages say nothing of: single payments, and coalitions."""
    alone = {
        "cap": side.cap is not None or bool(side.caps),
        "floor": side.floor is not None,
        "spread": side.spread is not None,
        "coalitions": side.coalitions,
    }
    found = [name for name, given in alone.items() if given]
    if objective not in ("revenue", LEAST_SUBSIDY):
        found.append(f"the objective {objective}")
    sums = side.budget_balance or side.expected_balance or side.least_sum not in (None, 0)
    if objective == LEAST_SUBSIDY and sums:
        found.append(f"the objective {objective} and another requirement on sums")
    if found:
        raise UsageError.single(
            "side constraint interim",
            f"with {' and '.join(found)}",
            "requirements on sums (budget-balance, subsidy, revenue-floor, expected-balance, "
            "deficit-allowed), and the objective revenue or least-subsidy",
            "drop interim, or the other",
        )


def interim(
    market: Market, side: SideConstraints, options: Mapping[str, Any], context: Context
) -> MarketOutcome:
    """Return the rule with the largest expected revenue, or the chains that leave too little."""
    objective = options["objective"]
    require_interim(side, objective)
    check_memory(market, context.memory_limit)
    found = interim_payments(market, context.monitor)
    least = Fraction(0) if side.expected_balance else side.least_sum
    details: dict[str, Any] = {
        "exists": True,
        "side_constraints": side.words(),
        "objective": objective,
    }
    if least is not None and objective != LEAST_SUBSIDY:
        verdict = suffices(market, found, least, context.monitor)
        if not verdict.exists:
            return _none(market, side, verdict.found, verdict.decided, options)
        details["decided"] = verdict.decided
    payments = found.payments
    if side.budget_balance:
        payments = payments - found.revenue / len(market.agents)
    if objective == LEAST_SUBSIDY or side.subsidy is not None:
        paid_in = found.revenue < 0 and not found.balanced
        details["subsidy"] = -found.revenue if paid_in else 0 * found.revenue
    return MarketOutcome(
        Termination.SOLVED,
        _message(found, side, objective),
        METHOD,
        details=details,
        market=market,
        payments=payments,
    )


def _message(found: InterimPayments, side: SideConstraints, objective: str) -> str:
    revenue = 0.0 if found.balanced else float(found.revenue)
    given = "nobody who knows their own type only expects to be worse off, or to gain by a lie"
    if objective == LEAST_SUBSIDY:
        amount = max(0.0, -revenue)
        return (
            f"The platform pays in {amount:.6g} at every profile, and {given}; no such rule needs "
            "less, at worst or on average."
        )
    if side.budget_balance:
        return f"Payments sum to zero at every profile, and {given}."
    return (
        f"Payments sum to {revenue:.6g} at every profile, and {given}; no such rule has more "
        "expected revenue."
    )


def _none(
    market: Market,
    side: SideConstraints,
    found: InterimPayments,
    decided: str,
    options: Mapping[str, Any],
) -> MarketOutcome:
    """Return that even the highest expected payments sum to too little."""
    short = float(found.revenue)
    message = (
        "No payments are rational and truthful on average, given one's own type, and sum to "
        f"enough: the highest of them sum to {short:.6g} on average."
    )
    lacking = short < 0 and side.revenue_floor is None
    if lacking:
        message += f" It would do with a subsidy of {-short:.6g}."
    asked = side.least_sum or 0
    details: dict[str, Any] = {
        "exists": False,
        "decided": decided,
        "expected_revenue": found.revenue,
        "side_constraints": side.words(),
        "objective": options["objective"],
    }
    if lacking:
        details["concessions"] = [
            {
                "requirement": "subsidy",
                "asked": -asked,
                "needed": -found.revenue,
            }
        ]
    return MarketOutcome(
        Termination.INFEASIBLE,
        message,
        METHOD,
        details=details,
        proof=InterimChains.from_dict(plain(_chains(market, found, options))),
        market=market,
    )


def _chains(market: Market, found: InterimPayments, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for every agent and type, the report that bounds the expected payment."""
    agents = []
    for agent, name in enumerate(market.agents):
        types = market.grids[agent].exact_values()
        bounds = np.asarray(found.expected[agent]).tolist()
        agents.append(
            {
                "agent": name,
                "types": [
                    {
                        "type": types[t],
                        "report": "stay out" if report == STAY_OUT else types[report],
                        "bound": bounds[t],
                    }
                    for t, report in enumerate(found.through[agent])
                ],
            }
        )
    return {
        "kind": InterimChains.kind,
        "mechanism": NAME,
        "options": dict(options),
        "agents": agents,
    }
