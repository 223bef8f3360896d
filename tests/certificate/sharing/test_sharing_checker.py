"""The checker of sharing games: accepts equilibria, rejects what is off by a millionth."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import SolutionFileError, UsageError

TWO = {
    "kind": "sharing",
    "name": "two-labs",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}
EXAMPLE_4 = np.array([2.9983929801, 1.1690481371])
"""[M25] Example 4: the equilibrium under Shapley payments."""


@pytest.mark.parametrize(
    ("mechanism", "options"),
    [
        ("none", {}),
        ("budget-balanced", {"beta": "optimal"}),
        ("budget-balanced", {"beta": "full"}),
        ("budget-balanced", {"beta": "1/4"}),
        ("contribution-transfer", {"beta": 0.05}),
    ],
)
@pytest.mark.parametrize("weights", [None, [[1, 0.4], [0.3, 1]]])
def test_solved_games_pass_and_a_millionth_fails(mechanism, options, weights):
    accuracy = {"family": "power"} if weights is None else {"family": "power", "weights": weights}
    instance = md.parse({**TWO, "accuracy": accuracy})
    solution = md.solve(instance, mechanism, options=options)
    assert solution.certificate.verdict == "pass"
    assert md.verify(instance, solution).verdict == "pass"
    data = solution.to_dict()
    moved = data["contributions"][0] + 1e-6
    changed = {**data, "contributions": [moved, data["contributions"][1]]}
    changed.pop("payments")
    nash = md.verify(instance, changed).condition("nash")
    assert nash.verdict == "fail"
    assert nash.witness["agent"] == "A"
    assert nash.witness["best_response"] == pytest.approx(data["contributions"][0], abs=1e-9)
    paid = {**data, "payments": [data["payments"][0] + 1e-6, data["payments"][1]]}
    refused = md.verify(instance, paid)
    assert refused.condition("rule").verdict == "fail"
    assert refused.condition("budget-balance").verdict == "fail"


def test_infeasible_and_partial_solutions():
    instance = md.parse(
        {**TWO, "agents": [{"name": "A", "cost": 0.1, "capacity": 1}, {"name": "B", "cost": 0.2}]}
    )
    beyond = {"mechanism": "none", "contributions": [1.5, 0]}
    assert md.verify(instance, beyond, conditions=["feasibility"]).verdict == "fail"
    assert md.verify(instance, {"mechanism": "none"}).verdict == "not-checked"
    with pytest.raises(SolutionFileError, match="shape"):
        md.verify(instance, {"contributions": [1, 2, 3]})
    with pytest.raises(UsageError, match="did you mean 'nash'"):
        md.verify(instance, {"contributions": [1, 2]}, conditions=["nahs"])


def test_metrics_against_no_payments():
    instance = md.parse(TWO)
    solution = md.solve(instance, "contribution-transfer", options={"beta": 0.05})
    base = md.solve(instance, "none")
    assert base.metrics["data_gain"] == 1
    gain = solution.contributions.sum() / base.contributions.sum()
    assert solution.metrics["data_gain"] == pytest.approx(gain)
    assert solution.metrics["p_mean"]["-inf"] == solution.utilities.min()
    assert solution.metrics["data_share"] is None
    np.testing.assert_allclose(base.standalone["utilities"], [0.4675444679663, 0.25], atol=1e-9)
    with pytest.raises(UsageError, match="price per sample"):
        md.solve(instance, "contribution-transfer")
    with pytest.raises(UsageError, match="not for a sharing game"):
        md.solve(instance, "vcg")


def test_a_relabelled_claim_is_judged_alike():
    random = np.random.default_rng(2)
    weights = random.uniform(0, 1, (4, 4))
    order = [2, 0, 3, 1]
    rates = [0.1, 0.2, 0.05, 0.3]

    def verdict(permutation):
        data = {
            "kind": "sharing",
            "agents": [{"name": f"a{k}", "cost": rates[k]} for k in permutation],
            "accuracy": {
                "family": "power",
                "weights": weights[np.ix_(permutation, permutation)].tolist(),
            },
        }
        solution = md.solve(md.parse(data), "budget-balanced")
        return {c.name: c.verdict for c in solution.certificate.conditions}

    assert verdict(range(4)) == verdict(order)


def test_one_who_is_not_like_the_others_is_found():
    crowd = {
        "kind": "sharing",
        "agents": [{"name": "a-{}", "count": 5000, "cost": 0.1}, {"name": "cheap", "cost": 1e-5}],
        "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 10},
    }
    game = md.parse(crowd)
    solution = md.solve(game, "none")
    nash = solution.certificate.condition("nash")
    assert nash.verdict == "pass"
    assert "5,001 agents" in nash.scope
    assert solution.certificate.condition("individual-rationality-alone").verdict == "pass"
    for agent, change in ((-1, 1e-6), (2500, 1.0)):
        moved = np.array(solution.contributions)
        moved[agent] += change * max(1.0, moved[agent])
        foreign = {"format": "mdsolve-solution/1", "mechanism": {"name": "none"}}
        found = md.verify(game, {**foreign, "contributions": moved}).condition("nash")
        assert found.verdict == "fail"
        assert found.witness["agent"] == ("cheap" if agent == -1 else "a-2501")
