"""Files that mean harm, or are none: one clear finding, quickly, without taking memory."""

from __future__ import annotations

import os
import tracemalloc

import pytest

from mdsolve.errors import FINDINGS_SHOWN, InstanceError
from mdsolve.instance import load, parse
from mdsolve.instance.findings import FINDINGS_KEPT
from tests.instance.samples import MARKET, SHARING, problems
from tests.work import counted

HANGING = 20_000
"""Calls of functions from which on a refusal counts as hanging; a fiftieth is usual."""


def refused(file, words):
    """Return the error that refuses a file, which has to come after little work."""

    def read():
        with pytest.raises(InstanceError, match=words) as caught:
            load(file)
        return caught.value

    error, calls = counted(read)
    assert calls < HANGING
    return error


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yaml", b"", "empty"),
        ("a.json", b" \n\t ", "empty"),
        ("a.yaml", b"# only a comment\n", "a mapping"),
        ("a.yaml", b"- 1\n- 2\n", "a mapping"),
        ("a.yaml", b"just text\n", "a mapping"),
        ("a.yaml", b"\x00\x01\x02\xff\xfe", "UTF-8"),
        ("a.yaml", b"\x00\x01\x02", "special characters|control"),
        ("a.json", b"\xff\xfe\x00", "UTF-8"),
        ("a.toml", "kind".encode("utf-16"), "UTF-8"),
        ("a.yaml", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "UTF-8"),
        ("a.json", b'{"kind": NaN}', "NaN"),
        ("a.json", b'{"kind": "market"', "JSON"),
        ("a.json", b'{"kind": "market"} {}', "JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b"[" * 60 + b"]" * 60, "nesting too deep"),
        ("a.yaml", b"[" * 100_000, "nest"),
        ("a.yaml", b"- " * 100_000, "nest"),
        ("a.yaml", b"? " * 1000, "key"),
        ("a.yaml", b"[1, 2]: 3\n", "key"),
        ("a.toml", b"a = " + b"[" * 60 + b"]" * 60, "nest"),
        ("a.toml", b"a." * 100_000 + b"a = 1", "dotted key"),
        ("a.toml", b"[" + b'"a" . ' * 100_000 + b"a]", "dotted key"),
        ("a.yaml", b"a: &x [1]\nb: *x\n", "anchor"),
        ("a.yaml", b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "alias"),
        ("a.yaml", b"a: *nowhere\n", "alias|anchor"),
        ("a.yaml", b"*a : 1\n", "alias"),
        ("a.yaml", b"- {*a : 1}\n", "alias"),
        ("a.yaml", b"a: !!python/object/apply:os.system [ls]\n", "tag"),
        ("a.yaml", b"a: !!binary aGVsbG8=\n", "tag"),
        ("a.yaml", b"a: !custom 1\n", "tag"),
        ("a.yaml", b"---\nkind: market\n---\nkind: market\n", "document"),
        ("a.yaml", b"kind: [market\n", "YAML|expected"),
        ("a.yaml", b"\tkind: market\n", "YAML|token"),
        ("a.txt", b"kind: market", "one of .yaml, .yml, .json, .toml"),
        ("a", b"kind: market", "one of .yaml"),
        ("a.toml", b"kind = [", "TOML"),
        ("a.toml", b"seed = 0x" + b"f" * 5000, "an integer of 20,000 bits"),
        ("a.toml", b"seed = " + b"9" * 5000, "number|digits"),
        ("a.json", b'{"seed": ' + b"9" * 5000 + b"}", "number|characters"),
        ("a.json", b'{"name": "\\ud800"}', "surrogate"),
        ("a.json", b'{"\\ud800": 1}', "surrogate"),
        ("a.yaml", b'kind: market\nname: "a\\e[31m"\nagents: [a]\n', "control"),
    ],
)
def test_hostile_files_are_findings(tmp_path, name, content, words):
    file = tmp_path / name
    file.write_bytes(content)
    error = refused(file, words)
    assert error.findings[0].where.startswith(str(file))
    assert len(str(error)) < 2000
    assert str(error).isprintable() or "\n" in str(error)


@pytest.mark.parametrize("ending", ["yaml", "json", "toml"])
def test_a_hundred_megabytes_of_brackets_cost_nothing(tmp_path, ending):
    file = tmp_path / f"big.{ending}"
    with file.open("wb") as stream:
        for _ in range(100):
            stream.write(b"[" * 2**20)
    tracemalloc.start()
    refused(file, "104,857,600 bytes")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    file.unlink()
    assert peak < 2**20


def test_a_file_of_eight_megabytes_of_brackets_is_read_and_refused_quickly(tmp_path):
    file = tmp_path / "big.yaml"
    file.write_bytes(b"[" * (8 * 2**20))
    refused(file, "nested too deeply")


def test_what_is_no_regular_file_is_a_finding(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "endless.yaml").symlink_to("/dev/zero")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for name, words in {
        "pipe.yaml": "a pipe or device",
        "endless.yaml": "a pipe or device",
        "loop.yaml": "readable|symbolic links",
        "folder.yaml": "a folder",
        "none.yaml": "No such file",
        "nul\0.yaml": "null byte",
        "x" * 300 + ".yaml": "File name too long",
    }.items():
        with pytest.raises(InstanceError, match=words):
            load(tmp_path / name)


def test_python_data_is_held_to_the_same_limits():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert "nesting too deep" in problems({**MARKET, "types": deep})
    circle = {**MARKET}
    circle["expected"] = circle
    assert "nesting too deep" in problems(circle)
    assert "bits" in problems({**MARKET, "profile": [10**5000, 1]})
    with pytest.raises(InstanceError, match="a mapping"):
        parse([1, 2])


REPEATED = {
    "misspelt agents": {
        **SHARING,
        "agents": [{"nam": f"a{k}", "cost": 1} for k in range(17_500)],
    },
    "misspelt families": {
        **SHARING,
        "agents": [{"name": f"a{k}", "cost": {"family": "linaer"}} for k in range(17_500)],
    },
    "unknown keys": {**MARKET, **{f"key-{k}": k for k in range(17_500)}},
    "wrong numbers": {**MARKET, "quality": {"family": "table", "points": [["x", "y"]] * 17_500}},
}


@pytest.mark.parametrize("slip", REPEATED)
def test_a_slip_made_thousands_of_times_is_worded_a_few_times(slip):
    def read():
        with pytest.raises(InstanceError) as caught:
            parse(REPEATED[slip])
        return caught.value

    error, calls = counted(read)
    assert calls < 60 * 17_500
    assert len(error.findings) == FINDINGS_KEPT
    assert len(error.findings) + error.more >= 17_500
    assert str(error).count("got:") == FINDINGS_SHOWN
    assert str(error).endswith(f"\nand {len(error.findings) + error.more - FINDINGS_SHOWN:,} more")


def test_a_market_with_a_trillion_profiles_costs_nothing_until_it_is_solved():
    tracemalloc.start()
    market = parse({**MARKET, "types": {"from": 1, "to": 10**6}, "profile": None})
    data = market.model_dump()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert market.profile_count == 10**12
    assert data["types"] == {"from": "1", "to": "1000000", "step": "1"}
    assert peak < 2**20
