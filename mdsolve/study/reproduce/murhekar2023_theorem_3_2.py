"""[M23] Theorem 3.2: how fast best-response dynamics contract, against the bound.

With G the Jacobian of own slopes, G + lambda I negative semi-definite and |G_ij| <= L, the step
lambda / (n^2 L^2) shrinks ||g||^2 by at least the factor 1 - lambda^2 / (n L)^2 in every step. g is
the slope, shortened to what bounds allow in one step.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.dynamics import RECORDS, simulate_dynamics
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

SIZES = (2, 3, 5)
GAMES = 4
"""Random games per number of agents."""

REDUCTION = 1000.0
"""Factor by which ||g|| is to fall."""


def strongly_concave_game(n: int, random: np.random.Generator) -> SharingGame:
    """Return a game with own weights, quadratic costs and bounded contributions."""
    weights = random.uniform(0, 0.3 / n, (n, n))
    np.fill_diagonal(weights, random.uniform(0.7, 1, n))
    agents = []
    for k in range(n):
        rate, curvature = random.uniform(0.05, 0.3), random.uniform(0.8, 1.2)
        cost = {"family": "quadratic", "rate": float(rate), "curvature": float(curvature)}
        capacity = float(random.uniform(0.15, 0.6))
        agents.append({"name": str(k), "cost": cost, "capacity": capacity})
    accuracy = {"family": "power", "weights": weights.tolist()}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)


def constants(game: SharingGame) -> tuple[float, float]:
    """Return (lambda, L), valid on the whole box.

    G_ij = -d_i w_ij - [i = j] k_i with 0 <= d_i <= 2 w_ii and k_i the curvature of the cost. By
    Gershgorin's circles, lambda = min_i (k_i - sum_{j != i} (w_ii w_ij + w_jj w_ji)).

    Examples
    --------
    >>> lam, bound = constants(strongly_concave_game(3, np.random.default_rng(0)))
    >>> 0 < lam < bound
    True
    """
    accuracy = game.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    weights, own, bend = accuracy.weights.dense(), accuracy.weights.own, game.costs.curvature
    steep = own[:, None] * weights
    beside = steep + steep.T
    np.fill_diagonal(beside, 0.0)
    largest = 2 * steep + np.diag(bend)
    return float((bend - beside.sum(axis=1)).min()), float(largest.max())


def gradient_norms(game: SharingGame, step_size: float, start: Floats, monitor: Monitor) -> Floats:
    """Return ||g|| from the start on after every step until it has fallen by `REDUCTION`."""
    stakes = AccuracyStakes(game, game.costs)
    s, parts = start, list[Floats]()
    while not parts or parts[-1][-1] > parts[0][0] / REDUCTION:
        path = simulate_dynamics(
            stakes,
            s,
            game.capacity,
            step_size,
            steps=RECORDS,
            agents_per_step=game.size,
            monitor=monitor,
        )
        parts.append(path.gradient_norms[1:] if parts else path.gradient_norms)
        s = path.contributions
        if path.rested or path.cycle_length is not None:
            break
    norms = np.concatenate(parts)
    enough = int(np.argmax(norms <= norms[0] / REDUCTION))
    return norms[: enough + 1]


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Run the dynamics in random games with the theorem's step, and with a bolder one."""
    rows, series = [], {}
    for n in SIZES:
        random = np.random.default_rng([seed, n])
        worst, bounds, taken, allowed, bold = [], [], [], [], []
        for _ in range(GAMES):
            game = strongly_concave_game(n, random)
            lam, largest = constants(game)
            start = random.uniform(0, 1, n) * game.capacity
            norms = gradient_norms(game, lam / (n * largest) ** 2, start, monitor)
            worst.append(float((norms[1:] / norms[:-1]).max() ** 2))
            bounds.append(1 - (lam / (n * largest)) ** 2)
            taken.append(len(norms) - 1)
            allowed.append(2 * (n * largest / lam) ** 2 * math.log(REDUCTION))
            bolder = gradient_norms(game, 1 / (n * largest), start, monitor)
            bold.append(len(bolder) - 1)
        holds = all(w <= b + ROUND_OFF for w, b in zip(worst, bounds, strict=True))
        in_time = all(t <= a for t, a in zip(taken, allowed, strict=True))
        example = max(range(GAMES), key=lambda k, w=worst: w[k])  # type: ignore[misc]
        rows.append(
            Row(
                f"||g||^2 shrinks by 1 - lambda^2/(n L)^2 in every step, n = {n}",
                "yes",
                f"at worst by {worst[example]:.6f}; bound {bounds[example]:.6f}",
                holds,
                note=f"the slowest of {GAMES} random games",
            )
        )
        rows.append(
            Row(
                f"steps until ||g|| has fallen {REDUCTION:g} times, n = {n}",
                f"at most {max(allowed):,.0f}",
                f"{max(taken):,}; {max(bold):,} with the step 1/(n L)",
                in_time,
            )
        )
        series[str(n)] = {
            "norms": (norms / norms[0]).tolist(),
            "bound": bounds[-1],
            "bold": (bolder / bolder[0]).tolist(),
        }
    notes = (
        "The theorem holds. Its step is safe and far from the fastest: it allows for the worst "
        "matrix with entries up to L.",
        "Games with linear costs and one common total, such as Example 3 of [M25], have lambda = "
        "0: G has rank 1, and the theorem says nothing about them.",
    )
    return Reproduction(
        ITEM.name, ITEM.title, "Theorem 3.2 of [M23], on random games", tuple(rows), notes, series
    )


ITEM = Item("murhekar2023/theorem-3-2", "How fast best-response dynamics contract", recompute)
