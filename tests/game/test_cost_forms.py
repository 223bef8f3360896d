"""A cost form whose parameters differ between agents: picked, repeated and transformed as one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mdsolve.game.costs import Costs
from mdsolve.game.costs.base import CostForm
from mdsolve.game.costs.piecewise_linear import Pieces


@dataclass(frozen=True)
class Exponential(CostForm):
    """scale (exp(s) - 1) + rate s."""

    scale: np.ndarray
    rate: np.ndarray

    def value(self, s):
        return self.scale * np.expm1(s) + self.rate * s

    def slope(self, s, side="right"):
        return self.scale * np.exp(s) + self.rate

    def second(self, s):
        return self.scale * np.exp(s)

    def supply(self, price, end="high"):
        return np.log(np.maximum((price - self.rate) / self.scale, 1.0))

    def transformed(self, factor, shift):
        return replace(self, scale=factor * self.scale, rate=factor * self.rate + shift)


SCALE = np.array([0.5, 0.25, 0.5])
MEMBERS = np.array([0, 2, 4])
S = np.array([0.5, 1.0, 1.5, 2.0, 2.5])


def costs():
    base = Costs.linear([0.0, 0.3, 0.0, 0.0, 0.0])
    pieces = Pieces(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.1, 0.5]))
    return replace(base, shapes=((MEMBERS, Exponential(SCALE, 0 * SCALE)), (3, pieces)))


def values(s=S):
    found = np.array([0.0, 0.3 * s[1], 0.0, 0.5, 0.0])
    found[MEMBERS] = SCALE * np.expm1(s[MEMBERS])
    return found


def test_everybody_pays_by_the_own_form():
    np.testing.assert_allclose(costs().value(S), values(), rtol=1e-14)
    slope = costs().slope(S)
    np.testing.assert_allclose(slope[MEMBERS], SCALE * np.exp(S[MEMBERS]), rtol=1e-14)
    np.testing.assert_allclose(costs().supply(slope)[MEMBERS], S[MEMBERS], rtol=1e-12)
    assert costs().kinds[0] == costs().kinds[4] != costs().kinds[2]
    assert not costs().is_linear
    assert [agent for agent, _ in costs().functions] == [0, 2, 4]
    assert [agent for agent, _ in costs().pieces] == [3]


@pytest.mark.parametrize("agents", [[], [4, 3, 0], [2], [3], [1, 2, 2], [0, 1, 2, 3, 4]])
def test_some_agents_keep_their_costs(agents):
    taken = costs().take(np.array(agents, dtype=np.intp))
    np.testing.assert_allclose(taken.value(S[agents]), values()[agents], rtol=1e-14)
    for place, agent in enumerate(agents):
        own = np.array([0.3, 1.7])
        np.testing.assert_allclose(taken.along(place, own), costs().along(agent, own), rtol=1e-14)


def test_a_transformed_cost_is_that_of_its_form():
    found = costs().transformed(0.5, 0.1).value(S)
    np.testing.assert_allclose(found, 0.5 * values() + 0.1 * S, rtol=1e-14)
