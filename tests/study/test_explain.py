"""Explanations: one sentence per agent, at any profile of the market."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.instance.starter import STARTERS
from mdsolve.study.explain import explain_payments, profile_numbers

MARKET = md.parse(
    {
        "kind": "market",
        "agents": ["north", "south"],
        "types": {"north": [1, 9], "south": ["1/2", 1, 9]},
        "valuation": {"family": "growth", "exponent": "-1/2"},
    }
)


@pytest.fixture(scope="module")
def solution():
    return md.solve(MARKET, "desirable")


@pytest.mark.parametrize("where", ["9,1", " 9 , 2/2 ", "1,0.5", "minimal"])
def test_agents_are_named_with_a_reason(solution, where):
    lines = explain_payments(MARKET, solution, where)
    assert [line.split()[0] for line in lines] == ["north", "south"]
    assert all("pays" in line or "receive" in line for line in lines)
    assert any("may stay out" in line for line in lines)


@pytest.mark.parametrize("where", ["9", "9,4", "9,9,9", "a,b", "", "nan,1", "profile", "1/0,1"])
def test_what_is_no_profile_is_refused(solution, where):
    bare = md.solution.Solution(
        solution.instance,
        solution.mechanism,
        solution.termination,
        "",
        solution.agents,
        {},
        solution.provenance,
    )
    with pytest.raises(UsageError, match="explain"):
        explain_payments(MARKET, bare, where)


def test_numbers_are_positions_on_each_agents_own_grid():
    assert profile_numbers(MARKET, ["9", "0.5"]) == [1, 0]


def test_only_markets_have_payments_to_explain(solution, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(STARTERS["sharing"])
    with pytest.raises(UsageError, match="a market instance"):
        explain_payments(md.load(file), solution, "1,1")
