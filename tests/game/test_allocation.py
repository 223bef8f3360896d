"""Who receives the model: the efficient rule against all 2^n choices, ties, limits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from mdsolve.errors import UnsupportedError
from mdsolve.game.allocation import constant_recipients
from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL, to_float
from mdsolve.game.valuations.growth import GrowthValuation
from mdsolve.game.valuations.linear import LinearValuation
from mdsolve.game.valuations.sum import SumValuation
from mdsolve.instance import parse
from tests.markets import rational_markets


def handed_out(market, agent):
    return np.broadcast_to(market.allocated[agent], market.shape)


@given(rational_markets())
def test_the_model_goes_to_the_best_of_all_choices(pair):
    market, plain = pair
    exact = market.with_arithmetic(EXACT)
    everybody = range(plain.n)
    for index in np.ndindex(market.shape):
        true = [plain.types[j][k] for j, k in enumerate(index)]
        chosen = plain.recipients(true, everybody)
        best = plain.quality(sum(true))
        for agent in everybody:
            # who owns the best model already may be handed it or not: it is the same
            used = max(best if agent in chosen else 0, plain.quality(true[agent]))
            assert max(handed_out(exact, agent)[index], plain.quality(true[agent])) == used


@settings(max_examples=20)
@given(rational_markets())
def test_tables_of_every_number_system_equal_the_definition(pair):
    market, plain = pair
    for agent in range(plain.n):
        for index in np.ndindex(market.shape):
            true = [plain.types[j][k] for j, k in enumerate(index)]
            others = tuple(k for j, k in enumerate(index) if j != agent)
            expected = [plain.outside_value(agent, true)] + [
                plain.report_value(agent, true, plain.types[agent][r])
                for r in range(index[agent] + 1)
            ]
            for arithmetic in (EXACT, RATIONAL, ENCLOSURE):
                column = market.with_arithmetic(arithmetic).column(agent, others)
                with arithmetic.context():
                    found = [column.outside_values(agent).ravel()[index[agent]]] + [
                        column.report_values(agent, r).ravel()[index[agent] - r]
                        for r in range(index[agent] + 1)
                    ]
                assert [Fraction(str(x)) for x in found] == expected
            found = [market.outside_values(agent)[index]] + [
                market.report_values(agent, r)[(index[agent] - r, *others)]
                for r in range(index[agent] + 1)
            ]
            np.testing.assert_allclose(found, [float(x) for x in expected], rtol=0, atol=1e-9)


def game(valuation, agents=2, types=(1, 2), **more):
    return market_game(
        parse(
            {
                "kind": "market",
                "agents": agents,
                "types": list(types),
                "valuation": valuation,
                **more,
            }
        )
    )


def test_ties_give_the_model():
    # both columns sum to zero: every choice is worth the same
    market = game({"family": "linear", "matrix": [[1, -1], [-1, 1]]})
    assert all((handed_out(market, agent) > 0).all() for agent in (0, 1))


@pytest.mark.parametrize(
    "matrix", [[["-1/3"] * 3] * 3, [["-7/10"] * 3, ["-1/10"] * 3, ["-2/10"] * 3]]
)
def test_totals_that_cancel_to_zero_tie_in_floats_too(matrix):
    # sum_i q_i - sum_j q_j = 0 whoever receives the model
    terms = [{"family": "growth", "exponent": 0}, {"family": "linear", "matrix": matrix}]
    market = game({"family": "sum", "terms": terms}, agents=3, types=(1, 3, 7))
    for agent in range(3):
        assert (handed_out(market, agent) > 0).all()
        exact = market.with_arithmetic(EXACT).truthful_values(agent).astype(float)
        np.testing.assert_allclose(market.truthful_values(agent), exact, rtol=0, atol=1e-12)


def test_shrinking_markets_hand_out_nothing():
    market = game({"family": "growth", "exponent": "-3/2"}, types=(1, 2, 4))
    assert all((handed_out(market, agent) == 0).all() for agent in (0, 1))


def test_best_model_ignores_what_it_costs_the_others():
    matrix = [[1, 0], [-5, 1]]
    efficient = game({"family": "linear", "matrix": matrix})
    generous = game({"family": "linear", "matrix": matrix}, allocation="best-model")
    assert (handed_out(efficient, 0) == 0).all()
    np.testing.assert_array_equal(handed_out(generous, 0), [[2, 3], [3, 4]])


@pytest.mark.parametrize(
    ("valuation", "expected"),
    [
        (GrowthValuation(Fraction(-1)), {0, 1, 2}),
        (GrowthValuation(Fraction(-2)), None),
        (LinearValuation(((1, 0, -2), (0, 1, 0), (0, 0, 1))), {0, 1}),
        (
            SumValuation(
                (GrowthValuation(Fraction(0)), LinearValuation(((0, 0, -2), (0, 0, 0), (0, 0, 1))))
            ),
            None,
        ),
        (
            SumValuation((LinearValuation(((-1, 0, 0),) * 3), LinearValuation(((1, 0, 0),) * 3))),
            {0, 1, 2},
        ),
    ],
)
def test_where_no_choice_has_to_be_compared(valuation, expected):
    assert constant_recipients(valuation, range(3)) == expected


def test_too_many_participants_are_refused_where_choices_must_be_compared():
    market = game({"family": "growth", "exponent": -2}, agents=13, types=(1,))
    with pytest.raises(UnsupportedError, match="best-model"):
        market.truthful_values(0)
    assert game({"family": "growth", "exponent": -1}, agents=13, types=(1,)).truthful_values(0)


def test_nobody_pools_when_everybody_is_separate():
    matrix = {"family": "linear", "matrix": [[1, 1, 1]] * 3}
    pooled, separate = (
        game(matrix, agents=3, types=(1, 2), outside=outside) for outside in ("pooled", "separate")
    )
    assert separate.outside_values(0)[1, 0, 1] == 2 + 1 + 2
    assert pooled.outside_values(0)[1, 0, 1] == 2 + 3 + 3
    assert to_float(pooled.with_arithmetic(RATIONAL).outside_values(0)[1, 0, 1]) == 8
