"""`md.design`: what is asked in words, what is refused, and trade-offs that are judged by point."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import pytest

import mdsolve as md
from mdsolve.errors import InputError, UnsupportedError, UsageError
from tests.campaigns.edits import changed
from tests.campaigns.games import sharing
from tests.conftest import INSTANCES
from tests.solver.target.plain_games import example4, named, two_targets

REFUSED = [
    ({"require": {"payment_limits": 1}}, "unknown option"),
    ({"require": {"payment_limit.agent-7": 1}}, "an agent of the instance"),
    ({"require": {"payment-limit.agent-O": 1}}, "did you mean"),
    ({"require": {"payment_limit": -0.1}}, "at least 0"),
    ({"require": {"payment_limit.agent-1": -1}}, "at least 0"),
    ({"require": {"least_share": 1.1}}, "at most 1"),
    ({"require": {"reciprocity": 1.01}}, "at most 1"),
    ({"require": {"reciprocity": -1}}, "at least 0"),
    ({"require": {"alone": -1}}, "at least 0"),
    ({"require": {"alone": "maybe"}}, "a number or no"),
    ({"require": {"least_total": 11}}, "at most all capacities"),
    ({"require": {"form": "rates", "dominant": "yes"}}, "rates with dominant"),
    ({"require": {"form": "rates", "payment_limit": 1}}, "rates with a payment limit"),
    ({"require": {"form": "prices"}}, "lump-sums, rates"),
    ({"require": {"contributions": [1, 2, 3]}}, "2, one per agent"),
    ({"require": {"contributions": [1]}}, "2, one per agent"),
    ({"require": {"contributions": [1, 9.5]}}, "from 0 to the capacity"),
    ({"require": {"contributions": [-1, 2]}}, "from 0 to the capacity"),
    ({"require": {"contributions": [0.1, 2], "least_share": 0.5}}, "which least-share asks for"),
    ({"require": {"contributions": "1,x"}}, "numbers"),
    ({"maximize": "profit"}, "one of welfare"),
    ({"maximize": "p-mean=2"}, "at most 1"),
    ({"maximize": "p-mean=x"}, "a number P"),
    ({"trade_off": {"reciprocity": (0, 1, 1)}}, "from 2 to 1000"),
    ({"trade_off": {"reciprocity": (0, 1, 2.5)}}, "from 2 to 1000"),
    ({"trade_off": {"reciprocity": (0, 1, 5000)}}, "from 2 to 1000"),
    ({"trade_off": {"reciprocity": (1, 1, 5)}}, "two different ends"),
    ({"trade_off": {"reciprocity": (0, 1)}}, "from, to, points"),
    ({"trade_off": {"reciprocity": ("a", 1, 3)}}, "from, to, points"),
    ({"trade_off": {"reciprocity": (0, 2, 3)}}, "at most 1"),
    ({"trade_off": {"payment_limit": (-1, 1, 3)}}, "at least 0"),
    ({"trade_off": {"contributions": (0, 1, 3)}}, "one of alone"),
    ({"trade_off": {"welfare": (0, 1, 3)}}, "one of alone"),
    ({"trade_off": {"alone": (0, 1, 3), "reciprocity": (0, 1, 3)}}, "one at a time"),
]


@pytest.mark.parametrize(("wishes", "words"), REFUSED)
def test_what_cannot_be_asked_is_refused_with_the_reason(wishes, words):
    with pytest.raises(UsageError, match=words):
        md.design(two_targets().instance, **wishes)


def test_all_contradictions_are_named_at_once():
    require = {"payment_limit.nobody": 1, "least_total": 100, "contributions": [1, 2, 3]}
    with pytest.raises(UsageError) as caught:
        md.design(two_targets().instance, require=require)
    assert len(caught.value.findings) == 3


def test_shares_need_capacities():
    agents = [{"name": "a", "cost": 0.1}, {"name": "b", "cost": 0.2, "capacity": 3}]
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    with pytest.raises(UsageError, match="without a capacity"):
        md.design(game, require={"least_share": 0.1})
    with pytest.raises(UnsupportedError, match="capacity"):
        md.design(game, require={"dominant": "yes"})
    assert md.design(game, require={"least_share.b": 0.5}).contributions[1] >= 1.5


def test_other_instances_are_refused():
    with pytest.raises(UnsupportedError, match="one agent"):
        md.design(sharing([{"cost": 0.1}], {"family": "power"}))


def test_private_costs_are_a_menu():
    prior = {"low": "0.0004", "high": "0.0009", "probability_low": "0.4"}
    accuracy = {"family": "pac", "ceiling": "0.95", "complexity": 10}
    found = md.design(sharing([{"prior": prior}] * 2, accuracy), maximize="data")
    assert found.mechanism.name == "menu"
    assert found.optimal


@pytest.mark.parametrize(
    ("goal", "require"),
    [("accuracy", {"alone": "no"}), ("data", {"alone": "no", "reciprocity": 0.5})],
)
def test_goals_without_an_end_are_refused(goal, require):
    agents = [{"name": "a", "cost": 0.1}, {"name": "b", "cost": 0.2}]
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    with pytest.raises(UnsupportedError, match="capacity"):
        md.design(game, maximize=goal, require=require)


def test_the_instance_says_what_is_not_said_here():
    data = {
        "kind": "sharing",
        "agents": [{"name": "a", "cost": 0.05, "capacity": 1}, {"name": "b", "cost": 0.2}],
        "accuracy": {"family": "power"},
        "design": {"maximize": "data", "require": {"payment-limit": 0.3, "least-total": 2}},
    }
    game = md.parse(data)
    written = md.design(game).to_dict()["mechanism"]["options"]
    assert (written["maximize"], written["payment_limit"], written["least_total"]) == (
        *("data", 0.3),
        2,
    )
    said = md.design(game, maximize="welfare", require={"payment_limit": 0.4})
    options = said.to_dict()["mechanism"]["options"]
    assert (options["maximize"], options["payment_limit"]) == ("welfare", 0.4)
    assert options["least_total"] == 2


def test_an_agent_whose_data_nobody_uses_has_no_share_to_earn():
    agents = [{"cost": "0.5", "capacity": 100}, {"cost": "0.01", "capacity": 100}]
    accuracy = {"family": "power", "weights": [1, 0]}
    game = sharing(agents, accuracy, platform_data=5)
    found = md.design(game, require={"contributions": (3, 1), "reciprocity": 0.5})
    assert (found.termination.label, found.certificate.verdict) == ("solved", "pass")


def test_budgets_are_kept_at_every_profile():
    agents = [{"cost": 1, "value": 4, "budget": 10, "capacity": 8}] * 2
    agents.append({"cost": 2, "value": 8, "budget": 12, "capacity": 5})
    game = sharing(agents, {"family": "power"})
    for require in ({}, {"payment_limit": 0.1}):
        found = md.design(game, require=require)
        assert (found.termination.label, found.certificate.verdict) == ("solved", "pass")


def test_utilities_at_wanted_contributions_are_as_fair_as_what_is_asked_allows():
    game = example4()
    for goal in ("least-utility", "p-mean=0"):
        require = {"contributions": (3, 1), "reciprocity": 0.75, "payment_limit": 0.6}
        found = md.design(game.instance, maximize=goal, require=require)
        assert (found.optimal, found.certificate.verdict) == (True, "pass")


@cache
def walked(requirement):
    ends = {"reciprocity": (0, 1, 5), "payment_limit": (0.01, 0.05, 3), "alone": (0, 0.4, 3)}
    found = md.design(example4().instance, trade_off={requirement: ends[requirement]})
    return found, json.loads(json.dumps(found.to_dict()))


@pytest.mark.parametrize("requirement", ["reciprocity", "payment_limit", "alone"])
def test_trade_offs_are_proved_point_by_point(requirement):
    found, data = walked(requirement)
    verdicts = {c.name: c.verdict for c in found.certificate.conditions}
    assert (found.certificate.verdict, verdicts["trade-off"]) == ("pass", "pass")
    points = data["curve"]["points"]
    values = [point["objective"] for point in points if point["termination"] == "solved"]
    falling = values if requirement != "payment_limit" else values[::-1]
    assert all(b <= a * (1 + 1e-7) for a, b in pairwise(falling))
    if requirement == "reciprocity":
        assert values[-1] == pytest.approx(1.1233485909, abs=1e-9)
    if requirement == "alone":
        assert points[-1]["termination"] == "infeasible"


POINT = ("curve", "points", 3)
EDITS = [
    ((*POINT, "objective"), lambda x: x + 1e-5),
    ((*POINT, "asked"), lambda x: x * (1 + 1e-6)),
    ((*POINT, "payments", 0), lambda x: x + 1e-5),
    ((*POINT, "payments", 0), lambda _: "x"),
    ((*POINT, "contributions", 0), lambda x: x * (1 + 1e-6)),
    ((*POINT, "target", "rates", 0), lambda x: x * (1 - 1e-5)),
    ((*POINT, "target", "lump_sums", 0), lambda x: x + 1e-5),
    ((*POINT, "upper_bound"), lambda x: x * (1 - 1e-5)),
    ((*POINT, "optimal"), lambda _: 1),
    ((*POINT, "optimal"), lambda x: not x),
    ((*POINT, "termination"), lambda _: "limit"),
    ((*POINT, "termination"), lambda _: "infeasible"),
    ((*POINT, "more"), lambda _: 1),
    (("curve", "range"), lambda _: [0, 0.9]),
    (("curve", "requirement"), lambda _: "alone"),
    (("curve", "requirement"), lambda _: "payment_limit"),
    (("curve", "points"), lambda x: x[:1]),
    (("curve", "points"), lambda x: x[::-1]),
    (("curve", "points"), lambda _: 7),
    (("curve",), lambda _: []),
]


@pytest.mark.parametrize(("path", "edit"), EDITS)
def test_edited_curves_do_not_pass(path, edit):
    data = walked("reciprocity")[1]
    kept = {key: data[key] for key in ("mechanism", "agents", "contributions", "payments")}
    data = {**kept, "target": data["target"], "curve": data["curve"]}
    at = data
    for key in path[:-1]:
        at = at[key]
    edited = changed(data, path, edit(at[path[-1]] if path[-1] != "more" else None))
    try:
        verdict = md.verify(example4().instance, edited).verdict
    except InputError:
        return
    if path[-1] == "optimal" and edited["curve"]["points"][3]["optimal"] is False:
        return  # calling an optimum none claims less
    assert verdict != "pass"


def test_least_totals_are_reached_where_nobody_has_a_capacity():
    agents = [{"name": "a", "cost": 0.1}, {"name": "b", "cost": 0.25}]
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    found = md.design(game, require={"least_total": 10.5})
    assert found.contributions == pytest.approx([10.5, 0], abs=1e-9)
    assert (found.optimal, found.certificate.verdict) == (True, "pass")
    refuted = md.design(game, require={"least_total": 60})
    assert (refuted.termination.label, refuted.certificate.verdict) == ("infeasible", "pass")


def test_at_a_kink_the_cheapest_contribute():
    agents = [{"cost": cost, "capacity": 700} for cost in ("0.0008", "0.0005")]
    points = [[0, "0.1"], [50, "0.62"], [200, "0.78"], [500, "0.85"], [900, "0.87"]]
    found = md.design(sharing(agents, {"family": "curve", "points": points}))
    assert found.contributions == pytest.approx([0, 200], abs=1e-9)
    assert (found.optimal, found.certificate.verdict) == (True, "pass")


def test_who_would_be_indifferent_is_not():
    agents = [{"cost": 2, "capacity": 3}, {"cost": 1, "capacity": 2}]
    accuracy = {"family": "linear", "weights": [[2, 1], ["0.5", "0.3"]]}
    assert md.design(sharing(agents, accuracy)).certificate.verdict == "pass"
    measured = md.design(named("curve").instance, require={"contributions": (300, 100)})
    assert measured.certificate.verdict == "pass"


def test_form_rates_is_not_what_lump_sums_are():
    found = md.design(two_targets().instance, maximize="data")
    data = json.loads(json.dumps(found.to_dict()))
    called = changed(data, ("mechanism", "options", "form"), "rates")
    assert md.verify(two_targets().instance, called).verdict != "pass"


@pytest.mark.parametrize(
    ("require", "ended"), [({"alone": 20000}, "infeasible"), ({"payment_limit": 3000}, "limit")]
)
def test_a_trade_off_holds_whatever_becomes_of_the_design(require, ended):
    game = md.load(INSTANCES / "cases" / "four-hospitals.yaml")
    found = md.design(game, require=require, trade_off={"payment-limit": (0, 20000, 5)})
    assert found.termination.label == ended
    verdicts = {c.name: c.verdict for c in found.certificate.conditions}
    assert verdicts["trade-off"] == "pass"
    assert (found.certificate.verdict == "pass") == (ended == "infeasible")
    data = found.to_dict()
    data["curve"]["points"][-1]["termination"] = "solved" if ended == "infeasible" else "infeasible"
    assert md.verify(game, data).verdict != "pass"
