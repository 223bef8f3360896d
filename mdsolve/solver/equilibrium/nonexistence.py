"""Proof that a `union` game has no pure equilibrium: branch and bound on boxes of contributions.

u_i = value_i (1 - (1 - e(s_i)) M_i(s)) - c_i(s_i) with M_i the product of the other neighbours'
misses, e and c_i piecewise linear. For a fixed deviation d the gain

    value_i (e(d) - e(s_i)) M_i - c_i(d) + c_i(s_i)

is linear in M_i and piecewise linear in s_i, so its least value over a box is attained at finitely
many points: ends and break points of s_i, with M_i at one of its two ends. Best responses lie at
break points, so a finite set of deviations decides regret exactly. A box is settled once one
deviation of one agent gains enough everywhere in it; the others are halved. The least gain over the
settled boxes is a proved lower bound of the Nash gap min_s max_i regret_i(s).

The tree is kept in preorder, so that a checker can replay it in exact fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.union import UnionAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor

Floats = npt.NDArray[np.float64]

BOX_LIMIT = 400_000
CLOSENESS = 0.999
"""A box is settled once its bound reaches this share of the least regret seen at any point, so
the proved gap is within a thousandth of the true one."""


@dataclass(frozen=True)
class NashGap:
    """Bounds on min_s max_i regret_i(s), in money.

    Parameters
    ----------
    lower : float
        Proved by the tree; positive means that there is no pure equilibrium.
    upper : float
        Regret at `point`.
    point : (n,)
    tree : list
        Preorder: ``[agent, at]`` splits the box at a contribution, ``[agent, None, deviation]`` is
        a leaf.
    boxes : int
        Leaves.
    """

    lower: float
    upper: float
    point: Floats
    tree: list[Any]
    boxes: int


class _Game:
    """A union game in the form the search needs: break points, deviations, break-point costs."""

    def __init__(self, game: SharingGame) -> None:
        accuracy = game.accuracy
        assert isinstance(accuracy, UnionAccuracy)
        if not np.all(np.isfinite(game.capacity)):
            raise UnsupportedError.single(
                "agents",
                "a capacity that is not finite",
                "finite capacities",
                "a proof that no equilibrium exists covers a bounded box",
            )
        costs = game.costs
        if costs.curvature.any() or costs.power_rate.any():
            raise UnsupportedError.single(
                "agents",
                "a curved cost",
                "linear or piecewise-linear costs",
                "curved costs are not covered by the proof of non-existence",
            )
        self.game, self.accuracy = game, accuracy
        self.size = game.size
        self.breaks = [self._breaks(agent) for agent in range(self.size)]

    def _breaks(self, agent: int) -> Floats:
        points = np.concatenate(
            [self.accuracy.samples, self.game.costs.kinks(agent), [0.0, self.game.capacity[agent]]]
        )
        return np.unique(points[points <= self.game.capacity[agent]])

    def misses(self, agent: int, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return the least and largest M_agent over boxes of shape (B, n)."""
        others = [j for j in self.accuracy.neighbours[agent] if j != agent]
        least = np.prod(1 - self.accuracy.effort(high[:, others]), axis=1)
        most = np.prod(1 - self.accuracy.effort(low[:, others]), axis=1)
        return np.asarray(least), np.asarray(most)

    def least_gains(self, agent: int, low: Floats, high: Floats) -> Floats:
        """Return the least gain over each box for each deviation, shape (B, deviations)."""
        value = float(self.game.value[agent])
        least, most = self.misses(agent, low, high)
        own = agent in self.accuracy.neighbours[agent]
        deviations = self.breaks[agent]
        result = np.full((len(low), len(deviations)), np.inf)
        points = [low[:, agent], high[:, agent]]
        points += [np.clip(b, low[:, agent], high[:, agent]) for b in deviations]
        cost = self.game.costs
        for point in points:
            effort = self.accuracy.effort(point) if own else np.zeros_like(point)
            saved = cost.along(agent, point)[:, None] - cost.along(agent, deviations)[None, :]
            target = self.accuracy.effort(deviations) if own else np.zeros_like(deviations)
            better = value * (target[None, :] - effort[:, None])
            for miss in (least, most):
                np.minimum(result, better * miss[:, None] + saved, out=result)
        return result

    def bounds(self, low: Floats, high: Floats) -> tuple[Floats, npt.NDArray[np.intp], Floats]:
        """Return the best bound per box, and the agent and deviation that give it."""
        best = np.full(len(low), -np.inf)
        agent_of = np.zeros(len(low), dtype=np.intp)
        deviation = np.zeros(len(low))
        for agent in range(self.size):
            gains = self.least_gains(agent, low, high)
            at = np.argmax(gains, axis=1)
            value = gains[np.arange(len(low)), at]
            better = value > best
            best = np.where(better, value, best)
            agent_of[better] = agent
            deviation[better] = self.breaks[agent][at][better]
        return best, agent_of, deviation


