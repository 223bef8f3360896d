"""[M23] Theorem 3.2, how fast dynamics settle, and A.1 and A.2, when an equilibrium exists.

Theorem 3.2: with G the Jacobian of own slopes, G + lambda I negative semi-definite and
|G_ij| <= L, the step lambda / (n^2 L^2) shrinks ||g||^2 by at least the factor
1 - lambda^2 / (n L)^2 in every step. g is the slope, shortened to what bounds allow in one step.

Theorem A.2 has three agents, who profit from their own data and from a neighbour's:
a_i = e_i + e_j - e_i e_j, with an effort e(s) that rises from 0 to 1 between s = 1/2 - eps and
1/2 + eps. Data cost 1/4.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.progress import Monitor
from mdsolve.reproduce.record import Floats, Recomputation, checked, passes, sharing
from mdsolve.solver.best_response import best_responses
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.tolerance import DEFAULT, ROUND_OFF

SIZES = (2, 3, 5)
GAMES = 4  # random ones per number of agents
REDUCTION = 1000.0  # factor by which ||g|| is to fall


def strongly_concave(n: int, random: np.random.Generator) -> md.SharingInstance:
    """Return a game with own weights, quadratic costs and bounded contributions."""
    weights = random.uniform(0, 0.3 / n, (n, n))
    np.fill_diagonal(weights, random.uniform(0.7, 1, n))
    rate, curvature, capacity = random.uniform([0.05, 0.8, 0.15], [0.3, 1.2, 0.6], (n, 3)).T
    pairs = zip(rate, curvature, strict=True)
    cost = [{"family": "quadratic", "rate": r, "curvature": c} for r, c in pairs]
    return sharing({"family": "power", "weights": weights.tolist()}, cost, capacity=capacity)


def constants(instance: md.SharingInstance) -> tuple[float, float]:
    """Return (lambda, L), valid on the whole box.

    G_ij = -d_i w_ij - [i = j] k_i with 0 <= d_i <= 2 w_ii and k_i the curvature of the cost. By
    Gershgorin's circles, lambda = min_i (k_i - sum_{j != i} (w_ii w_ij + w_jj w_ji)).
    """
    game = sharing_game(instance)
    at_zero, bend = game.accuracy.jacobian(game.nothing()), game.costs.curvature
    steep = np.diag(at_zero)[:, None] * at_zero  # at s = 0 the slopes are the weights
    beside = steep + steep.T
    np.fill_diagonal(beside, 0.0)
    largest = 2 * steep + np.diag(bend)
    return float((bend - beside.sum(axis=1)).min()), float(largest.max())


def gradient_norms(
    instance: md.SharingInstance, step_size: float, start: Floats, monitor: Monitor
) -> Floats:
    """Return ||g|| from the start on after every step until it has fallen by `REDUCTION`."""
    s, norms = start, np.empty(0)
    while not norms.size or norms[-1] > norms[0] / REDUCTION:
        found = md.simulate(instance, "none", step_size=step_size, start=s, monitor=monitor)
        s, path = found.contributions, found.dynamics
        norms = np.append(norms[:-1], path["trajectory"]["gradient_norm"])
        if path["rested"] or path["cycle_length"] is not None:
            break
    return norms[: int(np.argmax(norms <= norms[0] / REDUCTION)) + 1]


def theorem_3_2(run: Recomputation) -> None:
    """Run the dynamics in random games with the theorem's step, and with a bolder one."""
    for n in run.each("sizes", SIZES):
        random, rows = run.random(n), []
        for _ in range(GAMES):
            game = strongly_concave(n, random)
            lam, largest = constants(game)
            start = random.uniform(0, 1, n) * sharing_game(game).capacity
            norms = gradient_norms(game, lam / (n * largest) ** 2, start, run.monitor)
            bolder = gradient_norms(game, 1 / (n * largest), start, run.monitor)
            worst, bound = (norms[1:] / norms[:-1]).max() ** 2, 1 - (lam / (n * largest)) ** 2
            allowed = 2 * (n * largest / lam) ** 2 * math.log(REDUCTION)
            rows.append((worst, bound, len(norms) - 1, allowed, len(bolder) - 1))
        shrunk, bounds, taken, most, bold = np.array(rows).T
        slowest, holds = int(shrunk.argmax()), np.all(shrunk <= bounds + ROUND_OFF)
        run.say("shrinks", agrees=holds, n=n, worst=shrunk[slowest], bound=bounds[slowest])
        counts = {"taken": int(taken.max()), "bold": int(bold.max()), "allowed": most.max()}
        run.say("steps", agrees=np.all(taken <= most), n=n, **counts)
        steps = np.arange(len(norms))
        lines = {"norms": norms / norms[0], "bold": bolder / bolder[0], "bound": bound}
        promised = {"steps": steps, "bounds": bound ** (steps / 2)}
        run.series[str(n)] = {**lines, **promised, "bold steps": np.arange(len(bolder))}


SEPARABLE_GAMES = 20  # random ones per family of Theorem A.1
AGENTS = 4
PROFILES = 5  # random contributions against which best responses are compared


