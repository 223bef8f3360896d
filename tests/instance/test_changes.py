"""Changed instances: what is said by path is what a file with these values would say."""

from __future__ import annotations

import copy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InputError, InstanceError, UsageError
from mdsolve.instance import load, parse
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.changes import parse_change
from mdsolve.instance.paths import places_of
from tests.conftest import INSTANCES
from tests.instance.samples import MARKET, SHARING, TRAINING

WEIGHTS = [[1, 0.5, 0.25], [0.5, 1, 0.125], [0.25, 0.125, 1]]
THREE = [{"name": "A", "cost": 0.1}, {"name": "St. B", "cost": 0.2}, {"name": "C=D", "cost": 0.3}]


def sharing(**changes):
    return {**copy.deepcopy(SHARING), **changes}


def same(one, other):
    return data_sha256(one) == data_sha256(other)


@pytest.mark.parametrize(
    ("change", "bend"),
    [
        ("platform_data=4", lambda data: data.update(platform_data=4)),
        ("accuracy.exponent=1/3", lambda data: data["accuracy"].update(exponent="1/3")),
        ("agents.A.cost=0.4", lambda data: data["agents"][0].update(cost=0.4)),
        ("agents[0].cost=0.4", lambda data: data["agents"][0].update(cost=0.4)),
        ("cost.A=0.4", lambda data: data["agents"][0].update(cost=0.4)),
        ("capacity.A=null", lambda data: data["agents"][0].pop("capacity")),
        ("agents.edge-{}.count=3", lambda data: data["agents"][2].update(count=3)),
        ("agents.B.cost.curvature=1", lambda data: data["agents"][1]["cost"].update(curvature=1)),
        ("remove agents.A", lambda data: data["agents"].pop(0)),
        ("capacity/=2", lambda data: data["agents"][0].update(capacity=25)),
        ("budget-=5", lambda data: data["agents"][1].update(budget=15)),
    ],
)
def test_a_change_says_what_a_file_would_say(change, bend):
    written = sharing()
    bend(written)
    assert same(parse(sharing()).replace(change), parse(written))


def test_a_field_of_agents_stands_for_all_of_them():
    dear = parse(sharing()).replace("cost*=1.2")
    written = sharing()
    written["agents"][0]["cost"] = written["agents"][2]["cost"] = "3/25"
    written["agents"][1]["cost"] = {
        "family": "quadratic",
        "rate": "3/25",
        "curvature": "3/250",
        "fixed": 0,
    }
    assert same(dear, parse(written))


