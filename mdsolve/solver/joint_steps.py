"""Step sizes of Algorithm 1 of [D25]: what its Theorem 1 allows, what its argument allows, or none.

On contributions in [0, capacity] and models no farther from the best one than the first, in each
coordinate, Assumption 1 needs constants of the matrices of second derivatives (5): G in s, G~ in w,
H and H~ across. Here they follow from the formula of `quadratic-fit`: with K_i the shortfalls and y
the data,

    G_ij = -2 value_i K_i / y^3 - [i = j] c_i'',       G~ = -2 diag(curvature) / y,
    H_ik = value_i 2 curvature_k (w_k - target_ik) / y^2,
    H~   = (1/n) sum_i of the same without value.

The paper leaves the 1/n out of H~, though its proof needs it; its bounds on gamma and eta are half
of what its own inequality W < 1 gives; and the proof does not cover the cut to [0, capacity].
Distances between two paths do: with lambda lambda~ > P P~ the projected map is a contraction in a
weighted norm. `contraction` finds step sizes for that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.strong_concavity import cost_bends
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

SPLITS = 64
"""Points at which the dual bound on the least eigenvalue is tried."""

HALVINGS = 60

BELOW = 0.99
"""Share of a bound that is used where the bound itself is not allowed."""


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


def published_bounds(c: Constants) -> tuple[float, float]:
    """Return the bounds on gamma and eta of [D25] Theorem 1; 0 where lambda <= P~ or lambda~ <= P.

    Examples
    --------
    >>> c = Constants(0.5, 1.0, 0.1, 2.0, 1.0, 1.0, 0.2, 2, 1)
    >>> [round(bound, 6) for bound in published_bounds(c)]
    [0.075758, 0.909091]
    """
    return (
        _published(c.strength, c.agents * c.largest, c.model_coupling),
        _published(c.model_strength, c.parameters * c.model_largest, c.coupling),
    )


def _published(strength: float, norm: float, coupling: float) -> float:
    if not strength > coupling:
        return 0.0
    inverse = math.inf if coupling == 0 else 1 / coupling
    last = (strength - coupling) / (norm**2 - coupling**2) if norm > coupling else math.inf
    return min(1.0, inverse, 2 * strength / norm**2, last)


def argument_bounds(c: Constants) -> tuple[float, float]:
    """Return the bounds up to which W_1 < 1 and W_2 < 1 hold, which is all the proof needs.

    sqrt(1 - 2 g lambda + g^2 n^2 L^2) + g P~ < 1 iff g < 2 (lambda - P~) / (n^2 L^2 - P~^2): twice
    the paper's last term, and below its other three where lambda <= n L.
    """
    pairs = (
        (c.strength, c.agents * c.largest, c.model_coupling),
        (c.model_strength, c.parameters * c.model_largest, c.coupling),
    )
    first, second = (
        2 * (strength - coupling) / (norm**2 - coupling**2) if strength > coupling else 0.0
        for strength, norm, coupling in pairs
    )
    return first, second


@dataclass(frozen=True)
class SafeSteps:
    """Step sizes with which projected iterates come closer to each other in every round.

    Parameters
    ----------
    gamma, eta : float
    rate : float
        Factor per round, below 1, in a weighted norm of both blocks.
    """

    gamma: float
    eta: float
    rate: float


def contraction(c: Constants) -> SafeSteps | None:
    """Return the step sizes of the best proved rate on one ray, None where lambda lambda~ <= P P~.

    Two paths at distances (d, e) are at most at (a d + gamma P e, b e + eta P~ d) a round later,
    a^2 = 1 - 2 gamma lambda + gamma^2 |G|^2, b = max |1 - eta x| over eigenvalues x of -G~. Cutting
    to an interval brings paths no further apart. The factor is the larger eigenvalue of that table.
    """
    if not c.strength * c.model_strength > c.coupling * c.model_coupling:
        return None
    bold = c.strength / c.norm**2, 2 / (c.model_strength + c.model_largest)
    best: SafeSteps | None = None
    share = 1.0
    for _ in range(HALVINGS):
        gamma, eta = share * bold[0], share * bold[1]
        a = math.sqrt(max(0.0, 1 - 2 * gamma * c.strength + (gamma * c.norm) ** 2))
        b = max(abs(1 - eta * c.model_strength), abs(1 - eta * c.model_largest))
        cross = gamma * c.coupling * eta * c.model_coupling
        rate = 0.5 * (a + b + math.sqrt((a - b) ** 2 + 4 * cross))
        if rate < 1 - ROUND_OFF and (best is None or rate < best.rate):
            best = SafeSteps(gamma, eta, rate)
        share /= 2
    return best


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


@dataclass(frozen=True)
class StepChoice:
    """Step sizes for Algorithm 1, or why there are none.

    Parameters
    ----------
    gamma, eta : float
    rate : float or None
        Proved factor per round, where one is proved.
    bounds : mapping or None
        What each theory allows, for the solution.
    witness : mapping or None
        Points that prove that no step size is admissible.
    reason : str
        The proof in words.
    """

    gamma: float
    eta: float
    rate: float | None = None
    bounds: Mapping[str, Any] | None = None
    witness: Mapping[str, Any] | None = None
    reason: str = ""


def chosen_steps(region: Region, gamma: float | str, eta: float | str) -> StepChoice:
    """Return step sizes: numbers as given, ``auto`` by `contraction`, ``published`` by Theorem 1.

    Raises
    ------
    UnsupportedError
        Where no step size is proved, nor that there is none.
    """
    known = constants(region)
    bounds = None if isinstance(known, str) else step_bounds(known)
    rules = {rule for rule in (gamma, eta) if isinstance(rule, str)}
    if not rules:
        return StepChoice(float(gamma), float(eta), bounds=bounds)
    published = "published" in rules
    if isinstance(known, str):
        if region.least_data > 0:
            raise _unproved(known)
        return _none(region, known, "published" if published else "auto", bounds)
    if published:
        first, second = published_bounds(known.printed())
        if first == 0 or second == 0:
            return _none(region, _published_reason(known.printed()), "published", bounds)
        found = SafeSteps(BELOW * first, BELOW * second, math.nan)
    else:
        safe = contraction(known)
        if safe is None:
            return _none(region, _contraction_reason(known), "auto", bounds)
        found = safe
    rate = found.rate if rules == {"auto"} and gamma == eta else None
    return StepChoice(
        found.gamma if isinstance(gamma, str) else float(gamma),
        found.eta if isinstance(eta, str) else float(eta),
        rate,
        bounds,
    )


def step_bounds(c: Constants) -> dict[str, Any]:
    """Return the constants and every bound as plain data, for the solution."""
    safe = contraction(c)
    return {
        "constants": {
            "lambda": c.strength,
            "L": c.largest,
            "P": c.coupling,
            "lambda_model": c.model_strength,
            "L_model": c.model_largest,
            "P_model": c.model_coupling,
            "P_model_printed": c.printed().model_coupling,
        },
        "published": list(published_bounds(c.printed())),
        "published_with_mean": list(published_bounds(c)),
        "argument": list(argument_bounds(c)),
        "contraction": None
        if safe is None
        else {"step_sizes": [safe.gamma, safe.eta], "rate": safe.rate},
    }


def _published_reason(c: Constants) -> str:
    if not c.strength > c.model_coupling:
        return (
            f"Theorem 1 of [D25] needs lambda > P~, and lambda = {c.strength:.6g} <= P~ = "
            f"{c.model_coupling:.6g}, so that W_1 >= 1 - gamma (lambda - P~) >= 1 for every gamma"
        )
    return (
        f"Theorem 1 of [D25] needs lambda~ > P, and lambda~ = {c.model_strength:.6g} <= P = "
        f"{c.coupling:.6g}, so that W_2 >= 1 - eta (lambda~ - P) >= 1 for every eta"
    )


def _contraction_reason(c: Constants) -> str:
    return (
        f"a contraction needs lambda lambda~ > P P~, and {c.strength:.6g} * {c.model_strength:.6g} "
        f"<= {c.coupling:.6g} * {c.model_coupling:.6g}"
    )


def _none(region: Region, reason: str, rule: str, bounds: Mapping[str, Any] | None) -> StepChoice:
    """Return that there is no step size of this rule, with the points that prove it."""
    game, fit = region.game, region.game.learning
    assert fit is not None
    witness = {
        "reason": "no-admissible-step",
        "rule": rule,
        "near": {"contributions": game.nothing(), "parameters": fit.optimum + region.radius},
        "far": {"contributions": game.capacity},
    }
    return StepChoice(0.0, 0.0, bounds=bounds, witness=witness, reason=reason)


def _unproved(reason: str) -> UnsupportedError:
    return UnsupportedError.single(
        "option step_size",
        f"auto or published, but {reason}",
        "costs with bounded second derivatives",
        "give numbers, for example --set step_size=0.1 --set model_step_size=0.1",
    )