def nash_gap(game: SharingGame, monitor: Monitor, limit: int = BOX_LIMIT) -> NashGap:
    """Return proved bounds on the Nash gap of a `union` game.

    Raises
    ------
    UnsupportedError
        For infinite capacities or curved costs.
    """
    search = _Game(game)
    low, high = np.zeros((1, game.size)), game.capacity[None, :].copy()
    upper, point = np.inf, np.zeros(game.size)
    nodes: list[dict[str, Any]] = [{}]
    places = np.zeros(1, dtype=np.intp)
    settled, lower = 0, np.inf
    while len(low) and settled + len(low) <= limit:
        middle = 0.5 * (low + high)
        regret = search.bounds(middle, middle)[0]
        if regret.min() < upper:
            upper, point = float(regret.min()), middle[int(np.argmin(regret))]
        if upper <= 0:
            break
        bound, agents, deviations = search.bounds(low, high)
        done = bound >= CLOSENESS * upper
        for k in np.flatnonzero(done):
            nodes[places[k]]["leaf"] = (int(agents[k]), float(deviations[k]))
        settled += int(done.sum())
        lower = min(lower, float(bound[done].min(initial=np.inf)))
        low, high, places = _split(search, nodes, low[~done], high[~done], places[~done])
        monitor.advance("boxes settled", settled, settled + len(low))
    complete = len(low) == 0
    tree = _preorder(nodes) if complete else []
    return NashGap(lower if complete else 0.0, upper, point, tree, settled)


def _split(
    search: _Game,
    nodes: list[dict[str, Any]],
    low: Floats,
    high: Floats,
    places: npt.NDArray[np.intp],
) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
    """Halve every box along the agent whose effort varies most in it."""
    effort = search.accuracy.effort
    spread = effort(high) - effort(low) + (high - low) / np.maximum(search.game.capacity, 1.0)
    axis = np.argmax(spread, axis=1)
    rows = np.arange(len(low))
    middle = 0.5 * (low[rows, axis] + high[rows, axis])
    lows: list[Floats] = []
    highs: list[Floats] = []
    numbers: list[int] = []
    for k in range(len(low)):
        first, second = len(nodes), len(nodes) + 1
        nodes.extend(({}, {}))
        nodes[places[k]]["split"] = (int(axis[k]), float(middle[k]), first, second)
        numbers.extend((first, second))
    for side in (0, 1):
        a, b = low.copy(), high.copy()
        (b if side == 0 else a)[rows, axis] = middle
        lows.append(a)
        highs.append(b)
    order = np.arange(2 * len(low)).reshape(2, -1).T.ravel()
    return (
        np.concatenate(lows)[order],
        np.concatenate(highs)[order],
        np.array(numbers, dtype=np.intp),
    )


def _preorder(nodes: list[dict[str, Any]]) -> list[Any]:
    tree: list[Any] = []
    stack = [0]
    while stack:
        node = nodes[stack.pop()]
        if "leaf" in node:
            agent, deviation = node["leaf"]
            tree.append([agent, None, deviation])
        else:
            axis, at, first, second = node["split"]
            tree.append([axis, at])
            stack.extend((second, first))
    return tree
