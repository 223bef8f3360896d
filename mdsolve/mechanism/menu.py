"""`menu`: contracts for agents alike whose costs only they know, with the most data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.cost_laws import CostTypes
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.solver.menu.answer import Design
from mdsolve.solver.menu.design import best_menu
from mdsolve.solver.menu.terms import menu_terms
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT


class Menu(SharingMechanism):
    """Nobody pays; whoever brings m_k samples receives a model worth V_k, whoever they are.

    One menu (m_k, V_k) for everybody, who keep their own model instead where that is better. Costs
    c_k have probabilities f_k; v is the worth of a model and X what the others bring, who hold the
    same menu. The menu collects the most expected data among those with

        V_k <= E v(m_k + X),  V_k - c_k m_k >= max_x v(x) - c_k x,  V_k - c_k m_k >= V_l - c_k m_l.
    """

    name = "menu"
    title = "Menu of contracts for private costs"
    citation = "mdsolve, ironing theorem"
    summary = "One menu of contracts for agents whose costs only they know, with the most data."
    maturity = "proved and tested"
    private_costs = True
    shapes_models = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "curve-feasibility": "always",
        "individual-rationality-alone": "always",
        "incentive-compatibility": "always",
        "optimality": "always: how far the answer is from the best at most",
    }
    options = (Option("maximize", "data", "what is made as large as possible", ("data",)),)

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros."""
        del s, options
        return np.zeros(game.size)

    def received(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Raise: a contribution earns a model by the menu, which the solution holds."""
        del game, s, options
        raise UnsupportedError.single(
            f"mechanism {self.name}",
            "contributions without the menu they were made under",
            "a mechanism whose models depend on contributions only",
            "see menu: in the solution",
        )

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the menu; contributions and accuracies are expectations over costs."""
        del options
        terms = menu_terms(game)
        found = best_menu(terms, context.monitor)
        offer, everybody = found.offer, np.ones(game.size)
        own = offer.values - offer.first * offer.contributions
        amounts, alone = terms.alone(offer.first)
        total, bound = game.size * offer.expected, game.size * found.bound
        unit = game.size * terms.most(terms.law.low)
        optimal = bool(bound - total <= DEFAULT.verify * unit)
        details: dict[str, Any] = {
            "menu": {
                "contributions": offer.contributions,
                "values": offer.values,
                "full": offer.full(terms),
                "costs": {"from": offer.first, "to": offer.last},
                "chances": offer.chances,
                "utilities": own,
                "alone": {"contributions": amounts, "utilities": alone},
            },
            "expected_total": total,
            "upper_bound": bound,
            "gap": bound - total,
            "optimal": optimal,
            "bound": found.proof,
            "grid": found.grid,
            "utilities": offer.utility * everybody,
        }
        if isinstance(terms.law, CostTypes):
            details["standalone"] = {
                "contributions": float(offer.chances @ amounts) * everybody,
                "utilities": float(offer.chances @ alone) * everybody,
            }
        return SharingOutcome(
            Termination.SOLVED,
            _message(found, optimal=optimal),
            found.method,
            details=details,
            contributions=offer.expected * everybody,
            payments=np.zeros(game.size),
            received=float(offer.chances @ offer.values) / terms.value * everybody,
        )


def _message(found: Design, *, optimal: bool) -> str:
    """Say in a sentence what was found."""
    offer = found.offer
    amounts = offer.contributions[offer.contributions > 0]
    kinds = len(np.unique(amounts))
    if kinds == 0:
        words = "No menu collects anything" if optimal else "No menu was found that collects data"
        return f"{words}: no model is worth what it costs."
    contracts = "One contract" if kinds == 1 else f"{kinds:,} contracts"
    if optimal:
        return f"{contracts}; no menu collects more data in expectation."
    gap = (found.bound - offer.expected) / found.bound
    return f"{contracts}; no menu collects more than {100 * gap:.2g} % beyond that."
