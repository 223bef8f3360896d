"""[D25] Example 1, where the rounds of Algorithm 1 end, and Theorem 1 with Figure 3, step sizes.

The paper says of Example 1: w* = (1/2, 3/2), s* = (0, 5) with welfare 1.8. That is where
contributions go while the model is held at (1/2, 3/2); the mean accuracy still rises with w there.
Of the step size gamma the proof of Theorem 1 needs W_1 < 1, with
W_1 = sqrt(1 - 2 gamma lambda + gamma^2 n^2 L^2) + gamma P~.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.reproduce.record import Floats, Recomputation, sharing
from mdsolve.solver.iterate import Ending
from mdsolve.solver.joint.constants import Constants, Region, constants
from mdsolve.solver.joint.dynamics import JointPath, Motion, follow
from mdsolve.solver.joint.steps import argument_bounds, contraction, published_bounds
from mdsolve.tolerance import DEFAULT, DIFFERENCE_STEP, GRADIENT_AGREEMENT, ROUND_OFF

STEP = 0.25  # gamma and eta of Example 1
ROUNDS = 1500
HELD_ROUNDS = 6000  # with the model held, where agent 2 comes to be nearly indifferent
TARGET = np.array([1.0, 2.0])
PRINTED_MODEL, PRINTED_CONTRIBUTIONS = (0.5, 1.5), (0.0, 5.0)
MODELS = ((0.0, 0.0), (0.5, 1.5), (1.0, 2.0), (3.0, -1.0))
CONTRIBUTIONS = ((5.0, 5.0), (2.5, 2.5), (1.0, 4.0))
NOISE = 0.5  # with it the contributions printed are an equilibrium


def example(noise: float = 0.0) -> md.SharingInstance:
    """Return the game of Example 1, with noise if asked for."""
    accuracy = {"family": "quadratic-fit", "target": TARGET.tolist(), "noise": noise}
    return sharing(accuracy, (0.04, 0.02), capacity=(5, 5))


def example1(run: Recomputation) -> None:
    """Run the rounds, check the printed point, and compute the end directly."""
    game = sharing_game(example())

    def rounds(start: Any, motion: Motion, limit: int = ROUNDS) -> JointPath:
        s, w = (np.array(part, dtype=np.float64) for part in start)
        return follow(game, s, w, motion, limit, run.monitor)

    claim = {"contributions": PRINTED_CONTRIBUTIONS, "parameters": PRINTED_MODEL}
    found = md.verify(example(), {"mechanism": {"name": "upbred"}, "payments": [0, 0], **claim})
    nash, model = found.condition("nash"), found.condition("stationarity")
    full = float(md.solve(example(), "2p-upbred").accuracies.sum())
    slopes = game.at(TARGET).accuracy.own_slopes(np.full(2, 5.0)) - game.costs.rate
    run.say("full", full, rounds=full)
    run.say("no equilibrium", agrees=np.all(slopes < 0), slopes=slopes)
    run.say("held", agrees=nash.verdict == "pass", gain=nash.violation)
    run.say("welfare", 2 * (1 - 0.5 / 5), rounds=2 * (1 - 0.5 / 5))
    run.say("at rest", agrees=model.verdict == "pass", **(model.witness or {}))
    starts = list(product(CONTRIBUTIONS, MODELS))
    paths = [rounds(start, Motion(STEP, STEP)) for start in starts]
    printed = [rounds(start, Motion(STEP, STEP, projected=False)) for start in starts]
    counts = [path.steps for path in paths]
    most = {"least": min(counts), "most": max(counts), "starts": len(starts)}
    run.say("ends", agrees=not all(map(_at_nothing, paths)), **most)
    left = [path.left_at for path in printed if path.left_at is not None]
    words = f"left from {len(left)} of {len(starts)} starts"
    if len(left) == len(starts):
        words = f"left in round {min(left)} to {max(left)}, from all {len(starts)} starts"
    run.say("stays", words, not left)
    held = rounds(((5, 5), PRINTED_MODEL), Motion(STEP, 0.0), HELD_ROUNDS)
    run.say("goes", path=held)
    for name, noise in (("direct", 0.0), ("noisy", NOISE)):
        end = md.solve(example(noise), "upbred")
        passed = end.certificate is not None and end.certificate.verdict == "pass"
        run.say(name, agrees=passed, end=end, welfare=end.accuracies.sum())
    run.series |= {
        "rounds": paths[1].kept.tolist(),
        "contributions": paths[1].states.tolist(),
        "distance": np.linalg.norm(paths[1].models - TARGET, axis=1).tolist(),
        "printed_rounds": printed[1].kept.tolist(),
        "printed_contributions": printed[1].states.tolist(),
    }


def _at_nothing(path: JointPath) -> bool:
    assert path.parameters is not None
    near = np.abs(path.parameters - TARGET) <= DEFAULT.verify
    return path.ending is Ending.SINGULAR and not path.contributions.any() and bool(near.all())


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
    return Constants(strength, largest, 0.0, agents * largest, 1.0, 1.0, coupling, agents, 1)


def two_targets() -> SharingGame:
    """Return a game that contracts although Theorem 1 allows no step."""
    pairs = ((0.004, 0.003), (0.002, 0.001))
    costs = [{"family": "quadratic", "rate": rate, "curvature": bend} for rate, bend in pairs]
    accuracy = {"family": "quadratic-fit", "targets": TARGETS, "noise": 3}
    return sharing_game(sharing(accuracy, costs, platform_data=10, capacity=(10, 10)))


def derivative_of_mean_gradient(game: SharingGame, w: Floats, s: Floats) -> Floats:
    """Return d g~ / d s, shape (m, n), by central differences: what the proof calls H~."""
    fit = game.learning
    assert fit is not None
    columns = []
    for step in DIFFERENCE_STEP * np.eye(game.size):
        totals = (game.platform_data + float(moved.sum()) for moved in (s + step, s - step))
        up, down = (fit.mean_gradient(w, total) for total in totals)
        columns.append((up - down) / (2 * DIFFERENCE_STEP))
    return np.array(columns).T


def printed_cross_table(w: Floats, s: Floats, platform: float) -> Floats:
    """Return H~ as in (5): the sum over agents of d^2 a_i / ds_j dw_k, shape (m, n)."""
    y = platform + float(s.sum())
    single = [2 * (w - np.array(target)) / y**2 for target in TARGETS]
    return np.outer(np.sum(single, axis=0), np.ones(len(s)))


def step_sizes(run: Recomputation) -> None:
    """Compare the bounds over random constants, and run a game to which Theorem 1 is silent."""
    random, ratios, worst, silent = run.random(), [], 0.0, 0
    for _ in range(DRAWS):
        n, strength = int(random.integers(2, 10)), float(random.uniform(0.01, 2))
        largest = strength * float(random.uniform(1, 5))
        c = assumed(strength, largest, strength * float(random.uniform(0, 0.95)), n)
        exact = argument_bounds(c)[0]
        worst = max(worst, abs(largest_by_bisection(c) / exact - 1))
        ratios.append(exact / published_bounds(c)[0])
    for _ in range(DRAWS):
        strength = float(random.uniform(0.01, 2))
        coupling = strength * float(random.uniform(1, 3))
        c = assumed(strength, strength * float(random.uniform(1, 5)), coupling, 2)
        silent += shortened(c, float(10 ** random.uniform(-6, 1))) < 1
    run.say("enough", agrees=min(ratios) >= 1)
    run.say("allowed", least=min(ratios), most=max(ratios), worst=worst)
    run.say("excluded", agrees=silent == 0, silent=silent)
    game, w, s = two_targets(), np.array([1.05]), np.array([2.0, 8.0])
    printed = printed_cross_table(w, s, game.platform_data)
    ratio = float((printed / derivative_of_mean_gradient(game, w, s)).mean())
    run.say("derivative", agrees=abs(ratio - 1) <= GRADIENT_AGREEMENT, ratio=ratio, game=game)
    assert game.learning is not None
    found = constants(Region(game, np.abs(w - game.learning.optimum)))
    assert isinstance(found, Constants)
    assert found.strength > ROUND_OFF
    as_printed, safe = found.printed(), contraction(found)
    assert safe is not None
    run.say("two targets", agrees=published_bounds(as_printed)[0] == 0, c=found, printed=as_printed)
    path = follow(game, np.full(2, 5.0), w, Motion(safe.gamma, safe.eta), 100_000, run.monitor)
    near = np.all(np.abs(path.contributions - s) <= GRADIENT_AGREEMENT)
    agrees = path.ending is Ending.RESTED and near
    run.say("rounds", agrees=agrees, path=path, safe=safe, shrink=1 - safe.rate)
    for coupling in COUPLINGS:
        cases = [assumed(strength, 1, coupling, 2) for strength in STRENGTHS]
        run.series[f"{coupling:g}"] = {
            "lambda": STRENGTHS.tolist(),
            "published": [published_bounds(c)[0] for c in cases],
            "argument": [argument_bounds(c)[0] for c in cases],
        }
