"""The page of a report: complete, well-formed, sealed off, escaped, and true to the solution."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import mdsolve as md
from mdsolve.conditions import Condition
from mdsolve.errors import SolutionFileError
from mdsolve.report.page.document import report_page
from mdsolve.report.page.source import find_instance, read_subjects
from mdsolve.report.witness import witness_words
from mdsolve.report.words import CONDITIONS, heading
from mdsolve.solution import InstanceReference
from mdsolve.solution_writing import write_solutions
from tests.conftest import INSTANCES

EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"
HOSPITALS = INSTANCES / "cases" / "three-hospitals.yaml"
FLEETS = INSTANCES / "cases" / "driving-fleets.yaml"
NO_EQUILIBRIUM = INSTANCES / "papers" / "murhekar2023" / "theorem-a2.yaml"
NO_MECHANISM = INSTANCES / "papers" / "chen2020" / "section7-2-one-60.yaml"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """A strict reading of a page: every element closed where it should be, and what it holds."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.text = [], [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        named = dict(attributes)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [v for k, v in attributes if k in ("href", "src", "xlink:href", "action")]
        assert not any(key.startswith("on") for key in named)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    @property
    def words(self):
        return " ".join("".join(self.text).split())


@cache
def solved(instance_file, name):
    """Return the solution of an instance under a mechanism; solved once."""
    return md.solve(md.load(instance_file), name)


def made(tmp_path, instance_file, *mechanisms):
    """Return the subjects of a solution file of this instance."""
    solutions = [solved(instance_file, name) for name in mechanisms or (None,)]
    target = tmp_path / "s.json"
    write_solutions(solutions, target)
    return read_subjects(target, instance_file)


def stored(tmp_path, data, instance_file=None):
    target = tmp_path / "s.json"
    target.write_text(json.dumps(data))
    return read_subjects(target, instance_file)


CASES = [
    (EXAMPLE, "shapley"),
    (HOSPITALS, None),
    (FLEETS, None),
    (EXAMPLE, "proportional-data"),
    (INSTANCES / "cases" / "bank-consortium.yaml", None),
    (INSTANCES / "cases" / "genomics-laboratories.yaml", None),
    (INSTANCES / "cases" / "orchards.yaml", None),
    (NO_EQUILIBRIUM, "none"),
    (NO_MECHANISM, None),
]


@pytest.mark.parametrize(("file", "mechanism"), CASES, ids=lambda x: getattr(x, "stem", x))
def test_pages_are_whole_and_sealed(tmp_path, file, mechanism):
    subjects = made(tmp_path, file, mechanism)
    text = report_page(subjects)
    page = Page(text)
    for condition in subjects[0].solution.certificate.conditions:
        assert condition.name in page.words
        assert heading(condition) in page.words
    assert len(set(page.ids)) == len(page.ids)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert all(name in page.ids for name in re.findall(r"url\(#([^)]*)\)", text))
    loaded = re.findall(r'https?://[^"\s<]+', text)
    assert {url for url in loaded if "w3.org" not in url} == set()  # XML names, never fetched
    assert "script" not in page.tags
    assert "default-src 'none'" in text
    assert page.tags.count("h1") == 1
    assert page.tags.count("svg") == len(re.findall(r'<svg role="img" aria-label="[^"]+', text))
    assert len(text) < 500_000
    assert "—" not in page.words


def test_the_same_solution_gives_the_same_bytes(tmp_path):
    made(tmp_path, EXAMPLE, "shapley")
    again = [report_page(read_subjects(tmp_path / "s.json", EXAMPLE)) for _ in range(2)]
    assert again[0] == again[1]


def test_the_answer_says_the_numbers_that_matter(tmp_path):
    words = Page(report_page(made(tmp_path, EXAMPLE, "shapley"))).words
    assert "bring 4.167 samples" in words
    assert "1.927 times what they would bring without the rule" in words
    assert "B pays 0.2109, and A receives 0.2109" in words
    assert "confirmed all" in words
    words = Page(report_page(made(tmp_path, HOSPITALS))).words
    assert "city receives 230.5" in words
    assert "Everybody gains the same by taking part, compared with staying out: 271.9." in words


def test_proofs_of_none_are_told_in_words(tmp_path):
    words = Page(report_page(made(tmp_path, NO_MECHANISM))).words
    assert "Why there is none" in words
    assert "Together at most -0.00275867 < 0" in words
    words = Page(report_page(made(tmp_path, NO_EQUILIBRIUM, "none"))).words
    assert "no outcome is nearly stable" in words
    assert "(0.625, 0, 0.625) → (0, 0.625, 0)" in words


