"""The checker of shaped models: right answers pass, every kind of wrong one fails."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mdsolve.certificate.sharing.check import verify_sharing
from mdsolve.certificate.sharing.claim import SharingClaim

import mdsolve as md
from mdsolve.context import Context
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import LinearCurve, PacCurve, PowerCurve, ThresholdPowerCurve
from mdsolve.game.measured_curve import MeasuredCurve
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import CommonWeights
from mdsolve.mechanism.value_shaping import ValueShaping
from mdsolve.status import Termination

RULE = ValueShaping()
MOST = {"select": "most-data"}
CLAIMS = RULE.claims(None, MOST)
PAC = PacCurve(0.95, 10.0)
CURVES = {
    "pac": PAC,
    "threshold": ThresholdPowerCurve(1.0, 100.0, 0.3),
    "power": PowerCurve(1.0, 0.9, 0.5),
    "measured": MeasuredCurve((0.0, 100.0, 300.0, 1000.0), (0.0, 0.5, 0.8, 0.9)),
}


def game_of(curve, rate, value=None, capacity=None, platform=0.0, fixed=0.0):
    n = len(rate)
    costs = replace(Costs.linear(np.asarray(rate, dtype=float)), fixed=np.full(n, fixed))
    return SharingGame(
        [f"a{k}" for k in range(n)],
        WeightedAccuracy(CommonWeights(np.ones(n)), curve, platform),
        costs,
        np.ones(n) if value is None else np.asarray(value, dtype=float),
        np.full(n, np.inf) if capacity is None else np.asarray(capacity, dtype=float),
        no_limits(n),
        platform_data=platform,
    )


def claim_of(game, options=MOST):
    found = RULE.outcome(game, options, Context())
    return SharingClaim(
        RULE.name, options, found.contributions, found.payments, found.received, found.findings
    )


def verdicts(game, claim, claims=CLAIMS):
    certificate = verify_sharing(game, claim, conditions=claims, claimed=claims)
    return {condition.name: condition.verdict for condition in certificate.conditions}


def broken(game, claim):
    return {name for name, verdict in verdicts(game, claim).items() if verdict != "pass"}


def with_curves(claim, change):
    curves = claim.details["curves"].copy()
    change(curves)
    return replace(claim, details={**claim.details, "curves": curves})


THREE = game_of(PAC, np.full(176, 0.1))
MIXED = game_of(PAC, [1e-4, 3e-4, 0.1, 0.0], [1, 2, 1, 1], [1500, np.inf, np.inf, 300])
BIG = game_of(PAC, [0.003, 0.00062, 0.02])
"""Nobody is viable alone, and without the second the others stay below the threshold."""


@pytest.mark.parametrize("game", [THREE, MIXED, BIG])
def test_right_answers_pass_and_perturbed_ones_fail(game):
    claim = claim_of(game)
    assert broken(game, claim) == set()
    s = claim.contributions
    n = game.size

    def raised(curves):
        curves[n - 1, 2, 1] += 1e-9

    assert "curve-feasibility" in broken(game, with_curves(claim, raised))
    for factor in (1 - 1e-6, 1 + 1e-6):
        curves = claim.details["curves"].copy()
        curves[:, 2, 0] = factor * s  # a consistent solution with another total
        total = curves[:, 2, 0].sum() + game.platform_data
        curves[:, 2, 1] = game.accuracy.curve.value(np.float64(total))
        other = replace(
            claim,
            contributions=factor * s,
            accuracies=curves[:, 2, 1].copy(),
            details={**claim.details, "curves": curves},
        )
        assert broken(game, other) & set(CLAIMS[1:])
    for agent in (0, n - 1):
        for step in (1e-6, -1e-6):
            moved = s.copy()
            moved[agent] += step * max(1.0, s[agent])
            assert "nash" in broken(game, replace(claim, contributions=moved))
            less = claim.accuracies.copy()
            less[agent] += step
            assert "nash" in broken(game, replace(claim, accuracies=less))


def test_a_slope_below_the_cost_is_not_a_best_response():
    claim = claim_of(MIXED)

    def flatter(curves):
        rise = curves[1, 2, 1] - curves[1, 1, 1]
        curves[1, 1, 1] += 1e-6 * rise  # starts higher, so it climbs more slowly than it costs

    assert "nash" in broken(MIXED, with_curves(claim, flatter))

    def lower_everywhere(curves):
        curves[1, 2, 1] -= 1e-6

    poor = with_curves(claim, lower_everywhere)
    poor = replace(poor, accuracies=poor.details["curves"][:, 2, 1].copy())
    assert {"nash", "individual-rationality-alone"} <= broken(MIXED, poor)


def test_a_straight_line_through_what_nobody_can_give_is_infeasible():
    claim = claim_of(BIG)
    curves = claim.details["curves"]
    late = np.flatnonzero(curves[:, 1, 0] > curves[:, 0, 0])
    assert late.size  # the minimum in the curve is needed here

    def as_printed(curves):
        curves[late, 1] = curves[late, 0]

    assert broken(BIG, with_curves(claim, as_printed)) == {"curve-feasibility"}


def test_curve_below_what_own_data_give_is_not_rational():
    claim = claim_of(MIXED)

    def sunk(curves):
        curves[0, 0, 1] -= 1e-6

    assert "individual-rationality-alone" in broken(MIXED, with_curves(claim, sunk))

    def shortcut(curves):  # a line from the origin, under v for small own contributions
        curves[0, :2] = 0

    assert "individual-rationality-alone" in broken(MIXED, with_curves(claim, shortcut))


def test_least_data_where_more_is_possible_fails_as_maximal_only():
    least = {"select": "least-data"}
    claim = claim_of(THREE, least)
    assert claim.contributions.sum() == 0
    assert RULE.claims(THREE, least) == CLAIMS[:3]
    assert broken(THREE, claim) == {"data-maximality"}


def test_nothing_viable_is_proved():
    game = game_of(PAC, np.full(175, 0.1))
    claim = claim_of(game)
    assert claim.contributions.sum() == 0
    assert broken(game, claim) == set()


def brute_curve(game, s, points, agent, own):
    """Return the curve of one agent as the documentation says, at one own contribution."""
    curve = game.accuracy.curve
    others = s.sum() - s[agent] + game.platform_data
    (x1, _), (x2, y2), (x3, y3) = points[agent]
    if own < x1:
        return curve.value(own)
    if own < x2 or own >= x3:
        return curve.value(own + others)
    return y2 + (y3 - y2) * (own - x2) / (x3 - x2)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_conditions_agree_with_the_definitions_on_a_grid(data):
    name = data.draw(st.sampled_from(sorted(CURVES)))
    n = data.draw(st.integers(1, 5))
    seed = data.draw(st.integers(0, 10_000))
    platform = data.draw(st.sampled_from([0.0, 0.0, 40.0, 400.0]))
    rng = np.random.default_rng(seed)
    capacity = np.where(rng.random(n) < 0.3, rng.uniform(1, 2000, n), np.inf)
    rate = 10 ** rng.uniform(-4, -2, n)
    game = game_of(CURVES[name], rate, rng.uniform(0.5, 3, n), capacity, platform, 0.2)
    claim = claim_of(game)
    assert broken(game, claim) == set()
    s, points = claim.contributions, claim.details["curves"]
    full = game.accuracy.curve.value(np.float64(s.sum() + platform))
    for agent in range(n):
        others = s.sum() - s[agent] + platform
        top = min(capacity[agent], 3 * (s.sum() + 10))
        grid = np.unique(np.append(np.linspace(0, top, 300), points[agent, :, 0]))
        handed = np.array([brute_curve(game, s, points, agent, own) for own in grid])
        assert np.all(handed <= game.accuracy.curve.value(grid + others) + 1e-12)
        assert np.all(handed >= game.accuracy.curve.value(grid) - 1e-12)
        utility = game.value[agent] * handed - rate[agent] * grid
        have = game.value[agent] * full - rate[agent] * s[agent]
        assert have >= utility.max() - 1e-9


def test_what_cannot_be_checked_says_so():
    claim = claim_of(THREE)
    missing = replace(claim, details={})
    assert set(verdicts(THREE, missing).values()) == {"not-checked"}
    wrong = replace(claim, details={"curves": [[1, 2]]})
    assert set(verdicts(THREE, wrong).values()) == {"not-checked"}
    bent = replace(THREE, costs=replace(THREE.costs, curvature=THREE.costs.curvature + 1))
    assert set(verdicts(bent, claim).values()) == {"not-checked"}
    free = game_of(LinearCurve(), [0.0])
    foreign = replace(claim, contributions=np.ones(1), accuracies=None)
    assert set(verdicts(free, foreign).values()) == {"not-checked"}


def test_many_agents_curves_lie_in_a_file_beside_the_solution(tmp_path):
    instance = md.parse(
        {
            "kind": "sharing",
            "agents": [{"name": "agent-{}", "count": 5000, "cost": 0.1}],
            "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 10},
        }
    )
    solution = md.solve(instance, "value-shaping")
    assert solution.termination is Termination.SOLVED
    target = tmp_path / "solution.json"
    solution.to_json(target)
    stored = json.loads(target.read_text(encoding="utf-8"))
    assert "file" in stored["curves"]
    found = md.verify(instance, stored, folder=tmp_path)
    assert found.verdict == "pass"
    assert found.condition("curve-feasibility").verdict == "pass"
