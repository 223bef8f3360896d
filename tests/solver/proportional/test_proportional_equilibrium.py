"""Equilibria of the proportional rules against formulas, definitions, brute force and mpmath."""

from __future__ import annotations

from itertools import pairwise, permutations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.progress import silent
from mdsolve.shapley.routes import shapley
from mdsolve.solver.proportional.agent_types import agent_types
from mdsolve.solver.proportional.equilibrium import best_exponent, proportional_equilibria
from mdsolve.solver.proportional.progression import progression_rule
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.solver.proportional.resting import is_equilibrium
from mdsolve.solver.proportional.standings import STANDINGS
from mdsolve.solver.shaping.value_shaping import shaped_equilibria
from mdsolve.status import Termination

PAC = {"family": "pac", "ceiling": 0.95, "complexity": 1}
POWER = {"family": "power"}


def game_of(agents, accuracy=PAC, **more):
    spec = {"kind": "sharing", "agents": agents, "accuracy": accuracy, **more}
    return sharing_game(parse(spec))


def alike(count, cost, accuracy=PAC, **more):
    return game_of([{"name": "a{}", "count": count, "cost": cost}], accuracy, **more)


def ranked(game, rule, power):
    return RankedGame(agent_types(game, rule), STANDINGS[rule], power)


def found(game, rule="data", power=1.0, select="most-data"):
    return proportional_equilibria(ranked(game, rule, power), select, silent())


# Totals of theory: value shaping of 10^4 agents at cost 0.1, found in 40 digits elsewhere.
@pytest.mark.parametrize(
    ("k", "total"), [(1, 91972.155568), (10, 88654.767744), (100, 78735.415197)]
)
def test_at_exponent_one_proportional_data_is_value_shaping(k, total):
    game = alike(10_000, 0.1, {**PAC, "complexity": k})
    mine = found(game)
    assert mine.total == pytest.approx(total, abs=1e-6)
    assert mine.total == pytest.approx(shaped_equilibria(game).totals[-1], rel=1e-12)
    assert mine.intervals[0] == [0.0, 0.0]
    assert mine.participating


@settings(max_examples=12, deadline=None)
@given(
    count=st.integers(2, 60),
    cost=st.floats(1e-5, 1.9e-3),
    platform=st.sampled_from([0.0, 40.0, 900.0]),
    value=st.sampled_from([1.0, 2.5]),
)
def test_equals_value_shaping_with_platform_data_and_values(count, cost, platform, value):
    agents = [{"name": "a{}", "count": count, "cost": cost, "value": value}]
    game = game_of(agents, platform_data=platform)
    mine = found(game)
    assert mine.total == pytest.approx(shaped_equilibria(game).totals[-1], rel=1e-9, abs=1e-9)


def test_ends_of_the_interval_solve_the_equilibrium_condition():
    """c = v'(nm) + p v(nm) / m at the top, c = v'(nm) at the bottom, in 40 digits."""
    n, c, p = 10, mpmath.mpf("1e-4"), mpmath.mpf("0.3")

    def bound(y):
        return mpmath.mpf("0.95") - (4 + mpmath.sqrt(2 * (2 + mpmath.log(y)))) / mpmath.sqrt(y)

    with mpmath.workdps(40):
        top = mpmath.findroot(lambda m: mpmath.diff(bound, n * m) + p * bound(n * m) / m - c, 2700)
        low = mpmath.findroot(lambda m: mpmath.diff(bound, n * m) - c, 115)
    mine = found(alike(n, 1e-4), power=0.3)
    assert mine.intervals == [
        [pytest.approx(float(n * low)), pytest.approx(float(n * top), rel=1e-9)]
    ]


def test_two_agents_by_hand():
    """v = S / (1 + S), c = (0.1, 0.25), p = 0.4: z^2 + 0.8 z = 0.25 with z = 1 / (1 + S)."""
    mine = found(
        game_of([{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}], POWER), power=0.4
    )
    z = (np.sqrt(1.64) - 0.8) / 2
    assert mine.total == pytest.approx(1 / z - 1, abs=1e-9)
    assert mine.intervals[0][0] == pytest.approx(np.sqrt(10) - 1, abs=1e-9)


