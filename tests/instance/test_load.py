"""Loading: three formats, exact numbers, every problem at once, hostile files."""

from __future__ import annotations

import json
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.instance import load, parse
from mdsolve.instance.json_schema import json_schema
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.starter import STARTERS

MARKET = {
    "format": "mdsolve/1",
    "kind": "market",
    "name": "m",
    "agents": ["big", "small"],
    "types": {"big": {"from": 1, "to": 3, "step": "1/2"}, "small": [1, 2]},
    "quality": {"family": "power", "exponent": 0.5},
    "valuation": {"family": "growth", "exponent": -0.8},
    "profile": [1.5, 2],
}


def text_of(error):
    return str(error.value)


def problems(data):
    with pytest.raises(InstanceError) as caught:
        parse(data)
    return text_of(caught)


def toml(data):
    def value(entry):
        if isinstance(entry, dict):
            return "{" + ", ".join(f"{k} = {value(v)}" for k, v in entry.items()) + "}"
        return json.dumps(entry)

    return "\n".join(f"{key} = {value(entry)}" for key, entry in data.items())


@pytest.mark.parametrize(
    ("suffix", "write"), [("yaml", yaml.safe_dump), ("json", json.dumps), ("toml", toml)]
)
def test_three_formats_give_the_same_instance(tmp_path, suffix, write):
    file = tmp_path / f"m.{suffix}"
    file.write_text(write(MARKET))
    assert load(file).model_dump() == parse(MARKET).model_dump()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1", Fraction(1, 10)),
        (0.1, Fraction(1, 10)),
        (Decimal("0.1"), Fraction(1, 10)),
        ("1/3", Fraction(1, 3)),
        ("1e-3", Fraction(1, 1000)),
        (2, Fraction(2)),
        (np.float64(0.5), Fraction(1, 2)),
    ],
)
def test_numbers_keep_their_written_value(written, value):
    assert exact_number(written) == value


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf", float("nan"), "1/0", "x", True, "1e999"])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match=r".+"):
        exact_number(bad)


def test_yaml_numbers_booleans_and_text(tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(
        "kind: market\nname: '12'\nagents: [no, yes]\ntypes: [1e-1, 0.3]\n"
        "valuation: {family: share}\nexpected: {results: [{exists: true, x: null, y: 'true'}]}\n"
    )
    instance = load(file)
    assert instance.agents == ("no", "yes")
    assert instance.name == "12"
    assert instance.grids[0].exact_values() == (Fraction(1, 10), Fraction(3, 10))
    assert instance.expected.results == ({"exists": True, "x": None, "y": "true"},)


def test_all_findings_at_once_with_line_and_nearest_key(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(
        "kind: market\n"
        "agents: [a, b]\n"
        "tipes: [1, 2]\n"
        "types: {a: [2, 1], b: {from: 3, to: 1}}\n"
        "valuation: {family: grwth, exponent: -0.8}\n"
        "outside: polled\n"
        "quality: {family: power, exponent: -1}\n"
    )
    with pytest.raises(InstanceError) as caught:
        load(file)
    text = text_of(caught)
    assert "bad.yaml:3: tipes" in text
    assert "did you mean 'types'" in text
    assert "did you mean 'growth'" in text
    assert "outside" in text
    assert "quality" in text
    assert len(caught.value.findings) >= 5
    assert all(finding.got and finding.expected for finding in caught.value.findings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"types": [-1, 2]}, "negative"),
        ({"types": []}, "types"),
        ({"types": {"from": 1, "to": 5, "step": 0}}, "step"),
        ({"types": {"from": 1, "to": 10**13}}, "types"),
        ({"agents": []}, "agents"),
        ({"agents": ["a", "a"]}, "a"),
        ({"profile": [1]}, "profile"),
        ({"profile": [1.3, 2]}, "profile"),
        ({"valuation": {"family": "linear", "matrix": [[1, 2], [3]]}}, "matrix"),
        ({"valuation": {"family": "linear", "matrix": [[1, 2, 3], [4, 5, 6]]}}, "matrix"),
        ({"valuation": {"family": "growth", "exponent": float("nan")}}, "exponent"),
        ({"valuation": {"family": "growth"}}, "exponent"),
        ({"valuation": {"family": "sum", "terms": []}}, "terms"),
        ({"quality": {"family": "table", "points": [[0, 0], [2, 1]]}}, "quality"),
        ({"kind": "markt"}, "did you mean 'market'"),
        ({"format": "mdsolve/9"}, "format"),
        ({"outside": 3}, "outside"),
    ],
)
def test_semantic_problems_are_named(change, words):
    assert words in problems({**MARKET, **change})


