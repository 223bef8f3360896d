"""`value-shaping`: the model each agent receives grows with their data just fast enough ([K22])."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import Equilibria, SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.solver.shaping.value_shaping import (
    ShapedEquilibria,
    contributions_at,
    models_at,
    shaped_curves,
    shaped_equilibria,
    smallest_viable,
)
from mdsolve.status import Termination


class ValueShaping(SharingMechanism):
    """Agent i is handed a model of this value, m_i* being the optimum alone, on own data only.

    v(m_i) for m_i < m_i*, then min(v(m_i*) + (c_i / value_i) (m_i - m_i*), v(total + P)).

    Nobody pays. Every further sample is worth what it costs, so agents give all that keeps them as
    well off as alone, and all receive the full model. The minimum is missing in the paper's (11),
    which promises more than all data can give where the others alone stay below the threshold. An
    agent whose capacity ends first gets a steeper line, up to the full model at full capacity.
    """

    name = "value-shaping"
    title = "Value shaping"
    citation = "[K22] (11), Theorems IV and V"
    summary = "Models as good as each agent's data; the most data that any such rule can collect."
    maturity = "verified against paper"
    shapes_models = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "curve-feasibility": "always",
        "individual-rationality-alone": "always",
        "nash": "always",
        "data-maximality": "with select: most-data",
    }
    options = (
        Option(
            "select",
            "most-data",
            "which equilibrium where there are several: the one with most or with least data",
            ("most-data", "least-data"),
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros."""
        del s, options
        return np.zeros(game.size)

    def received(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the value of each agent's model, everybody on their own curve."""
        del options
        return models_at(game, s)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the equilibrium asked for, with everybody's curve there."""
        del context
        found = shaped_equilibria(game)
        total = found.totals[-1 if options["select"] == "most-data" else 0]
        s = contributions_at(game, found, total)
        details = {
            "equilibrium_totals": list(found.totals),
            "curves": shaped_curves(game, found, s),
            "viable_alone": found.alone > 0,
            "smallest_viable": smallest_viable(game),
            "standalone": {
                "contributions": found.alone,
                "utilities": found.worth - game.costs.fixed + game.money,
            },
        }
        totals = tuple(map(float, found.totals))
        return SharingOutcome(
            Termination.SOLVED,
            _message(found, total),
            f"Newton's method on the total, {found.steps} steps",
            details=details,
            contributions=s,
            payments=np.zeros(game.size),
            received=game.accuracies(s),
            equilibria=Equilibria("unique" if len(totals) == 1 else "listed", totals),
        )


def _message(found: ShapedEquilibria, total: float) -> str:
    if found.totals == (0.0,):
        return (
            "Nobody contributes: at no positive total is the model worth what it costs, "
            "even shared by all."
        )
    if len(found.totals) == 1:
        return "The only equilibrium; no mechanism without payments collects more data."
    if total == 0:
        return "Nobody contributes; with the same rule there is an equilibrium with more data."
    return (
        "The equilibrium with most data; nobody would contribute alone, so everybody contributing "
        "nothing is one too."
    )