def separable(family: str, random: np.random.Generator) -> md.SharingInstance:
    """Return a random game with a_i(s) = g_i(s_i) + h_i(the others), by family.

    ``linear``: g and h linear, quadratic costs. ``own-steps``: h = 0 and g not concave, flat and
    steep by turns.
    """
    cost: list[Any] = random.uniform(0.01, 0.2, AGENTS).tolist()
    if family == "linear":
        weights = random.uniform(0, 0.2, (AGENTS, AGENTS)).tolist()
        accuracy: dict[str, Any] = {"family": "linear", "weights": weights}
        pairs = random.uniform(0.01, 0.1, (AGENTS, 2)).tolist()
        cost = [{"family": "quadratic", "rate": rate, "curvature": bend} for rate, bend in pairs]
    else:
        samples = np.cumsum(random.uniform(0.2, 2, 4)).tolist()
        points = [[0, 0], *zip(samples, (0, 0.4, 0.4, 1), strict=True)]
        alone = [[k] for k in range(AGENTS)]
        accuracy = {"family": "union", "curve": {"points": points}, "neighbours": alone}
    return sharing(accuracy, cost, capacity=[10] * AGENTS)


def largest_reaction(instance: md.SharingInstance, random: np.random.Generator) -> float:
    """Return by how much best responses move, in samples, when the others' contributions do."""
    game = sharing_game(instance)
    stakes = AccuracyStakes(game, game.costs)
    profiles = [random.uniform(0, 10, AGENTS) for _ in range(PROFILES)]
    answers = [best_responses(stakes, s) for s in profiles]
    return float(np.ptp(np.array(answers), axis=0).max())


def theorem_a1(run: Recomputation) -> None:
    """Solve random separable games of two families, one of them not concave."""
    for number, (family, words) in enumerate(run.item.printed.items()):
        random, passed, reaction = run.random(number), 0, 0.0
        for _ in run.each(f"{family} games", range(SEPARABLE_GAMES)):
            instance = separable(family, random)
            passed += passes(md.solve(instance, "none"), "nash")
            reaction = max(reaction, largest_reaction(instance, random))
        agrees = passed == SEPARABLE_GAMES and reaction <= DEFAULT.verify
        run.say("exists", agrees=agrees, words=words, passed=passed, reaction=reaction)
    unbounded = sharing({"family": "linear", "weights": [[0.2]]}, [0.1])
    try:
        md.solve(unbounded, "none")
        answer = "solved"
    except UnsupportedError as refused:
        answer = f"refused: {refused.findings[0].got}"
    run.say("unbounded", f"a = 0.2 s, c = 0.1 s is {answer}")


HALF = Fraction(1, 2)
WIDTHS = tuple(Fraction(k, 64) for k in (1, 2, 4, 8, 16, 24, 28, 31))  # values of eps
PAPER_LIMIT = Fraction(1, 16)  # the paper's proof covers smaller eps
CLOSENESS = 0.999  # share of the formula that the proved bound must reach


def ring(eps: Fraction) -> md.SharingInstance:
    """Return the three agents of the proof, for 0 < eps <= 1/2."""
    flat = [[0, 0]] if eps < HALF else []
    points = [*flat, [str(HALF - eps), 0], [str(HALF + eps), 1]]
    neighbours = [[0, 2], [1, 0], [2, 1]]
    accuracy = {"family": "union", "curve": {"points": points}, "neighbours": neighbours}
    return sharing(accuracy, ["1/4"] * 3, capacity=[1] * 3)


def gap_formula(eps: Fraction) -> Fraction:
    """Return (1 - 4 eps^2) / 64, the least regret of the most tempted agent over all profiles."""
    return (1 - 4 * eps**2) / 64


def even_regret(eps: Fraction) -> Fraction:
    """Return everybody's regret when all contribute alike, with effort e(s) = 7/8 - eps/4.

    Everybody earns 2 e - e^2 - s/4; dropping out earns e, and full effort, s = 1/2 + eps, earns
    7/8 - eps/4. At this e both tempt equally. It bounds the gap from above.
    """
    effort = Fraction(7, 8) - eps / 4
    own = HALF + 2 * eps * (effort - HALF)
    return effort - (2 * effort - effort**2 - own / 4)


def theorem_a2(run: Recomputation) -> None:
    """Prove that there is no equilibrium at several eps, and compare the proved gap."""
    found = {eps: md.solve(ring(eps), "none") for eps in run.each("widths", WIDTHS)}
    for eps, solution in found.items():
        gap, exact, proof = solution.nash_gap, gap_formula(eps), checked(solution, "no-equilibrium")
        reached = solution.nash_gap_at_most * (1 + DEFAULT.verify)
        closes = CLOSENESS * float(exact) <= gap <= float(exact) <= reached
        agrees = proof.verdict == "pass" and closes and even_regret(eps) == exact
        words = {"proof": proof.scope.split(" that")[0], "gap": gap, "formula": float(exact)}
        published = "yes" if eps < PAPER_LIMIT else ""
        run.say("none", agrees=agrees, eps=eps, published=published, **words)
    last = md.solve(ring(HALF), "none")
    run.say("end", agrees=passes(last, "nash"), s=last.contributions)
    grid = np.linspace(0, 0.5, 101)
    run.series |= {
        "eps": [float(eps) for eps in WIDTHS],
        "lower": [solution.nash_gap for solution in found.values()],
        "upper": [solution.nash_gap_at_most for solution in found.values()],
        "all eps": grid,
        "formula": (1 - 4 * grid**2) / 64,
    }
