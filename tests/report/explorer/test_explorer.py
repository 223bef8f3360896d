"""The explorer page of a sweep: what can be chosen was computed, and nothing else is on it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.report.explorer.document import explorer_page
from mdsolve.report.explorer.points import Points
from mdsolve.report.units import Units
from mdsolve.study.sweep_reading import read_sweep
from mdsolve.study.sweep_table import SweepTable
from tests.report.page.test_page import EXAMPLE, HOSPITALS, Page


@pytest.fixture(scope="module")
def grid():
    """Return a small certified grid of two paths under two rules."""
    vary = {"agents.B.cost": "0.15:0.25:3", "platform_data": [0, 1]}
    return md.sweep(md.load(EXAMPLE), vary, ["none", "shapley"], per_agent=True)


@pytest.fixture(scope="module")
def market():
    """Return scenarios of a market."""
    scenarios = {"now": "", "without county": "remove agents.county"}
    return md.sweep(md.load(HOSPITALS), (), ["free", "vcg"], scenarios=scenarios, per_agent=True)


def embedded(page):
    """Return the data in a page."""
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet"])
@pytest.mark.parametrize("name", ["grid", "market"])
def test_a_table_is_read_back_as_it_was_written(request, tmp_path, name, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow", reason="Parquet needs the extra tables")
    table = request.getfixturevalue(name)
    target = tmp_path / f"table{ending}"
    table.write(target)
    found = read_sweep(target)
    assert found.columns == table.columns
    assert found.paths == table.paths
    assert [row.cells(found.paths) for row in found.rows] == [
        row.cells(table.paths) for row in table.rows
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column point"),
        ("a,b\n1,2\n", "no column point"),
        ("point,scenario,mechanism,termination,verdict\n", "no rows"),
        ("point,scenario,mechanism,termination,verdict\n1,,none,solved\n", "line 2 has 4 entries"),
        ("point,scenario,mechanism,termination,verdict\n1,,none,maybe,pass\n", "row 0"),
        ("point,scenario,mechanism,termination,verdict\nx,,none,solved,pass\n", "row 0"),
    ],
)
def test_what_is_no_table_of_a_sweep_is_refused(tmp_path, text, words):
    target = tmp_path / "t.csv"
    target.write_text(text)
    with pytest.raises(UsageError, match=words):
        read_sweep(target)


def test_other_json_is_refused(tmp_path):
    (tmp_path / "t.json").write_text('{"format": "mdsolve-solution/1"}')
    with pytest.raises(UsageError, match="mdsolve-sweep/1"):
        read_sweep(tmp_path / "t.json")


def test_a_grid_has_a_choice_per_path_and_every_combination_was_computed(grid):
    points = Points.of(grid)
    assert [points.columns[c.column].key for c in points.choices] == list(grid.paths)
    assert [len(c.values) for c in points.choices] == [3, 2]
    assert points.choices[0].text == ("0.15", "0.2", "0.25")


def test_a_table_that_is_no_grid_has_one_choice_through_its_points(grid):
    part = SweepTable(**{**vars(grid), "rows": grid.rows[:6]})
    points = Points.of(part)
    (choice,) = points.choices
    assert points.columns[choice.column].key == "point"
    assert choice.values == (1.0, 2.0, 3.0)
    assert "6 of 12 rows are not computed yet" in Page(explorer_page(part)).words


def test_the_numbers_are_those_of_the_table(grid):
    data = embedded(explorer_page(grid))
    by_key = {column["key"]: column for column in data["columns"]}
    assert by_key["total_data"]["raw"] == grid.column("total_data")
    assert by_key["B.utility"]["raw"] == grid.column("B.utility")
    assert set(by_key["verdict"]["raw"]) == {"✓ holds"}
    assert data["parties"][1]["name"] == "B"


def test_rounding_is_shown_as_nothing(grid):
    points = Points.of(grid)
    place = points.place("A.payment")
    rules = points.columns[points.place("mechanism")].raw
    noise = [x for x, rule in zip(points.columns[place].raw, rules, strict=True) if rule == "none"]
    assert set(noise) == {0.0}


def test_a_loss_stands_beside_the_answer_and_nothing_is_green_with_it(market):
    data = embedded(explorer_page(market))
    alarm = data["columns"][data["alarm"]]["text"]
    rules = data["columns"][data["mechanism"]]["text"]
    assert all(bool(said) == (rule == "vcg") for said, rule in zip(alarm, rules, strict=True))
    assert alarm[1].startswith("✗ the organiser may have to pay in 778.4")


def test_the_page_is_whole_sealed_and_carries_one_program_by_its_hash(grid):
    text = explorer_page(grid, title="<b>Häuser</b>", lang="de", units=Units("EUR", "scans"))
    program = re.search(r"</script>\n<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = b64encode(sha256(program.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text
    assert text.count("<script") == 2
    assert not re.findall(r'(?:src|href)="', text)
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert '<h1 lang="de">&lt;b&gt;Häuser&lt;/b&gt;</h1>' in text
    assert "data in all [scans]" in text
    assert text == explorer_page(
        grid, title="<b>Häuser</b>", lang="de", units=Units("EUR", "scans")
    )
    assert len(text) < 60_000


def test_nothing_in_a_table_ends_its_element(tmp_path):
    evil = "</script><script>alert(1)</script>"
    target = tmp_path / "t.csv"
    heads = f"point,scenario,mechanism,termination,verdict,{evil}.utility"
    rows = f"{heads}\n1,{evil},none,solved,pass,1\n"
    target.write_text(rows)
    text = explorer_page(read_sweep(target), title=evil)
    assert text.count("<script") == 2
    assert embedded(text)["columns"][1]["text"] == [evil]


def test_the_table_is_there_without_the_program(grid):
    page = Page(re.sub(r"<script.*?</script>", "", explorer_page(grid), flags=re.DOTALL))
    assert page.tags.count("tr") == 1 + len(grid.rows)
    assert "Choices and picture need a browser that runs scripts" in page.words


def test_too_many_rows_are_refused(grid):
    with pytest.raises(UsageError, match="at most 5,000"):
        explorer_page(SweepTable(**{**vars(grid), "rows": grid.rows * 500}))
