"""What a board would call a failure stands on top, promised or not, with names and amounts."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest

import mdsolve as md
from mdsolve.conditions import Certificate, Condition
from mdsolve.report.alarms import alarms_of, certificate_alarms
from mdsolve.report.text.comparison import comparison_view
from mdsolve.report.text.console import console_for
from mdsolve.report.text.solution import solution_view
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.study.compare import compare
from tests.conftest import INSTANCES

HOSPITALS = INSTANCES / "cases" / "thirty-hospitals.yaml"
LOSER = {
    "kind": "sharing",
    "agents": [
        {"name": "small", "cost": 0.05, "capacity": 1},
        {"name": "large", "cost": 0.2, "capacity": 9},
    ],
    "accuracy": {"family": "power"},
}


def printed(view):
    console = console_for(StringIO())
    console.width = 100
    console.print(view)
    return " ".join(console.file.getvalue().replace("│", " ").split())


def solution(answers, *conditions, agents=("A", "B")):
    return Solution(
        instance=InstanceReference("game", None),
        mechanism=MechanismUsed("rule"),
        termination=md.Termination.SOLVED,
        message="Solved.",
        agents=agents,
        answers=answers,
        provenance=Provenance("by hand"),
        certificate=Certificate(conditions) if conditions else None,
    )


def outcome(utilities, payments=(0.0, 0.0), alone=(1.0, 1.0)):
    return {
        "contributions": np.array([1.0, 2.0]),
        "accuracies": np.array([0.5, 0.5]),
        "utilities": np.array(utilities),
        "payments": np.array(payments),
        "standalone": {"contributions": np.array([1.0, 1.0]), "utilities": np.array(alone)},
        "metrics": {},
    }


def words(found):
    return [alarm.words for alarm in alarms_of(found)]


ALONE = "individual-rationality-alone"


def test_who_is_better_off_alone_is_named_with_the_amount():
    found = solution(outcome([0.25, 3.0]), Condition(ALONE, False, "fail", 0.75))
    assert words(found) == [
        "1 of 2 agents is better off training alone: A by 0.75 (1 instead of 0.25). "
        "This is not promised."
    ]
    promised = solution(outcome([0.25, 3.0]), Condition(ALONE, True, "fail", 0.75))
    assert words(promised)[0].endswith("The mechanism promises otherwise.")


def test_numbers_alarm_where_nobody_checked_and_not_where_a_check_passed():
    assert len(words(solution(outcome([0.25, 3.0])))) == 1
    undecided = Condition(ALONE, False, "not-checked", detail="too large")
    assert len(words(solution(outcome([0.25, 3.0]), undecided))) == 1
    assert words(solution(outcome([0.25, 3.0]), Condition(ALONE, True, "pass"))) == []
    assert words(solution(outcome([1.0, 3.0]))) == []


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e9])
def test_the_unit_of_money_changes_nothing(unit):
    losing = outcome([0.25 * unit, 3 * unit], alone=(unit, unit))
    assert len(words(solution(losing))) == 1
    rounding = outcome([unit * (1 - 1e-12), 3 * unit], alone=(unit, unit))
    assert words(solution(rounding)) == []


def test_payments_that_lose_money_are_said():
    (said,) = words(solution(outcome([1.0, 1.0], payments=(26480.0, -20000.0))))
    assert said.startswith("The payments lose money: agents receive 6,480 more than they pay")
    kept = solution(outcome([1.0, 1.0], payments=(-2.0, 1.0)))
    assert words(kept) == []


def test_agents_alike_are_named_together_and_the_rest_is_counted():
    (said,) = words(md.solve(md.load(HOSPITALS), "shapley"))
    assert said == (
        "10 of 30 agents are better off training alone: island-clinic-1 .. 10 by 0.01874 each "
        "(0.6426 instead of 0.6239). This is not promised."
    )
    names = tuple("abcdefg")
    many = {
        "contributions": np.ones(7),
        "utilities": np.zeros(7),
        "payments": np.zeros(7),
        "standalone": {"utilities": np.arange(7.0), "contributions": np.ones(7)},
    }
    (said,) = words(solution(many, agents=names))
    assert said.startswith("6 of 7 agents are better off training alone: g by 6 (6 instead of 0)")
    assert "f by 5" in said
    assert ", and 3 more." in said


MARKET = {
    "profile": [2, 1],
    "payments": [-3.0, 1.0],
    "values": [5.0, 4.0],
    "outside_values": [6.0, 9.0],
    "utilities": [8.0, 3.0],
    "revenue": -2.0,
    "minimal_revenue": -7.5,
    "minimal_profile": [1, 1],
}


def test_a_market_names_who_loses_and_what_the_organiser_pays_in():
    first, second = words(solution(MARKET))
    assert first.startswith(
        "In the case shown (A 2, B 1), 1 of 2 agents is better off staying out: B by 6 (9 instead"
    )
    assert second.startswith("The payments lose money: in the worst case (data 1, 1) the organiser")
    assert "pays in 7.5." in second
    # What the platform set out to pay in is no alarm; more than that is.
    assert words(solution(MARKET | {"subsidy": 7.5})) == [first]
    assert words(solution(MARKET | {"subsidy": 7.0})) == [first, second]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            Condition(
                "incentive-compatibility",
                False,
                "fail",
                1.0,
                witness={"agent": "big", "report": 1, "utility_truth": 1.0, "utility_report": 2.0},
            ),
            "A lie pays: big would gain 1 by reporting 1: 2 instead of 1. This is not promised.",
        ),
        (
            Condition("equal-treatment", True, "fail", 1.0, detail="equals are paid differently"),
            "Not true: equals are treated alike. Equals are paid differently. The mechanism",
        ),
        (
            Condition("budget-balance", False, "fail", 1.0, witness={"sum_of_payments": 3.5}),
            "Not true: the money adds up: All payments together are 3.5.",
        ),
    ],
)
def test_conditions_that_fail_become_sentences(condition, said):
    (alarm,) = certificate_alarms(Certificate((condition,)))
    assert alarm.words.startswith(said)


@pytest.mark.parametrize("junk", ["x", {}, [1], None, "1/0"])
def test_junk_in_a_foreign_solution_raises_nothing(junk):
    broken = Condition("budget-balance", False, "fail", witness={"sum_of_payments": junk})
    assert certificate_alarms(Certificate((broken,))) == []
    assert len(words(solution({**MARKET, "minimal_profile": junk}))) == 2
    assert len(words(solution({**MARKET, "minimal_profile": [junk]}))) == 2


@pytest.mark.parametrize(
    "condition",
    [
        Condition("maximal-revenue", False, "fail", 3.0),
        Condition("reciprocity", False, "fail", 3.0),
        Condition("budget-balance", False, "fail", 3.0, witness={"sum_of_payments": -3.5}),
        Condition("nash", True, "pass", 0.0),
    ],
)
def test_what_is_no_failure_raises_no_alarm(condition):
    assert certificate_alarms(Certificate((condition,))) == []


def test_the_terminal_shows_them_above_everything():
    game = md.parse(LOSER)
    found = md.solve(game, "contribution-transfer", options={"beta": 0.25})
    text = printed(solution_view(found))
    assert "small would gain 1.141 by staying out" in text.partition("solved")[0]
    assert "better off training alone" in text.partition("solved")[0]
    assert "✓" not in text.partition("solved")[0]
    side_by_side = printed(comparison_view(compare(md.load(HOSPITALS), ["none", "shapley"])))
    assert side_by_side.startswith("✗ shapley: 10 of 30 agents are better off training alone")
