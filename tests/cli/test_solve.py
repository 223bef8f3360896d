"""`mdsolve solve`: report, JSON, files, several mechanisms, options."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.cli.conftest import CASES, SMALL


def test_the_report_says_what_happened(mdsolve):
    code, out, err = mdsolve("solve", CASES / "three-hospitals.yaml")
    assert (code, err) == (0, "")
    for word in ("solved", "city", "gain", "incentive-compatibility", "Certificate", "Method"):
        assert word in out


def test_the_document_has_the_keys_of_the_contract(mdsolve_json):
    code, data = mdsolve_json("solve", SMALL / "growth.yaml")
    assert code == 0
    assert data["format"] == "mdsolve-solution/1"
    assert data["status"]["termination"] == "solved"
    assert data["certificate"]["verdict"] == "pass"
    assert data["exists"] is True
    assert {"payments", "profile", "revenue", "minimal_revenue", "minimal_profile"} <= set(data)
    assert np.shape(data["table"]["payments"])[0] == len(data["agents"])
    assert set(data["provenance"]["seconds"]) == {"build", "solve", "verify"}


def test_the_file_and_the_document_agree(mdsolve_json, tmp_path):
    target = tmp_path / "s.json"
    _, shown = mdsolve_json("solve", SMALL / "growth.yaml", "-o", target, "--seed", "7")
    stored = json.loads(target.read_text())
    assert stored == shown
    assert stored["provenance"]["seed"] == 7


def test_several_mechanisms_are_a_list_and_the_worst_code_counts(mdsolve_json):
    code, data = mdsolve_json("solve", SMALL / "growth.yaml", "-m", "free", "-m", "vcg")
    assert (code, [s["mechanism"]["name"] for s in data["solutions"]]) == (0, ["free", "vcg"])
    file = CASES / "two-banks-fintech.yaml"
    code, data = mdsolve_json("solve", file, "-m", "vcg", "-m", "desirable")
    assert (code, data["solutions"][1]["exists"]) == (3, False)


def test_quiet_prints_nothing(mdsolve, tmp_path):
    target = tmp_path / "s.json"
    assert mdsolve("solve", SMALL / "growth.yaml", "-q", "-o", target) == (0, "", "")
    assert target.exists()


def test_no_mechanism_exists_is_exit_three_with_the_chain(mdsolve):
    code, out, _ = mdsolve("solve", CASES / "two-banks-fintech.yaml")
    assert code == 3
    assert "must receive" in out
    assert "or they would stay out" in out
    assert "the platform loses money" in out


def test_options_reach_the_mechanism(mdsolve_json):
    _, data = mdsolve_json("solve", SMALL / "share.yaml", "--set", "arithmetic=exact")
    assert data["mechanism"]["options"]["arithmetic"] == "exact"
    assert all(isinstance(payment, str | int) for payment in data["payments"])
    assert data["certificate"]["conditions"][0]["arithmetic"] == "exact"


def test_a_mechanism_that_breaks_its_word_is_not_exit_zero(mdsolve_json):
    code, data = mdsolve_json("solve", SMALL / "growth.yaml", "-m", "mep", "--tolerance", "0")
    claimed = [c["verdict"] for c in data["certificate"]["conditions"] if c["claimed"]]
    assert (code == 0) == ("fail" not in claimed)


@pytest.mark.parametrize("agent", ["[/]", "[red]x", ":smile:", "a" * 150])
def test_names_are_printed_as_they_are(mdsolve, tmp_path, agent):
    file = tmp_path / "m.json"
    data = {"kind": "market", "name": f"n{agent}", "agents": [agent, "b"], "types": [1, 2]}
    file.write_text(json.dumps({**data, "valuation": {"family": "share"}, "mechanism": "free"}))
    code, out, _ = mdsolve("solve", file)
    assert code == 0
    assert agent[:20] in out
