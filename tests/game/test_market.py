"""Market games against the definition: values of truth, lies and staying out."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.game.arithmetic import EXACT
from mdsolve.game.build import market_game
from mdsolve.game.enclosure import ENCLOSURE, to_float
from mdsolve.instance import parse
from tests.oracles import PlainMarket, growth, identity, linear, share

rationals = st.fractions(min_value=-1, max_value=2, max_denominator=4)


@st.composite
def linear_instances(draw):
    n = draw(st.integers(1, 3))
    matrix = [[draw(rationals) for _ in range(n)] for _ in range(n)]
    types = [sorted(draw(st.sets(st.integers(0, 4), min_size=1, max_size=3))) for _ in range(n)]
    outside = draw(st.sampled_from(["pooled", "separate"]))
    allocation = draw(st.sampled_from(["efficient", "best-model"]))
    names = [f"a{k}" for k in range(n)]
    instance = parse(
        {
            "kind": "market",
            "agents": names,
            "types": dict(zip(names, types, strict=True)),
            "valuation": {"family": "linear", "matrix": [[str(x) for x in row] for row in matrix]},
            "outside": outside,
            "allocation": allocation,
        }
    )
    plain = PlainMarket(
        [[Fraction(t) for t in grid] for grid in types],
        identity,
        linear(matrix),
        outside,
        allocation,
    )
    return instance, plain


def linear_markets():
    return linear_instances().map(lambda pair: (market_game(pair[0]), pair[1]))


@given(linear_markets())
def test_exact_tables_equal_the_definition(pair):
    market, plain = pair
    exact = market.with_arithmetic(EXACT)
    for agent in range(plain.n):
        truth, outside = exact.truthful_values(agent), exact.outside_values(agent)
        for index in np.ndindex(market.shape):
            true = [plain.types[j][k] for j, k in enumerate(index)]
            assert truth[index] == plain.report_value(agent, true, true[agent])
            assert outside[index] == plain.outside_value(agent, true)
            others = [k for j, k in enumerate(index) if j != agent]
            for report in range(index[agent] + 1):
                row = exact.column(agent, others).report_values(agent, report).ravel()
                expected = plain.report_value(agent, true, plain.types[agent][report])
                assert row[index[agent] - report] == expected


@given(linear_markets())
def test_column_and_float_agree_with_the_whole_exact_market(pair):
    market, _ = pair
    exact = market.with_arithmetic(EXACT)
    for agent in range(len(market.agents)):
        for report in range(market.shape[agent]):
            whole = market.report_values(agent, report)
            precise = exact.report_values(agent, report).astype(float)
            np.testing.assert_allclose(whole, precise, rtol=0, atol=1e-12)


@pytest.mark.parametrize("outside", ["pooled", "separate"])
@pytest.mark.parametrize("exponent", [-1, -0.6, -1.3, 0, 0.5])
def test_growth_market_equals_the_definition(outside, exponent):
    types = [[0, 1, 3], [1, 2], [2.5]]
    names = ["a", "b", "c"]
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": names,
                "types": dict(zip(names, types, strict=True)),
                "valuation": {"family": "growth", "exponent": exponent, "scale": 7},
                "outside": outside,
            }
        )
    )
    value = growth(exponent)
    plain = PlainMarket(types, identity, lambda i, q: 7 * value(i, q), outside)
    for agent in range(3):
        truth, apart = market.truthful_values(agent), market.outside_values(agent)
        for index in np.ndindex(market.shape):
            true = [types[j][k] for j, k in enumerate(index)]
            assert truth[index] == pytest.approx(plain.report_value(agent, true, true[agent]))
            assert apart[index] == pytest.approx(plain.outside_value(agent, true))
            for report in range(index[agent] + 1):
                lie = [types[agent][report] if j == agent else t for j, t in enumerate(true)]
                row = market.report_values(agent, report)
                others = tuple(k for j, k in enumerate(index) if j != agent)
                expected = plain.report_value(agent, true, lie[agent])
                assert row[(index[agent] - report, *others)] == pytest.approx(expected)


def test_own_model_option_counts_for_a_liar():
    market = market_game(
        parse(
            {"kind": "market", "agents": 2, "types": [1, 3, 10], "valuation": {"family": "share"}}
        )
    ).with_arithmetic(EXACT)
    # type 10 reports 3 against 1: the common model has quality 4, their own has 10
    value = market.column(0, [0]).report_values(0, 1).ravel()[1]
    assert value == Fraction(10, 14)


def test_enclosures_contain_the_exact_values():
    market = market_game(
        parse({"kind": "market", "agents": 2, "types": [1, 2, 5], "valuation": {"family": "share"}})
    )
    exact = market.with_arithmetic(EXACT)
    with ENCLOSURE.context():
        balls = market.with_arithmetic(ENCLOSURE)
        for agent in range(2):
            for report in range(3):
                found = balls.report_values(agent, report).ravel()
                known = exact.report_values(agent, report).ravel()
                for ball, fraction in zip(found, known, strict=True):
                    assert to_float(ball) == pytest.approx(float(fraction), abs=1e-15)


@pytest.mark.parametrize(
    ("quality", "function"),
    [
        ({"family": "identity"}, identity),
        ({"family": "saturation"}, lambda t: np.tanh(t / 2)),
        ({"family": "power", "exponent": "1/2"}, lambda t: t**0.5),
        (
            {"family": "table", "points": [[0, 0], [2, 1], [20, 3]]},
            lambda t: np.interp(t, [0, 2, 20], [0, 1, 3]),
        ),
    ],
)
def test_qualities(quality, function):
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": 2,
                "types": [0, 1, 3.5, 6],
                "quality": quality,
                "valuation": {"family": "linear", "matrix": [[1, 0], [0, 1]]},
            }
        )
    )
    for index in np.ndindex(market.shape):
        total = sum([0, 1, 3.5, 6][k] for k in index)
        assert market.truthful_values(0)[index] == pytest.approx(float(function(total)))


def numeric_slopes(market, agent, q, step=1e-6):
    def value(point):
        return float(
            market.valuation.value(agent, [np.float64(x) for x in point], market.arithmetic)
        )

    slopes = []
    for j in range(len(q)):
        up, down = list(q), list(q)
        up[j] += step
        down[j] -= step
        slopes.append((value(up) - value(down)) / (2 * step))
    return slopes


@given(linear_markets(), st.lists(st.floats(0.5, 3), min_size=3, max_size=3))
def test_properties_agree_with_numerical_slopes(pair, point):
    market, _ = pair
    n = len(market.agents)
    slopes = np.array([numeric_slopes(market, i, point[:n]) for i in range(n)])
    assert market.property_named("non-competitive").holds == bool((slopes > -1e-6).all())
    assert market.property_named("growing-market").holds == bool((slopes.sum(axis=0) > -1e-6).all())
    assert market.property_named("quasi-monotone").holds == bool(
        (np.diagonal(slopes) > -1e-6).all()
    )


def test_share_is_growth_with_exponent_minus_one():
    def game(valuation):
        return market_game(
            parse({"kind": "market", "agents": 2, "types": [0, 2, 3], "valuation": valuation})
        )

    left, right = game({"family": "share"}), game({"family": "growth", "exponent": -1})
    for agent in range(2):
        np.testing.assert_array_equal(left.truthful_values(agent), right.truthful_values(agent))
    plain = PlainMarket([[0, 2, 3]] * 2, identity, share)
    assert left.outside_values(1)[2, 1] == pytest.approx(plain.outside_value(1, [3, 2]))
