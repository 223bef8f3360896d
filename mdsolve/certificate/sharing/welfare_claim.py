"""A claim about p-mean welfare: contributions, payments, and the hints of a proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.conditions import Condition
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

FEASIBILITY = "feasibility"
BALANCE = "budget-balance"
OPTIMALITY = "welfare-optimality"


@dataclass(frozen=True)
class WelfareClaim:
    """What is to be checked.

    Parameters
    ----------
    game : SharingGame
    p, beta : float
        Exponent of the mean, and the share of each cost that the others bear.
    contributions : (n,)
        Samples.
    payments : (n,) or None
        Money received.
    weights, budget_duals : (n,) or None
        Hints lambda >= 0 and gamma >= 0, in any common unit.
    tolerance : float
        Accepted violation relative to max(1, largest utility).
    claimed : frozenset of str
        Conditions that the solution promises.
    """

    game: SharingGame
    p: float
    beta: float
    contributions: Floats
    payments: Floats | None = None
    weights: Floats | None = None
    budget_duals: Floats | None = None
    tolerance: float = DEFAULT.verify
    claimed: frozenset[str] = frozenset({FEASIBILITY, BALANCE, OPTIMALITY})

    @cached_property
    def left(self) -> Floats:
        """b_i = B_i - (1-beta) c_i(s_i) - beta/(n-1) sum_{j != i} c_j(s_j), in money."""
        return money_left(self.game, self.beta, self.game.costs.value(self.contributions))

    @cached_property
    def utilities(self) -> Floats:
        """u_i = b_i + value_i a_i, in money."""
        return self.left + self.game.benefits(self.contributions)

    @cached_property
    def scale(self) -> float:
        """Largest absolute utility."""
        return float(np.abs(self.utilities).max(initial=0.0))

    @property
    def allowance(self) -> float:
        """Absolute accepted violation, in money."""
        return self.tolerance * max(1.0, self.scale)

    def decided(
        self, name: str, violation: float, scope: str, words: tuple[str, str], witness: Any
    ) -> Condition:
        """Return the condition that a largest violation decides."""
        fails = not violation <= self.allowance
        return Condition(
            name,
            name in self.claimed,
            "fail" if fails else "pass",
            violation=violation if math.isfinite(violation) else None,
            scale=self.scale,
            tolerance=self.allowance,
            scope=scope,
            detail=words[1] if fails else words[0],
            witness=witness,
        )

    def unchecked(self, name: str, reason: str) -> Condition:
        """Return a condition that was not checked."""
        return Condition(name, name in self.claimed, "not-checked", detail=reason)


def money_left(game: SharingGame, beta: float, costs: Floats) -> Floats:
    """Return what every agent has left of his budget at given costs, in money, shape (n,)."""
    if game.size == 1:
        return np.asarray(game.money - costs)
    others = (costs.sum() - costs) / (game.size - 1)
    return np.asarray(game.money - (1 - beta) * costs - beta * others)
