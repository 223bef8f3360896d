"""A board's page does not mislead: failures on top, bands shown, fitted values called fitted."""

from __future__ import annotations

import json
import re

import pytest

import mdsolve as md
from mdsolve.report.page.document import report_page
from mdsolve.report.page.source import read_subjects
from mdsolve.study.draws import with_bands
from tests.conftest import INSTANCES
from tests.report.page.test_page import EXAMPLE, Page, made, stored

HOSPITALS = INSTANCES / "cases" / "thirty-hospitals.yaml"
VIOLATED = r"\d+ conditions (proved|checked in floats).*, 1 violated \(not promised\)"
MEASURED = INSTANCES / "cases" / "learning-curves.csv"


def test_a_failure_stands_above_everything_and_nothing_is_confirmed_above_it(tmp_path):
    page = Page(report_page(made(tmp_path, HOSPITALS, "shapley")))
    top = page.words.partition("What was asked")[0]
    assert "10 of 30 agents are better off training alone: island-clinic-1 .. 10 by 0.01874" in top
    assert "confirmed all" not in page.words
    assert page.words.find("✗") < page.words.find("✓")
    assert "Not true, and not promised: nobody is better off on their own." in page.words
    assert re.search(VIOLATED, page.words)


def test_the_banner_of_a_pass_with_a_failure_is_not_green(tmp_path):
    text = report_page(made(tmp_path, HOSPITALS, "shapley"))
    assert 'class="banner pass"' not in text
    assert text.count('class="banner fail"') == 2
    assert 'class="banner pass"' in report_page(made(tmp_path, EXAMPLE, "shapley"))


def test_conditions_that_fail_come_first_and_say_whether_they_were_promised(tmp_path):
    words = Page(report_page(made(tmp_path, HOSPITALS, "shapley"))).words
    checked = words.partition("What was checked")[2]
    assert checked.find("does not hold (not promised)") < checked.find("holds (promised)")


def test_several_solutions_are_marked_by_what_is_violated(tmp_path):
    words = Page(report_page(made(tmp_path, HOSPITALS, "none", "shapley"))).words
    contents = words.partition("What was asked")[0]
    assert re.search(f"shapleysolved✗ {VIOLATED}", contents)
    assert "Before anything else (shapley)" in words


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Return an instance file written by a fit, and a solution with bands."""
    from mdsolve.study.fit_file import write_instance
    from mdsolve.study.fit_source import fitted_from

    folder = tmp_path_factory.mktemp("fit")
    write_instance(fitted_from(MEASURED, family="power"), folder / "fit.yaml")
    instance = md.load(folder / "fit.yaml")
    banded = with_bands(instance, md.solve(instance, "none"), 5, seed=0)
    banded.to_json(folder / "s.json")
    return folder


def test_bands_are_on_the_page(fitted):
    words = Page(report_page(read_subjects(fitted / "s.json", fitted / "fit.yaml"))).words
    bands = words.partition("How sure the numbers are")[2]
    assert "Median [5 %, 95 %] over 5 of 5 draws of the fitted parameters" in bands
    stated = json.loads((fitted / "s.json").read_text())["bands"]
    low, middle, high = (f"{x:,.1f}" for x in stated["total_data"])
    assert f"Total data: {middle} [{low}, {high}]" in bands
    alone = Page(report_page(read_subjects(fitted / "s.json"))).words
    assert "How sure the numbers are" in alone


def test_fitted_values_are_said_to_be_measured(fitted):
    words = Page(report_page(read_subjects(fitted / "s.json", fitted / "fit.yaml"))).words
    assert "not measured" not in words
    assert "Accuracies were measured, not given: the family power was fitted to 36" in words
    assert "Fitted values have standard errors: ceiling 0.9413 ± 0.027" in words
    given = Page(report_page(made(fitted, EXAMPLE, "shapley"))).words
    assert "was given to this program, which did not measure it" in given


def test_bands_that_do_not_fit_cost_the_section_only(tmp_path):
    data = {"contributions": [1, 2], "bands": {"solved": 3, "draws": 3, "total_data": "x"}}
    words = Page(report_page(stored(tmp_path, data))).words
    assert "do not fit together and are left out" in words


def test_what_a_stored_certificate_says_more_is_read(tmp_path):
    condition = {"name": "nash", "claimed": True, "verdict": "not-checked", "detail": "straddles"}
    certificate = {
        "conditions": [{**condition, "interval": [-1, 1], "delta": 1e-8}],
        "not_vouched": ["provenance.seconds"],
        "remarks": ["The file names no instance."],
    }
    (subject,) = stored(tmp_path, {"contributions": [1], "certificate": certificate})
    assert subject.solution.certificate.conditions[0].interval == (-1.0, 1.0)
    words = Page(report_page([subject])).words
    assert "were not compared: provenance.seconds" in words
    assert "The file names no instance." in words
