"""Step sizes of Algorithm 1 of [D25]: what its Theorem 1 allows, what its argument allows, or none.

In the constants of Assumption 1 (`joint_constants`) the bounds on gamma and eta printed are half of
what the paper's own inequality W < 1 gives, and its proof does not cover the cut to [0, capacity].
Distances between two paths do: with lambda lambda~ > P P~ the projected map is a contraction in a
weighted norm. `contraction` finds step sizes for that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdsolve.errors import UnsupportedError
from mdsolve.solver.joint.constants import Constants, Region, constants
from mdsolve.tolerance import ROUND_OFF

HALVINGS = 60

BELOW = 0.99
"""Share of a bound that is used where the bound itself is not allowed."""


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
