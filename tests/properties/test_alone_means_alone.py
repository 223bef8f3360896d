"""Training alone means own data only: the platform's are there for those who take part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.mechanism.registry import SHARING_MECHANISMS
from mdsolve.progress import Monitor
from mdsolve.solver.joint.equilibrium import utilities_alone
from mdsolve.solver.proportional.agent_types import agent_types
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.solver.proportional.standings import STANDINGS
from mdsolve.solver.shaping.value_shaping import (
    contributions_at,
    models_at,
    shaped_curves,
    shaped_equilibria,
    smallest_viable,
)

AGENTS = [
    {"name": "cheap", "cost": 0.0002, "value": 1},
    {"name": "dear", "cost": 0.0004, "value": 1.5, "capacity": 3000},
]
CURVES = {
    "pac": {"family": "pac", "ceiling": 0.95, "complexity": 1},
    "threshold-power": {"family": "threshold-power", "threshold": 60, "exponent": 0.5},
    "power": {"family": "power", "exponent": 0.5},
    "curve": {"family": "curve", "points": [[0, 0.1], [300, 0.5], [900, 0.7], [3000, 0.8]]},
}
RULES = ("none", "budget-balanced", "shapley", "value-shaping", "proportional-data")
platforms = st.sampled_from([5.0, 40.0, 500.0, 20_000.0])


def instance_of(family, platform, agents=AGENTS):
    data = {"kind": "sharing", "agents": agents, "accuracy": CURVES[family]}
    return md.parse({**data, "platform_data": platform})


@pytest.mark.parametrize("family", CURVES)
@pytest.mark.parametrize("name", RULES)
def test_what_an_agent_has_alone_does_not_see_the_platform(name, family):
    plain = md.solve(instance_of(family, 0), name, options={"beta": 0.2} if "bud" in name else {})
    helped = md.solve(
        instance_of(family, 500), name, options={"beta": 0.2} if "bud" in name else {}
    )
    for key in ("contributions", "utilities"):
        np.testing.assert_array_equal(helped.standalone[key], plain.standalone[key])
    assert plain.standalone["contributions"].min() > 100
    assert helped.certificate.verdict == plain.certificate.verdict == "pass"


def test_known_optimum_alone():
    """sup of 1 - (60 / m)^0.5 - 0.0002 m by hand: m = (0.5 60^0.5 / 0.0002)^(2/3)."""
    best = (0.5 * 60**0.5 / 0.0002) ** (2 / 3)
    found = md.solve(instance_of("threshold-power", 500), "none")
    assert found.standalone["contributions"][0] == pytest.approx(best, rel=1e-9)


@settings(max_examples=25)
@given(st.sampled_from(sorted(CURVES)), platforms, st.integers(0, 10**6))
def test_shaped_models_leave_nobody_worse_off_than_alone(family, platform, seed):
    """u_i is what own data alone give; no point of the curve handed out is worth more."""
    rng = np.random.default_rng(seed)
    agents = [
        {"name": f"a{k}", "cost": float(10 ** rng.uniform(-4.5, -2.5)), "value": float(v)}
        for k, v in enumerate(rng.uniform(0.5, 2, int(rng.integers(1, 4))))
    ]
    game = sharing_game(instance_of(family, platform, agents))
    curve, rate = game.accuracy.curve, game.costs.rate
    found = shaped_equilibria(game)
    grid = np.concatenate([np.linspace(0, 3 * found.alone.max() + 10, 4000), found.alone])
    alone = (game.value[:, None] * curve.value(grid) - rate[:, None] * grid).max(axis=1)
    np.testing.assert_allclose(found.worth, alone, rtol=0, atol=1e-4)
    assert np.all(found.worth >= alone - 1e-12)
    for total in found.totals:
        s = contributions_at(game, found, total)
        assert s.sum() == pytest.approx(total, rel=1e-9, abs=1e-9)
        full = float(curve.value(np.array([total + platform]))[0])
        utility = game.value * full - rate * s
        if total > 0:
            np.testing.assert_allclose(utility, found.worth, rtol=1e-9, atol=1e-12)
        points = shaped_curves(game, found, s)
        for agent in range(game.size):
            others = total - s[agent] + platform
            handed = np.interp(grid, points[agent, 1:, 0], points[agent, 1:, 1])
            beyond = curve.value(grid + others)
            handed = np.where(grid >= s[agent], beyond, handed)
            handed = np.where(grid < points[agent, 1, 0], beyond, handed)
            handed = np.where(grid < points[agent, 0, 0], curve.value(grid), handed)
            assert np.all(handed <= beyond + 1e-12)
            assert np.all(handed >= curve.value(grid) - 1e-12)
            worth = game.value[agent] * handed - rate[agent] * grid
            assert utility[agent] >= worth.max() - 1e-9
    first = float(found.alone.max())
    assert np.all(models_at(game, np.full(game.size, 0.5 * first)) >= curve.value(0.5 * first))


@given(platforms)
def test_a_platform_worth_something_makes_everybody_contribute(platform):
    """Where v(P) > v(0) no equilibrium has nothing: a model of the platform's data costs data."""
    agents = [{"name": "a{}", "count": 3, "cost": 5}]
    game = sharing_game(instance_of("power", platform, agents))
    found = shaped_equilibria(game)
    assert len(found.totals) == 1
    assert found.totals[0] > 0
    assert smallest_viable(game) == 1