@given(factor=st.fractions(min_value=0, max_value=50, max_denominator=97), s=st.floats(0, 100))
def test_scaled_costs_cost_so_many_times_as_much(factor, s):
    from mdsolve.game.build_sharing import sharing_game

    agents = [
        {"name": "A", "cost": {"family": "linear", "rate": 0.1, "fixed": 3}},
        {"name": "B", "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.2, "fixed": 1}},
        {"name": "C", "cost": {"family": "power", "rate": 0.1, "exponent": 1.5}},
        {"name": "D", "cost": {"family": "piecewise-linear", "points": [[0, 0], [1, 2], [2, 5]]}},
    ]
    base = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    scaled = base.replace(f"cost*={factor}")
    s = np.full(4, s)
    before, after = (sharing_game(game).costs.value(s) for game in (base, scaled))
    assert after == pytest.approx(float(factor) * before, rel=1e-12)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_who_leaves_takes_rows_and_columns_along(gone):
    kept = [k for k in range(3) if k != gone]
    weights = [[WEIGHTS[i][j] for j in kept] for i in kept]
    neighbours = [[1, 2], [0], [0, 1]]
    curve = {"points": [[0, 0], [5, 1]]}
    cases = {
        "weights": (
            {"family": "power", "weights": WEIGHTS},
            {"family": "power", "weights": weights},
        ),
        "row": (
            {"family": "linear", "weights": WEIGHTS[0]},
            {"family": "linear", "weights": [WEIGHTS[0][k] for k in kept]},
        ),
        "coverage": (
            {"family": "coverage", "distributions": WEIGHTS},
            {"family": "coverage", "distributions": [WEIGHTS[k] for k in kept]},
        ),
        "targets": (
            {"family": "quadratic-fit", "targets": [[1], [2], [3]]},
            {"family": "quadratic-fit", "targets": [[k + 1] for k in kept]},
        ),
        "neighbours": (
            {"family": "union", "curve": curve, "neighbours": neighbours},
            {
                "family": "union",
                "curve": curve,
                "neighbours": [[kept.index(j) for j in neighbours[k] if j in kept] for k in kept],
            },
        ),
        "per agent": (
            {"per_agent": [{"family": "power", "exponent": k + 1} for k in range(3)]},
            {"per_agent": [{"family": "power", "exponent": k + 1} for k in kept]},
        ),
        "rows": (
            {"per_agent": [{"family": "power", "weights": row} for row in WEIGHTS]},
            {"per_agent": [{"family": "power", "weights": row} for row in weights]},
        ),
    }
    for accuracy, left in cases.values():
        full = parse({"kind": "sharing", "agents": THREE, "accuracy": accuracy})
        less = [THREE[k] for k in kept]
        wanted = parse({"kind": "sharing", "agents": less, "accuracy": left})
        assert same(full.replace(f"remove agents.{THREE[gone]['name']}"), wanted)


def test_markets_change_too():
    market = parse(MARKET)
    assert market.replace("valuation.exponent=-1/2", outside="separate").outside == "separate"
    assert market.replace("types.big.to=5").grids[0].count == 9
    alone = market.replace("remove agents.small")
    assert (alone.agents, alone.profile) == (("big",), (Fraction(3, 2),))
    matrix = [[1, -1, 0], [0, 1, 0], [2, 0, 1]]
    valuation = {"family": "linear", "matrix": matrix}
    three = {"kind": "market", "agents": ["a", "b", "c"], "types": [1, 2], "valuation": valuation}
    left = parse(three).replace("remove agents.b").valuation.matrix
    assert left == ((1, 0), (2, 1))


def test_a_changed_instance_is_another_one():
    base = load(INSTANCES / "cases" / "thirty-hospitals.yaml")
    assert base.sha256 is not None
    assert base.expected is not None
    other = base.replace(platform_data=1)
    assert (other.sha256, other.expected, other.path) == (None, None, base.path)
    assert data_sha256(other) != data_sha256(base)
    assert same(other.replace(platform_data=0), base)
    assert base.platform_data == 0


def test_columns_change_as_a_whole():
    agents = {"count": 3, "cost": [0.1, 0.2, 0.3], "capacity": 5}
    game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    assert game.replace("cost*=2").agents.cost.tolist() == [0.2, 0.4, 0.6]
    assert game.replace("agents.capacity=7").agents.capacity == 7
    with pytest.raises(UsageError, match="whole column"):
        game.replace("cost.agent-1=2")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("cots=1", "did you mean 'cost'"),
        ("agents.AA.cost=1", "did you mean 'A'"),
        ("agents.A.costs=1", "did you mean 'cost'"),
        ("agents[9].cost=1", r"an entry \[0\] .. \[2\]"),
        ("remove agents.edge-1", "one of A, B, edge-"),
        ("agents.A.budget*=2", "nothing"),
        ("cost=", "cost"),
        ("cost", "remove agents.NAME"),
        ("capacity/=0", "divide"),
        ("platform_data*=much", "a number"),
        ("accuracy.exponent..x=1", "exponent"),
        ("agents.A.capacity=-1", "not negative"),
        ("cost*=-1", "-1"),
    ],
)
def test_what_changes_nothing_is_refused_with_the_place(change, words):
    with pytest.raises(InputError, match=words):
        parse(sharing()).replace(change)


def test_what_cannot_leave():
    with pytest.raises(UsageError, match="last agent"):
        parse(sharing(agents=SHARING["agents"][:1])).replace("remove agents.A")
    with pytest.raises(UsageError, match="training"):
        parse(TRAINING).replace("remove agents.A")
    table = load(INSTANCES / "small" / "table.yaml")
    with pytest.raises(UsageError, match="fewer agents"):
        table.replace(f"remove agents.{table.agents[0]}")


def test_names_win_over_the_dots_in_them():
    agents = [
        {"name": "A", "cost": 1},
        {"name": "A.cost", "cost": 2},
        {"name": "A.cost.d", "cost": 3},
    ]
    game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    assert places_of(game, "agents.A.cost.cost") == [("agents", 1, "cost")]
    assert places_of(game, "agents.A.cost.d.cost") == [("agents", 2, "cost")]
    assert parse_change("agents.C=D.cost*=2").path == "agents.C"


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text):
    game = parse(sharing())
    try:
        game.replace(text)
        game.replace(f"{text}=1")
    except (UsageError, InstanceError):
        pass
