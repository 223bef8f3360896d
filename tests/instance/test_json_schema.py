"""The published JSON Schema accepts what loads and refuses what it should."""

from __future__ import annotations

import json

import pytest
import yaml

from mdsolve.instance.json_schema import json_schema
from mdsolve.instance.load import KINDS
from mdsolve.instance.starter import STARTERS
from tests.conftest import INSTANCES
from tests.instance.samples import MARKET, SHARING, TRAINING
from tests.instance.schema_oracle import TYPES, accepts

FILES = sorted(INSTANCES.rglob("*.yaml"))


class PlainLoader(yaml.SafeLoader):
    """Reads 1e-3 as text, as YAML 1.1 does; the schema must take it all the same."""


def valid(schema, data):
    return accepts(schema, data, schema)


def plain(text):
    return json.loads(json.dumps(yaml.load(text, PlainLoader)))


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_schema_is_json_and_says_which_dialect(kind):
    schema = json.loads(json.dumps(json_schema(kind)))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            assert isinstance(node.get("type", "string"), str | dict), node
            if isinstance(node.get("type"), str):
                assert node["type"] in TYPES
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


@pytest.mark.parametrize("kind", STARTERS)
def test_starters_fit_the_schema_of_their_kind_and_no_other(kind):
    data = plain(STARTERS[kind])
    assert [k for k in KINDS if valid(json_schema(k), data)] == [kind]
    assert valid(json_schema(), data)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_shipped_instances_fit_the_schema(file):
    assert valid(json_schema(), plain(file.read_text()))


@pytest.mark.parametrize(
    "data",
    [
        MARKET,
        {**MARKET, "mechanism": "free"},
        {**MARKET, "mechanism": {"name": "free", "arithmetic": "exact"}},
        {**MARKET, "types": {"file": "t.csv", "column": "t"}},
        {**MARKET, "types": ["1/3", 0.5]},
        {**MARKET, "agents": 2},
        {**MARKET, "valuation": {"family": "table", "file": "v.npz"}},
        {**MARKET, "expected": {"results": [{"mechanism": "free", "exists": True}]}},
        SHARING,
        {**SHARING, "agents": {"count": 3, "cost": {"file": "c.csv"}, "group": ["a", "b", "c"]}},
        {**SHARING, "accuracy": {"family": "power", "weights": {"file": "w.npy"}}},
        {**SHARING, "accuracy": {"per_agent": [{"family": "pac", "complexity": 1}]}},
        TRAINING,
    ],
)
def test_the_schema_accepts_every_form(data):
    assert valid(json_schema(), data)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "market"},
        {**MARKET, "zzz": 1},
        {**MARKET, "kind": "sharing"},
        {**MARKET, "outside": "polled"},
        {**MARKET, "types": []},
        {**MARKET, "types": {"from": 1, "too": 2}},
        {**MARKET, "agents": 0},
        {**MARKET, "valuation": {"family": "growth"}},
        {**MARKET, "valuation": {"family": "growth", "exponent": "x"}},
        {**MARKET, "valuation": {"family": "table", "file": "v.npz", "value": 1}},
        {**SHARING, "agents": []},
        {**SHARING, "agents": [{"name": "A", "cots": 1}]},
        {**SHARING, "agents": [{"name": "A", "cost": {"family": "linear"}}]},
        {**SHARING, "accuracy": {"family": "powr"}},
        {**TRAINING, "protocol": {"name": "fedbr"}},
        {**TRAINING, "model": {"family": "transformer"}},
    ],
)
def test_the_schema_refuses_what_is_wrong(data):
    assert not valid(json_schema(), data)
