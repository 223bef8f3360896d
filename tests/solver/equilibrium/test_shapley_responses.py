"""Shapley equilibria of clipped, kinked and union payoffs: against brute force over deviations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.potential import potential_equilibrium
from mdsolve.solver.equilibrium.shapley_responses import shapley_responses
from mdsolve.solver.equilibrium.stakes import ShapleyStakes
from tests.claims import columns_of, condition

PAYOFFS = {
    "pac": {"family": "pac", "ceiling": 0.95, "complexity": 1},
    "threshold-power": {"family": "threshold-power", "threshold": 20, "exponent": 0.5},
    "curve": {"family": "curve", "points": [[0, 0.1], [10, 0.5], [50, 0.8], [200, 0.9]]},
    "union": {
        "family": "union",
        "curve": {"points": [[0, 0], [100, 0.2], [200, 0.6]]},
        "neighbours": [[0, 1], [1, 2], [2, 0]],
    },
}
RATES = {"pac": 0.001, "threshold-power": 0.004, "curve": 0.004, "union": 0.002}


def game_of(family, capacity=400):
    return sharing_game(instance_of(family, capacity))


def instance_of(family, capacity=400):
    rate = RATES[family]
    agents = [
        {"name": name, "cost": rate * factor, "capacity": capacity}
        for name, factor in zip("ABC", (1, 1.2, 1.5), strict=True)
    ]
    return parse({"kind": "sharing", "agents": agents, "accuracy": PAYOFFS[family]})


def responses(game):
    return shapley_responses(ShapleyStakes(game, game.costs), Monitor())


def share_from_orders(game, s, agent):
    """The definition: the mean over all orders of what the agent adds."""
    gains = []
    for order in itertools.permutations(range(game.size)):
        before = np.zeros(game.size)
        for member in order[: order.index(agent)]:
            before[member] = s[member]
        after = before.copy()
        after[agent] = s[agent]
        gains.append(game.total_benefit(after) - game.total_benefit(before))
    return math.fsum(gains) / len(gains)


@pytest.mark.parametrize("family", PAYOFFS)
def test_no_deviation_on_a_grid_pays(family):
    game = game_of(family)
    found = responses(game)
    assert found.rested
    s = found.contributions
    for agent in range(game.size):
        assert found.shares[agent] == pytest.approx(share_from_orders(game, s, agent), abs=1e-12)
        own = found.shares[agent] - game.costs.value(s)[agent]
        for x in np.linspace(0, 400, 161):
            moved = s.copy()
            moved[agent] = x
            other = share_from_orders(game, moved, agent) - game.costs.value(moved)[agent]
            assert other <= own + 1e-10


@pytest.mark.parametrize("family", PAYOFFS)
def test_the_checker_accepts_it_and_rejects_a_millionth_more(family):
    instance = instance_of(family)
    s = responses(sharing_game(instance)).contributions

    def verdict(contributions):
        return condition(instance, columns_of(contributions, mechanism="shapley"), "nash").verdict

    assert verdict(s) == "pass"
    inner = int(np.argmax((s > 0) & (s < 400)))
    for change in (1e-6, -1e-6):
        moved = s.copy()
        moved[inner] *= 1 + change
        assert verdict(moved) == "fail"
    assert verdict(0.5 * s) == "fail"


def test_a_threshold_leaves_the_empty_equilibrium_beside_a_better_one():
    agents = [{"name": f"A{k}", "cost": 0.0018} for k in range(4)]
    accuracy = {"family": "threshold-power", "threshold": 200, "exponent": 1}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    found = responses(sharing_game(instance))
    data = columns_of(found.contributions, mechanism="shapley")
    assert condition(instance, data, "nash").verdict == "pass"
    assert found.contributions.sum() == pytest.approx(max(found.totals))


def test_on_smooth_payoffs_responses_and_newton_agree():
    agents = [{"name": name, "cost": c} for name, c in (("A", 0.1), ("B", 0.25), ("C", 0.05))]
    game = sharing_game(
        parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    )
    by_responses = responses(game).contributions
    by_newton = potential_equilibrium(game, Monitor()).contributions
    np.testing.assert_allclose(by_responses, by_newton, atol=1e-8)


def test_many_agents_are_refused_with_the_limit():
    agents = [{"name": "A{}", "count": 13, "cost": 0.001}]
    game = sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": PAYOFFS["pac"]}))
    with pytest.raises(UnsupportedError, match="at most 12"):
        responses(game)


def test_free_data_without_a_limit_is_refused():
    agents = [{"name": "A", "cost": 0}, {"name": "B", "cost": 0.001}]
    game = sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": PAYOFFS["pac"]}))
    with pytest.raises(UnsupportedError, match="no capacity"):
        responses(game)
