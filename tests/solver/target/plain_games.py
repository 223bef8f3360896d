"""Small games by their formulas, and the inequality of the design theorem written down anew.

Nothing here uses mdsolve's games, solvers or checker: free deviations come from grids that are
refined around their best point, Shapley shares from all coalitions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

import mdsolve as md

Floats = npt.NDArray[np.float64]

GRID = 101
ROUNDS = 9
NARROWER = 0.04


@dataclass(frozen=True)
class Plain:
    """A game: accuracies of whole profiles (..., n), and a cost per agent.

    Parameters
    ----------
    accuracies : callable
        From profiles of shape (..., n) to accuracies of the same shape.
    costs : sequence of (fixed, rate, curvature)
        c_i(z) = fixed + rate z + curvature z^2 / 2.
    """

    accuracies: Callable[[Floats], Floats]
    costs: Sequence[tuple[float, float, float]]
    value: Floats
    capacity: Floats

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.value)

    def benefits(self, s: Floats) -> Floats:
        """Return value_i a_i at profiles (..., n)."""
        return self.value * self.accuracies(np.asarray(s, dtype=float))

    def cost(self, s: Floats) -> Floats:
        """Return c_i(s_i) at profiles (..., n)."""
        fixed, rate, bend = np.array(self.costs, dtype=float).T
        return np.asarray(fixed + rate * s + bend * np.asarray(s) ** 2 / 2)

    def welfare(self, s: Floats) -> Floats:
        """Return A(s) less all costs at profiles (..., n)."""
        return np.asarray((self.benefits(s) - self.cost(s)).sum(axis=-1))

    def own(self, agent: int, s: Floats, z: Floats) -> Floats:
        """Return value_i a_i - c_i where one agent brings each of z instead, shape z.shape."""
        profiles = np.repeat(np.asarray(s, dtype=float)[None], len(z), axis=0)
        profiles[:, agent] = z
        return np.asarray((self.benefits(profiles) - self.cost(profiles))[:, agent])

    def free(self, agent: int, s: Floats) -> tuple[float, float]:
        """Return the best free deviation and what it yields: a grid, refined around its best."""
        low, high = 0.0, float(self.capacity[agent])
        for _ in range(ROUNDS):
            grid = np.unique(np.append(np.linspace(low, high, GRID), s[agent]))
            values = self.own(agent, s, grid)
            best = int(np.argmax(values))
            width = NARROWER * (high - low)
            low = max(0.0, grid[best] - width)
            high = min(float(self.capacity[agent]), grid[best] + width)
        return float(grid[best]), float(values[best])

    def deviations(self, s: Floats) -> Floats:
        """Return D_i, shape (n,)."""
        return np.array([self.free(agent, s)[1] for agent in range(self.size)])

    @cached_property
    def alone(self) -> Floats:
        """out_i, shape (n,)."""
        return self.deviations(np.zeros(self.size))

    def shares(self, s: Floats) -> Floats:
        """Return Shapley shares of X -> A(s[X]) - A(0), shape (n,)."""
        n = self.size
        masks = np.array(list(itertools.product([0.0, 1.0], repeat=n)))
        worth = self.benefits(masks * s).sum(axis=-1)
        found = np.zeros(n)
        for mask, value in zip(masks, worth, strict=True):
            size = int(mask.sum())
            for agent in range(n):
                others = size - int(mask[agent])
                weight = math.factorial(others) * math.factorial(n - 1 - others) / math.factorial(n)
                found[agent] += weight * value * (1 if mask[agent] else -1)
        return found

    def least(self, s: Floats, limits: Floats, reciprocity: float, margin: float | None) -> Floats:
        """Return what y_i = value_i a_i + p_i must be at least, shape (n,)."""
        cost = self.cost(s)
        least = np.full(self.size, -np.inf)
        if np.isfinite(limits).any():
            least = np.maximum(least, cost + self.deviations(s) - limits)
        if margin is not None:
            least = np.maximum(least, cost + self.alone + margin)
        if reciprocity > 0:
            shares = self.shares(s)
            earned = reciprocity * shares + self.benefits(np.zeros(self.size))
            counted = shares > 1e-13 * np.abs(shares).max(initial=0.0)
            least = np.where(counted, np.maximum(least, earned), least)
        return least

    def slack(
        self,
        s: Floats,
        limits: Floats | float = np.inf,
        reciprocity: float = 0.0,
        margin: float | None = 0.0,
    ) -> float:
        """Return A(s) less the sum of what everybody must have: payments exist iff not negative."""
        each = np.broadcast_to(np.asarray(limits, dtype=float), (self.size,))
        return float(self.benefits(s).sum() - self.least(s, each, reciprocity, margin).sum())

    def best_goal(self, goal: str, s: Floats, least: Floats) -> float:
        """Return the goal at contributions under the payments that serve it best."""
        if goal == "data":
            return float(np.sum(s))
        if goal == "accuracy":
            return float(self.benefits(s).sum())
        welfare = float(self.welfare(s))
        if goal == "welfare":
            return welfare
        utilities = filled(least - self.cost(s), welfare)
        return float(utilities.min()) if goal == "least-utility" else mean(utilities, goal)


def mean(utilities: Floats, goal: str) -> float:
    """Return the p-mean that ``p-mean=P`` names, -inf where somebody has less than nothing."""
    p = float(goal.removeprefix("p-mean="))
    if utilities.min() < 0:
        return -np.inf
    with np.errstate(divide="ignore"):
        if p == 0:
            return float(np.exp(np.log(utilities).mean()))
        return float((utilities**p).mean() ** (1 / p))


def filled(least: Floats, total: float) -> Floats:
    """Return max(least, level) with a sum, the level found by halving."""
    low, high = -1e6, 1e6
    for _ in range(200):
        level = 0.5 * (low + high)
        if np.maximum(least, level).sum() > total:
            high = level
        else:
            low = level
    return np.maximum(least, low)


@dataclass(frozen=True)
class Twin:
    """The same game as an instance and by its formulas."""

    name: str
    instance: Any
    plain: Plain


def twin(
    name: str,
    accuracy: Mapping[str, Any],
    agents: Sequence[Mapping[str, Any]],
    top: float | None = None,
) -> Twin:
    """Return both; agents hold cost, curvature, fixed, value and capacity as numbers.

    Parameters
    ----------
    top : float or None
        Where the formulas stop where there is no capacity.
    """
    specified, costs = [], []
    for k, agent in enumerate(agents):
        rate, bend = agent.get("cost", 0.0), agent.get("curvature", 0.0)
        cost: Any = rate
        if bend:
            cost = {"family": "quadratic", "rate": rate, "curvature": bend}
        entry = {"name": f"agent-{k}", "cost": cost, "value": agent.get("value", 1)}
        if "capacity" in agent:
            entry["capacity"] = agent["capacity"]
        specified.append(entry)
        costs.append((0.0, float(rate), float(bend)))
    instance = md.parse({"kind": "sharing", "agents": specified, "accuracy": dict(accuracy)})
    value = np.array([float(agent.get("value", 1)) for agent in agents])
    capacity = np.array([float(agent.get("capacity", top)) for agent in agents])
    plain = Plain(FAMILIES[accuracy["family"]](accuracy, len(agents)), costs, value, capacity)
    return Twin(name, instance, plain)


def _amounts(accuracy: Mapping[str, Any], n: int) -> Floats:
    weights = np.array(accuracy.get("weights", 1.0), dtype=float)
    return np.broadcast_to(weights, (n, n)).astype(float)


def _power(accuracy: Mapping[str, Any], n: int) -> Callable[[Floats], Floats]:
    table = _amounts(accuracy, n)
    ceiling, scale = float(accuracy.get("ceiling", 1)), float(accuracy.get("scale", 1))
    exponent = float(accuracy.get("exponent", 1))
    return lambda s: ceiling - scale * (1 + s @ table.T) ** -exponent


def _linear(accuracy: Mapping[str, Any], n: int) -> Callable[[Floats], Floats]:
    table = _amounts(accuracy, n)
    return lambda s: s @ table.T


def _coverage(accuracy: Mapping[str, Any], n: int) -> Callable[[Floats], Floats]:
    table = np.array(accuracy["distributions"], dtype=float)
    assert table.shape[0] == n
    return lambda s: 1 - 0.5 * np.exp(s @ np.log(1 - table)) @ table.T


def _curve(accuracy: Mapping[str, Any], n: int) -> Callable[[Floats], Floats]:
    x, y = np.array(accuracy["points"], dtype=float).T
    return lambda s: np.repeat(np.interp(s.sum(axis=-1), x, y)[..., None], n, axis=-1)


def _pac(accuracy: Mapping[str, Any], n: int) -> Callable[[Floats], Floats]:
    ceiling, k = float(accuracy["ceiling"]), float(accuracy["complexity"])

    def b(m: Floats) -> Floats:
        m = np.maximum(m, k / math.e)
        return ceiling - (4 + np.sqrt(2 * k * (2 + np.log(m / k)))) / np.sqrt(m)

    low, high = k / math.e, 1e9
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if b(np.array(middle)) > 0 else (middle, high)

    def accuracies(s: Floats) -> Floats:
        m = s.sum(axis=-1)
        return np.repeat(np.where(m >= high, b(m), 0.0)[..., None], n, axis=-1)

    return accuracies


FAMILIES: dict[str, Callable[[Mapping[str, Any], int], Callable[[Floats], Floats]]] = {
    "power": _power,
    "linear": _linear,
    "coverage": _coverage,
    "curve": _curve,
    "pac": _pac,
}

POINTS = [[0, 0.1], [50, 0.62], [200, 0.78], [500, 0.85], [900, 0.87]]


def example4() -> Twin:
    """Return [M25] Example 4, whose data are worth having up to 60 samples at most."""
    return twin("example 4", {"family": "power"}, [{"cost": 0.1}, {"cost": 0.25}], 60.0)


def two_targets() -> Twin:
    """Return the game of theory 1.7: full contributions are too much."""
    agents = [{"cost": 0.05, "capacity": 1}, {"cost": 0.2, "capacity": 9}]
    return twin("two targets", {"family": "power"}, agents)


def games() -> list[Twin]:
    """Return two and three agents of every concave family, and `pac`."""
    weights = [[1, 0.5], [0.25, 1]]
    three = [[1, 0.5, 0.25], [0.2, 1, 0.3], [0.1, 0.4, 1]]
    found = [[0.3, 0.2, 0.1], [0.1, 0.1, 0.5]]
    return [
        example4(),
        two_targets(),
        twin(
            "weights",
            {"family": "power", "weights": weights, "exponent": 0.7},
            [
                {"cost": 0.1, "capacity": 20},
                {"cost": 0.1, "curvature": 0.01, "value": 2, "capacity": 10},
            ],
        ),
        twin(
            "three",
            {"family": "power", "weights": three, "ceiling": 0.9, "scale": 0.8},
            [
                {"cost": 0.05, "capacity": 12, "value": 2},
                {"cost": 0.1, "capacity": 8},
                {"cost": 0.02, "curvature": 0.05, "capacity": 6},
            ],
        ),
        twin(
            "linear",
            {"family": "linear", "weights": [[2, 1], [0.5, 3]]},
            [{"curvature": 1, "capacity": 9}, {"cost": 0.5, "curvature": 2, "capacity": 3}],
        ),
        twin(
            "coverage",
            {"family": "coverage", "distributions": found},
            [{"cost": 0.02, "capacity": 50}, {"cost": 0.03, "capacity": 40}],
        ),
        twin(
            "curve",
            {"family": "curve", "points": POINTS},
            [{"cost": 0.0004, "capacity": 900}, {"cost": 0.0007, "value": 2, "capacity": 700}],
        ),
        twin(
            "pac",
            {"family": "pac", "ceiling": 0.95, "complexity": 10},
            [{"cost": 0.0005, "capacity": 900}, {"cost": 0.0007, "value": 2, "capacity": 900}],
        ),
    ]


def named(name: str) -> Twin:
    """Return one of `games`."""
    return next(game for game in games() if game.name == name)
