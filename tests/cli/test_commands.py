"""The command line: every exit code, one JSON document on stdout, messages without tracebacks."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mdsolve.cli import main
from tests.conftest import INSTANCES

CASES = INSTANCES / "cases"
SMALL = INSTANCES / "small"
PAPERS = INSTANCES / "papers" / "chen2020"
PROGRAM = [sys.executable, "-c", "from mdsolve.cli.main import run; run()"]


@pytest.fixture
def mdsolve(monkeypatch, capsys):
    """Return a function that runs a command in this process: (exit code, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mdsolve", *map(str, arguments)])
        try:
            main.run()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


def test_solve_prints_a_report(mdsolve):
    code, out, _ = mdsolve("solve", CASES / "three-hospitals.yaml")
    assert code == 0
    for word in ("solved", "city", "gain", "incentive-compatibility", "Certificate", "Method"):
        assert word in out


def test_json_is_one_document_and_nothing_else(mdsolve):
    code, out, err = mdsolve("solve", SMALL / "growth.yaml", "--json")
    data = json.loads(out)
    assert (code, err) == (0, "")
    assert data["format"] == "mdsolve-solution/1"
    assert data["status"]["termination"] == "solved"
    assert data["certificate"]["verdict"] == "pass"
    assert data["exists"] is True
    assert {"payments", "profile", "revenue", "minimal_revenue", "table"} <= set(data)


def test_several_mechanisms_are_a_list(mdsolve):
    code, out, _ = mdsolve("solve", SMALL / "growth.yaml", "-m", "free", "-m", "vcg", "--json")
    assert [s["mechanism"]["name"] for s in json.loads(out)["solutions"]] == ["free", "vcg"]
    assert code == 0


def test_no_mechanism_exists_is_exit_three_with_the_chain(mdsolve):
    code, out, _ = mdsolve("solve", CASES / "two-banks-fintech.yaml")
    assert code == 3
    assert "must receive" in out
    assert "or he would report 13" in " ".join(out.split())


def test_round_trip_verify_passes_and_a_changed_payment_fails(mdsolve, tmp_path):
    file, target = SMALL / "share.yaml", tmp_path / "s.json"
    assert mdsolve("solve", file, "-o", target)[0] == 0
    assert mdsolve("verify", file, target)[0] == 0
    assert mdsolve("verify", file, target, "--arithmetic", "exact")[0] == 0
    data = json.loads(target.read_text())
    data["table"]["payments"][0][0][0] = "1000000001/1000000000"
    target.write_text(json.dumps(data))
    code, out, _ = mdsolve("verify", file, target, "--arithmetic", "exact", "--json")
    assert code == 1
    failed = {c["name"] for c in json.loads(out)["conditions"] if c["verdict"] == "fail"}
    assert "individual-rationality" in failed


def test_a_foreign_solution_needs_nothing_but_a_table(mdsolve, tmp_path):
    target = tmp_path / "foreign.json"
    target.write_text(
        json.dumps({"format": "mdsolve-solution/1", "table": {"payments": [[[0] * 3] * 3] * 2}})
    )
    code, out, _ = mdsolve("verify", SMALL / "growth.yaml", target, "--json")
    conditions = {c["name"]: c for c in json.loads(out)["conditions"]}
    assert {name for name, c in conditions.items() if c["claimed"]} == {
        "individual-rationality",
        "incentive-compatibility",
        "efficiency",
        "weak-budget-balance",
    }
    assert code == (
        1 if any(c["claimed"] and c["verdict"] == "fail" for c in conditions.values()) else 0
    )


def test_a_further_condition_can_be_demanded(mdsolve, tmp_path):
    target = tmp_path / "s.json"
    mdsolve("solve", SMALL / "growth.yaml", "-o", target)
    assert mdsolve("verify", SMALL / "growth.yaml", target)[0] == 0
    asked = ("--condition", "budget-balance")
    assert mdsolve("verify", SMALL / "growth.yaml", target, *asked)[0] == 1
    code, _, err = mdsolve("verify", SMALL / "growth.yaml", target, "--condition", "budget-balanc")
    assert code == 2
    assert "did you mean 'budget-balance'" in err


def test_a_solution_of_another_file_is_noted(mdsolve, tmp_path):
    target, copy = tmp_path / "s.json", tmp_path / "g.yaml"
    mdsolve("solve", SMALL / "growth.yaml", "-o", target)
    copy.write_text((SMALL / "growth.yaml").read_text() + "\n# changed\n")
    code, _, err = mdsolve("verify", copy, target)
    assert code == 0
    assert "other content" in err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON"),
        ("[1]", "object"),
        ('{"table": {"payments": [[1, 2], [3]]}}', "ragged"),
        ('{"table": {"payments": [[[1]]]}}', "shape"),
        ('{"table": {"payments": NaN}}', "NaN"),
        ('{"table": {"payments": "x"}}', "table.payments"),
        ('{"table": {"payments": {"file": "../p.npy"}}}', "outside"),
        ('{"agents": ["x"], "table": {}}', "agents"),
        ("[" * 100_000, "nested|JSON"),
        ('{"mechanism": {"name": "desirable", "options": {"side": ["cop=1"]}}}', "cap"),
    ],
)
def test_bad_solution_files_are_exit_two(mdsolve, tmp_path, content, words):
    target = tmp_path / "bad.json"
    target.write_text(content)
    code, _, err = mdsolve("verify", SMALL / "growth.yaml", target)
    assert code == 2
    assert re.search(words, err), err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solve", SMALL / "growth.yaml", "-m", "desirabel"], "did you mean 'desirable'"),
        (["solve", SMALL / "growth.yaml", "--set", "route"], "KEY=VALUE"),
        (["solve", SMALL / "growth.yaml", "--set", "arithmetic=exact"], "irrational"),
        (["solve", SMALL / "growth.yaml", "--memory-limit", "much"], "4GiB"),
        (["solve", SMALL / "growth.yaml", "--memory-limit", "100B"], "need about"),
        (["solve", "missing.yaml"], "missing.yaml"),
        (["solve", CASES / "orchards.yaml", "-m", "vcg"], "table of values"),
        (["payments", SMALL / "growth.yaml", "--side", "cop=1"], "did you mean 'cap'"),
        (["payments", SMALL / "growth.yaml", "--explain", "9,9"], "grid"),
        (["frontier", "--agents", "1", "--exponent", "-0.8"], "at least 2"),
        (["frontier", "--agents", "2", "--exponent", "x"], "--exponent"),
        (["reproduce", "chen2020/figure9"], "did you mean"),
        (["show", "desirabel"], "did you mean 'desirable'"),
        (["check", INSTANCES / "bench" / "growth-2x3000.yaml"], "expected"),
        (["solve", SMALL / "growth.yaml", "-o", "no/such/folder/s.json"], "folder"),
    ],
)
def test_bad_usage_is_exit_two_with_advice(mdsolve, arguments, words):
    code, _, err = mdsolve(*arguments)
    assert code == 2
    assert re.search(words, err), err


