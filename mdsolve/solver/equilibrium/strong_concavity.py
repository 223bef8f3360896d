"""The two constants that make best-response dynamics converge: lambda and L of [M23] Theorem 3.2.

G(s) is the Jacobian of the own marginal utilities. On the box [0, top] the theorem needs lambda > 0
with G + lambda I negative semi-definite, and L with |G_ij| <= L. Both are proved here, from bounds
on the curves' second derivatives at the ends of the box:

- own accuracies: -G = sum_r d_r(s) left_r right_r' + diag(c''), with lo_r <= d_r <= hi_r. The least
  eigenvalue of the symmetric part is concave in d, so it is least at a corner of [lo, hi];
- Shapley shares: -G is at least 1/2 sum_r lo_r (w_r w_r' + diag(w_r^2)) + diag(c''): of all random
  coalitions at chance x, the pair i, j is in x^2 and i in x, and the potential integrates dx / x.

Lemma 4.5 of [M25] asks for payoffs that are strongly concave in all contributions together. No
payoff of a weighted sum is; the second bound shows that Shapley shares are all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracies.coverage import CoverageAccuracy
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import Curve, MixedCurve
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.equilibrium.stakes import ShapleyStakes, Stakes
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

DENSE_LIMIT = 1000
"""Most agents whose matrices are formed."""

CORNER_LIMIT = 10
"""Most distinct curves whose corners are enumerated; beyond, a coarser bound is used."""


@dataclass(frozen=True)
class StrongConcavity:
    """lambda and L on a box, and what they promise.

    Parameters
    ----------
    strength : float
        lambda, money per sample squared; positive.
    largest : float
        L, the same unit.
    agents : int
        n.

    Examples
    --------
    >>> StrongConcavity(0.5, 1.0, 2).safe_step
    0.125
    >>> StrongConcavity(0.5, 1.0, 2).progress(0.125)
    0.0625
    """

    strength: float
    largest: float
    agents: int

    @property
    def safe_step(self) -> float:
        """The step size lambda / (n^2 L^2) of [M23] Theorem 3.2, samples squared per money."""
        return self.strength / (self.agents * self.largest) ** 2

    def progress(self, step_size: float) -> float:
        """Return 2 step lambda - step^2 n^2 L^2; 0 or less promises nothing.

        With all agents moving, squared distances to the equilibrium and squared norms of the
        projected gradient shrink by at least this share in a step.
        """
        return step_size * (2 * self.strength - step_size * (self.agents * self.largest) ** 2)


def strong_concavity(stakes: Stakes, top: Floats) -> StrongConcavity | str:
    """Return lambda and L on [0, top], or why they are not known or not positive.

    Parameters
    ----------
    top : (n,)
        Largest contributions, in samples; may be infinite.
    """
    game = stakes.game
    if isinstance(stakes, ShapleyStakes) and not stakes.plain:
        return (
            "the bounds are computed for Shapley values, not for weighted, partial or Banzhaf ones"
        )
    if game.size > DENSE_LIMIT:
        return f"{game.size:,} agents; the bounds are computed for at most {DENSE_LIMIT:,}"
    costs = cost_bends(stakes.borne, top)
    if isinstance(costs, str):
        return costs
    bends = _bends(game, top)
    if isinstance(bends, str):
        return bends
    entries = bends.largest_shapley() if isinstance(stakes, ShapleyStakes) else bends.largest()
    least = bends.least_shapley if isinstance(stakes, ShapleyStakes) else bends.least
    largest = float((entries + np.diag(costs[1])).max())
    strength = least(np.diag(costs[0]))
    noise = ROUND_OFF * game.size * largest
    if strength <= noise:
        known = 0.0 if strength >= -noise else strength
        return (
            "the utilities are not proved strongly concave in all contributions together: "
            f"all that is known of lambda is that it is at least {known:.2g}"
        )
    return StrongConcavity(strength - noise, largest, game.size)


@dataclass(frozen=True)
class _Bends:
    """-G of the benefits as sum_r d_r left_r right_r' with low <= d <= high.

    Parameters
    ----------
    low, high : (m,)
    left, right : (m, n)
        Non-negative. `right` holds the weights, `left` those that the agents' own slopes add.
    shared : (m, n)
        Weights by row times the square root of all agents' value of that row.
    """

    low: Floats
    high: Floats
    left: Floats
    right: Floats
    shared: Floats

    def largest(self) -> Floats:
        """Return bounds on the entries of -G, shape (n, n)."""
        return np.asarray((self.left.T * self.high) @ self.right)

    def largest_shapley(self) -> Floats:
        """Return bounds on the entries of -G: a single coalition's on the diagonal, half beside."""
        entries = (self.shared.T * self.high) @ self.shared
        return np.asarray(0.5 * (entries + np.diag(np.diagonal(entries))))

    def least(self, costs: Floats) -> float:
        """Return a lower bound on the eigenvalues of the symmetric part of -G + costs."""
        if len(self.low) <= CORNER_LIMIT:
            ends = zip(self.low, self.high, strict=True)
            corners = (np.array(corner) for corner in product(*ends))
            return min(self._least_at(corner, costs) for corner in corners)
        radius = 0.5 * (self.high - self.low)
        spread = _symmetric((self.left.T * radius) @ self.right)
        middle = self._least_at(0.5 * (self.high + self.low), costs)
        return middle - float(np.linalg.norm(spread, 2))

    def _least_at(self, bend: Floats, costs: Floats) -> float:
        matrix = _symmetric((self.left.T * bend) @ self.right) + costs
        return float(np.linalg.eigvalsh(matrix)[0])

    def least_shapley(self, costs: Floats) -> float:
        """Return a lower bound on the eigenvalues of -G + costs."""
        entries = (self.shared.T * self.low) @ self.shared
        matrix = 0.5 * (entries + np.diag(np.diagonal(entries))) + costs
        return float(np.linalg.eigvalsh(matrix)[0])


