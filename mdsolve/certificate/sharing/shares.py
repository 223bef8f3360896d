"""The checker's own Shapley shares: enumeration of coalitions, or one plain quadrature.

For `power` accuracies, 1 - (1 + y)^-b is an integral over u of products over agents, so the
expected gain from agent i joining a random coalition needs only

    G_i(u) = int_0^1 prod_{j != i} (1 - x q_j(u)) dx,     q_j(u) = 1 - exp(-u w_j s_j),

a polynomial in x that Gauss-Legendre with ceil(n/2) nodes integrates exactly. Many agents need no
more than 80 nodes: with Q = sum_j q_j the product is below e^-40 beyond x = 40/Q, and on each of
five equal panels up to there 16 nodes leave a relative error of about 8^32 (16!)^4 / (32!)^3, below
1e-20, since the derivative of order k is at most Q^k. The integral over u is the trapezoid rule in
log u, whose relative error at step h is below 2 |Gamma(a + 2 pi i / h)| / Gamma(a) for every
coalition: far below rounding at the step used. Other families are enumerated, up to a stated number
of agents.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import PowerCurve
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights, GroupWeights

Floats = npt.NDArray[np.float64]

ENUMERATION_LIMIT = 12
PANELS, PANEL_NODES = 5, 16
REACH = 40.0
"""Products are integrated up to x Q = 40, where e^-40 of them is left."""

WORK_LIMIT = 1_000_000_000
"""Most products of (rows, nodes in u, nodes in x, agents)."""

LOG_STEP = 0.125
LOG_RANGE = 46.0
"""exp(-46) is below rounding: what is cut off at both ends of log u."""


class Shares(ABC):
    """Shapley shares at a profile, and how they change with one agent's own contribution."""

    @property
    @abstractmethod
    def shares(self) -> Floats:
        """Return phi_i(s), shape (n,), in money; they sum to A(s) - A(0)."""

    @abstractmethod
    def slopes(self, own: Floats) -> Floats:
        """Return d phi_i / d s_i with agent i alone moved to own_i, shape (n,)."""

    @abstractmethod
    def at(self, s: Floats) -> Shares:
        """Return the same shares at another profile."""


def shares_of(game: SharingGame, s: Floats, *, banzhaf: bool = False) -> Shares | str:
    """Return the shares at a profile, or the reason why the checker does not compute them.

    Parameters
    ----------
    banzhaf : bool
        Whether all coalitions weigh alike, instead of all orders.
    """
    accuracy = game.accuracy
    if isinstance(accuracy, WeightedAccuracy) and isinstance(accuracy.curve, PowerCurve):
        found = QuadratureShares(game, s, banzhaf)
        if found.work <= WORK_LIMIT:
            return found
        return f"the shares need {found.work:,} products; the checker takes {WORK_LIMIT:,} at most"
    if game.size <= ENUMERATION_LIMIT:
        return EnumeratedShares(game, s, banzhaf)
    return (
        f"{game.size} agents of the family {accuracy.family}; the checker enumerates coalitions of "
        f"at most {ENUMERATION_LIMIT}"
    )


@dataclass(frozen=True)
class EnumeratedShares(Shares):
    """All coalitions, one by one."""

    game: SharingGame
    s: Floats
    banzhaf: bool = False

    @cached_property
    def _weights(self) -> Floats:
        n = self.game.size
        if self.banzhaf:
            return np.full(n, 0.5 ** (n - 1))
        sizes = np.arange(n)
        return np.array([1 / (n * math.comb(n - 1, int(k))) for k in sizes])

    @cached_property
    def _members(self) -> npt.NDArray[np.bool_]:
        n = self.game.size
        return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)

    @cached_property
    def shares(self) -> Floats:
        """Return the weighted marginal gains."""
        values = np.array([self.game.total_benefit(self.s * mask) for mask in self._members])
        numbers = np.arange(len(values))
        result = np.empty(self.game.size)
        for i in range(self.game.size):
            without = numbers[~self._members[:, i]]
            weight = self._weights[self._members[without].sum(axis=1)]
            result[i] = float(weight @ (values[without | (1 << i)] - values[without]))
        return result

    def slopes(self, own: Floats) -> Floats:
        """Return weighted slopes of the total benefit in the own contribution."""
        result = np.empty(self.game.size)
        for i in range(self.game.size):
            moved = self.s.copy()
            moved[i] = own[i]
            total = 0.0
            for mask in self._members[self._members[:, i]]:
                slope = self.game.value @ self.game.accuracy.jacobian(moved * mask)[:, i]
                total += float(self._weights[mask.sum() - 1] * slope)
            result[i] = total
        return result

    def at(self, s: Floats) -> EnumeratedShares:
        """Return the enumeration at another profile."""
        return replace(self, s=s)


