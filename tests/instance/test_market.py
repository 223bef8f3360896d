"""Markets: families that load, and everything a market may get wrong."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.instance import MarketInstance, parse
from mdsolve.instance.grid import TypeGrid
from tests.instance.samples import MARKET, problems


@pytest.mark.parametrize(
    "quality",
    [
        {"family": "identity"},
        {"family": "saturation"},
        {"family": "power", "exponent": "1/3"},
        {"family": "table", "points": [[0, 0], [1, 1], [20, 2]]},
    ],
)
@pytest.mark.parametrize(
    "valuation",
    [
        {"family": "growth", "exponent": -0.8, "scale": 3},
        {"family": "share"},
        {"family": "linear", "matrix": [[1, -1], ["1/2", 0]]},
        {"family": "sum", "terms": [{"family": "share"}, {"family": "growth", "exponent": 0}]},
        {"family": "sum", "terms": [{"family": "sum", "terms": [{"family": "share"}]}]},
        {"family": "table", "value": np.ones((2, 5, 5, 5)), "outside": np.ones((2, 5, 5))},
    ],
    ids=lambda spec: spec["family"],
)
def test_every_family_loads(quality, valuation):
    market = parse({**MARKET, "quality": quality, "valuation": valuation})
    assert (market.quality.family, market.valuation.family) == (
        quality["family"],
        valuation["family"],
    )


def test_grids_are_shared_listed_or_per_agent():
    shared = parse({**MARKET, "types": {"from": 0, "to": 2}, "profile": [0, 2]})
    assert [grid.count for grid in shared.grids] == [3, 3]
    own = parse(MARKET)
    assert own.grids[0].exact_values() == tuple(Fraction(k, 2) for k in range(2, 7))
    assert own.grids[1].exact_values() == (1, 2)
    assert own.profile_count == 10
    swapped = parse({**MARKET, "types": dict(reversed(MARKET["types"].items()))})
    assert swapped.grids == own.grids
    assert parse({**MARKET, "agents": 3, "types": [0.1, 0.2], "profile": None}).profile_count == 8


def test_the_python_class_takes_the_same_data():
    market = MarketInstance(
        agents=["a", "b"], types=np.array([1, 2]), valuation={"family": "share"}, profile=(1, 2)
    )
    assert market.grids[0].exact_values() == (1, 2)
    assert market.mechanism is None
    with pytest.raises(ValueError, match="frozen"):
        market.agents = ("x",)


@given(
    st.fractions(0, 100, max_denominator=50),
    st.fractions("1/50", 10, max_denominator=50),
    st.integers(1, 40),
)
def test_an_arithmetic_grid_is_the_list_of_its_types(first, step, count):
    types = tuple(first + k * step for k in range(count))
    grid = TypeGrid.arithmetic(first, types[-1], step)
    listed = TypeGrid.of(types)
    assert grid.exact_values() == listed.exact_values() == types
    assert listed.is_arithmetic
    assert grid.last == types[-1]
    assert [grid.index(t) for t in types] == list(range(count))
    assert grid.index(first - 1) is grid.index(first + step / 2) is None
    np.testing.assert_array_equal(grid.values(), [float(t) for t in types])
    again = parse(
        {**MARKET, "types": {"from": first, "to": types[-1], "step": step}, "profile": None}
    )
    assert again.model_dump() == parse(again.model_dump()).model_dump()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"types": [-1, 2]}, "not negative"),
        ({"types": {"from": -1, "to": 2}}, "not negative"),
        ({"types": []}, "at least one type"),
        ({"types": {}}, "from: 1, to: 20"),
        ({"types": {"from": 1}}, "keys from, to and step"),
        ({"types": {"from": 1, "to": 5, "stop": 1}}, "keys from, to and step"),
        ({"types": {"from": 1, "to": 5, "step": 0}}, "a step greater than 0"),
        ({"types": {"from": 1, "to": 5, "step": -1}}, "not negative"),
        ({"types": {"from": 3, "to": 1}}, "swap from and to"),
        ({"types": {"from": 1, "to": 10**13}}, "at most 1,000,000,000 types"),
        ({"types": [2, 1]}, "strictly rising"),
        ({"types": [1, 1]}, "strictly rising"),
        ({"types": [1, "x"]}, "'x' is not one"),
        ({"types": [1, float("nan")]}, "finite"),
        ({"types": [1, True]}, "finite"),
        ({"types": "1..20"}, "a rising list"),
        ({"types": 5}, "a rising list"),
        ({"types": {"big": [1]}}, "no types for 'small'"),
        ({"types": {"big": [1], "small": [1], "huge": [1]}}, "types.huge"),
        ({"types": {"file": "t.csv"}}, "cannot refer to a file"),
        ({"agents": []}, "between 1 and 32"),
        ({"agents": 0}, "between 1 and 32"),
        ({"agents": 33}, "between 1 and 32"),
        ({"agents": True}, "a list of names"),
        ({"agents": [1, 2]}, "a list of names"),
        ({"agents": "ab"}, "a list of names"),
        ({"agents": ["a", "a"]}, "different"),
        ({"agents": ["a", ""]}, "non-empty"),
        ({"agents": ["a", "b\x1b[2J"]}, "control characters"),
        ({"name": "b\x07"}, "control characters"),
        ({"profile": [1]}, "2, one per agent"),
        ({"profile": [1.3, 2]}, "a type on the grid 1 .. 3 of big"),
        ({"profile": [1, 9]}, "profile[1]"),
        ({"profile": 3}, "a list"),
        ({"valuation": {"family": "linear", "matrix": [[1, 2], [3]]}}, "2 rows of 2 numbers"),
        ({"valuation": {"family": "linear", "matrix": [[1, 2, 3], [4, 5, 6]]}}, "[3, 3]"),
        ({"valuation": {"family": "linear", "matrix": []}}, "0 rows"),
        ({"valuation": {"family": "linear", "matrix": [[1, "x"], [1, 1]]}}, "matrix[0][1]"),
        ({"valuation": {"family": "growth", "exponent": float("nan")}}, "valuation.exponent"),
        ({"valuation": {"family": "growth"}}, "the key 'exponent'"),
        ({"valuation": {"family": "growth", "exponent": 1, "scale": 0}}, "greater than 0"),
        ({"valuation": {"family": "sum", "terms": []}}, "a list of at least 1"),
        (
            {"valuation": {"family": "sum", "terms": [{"family": "linear", "matrix": [[1]]}]}},
            "valuation.terms[0].matrix",
        ),
        ({"valuation": {"family": "table"}}, "value and outside"),
        (
            {"valuation": {"family": "table", "value": [["x"]], "outside": 1}},
            "an array of numbers",
        ),
        (
            {
                "valuation": {
                    "family": "table",
                    "value": np.full((2, 5, 5, 5), np.nan),
                    "outside": np.ones((2, 5, 5)),
                }
            },
            "finite numbers",
        ),
        (
            {"valuation": {"family": "table", "value": np.ones(3), "outside": np.ones(3)}},
            "agents, then types",
        ),
        ({"valuation": "growth"}, "write {family: growth"),
        ({"quality": {"family": "power", "exponent": 0}}, "greater than 0"),
        ({"quality": {"family": "table", "points": [[0, 0], [2, 1]]}}, "up to 5"),
        ({"quality": {"family": "table", "points": [[0, 0]]}}, "at least 2"),
        ({"quality": {"family": "table", "points": [[0, 1], [9, 2]]}}, "no data, no quality"),
        ({"quality": {"family": "table", "points": [[0, 0], [9, 2], [10, 2]]}}, "rise strictly"),
        ({"quality": {"family": "table", "points": [[0, 0, 0], [9, 2]]}}, "points[0]"),
        ({"kind": "markt"}, "did you mean 'market'"),
        ({"kind": None}, "add kind: market"),
        ({"kind": ["market"]}, "one of market, sharing, training"),
        ({"format": "mdsolve/9"}, "mdsolve/1"),
        ({"outside": 3}, "one of pooled, separate"),
        ({"outside": "polled"}, "did you mean 'pooled'"),
        ({"allocation": "best-modl"}, "did you mean 'best-model'"),
        ({"mechanism": 3}, "a mapping"),
        ({"mechanism": {"nam": "free"}}, "the key 'name'"),
        ({"expected": {"results": [{"tolerance": -1}]}}, "results[0].tolerance"),
        ({"expected": {"results": [{"mechanism": 3}]}}, "results[0].mechanism"),
        ({"expected": {"results": [{"options": []}]}}, "results[0].options"),
        ({"expected": {"resuls": []}}, "did you mean 'results'"),
    ],
)
def test_problems_are_named(change, words):
    assert words in problems({**MARKET, **change})