@pytest.mark.parametrize("rule", STANDINGS)
@pytest.mark.parametrize("power", [0.0, 0.3, 1.0])
def test_interval_ends_against_a_grid_of_deviations(rule, power):
    """Definition (12)-(14) evaluated agent by agent, on a dense grid of deviations."""
    n, c = 4, 1e-4
    game = alike(n, c)
    mine = found(game, rule, power)
    (low, high) = mine.intervals[0]

    def gain(each):
        own = np.unique(np.concatenate([np.linspace(0, 3 * each, 1200), [each]]))
        utilities = brute_utilities(game, rule, power, np.full(n, each), own)
        return float(utilities.max() - utilities[own == each][0])

    inside = np.linspace(low, high, 5)[1:-1] if high > low * (1 + 1e-9) else []
    assert all(gain(total / n) <= 1e-9 for total in (*inside, low, high))
    assert gain(0.97 * low / n) > 1e-7
    participates = game.accuracies(np.full(n, 1.03 * high / n))[0] - 1.03 * c * high / n
    alone = agent_alone(game)
    assert gain(1.03 * high / n) > 1e-7 or participates < alone


def agent_alone(game):
    own = np.geomspace(10, 1e5, 20_000)
    return float((game.accuracy.curve.value(own) - game.costs.rate[0] * own).max())


def brute_utilities(game, rule, power, s, own):
    """Utility of agent 0 at each own contribution, straight from the definition."""
    curve, result = game.accuracy.curve, []
    for x in own:
        profile = s.copy()
        profile[0] = x
        if rule == "data":
            psi = profile
        elif rule == "value":
            psi = curve.value(profile)
        else:
            psi = definition_shapley(curve, profile)
        top = psi.max()
        ratio = psi[0] / top if top > 0 else 1.0
        full = float(curve.value(np.array([profile.sum()]))[0])
        result.append(ratio**power * full - game.costs.rate[0] * x)
    return np.array(result)


def definition_shapley(curve, profile):
    n = len(profile)
    orders = np.array(list(permutations(range(n))))
    before = np.cumsum(profile[orders], axis=1)
    added = curve.value(before) - curve.value(before - profile[orders])
    shares = np.zeros(n)
    np.add.at(shares, orders, added)
    return shares / len(orders)


