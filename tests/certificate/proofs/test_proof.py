"""Proofs read back what they write, know what they are about, and refuse what they do not know."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import SolutionFileError
from mdsolve.proof import (
    AgentChain,
    BoxTree,
    Chain,
    InterimAgent,
    InterimBound,
    InterimChains,
    Leaf,
    NoStep,
    Row,
    Rows,
    Split,
    Unaffordable,
    proof_from,
)

FRACTIONS = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)
NAMES = st.text(min_size=1, max_size=5)
TYPES = st.dictionaries(NAMES, FRACTIONS, min_size=1, max_size=3)
TUPLES = st.lists(FRACTIONS, min_size=1, max_size=4).map(tuple)
ABOUT = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"mechanism": NAMES, "options": st.dictionaries(NAMES, st.integers() | st.none())}
    ),
)


@st.composite
def agent_chains(draw):
    reports = draw(TUPLES)
    bounds = draw(st.just(()) | st.lists(FRACTIONS, min_size=len(reports), max_size=len(reports)))
    return AgentChain(draw(NAMES), reports, tuple(bounds), draw(optional(FRACTIONS)))


def optional(strategy):
    return st.none() | strategy


NODES = st.builds(Split, st.integers(0, 9), FRACTIONS) | st.builds(
    Leaf, st.integers(0, 9), FRACTIONS
)
MEMBERS = st.lists(NAMES, max_size=3).map(tuple)
AMOUNTS = optional(FRACTIONS)
ROWS = st.builds(Row, NAMES, NAMES, TYPES, FRACTIONS, AMOUNTS, optional(NAMES), AMOUNTS, MEMBERS)
INTERIM = st.builds(
    InterimAgent,
    NAMES,
    st.lists(st.builds(InterimBound, FRACTIONS, AMOUNTS, AMOUNTS), max_size=3).map(tuple),
)
BODIES = st.one_of(
    st.tuples(
        st.just(Chain), TYPES, st.lists(agent_chains(), max_size=3).map(tuple), optional(FRACTIONS)
    ),
    st.tuples(st.just(Rows), st.lists(ROWS, max_size=3).map(tuple), st.just(("cap=2.5",))),
    st.tuples(st.just(InterimChains), st.lists(INTERIM, max_size=3).map(tuple)),
    st.tuples(st.just(BoxTree), st.lists(NODES, max_size=9).map(tuple)),
    st.tuples(st.just(Unaffordable), NAMES),
    st.tuples(st.just(NoStep), st.sampled_from(["auto", "published"]), TUPLES, TUPLES, TUPLES),
)


@given(BODIES, ABOUT)
def test_proofs_read_back_what_they_write(body, about):
    cls, *parts = body
    if cls is BoxTree and not about:
        about = {"mechanism": "none"}
    proof = cls(*parts, **about)
    data = proof.to_dict()
    assert proof_from(json.loads(json.dumps(data))) == proof
    assert cls.from_dict(data) == proof


FIRST_STAGE = [
    ({"tree": [[0, 0.5], [0, None, 0.1], [1, None, "1/3"]]}, BoxTree),
    ({"agent": "small", "reason": "budget"}, Unaffordable),
    (
        {
            "reason": "no-admissible-step",
            "rule": "auto",
            "near": {"contributions": np.zeros(2), "parameters": [1.0]},
            "far": {"contributions": np.ones(2)},
        },
        NoStep,
    ),
    ({"side_constraints": ["budget-balance"], "rows": []}, Rows),
    ({"profile": {"a": 2, "b": 1}, "chains": []}, Chain),
]


@pytest.mark.parametrize(("data", "cls"), FIRST_STAGE)
def test_files_of_the_first_stage_tell_their_kind_by_their_keys(data, cls):
    proof = proof_from(data)
    assert isinstance(proof, cls)
    assert proof.mechanism == ("none" if cls is BoxTree else None)


@pytest.mark.parametrize(("data", "cls"), FIRST_STAGE)
def test_unknown_keys_are_refused(data, cls):
    with pytest.raises(SolutionFileError, match="surprise"):
        proof_from({**data, "surprise": 1})
    with pytest.raises(SolutionFileError, match="a mechanism beside them"):
        proof_from({**data, "options": {"beta": 1}})


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"kind": "hearsay"},
        {"kind": 3, "tree": []},
        {"kind": "box-tree", "tree": "s0s1"},
        {"kind": "box-tree", "tree": [[0]]},
        {"kind": "box-tree", "tree": [[-1, 0.5]]},
        {"kind": "box-tree", "tree": [[True, 0.5]]},
        {"kind": "box-tree", "tree": [[0, "x"]]},
        {"kind": "box-tree", "tree": [[0, 1, 2]]},
        {"kind": "unaffordable"},
        {"kind": "unaffordable", "agent": 3},
        {"kind": "no-step", "rule": "wish", "near": {}, "far": []},
        {"kind": "chain", "profile": [1], "chains": [3]},
        {"kind": "rows", "rows": [{"kind": "cap"}], "side_constraints": [3]},
        {"kind": "unaffordable", "agent": "a", "mechanism": 3},
    ],
)
def test_malformed_proofs_raise_one_kind_of_error(data):
    with pytest.raises(SolutionFileError):
        proof_from(data)


def test_every_problem_is_reported_at_once():
    data = {"kind": "box-tree", "tree": [[0], [0, "x"]], "surprise": 1}
    with pytest.raises(SolutionFileError) as caught:
        proof_from(data)
    assert len(caught.value.findings) == 3


def test_steps_have_to_go_along_the_reports():
    steps = [
        {"type": 2, "report": "stay out", "bound": 0.5},
        {"type": 7, "report": 2, "bound": -1},
    ]
    data = {"profile": {"a": 7}, "chains": [{"agent": "a", "reports": [2, 7], "steps": steps}]}
    (chain,) = proof_from(data).chains
    assert chain.bounds == (Fraction(1, 2), -1)
    for spoilt in (steps[::-1], steps[:1], [{**steps[0], "report": 1}, steps[1]]):
        data["chains"][0]["steps"] = spoilt
        with pytest.raises(SolutionFileError, match="steps"):
            proof_from(data)


def test_tables_beside_the_solution_are_read_through_the_caller():
    data = {
        "reason": "no-admissible-step",
        "rule": "auto",
        "near": {"contributions": {"file": "x.npz"}, "parameters": [0]},
        "far": {"contributions": [1, 2]},
    }
    with pytest.raises(SolutionFileError, match="a list"):
        proof_from(data)
    found = proof_from(data, read=lambda raw, where: np.array([0.5, 2.0]))
    assert found.near == (Fraction(1, 2), 2)


def test_what_solving_a_market_stores_is_a_proof():
    market = md.MarketInstance(
        agents=["big", "small"],
        types={"from": 1, "to": 7, "step": 1},
        quality={"family": "identity"},
        valuation={"family": "growth", "exponent": -1},
        outside="pooled",
    )
    stored = md.solve(market, "desirable").witness
    proof = proof_from(stored)
    assert isinstance(proof, Chain)
    again = proof_from(proof.to_dict())
    assert again == proof
    assert sum(sum(chain.bounds) for chain in proof.chains) < 0
    assert proof.deficit < 0
