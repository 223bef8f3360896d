"""YAML, JSON and TOML say the same thing: equal data, equal refusals."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.instance import load, parse
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import is_number_text
from mdsolve.instance.text import read_document
from tests.instance.samples import MARKET, SHARING, TRAINING


def toml(data):
    """Return data without null as TOML, nested mappings as inline tables."""

    def value(entry):
        if isinstance(entry, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {value(v)}" for k, v in entry.items()) + "}"
        if isinstance(entry, list):
            return "[" + ", ".join(value(part) for part in entry) + "]"
        if isinstance(entry, str):
            return json.dumps(entry, ensure_ascii=False).replace("\x7f", "\\u007F")
        return json.dumps(entry)

    return "\n".join(f"{json.dumps(key)} = {value(entry)}" for key, entry in data.items()) + "\n"


def json_as_yaml(data):
    """Return data as JSON without escapes, which is YAML as well."""
    return json.dumps(data, ensure_ascii=False)


WRITERS = {"yaml": yaml.safe_dump, "yml": json_as_yaml, "json": json.dumps, "toml": toml}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("data", [MARKET, SHARING, TRAINING], ids=lambda d: d["kind"])
def test_every_format_gives_the_same_instance(tmp_path, ending, data):
    file = tmp_path / f"m.{ending}"
    file.write_text(WRITERS[ending](data))
    assert load(file).model_dump() == parse(data).model_dump()


WORDS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff\u2028\u2029"
    ),
    max_size=8,
).filter(lambda text: not is_number_text(text))  # PyYAML writes 0E0 without quotes
KEYS = st.from_regex(r"\A[a-z_]{1,6}\Z")
NUMBERS = st.one_of(
    st.integers(-(10**15), 10**15),
    st.decimals(-(10**6), 10**6, places=4).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
)
LEAVES = st.one_of(WORDS, NUMBERS, st.booleans())
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def exactly(tree):
    """Return the tree with floats as the fractions they are written as."""
    if isinstance(tree, dict):
        return {key: exactly(entry) for key, entry in tree.items()}
    if isinstance(tree, list):
        return [exactly(entry) for entry in tree]
    return Fraction(repr(tree)) if isinstance(tree, float) else tree


@given(TREES)
def test_any_data_reads_back_exactly_from_every_format(tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("trees")
    for ending, write in WRITERS.items():
        file = folder / f"t.{ending}"
        text = yaml.safe_dump(tree, allow_unicode=True) if ending == "yaml" else write(tree)
        file.write_text(text, encoding="utf-8")
        found = read_document(file).tree
        assert found == exactly(tree), ending


def test_yaml_knows_only_null_true_false_and_numbers(tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(
        "a: no\nb: on\nc: 12:30\nd: 2024-01-01\ne: 0o17\nf: '12'\ng: ~\nh: True\ni: 1e-1\nj: 007\n"
        "k: |\n  12\nl: 1_000\nm: =\nn: <<\n"
    )
    assert read_document(file).tree == {
        "a": "no",
        "b": "on",
        "c": "12:30",
        "d": "2024-01-01",
        "e": "0o17",
        "f": "12",
        "g": None,
        "h": True,
        "i": Fraction(1, 10),
        "j": 7,
        "k": "12\n",
        "l": "1_000",
        "m": "=",
        "n": "<<",
    }


def test_yaml_agents_called_no_and_yes(tmp_path):
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


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("yaml", "kind: market\nkind: market\n"),
        ("yaml", "kind: market\nvaluation: {family: share, family: share}\n"),
        ("json", '{"kind": "market", "kind": "market"}'),
        ("json", '{"kind": "market", "valuation": {"family": "share", "family": "share"}}'),
        ("toml", 'kind = "market"\nkind = "market"\n'),
        ("toml", 'kind = "market"\nvaluation = {family = "share", family = "share"}\n'),
    ],
)
def test_duplicate_keys_are_refused_at_any_depth(tmp_path, ending, text):
    file = tmp_path / f"m.{ending}"
    file.write_text(text)
    with pytest.raises(InstanceError, match=r"(?i)twice|overwrite|duplicate"):
        load(file)


@pytest.mark.parametrize("ending", ["yaml", "json", "toml"])
def test_a_byte_order_mark_is_harmless(tmp_path, ending):
    file = tmp_path / f"m.{ending}"
    file.write_bytes(b"\xef\xbb\xbf" + WRITERS[ending](MARKET).encode())
    assert isinstance(load(file), MarketInstance)


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("yaml", "kind: market\nagents: [a]\ntypes: [.nan]\nvaluation: {family: share}\n"),
        ("yaml", "kind: market\nagents: [a]\ntypes: [.inf]\nvaluation: {family: share}\n"),
        ("yaml", "kind: market\nagents: [a]\ntypes: [1e999]\nvaluation: {family: share}\n"),
        ("json", '{"kind": "market", "agents": ["a"], "types": [NaN]}'),
        ("json", '{"kind": "market", "agents": ["a"], "types": [-Infinity]}'),
        ("json", '{"kind": "market", "agents": ["a"], "types": [1e999]}'),
        ("toml", 'kind = "market"\nagents = ["a"]\ntypes = [nan]\n'),
        ("toml", 'kind = "market"\nagents = ["a"]\ntypes = [inf]\n'),
        ("toml", 'kind = "market"\nagents = ["a"]\ntypes = [1e999]\n'),
    ],
)
def test_no_format_lets_nan_or_infinity_in(tmp_path, ending, text):
    file = tmp_path / f"m.{ending}"
    file.write_text(text)
    with pytest.raises(InstanceError, match=r"number|doubles"):
        load(file)


def test_the_digest_covers_the_file_and_its_arrays(tmp_path):
    (tmp_path / "c.csv").write_text("cost\n0.1\n0.2\n")
    file = tmp_path / "s.yaml"
    file.write_text(
        "kind: sharing\nagents: {count: 2, cost: {file: c.csv, column: cost}}\n"
        "accuracy: {family: power}\n"
    )
    first = load(file).sha256
    assert load(file).sha256 == first
    (tmp_path / "c.csv").write_text("cost\n0.1\n0.3\n")
    assert load(file).sha256 != first