def test_payments_with_side_constraints_and_explanations(mdsolve):
    code, out, _ = mdsolve(
        "payments", SMALL / "growth.yaml", "--side", "budget-balance", "--objective", "fairness"
    )
    assert code == 0
    assert "Side constraints: budget-balance; objective: fairness" in out
    code, out, _ = mdsolve("payments", SMALL / "growth.yaml", "--explain", "3,1")
    assert code == 0
    assert "pays" in out
    assert "may stay out" in out
    code, out, _ = mdsolve("payments", SMALL / "growth.yaml", "--side", "cap=-0.1")
    assert code == 3
    assert "0 <= something negative" in out


def test_frontier_as_table_json_range_and_picture(mdsolve, tmp_path):
    code, out, _ = mdsolve("frontier", "--agents", "2", "--exponent", "-0.8", "--json")
    data = json.loads(out)
    assert (code, data["frontier"]) == (0, 59)
    assert data["threshold"] == pytest.approx(-0.660911032319, abs=1e-12)
    picture = tmp_path / "f.png"
    code, out, _ = mdsolve(
        "frontier",
        "--agents",
        "2",
        "--exponent=-0.9:-0.8:0.1",
        "--grid",
        "zero",
        "--json",
        "--plot",
        picture,
    )
    assert [point["frontier"] for point in json.loads(out)] == [1, 3]
    assert picture.stat().st_size > 1000
    code, out, _ = mdsolve("frontier", "--agents", "2", "--exponent", "-0.6")
    assert "infinite" in out
    code, out, _ = mdsolve("frontier", "--agents", "2", "--exponent", "-0.7", "--limit", "100")
    assert code == 4
    assert ">= 100" in out