def _symmetric(matrix: Floats) -> Floats:
    return np.asarray(0.5 * (matrix + matrix.T))


def _bends(game: SharingGame, top: Floats) -> _Bends | str:
    accuracy = game.accuracy
    if isinstance(accuracy, CoverageAccuracy):
        return _coverage_bends(game, accuracy, top)
    if isinstance(accuracy, WeightedAccuracy) and _smooth(accuracy.curve):
        return _curve_bends(game, accuracy, top)
    return f"the family {accuracy.family} has no bounded second derivatives known here"


def _smooth(curve: Curve) -> bool:
    """Tell whether |f''| is finite and falls with the amount of data."""
    if isinstance(curve, MixedCurve):
        return all(_smooth(part) for _, part in curve.parts)
    return isinstance(curve, PowerCurve | LinearCurve)


def _curve_bends(game: SharingGame, accuracy: WeightedAccuracy, top: Floats) -> _Bends:
    """Return one term per distinct row of weights and curve."""
    nothing = accuracy.index(game.nothing())
    high = np.abs(accuracy.curve.second(nothing))
    low = np.zeros(game.size)
    if np.all(np.isfinite(top)):
        low = np.abs(accuracy.curve.second(accuracy.index(top)))
    weights = accuracy.weights.dense()
    # Two values of f'' tell power curves apart, so equal rows here bend alike everywhere.
    further = np.abs(accuracy.curve.second(nothing + 1.0))
    _, first, kind = np.unique(
        np.column_stack([high, further, weights]), axis=0, return_index=True, return_inverse=True
    )
    member = kind.ravel() == np.arange(len(first))[:, None]
    left = np.where(member, game.value * accuracy.weights.own, 0.0)
    shared = weights[first] * np.sqrt(np.where(member, game.value, 0.0).sum(axis=1))[:, None]
    return _Bends(low[first], high[first], left, weights[first], shared)


def _coverage_bends(game: SharingGame, accuracy: CoverageAccuracy, top: Floats) -> _Bends | str:
    """Return one term per item: d is the chance that nobody has it."""
    chances = accuracy.distributions
    if float(chances.max()) >= 1:
        return "a sample that surely holds an item makes the accuracy infinitely steep"
    rates = -np.log1p(-chances)
    low = np.exp(-(top @ rates)) if np.all(np.isfinite(top)) else np.zeros(chances.shape[1])
    left = 0.5 * (game.value[:, None] * chances * rates).T
    wanted = 0.5 * game.value @ chances
    return _Bends(low, np.ones_like(low), left, rates.T, rates.T * np.sqrt(wanted)[:, None])


def cost_bends(costs: Costs, top: Floats) -> tuple[Floats, Floats] | str:
    """Return the least and the largest c_i'' on [0, top], or why there is no bound."""
    if costs.pieces:
        return "marginal costs of piecewise-linear costs jump"
    if costs.functions:
        return "nothing is known of the second derivatives of a cost given as a Python object"
    low, high = costs.curvature.copy(), costs.curvature.copy()
    e = costs.power_exponent
    bent = (costs.power_rate > 0) & (e > 1)
    if np.any(bent & (e < 2)):
        return "a power cost with an exponent below 2 bends without bound at 0"
    if np.any(bent & (e > 2) & ~np.isfinite(top)):
        return "a power cost with an exponent above 2 bends without bound where there is no cap"
    scale = costs.power_rate[bent] * (e * (e - 1))[bent]
    square = e[bent] == 2
    low[bent] += np.where(square, scale, 0.0)
    reach = np.where(square, 1.0, top[bent])
    high[bent] += scale * reach ** (e[bent] - 2)
    return low, high
