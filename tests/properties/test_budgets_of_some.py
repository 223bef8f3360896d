"""Budgets of some agents change nothing for the others: none means no limit, not an empty purse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.mechanism.registry import mechanisms
from mdsolve.solver.equilibrium.spending import within_own_means
from mdsolve.status import Termination

PLENTY = 1e4
"""More money than anybody could spend."""

RULES = (
    ("none", {}),
    ("budget-balanced", {"beta": 0.2}),
    ("budget-balanced", {"beta": "full"}),
    ("contribution-transfer", {"beta": 0.05}),
    ("shapley", {"index": "shapley", "weights": None, "share": 1}),
    ("welfare", {"p": 1.0, "beta": 0.3, "route": "interior-point"}),
    ("welfare", {"p": 1.0, "beta": "full", "route": "interior-point"}),
    ("welfare", {"p": 1.0, "beta": 0.3, "route": "cvxpy"}),
)


def instance_of(agents, accuracy=None):
    return md.parse(
        {"kind": "sharing", "agents": agents, "accuracy": accuracy or {"family": "power"}}
    )


def test_one_budget_leaves_the_other_agent_alone():
    agents = [{"name": "big", "cost": 0.1}, {"name": "small", "cost": 0.2, "budget": 100}]
    solution = md.solve(instance_of(agents), "none")
    free = [{"name": "big", "cost": 0.1}, {"name": "small", "cost": 0.2}]
    free = md.solve(instance_of(free), "none")
    np.testing.assert_allclose(solution.contributions, [np.sqrt(10) - 1, 0.0], rtol=1e-12)
    np.testing.assert_array_equal(solution.contributions, free.contributions)
    np.testing.assert_allclose(solution.utilities, np.add(free.utilities, [0.0, 100.0]), rtol=1e-12)
    assert solution.certificate.verdict == "pass"
    np.testing.assert_allclose(solution.standalone["contributions"][0], np.sqrt(10) - 1)


@st.composite
def games(draw):
    """Return two to four agents, some of them with a budget that may bind."""
    size = draw(st.integers(2, 4))
    agents = []
    for k in range(size):
        rate = draw(st.floats(0.1, 0.6))
        cost = {"family": "quadratic", "rate": rate, "curvature": draw(st.floats(0.02, 0.3))}
        agent = {"name": f"a{k}", "cost": cost if draw(st.booleans()) else rate}
        agent["value"] = draw(st.floats(1, 10))
        if draw(st.booleans()):
            agent["budget"] = draw(st.floats(0.05, 3))
        agents.append(agent)
    return agents


@settings(max_examples=5)
@pytest.mark.parametrize(("name", "options"), RULES)
@given(agents=games())
def test_no_budget_is_as_good_as_plenty(name, options, agents):
    """Who may spend without limit acts like somebody with more than could ever be spent."""
    compared(name, options, agents)


@settings(max_examples=2)
@given(agents=games())
def test_no_budget_is_as_good_as_plenty_where_data_are_rewarded(agents):
    few = [{**agent, "cost": 0.3} for agent in agents[:2]]
    compared("proportional-data", {"p": 1.0, "select": "most-data"}, few)


def compared(name, options, agents):
    """Compare what a rule leads to where some have no budget, and where those have plenty."""
    plenty = [agent | {"budget": agent.get("budget", PLENTY)} for agent in agents]
    rule = mechanisms("sharing")[name]
    here, there = sharing_game(instance_of(agents)), sharing_game(instance_of(plenty))
    found = rule.outcome(here, options, Context())
    rich = rule.outcome(there, options, Context())
    assert found.termination is rich.termination
    if found.termination is not Termination.SOLVED:
        return
    s = found.contributions
    left = here.budget - here.costs.value(s) + found.payments
    assert left.min() >= -1e-9
    if name == "welfare":
        added = float((there.money - here.money).mean())
        assert found.details["objective"] + added == pytest.approx(
            rich.details["objective"], abs=1e-6
        )
        return
    np.testing.assert_allclose(s, rich.contributions, rtol=1e-7, atol=1e-7)


@given(agents=games())
def test_means_are_those_of_each_agent(agents):
    """Only agents with a budget are held to what it pays for."""
    game = sharing_game(instance_of(agents))
    capacity = within_own_means(game).capacity
    assert np.all(np.isinf(capacity) == ~game.limited)
    cost = game.costs.value(np.where(game.limited, capacity, 0.0))
    np.testing.assert_allclose(cost[game.limited], game.budget[game.limited], rtol=1e-9)


def test_columns_without_a_budget_have_no_limit():
    columns = {"count": 3, "cost": [0.1, 0.2, 0.3]}
    game = sharing_game(
        md.parse({"kind": "sharing", "agents": columns, "accuracy": {"family": "power"}})
    )
    assert not game.budgeted
    assert game.money.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("p", [0.5, 0, -1, "-inf"])
def test_means_below_one_name_who_has_no_budget(p):
    agents = [
        {"name": "rich", "cost": 0.1, "value": 4, "budget": 9},
        {"name": "endless", "cost": 0.2, "value": 4},
    ]
    with pytest.raises(UnsupportedError, match="without budgets: endless"):
        md.solve(instance_of(agents), "welfare", options={"p": p, "beta": 0.2})
    solution = md.solve(instance_of(agents), "welfare", options={"beta": 0.2})
    assert solution.certificate.verdict == "pass"


def test_who_lacks_money_is_an_agent_with_a_budget():
    """What others bear of the rich agent's cost is beyond the poor budget, not the third one."""
    agents = [
        {"name": "rich", "cost": 1, "value": 100},
        {"name": "poor", "cost": {"family": "linear", "rate": 1, "fixed": 2}, "budget": 1},
        {"name": "third", "cost": {"family": "linear", "rate": 1, "fixed": 3}},
    ]
    solution = md.solve(instance_of(agents), "budget-balanced", options={"beta": 0.3})
    assert solution.termination is Termination.INFEASIBLE
    assert solution.witness["agent"] == "poor"
