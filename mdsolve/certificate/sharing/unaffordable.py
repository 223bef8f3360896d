"""No equilibrium because no profile is within the budgets: one agent lacks the money at each.

Costs do not fall, so what the others contribute costs an agent the least where they do nothing. If
his own net cost does not fall at 0 either (it is convex), he spends least when he does nothing as
well. Nothing of the claim is used but the mechanism: every agent is tried.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.payment_rules import rule_of
from mdsolve.conditions import Condition
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]

NAME = "no-equilibrium"


def no_affordable_profile(
    game: SharingGame, claim: SharingClaim, tolerance: float, claimed: bool
) -> Condition:
    """Check that some agent's money is short at every profile of contributions.

    Returns
    -------
    Condition
        The violation is the most, over agents, of what is left at best, in money; it passes where
        that is negative by more than the tolerance for one agent.
    """
    nothing = game.nothing()
    rule = rule_of(game, claim, nothing)
    if isinstance(rule, str):
        return Condition(NAME, claimed, "not-checked", detail=rule)
    if rule.money is None or not game.budgeted:
        reason = "agents have no budgets, or payments depend on more than costs and contributions"
        return Condition(NAME, claimed, "not-checked", detail=reason)
    rising = rule.borne * game.costs.slope(nothing) - rule.price >= 0
    left = rule.money - rule.borne * game.costs.value(nothing)
    left = np.where(rising, left, np.inf)
    worst = int(np.argmin(left))
    scale = float(game.money.max(initial=0.0))
    allowed = tolerance * max(1.0, scale)
    proved = bool(left[worst] < -allowed)
    return Condition(
        NAME,
        claimed,
        "pass" if proved else "fail",
        violation=float(left[worst]),
        scale=scale,
        tolerance=allowed,
        scope=f"every profile of {game.size:,} contributions",
        detail=(
            f"agent {game.agents[worst]} lacks {-float(left[worst]):.6g} at every profile"
            if proved
            else "everybody has enough money where nobody contributes"
        ),
        witness={
            "agent": game.agents[worst],
            "budget": float(game.budget[worst]),
            "spends_at_least": float(game.budget[worst] - left[worst]),
        },
    )
