"""The claim that contributions maximise the p-mean of utilities ([M23] (19)), checked from scratch.

Nothing but contributions, payments and two vectors of multipliers enters. Money left is computed
from the contributions, so the budget equation holds identically; the mean is computed with the true
p. The multipliers are hints: for any non-negative ones

    M_p(u) <= sum_i lambda_i u_i / M_p'(n lambda),   p' = p / (p - 1)   (reverse Hoelder)

bounds every attainable mean once the right side is maximised over the feasible contributions,
which is done by tangents evaluated here. A wrong hint makes the bound loose and the check fail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.sharing.welfare_bound import WelfareBound, multipliers
from mdsolve.certificate.sharing.welfare_claim import (
    BALANCE,
    FEASIBILITY,
    OPTIMALITY,
    WelfareClaim,
    money_left,
)
from mdsolve.conditions import Condition
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.p_mean import p_mean
from mdsolve.game.weights import CommonWeights


def feasibility(claim: WelfareClaim) -> Condition:
    """Check 0 <= s_i <= capacity_i, and b_i >= 0 where there are budgets."""
    game, s = claim.game, claim.contributions
    slope = game.costs.slope(np.maximum(s, 0.0))
    # A contribution outside its bounds is measured in money, like a budget that is overdrawn.
    outside = np.maximum(-s, np.where(np.isfinite(game.capacity), s - game.capacity, -np.inf))
    beyond = np.where(outside > 0, outside * np.maximum(slope, 1.0), outside)
    violations = np.maximum(beyond, np.where(game.limited, -claim.left, -np.inf))
    worst = int(np.argmax(violations))
    witness = {
        "agent": game.agents[worst],
        "contribution": float(s[worst]),
        "money_left": float(claim.left[worst]),
    }
    return claim.decided(
        FEASIBILITY,
        float(violations[worst]),
        f"{game.size:,} contributions and {int(game.limited.sum()):,} budgets",
        (
            "contributions are within capacities and nobody overdraws his budget",
            "a contribution is out of bounds or a budget is overdrawn",
        ),
        witness,
    )


def budget_balance(claim: WelfareClaim) -> Condition:
    """Check that payments sum to exactly zero and are the rule's to the last unit.

    The sum is exact (`math.fsum`): payments are stored on a binary grid, so nothing is left over.
    """
    if claim.payments is None:
        return claim.unchecked(BALANCE, "the solution holds no payments")
    game = claim.game
    costs = game.costs.value(claim.contributions)
    rule = money_left(game, claim.beta, costs) - game.money + costs
    total = math.fsum(claim.payments.tolist())
    off = np.abs(claim.payments - rule)
    worst = int(np.argmax(off))
    witness = {
        "sum_of_payments": total,
        "agent": game.agents[worst],
        "stored": float(claim.payments[worst]),
        "recomputed": float(rule[worst]),
    }
    return claim.decided(
        BALANCE,
        max(abs(total), float(off[worst])),
        f"{game.size:,} payments",
        (
            "payments are the rule's and sum to " + ("exactly zero" if total == 0 else "zero"),
            "payments do not sum to zero or are not the rule's",
        ),
        witness,
    )


def welfare_optimality(claim: WelfareClaim) -> Condition:
    """Check that no feasible contributions have a larger p-mean, up to the tolerance."""
    game, accuracy = claim.game, claim.game.accuracy
    if not isinstance(accuracy, WeightedAccuracy) or not isinstance(
        accuracy.weights, CommonWeights
    ):
        return claim.unchecked(OPTIMALITY, "accuracy is not a function of one common total")
    if not accuracy.concave:
        return claim.unchecked(OPTIMALITY, "accuracy is not concave: tangents prove nothing")
    if claim.p != 1 and not game.limited.all():
        return claim.unchecked(OPTIMALITY, "without budgets only p = 1 has a meaning")
    idle = money_left(game, claim.beta, game.costs.value(game.nothing()))
    idle = np.where(game.limited, idle, np.inf)
    if np.any(idle < 0):
        name = game.agents[int(np.argmin(idle))]
        return claim.unchecked(OPTIMALITY, f"no contribution is feasible for agent {name}")
    objective = p_mean(claim.utilities, claim.p)
    hints = multipliers(claim)
    if isinstance(hints, str):
        return claim.unchecked(OPTIMALITY, hints)
    proof = WelfareBound(claim, *hints)
    bound = proof.best()
    distance = max(bound - objective, 0.0) if math.isfinite(objective) else math.inf
    witness: Mapping[str, Any] = {
        "p": "-inf" if claim.p == -math.inf else claim.p,
        "objective": objective if math.isfinite(objective) else "not defined",
        "bound": bound if math.isfinite(bound) else "none",
    }
    return claim.decided(
        OPTIMALITY,
        distance,
        f"every feasible contribution of {game.size:,} agents, p = {claim.p:g}",
        (
            f"no feasible contributions have a p-mean above {bound:.12g}",
            "the multipliers leave room for a larger p-mean: optimality is not proved",
        ),
        witness,
    )