@pytest.mark.parametrize("beliefs", ["bayes", "mean-field", "ex-post"])
@pytest.mark.parametrize("family", ["pac", "threshold-power", "curve"])
def test_private_contracts_are_measured_against_own_data(beliefs, family):
    prior = {"low": 0.0002, "high": 0.0003, "probability_low": 0.4}
    agents = [{"name": "a{}", "count": 2, "prior": prior}]
    options = {"beliefs": beliefs}
    plain = md.solve(instance_of(family, 0, agents), "value-shaping-private", options=options)
    helped = md.solve(instance_of(family, 500, agents), "value-shaping-private", options=options)
    for key in ("low", "high"):
        for part in ("contributions", "utilities"):
            np.testing.assert_array_equal(helped.standalone[key][part], plain.standalone[key][part])
    assert helped.certificate.verdict == "pass"
    assert helped.expected_total > plain.expected_total


@given(st.sampled_from(sorted(CURVES)), platforms)
def test_proportional_rules_compare_with_own_data(family, platform):
    agents = [{"name": "a{}", "count": 3, "cost": 0.0002}]
    plain = sharing_game(instance_of(family, 0, agents))
    helped = sharing_game(instance_of(family, platform, agents))
    for standing in STANDINGS.values():
        both = [RankedGame(agent_types(g, "x"), standing, 1.0) for g in (plain, helped)]
        assert both[0].alone[0] == both[1].alone[0]


def test_joint_learning_alone_has_no_data_of_the_platform():
    agents = [{"name": n, "cost": 0.01, "capacity": 20} for n in "AB"]
    accuracy = {"family": "quadratic-fit", "target": [1, 2], "noise": 2}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy}
    plain = sharing_game(md.parse({**data}))
    helped = sharing_game(md.parse({**data, "platform_data": 50}))
    np.testing.assert_array_equal(utilities_alone(helped), utilities_alone(plain))
    rule = SHARING_MECHANISMS["2p-upbred"]
    options = {option.name: option.default for option in rule.options}
    assert rule.outcome(helped, options, Monitor()).contributions.tolist() == [20.0, 20.0]


def test_taking_part_still_sees_the_platforms_data():
    """Nobody else contributes: the free deviation inside the rule is best against v(x + P)."""
    agents = [{"name": "a", "cost": 0.1}]
    solution = md.solve(instance_of("power", 5, agents), "none")
    s = float(solution.contributions[0])
    marginal = 0.5 * (1 + 5 + s) ** -1.5
    assert s == 0 if marginal < 0.1 else marginal == pytest.approx(0.1)
    assert solution.accuracies[0] == pytest.approx(1 - (1 + 5 + s) ** -0.5)
    assert solution.metrics["alone_margin"] > 0
