"""`mdsolve design`: requirements in words, exit codes, what is written, what is refused."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import CASES
from tests.conftest import INSTANCES

EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"


def test_a_design_is_written_and_passes_the_checker(mdsolve, tmp_path):
    out = tmp_path / "rule.json"
    arguments = ("--maximize", "data", "--require", "reciprocity=1", "-o", out, "--quiet")
    assert mdsolve("design", EXAMPLE, *arguments)[0] == 0
    data = json.loads(out.read_text())
    assert data["mechanism"]["name"] == "target"
    assert data["contributions"] == pytest.approx([9.0376932933, 0.7748643631], abs=1e-9)
    assert mdsolve("verify", EXAMPLE, out, "--quiet")[0] == 0
    data["payments"][0] += 1e-6
    out.write_text(json.dumps(data))
    assert mdsolve("verify", EXAMPLE, out, "--quiet")[0] == 1


def test_a_design_never_replaces_a_better_one(mdsolve, tmp_path):
    out = tmp_path / "rule.json"
    assert mdsolve("design", EXAMPLE, "-o", out, "--quiet")[0] == 0
    good = out.read_text()
    code, _, err = mdsolve("design", EXAMPLE, "-o", out, "--time-limit", "0")
    assert code == 4
    assert "holds a better answer" in " ".join(err.split())
    assert out.read_text() == good
    assert json.loads((tmp_path / "rule.partial.json").read_text())["status"]


def test_what_no_rule_brings_about_is_exit_three_with_the_concessions(mdsolve_json, mdsolve):
    asked = ("--require", "contributions=3,1", "--require", "payment-limit=0.01")
    code, data = mdsolve_json("design", EXAMPLE, *asked)
    assert (code, data["status"]["termination"]) == (3, "infeasible")
    assert [entry["requirement"] for entry in data["concessions"]] == [
        *("payment_limit", "compensation"),
    ]
    code, out, _ = mdsolve("design", EXAMPLE, *asked)
    assert code == 3
    assert "exceeds what all data are worth by 0.2475" in " ".join(out.split())
    code, out, _ = mdsolve("design", EXAMPLE, "--require", "least-total=60")
    assert code == 3
    assert "wherever anybody contributes" in " ".join(out.split())


def test_a_trade_off_is_a_curve(mdsolve_json):
    code, data = mdsolve_json("design", EXAMPLE, "--trade-off", "payment-limit=0.02:0.04:2")
    assert code == 0
    assert data["curve"]["requirement"] == "payment_limit"
    assert [point["asked"] for point in data["curve"]["points"]] == [0.02, 0.04]


def test_dominant_needs_no_value(mdsolve_json):
    code, data = mdsolve_json("design", CASES / "thirty-hospitals.yaml", "--require", "dominant")
    assert code == 0
    assert data["mechanism"]["options"]["dominant"] == "yes"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--require", "speed=1"], "speed"),
        (["--require", "reciprocity"], "NAME=VALUE"),
        (["--require", "=1"], "once"),
        (["--require", "alone=0", "--require", "alone=1"], "once"),
        (["--require", "payment-limit.Z=1"], "an agent of the instance"),
        (["--require", "payment-limit=-1"], "at least 0"),
        (["--require", "least-share=1.5"], "at most 1"),
        (["--require", "least-share=0.5"], "capacity"),
        (["--require", "reciprocity=2"], "at most 1"),
        (["--require", "reciprocity=x"], "a number"),
        (["--require", "form=rates", "--require", "dominant"], "rates with dominant"),
        (["--require", "form=rates", "--require", "payment-limit=1"], "payment limit"),
        (["--require", "contributions=1,2,3"], "2, one per agent"),
        (["--require", "contributions=-1,2"], "capacity"),
        (["--maximize", "profit"], "welfare"),
        (["--trade-off", "reciprocity"], "FROM:TO:COUNT"),
        (["--trade-off", "reciprocity=0:1"], "FROM:TO:COUNT"),
        (["--trade-off", "reciprocity=0:1:1"], "from 2 to 1000"),
        (["--trade-off", "reciprocity=0:1:0.1"], "increment"),
        (["--trade-off", "reciprocity=1:1:3"], "two different ends"),
        (["--trade-off", "reciprocity=0:2:3"], "at most 1"),
        (["--trade-off", "reciprocity=a:b:c"], "from, to, points"),
        (["--trade-off", "data=0:1:3"], "one of alone"),
        (["--plot", "rule.jpg"], ".png"),
    ],
)
def test_what_cannot_be_asked_is_exit_two(mdsolve, arguments, words):
    code, out, err = mdsolve("design", EXAMPLE, *arguments)
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())


def test_training_runs_are_exit_two(mdsolve):
    file = next((INSTANCES / "training").glob("*.yaml"))
    code, out, err = mdsolve("design", file, "--yes")
    assert (code, out) == (2, "")
    assert "expected" in err


SUPPLIERS = INSTANCES / "cases/component-suppliers.yaml"


def test_private_costs_get_a_menu(mdsolve):
    code, out, _ = mdsolve("design", SUPPLIERS)
    assert code == 0
    assert "Bring 2,700 samples and receive the full model" in " ".join(out.split())
    assert "the most that any menu collects" in " ".join(out.split())


def test_what_a_menu_has_no_room_for_is_said_at_once(mdsolve):
    asked = ["--maximize", "welfare", "--require", "reciprocity=1", "--require", "payment-limit=3"]
    code, out, err = mdsolve("design", SUPPLIERS, *asked, "--trade-off", "alone=0:1:3")
    assert (code, out) == (2, "")
    assert "nobody pays under a menu" in err
    assert err.count("expected:") == 4


def test_one_agent_has_nobody_to_agree_with(mdsolve, tmp_path):
    file = tmp_path / "one.yaml"
    agent = "kind: sharing\nagents: [{name: A, cost: 0.1}]\naccuracy: {family: power}\n"
    file.write_text(agent)
    code, out, err = mdsolve("design", file)
    assert (code, out) == (2, "")
    assert "one agent" in err
