"""`shapley` with weights and partial shares: known answers, ends, symmetries, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.study.payments_at import payments_at

TWO = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}
KNOWN = {0.5: 4.12003, 0.8: 4.16658, 1: 4.16744, 1.25: 4.15321, 2: 4.07523, 4: 3.86794}
"""Total data of [M25] Example 4 by the weight of B, computed by another method (trapezoid sums)."""


def sharing(accuracy, agents, **more):
    named = [{"name": f"a{k}", **agent} for k, agent in enumerate(agents)]
    return md.parse({"kind": "sharing", "agents": named, "accuracy": accuracy, **more})


MATRIX = {"family": "power", "weights": [[1, 0.5, 0.2], [0.2, 1, 0.3], [0.4, 0.1, 1]]}
THREE = [{"cost": 0.05}, {"cost": 0.1, "value": 2}, {"cost": 0.02, "capacity": 3}]
PIECES = {"family": "piecewise-linear", "points": [[0, 0], [1, 0.05], [9, 1.65]]}
GAMES = {
    "matrix": (MATRIX, THREE),
    "pieces": ({"family": "power"}, [{"cost": 0.1}, {"cost": PIECES}]),
    "coverage": (
        {"family": "coverage", "distributions": [[0.3, 0.2, 0.1], [0.1, 0.1, 0.5]]},
        [{"cost": 0.02, "capacity": 50}, {"cost": 0.03, "capacity": 40}],
    ),
    "linear": (
        {"family": "linear", "weights": [[2, 1], [0.5, 3]]},
        [{"cost": {"family": "quadratic", "rate": 0, "curvature": 1}}, {"cost": 2, "capacity": 3}],
    ),
    "union": (
        {
            "family": "union",
            "curve": {"points": [[0, 0], [10, 0.5], [50, 0.8]]},
            "neighbours": [[0, 1], [0, 1, 2], [2, 0]],
        },
        [
            {"cost": 0.02, "capacity": 60},
            {"cost": 0.03, "capacity": 60},
            {"cost": 0.01, "capacity": 9},
        ],
    ),
    "clipped": (
        {"family": "pac", "ceiling": 0.95, "complexity": 1},
        [{"cost": 0.001}, {"cost": 0.0012}, {"cost": 0.0015}],
    ),
    "curve": (
        {"family": "curve", "points": [[0, 0.1], [50, 0.62], [200, 0.78], [500, 0.85]]},
        [{"cost": 0.0011}, {"cost": 0.0014, "value": 2}],
    ),
}


def game_of(name):
    accuracy, agents = GAMES[name]
    return sharing(accuracy, agents)


def conditions(solution):
    return {one.name: one for one in solution.certificate.conditions}


@pytest.mark.parametrize(("weight", "total"), KNOWN.items())
def test_the_totals_of_example_4_by_the_weight_of_b(weight, total):
    solution = md.solve(md.parse(TWO), "shapley", options={"weights": [1, weight]})
    assert solution.contributions.sum() == pytest.approx(total, abs=6e-6)
    assert solution.certificate.verdict == "pass"
    assert solution.payments.sum() == 0
    found = conditions(solution)
    for name in (
        "nash",
        "rule",
        "budget-balance",
        "equal-treatment",
        "stated-numbers",
        "equilibria",
    ):
        assert found[name].verdict == "pass"
        assert found[name].arithmetic != "float"
    assert (found["reciprocity"].verdict == "pass") == (weight == 1)
    assert (solution.metrics["reciprocity"] > 1 - 1e-9) == (weight == 1)


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("share", [0.3, 0.8, 1])
def test_weights_and_shares_of_every_family_are_certified(name, share):
    game = game_of(name)
    weights = [1, 2, 3][: len(GAMES[name][1])]
    solution = md.solve(game, "shapley", options={"weights": weights, "share": share})
    assert solution.termination.name == "SOLVED", solution.message
    found = conditions(solution)
    for one in ("nash", "rule", "budget-balance", "stated-numbers"):
        assert found[one].verdict == "pass"
        assert found[one].arithmetic != "float", one
    assert solution.payments.sum() == 0


@pytest.mark.parametrize("name", GAMES)
def test_no_deviation_on_a_grid_pays(name):
    game, n = game_of(name), len(GAMES[name][1])
    options = {"weights": [3, 1, 2][:n], "share": 0.6}
    solution = md.solve(game, "shapley", options=options)
    s, largest = solution.contributions, 2 * solution.contributions.max() + 1
    for agent in range(n):
        end = GAMES[name][1][agent].get("capacity", largest)
        for x in np.linspace(0, min(end, largest), 41):
            moved = s.copy()
            moved[agent] = x
            there = payments_at(game, "shapley", moved, options=options)
            assert there["utilities"][agent] <= solution.utilities[agent] + 1e-9


@pytest.mark.parametrize("name", ["matrix", "coverage", "clipped"])
def test_ends_of_the_share_and_equal_weights_are_known_rules(name):
    game, n = game_of(name), len(GAMES[name][1])
    plain, none = md.solve(game, "shapley"), md.solve(game, "none")
    nothing = md.solve(game, "shapley", options={"share": 0, "weights": [2, 1, 5][:n]})
    np.testing.assert_array_equal(nothing.contributions, none.contributions)
    assert not nothing.payments.any()
    for options in ({"share": 1}, {"weights": [7] * n}, {"weights": {"": "1/3"}, "share": "1"}):
        found = md.solve(game, "shapley", options=options)
        np.testing.assert_allclose(found.contributions, plain.contributions, rtol=1e-12)
        np.testing.assert_allclose(found.payments, plain.payments, rtol=1e-12, atol=1e-15)
        assert conditions(found)["reciprocity"].verdict == "pass"


@pytest.mark.parametrize("share", [0.5, 1])
def test_only_ratios_matter_and_names_and_units_do_not(share):
    game = game_of("matrix")
    first = md.solve(game, "shapley", options={"weights": "1,2.5,4", "share": share})
    twice = md.solve(game, "shapley", options={"weights": "2,5,8", "share": share})
    np.testing.assert_array_equal(first.contributions, twice.contributions)
    order = [2, 0, 1]
    agents = [{"name": f"a{k}", **THREE[k]} for k in order]
    weights = np.array(MATRIX["weights"])[np.ix_(order, order)].tolist()
    for agent in agents:  # money in tenths
        agent |= {"cost": 10 * agent["cost"], "value": 10 * agent.get("value", 1)}
    data = {
        "kind": "sharing",
        "agents": agents,
        "accuracy": {"family": "power", "weights": weights},
    }
    named = {"a0": 1, "a1": 2.5, "a2": 4}
    moved = md.solve(md.parse(data), "shapley", options={"weights": named, "share": share})
    np.testing.assert_allclose(moved.contributions, first.contributions[order], rtol=1e-9)
    np.testing.assert_allclose(moved.payments, 10 * first.payments[order], rtol=1e-8, atol=1e-12)


def test_reciprocity_rises_with_the_share_and_so_do_data():
    game = md.parse(TWO)
    found = [md.solve(game, "shapley", options={"share": t}) for t in (0, 0.25, 0.5, 0.75, 1)]
    assert np.all(np.diff([one.metrics["reciprocity"] for one in found]) > 0)
    assert np.all(np.diff([one.metrics["total_data"] for one in found]) > 0)


def test_half_a_banzhaf_share_is_an_equilibrium_too():
    options = {"share": 0.5, "index": "banzhaf"}
    solution = md.solve(game_of("matrix"), "shapley", options=options)
    assert solution.certificate.verdict == "pass"
    assert not conditions(solution)["budget-balance"].claimed


def test_who_has_other_weights_may_be_paid_otherwise_and_equals_may_not():
    twins = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.1}, {"name": "C", "cost": 0.1}]
    game = md.parse({**TWO, "agents": twins})
    solution = md.solve(game, "shapley", options={"weights": {"C": 2}})
    assert conditions(solution)["equal-treatment"].verdict == "pass"
    assert solution.payments[0] == pytest.approx(solution.payments[1])
    assert solution.payments[2] != pytest.approx(solution.payments[0])


def test_budgets_that_do_not_bind_are_kept_and_others_refused():
    agents = [{"name": "A", "cost": 0.1, "budget": 9}, {"name": "B", "cost": 0.25, "budget": 9}]
    rich = md.solve(md.parse({**TWO, "agents": agents}), "shapley", options={"weights": [1, 2]})
    assert rich.certificate.verdict == "pass"
    assert rich.contributions.sum() == pytest.approx(KNOWN[2], abs=6e-6)
    for poor, options in ((1, {"weights": [1, 2]}), (0, {"share": 0.5})):
        limited = [{**agent, "budget": 0.01 if k == poor else 9} for k, agent in enumerate(agents)]
        with pytest.raises(UnsupportedError, match="budget"):
            md.solve(md.parse({**TWO, "agents": limited}), "shapley", options=options)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"weights": [1]}, UsageError, "2, one per agent"),
        ({"weights": [1, -2]}, UsageError, "greater than 0"),
        ({"weights": "1,zero"}, UsageError, "positive numbers"),
        ({"weights": {"a": 1}}, UsageError, "did you mean 'A'|an agent of the instance"),
        ({"weights": {"B": 0}}, UsageError, "greater than 0"),
        ({"share": 1.5}, UsageError, "at most 1"),
        ({"weights": [1, 2], "index": "banzhaf"}, UnsupportedError, "banzhaf"),
        ({"weights": ["1", "0.123456"]}, UnsupportedError, "round the weights"),
    ],
)
def test_bad_options_say_what_is_wrong(options, error, words):
    with pytest.raises(error, match=words):
        md.solve(md.parse(TWO), "shapley", options=options)


def test_too_many_different_agents_are_refused_in_words():
    agents = [{"cost": 0.001 * (1 + k)} for k in range(30)]
    game = sharing(GAMES["curve"][0], agents)
    with pytest.raises(UnsupportedError, match="at most 12"):
        md.solve(game, "shapley", options={"weights": {"a0": 2}})


def test_payments_at_name_weighted_shares():
    found = payments_at(md.parse(TWO), "shapley", "3,1", options={"weights": [1, 3]})
    # Coalitions {A} and {B} are first with chances 3/4 and 1/4.
    alone, joined = np.array([2 * 0.75, 2 * 0.5]), 2 * 0.8
    shares = [0.75 * alone[0] + 0.25 * (joined - alone[1])]
    shares.append(joined - shares[0])
    np.testing.assert_allclose(found["weighted_shapley"], shares, rtol=1e-12)
    assert "shapley" not in found
