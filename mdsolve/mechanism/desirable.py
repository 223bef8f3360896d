"""`desirable`: the maximal-revenue truthful payments, or the proof that none exist ([C20] A.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.context import Context
from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market
from mdsolve.game.side_constraints import OBJECTIVES, SideConstraints, parse_side_constraints
from mdsolve.mechanism.base import ARITHMETIC, MarketMechanism, in_arithmetic
from mdsolve.mechanism.highest_payments import by_paths, highest
from mdsolve.mechanism.interim_payments import interim
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.proof import Rows
from mdsolve.solution import plain
from mdsolve.solver.market.balanced_growth import METHOD, balanced_growth_payments
from mdsolve.solver.market.payment_program import payment_program
from mdsolve.solver.market.routes import check_memory
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
    "what else payments keep to, for example budget-balance, cap=2.5, cap.NAME=2, subsidy=1",
)
OBJECTIVE = Option(
    "objective",
    "revenue",
    "revenue, least-subsidy (what the platform pays in at worst) or smallest-cap (on payments made "
    "or received); with side constraints also fairness (even gains) or spread (even payments)",
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
        "individual-rationality": "unless interim",
        "incentive-compatibility": "unless interim",
        "interim-rationality": "with interim",
        "interim-truthfulness": "with interim",
        "efficiency": "always, unless values are a table",
        "weak-budget-balance": "unless deficits or a subsidy are allowed",
        "maximal-revenue": "without side constraints",
        "expected-balance": "as a side constraint",
        "budget-balance": "as a side constraint",
        "coalitions": "as a side constraint",
        "side-constraints": "where amounts are given",
    }
    options = (ARITHMETIC, ROUTE, SIDE, OBJECTIVE)

    def outcome(self, game: Market, options: Mapping[str, Any], context: Context) -> MarketOutcome:
        """Compute the payments, or the chain of lies that rules every mechanism out."""
        side, objective = parse_side_constraints(options["side"]), options["objective"]
        side.require_agents(game.agents)
        if side.interim:
            return interim(in_arithmetic(game, options), side, options, context)
        if by_paths(side, objective):
            return highest(in_arithmetic(game, options), side, options, context)
        exact = options["arithmetic"] == "exact"
        chosen = in_arithmetic(game, options) if exact else game
        if objective == "revenue" and side == SideConstraints(budget_balance=True):
            check_memory(chosen, context.memory_limit)
            payments = balanced_growth_payments(chosen, context.monitor)
            if payments is not None:
                return self._paying_the_largest(chosen, side, payments)
        return self._with_side_constraints(chosen, options, context)

    def _paying_the_largest(
        self, game: Market, side: SideConstraints, payments: Array
    ) -> MarketOutcome:
        message = (
            "Payments sum to zero: everybody but the agent with most data pays what taking part is "
            "worth to them, and the agent with most data receives it."
        )
        details = {"exists": True, "side_constraints": side.words(), "objective": "revenue"}
        return MarketOutcome(
            Termination.SOLVED,
            message,
            METHOD,
            details=details,
            market=game,
            payments=payments,
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
