"""`desirable`: the maximal-revenue truthful payments, or the proof that none exist ([C20] A.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.context import Context
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.market import Market
from mdsolve.game.side_constraints import OBJECTIVES, parse_side_constraints
from mdsolve.mechanism.base import ARITHMETIC, MarketMechanism, in_arithmetic
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.proof import Chain, Rows
from mdsolve.solution import plain
from mdsolve.solver.market.difference_graph import binding_chain
from mdsolve.solver.market.existence import LeastRevenue, least_revenue
from mdsolve.solver.market.payment_program import payment_program
from mdsolve.solver.market.routes import maximal_payments
from mdsolve.status import Termination

ROUTE = Option(
    "route",
    "auto",
    "how shortest paths are computed: monotone (growth markets), sweep (any), auto",
    ("auto", "monotone", "sweep"),
)
SIDE = Option(
    "side",
    (),
    "side constraints that couple agents, for example budget-balance, cap=2.5, spread=1",
)
OBJECTIVE = Option(
    "objective",
    "revenue",
    "with side constraints: revenue, fairness (even gains) or spread (even payments)",
    OBJECTIVES,
)


class Desirable(MarketMechanism):
    """Efficient, individually rational, truthful, never losing money, with maximal revenue.

    The maximal payments are shortest paths in the graph of difference constraints; a desirable
    mechanism exists iff their sum is non-negative at every profile ([C20] Theorem 6). When it is
    negative somewhere, that profile with one chain of lies per agent is the proof.
    """

    name = "desirable"
    title = "Desirable mechanism with maximal revenue"
    citation = "[C20] Algorithm 1, Theorem 6"
    summary = (
        "Truthful, rational, efficient, never losing money, maximal revenue; or proof of none."
    )
    maturity = "verified against paper"
    promises: ClassVar[Mapping[str, str]] = {
        "individual-rationality": "always",
        "incentive-compatibility": "always",
        "efficiency": "always, unless values are a table",
        "weak-budget-balance": "unless deficits are allowed",
        "maximal-revenue": "without side constraints",
        "budget-balance": "as a side constraint",
        "side-constraints": "where amounts are given",
    }
    options = (ARITHMETIC, ROUTE, SIDE, OBJECTIVE)

    def outcome(self, game: Market, options: Mapping[str, Any], context: Context) -> MarketOutcome:
        """Compute the payments, or the chain of lies that rules every mechanism out."""
        if options["side"] or options["objective"] != "revenue":
            exact = options["arithmetic"] == "exact"
            chosen = in_arithmetic(game, options) if exact else game
            return self._with_side_constraints(chosen, options, context)
        chosen = in_arithmetic(game, options)
        found = maximal_payments(
            chosen,
            route=options["route"],
            monitor=context.monitor,
            memory_limit=context.memory_limit,
        )
        least = least_revenue(chosen, found.payments, context.monitor)
        details: dict[str, Any] = {
            "exists": least.exists,
            "decided": least.decided,
            "minimal_revenue": least.value,
            "minimal_profile": least.profile,
        }
        if least.exists:
            message = "A desirable mechanism exists; these payments have maximal revenue."
            if least.decided == "tolerance":
                message += " The least revenue is zero within the tolerance, not decided exactly."
            return MarketOutcome(
                Termination.SOLVED,
                message,
                found.method,
                details=details,
                market=chosen,
                payments=found.payments,
            )
        message = (
            "No desirable mechanism exists under this allocation rule: at one profile the payments "
            f"that rationality and truthfulness allow sum to at most {float(least.value):.6g}."
        )
        return MarketOutcome(
            Termination.INFEASIBLE,
            message,
            found.method,
            details=details,
            proof=chains_of(chosen, least, self.name, options),
            market=chosen,
        )

    def _with_side_constraints(
        self, game: Market, options: Mapping[str, Any], context: Context
    ) -> MarketOutcome:
        side = parse_side_constraints(options["side"])
        found = payment_program(
            game,
            side,
            options["objective"],
            monitor=context.monitor,
            memory_limit=context.memory_limit,
        )
        details = dict(found.findings())
        witness = details.pop("witness", None)
        proof = None
        if witness is not None:
            head = {"kind": Rows.kind, "mechanism": self.name, "options": dict(options)}
            proof = Rows.from_dict(plain(head | witness))
        return MarketOutcome(
            found.termination,
            found.message,
            found.method,
            details=details,
            proof=proof,
            market=game,
            payments=found.payments,
        )


def chains_of(
    market: Market, least: LeastRevenue, mechanism: str, options: Mapping[str, Any]
) -> Chain:
    """Return the profile and the chain of lies per agent that refute every mechanism.

    A deficit that only exact fractions see needs the chains that are shortest in exact fractions.
    """
    arithmetic = EXACT if least.decided == EXACT.name else None
    agents = range(len(market.agents))
    chains = [binding_chain(market, agent, least.profile, arithmetic) for agent in agents]
    types = {
        name: grid.exact(k)
        for name, grid, k in zip(market.agents, market.grids, least.profile, strict=True)
    }
    proof = {
        "kind": Chain.kind,
        "mechanism": mechanism,
        "options": dict(options),
        "profile": types,
        "deficit": least.value,
        "chains": [chain.to_dict(market) for chain in chains],
    }
    return Chain.from_dict(plain(proof))
