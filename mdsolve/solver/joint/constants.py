"""Bounds on second derivatives in joint learning: the constants of Assumption 1 of [D25].

On contributions in [0, capacity] and models no farther from the best one than the first, in each
coordinate, the matrices of second derivatives (5) are G in s, G~ in w, H and H~ across. For
`quadratic-fit`, with K_i the shortfalls and y the data,

    G_ij = -2 value_i K_i / y^3 - [i = j] c_i'',       G~ = -2 diag(curvature) / y,
    H_ik = value_i 2 curvature_k (w_k - target_ik) / y^2,
    H~   = (1/n) sum_i of the same without value.

The paper leaves the 1/n out of H~, though its proof needs it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.solver.equilibrium.strong_concavity import cost_bends
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

SPLITS = 64
"""Points at which the dual bound on the least eigenvalue is tried."""


@dataclass(frozen=True)
class Constants:
    """Assumption 1 on a region: lambda, L, P for the contributions, the same with ~ for the model.

    Parameters
    ----------
    strength : float
        lambda: -(G + G')/2 has no eigenvalue below it.
    largest : float
        L: bound on |G_ij|.
    coupling : float
        P: bound on the norm of H.
    norm : float
        Bound on the norm of G, at most n L.
    model_strength, model_largest : float
        lambda~ and L~, also the ends of the eigenvalues of -G~.
    model_coupling : float
        P~: bound on the norm of H~, with the 1/n.
    agents, parameters : int
        n and m.
    """

    strength: float
    largest: float
    coupling: float
    norm: float
    model_strength: float
    model_largest: float
    model_coupling: float
    agents: int
    parameters: int

    def printed(self) -> Constants:
        """Return the constants with H~ as printed, n times as large."""
        return replace(self, model_coupling=self.agents * self.model_coupling)


@dataclass(frozen=True)
class Region:
    """Where the protocol can be: contributions in [0, capacity], models near the best one.

    Parameters
    ----------
    radius : (m,)
        Largest distance of each parameter from the best one. Steps of at most y / max curvature
        never increase it.
    """

    game: SharingGame
    radius: Floats

    @property
    def least_data(self) -> float:
        """Data the accuracy sees when nobody contributes."""
        return self.game.platform_data

    @property
    def most_data(self) -> float:
        """Data it sees when everybody contributes all."""
        return self.game.platform_data + float(self.game.capacity.sum())


def constants(region: Region) -> Constants | str:
    """Return the constants of Assumption 1 on a region, or why there are none."""
    game, fit = region.game, region.game.learning
    assert fit is not None
    if region.least_data == 0:
        return (
            "Assumption 1 of [D25] fails whatever the constants: without platform data the second "
            "derivative in w, -2 curvature / S, grows without bound as contributions vanish"
        )
    bends = cost_bends(game.costs, game.capacity)
    if isinstance(bends, str):
        return bends
    near, far = region.least_data, region.most_data
    apart = fit.optimum - fit.targets
    reach = np.abs(apart) + region.radius
    nearest = np.maximum(np.abs(apart) - region.radius, 0.0)
    most = reach**2 @ fit.curvature + fit.noise
    least = nearest**2 @ fit.curvature + fit.noise
    bend = 2 * game.value * most / near**3
    # Models between: with one target for all, K is the same for everybody, whatever the model.
    common = not np.any(fit.targets != fit.targets[0])
    slack = _tilt_common(game.value, most[0], near) if common else _tilt(game, least, most, near)
    steep = 2 * fit.curvature
    largest = float((bend + bends[1]).max())
    strength = float(bends[0].min()) - 0.5 * slack
    if abs(strength) <= ROUND_OFF * game.size * largest:
        strength = 0.0  # rounding must not make an admissible step out of none
    return Constants(
        strength=strength,
        largest=largest,
        coupling=float(np.linalg.norm(game.value[:, None] * steep * reach)) / near**2,
        norm=float(np.linalg.norm(bend)) * math.sqrt(game.size) + float(bends[1].max()),
        model_strength=float(steep.min()) / far,
        model_largest=float(steep.max()) / near,
        model_coupling=float(np.linalg.norm(steep * region.radius))
        * math.sqrt(game.size)
        / near**2,
        agents=game.size,
        parameters=fit.parameters,
    )


def _tilt_common(value: Floats, shortfall: float, near: float) -> float:
    """Return sqrt(n) |k| - sum k for k = 2 value K / y^3, which grows with K and falls with y."""
    k = 2 * value * shortfall / near**3
    return max(0.0, math.sqrt(len(k)) * float(np.linalg.norm(k)) - float(k.sum()))


def _tilt(game: SharingGame, least: Floats, most: Floats, near: float) -> float:
    """Return a bound on sqrt(n) |k| - sum k over least <= K <= most: twice what G loses at most.

    The least eigenvalue of (k 1' + 1 k')/2 is (sum k - sqrt(n) |k|)/2. For every z > 0 the
    expression is at most n z/2 + sum (k_i^2/(2 z) - k_i), which is convex in each k_i.
    """
    low, high = (2 * game.value * shortfall / near**3 for shortfall in (least, most))
    top = float(high.max())
    if top == 0:
        return 0.0
    bounds = []
    for z in np.linspace(float(high.min()) / 2, top, SPLITS):
        if z > 0:
            ends = np.maximum(low**2 / (2 * z) - low, high**2 / (2 * z) - high)
            bounds.append(0.5 * game.size * float(z) + float(ends.sum()))
    return max(0.0, min(bounds))
