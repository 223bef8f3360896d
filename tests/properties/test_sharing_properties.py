"""Every sharing mechanism respects names, units of money, groups and agents who do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game

MECHANISMS = ("none", "budget-balanced", "contribution-transfer", "shapley")
OPTIONS = {"budget-balanced": {"beta": 0.3}, "contribution-transfer": {"beta": 0.01}}
CLOSE = 1e-7

rates = st.floats(0.02, 0.3)
weights = st.floats(0.1, 1.0)


@st.composite
def games(draw):
    """Return plain data of a power game with own weights, values and some capacities."""
    n = draw(st.integers(2, 4))
    agents = [
        {
            "name": f"agent {k}",
            "cost": draw(rates),
            "value": draw(st.floats(0.5, 3)),
            **({"capacity": draw(st.floats(0.5, 5))} if draw(st.booleans()) else {}),
        }
        for k in range(n)
    ]
    matrix = [[1.0 if i == j else draw(weights) / 2 for j in range(n)] for i in range(n)]
    accuracy = {
        "family": "power",
        "exponent": draw(st.sampled_from([0.5, 1, 1.5])),
        "weights": matrix,
    }
    return {"kind": "sharing", "agents": agents, "accuracy": accuracy}


def solved(data, mechanism, options=None):
    chosen = OPTIONS.get(mechanism, {}) if options is None else options
    solution = md.solve(md.parse(data), mechanism, options=chosen)
    assert solution.certificate.verdict == "pass", solution.certificate.to_dict()
    return solution


def same(found, expected, scale=1.0):
    np.testing.assert_allclose(found, expected, atol=CLOSE * scale, rtol=CLOSE)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@settings(max_examples=5)
@given(games(), st.randoms(use_true_random=False))
def test_names_do_not_matter(mechanism, data, random):
    n = len(data["agents"])
    order = list(range(n))
    random.shuffle(order)
    matrix = np.array(data["accuracy"]["weights"])
    moved = {
        **data,
        "agents": [data["agents"][k] for k in order],
        "accuracy": {**data["accuracy"], "weights": matrix[np.ix_(order, order)].tolist()},
    }
    before, after = solved(data, mechanism), solved(moved, mechanism)
    for key in ("contributions", "payments", "utilities", "accuracies", "shapley"):
        same(after.answers[key], before.answers[key][order])


@pytest.mark.parametrize("mechanism", MECHANISMS)
@settings(max_examples=5)
@given(games(), st.sampled_from([0.25, 8.0, 1000.0]))
def test_the_unit_of_money_does_not_matter(mechanism, data, factor):
    priced = [
        {**agent, "cost": factor * agent["cost"], "value": factor * agent["value"]}
        for agent in data["agents"]
    ]
    options = dict(OPTIONS.get(mechanism, {}))
    if mechanism == "contribution-transfer":
        options["beta"] *= factor
    before, after = solved(data, mechanism), solved({**data, "agents": priced}, mechanism, options)
    same(after.contributions, before.contributions)
    for key in ("payments", "utilities", "shapley"):
        same(after.answers[key], factor * before.answers[key], factor)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@settings(max_examples=4)
@given(
    st.lists(rates, min_size=2, max_size=2, unique=True),
    st.lists(st.integers(2, 4), min_size=2, max_size=2),
    weights,
    weights,
)
def test_splitting_a_group_changes_nothing(mechanism, costs, sizes, far, back):
    table = {"left": {"left": 1, "right": far / 2}, "right": {"left": back / 2, "right": 1}}

    def game(groups):
        agents = [
            {"name": f"{name} {{}}", "count": count, "cost": costs[kind == "right"], "group": name}
            for name, kind, count in groups
            if count > 1
        ] + [
            {"name": f"{name} 1", "cost": costs[kind == "right"], "group": name}
            for name, kind, count in groups
            if count == 1
        ]
        kinds = {name: kind for name, kind, _ in groups}
        split = {
            name: {other: table[kind][kinds[other]] for other in kinds}
            for name, kind in kinds.items()
        }
        accuracy = {"family": "power", "group_weights": split}
        return {"kind": "sharing", "agents": agents, "accuracy": accuracy}

    left, right = sizes
    whole = solved(game([("left", "left", left), ("right", "right", right)]), mechanism)
    parts = solved(
        game([("left", "left", left - 1), ("other", "left", 1), ("right", "right", right)]),
        mechanism,
    )
    for key in ("total_data", "welfare"):
        same(parts.metrics[key], whole.metrics[key])
    for key in ("contributions", "payments", "utilities"):
        same(np.sort(parts.answers[key]), np.sort(whole.answers[key]))


@pytest.mark.parametrize("mechanism", ["none", "shapley"])
@settings(max_examples=5)
@given(games(), rates)
def test_an_agent_whose_data_and_model_stand_apart_changes_nothing(mechanism, data, rate):
    n = len(data["agents"])
    matrix = np.zeros((n + 1, n + 1))
    matrix[:n, :n] = data["accuracy"]["weights"]
    more = {
        **data,
        "agents": [*data["agents"], {"name": "apart", "cost": rate}],
        "accuracy": {**data["accuracy"], "weights": matrix.tolist()},
    }
    before, after = solved(data, mechanism), solved(more, mechanism)
    for key in ("contributions", "payments", "utilities", "shapley"):
        same(after.answers[key][:n], before.answers[key])
    assert after.contributions[n] == 0
    assert abs(after.answers["shapley"][n]) < CLOSE
    assert abs(after.payments[n]) < CLOSE


@pytest.mark.parametrize("mechanism", MECHANISMS)
@settings(max_examples=5)
@given(games())
def test_payments_sum_to_exactly_zero_and_shares_to_what_all_gain(mechanism, data):
    solution = solved(data, mechanism)
    game = sharing_game(md.parse(data))
    assert solution.payments.sum() == 0
    gained = game.total_benefit(solution.contributions) - game.total_benefit(game.nothing())
    same(solution.answers["shapley"].sum(), gained)


@settings(max_examples=6)
@given(games(), st.floats(1.05, 2))
def test_dearer_data_never_brings_more_of_it_under_one_total(data, factor):
    total = {**data, "accuracy": {"family": "power", "exponent": data["accuracy"]["exponent"]}}
    dearer = [{**agent, "cost": factor * agent["cost"]} for agent in data["agents"]]
    for mechanism in ("none", "shapley"):
        before = solved(total, mechanism)
        after = solved({**total, "agents": dearer}, mechanism)
        assert after.metrics["total_data"] <= before.metrics["total_data"] + CLOSE
