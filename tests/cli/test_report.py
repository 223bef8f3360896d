"""`mdsolve report`: the page it writes, what it says of it, and exit codes."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import CASES, PAPER, SMALL

SHARE = SMALL / "share.yaml"


@pytest.fixture
def solved(mdsolve, tmp_path):
    """Return a solution file of a small market."""
    target = tmp_path / "s.json"
    assert mdsolve("solve", SHARE, "-o", target, "--quiet")[0] == 0
    return target


def test_a_page_beside_the_solution_by_default(mdsolve, solved):
    code, out, err = mdsolve("report", solved, "--instance", SHARE)
    page = solved.with_suffix(".html")
    assert (code, out) == (0, "")
    assert f"{page.stat().st_size:,} bytes" in err
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_the_size_is_small_and_quiet_is_quiet(mdsolve, solved, tmp_path):
    target = tmp_path / "r.htm"
    code, out, err = mdsolve("report", solved, "-o", target, "--instance", SHARE, "--quiet")
    assert (code, out, err) == (0, "", "")
    assert target.stat().st_size < 200_000


def test_without_the_instance_it_says_that_nothing_was_checked(
    mdsolve, solved, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, _, err = mdsolve("report", solved)
    assert code == 0
    assert "nothing was checked again" in err
    (tmp_path / SHARE.name).write_bytes(SHARE.read_bytes())
    code, _, err = mdsolve("report", solved)
    assert (code, "nothing was checked" in err) == (0, False)


def test_json_says_what_was_written(mdsolve_json, solved):
    code, data = mdsolve_json("report", solved, "--instance", SHARE)
    assert code == 0
    assert data["report"].endswith("s.html")
    assert data["solutions"] == [{"mechanism": "desirable", "checked": True, "verdict": "pass"}]


def test_a_refuted_solution_is_reported_and_exits_1(mdsolve, solved):
    data = json.loads(solved.read_text())
    data["table"]["payments"][0][0][0] = 1000
    solved.write_text(json.dumps(data))
    code, _, err = mdsolve("report", solved, "--instance", SHARE)
    assert code == 1
    assert "the new check says fail" in err
    assert "refutes the answer" in solved.with_suffix(".html").read_text()


def test_another_instance_is_noted(mdsolve, solved, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(SHARE.read_text() + "\n# changed\n")
    code, _, err = mdsolve("report", solved, "--instance", other)
    assert code == 0
    assert "other content" in err


def test_a_proof_that_none_exists_is_a_report_too(mdsolve, tmp_path):
    target = tmp_path / "none.json"
    file = PAPER / "section7-2-one-60.yaml"
    assert mdsolve("solve", file, "-o", target, "--quiet")[0] == 3
    assert mdsolve("report", target, "--instance", file)[0] == 0
    assert "Why there is none" in target.with_suffix(".html").read_text()


def test_a_training_run_is_a_report_too(mdsolve, tmp_path):
    columns = ("contributions", "accuracies", "losses", "payments", "utilities")
    rounds = {key: [[0.25, 0.75], [0.5, 0.75]] for key in columns}
    last = {key: [0.5, 0.75] for key in columns}
    phases = ["choosing", "learning"]
    history = {"rounds": [1, 2], "phases": phases, **rounds}
    solution = {"mechanism": "fedavg", "agents": ["x", "y"], "history": history, **last}
    target = tmp_path / "t.json"
    target.write_text(json.dumps(solution))
    assert mdsolve("report", target)[0] == 0
    page = target.with_suffix(".html").read_text()
    assert "A training run." in page
    assert "agents choose, the model rests" in page


def test_bad_input_exits_2_and_writes_nothing(mdsolve, solved, tmp_path):
    folder = tmp_path / "folder.html"
    folder.mkdir()
    empty = tmp_path / "empty.json"
    empty.write_text("{}")
    text = tmp_path / "text.json"
    text.write_text("not json")
    before = sorted(tmp_path.iterdir())
    bad = [
        (tmp_path / "missing.json",),
        (empty,),
        (text,),
        (folder,),
        (SHARE,),
        (solved, "-o", folder),
        (solved, "-o", solved),
        (solved, "-o", tmp_path / "r.pdf"),
        (solved, "-o", tmp_path / "no" / "r.html"),
        (solved, "--instance", tmp_path / "missing.yaml"),
        (solved, "--instance", CASES / "three-hospitals.yaml"),
        (),
    ]
    for arguments in bad:
        code, out, err = mdsolve("report", *arguments)
        assert (code, out) == (2, ""), arguments
        assert err
    assert sorted(tmp_path.iterdir()) == before


def test_what_stands_beside_the_answer_is_chosen(mdsolve, solved):
    page = solved.with_suffix(".html")
    known = ("report", solved, "--instance", SHARE, "--quiet")
    assert mdsolve(*known, "--without", "scenarios", "--title", "Drei", "--lang", "de")[0] == 0
    assert 'lang="de">Drei</h1>' in page.read_text()
    assert "Rules side by side" in page.read_text()
    assert "What may happen" not in page.read_text()
    assert mdsolve(*known, "--without", "all")[0] == 0
    assert "Rules side by side" not in page.read_text()
    assert mdsolve(*known, "--budget", "0")[0] == 0
    assert "Not complete: the budget of time was used up" in page.read_text()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--without", "rule"), "one of rules, scenarios, sensitivity, all"),
        (("--lang", "<x>"), "a language such as de"),
        (("--scenario", "x: cost*=2", "--without", "all"), "either of the two"),
        (("--scenario", "nothing"), "NAME: change"),
    ],
)
def test_wrong_options_are_refused_with_what_was_expected(mdsolve, solved, wrong, words):
    code, _, err = mdsolve("report", solved, "--instance", SHARE, *wrong)
    assert (code, words in err) == (2, True)


def test_a_sweep_becomes_a_page_to_look_around_in(mdsolve, mdsolve_json, tmp_path):
    table, page = tmp_path / "t.csv", tmp_path / "t.html"
    swept = ("sweep", SHARE, "--scenario", "now:", "-m", "free", "-o", table, "--quiet")
    assert mdsolve(*swept)[0] == 0
    code, data = mdsolve_json("report", table, "--explore")
    assert (code, data["rows"]) == (0, 1)
    assert data["bytes"] == page.stat().st_size
    code, _, err = mdsolve("report", table)
    assert (code, "add --explore" in err) == (2, True)
    code, _, err = mdsolve("report", SHARE, "--explore")
    assert (code, "one of .csv, .json, .parquet" in err) == (2, True)
