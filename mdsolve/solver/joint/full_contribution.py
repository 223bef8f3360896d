"""When a price per sample makes everybody contribute all they have: zeta, tau and the least price.

Under p_i = beta (s_i - mean of the others) the own marginal utility is da_i/ds_i - c_i' + beta, in
money per sample. [D25] Assumption 2 has c_i' <= zeta and da_i/ds_i >= -tau everywhere; beta above
zeta + tau makes full contributions dominant (Lemma 1). For them to be an equilibrium it is enough
that no slope is negative there, which a smaller beta can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.best_response import best_responses
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.joint.equilibrium import located

Floats = npt.NDArray[np.float64]

AMPLE = 1.25
"""The price `auto` as a multiple of zeta + tau."""

SEARCHED = 3000
"""Most agents whose utilities are searched where they are not concave."""


@dataclass(frozen=True)
class Prices:
    """Bounds on the price per sample, in money.

    Parameters
    ----------
    zeta : float
        Largest marginal cost of anybody at any contribution.
    tau : float
        How much a sample can lower anybody's benefit; 0, as every family is non-decreasing.
    least : float
        Price from which on no own slope is negative where everybody contributes all.
    """

    zeta: float
    tau: float
    least: float

    @property
    def sufficient(self) -> float:
        """The price above which full contributions are dominant, zeta + tau."""
        return self.zeta + self.tau


def prices(game: SharingGame, w: Floats | None) -> Prices:
    """Return the bounds for a game, the least price at a model w.

    Raises
    ------
    UnsupportedError
        If a capacity is infinite, or nothing is known of tau.

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> found = prices(sharing_game(parse({
    ...     "kind": "sharing",
    ...     "agents": [{"name": "A", "cost": 0.05, "capacity": 1},
    ...                {"name": "B", "cost": 0.2, "capacity": 9}],
    ...     "accuracy": {"family": "power"},
    ... })), None)
    >>> found.sufficient, round(found.least, 6)
    (0.2, 0.191736)
    """
    endless = np.flatnonzero(~np.isfinite(game.capacity))
    if endless.size:
        raise UnsupportedError.single(
            f"agent {game.agents[int(endless[0])]}",
            "no capacity",
            "a capacity s_max for every agent, up to which everybody is to contribute",
            "add capacity: to the agents",
        )
    if game.accuracy.family == "python":
        raise UnsupportedError.single(
            "accuracy",
            "a Python object, of which no bound on the slopes is known",
            "a family of the instance format",
        )
    dearest = game.costs.slope(game.capacity, "left")
    zeta = max(0.0, float(dearest.max()))
    gains = game.value * located(game, w).accuracy.own_slopes(game.capacity)
    return Prices(zeta, 0.0, max(0.0, float((dearest - gains).max())))


def keeps_full(game: SharingGame, w: Floats | None, price: float) -> bool:
    """Tell whether full contributions are best responses to each other at a price, at a model.

    Raises
    ------
    UnsupportedError
        For too many agents whose utilities are not concave.
    """
    stakes = AccuracyStakes(located(game, w), game.costs.transformed(1.0, -price))
    full = game.capacity
    if stakes.game.accuracy.own_concave:
        slopes = stakes.benefit_slopes(full) - stakes.borne.slope(full, "left")
        return bool(np.all(slopes >= 0))
    if game.size > SEARCHED:
        raise UnsupportedError.single(
            "agents",
            f"{game.size:,} whose utilities are not concave, at a price below zeta + tau",
            f"at most {SEARCHED:,}, or a higher price",
        )
    return bool(np.all(best_responses(stakes, full) == full))


@dataclass(frozen=True)
class PhaseBounds:
    """What [D25] Theorem 2 and Corollary 1 promise about the two phases.

    Parameters
    ----------
    gamma, eta : float
        Step sizes.
    first : int or None
        Rounds after which all have contributed all; None where the price is not above zeta + tau.
    rate : float or None
        Factor per round of the distance to the best model, (M - nu) / (M + nu) at eta = 2/(M + nu);
        None where eta is another, or no model is learned.
    """

    gamma: float
    eta: float
    first: int | None
    rate: float | None


FIRST_ROUNDS = 100
"""Rounds in which the first phase is to end where its step size is left to mdsolve."""


def phase_bounds(
    game: SharingGame,
    s: Floats,
    margin: float,
    gamma: float | None,
    eta: float | None,
) -> PhaseBounds:
    """Return step sizes and bounds for the two phases from contributions s.

    Parameters
    ----------
    margin : float
        beta - zeta - tau, money per sample.
    gamma, eta : float or None
        Step sizes asked for; None takes 2 / (M + nu) for the model, and for the contributions what
        ends the first phase within 100 rounds.
    """
    left = float((game.capacity - s).max())
    known = margin > 0
    if gamma is None:
        price = margin if known else float(game.costs.slope(game.capacity, "left").max()) or 1.0
        gamma = (left or float(game.capacity.max()) or 1.0) / (FIRST_ROUNDS * price)
    first = int(np.ceil(left / (gamma * margin))) if known else None
    if game.learning is None:
        return PhaseBounds(gamma, 0.0, first, None)
    y = game.platform_data + float(game.capacity.sum())
    flat, steep = (2 * float(pick) / y for pick in _ends(game.learning.curvature))
    best = 2 / (steep + flat)
    if eta is not None and eta != best:
        rate = max(abs(1 - eta * flat), abs(1 - eta * steep))
        return PhaseBounds(gamma, eta, first, rate if rate < 1 else None)
    return PhaseBounds(gamma, best, first, (steep - flat) / (steep + flat))


def _ends(curvature: Floats) -> tuple[float, float]:
    return float(curvature.min()), float(curvature.max())