def test_several_solutions_have_a_chapter_each(tmp_path):
    page = Page(report_page(made(tmp_path, EXAMPLE, "none", "shapley")))
    assert page.tags.count("article") == 2
    assert "#answer-2" in page.links


def test_nothing_from_the_files_becomes_markup(tmp_path):
    evil = '<script>alert("1")</script>'
    data = {
        "kind": "sharing",
        "name": f"name {evil}",
        "title": f"title {evil}",
        "source": evil,
        "agents": [{"name": evil, "cost": 0.1}, {"name": "B & <b>", "cost": 0.2}],
        "accuracy": {"family": "power"},
    }
    file = tmp_path / "i.json"
    file.write_text(json.dumps(data))
    solution = md.solve(md.load(file), "shapley").to_dict()
    solution["status"]["message"] = evil
    solution["provenance"]["solver"] = f"</code>{evil}"
    solution["mechanism"]["options"]["x"] = [evil]
    solution["warnings"] = [evil]
    for condition in solution["certificate"]["conditions"]:
        condition |= {"detail": evil, "scope": evil, "verdict": "fail", "witness": {evil: evil}}
    for source in (None, file):
        known = dict(solution)
        if source is not None:
            known["mechanism"] = {"name": "shapley"}
        text = report_page(stored(tmp_path, known, source))
        page = Page(text)
        assert "<script" not in text
        assert "script" not in page.tags
        assert evil in page.words


