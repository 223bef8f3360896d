"""The highest payments under caps: with the least subsidy, the smallest cap, or the proof of none.

Rationality, truthfulness and caps are bounds from above that agents do not share, so that one table
is highest everywhere: whatever sums payments have to reach, that table reaches them first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.context import Context
from mdsolve.errors import SolveError, UsageError
from mdsolve.game.arithmetic import EXACT, FLOAT
from mdsolve.game.market import Market, QualityMarket
from mdsolve.game.side_constraints import LEAST_SUBSIDY, SMALLEST_CAP, SideConstraints
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.progress import Monitor
from mdsolve.proof import Chain, ExpectedLoss
from mdsolve.solution import plain
from mdsolve.solver.market.difference_graph import binding_chain
from mdsolve.solver.market.existence import Bounds, LeastRevenue, least_revenue
from mdsolve.solver.market.outcome_program import lie_values
from mdsolve.solver.market.routes import maximal_payments
from mdsolve.solver.market.second_best import second_best
from mdsolve.solver.market.smallest_cap import smallest_cap
from mdsolve.status import Termination
from mdsolve.tolerance import TIE

NAME = "desirable"

SECOND_BEST_LIMIT = 20_000
"""Most values of lies for which the second best is computed beside the proof."""

GOALS = (LEAST_SUBSIDY, SMALLEST_CAP)
"""Objectives that shortest paths decide, whatever the size of the market."""


def by_paths(side: SideConstraints, objective: str) -> bool:
    """Tell whether shortest paths decide; otherwise a linear program does.

    Raises
    ------
    UsageError
        For goals that do not go together with a side constraint.
    """
    coupling = {
        "budget-balance": side.budget_balance,
        "coalitions": side.coalitions,
        "floor": side.floor is not None,
        "revenue-floor": side.revenue_floor is not None,
        "spread": side.spread is not None,
    }
    coupled = [name for name, given in coupling.items() if given]
    if side.expected_balance and (objective != "revenue" or coupled):
        raise UsageError.single(
            "side constraint expected-balance",
            f"with {' and '.join([*coupled, *([objective] if objective != 'revenue' else [])])}",
            "the objective revenue, and caps",
            "drop one of them",
        )
    if objective not in GOALS:
        return objective == "revenue" and not coupled
    contradicts = {
        LEAST_SUBSIDY: [*coupled, *(["subsidy"] if side.subsidy is not None else [])],
        SMALLEST_CAP: ["cap"] if side.cap is not None else [],
    }[objective]
    if contradicts:
        allowed = "cap.NAME and others" if objective == SMALLEST_CAP else "cap and cap.NAME"
        raise UsageError.single(
            f"objective {objective}",
            f"with {' and '.join(contradicts)}",
            allowed
            if objective == SMALLEST_CAP
            else f"{allowed}, and nothing else besides deficit-allowed",
            "drop the constraint, or the objective",
        )
    return not coupled


def highest(
    market: Market, side: SideConstraints, options: Mapping[str, Any], context: Context
) -> MarketOutcome:
    """Return the highest payments, or the chains of lies that leave too little."""
    objective = options["objective"]
    caps = [side.cap_of(name) for name in market.agents]
    found = maximal_payments(
        market,
        route=options["route"],
        caps=caps,
        monitor=context.monitor,
        memory_limit=context.memory_limit,
    )
    # The sign is decided also where any deficit will do.
    wanted = None if objective == LEAST_SUBSIDY else side.least_sum
    bounds = Bounds(caps=caps) if wanted is None else Bounds(wanted, caps)
    least = least_revenue(market, found.payments, context.monitor, bounds)
    if wanted is not None and not least.exists:
        return _none(market, least, bounds, found.method, options)
    payments = found.payments
    details = _about(side, objective)
    if side.expected_balance:
        expected = float((market.weights * payments.sum(axis=0).astype(float)).sum())
        if expected < -TIE * float(abs(payments).max()):
            return _loss(market, expected, found.method, options)
        details["expected_revenue"] = expected
    if objective == SMALLEST_CAP:
        smallest = smallest_cap(market, payments, wanted, context.monitor)
        payments, details["cap"] = smallest.payments, smallest.cap
        message = (
            f"No payment, made or received, is above {float(smallest.cap):.6g}; no rational and "
            "truthful rule keeps to less."
        )
    else:
        details |= {"decided": least.decided, "minimal_revenue": least.value}
        details["minimal_profile"] = least.profile
        message = _message(market, least, side, objective)
    if objective == LEAST_SUBSIDY or (side.subsidy is not None and objective != SMALLEST_CAP):
        details["subsidy"] = subsidy_of(least)
    return MarketOutcome(
        Termination.SOLVED,
        message,
        found.method,
        details=details,
        market=market,
        payments=payments,
    )


def _loss(
    market: Market, expected: float, method: str, options: Mapping[str, Any]
) -> MarketOutcome:
    """Return that even the highest payments sum to less than zero on average."""
    message = (
        "No rational and truthful payments pay for themselves on average: by the prior the highest "
        f"of them sum to {expected:.6g}."
    )
    return MarketOutcome(
        Termination.INFEASIBLE,
        message,
        method,
        details={"exists": False, "expected_revenue": expected},
        proof=ExpectedLoss(mechanism=NAME, options=plain(dict(options))),
        market=market,
    )


def subsidy_of(least: LeastRevenue) -> Any:
    """Return what has to be paid in where revenue is least, 0 where nothing has."""
    return -least.value if least.value < 0 and not _tied(least) else 0 * least.value


def _tied(least: LeastRevenue) -> bool:
    """Tell whether a revenue below zero counts as zero."""
    return least.exists and least.decided == "tolerance"


def _about(side: SideConstraints, objective: str) -> dict[str, Any]:
    """Return what the solution says of what was asked for."""
    found: dict[str, Any] = {"exists": True}
    if side.words() or objective != "revenue":
        found |= {"side_constraints": side.words(), "objective": objective}
    return found


def _message(market: Market, least: LeastRevenue, side: SideConstraints, objective: str) -> str:
    if objective == LEAST_SUBSIDY:
        return _subsidy_words(market, least)
    if side.subsidy is not None:
        return (
            "These payments have maximal revenue and stay within the subsidy; the least that the "
            f"platform pays in at worst is {float(subsidy_of(least)):.6g}."
        )
    if side.words():
        return f"These payments have maximal revenue under {', '.join(side.words())}."
    message = "A desirable mechanism exists; these payments have maximal revenue."
    if least.decided == "tolerance":
        message += " The least revenue is zero within the tolerance, not decided exactly."
    return message


def _subsidy_words(market: Market, least: LeastRevenue) -> str:
    amount = subsidy_of(least)
    if not amount > 0:
        return "No subsidy is needed: payments never sum to less than zero."
    grids = zip(market.grids, least.profile, strict=True)
    types = ", ".join(f"{float(grid.exact(k)):g}" for grid, k in grids)
    return (
        f"The platform pays in at most {float(amount):.6g}, at types ({types}); no rational and "
        "truthful rule for this allocation needs less at worst."
    )


def _none(
    market: Market,
    least: LeastRevenue,
    bounds: Bounds,
    method: str,
    options: Mapping[str, Any],
) -> MarketOutcome:
    """Return that no payments reach the sums they have to, with the proof and what would do."""
    subsidy = float(-least.value)
    enough = f"It would do with a subsidy of {subsidy:.6g}."
    if any(cap is not None for cap in bounds.caps):
        message = "No payments are rational, truthful and within the caps without more subsidy: "
    elif bounds.least < 0:
        message = f"A subsidy of {-float(bounds.least):.6g} is too small: "
    else:
        message = "No desirable mechanism exists under this allocation rule: "
        enough = f"{enough[:-1]}; without one, {_second_best(market)}."
    message += (
        "at one profile the payments that rationality and truthfulness allow sum to at most "
        f"{float(least.value):.6g}. {enough}"
    )
    details: dict[str, Any] = {
        "exists": False,
        "decided": least.decided,
        "minimal_revenue": least.value,
        "minimal_profile": least.profile,
        "concessions": [
            {"requirement": "subsidy", "asked": -bounds.least, "needed": -least.value},
        ],
    }
    return MarketOutcome(
        Termination.INFEASIBLE,
        message,
        method,
        details=details,
        proof=chains_of(market, least, bounds, options),
        market=market,
    )


def _second_best(market: Market) -> str:
    """Return what the rule second-best has, or where to ask for it.

    Computed on the side, in a market small enough for it to take no time.
    """
    if not isinstance(market, QualityMarket) or lie_values(market) > SECOND_BEST_LIMIT:
        return "see the rule second-best"
    base = market.with_arithmetic(FLOAT)
    try:
        found = second_best(base, Monitor())
    except SolveError:
        return "see the rule second-best"
    return (
        f"the rule second-best, by lots, has expected welfare {found.value:.6g} instead of the "
        f"first best's {found.first_best:.6g}"
    )


def chains_of(
    market: Market, least: LeastRevenue, bounds: Bounds, options: Mapping[str, Any]
) -> Chain:
    """Return the profile and the chain of lies per agent that refute every mechanism.

    A deficit that only exact fractions see needs the chains that are shortest in exact fractions.
    """
    arithmetic = EXACT if least.decided == EXACT.name else None
    agents = range(len(market.agents))
    chains = [
        binding_chain(market, agent, least.profile, arithmetic, bounds.cap_of(agent))
        for agent in agents
    ]
    types = {
        name: grid.exact(k)
        for name, grid, k in zip(market.agents, market.grids, least.profile, strict=True)
    }
    proof = {
        "kind": Chain.kind,
        "mechanism": NAME,
        "options": dict(options),
        "profile": types,
        "deficit": least.value,
        "chains": [chain.to_dict(market) for chain in chains],
    }
    return Chain.from_dict(plain(proof))
