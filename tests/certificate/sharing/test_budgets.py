"""The checker and budgets: what is beyond them is infeasible, staying below is no equilibrium."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.instance.numbers import exact_number

AGENTS = [
    {"name": "a", "cost": 0.3, "value": 20, "budget": 1},
    {
        "name": "b",
        "cost": {"family": "quadratic", "rate": 0.2, "curvature": 0.1},
        "value": 15,
        "budget": 2,
    },
    {"name": "c", "cost": 0.5, "value": 30, "budget": 6},
]
ACCURACIES = {
    "total": {"family": "power"},
    "dense": {"family": "power", "weights": [[1, 0.3, 0.2], [0.5, 1, 0.1], [0.1, 0.4, 1]]},
}
RULES = (
    ("none", {}),
    ("budget-balanced", {"beta": 0.2}),
    ("contribution-transfer", {"beta": 0.05}),
)


def instance_of(accuracy=None, agents=AGENTS):
    return md.parse(
        {"kind": "sharing", "agents": agents, "accuracy": accuracy or {"family": "power"}}
    )


def moved(solution, agent, step):
    """Return the solution with one contribution changed; payments are left to the checker."""
    data = solution.to_dict()
    data.pop("payments")
    contributions = list(data["contributions"])
    contributions[agent] += step
    return {**data, "contributions": contributions}


@pytest.mark.parametrize("accuracy", ACCURACIES)
@pytest.mark.parametrize(("name", "options"), RULES)
def test_a_binding_budget_holds_within_a_millionth(name, options, accuracy):
    instance = instance_of(ACCURACIES[accuracy])
    solution = md.solve(instance, name, options=options)
    assert solution.certificate.verdict == "pass"
    assert solution.regret <= 1e-10
    left = np.array([agent.budget for agent in instance.agents], dtype=float)
    game_costs = [0.3 * solution.contributions[0]]
    assert left[0] - game_costs[0] + solution.payments[0] == pytest.approx(0, abs=1e-12)

    beyond = md.verify(instance, moved(solution, 0, 1e-6))
    feasible = beyond.condition("feasibility")
    assert feasible.verdict == "fail"
    assert feasible.witness["agent"] == "a"
    left = float(exact_number(feasible.witness["money_left"]))
    assert feasible.violation == pytest.approx(-left, rel=1e-12)
    spent = beyond.condition("nash")
    assert spent.verdict == "fail"
    assert spent.witness["agent"] == "a"
    assert "spends more" in spent.detail

    below = md.verify(instance, moved(solution, 0, -1e-6))
    assert below.condition("feasibility").verdict == "pass"
    nash = below.condition("nash")
    assert nash.verdict == "fail"
    assert nash.witness["agent"] == "a"
    # They can move back to where their money ends, and gains that.
    assert nash.witness["best_response"] == pytest.approx(solution.contributions[0], abs=1e-9)
    assert exact_number(nash.witness["gain"]) > 0


def test_without_the_budget_the_same_profile_is_no_equilibrium():
    solution = md.solve(instance_of(), "none")
    free = [{k: v for k, v in agent.items() if k != "budget"} for agent in AGENTS]
    certificate = md.verify(instance_of(agents=free), moved(solution, 0, 0.0))
    assert certificate.condition("nash").verdict == "fail"
    assert certificate.condition("nash").witness["best_response"] > solution.contributions[0] + 0.4


def test_an_empty_feasible_set_is_named():
    """The rich agent does what is best for them; nothing is left to the poor one."""
    agents = [
        {"name": "rich", "cost": 1, "value": 100, "budget": 100},
        {"name": "poor", "cost": 1, "value": 4, "budget": 1},
    ]
    instance = instance_of(agents=agents)
    claim = {
        "mechanism": {"name": "budget-balanced", "options": {"beta": 0.3}},
        "beta": 0.3,
        "contributions": [np.sqrt(100 / 0.7) - 1, 0.0],
    }
    certificate = md.verify(instance, claim)
    feasible = certificate.condition("feasibility")
    assert feasible.claimed
    assert feasible.verdict == "fail"
    assert feasible.witness["agent"] == "poor"
    assert certificate.condition("nash").verdict == "fail"


def test_clipped_utilities_are_searched_within_the_budget():
    """A curve that starts flat: the only better contribution costs more than the agent has."""
    accuracy = {"family": "pac", "complexity": 1}

    def verdict(budget):
        agents = [{"name": "a", "cost": 0.0005, "budget": budget}]
        claim = {"mechanism": "none", "contributions": [0.0]}
        return md.verify(instance_of(accuracy, agents), claim).condition("nash").verdict

    assert verdict(0.001) == "pass"
    assert verdict(10) == "fail"


def test_training_alone_is_within_the_budget_too():
    agents = [{"name": "a", "cost": 1, "value": 100, "budget": 1}, {"name": "b", "cost": 2}]
    solution = md.solve(instance_of(agents=[agents[0], {**agents[1], "budget": 1}]), "none")
    assert solution.standalone["contributions"][0] == pytest.approx(1, abs=1e-12)
    assert solution.standalone["utilities"][0] == pytest.approx(50, abs=1e-9)
    alone = solution.certificate.condition("individual-rationality-alone")
    assert alone.verdict == "pass"


def test_the_planners_conditions_at_a_binding_budget():
    """Equal agents, everything spent: the optimum; unequal budgets: (21) fails, and is named."""
    agents = [{"name": n, "cost": 1, "value": 40, "budget": 2} for n in "abc"]
    instance = instance_of(agents=agents)
    solution = md.solve(instance, "budget-balanced", options={"beta": "full"})
    assert solution.contributions.sum() == pytest.approx(6, abs=1e-12)
    kkt = md.verify(instance, solution, conditions=["welfare-kkt"]).condition("welfare-kkt")
    assert (kkt.claimed, kkt.verdict) == (True, "pass")
    assert kkt.detail.startswith("degenerate")
    best = md.solve(instance, "welfare", options={"beta": "full", "p": 1})
    assert best.objective == pytest.approx(solution.utilities.mean(), abs=1e-8)
    # lambda_i of (16): v f'(S) = (1 - beta) c (1 + lambda), by hand.
    np.testing.assert_allclose(solution.duals["lambda"], 3 * 40 / 49 - 1, rtol=1e-12)
    assert len(solution.duals["mu"]) == len(solution.duals["gamma"]) == 3

    richer = [{**agents[0], "budget": 2}, {**agents[1], "cost": 1.5, "budget": 8}, agents[2]]
    other = md.solve(instance_of(agents=richer), "budget-balanced", options={"beta": 0.2})
    failing = other.certificate.condition("welfare-kkt")
    assert failing.verdict == "fail"
    assert failing.detail.startswith("fails")
    assert not failing.claimed
