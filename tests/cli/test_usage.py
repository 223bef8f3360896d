"""Wrong usage: exit 2, nothing on stdout, advice on stderr, and nothing written or computed."""

from __future__ import annotations

import re

import pytest

from mdsolve.cli.common import memory_bytes, parse_settings
from mdsolve.errors import UsageError
from tests.cli.conftest import CASES, SMALL

GROWTH = SMALL / "growth.yaml"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solve"], "Missing argument"),
        (["slove"], "No such command"),
        (["solve", GROWTH, "--jason"], "No such option"),
        (["solve", "missing.yaml"], "missing.yaml"),
        (["solve", SMALL], "a folder|one of .yaml"),
        (["solve", GROWTH, "-m", "desirabel"], "did you mean 'desirable'"),
        (["solve", GROWTH, "-m", ""], "one of free"),
        (["solve", GROWTH, "--set", "route"], "KEY=VALUE"),
        (["solve", GROWTH, "--set", "=fast"], "KEY=VALUE"),
        (["solve", GROWTH, "--set", "rout=fast"], "did you mean 'route'"),
        (["solve", GROWTH, "--set", "route=fast"], "one of auto"),
        (["solve", GROWTH, "--set", "route=auto", "--set", "route=sweep"], "each key once"),
        (["solve", GROWTH, "--set", "arithmetic=exact"], "irrational"),
        (["solve", GROWTH, "--memory-limit", "much"], "4GiB"),
        (["solve", GROWTH, "--memory-limit", "-1"], "4GiB"),
        (["solve", GROWTH, "--memory-limit", "100B"], "need about"),
        (["solve", GROWTH, "--time-limit", "soon"], "time-limit"),
        (["solve", GROWTH, "--time-limit", "-1"], "time-limit"),
        (["solve", GROWTH, "--time-limit", "nan"], "finite|greater"),
        (["solve", GROWTH, "--tolerance", "nan"], "finite|greater"),
        (["solve", GROWTH, "--tolerance", "inf"], "finite"),
        (["solve", GROWTH, "--tolerance", "-1"], "tolerance"),
        (["solve", GROWTH, "--seed", "-1"], "seed"),
        (["solve", GROWTH, "-o", "no/such/folder/s.json"], "mkdir -p no/such/folder"),
        (["solve", GROWTH, "-o", SMALL], "a folder"),
        (["solve", GROWTH, "-o", GROWTH], "the input file"),
        (["solve", CASES / "orchards.yaml", "-m", "vcg"], "table of values"),
        (["payments", GROWTH, "--side", "cop=1"], "did you mean 'cap'"),
        (["payments", GROWTH, "--side", "cap=x"], "an amount of money"),
        (["payments", GROWTH, "--side", "cap=1", "--side", "cap=2"], "each constraint once"),
        (["payments", GROWTH, "--side", "cap=1", "--set", "side=cap=1"], "one of the two"),
        (["payments", GROWTH, "--objective", "revnue", "--side", "cap=1"], "'revenue'"),
        (["payments", GROWTH, "--explain", "9,9"], "grid"),
        (["payments", GROWTH, "--explain", "1"], "one per agent"),
        (["payments", GROWTH, "--explain", "a,b"], "grid"),
        (["verify", GROWTH], "Missing argument"),
        (["verify", GROWTH, "none.json"], "none.json"),
        (["verify", GROWTH, GROWTH, "--arithmetic", "octal"], "octal"),
        (["check"], "Missing argument"),
        (["show", "desirabel"], "did you mean 'desirable'"),
        (["schema", "markets"], "markets"),
        (["new", "markets"], "markets"),
        (["reproduce", "chen2020/figure9"], "did you mean"),
        (["reproduce", "chen2020/example1", "-o", GROWTH], "a folder that can be made"),
    ],
)
def test_bad_usage_is_exit_two_with_advice(mdsolve, arguments, words):
    before = GROWTH.read_bytes()
    code, out, err = mdsolve(*arguments)
    assert (code, out) == (2, "")
    assert re.search(words, err), err
    assert GROWTH.read_bytes() == before


def test_all_malformed_settings_are_reported_at_once():
    with pytest.raises(UsageError) as caught:
        parse_settings(["a", "=1", "b=1", "b=2"])
    assert len(caught.value.findings) == 3
    assert parse_settings(["a = b=c", "d="]) == {"a": "b=c", "d": ""}
    assert parse_settings(None) == {}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *(("4GiB", 2**32), ("4 g", 2**32), ("1.5KB", 1500), ("10", 10), ("0", 0)),
        ("9" * 400 + "GiB", 2**63),
    ],
)
def test_sizes_of_memory(text, size):
    assert memory_bytes(text) == size


def test_a_trillion_profiles_are_refused_before_anything_is_allocated(mdsolve, tmp_path):
    file = tmp_path / "big.yaml"
    file.write_text(
        "kind: market\nagents: 4\ntypes: {from: 1, to: 1000}\nmechanism: desirable\n"
        "valuation: {family: growth, exponent: -0.8}\n"
    )
    code, out, _ = mdsolve("validate", file)
    assert code == 0
    assert "1,000,000,000,000 profiles" in out
    for mechanism in ("desirable", "vcg", "mep", "free"):
        code, _, err = mdsolve("solve", file, "-m", mechanism)
        assert code == 2, mechanism
        assert "MemoryLimitError" in err


def test_an_internal_error_is_exit_five(mdsolve, monkeypatch):
    def broken(*arguments, **keywords):
        raise ZeroDivisionError("for the test")

    monkeypatch.setattr("mdsolve.study.catalogue.catalogue", broken)
    code, out, err = mdsolve("list")
    assert (code, out) == (5, "")
    assert "internal error: ZeroDivisionError: for the test" in err
    assert "please report it" in err


def test_running_out_of_memory_is_exit_four(mdsolve, monkeypatch):
    def full(*arguments, **keywords):
        raise MemoryError

    monkeypatch.setattr("mdsolve.study.catalogue.catalogue", full)
    code, _, err = mdsolve("list")
    assert code == 4
    assert "out of memory" in err