@dataclass(frozen=True)
class QuadratureShares(Shares):
    """The double integral of the module docstring, one pass per distinct row of weights."""

    game: SharingGame
    s: Floats
    banzhaf: bool = False

    def at(self, s: Floats) -> QuadratureShares:
        """Return the integrals at another profile."""
        return replace(self, s=s)

    @cached_property
    def _rows(self) -> list[tuple[Floats, float, float]]:
        """Return (weights of everybody's data, scale in money, exponent) per distinct payoff."""
        accuracy = self.game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        curve = accuracy.curve
        assert isinstance(curve, PowerCurve)
        n = self.game.size
        scale = np.broadcast_to(np.asarray(curve.scale, dtype=float), (n,)) * self.game.value
        exponent = np.broadcast_to(np.asarray(curve.exponent, dtype=float), (n,))
        weights = accuracy.weights
        if isinstance(weights, CommonWeights):
            label = np.zeros(n, dtype=np.intp)
        elif isinstance(weights, GroupWeights):
            label = weights.group
        else:
            label = np.arange(n)
        rows = []
        for key in sorted(set(zip(label.tolist(), exponent.tolist(), strict=True))):
            members = np.flatnonzero((label == key[0]) & (exponent == key[1]))
            rows.append((weights.row(int(members[0])), float(scale[members].sum()), key[1]))
        return rows

    @property
    def work(self) -> int:
        """Number of products in the sums."""
        n = self.game.size
        nodes = sum(len(self._nodes(weight, b)[0]) for weight, _, b in self._rows)
        return nodes * min((n + 1) // 2, PANELS * PANEL_NODES) * n

    def _nodes(self, weight: Floats, exponent: float) -> tuple[Floats, Floats]:
        """Return u and the weights of u^(b-1) e^(-u(1+platform)) du / Gamma(b)."""
        platform = self.game.platform_data
        reach = float(weight @ self.s) + 1 + platform
        low = -LOG_RANGE / (exponent + 1) - math.log(reach)
        high = math.log(LOG_RANGE + 10 * exponent) - math.log(1 + platform) + 1
        u = np.exp(np.arange(low, high, LOG_STEP))
        density = u**exponent * np.exp(-u * (1 + platform)) * LOG_STEP / math.gamma(exponent)
        return u, density

    @cached_property
    def _joined(self) -> list[tuple[Floats, Floats, Floats]]:
        """Return per row: u, the weighted G_i(u) of shape (nodes, n), and the row's weights."""
        result = []
        for weight, scale, exponent in self._rows:
            u, density = self._nodes(weight, exponent)
            q = -np.expm1(-np.outer(u, weight * self.s))
            gain = np.zeros_like(q)
            x, x_weight = self._chances(q.sum(axis=1))
            for node, part in zip(x, x_weight, strict=True):
                factors = 1 - node[:, None] * q
                gain += (part * np.prod(factors, axis=1))[:, None] / factors
            result.append((u, scale * density[:, None] * gain, weight))
        return result

    def _chances(self, mass: Floats) -> tuple[Floats, Floats]:
        """Return nodes and weights in x for every u, both of shape (nodes, u).

        Parameters
        ----------
        mass : (u,)
            Q = sum_j q_j(u).
        """
        n = self.game.size
        if self.banzhaf or n <= 2 * PANELS * PANEL_NODES:
            # One node, x = 1/2, makes everybody join with even chances: Banzhaf values.
            x, weight = np.polynomial.legendre.leggauss(1 if self.banzhaf else (n + 1) // 2)
            once = np.ones_like(mass)
            return np.outer(0.5 * (x + 1), once), np.outer(0.5 * weight, once)
        x, weight = np.polynomial.legendre.leggauss(PANEL_NODES)
        width = np.minimum(1.0, REACH / np.maximum(mass, REACH)) / PANELS
        places = (np.arange(PANELS)[:, None] + 0.5 * (x + 1)).ravel()
        return np.outer(places, width), np.outer(np.tile(0.5 * weight, PANELS), width)

    @cached_property
    def shares(self) -> Floats:
        """Return sum over rows of int q_i G_i."""
        total = np.zeros(self.game.size)
        for u, gain, weight in self._joined:
            total += (-np.expm1(-np.outer(u, weight * self.s)) * gain).sum(axis=0)
        return total

    def slopes(self, own: Floats) -> Floats:
        """Return sum over rows of int u w_i e^(-u w_i own_i) G_i; G_i does not see own_i."""
        total = np.zeros(self.game.size)
        for u, gain, weight in self._joined:
            rate = u[:, None] * weight
            total += (rate * np.exp(-np.outer(u, weight * own)) * gain).sum(axis=0)
        return total
