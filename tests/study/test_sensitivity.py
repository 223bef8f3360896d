"""Derivatives of equilibria, against instances that were solved again."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from tests.conftest import INSTANCES

EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"


def three(accuracy=None, **fields):
    """Return three agents, the second held at a capacity, the third too dear to contribute."""
    agents = [
        {"name": "A", "cost": {"family": "quadratic", "rate": 0.02, "curvature": 0.01}, "value": 2},
        {"name": "B", "cost": 0.01, "capacity": 2},
        {"name": "C", "cost": 3.0},
    ]
    return md.SharingInstance(agents=agents, accuracy=accuracy or {"family": "power"}, **fields)


def test_the_known_answer_of_example_4():
    found = md.sensitivity(md.load(EXAMPLE), md.solve(md.load(EXAMPLE), "shapley"))
    expected = [[-22.3293803, 1.5376965], [1.5376965, -4.8569527]]
    np.testing.assert_allclose(found.matrix("cost"), expected, rtol=1e-7)


CHANGES = {
    "cost": ("agents.A.cost.rate", "agents.B.cost"),
    "value": ("agents.A.value", "agents.B.value"),
    "capacity": (None, "agents.B.capacity"),
}


@pytest.mark.parametrize("mechanism", ["none", "shapley", md.Rule("budget-balanced", beta=0.3)])
@pytest.mark.parametrize("kind", CHANGES)
def test_derivatives_are_differences_of_solved_instances(mechanism, kind):
    game = three()
    found = md.sensitivity(game, md.solve(game, mechanism), kinds=(kind,))
    names = [one.parameter.agent for one in found.derivatives]
    for agent, path in zip("AB", CHANGES[kind], strict=True):
        if path is None:
            continue
        one = found.derivatives[names.index(agent)]
        value = 0.02 if path.startswith("agents.A.cost") else one.parameter.value
        h = 1e-4 * value
        ends = [md.solve(game.replace({path: x}), mechanism) for x in (value - h, value + h)]
        width = 2 * h
        for key in ("contributions", "payments", "utilities"):
            before, after = (np.array(end.answers[key], dtype=float) for end in ends)
            moved = (after - before) / width
            scale = max(1.0, float(np.abs(moved).max()))
            np.testing.assert_allclose(getattr(one.move, key), moved, atol=1e-5 * scale)


def test_weights_of_a_matrix_are_differences_too():
    weights = [[1, 0.5, 0.2], [0.4, 1, 0.3], [0.1, 0.2, 1]]
    game = three({"family": "power", "weights": weights})
    found = md.sensitivity(game, md.solve(game, "shapley"), kinds=("weight",))
    one = next(one for one in found.derivatives if one.parameter.agent == "A, B")
    h, moved = 1e-4, []
    for sign in (-1, 1):
        table = np.array(weights)
        table[0, 1] += sign * h
        other = three({"family": "power", "weights": table})
        moved.append(md.solve(other, "shapley").contributions)
    expected = (moved[1] - moved[0]) / (2 * h)
    np.testing.assert_allclose(one.move.contributions, expected, atol=1e-4)


def test_agents_at_bounds_stay_up_to_the_kink():
    game = three()
    solution = md.solve(game, "none")
    found = md.sensitivity(game, solution, kinds=("cost",))
    held = found.derivatives[1]
    assert held.move.contributions[1] == 0
    assert held.move.kink_above == "B leaves the capacity"
    for factor, same in ((0.99, True), (1.01, False)):
        more = {"agents.B.cost": 0.01 + factor * held.move.above}
        again = md.solve(game.replace(more), "none").contributions[1]
        assert bool(again == 2) is same


def test_where_an_agent_begins_to_contribute():
    agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}]
    game = md.SharingInstance(agents=agents, accuracy={"family": "power"})
    found = md.sensitivity(game, md.solve(game, "none"), kinds=("cost",))
    low = next(one for one in found.derivatives if one.parameter.agent == "B")
    assert low.move.kink_below == "B begins to contribute"
    assert low.move.below == pytest.approx(0.1)  # costs that are equal


def test_elasticities_do_not_depend_on_units():
    game, dear = three(), three().replace("cost*=1000", "value*=1000")
    found, other = (md.sensitivity(x, md.solve(x, "shapley")).to_dict() for x in (game, dear))
    for one, two in zip(found["derivatives"], other["derivatives"], strict=True):
        for key in ("contributions", "payments"):
            mine, theirs = one["elasticities"][key], two["elasticities"][key]
            assert mine == pytest.approx(theirs, abs=1e-5)


def test_covariances_are_carried_over():
    game = md.load(EXAMPLE)
    found = md.sensitivity(game, md.solve(game, "shapley"), kinds=("cost",))
    moved = found.matrix("cost")
    spread = np.diag([1e-4, 4e-4])
    np.testing.assert_allclose(found.covariance("cost", spread), moved @ spread @ moved.T)


def test_a_table_has_a_row_per_parameter_and_agent():
    game = md.load(EXAMPLE)
    table = md.sensitivity(game, md.solve(game, "shapley"), kinds=("cost", "value")).table()
    assert table.height == 2 * 2 * 2
    assert table.columns["d_contribution"][0] == pytest.approx(-22.3293803)


def test_what_has_no_derivatives_is_refused():
    game = md.load(EXAMPLE)
    with pytest.raises(UnsupportedError, match="none, budget-balanced"):
        md.sensitivity(game, md.solve(game, "welfare"))
    with pytest.raises(UnsupportedError, match="none, budget-balanced"):
        md.sensitivity(game, {"mechanism": "target", "contributions": [3, 1]})
    with pytest.raises(UnsupportedError, match="not at rest"):
        md.sensitivity(game, {"mechanism": "shapley", "contributions": [3.2, 1.0]})
    with pytest.raises(UsageError, match="2, one per agent"):
        md.sensitivity(game, {"mechanism": "shapley", "contributions": [3.2]})
    tied = md.SharingInstance(agents={"count": 2, "cost": 0.1}, accuracy={"family": "power"})
    with pytest.raises(UnsupportedError, match="not isolated"):
        md.sensitivity(tied, md.solve(tied, "none"))
    with pytest.raises(UsageError, match="one of cost"):
        md.sensitivity(game, md.solve(game, "shapley"), kinds=("cost",)).matrix("value")