def test_an_instance_is_found_by_its_content_and_only_by_that(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "renamed.yaml"
    copy.write_bytes(EXAMPLE.read_bytes())
    md.solve(md.load(EXAMPLE), "shapley").to_json(tmp_path / "s.json")
    (subject,) = read_subjects(tmp_path / "s.json")
    assert subject.checked
    assert subject.instance.path.name == "renamed.yaml"
    copy.write_text(EXAMPLE.read_text() + "\n# the same data, written otherwise\n")
    (subject,) = read_subjects(tmp_path / "s.json")
    assert subject.checked
    assert "other content" in subject.notes[0]
    copy.write_text(EXAMPLE.read_text().replace("cost: 0.1", "cost: 0.11"))
    (subject,) = read_subjects(tmp_path / "s.json")
    assert not subject.checked
    words = Page(report_page([subject])).words
    assert "nothing was checked again" in words
    assert "copied from the solution file" in words
    assert find_instance(InstanceReference(None, None), tmp_path / "s.json") is None


def test_a_changed_answer_is_refuted_and_the_gain_named(tmp_path):
    data = md.solve(md.load(EXAMPLE), "shapley").to_dict()
    data["contributions"][0] = 1.0
    del data["payments"], data["utilities"]
    (subject,) = stored(tmp_path, data, EXAMPLE)
    words = Page(report_page([subject])).words
    assert subject.solution.certificate.verdict == "fail"
    assert "A would gain" in words
    assert "states the verdict pass; the new check says fail" in words


def test_a_foreign_payment_table_is_completed_from_the_instance(tmp_path):
    instance = md.load(HOSPITALS)
    own = md.solve(instance)
    payments = own.table["payments"].tolist()
    (subject,) = stored(tmp_path, {"table": {"payments": payments}}, HOSPITALS)
    np.testing.assert_allclose(
        np.array(subject.solution.utilities, dtype=float), own.utilities, rtol=1e-12
    )
    assert "city receives 230.5" in Page(report_page([subject])).words
    lying = {"table": {"payments": payments}, "profile": [1, 1, 1], "payments": [0, 0, 0]}
    (subject,) = stored(tmp_path, lying, HOSPITALS)
    assert "city receives 230.5" in Page(report_page([subject])).words


def test_foreign_contributions_are_completed_from_the_instance(tmp_path):
    own = md.solve(md.load(EXAMPLE), "shapley")
    foreign = {"mechanism": "shapley", "contributions": own.contributions.tolist()}
    (subject,) = stored(tmp_path, foreign, EXAMPLE)
    assert set(subject.computed) >= {"payments", "utilities", "accuracies"}
    np.testing.assert_allclose(subject.solution.utilities, own.utilities, rtol=1e-12)
    assert "Computed from the instance" in Page(report_page([subject])).words


def test_contributions_alone_make_a_page_without_pictures(tmp_path):
    (subject,) = stored(tmp_path, {"contributions": [1, 2]})
    words = Page(report_page([subject])).words
    assert "Nothing was checked" in words


BROKEN = [
    ({"a": 1}, "a solution, with one of"),
    ({"contributions": [1], "status": {"termination": "maybe"}}, "one of solved"),
    ({"contributions": [1], "agents": 7}, "agents"),
    ({"contributions": [1], "certificate": {"conditions": [{"name": "x"}]}}, "verdict"),
    ({"contributions": [1], "certificate": {"conditions": 5}}, "conditions"),
    ({"contributions": [1], "metrics": [1]}, "metrics"),
    ({"solutions": []}, "a list of one solution"),
    ({"contributions": [1, 2], "agents": ["a"]}, "contributions"),
    ({"contributions": [1, 2], "payments": [1, "x"]}, "payments"),
    ({"contributions": [1], "standalone": {"contributions": [1, 2]}}, "standalone.contributions"),
    ({"contributions": [1], "revenue": "much"}, "revenue"),
    ({"contributions": [1], "equilibria": [[1]]}, "equilibria"),
    ({"contributions": [1], "assumptions": 1}, "assumptions"),
    ({"contributions": [1], "protocol": 3}, "protocol"),
]


@pytest.mark.parametrize(("data", "words"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_solution_is_refused(tmp_path, data, words):
    with pytest.raises(SolutionFileError, match=words):
        stored(tmp_path, data)


def test_numbers_that_do_not_fit_together_cost_the_picture_only(tmp_path):
    columns = {
        "contributions": [1, 2],
        "payments": [0, 0],
        "utilities": [1, 1],
        "accuracies": [0.5, 0.5],
        "history": {"rounds": [1], "phases": []},
    }
    assert "No picture" in Page(report_page(stored(tmp_path, columns))).words


def test_a_proof_that_cannot_be_read_is_left_out(tmp_path):
    data = {"status": {"termination": "infeasible"}, "witness": {"chains": [3]}}
    assert "Why there is none" not in Page(report_page(stored(tmp_path, data))).words


def test_the_names_of_conditions_are_those_of_the_interface():
    from mdsolve.certificate.registry import known

    names = {name for kind in ("market", "sharing", "training") for name in known(kind)}
    assert names
    assert names <= set(CONDITIONS)


@pytest.mark.parametrize(
    ("name", "verdict", "witness", "words"),
    [
        (
            "individual-rationality",
            "fail",
            {"agent": "C", "utility": 1.0, "outside": 121.0},
            "C would gain 120 by staying out: 121 instead of 1.",
        ),
        (
            "incentive-compatibility",
            "fail",
            {"agent": "C", "type": "3", "report": "1", "utility_truth": "1/3", "utility_report": 1},
            "C (type 3) would gain 0.6667 by reporting 1: 1 instead of 0.3333.",
        ),
        (
            "nash",
            "fail",
            {"agent": "C", "contribution": {}, "best_response": 1, "gain": 2},
            "Agent C",
        ),
        ("efficiency", "pass", {"anything": 1}, ""),
        ("nash", "pass", None, ""),
    ],
)
def test_witnesses_become_sentences(name, verdict, witness, words):
    assert witness_words(Condition(name, True, verdict, witness=witness)).startswith(words)
    if not words:
        assert witness_words(Condition(name, True, verdict, witness=witness)) == ""


def test_the_template_is_in_the_package():
    import mdsolve.report.page

    assert (Path(mdsolve.report.page.__file__).parent / "page.html").is_file()


MARKETS = [
    (INSTANCES / "cases" / "three-banks.yaml", "second-best"),
    (INSTANCES / "cases" / "three-banks.yaml", "vcg"),
    (INSTANCES / "small" / "growth.yaml", "desirable"),
    (INSTANCES / "small" / "linear.yaml", "mep"),
]


@pytest.mark.parametrize(
    ("file", "name"), MARKETS, ids=lambda x: x if isinstance(x, str) else x.stem
)
def test_a_page_says_of_a_market_what_its_solution_says(tmp_path, file, name):
    """Values are those under the rule that hands out the models, even by lot."""
    (subject,) = made(tmp_path, file, name)
    answers = solved(file, name).answers
    for key in ("values", "outside_values", "utilities", "payments"):
        shown = np.asarray(subject.solution.answers[key], dtype=float)
        np.testing.assert_allclose(shown, np.asarray(answers[key], dtype=float), rtol=1e-9)
    chances = answers.get("model_chance")
    assert ("chance of the model" in Page(report_page([subject])).words) == (chances is not None)
