"""The checker of the proportional rules: right answers pass, wrong ones and perturbed ones fail."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mdsolve.certificate.proportional.conditions import PROPORTIONAL_CHECKS
from mdsolve.certificate.proportional.deviations import OwnUtility, search
from mdsolve.certificate.proportional.rule import Position
from mdsolve.certificate.sharing.check import verify_sharing
from mdsolve.certificate.sharing.claim import SharingClaim

from mdsolve.context import Context
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.costs import Costs
from mdsolve.game.curves import PacCurve, PowerCurve, ThresholdPowerCurve
from mdsolve.instance import parse
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named

RULES = ("proportional-data", "proportional-value", "proportional-shapley")
PAC = {"family": "pac", "ceiling": 0.95, "complexity": 1}
ALIKE = [{"name": "a{}", "count": 10, "cost": 1e-4}]
MIXED = [{"name": "a{}", "count": 5, "cost": 1e-4}, {"name": "b{}", "count": 4, "cost": 3e-4}]


def game_of(agents, **more):
    return sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": PAC, **more}))


def answer(game, name, **options):
    rule = mechanism_named("sharing", name)
    full = effective_options(name, rule.options, options)
    found = rule.outcome(game, full, Context())
    return SharingClaim(
        name, full, found.contributions, found.payments, found.received, found.findings
    )


def verdict(game, claim, condition="nash"):
    found = verify_sharing(game, claim, conditions=[condition], claimed=[condition])
    return found.condition(condition)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("p", "agents"), [(0.4, ALIKE), (1.0, ALIKE), (0.4, MIXED)])
def test_answers_pass_and_a_millionth_more_or_less_fails(name, p, agents):
    game = game_of(agents)
    claim = answer(game, name, p=p)
    for condition in (*PROPORTIONAL_CHECKS, "budget-balance"):
        assert verdict(game, claim, condition).verdict == "pass", condition
    for agent in (0, game.size - 1):
        for sign in (1, -1):
            s = claim.contributions.copy()
            s[agent] *= 1 + sign * 1e-6
            moved = replace(claim, contributions=s, accuracies=None)
            assert s[agent] == 0 or verdict(game, moved).verdict == "fail", (agent, sign)


@pytest.mark.parametrize("name", RULES)
def test_everybody_outside_the_interval_fails(name):
    game = game_of(ALIKE)
    claim = answer(game, name, p=0.5)
    low, high = claim.details["equilibrium_intervals"][0]
    for total in (low * (1 - 1e-6), high * (1 + 1e-6)):
        moved = replace(claim, contributions=np.full(10, total / 10), accuracies=None)
        nash = verdict(game, moved).verdict
        alone = verdict(game, moved, "individual-rationality-alone")
        assert nash == "fail" or alone.violation > 0
    inside = replace(claim, contributions=np.full(10, (low + high) / 20), accuracies=None)
    assert verdict(game, inside).verdict == "pass"


def test_far_deviations_are_found():
    """All at a level where slopes are right but staying out pays more."""
    game = game_of([{"name": "a{}", "count": 200, "cost": 0.02}])
    claim = replace(answer(game, "proportional-data"), accuracies=None)
    top = claim.contributions[0]
    moved = replace(claim, contributions=np.full(200, 1.01 * top))
    found = verdict(game, moved)
    assert found.verdict == "fail"
    assert found.witness["best_response"] == 0
    assert found.witness["gain"] == pytest.approx(
        0.02 * 1.01 * top - game.accuracies(moved.contributions)[0]
    )
    staying = verdict(game, moved, "individual-rationality")
    assert staying.verdict == "fail"


def test_stored_models_payments_and_exponents_must_be_the_rules():
    game = game_of(ALIKE)
    claim = answer(game, "proportional-data", p=0.5)
    better = claim.accuracies.copy()
    better[3] += 1e-6
    raised = replace(claim, accuracies=better)
    assert verdict(game, raised).verdict == "fail"
    assert verdict(game, raised, "feasibility").verdict == "fail"
    paid = replace(claim, payments=np.full(10, 1e-6))
    assert verdict(game, paid).verdict == "fail"
    assert verdict(game, paid, "budget-balance").verdict == "fail"
    unstated = replace(claim, options={"p": "best"}, details={})
    assert verdict(game, unstated).verdict == "not-checked"
    beyond = replace(claim, details={"p": 2})
    assert verdict(game, beyond).verdict == "not-checked"
    negative = replace(claim, contributions=claim.contributions - 5000, accuracies=None)
    assert verdict(game, negative).verdict == "fail"
    assert verdict(game, negative, "feasibility").verdict == "fail"
    with_other_exponent = replace(claim, details={"p": 0.05}, accuracies=None)
    assert verdict(game, with_other_exponent).verdict == "fail"


def test_capacities_and_budgets_bound_deviations():
    capped = game_of([{"name": "a{}", "count": 4, "cost": 1e-4, "capacity": 500}])
    claim = answer(capped, "proportional-data")
    assert np.all(claim.contributions == 500)
    assert verdict(capped, claim).verdict == "pass"
    low = replace(claim, contributions=np.full(4, 200.0), accuracies=None)
    assert verdict(capped, low).verdict == "fail"
    poor = game_of([{"name": "a{}", "count": 3, "cost": 1e-4, "budget": 0.05}])
    spent = answer(poor, "proportional-data")
    assert verdict(poor, spent).verdict == "pass"
    over = replace(spent, contributions=np.full(3, 501.0), accuracies=None)
    assert verdict(poor, over, "feasibility").verdict == "fail"


CURVES = (PacCurve(0.95, 1), PacCurve(0.95, 10), PowerCurve(), ThresholdPowerCurve(1, 50, 0.5))


@settings(max_examples=40, deadline=None)
@given(
    measure=st.sampled_from(["data", "value", "shapley"]),
    curve=st.sampled_from(CURVES),
    levels=st.lists(st.floats(1, 2000), min_size=1, max_size=3, unique=True),
    power=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    cost=st.floats(1e-5, 1e-2),
    platform=st.sampled_from([0.0, 30.0]),
)
def test_bounds_hold_at_every_deviation(measure, curve, levels, power, cost, platform):
    """No point of a dense grid lies above the bound, and the bound is tight."""
    each = np.array(sorted(levels))
    position = Position(measure, curve, platform, each, np.array([2.0, 1.0, 3.0])[: len(each)])
    own = OwnUtility(position, power, Costs.linear([cost]), 1.0, np.inf)
    result = search(own, 0.0, 1e-9)
    grid = np.concatenate([np.linspace(0, 1.5 * each[-1], 4001), np.geomspace(1e-6, 1e5, 2000)])
    assert own.utility(grid).max() <= result.bound + 1e-12
    assert result.bound <= result.utility + 1e-9 + 1e-12
    assert own.utility(np.array([result.best]))[0] == pytest.approx(result.utility, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    measure=st.sampled_from(["data", "value", "shapley"]),
    curve=st.sampled_from(CURVES),
    levels=st.lists(st.integers(1, 900), min_size=2, max_size=5),
    share=st.floats(0, 1.3),
    platform=st.sampled_from([0.0, 30.0]),
)
def test_the_ratio_is_that_of_the_definition(measure, curve, levels, share, platform):
    each, counts = np.unique(np.array(levels, dtype=float), return_counts=True)
    position = Position(measure, curve, platform, each, counts.astype(float))
    own = OwnUtility(position, 1.0, Costs.linear([0.0]), 1.0, np.inf)
    x = share * each[-1]
    profile = np.array([x, *levels])
    if measure == "data":
        psi = profile
    elif measure == "value":
        psi = curve.value(platform + profile) - curve.value(np.array([platform]))
    else:
        psi = shares_by_orders(curve, profile, platform)
    expected = psi[0] / psi.max() if psi.max() > 0 else 1.0
    assert own.factor(np.array([x]))[0] == pytest.approx(expected, abs=1e-10)


def shares_by_orders(curve, profile, platform):
    n = len(profile)
    orders = np.array(list(permutations(range(n))))
    after = platform + np.cumsum(profile[orders], axis=1)
    added = curve.value(after) - curve.value(after - profile[orders])
    shares = np.zeros(n)
    np.add.at(shares, orders, added)
    return shares / len(orders)


def test_what_the_checker_cannot_read_is_left_open():
    weighted = sharing_game(
        parse(
            {
                "kind": "sharing",
                "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}],
                "accuracy": {"family": "power", "weights": [[1, 0.5], [0.5, 1]]},
            }
        )
    )
    claim = SharingClaim("proportional-data", {"p": 1}, np.array([1.0, 1.0]))
    for condition in ("nash", "individual-rationality", "individual-rationality-alone"):
        assert verdict(weighted, claim, condition).verdict == "not-checked"
    crowd = game_of([{"name": f"a{i}", "cost": 1e-4} for i in range(30)])
    spread = SharingClaim("proportional-shapley", {"p": 1}, np.linspace(100, 200, 30))
    assert verdict(crowd, spread).verdict == "not-checked"
