"""`prove`: solutions become proof files, bound to their instances, that stand on their own."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import mdsolve as md
from mdsolve.proving.checker import checker_path
from tests.cli.conftest import PAPER, SMALL

MURHEKAR = PAPER.parent / "murhekar2025"


def checked(target):
    """Return the exit code and the report of the stand-alone checker."""
    command = [sys.executable, "-I", "-S", str(checker_path()), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("file", "mechanism", "claims", "code"),
    [
        (MURHEKAR / "example3.yaml", "none", ["nash", "unique", "budget-balance"], 0),
        (MURHEKAR / "example3.yaml", "budget-balanced", ["nash", "unique", "budget-balance"], 0),
        (MURHEKAR / "example4.yaml", "shapley", ["nash", "unique", "budget-balance"], 4),
        (SMALL / "growth.yaml", "desirable", ["payments"], 0),
        (PAPER / "fixed-market-7.yaml", "desirable", ["none"], 0),
    ],
    ids=str,
)
def test_answers_are_proved_and_the_proofs_hold(
    mdsolve, mdsolve_json, tmp_path, file, mechanism, claims, code
):
    solution, target = tmp_path / "s.json", tmp_path / "p.json"
    mdsolve("solve", file, "-m", mechanism, "-o", solution, "--quiet")
    found, summary = mdsolve_json("prove", file, solution, "-o", target)
    assert set(claims) <= {one["claim"] for one in summary["proved"]}
    assert found in (code, 0)
    data = json.loads(target.read_text())
    assert (data["format"], data["instance"]["data_sha256"]) == (
        "mdsolve-proof/1",
        json.loads(solution.read_text())["instance"]["data_sha256"],
    )
    code, report = checked(target)
    assert code == 0, report
    assert data["instance"]["data_sha256"] in report


@pytest.mark.parametrize("data", [{"a": 1}, None])
def test_without_a_proof_object_nothing_is_written(mdsolve, tmp_path, data):
    solution, target = tmp_path / "s.json", tmp_path / "p.json"
    target.write_text("an older proof")
    if data is None:  # whose types differ, which no proof object is about yet
        mdsolve("solve", SMALL / "share.yaml", "-o", solution, "--quiet")
    else:
        solution.write_text(json.dumps(data))
    code, out, err = mdsolve("prove", SMALL / "share.yaml", solution, "-o", target)
    assert code == 4
    assert "was not written" in " ".join(err.split())
    assert "types that differ from agent to agent" in " ".join(out.split())
    assert target.read_text() == "an older proof"


def test_a_proof_is_bound_to_its_instance(mdsolve, tmp_path):
    file = MURHEKAR / "example3.yaml"
    solution, target = tmp_path / "s.json", tmp_path / "p.json"
    mdsolve("solve", file, "-m", "none", "-o", solution, "--quiet")
    mdsolve("prove", file, solution, "-o", target, "--quiet")
    good = json.loads(target.read_text())
    other = json.loads(target.read_text())
    other["instance"]["data"]["agents"][0]["cost"]["rate"] = "1/9"
    target.write_text(json.dumps(other))
    assert checked(target)[0] == 1
    from mdsolve.instance.canonical import json_sha256

    other["instance"]["data_sha256"] = json_sha256(other["instance"]["data"])
    target.write_text(json.dumps(other))
    code, report = checked(target)
    assert code == 1
    assert "not the instance's" in report
    good["proofs"] = []
    target.write_text(json.dumps(good))
    assert checked(target)[0] == 1


def test_a_wrong_answer_is_refuted_and_not_proved(mdsolve, tmp_path):
    file = MURHEKAR / "example3.yaml"
    solution, target = tmp_path / "s.json", tmp_path / "p.json"
    mdsolve("solve", file, "-m", "none", "-o", solution, "--quiet")
    data = json.loads(solution.read_text())
    data["contributions"][0] = 2.0
    solution.write_text(json.dumps(data))
    code, out, _ = mdsolve("prove", file, solution, "-o", target)
    assert code == 1
    assert "nash fails" in out
    assert "nash" not in {entry["claim"] for entry in json.loads(target.read_text())["proofs"]}


def test_python_objects_have_no_proof():
    class Own:
        concave = True

        def value(self, s):
            return 1 - 1 / (1 + s)

        def gradient(self, s):
            return np.diag(1 / (1 + s) ** 2)

    game = md.SharingInstance(agents=[{"name": "A", "cost": 0.1}], accuracy=Own())
    found = md.prove(game, md.solve(game, mechanism="none"))
    assert found.entries == ()
    assert found.exit_code == 4


@pytest.mark.parametrize("scale", [100, "1/3"])
def test_money_of_another_unit_is_proved_in_units_of_the_scale(tmp_path, scale):
    market = md.parse(
        {
            "kind": "market",
            "agents": ["a", "b"],
            "types": {"from": 1, "to": 5},
            "valuation": {"family": "growth", "exponent": "-0.7", "scale": scale},
        }
    )
    solution, target = md.payments(market), tmp_path / "p.json"
    found = md.prove(market, solution)
    assert "maximal-revenue" in found.proved
    found.to_json(target)
    code, report = checked(target)
    assert code == 0
    assert f"in units of the valuation's scale, {scale}." in report
    lower = solution.table["payments"] * 0.999
    data = {**solution.to_dict(), "table": {**solution.to_dict()["table"], "payments": lower}}
    assert not md.prove(market, md.Solution.from_dict(data)).proved