def test_check_validate_list_show_schema_new_reproduce(mdsolve, tmp_path):
    assert mdsolve("check", PAPERS / "example1.yaml")[0] == 0
    wrong = tmp_path / "w.yaml"
    wrong.write_text((PAPERS / "example1.yaml").read_text().replace("10/11", "9/11"))
    assert mdsolve("check", wrong)[0] == 1
    assert "valid market: 2 agents" in mdsolve("validate", SMALL / "growth.yaml")[1]
    assert "desirable" in mdsolve("list")[1]
    assert "route" in mdsolve("show", "desirable")[1]
    assert "growth" in mdsolve("show", "growth")[1]
    assert json.loads(mdsolve("schema", "market")[1])["title"] == "MarketInstance"
    assert {"mechanism", "quality"} <= set(json.loads(mdsolve("list", "--json")[1]))
    target = tmp_path / "new.yaml"
    assert mdsolve("new", "market", "-o", target)[0] == 0
    assert mdsolve("solve", target, "--quiet")[0] in (0, 3)
    code, _, err = mdsolve("new", "market", "-o", target)
    assert code == 2
    assert "exists" in err
    assert "chen2020/figure3" in mdsolve("reproduce")[1]
    assert "27/28" in mdsolve("reproduce", "chen2020/example1")[1]


def test_validate_reports_every_bad_file(mdsolve, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: market\nagnts: 2\n")
    code, out, err = mdsolve("validate", SMALL / "growth.yaml", bad)
    assert code == 2
    assert "valid market" in out
    assert "did you mean 'agents'" in err


def test_sharing_and_training_say_what_is_possible(mdsolve, tmp_path):
    target = tmp_path / "t.yaml"
    mdsolve("new", "training", "-o", target)
    assert mdsolve("validate", target)[0] == 0
    code, _, err = mdsolve("solve", target, "-m", "none")
    assert code == 2
    assert "not run yet" in err


def test_a_time_limit_is_exit_four(mdsolve):
    file = INSTANCES / "bench" / "general-3x60.yaml"
    code, out, _ = mdsolve("solve", file, "--time-limit", "0.01")
    assert code == 4
    assert "limit" in out


def test_ctrl_c_is_exit_four_without_a_traceback():
    file = INSTANCES / "bench" / "growth-2x3000.yaml"
    process = subprocess.Popen(
        [*PROGRAM, "solve", str(file)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, (out, err)
    assert "Traceback" not in err
    assert "interrupted" in out + err


def test_start_up_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from mdsolve.cli import main\n"
        "try:\n    main.app(['{}'], standalone_mode=False)\nexcept SystemExit:\n    pass\n"
        "heavy = {{'cvxpy', 'scipy', 'numba', 'networkx', 'torch', 'pulp', 'numpy'}}\n"
        "print('FOUND', sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code.format("--help")], capture_output=True, text=True, check=True
    ).stdout
    assert out.strip().endswith("FOUND []")


def test_validate_imports_numpy_at_most():
    file = SMALL / "growth.yaml"
    code = (
        "import sys\nfrom mdsolve.cli import main\n"
        f"main.app(['validate', {str(file)!r}], standalone_mode=False)\n"
        "heavy = {'cvxpy', 'scipy', 'numba', 'networkx', 'torch', 'pulp', 'matplotlib'}\n"
        "print('FOUND', sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert out.strip().endswith("FOUND []")


def test_an_internal_error_is_exit_five(mdsolve, monkeypatch):
    def broken(*arguments, **keywords):
        raise ZeroDivisionError("for the test")

    monkeypatch.setattr("mdsolve.study.catalogue.catalogue", broken)
    code, _, err = mdsolve("list")
    assert code == 5
    assert "internal error" in err


def test_a_closed_pipe_is_harmless():
    command = " ".join(PROGRAM[:1]) + f' -c "{PROGRAM[2]}" schema | head -c 10'
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=os.environ
    )
    assert "Traceback" not in done.stderr


def test_the_program_is_installed():
    program = Path(sys.executable).with_name("mdsolve")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("mdsolve ")
