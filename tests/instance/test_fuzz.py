"""Whatever the bytes: a file loads, or its findings say why not."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.instance import load, parse
from mdsolve.instance.starter import STARTERS
from mdsolve.instance.summary import summary
from tests.instance.samples import MARKET, SHARING, TRAINING

LETTERS = st.sampled_from(
    [*"{}[]:,-&*!|>'\"%@`#?~ \n\t=.", "kind: market\n", "1e9", "null", "\\ud800", "\x00", "é", "[["]
)


def loads_or_explains(file):
    try:
        instance = load(file)
    except InstanceError as error:
        for finding in error.findings:
            assert finding.where.startswith(str(file))
            assert finding.got and finding.expected  # noqa: PT018
        return
    assert summary(instance)


@pytest.mark.parametrize("kind", STARTERS)
def test_starters_load(kind, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(STARTERS[kind])
    assert load(file).kind == kind


@given(st.binary(max_size=300), st.sampled_from(["yaml", "json", "toml"]))
def test_random_bytes(tmp_path_factory, content, ending):
    file = tmp_path_factory.mktemp("fuzz") / f"x.{ending}"
    file.write_bytes(content)
    with pytest.raises(InstanceError):
        load(file)


@given(st.lists(LETTERS, max_size=40).map("".join), st.sampled_from(["yaml", "json", "toml"]))
def test_random_punctuation(tmp_path_factory, text, ending):
    file = tmp_path_factory.mktemp("fuzz") / f"x.{ending}"
    file.write_text(text)
    loads_or_explains(file)


def toml_of(kind):
    if kind == "market":
        return (
            'kind = "market"\nagents = ["a", "b"]\nprofile = [1, 2.5]\n'
            "[types]\na = {from = 1, to = 5}\nb = [1, 2.5]\n"
            '[valuation]\nfamily = "growth"\nexponent = -0.8\n'
        )
    return 'kind = "sharing"\naccuracy.family = "power"\n[[agents]]\nname = "A"\ncost = 1e-3\n'


TEXTS = {
    "yaml": list(STARTERS.values()),
    "json": [json.dumps(data, indent=1) for data in (MARKET, SHARING, TRAINING)],
    "toml": [toml_of("market"), toml_of("sharing")],
}


@given(st.data(), st.sampled_from(sorted(TEXTS)))
def test_mutated_files(tmp_path_factory, data, ending):
    text = bytearray(data.draw(st.sampled_from(TEXTS[ending])).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(text) - 1))
        new = data.draw(st.one_of(st.binary(max_size=3), LETTERS.map(lambda t: t.encode())))
        text[place : place + data.draw(st.integers(0, 4))] = new
    file = tmp_path_factory.mktemp("fuzz") / f"x.{ending}"
    file.write_bytes(bytes(text))
    loads_or_explains(file)


WEIRD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=6),
        st.binary(max_size=3),
        st.sampled_from([10**400, -1, 0, "1/3", "nan", "market", {"file": "a.csv"}, b"", 1j]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4) | st.just("family"), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(tree, at=()):
    """Return the paths of all nodes of a tree."""
    found = [at]
    if isinstance(tree, dict | list):
        entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, entry in entries:
            found.extend(places(entry, (*at, key)))
    return found


@given(st.data(), st.sampled_from([MARKET, SHARING, TRAINING]))
def test_any_value_in_any_place(data, sample):
    tree = json.loads(json.dumps(sample))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(tree)[1:]))
        node = tree
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = copy.deepcopy(data.draw(WEIRD))
    with contextlib.suppress(InstanceError):
        assert summary(parse(tree))
    text = yaml.safe_dump(json.loads(json.dumps(sample)))
    assert parse(yaml.safe_load(text)).kind == sample["kind"]
