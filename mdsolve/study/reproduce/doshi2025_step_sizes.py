"""[D25] Theorem 1 and Figure 3: which step sizes its argument allows, and which it prints.

W_1 = sqrt(1 - 2 gamma lambda + gamma^2 n^2 L^2) + gamma P~ < 1 is what the proof needs of gamma.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.joint.constants import Constants, Region, constants
from mdsolve.solver.joint.dynamics import Motion, follow
from mdsolve.solver.joint.steps import argument_bounds, contraction, published_bounds
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import DIFFERENCE_STEP, GRADIENT_AGREEMENT, ROUND_OFF

Floats = npt.NDArray[np.float64]

COUPLINGS = (0.0, 0.2, 0.4, 0.6)
STRENGTHS = np.linspace(0.02, 1.0, 99)
DRAWS = 2000
HALVINGS = 80
TARGETS = ((0.0,), (2.0,))


def shortened(c: Constants, gamma: float) -> float:
    """Return W_1 of [D25] (6)."""
    n_l = c.agents * c.largest
    return math.sqrt(1 + (gamma * n_l) ** 2 - 2 * gamma * c.strength) + gamma * c.model_coupling


def largest_by_bisection(c: Constants) -> float:
    """Return the step up to which W_1 < 1, from the inequality alone; 0 where there is none."""
    low, high = 0.0, 4 / c.strength
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if shortened(c, middle) < 1 else (low, middle)
    return low


def assumed(strength: float, largest: float, coupling: float, agents: int) -> Constants:
    """Return constants of Assumption 1 for the contributions; the model's are harmless."""
    norm = agents * largest
    return Constants(strength, largest, 0.0, norm, 1.0, 1.0, coupling, agents, 1)


def two_targets() -> SharingGame:
    """Return a game that contracts although Theorem 1 allows no step."""
    costs = ((0.004, 0.003), (0.002, 0.001))
    agents = [
        {"name": str(k + 1), "cost": {"family": "quadratic", "rate": r, "curvature": c}}
        for k, (r, c) in enumerate(costs)
    ]
    accuracy = {"family": "quadratic-fit", "targets": TARGETS, "noise": 3}
    instance = parse(
        {
            "kind": "sharing",
            "agents": [{**agent, "capacity": 10} for agent in agents],
            "accuracy": accuracy,
            "platform_data": 10,
        }
    )
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)


def derivative_of_mean_gradient(game: SharingGame, w: Floats, s: Floats) -> Floats:
    """Return d g~ / d s, shape (m, n), by central differences: what the proof calls H~."""
    fit = game.learning
    assert fit is not None
    columns = []
    for step in DIFFERENCE_STEP * np.eye(game.size):
        up, down = (
            fit.mean_gradient(w, game.platform_data + float(moved.sum()))
            for moved in (s + step, s - step)
        )
        columns.append((up - down) / (2 * DIFFERENCE_STEP))
    return np.array(columns).T


