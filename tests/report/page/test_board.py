"""The page for a board: the first screen, what stands beside the answer, and how to check it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

import mdsolve as md
from mdsolve.progress import Monitor
from mdsolve.proving.checker import checker_path
from mdsolve.report.page.document import report_page
from mdsolve.report.page.glance import leavers, stakes_of
from mdsolve.report.page.payments import FORMULAS
from mdsolve.report.page.sensitivity import _of_entry
from mdsolve.report.page.source import read_subjects, with_outlook
from mdsolve.study.outlook import NOW, PARTS, outlook, usual_scenarios
from tests.conftest import INSTANCES
from tests.report.page.test_page import EXAMPLE, HOSPITALS, Page, made

FOUR = INSTANCES / "cases" / "four-hospitals.yaml"
THIRTY = INSTANCES / "cases" / "thirty-hospitals.yaml"


def in_time():
    return Monitor(time_limit=600)


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """Return a two-agent game under Shapley payments with everything beside it, and its words."""
    folder = tmp_path_factory.mktemp("board")
    (subject,) = made(folder, EXAMPLE, "shapley")
    subject = with_outlook(subject, PARTS, (), in_time())
    return subject, Page(report_page([subject])).words


def test_the_first_screen_says_what_it_brings_and_who_would_leave(tmp_path):
    (subject,) = made(tmp_path, THIRTY, "shapley")
    words = Page(report_page([subject])).words
    first = words.partition("What was asked")[0]
    assert "Shapley payments." in first
    assert first.find("better off training alone") < first.find("What is proposed")
    stakes = stakes_of(subject)
    losing = [name for name, gain in zip(stakes.agents, stakes.least, strict=True) if gain < 0]
    assert len(losing) == 10
    assert leavers(stakes, subject) == (
        "island-clinic-1 .. 10 would rather leave and would gain 0.01874 each."
    )
    assert "island-clinic-1 .. 10 (10 alike)" in first
    assert "✗ yes: training alone is better" in first


def test_who_leaves_is_what_the_alternatives_say(tmp_path):
    (subject,) = made(tmp_path, EXAMPLE, "shapley")
    stakes = stakes_of(subject)
    assert leavers(stakes, subject) == (
        "Nobody: everybody is better off than staying out or training alone."
    )
    gains = {"staying out": np.array([1.0, 0.0])}
    assert "1 of 2 would be exactly as well off" in leavers(replace(stakes, gains=gains), subject)
    gains = {"staying out": np.array([1.0, -2.0]), "training alone": np.array([1.0, 3.0])}
    assert leavers(replace(stakes, gains=gains), subject) == (
        "B would rather leave and would gain 2."
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("shapley", {}),
        ("budget-balanced", {}),
        ("contribution-transfer", {"beta": 0.05}),
        ("target", {}),
        ("target", {"form": "rates"}),
    ],
)
def test_payments_follow_from_the_formula_shown(tmp_path, name, options):
    solution = md.solve(md.load(EXAMPLE), name, options=options)
    solution.to_json(tmp_path / "s.json")
    (subject,) = read_subjects(tmp_path / "s.json", EXAMPLE)
    _, caption, _, total = FORMULAS[name](subject)
    np.testing.assert_allclose(total, solution.payments, rtol=0, atol=1e-7)
    assert caption in Page(report_page([subject])).words


def test_a_formula_that_does_not_give_the_payments_is_not_shown(tmp_path):
    data = md.solve(md.load(EXAMPLE), "shapley").to_dict()
    data["payments"] = [2 * x for x in data["payments"]]
    (tmp_path / "s.json").write_text(json.dumps(data))
    words = Page(report_page(read_subjects(tmp_path / "s.json", EXAMPLE))).words
    assert "Share less own gain" not in words


def test_a_market_explains_what_each_pays(tmp_path):
    (subject,) = made(tmp_path, HOSPITALS)
    words = Page(report_page([subject])).words
    assert "less: staying out is worth" in words
    answers = subject.solution.answers
    parts = [[float(x) for x in answers[k]] for k in ("values", "outside_values", "utilities")]
    worth, outside, inside = map(np.array, parts)
    paid = np.array([float(x) for x in answers["payments"]])
    np.testing.assert_allclose(worth - outside - (inside - outside), paid, atol=1e-7)


def test_rules_stand_side_by_side_the_proposed_one_first(board):
    subject, words = board
    side = words.partition("Rules side by side")[2].partition("What may happen")[0]
    assert next(iter(subject.outlook.rules.solutions)) == "shapley"
    assert "shapley (proposed)" in side
    assert side.find("shapley (proposed)") < side.find("none")
    alone = subject.solution.standalone["utilities"]
    gain = md.solve(subject.instance, "none").utilities - alone
    assert f"{gain[1]:.5f}" in side


def test_scenarios_are_the_rule_solved_again(board):
    subject, words = board
    rows = {row.scenario: row for row in subject.outlook.scenarios.rows}
    assert set(rows) == {NOW, *usual_scenarios(subject.instance)}
    again = md.solve(subject.instance.replace("cost*=1.2"), "shapley")
    dear = rows["costs a fifth higher"]
    assert dear.numbers["total_data"] == pytest.approx(again.metrics["total_data"])
    assert "costs a fifth higher" in words.partition("What may happen")[2]


def test_what_a_cost_moves_is_a_difference_of_two_answers(board):
    subject, words = board
    moved = {change.entry: change for change in subject.outlook.moved}
    again = md.solve(subject.instance.replace("agents.B.cost*=1.01"), "shapley")
    np.testing.assert_allclose(moved["B"].after.agents["utilities"], again.utilities, rtol=1e-7)
    told = words.partition("What moves the answer")[2]
    assert "If data cost B one per cent more (0.0025 a sample), B brings" in told


def test_an_empty_budget_is_told(tmp_path):
    (subject,) = made(tmp_path, EXAMPLE, "shapley")
    short = with_outlook(subject, PARTS, (), Monitor(time_limit=0))
    assert list(short.outlook.rules.solutions) == ["shapley"]
    assert short.outlook.scenarios is None
    words = Page(report_page([short])).words
    assert "the budget of time was used up before none, budget-balanced" in words
    assert words.count("Not complete: the budget of time was used up.") == 2


def test_parts_that_are_not_asked_for_are_not_there(tmp_path):
    (subject,) = made(tmp_path, EXAMPLE, "shapley")
    found = outlook(subject.instance, subject.solution, parts=("sensitivity",), monitor=in_time())
    assert (found.rules, found.scenarios) == (None, None)
    assert len(found.moved) == 2
    words = Page(report_page([replace(subject, outlook=found)])).words
    assert "Rules side by side" not in words


def test_own_scenarios_take_the_place_of_the_usual_ones(tmp_path):
    (subject,) = made(tmp_path, EXAMPLE, "shapley")
    found = with_outlook(subject, ("scenarios",), ["gift: platform_data=2"], in_time())
    assert [row.scenario for row in found.outlook.scenarios.rows] == [NOW, "gift"]


def test_what_nobody_promised_has_a_heading_of_its_own(board):
    _, words = board
    checked = words.partition("What was checked")[2]
    assert checked.find("What the rule promises") < checked.find("What the rule does not promise")
    assert "Neither promised nor looked at:" in checked
    assert "Honesty pays." in checked.partition("Neither promised")[2]


def test_commands_to_check_it_name_the_files_and_their_hashes(board):
    subject, words = board
    assert f"mdsolve verify {EXAMPLE.name} s.json" in words
    assert "python3 check_proof.py s.proof.json" in words
    assert sha256(checker_path().read_bytes()).hexdigest() in words
    assert sha256(subject.file.read_bytes()).hexdigest() in words
    assert subject.instance.sha256 in words


def test_units_stand_beside_numbers(tmp_path):
    text = EXAMPLE.read_text() + "\nunits: {money: EUR, data: scans}\n"
    (tmp_path / "i.yaml").write_text(text)
    instance = md.load(tmp_path / "i.yaml")
    md.solve(instance, "shapley").to_json(tmp_path / "s.json")
    (subject,) = read_subjects(tmp_path / "s.json", tmp_path / "i.yaml")
    words = Page(report_page([subject])).words
    assert "bring 4.167 scans" in words
    assert "B pays 0.2109 EUR, and A receives 0.2109 EUR" in words
    assert "utility [EUR]" in words


def test_the_headline_may_be_in_another_language(tmp_path):
    page = report_page(made(tmp_path, EXAMPLE, "shapley"), title="Zwei Kliniken <b>", lang="de")
    assert '<h1 lang="de">Zwei Kliniken &lt;b&gt;</h1>' in page
    assert page.count("<title>Report: Zwei Kliniken &lt;b&gt;</title>") == 1


def test_agents_belong_to_the_entry_that_made_them():
    assert _of_entry("clinic-12", "clinic-{}")
    assert not _of_entry("clinic-a", "clinic-{}")
    assert not _of_entry("clinic-1", "clinic")


def test_everybody_leaves_once_where_the_instance_allows_it():
    assert set(usual_scenarios(md.load(HOSPITALS))) == {
        f"without {name}" for name in ("city", "county", "rural")
    }
    groups = usual_scenarios(md.load(THIRTY))
    assert groups["without all 3 north-centre"] == "remove agents.north-centre-{}"


def test_a_page_with_everything_is_small(board):
    subject, _ = board
    assert len(report_page([subject])) < 150_000
    assert len(re.findall(r"<h2", report_page([subject]))) >= 10