@pytest.mark.parametrize("form", ["yaml", "json", "toml"])
def test_duplicate_keys_are_refused(tmp_path, form):
    file = tmp_path / f"m.{form}"
    file.write_text(
        {
            "yaml": "kind: market\nkind: market\n",
            "json": '{"kind": "market", "kind": "market"}',
            "toml": 'kind = "market"\nkind = "market"\n',
        }[form]
    )
    with pytest.raises(InstanceError, match=r"(?i)kind|twice|overwrite"):
        load(file)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yaml", b"", "empty"),
        ("a.yaml", b"\x00\x01\x02\xff\xfe", "bytes|UTF-8|control|special"),
        ("a.json", b"\xff\xfe\x00", "UTF-8"),
        ("a.json", b'{"kind": NaN}', "NaN"),
        ("a.json", b"[" * 100_000, "nest|deep"),
        ("a.yaml", b"[" * 100_000, "nest|deep"),
        ("a.yaml", b"a: &x [1]\nb: *x\n", "anchor|alias"),
        ("a.yaml", b"a: !!python/object/apply:os.system [ls]\n", "tag"),
        ("a.yaml", b"---\nkind: market\n---\nkind: market\n", "document"),
        ("a.txt", b"kind: market", "yaml"),
        ("a.toml", b"kind = [", "TOML|toml|Invalid|Unclosed"),
    ],
)
def test_hostile_files_are_findings(tmp_path, name, content, words):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InstanceError, match=words):
        load(file)


def test_a_hundred_megabytes_of_brackets_cost_nothing(tmp_path):
    file = tmp_path / "big.yaml"
    with file.open("wb") as stream:
        for _ in range(100):
            stream.write(b"[" * 2**20)
    tracemalloc.start()
    with pytest.raises(InstanceError, match="bytes"):
        load(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_folder_and_a_missing_file_are_findings(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(InstanceError):
            load(path)


def test_a_byte_order_mark_is_harmless(tmp_path):
    file = tmp_path / "m.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(MARKET).encode())
    assert isinstance(load(file), MarketInstance)


def table_market(tmp_path, arrays, name="v.npz"):
    np.savez(tmp_path / "v.npz", **arrays)
    file = tmp_path / "m.yaml"
    file.write_text(
        f"kind: market\nagents: [a, b]\ntypes: [0, 1]\nvaluation: {{family: table, file: {name}}}\n"
    )
    return file


RIGHT = {"value": np.ones((2, 2, 2, 2)), "outside": np.zeros((2, 2, 2))}


def test_array_files_are_read_from_the_folder_only(tmp_path):
    assert load(table_market(tmp_path, RIGHT)).valuation.value.shape == (2, 2, 2, 2)
    outside = tmp_path.parent / "outside.npz"
    np.savez(outside, **RIGHT)
    for name in ("../outside.npz", str(outside), "missing.npz"):
        with pytest.raises(InstanceError, match="valuation"):
            load(table_market(tmp_path, RIGHT, name))
    (tmp_path / "link.npz").symlink_to(outside)
    with pytest.raises(InstanceError, match="outside the instance"):
        load(table_market(tmp_path, RIGHT, "link.npz"))


@pytest.mark.parametrize(
    "arrays",
    [
        {"value": np.ones((2, 2, 2))},
        {**RIGHT, "value": np.ones((2, 3, 2, 2))},
        {**RIGHT, "value": np.full((2, 2, 2, 2), np.nan)},
        {**RIGHT, "value": np.array([{"a": 1}], dtype=object)},
    ],
)
def test_wrong_arrays_are_findings(tmp_path, arrays):
    with pytest.raises(InstanceError):
        load(table_market(tmp_path, arrays))


SHARING = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": 0.1, "capacity": 50},
        {
            "name": "B",
            "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.01},
            "group": "g2",
            "budget": 20,
            "value": 1.5,
        },
        {"name": "edge-{}", "count": 10, "cost": 0.1},
    ],
    "accuracy": {"family": "power", "ceiling": 1, "scale": 1, "exponent": 1},
}


