"""Sharing games: every cost and accuracy family, columns, groups, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mdsolve.errors import InstanceError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import SharingInstance, load, parse
from tests.instance.samples import SHARING, problems

TWELVE = np.eye(12).tolist()


def one(**agent):
    return {**SHARING, "agents": [{"name": "A", "cost": 0.1, **agent}]}


def accuracy(**spec):
    return {**SHARING, "accuracy": spec}


@pytest.mark.parametrize(
    "spec",
    [
        {"family": "power", "weights": TWELVE},
        {"family": "power", "weights": [1] * 12},
        {"family": "power", "group_weights": {"g1": {"g1": 1, "g2": 0.5}, "g2": {"g2": "1/3"}}},
        {"family": "pac", "complexity": 10, "ceiling": 0.95},
        {"family": "threshold-power", "value": 2, "threshold": 3, "exponent": 0.1},
        {"family": "linear", "weights": TWELVE},
        {"family": "coverage", "distributions": [[0.5, 0.5]] * 12},
        {"family": "union", "curve": {"points": [[0, 0], [1, 0.5]]}, "neighbours": [[0]] * 12},
        {"family": "curve", "points": [[0, 0.1], [10, 0.8]]},
        {"family": "quadratic-fit", "target": [1, 2]},
        {"per_agent": [{"family": "power"}, *[{"family": "pac", "complexity": 1}] * 11]},
        {"per_group": {"g1": {"family": "power"}, "g2": {"family": "pac", "complexity": 1}}},
    ],
    ids=str,
)
def test_every_accuracy_family_loads(spec):
    assert parse(accuracy(**spec)).agent_count == 12


@pytest.mark.parametrize(
    ("cost", "family"),
    [
        (0.1, "linear"),
        ("1/10", "linear"),
        ({"rate": 0.1, "fixed": 1}, "linear"),
        ({"family": "quadratic", "rate": 0.1, "curvature": 0.01, "fixed": 0}, "quadratic"),
        ({"family": "power", "rate": 0.1, "exponent": 1.5}, "power"),
        ({"family": "piecewise-linear", "points": [[0, 0], [1, 1], [2, 3]]}, "piecewise-linear"),
    ],
)
def test_every_cost_family_loads(cost, family):
    assert parse(one(cost=cost)).agents[0].cost.family == family


def test_defaults_and_exact_numbers():
    agent, other, _ = parse(SHARING).agents
    assert agent.cost.rate == Fraction(1, 10)
    assert (agent.value, agent.capacity, agent.budget) == (1, 50, None)
    assert (other.value, other.capacity, other.group) == (Fraction(3, 2), None, "g2")
    assert parse(SHARING).platform_data == 0


def test_many_alike_are_written_out_with_numbers():
    names = list(sharing_game(parse(SHARING)).agents)
    assert names[:3] == ["A", "B", "edge-1"]
    assert names[-1] == "edge-10"


def test_private_costs():
    prior = {"low": 0.1, "high": 0.2, "probability_low": 0.5}
    game = parse({**SHARING, "agents": [{"name": "A", "prior": prior}]})
    assert game.agents[0].prior.high == Fraction(1, 5)


def test_columns_hold_numbers_fractions_arrays_or_one_for_all(tmp_path):
    agents = {"count": 3, "cost": ["1/2", 0.25, 1], "capacity": 5, "value": "3/2", "group": "g"}
    columns = parse({**SHARING, "agents": agents}).agents
    np.testing.assert_array_equal(columns.cost, [0.5, 0.25, 1])
    assert (columns.capacity, columns.value, columns.group) == (5, Fraction(3, 2), "g")
    file = tmp_path / "s.yaml"
    file.write_text("kind: sharing\nagents: {count: 3, cost: [1/2, 0.25, 1]}\n" * 1)
    file.write_text(file.read_text() + "accuracy: {family: power}\n")
    np.testing.assert_array_equal(load(file).agents.cost, [0.5, 0.25, 1])


def test_weights_from_a_file(tmp_path):
    np.save(tmp_path / "w.npy", np.eye(2))
    file = tmp_path / "s.yaml"
    file.write_text(
        "kind: sharing\nagents: {count: 2, cost: 1}\n"
        "accuracy: {family: power, weights: {file: w.npy}}\n"
    )
    np.testing.assert_array_equal(load(file).accuracy.weights, np.eye(2))


def test_ten_thousand_listed_agents_load_in_linear_time():
    agents = [{"name": f"e{k}", "cost": 1} for k in range(10_000)]
    assert parse({**SHARING, "agents": agents}).agent_count == 10_000


PRIOR = {"low": 0.1, "high": 0.2, "probability_low": 0.5}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**SHARING, "agents": []}, "agents"),
        ({**SHARING, "agents": 3}, "agents\n"),
        ({**SHARING, "agents": [3]}, "agents[0]\n"),
        ({**SHARING, "agents": [{"name": "A"}]}, "either cost or prior"),
        ({**SHARING, "agents": [{"cost": 1}]}, "agents[0].name"),
        (one(prior=PRIOR), "either cost or prior"),
        (one(cost=-1), "agents[0].cost\n"),
        (one(cost=float("nan")), "agents[0].cost\n"),
        (one(cost=True), "agents[0].cost\n"),
        (one(cost={"rate": -1}), "agents[0].cost.rate"),
        (one(cost={"family": "quadratic", "rate": 1}), "agents[0].cost.curvature"),
        (one(cost={"family": "quadrtic", "rate": 1}), "did you mean 'quadratic'"),
        (one(cost={"family": "power", "rate": 1, "exponent": 0.5}), "convex"),
        (one(cost={"family": "piecewise-linear", "points": [[0, 0], [1, 2], [2, 3]]}), "convex"),
        (one(cost={"family": "piecewise-linear", "points": [[1, 0], [2, 2]]}), "from 0"),
        (one(cost={"family": "piecewise-linear", "points": [[0, 0], [1, -1]]}), "non-decreasing"),
        (one(capacity=-1), "not negative"),
        (one(value=-1), "not negative"),
        (one(budget=-1), "not negative"),
        (one(count=3), "a name with one {}"),
        (one(name="{}-{}", count=3), "a name with one {}"),
        (one(name="e-{}", count=0), "count"),
        (one(name="e-{}", count=10**9), "count"),
        (one(name="e-{}", count=True), "count"),
        (one(name=""), "name"),
        (one(name="a\nb"), "control characters"),
        (one(cots=1), "did you mean 'cost'"),
        (
            {**SHARING, "agents": [{"name": "A", "cost": 1}, {"name": "A", "cost": 1}]},
            "different names",
        ),
        (
            {
                **SHARING,
                "agents": [{"name": "e-7", "cost": 1}, {"name": "e-{}", "cost": 1, "count": 9}],
            },
            "different names",
        ),
        (
            {**SHARING, "agents": [{"name": f"e{k}{{}}", "count": 10**7, "cost": 1} for k in "ab"]},
            "at most 10,000,000",
        ),
        (
            one(cost=None, prior={"costs": [1, 1], "probabilities": ["1/2", "1/2"]}),
            "every cost once",
        ),
        (
            one(cost=None, prior={"costs": [1, 2], "probabilities": ["1/2", "1/3"]}),
            "a sum of exactly 1",
        ),
        (
            one(cost=None, prior={"costs": [1, 2], "probabilities": [1]}),
            "2, one per cost",
        ),
        (
            one(cost=None, prior={"density": {"family": "uniform", "low": 2, "high": 1}}),
            "more than low = 2",
        ),
        (
            one(
                cost=None,
                prior={"density": {"family": "triangular", "low": 1, "high": 2, "mode": 3}},
            ),
            "from low = 1 to high = 2",
        ),
        (
            one(
                cost=None,
                prior={
                    "density": {"family": "truncated-exponential", "low": 1, "high": 2, "rate": 0}
                },
            ),
            "a rate that is not 0",
        ),
        (
            one(
                cost=None,
                prior={"density": {"family": "table", "costs": [2, 1], "densities": [1, 1]}},
            ),
            "sort the costs",
        ),
        (
            {**SHARING, "agents": [{"name": "A", "prior": {**PRIOR, "high": 0.05}}]},
            "more than low",
        ),
        (
            {**SHARING, "agents": [{"name": "A", "prior": {**PRIOR, "probability_low": 1}}]},
            "a probability",
        ),
        ({**SHARING, "agents": {"count": 2}}, "agents.cost"),
        ({**SHARING, "agents": {"count": 2, "cost": [1]}}, "2 entries"),
        ({**SHARING, "agents": {"count": 2, "cost": [1, -1]}}, "not negative"),
        ({**SHARING, "agents": {"count": 2, "cost": [1, float("nan")]}}, "finite"),
        ({**SHARING, "agents": {"count": 2, "cost": np.array([1, np.inf])}}, "finite"),
        ({**SHARING, "agents": {"count": 2, "cost": "cheap"}}, "a number"),
        ({**SHARING, "agents": {"count": 2, "cost": ["a", "b"]}}, "a number"),
        ({**SHARING, "agents": {"count": 2, "cost": [[1], [2]]}}, "agents.cost"),
        ({**SHARING, "agents": {"count": 2, "cost": 1, "capacity": [-1, 1]}}, "not negative"),
        ({**SHARING, "agents": {"count": 2, "cost": 1, "value": -1}}, "not negative"),
        ({**SHARING, "agents": {"count": 2, "cost": 1, "group": 3}}, "a group's name"),
        ({**SHARING, "agents": {"count": 2, "cost": 1, "group": ["a"]}}, "2 entries"),
        ({**SHARING, "agents": {"count": "many", "cost": 1}}, "agents.count"),
        (accuracy(family="power", weights=[[1]]), "12 rows (and columns)"),
        (accuracy(family="power", weights=[[1] * 11] * 12), "12 rows (and columns)"),
        (accuracy(family="power", weights=[-1] * 12), "not negative"),
        (accuracy(family="power", weights=[["x"] * 12] * 12), "rectangular"),
        (accuracy(family="power", weights=[[1], [1, 2]]), "matrix"),
        (accuracy(family="power", weights=3), "vector"),
        (accuracy(family="power", exponent=0), "greater than 0"),
        (accuracy(family="power", group_weights={"g1": {"g1": 1}}), "the group 'g2'"),
        (accuracy(family="powr"), "did you mean 'power'"),
        (accuracy(family="pac"), "accuracy.complexity"),
        (accuracy(family="threshold-power", threshold=0, exponent=1), "greater than 0"),
        (accuracy(family="linear"), "accuracy.weights"),
        (accuracy(family="coverage", distributions=[[2.0]] * 12), "probabilities"),
        (accuracy(family="coverage", distributions=[[0.5]] * 3), "12 rows"),
        (accuracy(family="coverage", distributions=[0.5] * 12), "probabilities"),
        (accuracy(family="union", curve={}, neighbours=[[0]] * 12), "points"),
        (
            accuracy(family="union", curve={"points": [[0, 0], [1, 2]]}, neighbours=[[0]] * 12),
            "accuracies in [0, 1]",
        ),
        (
            accuracy(family="union", curve={"points": [[1, 0], [0, 1]]}, neighbours=[[0]] * 12),
            "rise strictly from 0",
        ),
        (
            accuracy(family="union", curve={"points": [[0, 0], [1, 1]]}, neighbours=[[12]] * 12),
            "agent numbers from 0 to 11",
        ),
        (
            accuracy(family="union", curve={"points": [[0, 0], [1, 1]]}, neighbours=[[0]]),
            "12, one per agent",
        ),
        (accuracy(family="curve", points=[[1, 0.5], [0, 0.5]]), "sort them"),
        (accuracy(family="curve", points=[[0, 0]]), "at least 2"),
        (accuracy(family="quadratic-fit", target=[]), "at least 1"),
        (accuracy(per_agent=[{"family": "power"}]), "12, one per agent"),
        (accuracy(per_agent=[{"family": "powr"}] * 12), "accuracy.per_agent[0].family"),
        (accuracy(per_group={"g1": {"family": "power"}}), "the group 'g2'"),
        (accuracy(per_groop={}), "accuracy"),
        ({**SHARING, "platform_data": -1}, "platform_data"),
        ({**SHARING, "platfrom_data": 1}, "did you mean 'platform_data'"),
    ],
)
def test_problems_are_named(data, words):
    assert words in problems(data)


def test_python_callers_get_findings_too():
    with pytest.raises(InstanceError, match=r"instance: agents\n"):
        SharingInstance(agents=3, accuracy={"family": "power"})
    game = parse(SHARING)
    assert game.model_copy(update={"platform_data": "1/3"}).platform_data == Fraction(1, 3)
    assert game.model_copy().agents == game.agents
    for change, words in [
        ({"platform_data": -1}, "not negative"),
        ({"platform": 1}, "unknown key"),
    ]:
        with pytest.raises(InstanceError, match=words):
            game.model_copy(update=change)


def test_who_has_no_data_or_no_use_for_the_model_is_an_agent_too():
    agents = [{"name": "a", "cost": 1}, {"name": "b", "cost": 1, "capacity": 0, "value": 0}]
    game = parse({**SHARING, "agents": agents})
    assert game.agents[1].capacity == game.agents[1].value == 0


def test_an_entry_may_weigh_everybodys_data_by_its_own_row():
    two = [{"name": "a", "cost": 1, "group": "g"}, {"name": "b", "cost": 1, "group": "h"}]
    row = {"family": "power", "weights": [1, 0.5]}
    for accuracy in (
        {"per_agent": [row, {"family": "power"}]},
        {"per_group": {"g": row, "h": row}},
    ):
        parse({**SHARING, "agents": two, "accuracy": accuracy})
    for wrong in ({"weights": [1]}, {"weights": [[1, 1], [1, 1]]}, {"group_weights": {}}):
        entry = {"family": "power", **wrong}
        assert "row" in problems(
            {**SHARING, "agents": two, "accuracy": {"per_agent": [entry, row]}}
        )
