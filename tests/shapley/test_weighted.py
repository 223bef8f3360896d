"""Weighted shares against the definition by orders, and their potential against differences."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.costs import Costs
from mdsolve.instance import parse
from mdsolve.shapley.agent_weights import LARGEST_SUM, whole_ratios
from mdsolve.shapley.potential import ShapleyPotential
from mdsolve.shapley.routes import shapley
from mdsolve.shapley.weighted import arrival_rule
from tests.shapley.oracle import CONTRIBUTIONS, FAMILIES, ROUTES, game_of

FIVE = (1, 2, 3, 2, 5)
S = CONTRIBUTIONS[:5]
SMALL_FAMILIES = {
    "vector": {**FAMILIES["vector"], "weights": [1, 0.5, 2, 0.1, 3]},
    "coverage": {"family": "coverage", "distributions": FAMILIES["coverage"]["distributions"][:5]},
    "union": {
        "family": "union",
        "curve": {"points": [[0, 0], [10, 0.5], [50, 0.8]]},
        "neighbours": [[0, 1], [1, 2, 4], [0, 1, 2], [0], [3, 4]],
    },
    "linear": {"family": "linear", "weights": [[0.1, 0.2, 0.3, 0, 0.05]] * 5},
    "matrix": {
        "family": "power",
        "weights": np.array(FAMILIES["matrix"]["weights"])[:5, :5].tolist(),
    },
}
GAMES = ["power", "groups", "per-group", "pac", "threshold", "curve", "mixed", *SMALL_FAMILIES]


def small(family):
    return game_of(SMALL_FAMILIES.get(family, family), agents=5)


def by_orders(payoff, weights):
    """Return weighted Shapley values of Kalai and Samet: orders are drawn from their end.

    Of those who are left, agent i arrives last with chance w_i / (sum of their weights).
    """
    n = len(weights)
    found = [0] * n
    for order in itertools.permutations(range(n)):
        chance = Fraction(1)
        for k in range(n):
            chance *= Fraction(weights[order[k]]) / sum(
                Fraction(weights[j]) for j in order[: k + 1]
            )
        for k, agent in enumerate(order):
            gained = payoff(frozenset(order[: k + 1])) - payoff(frozenset(order[:k]))
            found[agent] += float(chance) * gained
    return np.array(found)


def worths(game, s):
    """Return the payoff of every coalition."""
    found = {}
    for size in range(game.size + 1):
        for members in itertools.combinations(range(game.size), size):
            inside = np.array([k in members for k in range(game.size)])
            found[frozenset(members)] = game.total_benefit(np.where(inside, s, 0.0))
    return found


@pytest.mark.parametrize("family", GAMES)
def test_every_route_gives_the_shares_of_the_definition(family):
    game = small(family)
    expected = by_orders(worths(game, S).__getitem__, FIVE)
    found = shapley(game, S, ratios=FIVE)
    assert found.method == ROUTES.get(family, "enumeration")
    np.testing.assert_allclose(found.shares, expected, rtol=0, atol=2e-13 * np.abs(expected).max())
    gained = game.total_benefit(S) - game.total_benefit(0 * S)
    assert found.shares.sum() == pytest.approx(gained, rel=1e-13)


@pytest.mark.parametrize("family", [name for name in GAMES if name in ROUTES and name != "linear"])
def test_closed_routes_agree_with_enumeration(family):
    game = small(family)
    closed = shapley(game, S, ratios=FIVE, derivatives=True)
    counted = shapley(game, S, route="enumeration", ratios=FIVE, derivatives=True)
    np.testing.assert_allclose(closed.shares, counted.shares, rtol=1e-12)
    np.testing.assert_allclose(closed.slopes, counted.slopes, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("family", ["power", "vector", "matrix", "groups", "coverage", "per-group"])
def test_slopes_over_weights_are_the_gradient_of_the_potential(family):
    game = small(family)
    potential = ShapleyPotential(game, ratios=FIVE)
    point = potential.at(S)
    step = 1e-4
    for agent in range(5):
        up, down = S.copy(), S.copy()
        up[agent] += step
        down[agent] -= step
        above, below = potential.at(up), potential.at(down)
        assert (above.value - below.value) / (2 * step) == pytest.approx(
            point.gradient[agent], rel=1e-6, abs=1e-9
        )
        rise = (above.shares[agent] - below.shares[agent]) / (2 * step)
        assert rise == pytest.approx(FIVE[agent] * point.gradient[agent], rel=1e-6, abs=1e-9)
        bend = (above.gradient - below.gradient) / (2 * step)
        np.testing.assert_allclose(point.hessian[agent], bend, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("family", ["power", "coverage", "curve"])
def test_all_agree_where_weights_are_equal_but_not_said_to_be(family):
    game = small(family)
    plain = shapley(game, S, derivatives=True)
    ones = shapley(game, S, ratios=(1,) * 5, derivatives=True)
    np.testing.assert_allclose(ones.shares, plain.shares, rtol=1e-12)
    np.testing.assert_allclose(ones.slopes, plain.slopes, rtol=1e-12)


def test_who_differs_by_the_weight_alone_is_counted_together():
    agents = [{"name": f"a{k}", "cost": 1} for k in range(40)]
    spec = {"kind": "sharing", "agents": agents, "accuracy": {"family": "pac", "complexity": 1}}
    game = sharing_game(parse(spec))
    s, ratios = np.full(40, 3.0), (1,) * 20 + (2,) * 20
    shares = shapley(game, s, ratios=ratios).shares
    gained = game.total_benefit(s) - game.total_benefit(0 * s)
    assert shares.sum() == pytest.approx(gained, rel=1e-12)
    assert np.ptp(shares[:20]) == np.ptp(shares[20:]) == 0
    assert shares[20] > shares[0]


def test_weighted_shares_of_a_unanimity_game_are_the_weights():
    """Everybody is needed for the threshold: whoever comes last gets all of it."""
    agents = [{"name": f"a{k}", "cost": 1} for k in range(3)]
    accuracy = {"family": "threshold-power", "threshold": 25, "exponent": 1, "value": 1}
    game = sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": accuracy}))
    s = np.full(3, 10.0)
    shares = shapley(game, s, ratios=(1, 2, 3)).shares
    whole = game.total_benefit(s)
    np.testing.assert_allclose(shares, whole * np.array([1, 2, 3]) / 6, rtol=1e-12)


def test_nodes_integrate_powers_and_keep_small_distances_to_one():
    rule = arrival_rule((3, 700, 297))
    assert len(rule.weights) == 500
    assert rule.weights @ rule.joined[:, 0] == pytest.approx(1 / 3, rel=1e-12)
    assert rule.weights @ (rule.joined[:, 1] * rule.apart[:, 2]) == pytest.approx(
        1 / 700 - 1 / 997, rel=1e-11
    )
    assert np.all((rule.apart > 0) & (rule.apart <= 1))


@settings(max_examples=25, deadline=None)
@given(
    weights=st.lists(st.integers(1, 7), min_size=4, max_size=4),
    s=st.lists(st.floats(0, 50), min_size=4, max_size=4),
    order=st.permutations(range(4)),
)
def test_names_and_units_do_not_matter(weights, s, order):
    agents = [{"name": f"a{k}", "cost": 1, "value": 1 + k} for k in range(4)]
    matrix = np.array(FAMILIES["matrix"]["weights"])[:4, :4]
    spec = {
        "kind": "sharing",
        "agents": agents,
        "accuracy": {"family": "power", "weights": matrix.tolist()},
    }
    s, order = np.array(s), list(order)
    ratios = whole_ratios([Fraction(w) for w in weights])
    found = shapley(sharing_game(parse(spec)), s, ratios=ratios).shares
    moved = {
        **spec,
        "agents": [{**agents[k], "value": 10 * agents[k]["value"]} for k in order],
        "accuracy": {"family": "power", "weights": matrix[np.ix_(order, order)].tolist()},
    }
    again = whole_ratios([Fraction(weights[k], 3) for k in order])
    other = shapley(sharing_game(parse(moved)), s[order], ratios=again).shares
    np.testing.assert_allclose(other, 10 * found[order], rtol=1e-11, atol=1e-13)


def test_ratios_are_whole_and_refused_where_they_are_too_large():
    assert whole_ratios([Fraction("0.5"), Fraction(1, 3), Fraction(1)]) == (3, 2, 6)
    assert whole_ratios([Fraction("0.1")] * 9) is None
    with pytest.raises(
        UnsupportedError, match=f"(?s)at most {LARGEST_SUM:,}.*for example to 20, 7"
    ):
        whole_ratios([Fraction(1), Fraction(1, 3) + Fraction(1, 10**6)])


@pytest.mark.parametrize("route", ["lattice", "split-lattice", "sampling"])
def test_routes_without_weights_say_so(route):
    with pytest.raises(UnsupportedError, match="option weights"):
        shapley(small("power"), S, route=route, ratios=FIVE)


def test_costs_are_divided_agent_by_agent():
    costs = Costs.linear([1.0, 2.0]).divided(np.array([1, 4]))
    assert costs.value(np.array([3.0, 3.0])).tolist() == [3.0, 1.5]
    pieces = sharing_game(
        parse(
            {
                "kind": "sharing",
                "agents": [
                    {
                        "name": "A",
                        "cost": {"family": "piecewise-linear", "points": [[0, 0], [2, 4]]},
                    },
                    {"name": "B", "cost": {"family": "quadratic", "rate": 1, "curvature": 2}},
                ],
                "accuracy": {"family": "power"},
            }
        )
    ).costs
    s = np.array([1.0, 3.0])
    np.testing.assert_allclose(pieces.divided(np.array([4, 2])).value(s), pieces.value(s) / [4, 2])
    assert math.isclose(pieces.divided(np.array([4, 2])).slope(s)[0], 0.5)
