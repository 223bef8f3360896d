"""`mdsolve solve --dynamics`: exit codes, options, text, JSON and picture."""

from __future__ import annotations

import pytest

from tests.conftest import INSTANCES

EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"
SIMULATE = ("solve", EXAMPLE, "-m", "shapley", "--dynamics")


def test_a_run_that_comes_to_rest(mdsolve_json):
    code, data = mdsolve_json(*SIMULATE, "--step-size", "1")
    assert (code, data["status"]["termination"]) == (0, "solved")
    assert data["contributions"] == pytest.approx([2.9983929801, 1.1690481371], abs=1e-8)
    assert data["dynamics"]["step_rule"] == "given"
    assert data["regret"] < 1e-12


def test_a_run_that_does_not_prints_its_regret(mdsolve):
    code, out, _ = mdsolve(*SIMULATE, "--step-size", "0.1", "--steps", "5")
    assert code == 4
    words = " ".join(out.replace("│", " ").split())
    assert "limit: After 5 steps of size 0.1 somebody gains" in words
    assert "regret: 0." in words
    assert "Dynamics: 5 steps" in words


def test_options_reach_the_simulation(mdsolve_json):
    options = ("--step-size", "1/2", "--steps", "7", "--agents-per-step", "1", "--seed", "3")
    code, data = mdsolve_json(*SIMULATE, *options, "--start", "3,1", "--cap", "4")
    found = data["dynamics"]
    assert code == 4
    assert (found["step_size"], found["steps"], found["agents_per_step"]) == (0.5, 7, 1)
    assert (found["start"], found["cap"], data["provenance"]["seed"]) == ([3, 1], 4, 3)


def test_the_safe_step_is_the_default(mdsolve):
    code, out, _ = mdsolve(*SIMULATE, "--cap", "5", "--steps", "3")
    assert code == 4
    assert "Proved: the distance" in " ".join(out.split())
    code, _, err = mdsolve(*SIMULATE)
    assert code == 2
    assert "--cap" in err


def test_all_bad_options_are_listed(mdsolve):
    bad = ("--step-size", "-1", "--steps", "0", "--agents-per-step", "3", "--start", "1,2,3")
    code, _, err = mdsolve(*SIMULATE, *bad)
    assert code == 2
    for option in bad[::2]:
        assert f"{option}\n    got:" in err


def test_its_options_need_dynamics(mdsolve):
    code, _, err = mdsolve("solve", EXAMPLE, "-m", "none", "--step-size", "1", "--cap", "3")
    assert code == 2
    assert "--step-size\n" in err
    assert "--cap\n" in err
    assert "add --dynamics" in err


def test_a_market_is_refused(mdsolve):
    code, _, err = mdsolve("solve", INSTANCES / "small" / "share.yaml", "--dynamics")
    assert code == 2
    assert "sharing" in err


def test_pictures(mdsolve, tmp_path):
    target = tmp_path / "p.png"
    code, _, err = mdsolve(*SIMULATE, "-m", "none", "--step-size", "1", "--plot", target)
    assert code == 0
    assert "p.none.png" in err
    for name in ("shapley", "none"):
        assert (tmp_path / f"p.{name}.png").read_bytes().startswith(b"\x89PNG")
