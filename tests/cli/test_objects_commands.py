"""`sensitivity`, `export`, `explain`, and instances and solutions from standard input."""

from __future__ import annotations

import io
import json

import pytest

from tests.cli.conftest import SMALL
from tests.conftest import INSTANCES

POWER = {"family": "power"}
EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"


@pytest.fixture
def piped(monkeypatch):
    """Return a function that pipes bytes into the commands that follow."""

    def feed(content):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    return feed


@pytest.fixture
def solution(mdsolve, tmp_path):
    """Return the file of a solution of the example."""
    assert mdsolve("solve", EXAMPLE, "-m", "shapley", "-q", "-o", tmp_path / "s.json")[0] == 0
    return tmp_path / "s.json"


def test_sensitivity_as_text_data_and_table(mdsolve, mdsolve_json, solution, tmp_path):
    code, out, _ = mdsolve("sensitivity", EXAMPLE, solution)
    assert code == 0
    assert "-22.33" in out
    assert "Nearest, cost" in out
    code, data = mdsolve_json("sensitivity", EXAMPLE, solution, "--parameter", "cost")
    assert data["derivatives"][0]["contributions"][0] == pytest.approx(-22.3293803)
    table = tmp_path / "t.csv"
    assert mdsolve("sensitivity", EXAMPLE, solution, "-o", table, "-q")[0] == 0
    assert table.read_text().startswith("parameter,of,value,agent,d_contribution,")


def test_sensitivity_of_what_has_none(mdsolve, solution, tmp_path):
    code, _, err = mdsolve("sensitivity", EXAMPLE, solution, "--parameter", "fame")
    assert code == 2
    assert "cost, value, capacity, weight" in err
    assert mdsolve("sensitivity", SMALL / "share.yaml", solution)[0] == 2
    assert mdsolve("sensitivity", EXAMPLE, solution, "-o", tmp_path / "t.doc")[0] == 2


def test_export_says_what_it_wrote(mdsolve, mdsolve_json, tmp_path):
    code, _, err = mdsolve("export", SMALL / "share.yaml", "-o", tmp_path / "x.lp")
    assert code == 0
    assert "variables" in err
    code, data = mdsolve_json("export", EXAMPLE, "-m", "shapley", "-o", tmp_path / "x.nfg")
    assert data["profiles"] == 25
    code, _, err = mdsolve("export", EXAMPLE, "-o", tmp_path / "x.mps")
    assert code == 2
    assert "not linear" in err
    assert mdsolve("export", EXAMPLE, "-o", EXAMPLE)[0] == 2


def test_explain(mdsolve, mdsolve_json, solution, tmp_path):
    code, out, _ = mdsolve("explain", EXAMPLE, solution)
    assert code == 0
    assert "Received" in out
    code, data = mdsolve_json("explain", EXAMPLE, solution, "--agent", "A")
    assert list(data["agents"]) == ["A"]
    assert mdsolve("explain", EXAMPLE, solution, "--agent", "Z")[0] == 2
    share = SMALL / "share.yaml"
    assert mdsolve("solve", share, "-m", "desirable", "-q", "-o", tmp_path / "m.json")[0] in (0, 3)


def test_an_instance_from_standard_input(mdsolve_json, piped):
    content = EXAMPLE.read_bytes()
    piped(content)
    code, data = mdsolve_json("solve", "-", "-m", "shapley")
    assert code == 0
    one = {"kind": "sharing", "agents": [{"name": "A", "cost": 0.1}], "accuracy": POWER}
    piped(json.dumps(one).encode())
    code, data = mdsolve_json("solve", "-", "-m", "none")
    assert code == 0
    assert data["agents"] == ["A"]


def test_a_solution_from_standard_input(mdsolve, mdsolve_json, solution, piped):
    piped(solution.read_bytes())
    code, data = mdsolve_json("verify", EXAMPLE, "-")
    assert (code, data["verdict"]) == (0, "pass")
    piped(json.dumps({"contributions": [1, 1], "payments": [5, 5]}).encode())
    assert mdsolve("verify", EXAMPLE, "-", "-q")[0] == 1


@pytest.mark.parametrize("content", [b"", b"kind: [", b"\xff\xfe", b"kind: nothing"])
def test_what_is_piped_in_may_be_wrong(mdsolve, content, piped):
    piped(content)
    code, _, err = mdsolve("solve", "-", "-m", "none")
    assert code == 2
    assert "got:" in err
    piped(content)
    assert mdsolve("verify", EXAMPLE, "-")[0] == 2


def test_new_files_from_tables(mdsolve, mdsolve_json, tmp_path):
    table = tmp_path / "agents.csv"
    table.write_text("agent;cost;capacity\ncity;0,1;\ncounty;0,25;30\n")
    made = ("new", "sharing", "--agents", table, "--decimal-comma", "-o", tmp_path / "g.yaml")
    assert mdsolve(*made)[0] == 0
    _, out, _ = mdsolve("new", "proposal", "--instance", tmp_path / "g.yaml")
    assert out == "agent,contribution,payment\ncity,0,0\ncounty,0,0\n"
    (tmp_path / "p.csv").write_text(out)
    assert mdsolve_json("verify", tmp_path / "g.yaml", tmp_path / "p.csv")[1]["verdict"] == "fail"
    assert mdsolve("new", "market", "--agents", table)[0] == 2
    assert mdsolve("new", "sharing", "--instance", tmp_path / "g.yaml")[0] == 2
    assert mdsolve("new", "proposal", "--instance", SMALL / "share.yaml")[0] == 2


def test_results_as_tables(mdsolve, tmp_path):
    file = tmp_path / "r.csv"
    assert mdsolve("solve", EXAMPLE, "-m", "none", "-m", "shapley", "-q", "-o", file)[0] == 0
    lines = file.read_text().splitlines()
    assert lines[0].startswith("mechanism,agent,contribution,")
    assert [line.split(",")[0] for line in lines[1:]] == ["none", "none", "shapley", "shapley"]
    assert mdsolve("solve", EXAMPLE, "-m", "none", "-q", "-o", tmp_path / "r.tex")[0] == 0
    assert (tmp_path / "r.tex").read_text().startswith("\\begin{tabular}")


def test_the_hash_of_an_instance(mdsolve, mdsolve_json, solution):
    code, out, _ = mdsolve("show", EXAMPLE, "--hash")
    stated = json.loads(solution.read_text())["instance"]["data_sha256"]
    assert (code, out) == (0, f"{stated}\n")
    code, out, _ = mdsolve("show", EXAMPLE)
    assert "sharing game: 2 agents" in out
    assert mdsolve_json("show", EXAMPLE)[1]["data_sha256"] == stated
    assert mdsolve("show", "shapley", "--hash")[0] == 2
    assert mdsolve("show", "nowhere.yaml")[0] == 2
