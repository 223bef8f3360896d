"""`proportional-data`, `-value`, `-shapley`: models are degraded for who stands behind the leader.

The baselines that [K22] compares its value shaping with: agent i receives a model worth
(psi_i / max_j psi_j)^p v(total), psi one of three measures of what they contribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import Equilibria, SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.solver.equilibrium.spending import within_own_means
from mdsolve.solver.proportional.agent_types import agent_types
from mdsolve.solver.proportional.equilibrium import (
    ProportionalEquilibria,
    best_exponent,
    proportional_equilibria,
)
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.solver.proportional.standings import STANDINGS
from mdsolve.status import Termination


class ProportionalMechanism(SharingMechanism):
    """(psi_i / max_j psi_j)^p v(total) for one measure psi; 0 / 0 counts as 1."""

    citation = "[K22] appendix C.2, (12)-(14), Theorem VI"
    maturity = "verified against paper"
    shapes_models = True
    promises: ClassVar[Mapping[str, str]] = {"nash": "always"}
    standing: ClassVar[str]
    options = (
        Option(
            "p",
            1.0,
            "exponent of the penalty: a number from 0 (none) to 1, or best (searched for)",
            ("best",),
            number=True,
        ),
        Option(
            "select",
            "most-data",
            "which equilibrium: with the most data, the largest sum of utilities, the least data",
            ("most-data", "best-utility", "least-data"),
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros: the model is the reward."""
        del s, options
        return np.zeros(game.size)

    def received(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the value of each agent's model, degraded for who stands behind the leader."""
        if options["p"] == "best":
            raise UsageError.single("option p", "best", "a number: the best p is for equilibria")
        types = agent_types(game, self.name, s)
        levels = np.empty(types.size)
        levels[types.members] = s
        ranked = RankedGame(types, STANDINGS[self.standing], float(options["p"]))
        return ranked.received(levels)[types.members]

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the selected equilibrium, with the totals of the others that were found."""
        power, select = options["p"], options["select"]
        best = power == "best"
        if not best and not 0 <= power <= 1:
            raise UsageError.single("option p", str(power), "a number from 0 to 1, or best")
        types = agent_types(within_own_means(game), self.name)
        ranked = RankedGame(types, STANDINGS[self.standing], 1.0 if best else float(power))
        search = best_exponent if best else proportional_equilibria
        found = search(ranked, select, context.monitor)
        method = "scan of the leading contribution with global best responses"
        if best:
            method = f"{method}, search over the exponent"
        if found is None:
            message = "No equilibrium was found among profiles in which agents alike act alike."
            return SharingOutcome(Termination.LIMIT, message, method)
        s = found.levels[types.members]
        return SharingOutcome(
            Termination.SOLVED,
            _message(found),
            method,
            details=_details(found),
            contributions=s,
            payments=np.zeros(game.size),
            received=found.game.received(found.levels)[types.members],
            equilibria=Equilibria(
                "continuum" if found.continuum else "listed", tuple(found.profiles)
            ),
        )


def _details(found: ProportionalEquilibria) -> dict[str, Any]:
    """Return the exponent, and the totals of the equilibria found with a profile for each."""
    profiles = found.profiles
    return {
        "p": found.game.power,
        "equilibrium_totals": list(profiles),
        "equilibrium_intervals": found.intervals,
        "equilibrium_profiles": list(profiles.values()),
    }


def _message(found: ProportionalEquilibria) -> str:
    alike = found.game.types.size == 1
    kind = "in which all contribute the same" if alike else "in which agents alike act alike"
    if found.continuum:
        words = f"One of a continuum of Nash equilibria {kind}; others may exist."
    else:
        words = f"A Nash equilibrium {kind}; others may exist."
    if not found.participating:
        words += " Some contributor would earn more training alone."
    return words


class ProportionalData(ProportionalMechanism):
    """Model worth (s_i / max_j s_j)^p v(total data), [K22] (12).

    At p = 1 the equilibrium with the most data is that of `value-shaping`; equilibria with as
    little data as without any mechanism exist beside it.
    """

    name = "proportional-data"
    title = "Proportional to data"
    summary = "Models lose value in proportion to the data that an agent is behind the leader."
    standing = "data"


class ProportionalValue(ProportionalMechanism):
    """Model worth (psi_i / max_j psi_j)^p v(total data), [K22] (13).

    psi_i = v(s_i + platform data) - v(platform data), what the agent's data add to the platform's.
    Where nobody's data have a value on their own, everybody receives the full model.
    """

    name = "proportional-value"
    title = "Proportional to own value"
    summary = "Models lose value as an agent's own data are worth less than the leader's."
    standing = "value"


class ProportionalShapley(ProportionalMechanism):
    """Model worth (phi_i / max_j phi_j)^p v(total data), phi the Shapley value, [K22] (14).

    phi is that of the game X -> v(platform data + s(X)) - v(platform data). For agents alike
    phi_i = 1/n sum_{k = 0}^{n - 1} v(k m + s_i) - v(k m); the paper's sum runs from 1 to n.
    """

    name = "proportional-shapley"
    title = "Proportional to Shapley values"
    summary = "Models lose value as an agent's Shapley value falls behind the leader's."
    standing = "shapley"