def printed_cross_table(w: Floats, s: Floats, platform: float) -> Floats:
    """Return H~ as in (5): the sum over agents of d^2 a_i / ds_j dw_k, shape (m, n)."""
    y = platform + float(s.sum())
    single = [2 * (w - np.array(target)) / y**2 for target in TARGETS]
    return np.outer(np.sum(single, axis=0), np.ones(len(s)))


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Compare the bounds over random constants, and run a game to which Theorem 1 is silent."""
    random = np.random.default_rng(seed)
    ratios, worst = [], 0.0
    for _ in range(DRAWS):
        n, strength = int(random.integers(2, 10)), float(random.uniform(0.01, 2))
        largest = strength * float(random.uniform(1, 5))
        c = assumed(strength, largest, strength * float(random.uniform(0, 0.95)), n)
        exact = argument_bounds(c)[0]
        worst = max(worst, abs(largest_by_bisection(c) / exact - 1))
        ratios.append(exact / published_bounds(c)[0])
    silent = 0
    for _ in range(DRAWS):
        strength = float(random.uniform(0.01, 2))
        coupling = strength * float(random.uniform(1, 3))
        c = assumed(strength, strength * float(random.uniform(1, 5)), coupling, 2)
        silent += shortened(c, float(10 ** random.uniform(-6, 1))) < 1
    game, w, s = two_targets(), np.array([1.05]), np.array([2.0, 8.0])
    measured = derivative_of_mean_gradient(game, w, s)
    printed = printed_cross_table(w, s, game.platform_data)
    ratio = float((printed / measured).mean())
    c = _constants(game, w)
    safe = contraction(c)
    assert safe is not None
    path = follow(game, np.full(2, 5.0), w, Motion(safe.gamma, safe.eta), 100_000, monitor)
    rows = (
        Row(
            "gamma below the printed bound makes W_1 < 1",
            "yes",
            f"in all of {DRAWS:,} random games",
            min(ratios) >= 1,
        ),
        Row(
            "the bound is what the argument allows",
            "",
            f"{min(ratios):.6g} to {max(ratios):.6g} times as much is allowed",
            None,
            note="W_1 < 1 iff gamma < 2 (lambda - P~) / (n^2 L^2 - P~^2), twice the last term "
            f"printed; bisection on W_1 differs by {worst:.1g} at most. 1/P~ and "
            "2 lambda/(n^2 L^2) never bind, and nothing needs gamma < 1",
        ),
        Row(
            "a step size exists for lambda <= P~",
            "excluded",
            f"W_1 < 1 in {silent} of {DRAWS:,} random games",
            silent == 0,
            note="W_1 >= 1 - gamma (lambda - P~)",
        ),
        Row(
            "H~ of (5) is the derivative of the mean gradient in s",
            "yes",
            f"it is {ratio:.6g} times that, with n = {game.size}",
            abs(ratio - 1) <= GRADIENT_AGREEMENT,
            note="the proof expands g~, a mean; (5) lacks 1/n, so P~ is n times too large",
        ),
        Row(
            "Theorem 1 on a game with two targets",
            "",
            f"no step: lambda = {c.strength:.4g}, P~ = {c.printed().model_coupling:.4g} as "
            f"printed, {c.model_coupling:.4g} with 1/n",
            published_bounds(c.printed())[0] == 0,
        ),
        Row(
            "projected rounds on the same game",
            "",
            f"at rest at ({path.contributions[0]:.6g}, {path.contributions[1]:.6g}) after "
            f"{path.steps:,} rounds",
            path.ending == "rested"
            and bool(np.all(np.abs(path.contributions - s) <= GRADIENT_AGREEMENT)),
            note=f"gamma = {safe.gamma:.4g}, eta = {safe.eta:.4g}: lambda lambda~ > P P~ proves "
            f"that distances shrink by {1 - safe.rate:.2g} of themselves a round",
        ),
    )
    notes = (
        "Theorem 1 is about rounds that meet no bound: where a contribution reaches 0 or its "
        "capacity, mu makes g jump. Distances between two paths do not mind the cut.",
        "Example 1 satisfies Assumption 1 with lambda = 0 at best, and with no L~: neither the "
        "theorem nor the contraction says anything about it.",
    )
    lines = {
        f"{coupling:g}": {
            "lambda": STRENGTHS.tolist(),
            "published": [published_bounds(assumed(x, 1, coupling, 2))[0] for x in STRENGTHS],
            "argument": [argument_bounds(assumed(x, 1, coupling, 2))[0] for x in STRENGTHS],
        }
        for coupling in COUPLINGS
    }
    return Reproduction(
        ITEM.name, ITEM.title, "Theorem 1 and Figure 3 of [D25]", rows, notes, lines
    )


def _constants(game: SharingGame, w: Floats) -> Constants:
    assert game.learning is not None
    found = constants(Region(game, np.abs(w - game.learning.optimum)))
    assert isinstance(found, Constants)
    assert found.strength > ROUND_OFF
    return found


ITEM = Item("doshi2025/step-sizes", "Step sizes for contributions and a model", recompute)
