"""[D25] Theorem 2 and Corollary 1: how many steps the second phase takes, against the bounds.

After phase 1 everybody brings everything, and w descends f(w) = -1/n sum_i a_i(w) by full
gradients. With a_i the negative of half a mean squared error plus a ridge, f is quadratic: the
extreme eigenvalues of its Hessian are M and nu, and steps can be counted against

    T_0 > ln((f(w_0) - f*) / eps) / ln(1 / (1 - nu/M)),                step 1/M,
    T_0 > ln(|w_0 - w*| / eps) / ln((1 + nu/M) / (1 - nu/M)),          step 2/(M + nu).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mdsolve.reproduce.record import Floats, Recomputation

AGENTS = 5
RIDGE = 0.01
VALUE_GAP, DISTANCE = 0.001, 0.01
SHOWN = 400


@dataclass(frozen=True)
class Quadratic:
    """f(w) = 1/2 <w, H w> - <b, w>, with w a matrix (parameters, classes); zero at w = 0."""

    hessian: Floats
    linear: Floats

    @property
    def bounds(self) -> tuple[float, float]:
        """Nu and M: the extreme eigenvalues."""
        values = np.linalg.eigvalsh(self.hessian)
        return float(values[0]), float(values[-1])

    @property
    def optimum(self) -> Floats:
        """Where the gradient is zero."""
        return np.asarray(np.linalg.solve(self.hessian, self.linear), dtype=np.float64)

    def gap(self, w: Floats) -> float:
        """Return f(w) - f* = 1/2 <w - w*, H (w - w*)>."""
        off = w - self.optimum
        return float((off * (self.hessian @ off)).sum() / 2)

    def gradient(self, w: Floats) -> Floats:
        """Return H w - b."""
        return np.asarray(self.hessian @ w - self.linear)


def mean_of_agents(agents: int, seed: int) -> Quadratic:
    """Return f of agents who hold equal random parts of the digits."""
    from mdsolve.learn.extra import require_learning

    require_learning()
    from mdsolve.learn.bundled import digits

    data = digits()
    inputs = data.inputs.reshape(len(data.labels), -1).astype(float)
    inputs = np.hstack([inputs, np.ones((len(inputs), 1))])
    targets = np.eye(len(data.classes))[data.labels]
    parts = np.array_split(np.random.default_rng(seed).permutation(len(inputs)), agents)
    hessian = np.mean([inputs[rows].T @ inputs[rows] / len(rows) for rows in parts], axis=0)
    linear = np.mean([inputs[rows].T @ targets[rows] / len(rows) for rows in parts], axis=0)
    return Quadratic(hessian + RIDGE * np.eye(len(hessian)), linear)


def descent(
    problem: Quadratic, step: float, measure: Callable[[Floats], float], below: float, most: int
) -> list[float]:
    """Return the measure from w = 0 on, until it is below a number or for so many steps."""
    w = np.zeros_like(problem.linear)
    found = [measure(w)]
    while found[-1] >= below and len(found) <= most:
        w = w - step * problem.gradient(w)
        found.append(measure(w))
    return found


def phase_two(run: Recomputation) -> None:
    """Count the steps."""
    problem = mean_of_agents(AGENTS, run.seed)
    convex, smooth = problem.bounds
    optimum, ratio = problem.optimum, convex / smooth

    def distance(w: Floats) -> float:
        return float(np.linalg.norm(w - optimum))

    start = np.zeros_like(optimum)
    value_rate, distance_rate = 1 - ratio, (1 - ratio) / (1 + ratio)
    for key, rate_key, measure, eps, step, rate in (
        ("values", "rate", problem.gap, VALUE_GAP, 1 / smooth, value_rate),
        ("iterates", "contraction", distance, DISTANCE, 2 / (smooth + convex), distance_rate),
    ):
        bound = math.ceil(math.log(measure(start) / eps) / math.log(1 / rate))
        trail = descent(problem, step, measure, eps, bound + 1)
        steps = len(trail) - 1
        run.say(key, steps, steps <= bound, eps=eps, bound=bound, smooth=smooth, convex=convex)
        worst = max(after / before for before, after in pairwise(trail))
        run.say(rate_key, worst, worst <= rate * (1 + 1 / 10**9), bound=rate)
        if key == "values":
            shown = np.unique(np.linspace(0, steps, SHOWN).round().astype(int))
            run.series |= {
                "rounds": shown.tolist(),
                "measured": [math.log10(trail[k]) for k in shown],
                "bound": [math.log10(trail[0] * rate**k) for k in shown.tolist()],
            }
    round_ball = Quadratic(smooth * np.eye(len(optimum)), problem.linear)
    trail = descent(round_ball, 1 / smooth, round_ball.gap, VALUE_GAP, 1)
    run.say("fast", len(trail) - 1, len(trail) == 2)
