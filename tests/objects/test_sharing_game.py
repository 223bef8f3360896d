"""Sharing games as objects: what methods return is what the formulas say."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import InstanceError, UnsupportedError, UsageError

AGENTS = [{"name": "A", "cost": 0.1, "capacity": 50}, {"name": "B", "cost": 0.25, "value": 2}]


@pytest.fixture
def game():
    """Return two agents with a(y) = 1 - 1/(1 + y)."""
    return md.SharingGame(agents=AGENTS, accuracy={"family": "power"}, name="two")


def accuracy(total):
    return 1 - 1 / (1 + total)


def test_utilities_are_value_less_cost_plus_payment(game):
    s = {"A": 3, "B": 1}
    expected = [accuracy(4) - 0.3, 2 * accuracy(4) - 0.25]
    np.testing.assert_allclose(game.utilities(s), expected)
    np.testing.assert_allclose(
        game.utilities(s, payments={"B": -1, "A": 1}), expected + np.array([1, -1])
    )
    assert game.welfare([3, 1]) == pytest.approx(sum(expected))
    np.testing.assert_allclose(game.accuracies(np.array([3, 1])), accuracy(4))
    np.testing.assert_allclose(game.costs((3, 1)), [0.3, 0.25])


def test_shapley_payments_are_the_average_over_both_orders(game):
    worth = {0: 0.0, 1: 3 * accuracy(3), 2: 3 * accuracy(1), 3: 3 * accuracy(4)}
    first = (worth[1] + worth[3] - worth[2]) / 2
    paid = game.payments("shapley", [3, 1])
    np.testing.assert_allclose(paid, [first - accuracy(4), accuracy(4) - first])


@pytest.mark.parametrize("rule", ["none", "shapley", md.Rule("budget-balanced", beta=0.25)])
def test_no_contribution_on_a_grid_beats_a_best_response(game, rule):
    for place, agent in enumerate(game.agents):
        others = np.array([2.0, 1.0])
        best = others.copy()
        best[place] = game.best_response(agent, others, rule)
        utility = game.utilities(best, rule)[place]
        for own in np.linspace(0, 12, 61):
            tried = others.copy()
            tried[place] = own
            assert game.utilities(tried, rule)[place] <= utility + 1e-12


def test_alone_is_the_closed_form(game):
    best = np.sqrt(np.array([1, 2]) / [0.1, 0.25]) - 1  # a' = cost / value
    alone = game.alone()
    np.testing.assert_allclose(alone.contributions, best)
    np.testing.assert_allclose(alone.utilities, [1, 2] * accuracy(best) - [0.1, 0.25] * best)


def test_verbs_are_methods(game, tmp_path):
    solution = game.solve("shapley")
    assert solution == md.solve(game.instance, "shapley")
    assert game.verify(solution).verdict == "pass"
    assert list(game.compare(["none", "shapley"]).solutions) == ["none", "shapley"]
    assert game.design().optimal
    assert game.prove(solution).exit_code in (0, 4)
    assert game.sweep({"agents.A.cost": [0.1, 0.2]}, ["none"]).complete
    assert "received" in str(game.explain(solution))
    assert game.report(solution, tmp_path / "r.html") == (tmp_path / "r.html").read_text()
    assert game.sensitivity(solution).matrix("cost").shape == (2, 2)


def test_games_are_equal_where_their_data_are(game):
    assert game == md.SharingGame(agents=AGENTS, accuracy={"family": "power"})
    assert game != game.replace("cost*=2")
    assert repr(game) == "SharingGame 'two' of 2 agents: A, B"


def test_bad_input_is_said_in_python_words(game):
    with pytest.raises(UsageError, match="one of A, B"):
        game.best_response("C", [1, 1])
    with pytest.raises(UsageError, match="one of A, B"):
        game.utilities({"a": 1})
    with pytest.raises(UsageError, match="2, one per agent"):
        game.welfare([1])
    with pytest.raises(UsageError, match="from 0 to the capacity"):
        game.welfare([51, 0])
    with pytest.raises(UnsupportedError, match="a SharingInstance"):
        md.SharingGame(md.Market(agents=1, types=[1], valuation={"family": "share"}).instance)
    with pytest.raises(InstanceError, match="did you mean 'cost'"):
        md.SharingGame(agents=[{"name": "A", "cst": 1}], accuracy={"family": "power"})
    with pytest.raises(UnsupportedError, match="payments follow from contributions"):
        game.best_response("A", [1, 1], "welfare")


def test_rules_are_checked_when_they_are_made():
    rule = md.Rule("shapley", share=0.5)
    assert rule.options == {"index": "shapley", "weights": None, "share": 0.5}
    assert rule == md.Rule("shapley", share="1/2")
    with pytest.raises(UsageError, match="did you mean 'share'"):
        md.Rule("shapley", shar=0.5)
    with pytest.raises(UsageError, match="at most 1"):
        md.Rule("shapley", share=2)
    with pytest.raises(UsageError, match="did you mean 'shapley'"):
        md.Rule("shaply")


def test_a_rule_stands_for_its_name_and_options(game):
    half = game.solve(md.Rule("shapley", share=0.5))
    assert half == game.solve("shapley", options={"share": 0.5})
    assert game.solve(md.Rule("shapley", share=0.5), options={"share": 1}) == game.solve("shapley")
    with pytest.raises(UsageError, match="a mechanism's name, or a Rule"):
        game.solve(3)


def test_everything_is_one_line_in_a_console(game):
    solution = game.solve("shapley")
    shown = [
        *(game, game.instance, solution, solution.certificate, game.compare(["none", "shapley"])),
        *(game.sensitivity(solution), game.sweep({"agents.A.cost": [0.1]}, ["none"])),
    ]
    for one in shown:
        assert "\n" not in repr(one)
        assert len(repr(one)) < 250, repr(one)
