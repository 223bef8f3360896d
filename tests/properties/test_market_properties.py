"""Properties that hold for every market: relabelling, money units, coarser grids, theorems."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.solver.market.routes import maximal_payments
from mdsolve.study.solve import solve
from mdsolve.study.verify import verify

entries = st.fractions(min_value=-1, max_value=2, max_denominator=5)


@st.composite
def market_data(draw, entry=entries):
    n = draw(st.integers(2, 3))
    names = [f"a{k}" for k in range(n)]
    grids = [sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=4))) for _ in names]
    matrix = [[str(draw(entry)) for _ in names] for _ in names]
    return {
        "kind": "market",
        "agents": names,
        "types": dict(zip(names, grids, strict=True)),
        "valuation": {"family": "linear", "matrix": matrix},
        "outside": draw(st.sampled_from(["pooled", "separate"])),
    }


def payments_of(data):
    return maximal_payments(market_game(parse(data)).with_arithmetic(EXACT)).payments


@settings(max_examples=20)
@given(market_data(), st.randoms())
def test_relabelling_agents_permutes_payments_and_keeps_verdicts(data, random):
    order = list(range(len(data["agents"])))
    random.shuffle(order)
    matrix = data["valuation"]["matrix"]
    relabelled = {
        **data,
        "agents": [data["agents"][k] for k in order],
        "valuation": {
            "family": "linear",
            "matrix": [[matrix[i][j] for j in order] for i in order],
        },
    }
    original, moved = payments_of(data), payments_of(relabelled)
    assert np.array_equal(
        np.moveaxis(
            original[order],
            range(1, len(order) + 1),
            [1 + order.index(k) for k in range(len(order))],
        ),
        moved,
    )
    verdicts = [
        {c.name: c.verdict for c in solve(parse(d), "mep").certificate.conditions}
        for d in (data, relabelled)
    ]
    assert verdicts[0] == verdicts[1]


@given(market_data(), st.sampled_from(["1/3", "2", "7/5"]))
def test_a_unit_of_money_scales_payments(data, scale):
    scaled = {**data, "valuation": {**data["valuation"], "scale": scale}}
    assert np.array_equal(payments_of(scaled), payments_of(data) * Fraction(scale))


@given(market_data(), st.data())
def test_a_coarser_grid_never_lowers_payments_on_common_types(data, draw):
    name = draw.draw(st.sampled_from(data["agents"]))
    grid = data["types"][name]
    kept = sorted(draw.draw(st.sets(st.sampled_from(grid), min_size=1)))
    coarse = {**data, "types": {**data["types"], name: kept}}
    axis = data["agents"].index(name)
    fine = np.take(payments_of(data), [grid.index(t) for t in kept], axis=1 + axis)
    assert (payments_of(coarse) >= fine).all()


@settings(max_examples=20)
@given(market_data(entry=st.fractions(min_value=0, max_value=2, max_denominator=5)))
def test_theorem_5_free_exchange_is_desirable_without_competition(data):
    solution = solve(parse(data), "free", options={"arithmetic": "exact"})
    claimed = {c.name for c in solution.certificate.conditions if c.claimed}
    assert {"individual-rationality", "incentive-compatibility"} <= claimed
    assert solution.certificate.verdict == "pass"


@settings(max_examples=20)
@given(market_data())
def test_theorem_2_exploitation_is_truthful_for_quasi_monotone_valuations(data):
    matrix = data["valuation"]["matrix"]
    quasi_monotone = all(not row[i].startswith("-") for i, row in enumerate(matrix))
    solution = solve(parse(data), "mep", options={"arithmetic": "exact"})
    condition = solution.certificate.condition("incentive-compatibility")
    assert condition.claimed == quasi_monotone
    if quasi_monotone:
        assert condition.verdict == "pass"


@settings(max_examples=20)
@given(market_data())
def test_float_and_exact_verdicts_agree_on_the_solver_s_own_answers(data):
    instance = parse(data)
    solution = solve(instance, "desirable", options={"arithmetic": "exact"})
    floating = solve(instance, "desirable")
    assert solution.exists == floating.exists
    assert verify(instance, solution, arithmetic="exact").verdict == "pass"
    assert verify(instance, floating).verdict == "pass"


@pytest.mark.parametrize("exponent", [-1, -0.8, -0.4])
def test_existence_on_a_grid_implies_existence_on_a_part_of_it(exponent):
    def exists(types):
        data = {
            "kind": "market",
            "agents": 2,
            "types": types,
            "valuation": {"family": "growth", "exponent": exponent},
        }
        return solve(parse(data), "desirable").exists

    for types in ([1, 2, 3, 4, 5, 6], [1, 3, 5, 9, 14], [0, 1, 2]):
        if exists(types):
            assert all(exists(types[:k] + types[k + 1 :]) for k in range(len(types)))


def test_exploitation_may_lose_money_with_four_agents():
    """Theory: MEP is not always weakly budget balanced for n >= 4 (and never claims it)."""
    data = {
        "kind": "market",
        "agents": ["a", "b", "c", "d"],
        "types": {"a": [0], "b": [0], "c": [2], "d": [0]},
        "valuation": {
            "family": "linear",
            "matrix": [[0, 2, 0, 3], [3, 1, -1, 1], [-2, 1, 1, -2], [2, 0, -1, 1]],
        },
    }
    solution = solve(parse(data), "mep", options={"arithmetic": "exact"})
    condition = solution.certificate.condition("weak-budget-balance")
    assert solution.minimal_revenue == -2
    assert (condition.claimed, condition.verdict) == (False, "fail")