@pytest.mark.parametrize(
    "accuracy",
    [
        {"family": "power", "weights": np.eye(12).tolist()},
        {"family": "pac", "complexity": 10},
        {"family": "threshold-power", "threshold": 3, "exponent": 0.1},
        {"family": "linear", "weights": np.eye(12).tolist()},
        {"family": "coverage", "distributions": [[0.5, 0.5]] * 12},
        {"family": "union", "curve": {"points": [[0, 0], [1, 0.5]]}, "neighbours": [[0]] * 12},
        {"family": "curve", "points": [[0, 0.1], [10, 0.8]]},
        {"family": "quadratic-fit", "target": [1, 2]},
        {"per_agent": [{"family": "power"}] * 12},
    ],
)
def test_sharing_instances_load(accuracy):
    assert parse({**SHARING, "accuracy": accuracy}).agent_count == 12


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agents": [{"name": "A"}]}, "cost"),
        ({"agents": [{"name": "A", "cost": -1}]}, "cost"),
        ({"agents": [{"name": "A", "cost": 1}, {"name": "A", "cost": 1}]}, "different names"),
        ({"agents": [{"name": "A", "cost": 1, "count": 3}]}, r"\{\}"),
        ({"accuracy": {"family": "power", "weights": [[1]]}}, "weights"),
        ({"accuracy": {"per_agent": [{"family": "power"}]}}, "per_agent"),
        ({"accuracy": {"family": "powr"}}, "did you mean 'power'"),
        ({"platform_data": -1}, "platform_data"),
    ],
)
def test_bad_sharing_instances_are_named(change, words):
    with pytest.raises(InstanceError, match=words):
        parse({**SHARING, **change})


def test_a_million_agents_from_columns(tmp_path):
    np.savez(tmp_path / "d.npz", costs=np.full(10**6, 0.1))
    file = tmp_path / "m.yaml"
    file.write_text(
        "kind: sharing\nagents: {count: 1000000, cost: {file: d.npz, key: costs}, capacity: 5}\n"
        "accuracy: {family: power}\n"
    )
    assert load(file).agent_count == 10**6


@pytest.mark.parametrize("kind", STARTERS)
def test_starters_load_and_the_schema_knows_their_keys(kind, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(STARTERS[kind])
    assert load(file).kind == kind
    assert set(yaml.safe_load(STARTERS[kind])) <= set(json_schema(kind)["properties"])


@given(st.binary(max_size=300), st.sampled_from(["yaml", "json", "toml"]))
def test_random_bytes_load_or_raise_findings(tmp_path_factory, content, suffix):
    file = tmp_path_factory.mktemp("fuzz") / f"x.{suffix}"
    file.write_bytes(content)
    with pytest.raises(InstanceError):
        load(file)


@given(st.data())
def test_mutated_files_load_or_raise_findings(tmp_path_factory, data):
    text = bytearray(STARTERS[data.draw(st.sampled_from(sorted(STARTERS)))].encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=3))
    file = tmp_path_factory.mktemp("fuzz") / "x.yaml"
    file.write_bytes(bytes(text))
    findings = None
    try:
        assert load(file).kind in STARTERS
    except InstanceError as error:
        findings = error.findings
    assert findings is None or findings
