"""Pages and pictures from Python, and what a notebook shows."""

from __future__ import annotations

import re

import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from tests.conftest import INSTANCES

AGENTS = [{"name": "<b>A</b>", "cost": 0.1}, {"name": "B", "cost": 0.25}]
GAME = md.SharingInstance(agents=AGENTS, accuracy={"family": "power"}, name="a & b")


def test_a_notebook_shows_a_row_per_agent_and_names_as_text():
    shown = md.solve(GAME, "shapley")._repr_html_()
    assert "<b>A</b>" not in shown
    assert "&lt;b&gt;A&lt;/b&gt;" in shown
    assert "a &amp; b under shapley" in shown
    assert len(re.findall("<tr>", shown)) == 3
    assert "✓ pass" in shown


def test_a_notebook_says_first_what_must_not_be_overlooked():
    hospitals = md.load(INSTANCES / "cases" / "thirty-hospitals.yaml")
    shown = md.solve(hospitals, "shapley")._repr_html_()
    assert shown.index("10 of 30 agents are better off training alone") < shown.index("<table>")


def test_a_page_is_checked_again_where_the_instance_is_at_hand(tmp_path):
    solution = md.solve(GAME, "shapley")
    page = md.report(GAME, solution, tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == page
    assert "not checked again" not in page
    assert "not checked again" in md.report(None, solution)
    with pytest.raises(UsageError, match="the ending"):
        md.report(GAME, solution, tmp_path / "r.pdf")
    solution.report(tmp_path / "s.html", GAME)
    assert (tmp_path / "s.html").exists()


def test_a_picture_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    md.solve(GAME, "shapley").plot(tmp_path / "p.png", GAME)
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_the_package_and_the_verb_have_one_name():
    import mdsolve.report.words  # noqa: F401

    assert md.report(GAME, md.solve(GAME, "none")).startswith("<!DOCTYPE html>")
