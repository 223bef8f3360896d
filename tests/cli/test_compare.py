"""`mdsolve compare`: all metrics of several mechanisms in one document."""

from __future__ import annotations

from tests.cli.conftest import CASES, SMALL


def test_mechanisms_stand_side_by_side(mdsolve, mdsolve_json, tmp_path):
    arguments = ("compare", SMALL / "growth.yaml", "-m", "free", "-m", "desirable")
    code, data = mdsolve_json(*arguments)
    assert code == 0
    assert [s["mechanism"]["name"] for s in data["solutions"]] == ["free", "desirable"]
    assert all(set(row) == {"free", "desirable"} for row in data["metrics"].values())
    code, out, _ = mdsolve(*arguments)
    assert code == 0
    assert "desirable" in out


def test_what_does_not_apply_is_said(mdsolve_json):
    code, data = mdsolve_json("compare", CASES / "orchards.yaml", "-m", "vcg", "-m", "desirable")
    assert code == 0
    assert "vcg" in data["refused"]


def test_bad_usage(mdsolve):
    assert mdsolve("compare", SMALL / "growth.yaml", "-m", "fre")[0] == 2
    assert mdsolve("compare", SMALL / "growth.yaml", "--plot", "none/x.png")[0] == 2
    code, _, errors = mdsolve("compare", CASES / "rotated-digits.yaml")
    assert code == 2
    assert "mdsolve train FILE" in errors


def test_options_go_to_the_mechanisms_that_have_them(mdsolve, mdsolve_json):
    arguments = ("compare", CASES / "thirty-hospitals.yaml", "-m", "none", "-m", "budget-balanced")
    _, plain = mdsolve_json(*arguments, "--set", "beta=full")
    _, named = mdsolve_json(*arguments, "--set", "budget-balanced.beta=full")
    assert plain["metrics"] == named["metrics"]
    assert [s["mechanism"]["options"] for s in plain["solutions"]] == [{}, {"beta": "full"}]
    code, _, errors = mdsolve(*arguments, "--set", "none.beta=full")
    assert code == 2
    assert "an option of none" in errors
    code, _, errors = mdsolve("solve", CASES / "thirty-hospitals.yaml", "-m", "none", "-m", "none")
    assert code == 2
    assert "each mechanism once" in errors
