"""Canonical data: one form for one game, another hash for another game."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.instance import parse
from mdsolve.instance.canonical import BLOCK, NoDataError, canonical, data_sha256, fraction_text

POWER = {"family": "power"}
LABS: dict[str, Any] = {
    "kind": "sharing",
    "name": "labs",
    "agents": [{"name": "A", "cost": 0.1, "capacity": 50}, {"name": "B", "cost": "1/3"}],
    "accuracy": POWER,
}
MARKET: dict[str, Any] = {
    "kind": "market",
    "agents": ["big", "small"],
    "types": {"from": 1, "to": 4},
    "valuation": {"family": "growth", "exponent": -0.8},
}
RUN: dict[str, Any] = {
    "kind": "training",
    "data": {"source": "digits"},
    "model": {"family": "linear"},
    "agents": {"cost": [0.1, 0.2]},
    "protocol": {"name": "fedavg", "rounds": 3},
}


def sha(data: dict[str, Any]) -> str:
    found = data_sha256(parse(data))
    assert found is not None
    return found


def instances() -> list[Path]:
    return sorted(Path(__file__).parents[4].glob("instances/**/*.yaml"))


@pytest.mark.parametrize("path", instances(), ids=lambda path: path.stem)
def test_the_hash_is_that_of_the_json_text(path: Path) -> None:
    instance = md.load(path)
    text = json.dumps(canonical(instance), sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == data_sha256(instance)


@pytest.mark.parametrize(
    ("data", "same"),
    [
        (LABS, LABS | {"title": "Two labs", "source": "[M25]", "name": "other"}),
        (LABS, LABS | {"mechanism": {"name": "shapley"}, "expected": {"results": []}}),
        (LABS, LABS | {"platform_data": 0, "format": "mdsolve/1"}),
        (LABS, LABS | {"accuracy": POWER | {"ceiling": 1.0, "scale": "1", "exponent": 1}}),
        (
            LABS,
            LABS
            | {
                "agents": [
                    {"name": "A", "cost": {"family": "linear", "rate": "1/10"}, "capacity": "5e1"},
                    {"name": "B", "cost": {"rate": "2/6", "fixed": 0}, "value": 1, "count": 1},
                ]
            },
        ),
        (MARKET, MARKET | {"types": [1, 2, 3, 4], "quality": {"family": "identity"}}),
        (MARKET, MARKET | {"types": {"from": 1, "to": 4.5, "step": 1}}),
        (MARKET, MARKET | {"types": {"big": [1, 2, 3, 4], "small": {"from": 1, "to": 4}}}),
        (MARKET | {"types": [3]}, MARKET | {"types": {"from": 3, "to": 3, "step": "1/2"}}),
        (RUN, RUN | {"seed": 0, "partition": {"scheme": "iid"}}),
    ],
)
def test_the_same_game_in_other_words_has_the_same_hash(
    data: dict[str, Any], same: dict[str, Any]
) -> None:
    assert sha(data) == sha(same)


@pytest.mark.parametrize(
    ("data", "change"),
    [
        (LABS, {"platform_data": 1}),
        (LABS, {"accuracy": POWER | {"exponent": 2}}),
        (LABS, {"agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": "1/3"}]}),
        (LABS, {"agents": list(reversed(LABS["agents"]))}),
        (MARKET, {"outside": "separate"}),
        (MARKET, {"profile": [2, 1]}),
        (MARKET, {"types": {"from": 1, "to": 5}}),
        (MARKET, {"agents": ["small", "big"]}),
        (RUN, {"seed": 1}),
        (RUN, {"protocol": {"name": "fedavg", "rounds": 4}}),
    ],
)
def test_another_game_has_another_hash(data: dict[str, Any], change: dict[str, Any]) -> None:
    assert sha(data) != sha(data | change)


def test_comments_and_the_way_numbers_are_written_change_nothing(tmp_path: Path) -> None:
    text = "kind: sharing\nagents: [{name: A, cost: 0.1}]\naccuracy: {family: power}\n"
    other = "# two\nkind: sharing\naccuracy:\n  family: power\nagents: [{name: A, cost: 1e-1}]\n"
    for name, content in (("a.yaml", text), ("b.yaml", other)):
        (tmp_path / name).write_text(content)
    first, second = md.load(tmp_path / "a.yaml"), md.load(tmp_path / "b.yaml")
    assert first.sha256 != second.sha256
    assert data_sha256(first) == data_sha256(second)


def test_arrays_from_files_are_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("cost,group\n0.1,x\n0.25,y\n")
    np.save(tmp_path / "c.npy", np.array([0.1, 0.25]))
    costs: list[Any] = [{"file": "c.csv", "column": "cost"}, {"file": "c.npy"}, [0.1, "1/4"]]
    agents = [{"count": 2, "cost": cost} for cost in costs]
    data = [{"kind": "sharing", "agents": entry, "accuracy": POWER} for entry in agents]
    hashes = {data_sha256(parse(entry, folder=tmp_path)) for entry in data}
    assert len(hashes) == 1
    labelled = agents[0] | {"group": {"file": "c.csv", "column": "group"}}
    found = canonical(parse(data[0] | {"agents": labelled}, folder=tmp_path))
    assert found["agents"]["group"] == ["x", "y"]
    assert found["agents"]["cost"] == ["1/10", "1/4"]


def test_many_agents_are_hashed_in_blocks() -> None:
    costs = np.arange(1, BLOCK * 2 + 5) / 7.0
    game = parse({"kind": "sharing", "agents": {"count": len(costs), "cost": costs},
                  "accuracy": POWER})  # fmt: skip
    text = json.dumps(canonical(game), sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == data_sha256(game)


def test_a_table_of_values_counts_and_its_file_name_does_not(tmp_path: Path) -> None:
    value, outside = np.ones((1, 2, 2)), np.zeros((1, 2))
    for name, table in (("a", value), ("b", value), ("c", 2 * value)):
        np.savez(tmp_path / f"{name}.npz", value=table, outside=outside)
    one = {"kind": "market", "agents": 1, "types": [1, 2]}
    hashes = [
        data_sha256(
            parse(one | {"valuation": {"family": "table", "file": f"{name}.npz"}}, tmp_path)
        )
        for name in "abc"
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_python_objects_have_no_canonical_data() -> None:
    class Curve:
        def value(self, s: Any) -> Any:
            return s

        def gradient(self, s: Any) -> Any:
            return s

    game = md.SharingInstance(agents=[{"name": "A", "cost": 1}], accuracy=Curve())
    assert data_sha256(game) is None
    with pytest.raises(NoDataError):
        canonical(game)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_stand_for_their_shortest_decimal(value: float) -> None:
    assert Fraction(fraction_text(value)) == Fraction(repr(value))
