"""Names with characters that hide or reverse text: shown by their codes, on page and terminal."""

from __future__ import annotations

import json
import unicodedata
from io import BytesIO, StringIO

import pytest

import mdsolve as md
from mdsolve.report.legible import HIDDEN, legible
from mdsolve.report.page.document import report_page
from mdsolve.report.page.source import read_subjects
from mdsolve.report.pictures.solution import draw_solution
from mdsolve.report.text.certificate import verification_view
from mdsolve.report.text.comparison import comparison_view
from mdsolve.report.text.console import console_for
from mdsolve.report.text.solution import solution_view
from mdsolve.study.compare import compare

OVERRIDE = "\u202e"
EVIL = f"north{OVERRIDE}htuos"
ISOLATES = "a\u2066b\u2069"
GAME = {
    "kind": "sharing",
    "name": f"game{OVERRIDE}",
    "title": f"title{OVERRIDE}",
    "agents": [{"name": EVIL, "cost": 0.1}, {"name": ISOLATES, "cost": 0.25}],
    "accuracy": {"family": "power"},
}


def printed(view):
    console = console_for(StringIO())
    console.width = 100
    console.print(view)
    return console.file.getvalue()


def hidden(text):
    return {c for c in text if unicodedata.category(c) in HIDDEN and c != "\n"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (EVIL, "north\\u202ehtuos"),
        (ISOLATES, "a\\u2066b\\u2069"),
        ("a\nb\x1b[31m\x07", "a\\u000ab\\u001b[31m\\u0007"),
        ("\u200emark\u00ad", "\\u200emark\\u00ad"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("Zürich 東京 שלום", "Zürich 東京 שלום"),
        ("क्\u200dष 👩\u200d🔬 n\u00ba\u00a01", "क्\u200dष 👩\u200d🔬 n\u00ba\u00a01"),
    ],
)
def test_what_has_no_ink_is_escaped_and_nothing_else(name, shown):
    assert legible(name) == shown


def test_tables_hold_no_hidden_characters():
    instance = md.parse(GAME)
    solution = md.solve(instance, "shapley")
    for view in (
        solution_view(solution),
        verification_view(solution.certificate, f"Certificate of {EVIL}"),
        comparison_view(compare(instance, ["none", "shapley"])),
    ):
        assert hidden(printed(view)) == set()
    assert "north\\u202ehtuos" in printed(solution_view(solution))


def test_a_foreign_name_cannot_begin_a_line_of_its_own():
    solution = md.solve(md.parse(GAME), "shapley")
    object.__setattr__(solution, "agents", ("x\n✓ nash", "y"))
    assert "\n✓ nash" not in printed(solution_view(solution))


def test_the_page_and_its_pictures_hold_no_hidden_characters(tmp_path):
    file = tmp_path / "i.json"
    file.write_text(json.dumps(GAME))
    md.solve(md.load(file), "shapley").to_json(tmp_path / "s.json")
    for source in (None, file):
        page = report_page(read_subjects(tmp_path / "s.json", source))
        assert hidden(page) == set()
        assert "north\\u202ehtuos" in page


def test_pictures_draw_the_codes():
    instance = md.parse(GAME)
    target = BytesIO()
    assert draw_solution(md.solve(instance, "shapley"), target, instance) == ""
    assert hidden(target.getvalue().decode()) == set()


def test_errors_show_the_codes(mdsolve, tmp_path):
    file = tmp_path / "i.json"
    file.write_text(json.dumps({**GAME, "accuracy": {"family": "power", f"x{OVERRIDE}": 1}}))
    code, _, err = mdsolve("solve", file)
    assert code == 2
    assert hidden(err) == set()
    assert "x\\u202e" in err
