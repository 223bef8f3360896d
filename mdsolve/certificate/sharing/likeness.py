"""Which agents of a sharing game could swap places: exchanging them changes nobody's accuracy.

Read from the instance's weights, distributions and neighbourhoods, not from slopes at a profile:
where accuracies are flat, different agents have equal slopes.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import CoverageAccuracy, UnionAccuracy, WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights, DenseWeights, GroupWeights

Floats = npt.NDArray[np.float64]


class Likeness:
    """Looks for agents who could swap places and act alike.

    Costs do not matter: a rule that pays for contributions does not see them.

    Parameters
    ----------
    game : SharingGame
    s : (n,)
        Contributions in samples.
    """

    def __init__(self, game: SharingGame, s: Floats) -> None:
        self.game = game
        self.s = s

    def like(self) -> npt.NDArray[np.intp]:
        """Return, for every agent, the first agent like him (himself if there is none), (n,)."""
        found = np.arange(self.game.size)
        known: dict[Hashable, list[int]] = {}
        for agent in range(self.game.size):
            candidates = known.setdefault(self._trait(agent), [])
            first = next((k for k in candidates if self._interchangeable(k, agent)), None)
            if first is None:
                candidates.append(agent)
            else:
                found[agent] = first
        return found

    @cached_property
    def _listening(self) -> list[set[int]]:
        """Whose accuracy each agent's data enter, for `union`."""
        accuracy = self.game.accuracy
        assert isinstance(accuracy, UnionAccuracy)
        found: list[set[int]] = [set() for _ in range(self.game.size)]
        for agent, row in enumerate(accuracy.neighbours):
            for neighbour in row:
                found[neighbour].add(agent)
        return found

    def _trait(self, agent: int) -> Hashable:
        """Return something equal for agents who could swap places."""
        accuracy = self.game.accuracy
        same = (float(self.game.value[agent]), float(self.s[agent]))
        if isinstance(accuracy, CoverageAccuracy):
            return (*same, accuracy.distributions[agent].tobytes())
        if isinstance(accuracy, UnionAccuracy):
            return (*same, len(set(accuracy.neighbours[agent])), len(self._listening[agent]))
        if not isinstance(accuracy, WeightedAccuracy):
            return (*same, agent)  # a user's own function: nobody is known to be like another
        curve, weights = accuracy.curve.of(agent), accuracy.weights
        if isinstance(weights, CommonWeights):
            return (*same, curve, float(weights.vector[agent]))
        if isinstance(weights, DenseWeights):
            row, column = np.sort(weights.matrix[agent]), np.sort(weights.matrix[:, agent])
            return (*same, curve, row.tobytes(), column.tobytes())
        return (*same, curve)

    def _interchangeable(self, first: int, second: int) -> bool:
        """Tell whether two agents of one trait could swap places."""
        accuracy = self.game.accuracy
        if isinstance(accuracy, UnionAccuracy):
            return self._same_neighbours(accuracy, first, second)
        if not isinstance(accuracy, WeightedAccuracy):
            return True
        if isinstance(accuracy.weights, GroupWeights):
            return _same_groups(accuracy.weights, first, second)
        if isinstance(accuracy.weights, DenseWeights):
            return _same_weights(accuracy.weights.matrix, first, second)
        return True

    def _same_neighbours(self, accuracy: UnionAccuracy, first: int, second: int) -> bool:
        swap = {first: second, second: first}
        touched = {first, second} | self._listening[first] | self._listening[second]
        return all(
            {swap.get(j, j) for j in accuracy.neighbours[agent]}
            == set(accuracy.neighbours[swap.get(agent, agent)])
            for agent in touched
        )


def _same_weights(matrix: Floats, first: int, second: int) -> bool:
    """Tell whether a matrix stays as it is when two rows and the two columns are exchanged."""
    order = np.arange(len(matrix))
    order[[first, second]] = second, first
    return bool(
        np.array_equal(matrix[first][order], matrix[second])
        and np.array_equal(matrix[:, first][order], matrix[:, second])
    )


def _same_groups(weights: GroupWeights, first: int, second: int) -> bool:
    """Compare what the groups of two agents weigh, each other's included."""
    i, j = int(weights.group[first]), int(weights.group[second])
    if i == j:
        return True
    counts = np.bincount(weights.group, minlength=len(weights.table))
    counts[[i, j]] -= 1
    others = counts > 0
    table = weights.table
    return bool(
        table[i, i] == table[j, j]
        and table[i, j] == table[j, i]
        and np.array_equal(table[i, others], table[j, others])
        and np.array_equal(table[others, i], table[others, j])
    )
