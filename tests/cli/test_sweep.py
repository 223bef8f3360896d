"""`mdsolve sweep`: tables, pictures, bad input, and how it ends."""

from __future__ import annotations

import csv

import pytest

from tests.cli.conftest import CASES, SMALL

FOUR = CASES / "four-hospitals.yaml"
SHORT = ("sweep", FOUR, "--vary", "platform_data=0:10:2", "-m", "none")


def test_a_table_on_the_terminal_in_a_file_and_as_a_document(mdsolve, mdsolve_json, tmp_path):
    target = tmp_path / "t.csv"
    code, out, err = mdsolve(*SHORT, "-o", target)
    assert code == 0
    assert "2 of 2 rows" in out
    assert f"wrote {target}" in err
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert [row["verdict"] for row in rows] == ["pass", "pass"]
    code, data = mdsolve_json(*SHORT)
    assert code == 0
    place = data["columns"].index("welfare")
    assert [row[place] for row in data["rows"]] == [float(row["welfare"]) for row in rows]
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_scenarios_alone_and_pictures(mdsolve, tmp_path):
    picture = tmp_path / "t.png"
    scenarios = ("--scenario", "now:", "--scenario", "two: remove agents.rural")
    code, out, _ = mdsolve("sweep", FOUR, *scenarios, "-m", "none", "--plot", picture)
    assert code == 0
    assert "now" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    market = ("sweep", SMALL / "growth.yaml", "--vary", "types.to=3:5", "--sample", "4")
    code, _, err = mdsolve(*market, "-m", "free", "--plot", picture, "--metric", "revenue")
    assert code == 0, err
    code, _, err = mdsolve(*market, "-m", "free", "--plot", picture, "--metric", "total_data")
    assert (code, "no row with total_data" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vary", "platform_data=1:2:3", "-o", "t.xlsx"), ".csv, .parquet, .json"),
        (("--vary", "platform_data=1:2:3", "--plot", "t.pdf"), ".png or .svg"),
        (("--vary", "platform_data=1:2:3", "--metric", "speed"), "alone_margin"),
        (("--vary", "platform_data=1:2:3", "--jobs", "2", "--cluster", "tcp://x:1"), "one of them"),
        (("--vary", "cots=1,2"), "did you mean 'cost'"),
        (("--scenario", "gone: remove agents.nobody"), "one of university"),
    ],
)
def test_bad_input_is_exit_two_before_anything_is_solved(mdsolve, monkeypatch, arguments, words):
    monkeypatch.setattr("mdsolve.study.sweep.solve", None)
    code, out, err = mdsolve("sweep", FOUR, "-m", "none", *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_what_is_stopped_goes_beside_the_table_and_is_gone_in_the_end(mdsolve, tmp_path):
    target = tmp_path / "t.csv"
    target.write_text("an older table\n")
    code, _, err = mdsolve(*SHORT, "-o", target, "--time-limit", "0")
    assert code == 4
    assert "wrote" in err
    assert target.read_text() == "an older table\n"
    assert (tmp_path / "t.partial.csv").exists()
    assert mdsolve(*SHORT, "-o", target, "--resume")[0] == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]
    assert target.read_text().startswith("point,")


def test_names_that_hide_text_are_shown_with_what_they_hide(mdsolve, tmp_path):
    code, out, _ = mdsolve(
        *SHORT[:-2], "--scenario", "a\u202eb:", "-m", "none", "--time-limit", "9"
    )
    assert code == 0
    assert "\u202e" not in out