@pytest.mark.parametrize("platform", [0.0, 250.0])
@pytest.mark.parametrize("levels", [(900.0, 900.0), (900.0, 300.0), (50.0, 40.0)])
def test_shapley_standing_equals_the_enumerated_ratio(levels, platform):
    agents = [{"name": "a{}", "count": 3, "cost": 1e-3}, {"name": "b{}", "count": 4, "cost": 2e-3}]
    game = game_of(agents, platform_data=platform)
    types = agent_types(game, "shapley")
    for own in (levels[0], 0.6 * levels[0], 0.0):
        s = np.array([levels[0]] * 3 + [levels[1]] * 4)
        s[0] = own
        shares = shapley(game, s, route="enumeration").shares
        expected = shares[0] / shares.max() if shares.max() > 0 else 1.0
        ratio, slope = STANDINGS["shapley"].below(types, np.array(levels), 0, np.array([own]))
        assert ratio[0] == pytest.approx(expected, abs=1e-11)
        if 0 < own < levels[0]:
            step = 1e-4
            near = STANDINGS["shapley"].below(
                types, np.array(levels), 0, np.array([own - step, own + step])
            )[0]
            assert slope[0] == pytest.approx((near[1] - near[0]) / (2 * step), rel=1e-5, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(terms=st.integers(1, 40_000), shift=st.floats(0.01, 5), power=st.floats(0.1, 3))
def test_sums_over_progressions_equal_sums_term_by_term(terms, shift, power):
    nodes, weights = progression_rule(terms)
    direct = (np.arange(terms) + shift) ** -power
    assert weights @ (nodes + shift) ** -power == pytest.approx(float(direct.sum()), rel=1e-12)


@settings(max_examples=6, deadline=None)
@given(
    rule=st.sampled_from(["data", "value", "shapley"]),
    count=st.integers(2, 12),
    cost=st.floats(2e-5, 3e-3),
)
def test_more_penalty_only_adds_equilibria_for_agents_alike(rule, count, cost):
    game = alike(count, cost)
    totals = [found(game, rule, power).total for power in (0.0, 0.4, 0.7, 1.0)]
    assert all(b >= a * (1 - 1e-9) for a, b in pairwise(totals))


def test_best_exponent_is_the_least_that_keeps_the_largest_equilibrium():
    game = alike(10, 1e-4)
    best = best_exponent(ranked(game, "data", 1.0), "most-data", silent())
    assert 0 < best.game.power < 1
    assert best.total == pytest.approx(found(game).total, rel=1e-12)
    assert is_equilibrium(ranked(game, "data", best.game.power), best.levels, None)
    assert not is_equilibrium(ranked(game, "data", best.game.power - 1e-6), best.levels, None)
    assert found(game, power=best.game.power - 1e-3).total < best.total
    assert best_exponent(ranked(game, "data", 1.0), "least-data", silent()).game.power == 0


def test_best_utility_shares_the_optimum_and_theorem_six_does_not_hold():
    """n v'(nm) = c beats the m*/n of [K22] Theorem VI."""
    game = alike(10, 1e-4)
    best, least = found(game, select="best-utility"), found(game, select="least-data")
    grid = np.linspace(0, 30_000, 300_001)
    utility = game.accuracy.curve.value(grid) - 1e-5 * grid
    assert best.total == pytest.approx(grid[int(np.argmax(utility))], abs=0.2)
    assert best.welfare == pytest.approx(10 * utility.max(), rel=1e-9)
    assert least.total == pytest.approx(shaped_equilibria(game).alone[0], rel=1e-9)
    assert best.welfare > 1.1 * least.welfare


def test_two_types_followers_answer_and_high_costs_leave_only_at_exponent_one():
    accuracy = {**PAC, "complexity": 100}
    agents = [
        {"name": "a{}", "count": 700, "cost": 1e-4},
        {"name": "b{}", "count": 300, "cost": 2e-4},
    ]
    game = game_of(agents, accuracy)
    at_one, below = found(game), found(game, power=0.5)
    assert at_one.levels[1] == 0
    assert at_one.total == pytest.approx(
        shaped_equilibria(alike(700, 1e-4, accuracy)).totals[-1], rel=1e-9
    )
    leader, follower = below.levels
    assert 0 < follower < leader
    curve, total = game.accuracy.curve, np.array([below.total])
    value, slope = curve.value(total)[0], curve.slope(total)[0]
    first_order = (follower / leader) ** 0.5 * (0.5 * value / follower + slope)
    assert first_order == pytest.approx(2e-4, rel=1e-9)


def test_measured_curves_capacities_convex_costs_and_one_agent():
    measured = {"family": "curve", "points": [[0, 0.1], [100, 0.5], [300, 0.7], [1000, 0.8]]}
    assert found(alike(4, 1e-3, measured)).total == pytest.approx(1600)  # (0.8 - 0.4) / c each
    capped = game_of([{"name": "a{}", "count": 4, "cost": 1e-4, "capacity": 500}])
    assert found(capped).total == 2000
    convex = {"family": "quadratic", "rate": 1e-5, "curvature": 1e-7}
    game = alike(5, convex)
    top = found(game).levels[0]
    u = game.accuracies(np.full(5, top))[0] - game.costs.value(np.full(5, top))[0]
    own = np.geomspace(10, 1e5, 400_000)
    alone = (game.accuracy.curve.value(own) - 1e-5 * own - 0.5e-7 * own**2).max()
    assert u == pytest.approx(alone, abs=1e-9)
    single = alike(1, 1e-4)
    assert found(single).total == pytest.approx(shaped_equilibria(single).alone[0], rel=1e-9)


def test_what_the_rules_do_not_cover_is_refused():
    rule = mechanism_named("sharing", "proportional-data")
    options = effective_options(rule.name, rule.options, {})
    two = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}]
    weighted = game_of(two, {"family": "power", "weights": [[1, 0.5], [0.5, 1]]})
    negative = game_of(two, {"family": "power", "ceiling": 0.5, "scale": 1})
    differing = game_of(two, {"per_agent": [POWER, {"family": "power", "exponent": 0.5}]})
    free = game_of([{"name": "a{}", "count": 2, "cost": 0.0}], POWER)
    for game in (weighted, negative, differing, free):
        with pytest.raises(UnsupportedError):
            rule.outcome(game, options, Context())
    with pytest.raises(UsageError):
        rule.outcome(alike(2, 0.1), {**options, "p": 1.5}, Context())


def test_budgets_limit_contributions():
    agents = [{"name": "a{}", "count": 3, "cost": 1e-4, "budget": 0.05}]
    rule = mechanism_named("sharing", "proportional-data")
    outcome = rule.outcome(
        game_of(agents), effective_options(rule.name, rule.options, {}), Context()
    )
    assert outcome.termination is Termination.SOLVED
    assert outcome.contributions == pytest.approx(500.0)
