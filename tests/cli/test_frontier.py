"""`mdsolve frontier`: single values, lists, ranges, grids, limits, pictures."""

from __future__ import annotations

import re

import pytest

TWO = ("frontier", "--agents", "2")


def test_a_single_value_is_one_object(mdsolve_json):
    code, data = mdsolve_json(*TWO, "--exponent", "-0.8")
    assert code == 0
    assert {key: data[key] for key in ("agents", "grid", "outside", "frontier")} == {
        "agents": 2,
        "grid": "one",
        "outside": "pooled",
        "frontier": 59,
    }
    assert float(data["exponent"]) == -0.8
    assert data["threshold"] == pytest.approx(-0.660911032319, abs=1e-12)


@pytest.mark.parametrize(
    "form", [("--exponent", "-0.8"), ("--exponent=-0.8",), ("--exponent", "-4/5")]
)
def test_a_negative_exponent_is_a_value_not_an_option(mdsolve_json, form):
    assert mdsolve_json(*TWO, *form)[1]["frontier"] == 59


def test_ranges_and_lists_are_a_list_in_order(mdsolve_json):
    _, data = mdsolve_json(*TWO, "--exponent=-0.9:-0.8:0.1", "--grid", "zero")
    assert [point["frontier"] for point in data] == [1, 3]
    _, data = mdsolve_json("frontier", "--agents", "2:3", "--exponent", "-1,-0.9")
    assert [(p["agents"], float(p["exponent"])) for p in data] == [
        *((2, -1), (2, -0.9)),
        *((3, -1), (3, -0.9)),
    ]


def test_infinite_with_the_reason(mdsolve, mdsolve_json):
    assert mdsolve_json(*TWO, "--exponent", "-0.6")[1]["frontier"] == "infinite"
    code, out, _ = mdsolve(*TWO, "--exponent", "-0.6")
    assert code == 0
    assert "infinite" in out


def test_a_limit_reached_is_exit_four(mdsolve, mdsolve_json):
    code, out, _ = mdsolve(*TWO, "--exponent", "-0.7", "--limit", "100")
    assert code == 4
    assert ">= 100" in out
    code, data = mdsolve_json(*TWO, "--exponent=-0.8,-0.7", "--limit", "100")
    assert (code, data[0]["frontier"]) == (4, 59)


def test_a_time_limit_keeps_what_is_done(mdsolve_json):
    code, data = mdsolve_json(*TWO, "--exponent=-1:-0.7:0.01", "--time-limit", "0")
    assert code == 4
    assert isinstance(data, list)
    assert len(data) <= 1


def test_a_picture(mdsolve, tmp_path):
    picture = tmp_path / "f.png"
    code, _, _ = mdsolve(*TWO, "--exponent=-0.9:-0.8:0.1", "--plot", picture, "--quiet")
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--agents", "1", "--exponent", "-0.8"], "at least 2"),
        (["--agents", "2.5", "--exponent", "-0.8"], "at least 2"),
        (["--agents", "x", "--exponent", "-0.8"], "--agents"),
        (["--agents", "2", "--exponent", "x"], "--exponent"),
        (["--agents", "2", "--exponent", "nan"], "--exponent"),
        (["--agents", "2", "--exponent", ""], "--exponent"),
        (["--agents", "2", "--exponent", "-0.7:-0.8:0.1"], "an empty range"),
        (["--agents", "2", "--exponent", "-1:0:0"], "an empty range"),
        (["--agents", "2", "--exponent", "-1:0:1e-9"], "100,000 points"),
        (["--agents", "2", "--exponent", "-1:0:1:2"], "too many colons"),
        (["--agents", "2:1000000", "--exponent", "-1"], "--agents|100,000"),
        (["--agents", "2", "--exponent", "-0.8", "--grid", "two"], "one.*zero"),
        (["--agents", "2", "--exponent", "-0.8", "--limit", "0"], "limit"),
        (["--agents", "2", "--exponent", "-0.8", "--plot", "f.jpg"], ".png"),
        (["--agents", "2", "--exponent", "-0.8", "--plot", "none/f.png"], "missing folder"),
        (["--agents", "2"], "exponent"),
    ],
)
def test_bad_arguments_are_exit_two(mdsolve, arguments, words):
    code, out, err = mdsolve("frontier", *arguments)
    assert (code, out) == (2, "")
    assert re.search(words, err, re.DOTALL), err
