"""Qualities and valuations: enclosures against mpmath, properties against numerical slopes."""

from __future__ import annotations

from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.arithmetic import EXACT, FLOAT
from mdsolve.game.build import market_game
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL
from mdsolve.game.valuations.growth import GrowthValuation
from mdsolve.game.valuations.linear import LinearValuation
from mdsolve.game.valuations.sum import SumValuation
from mdsolve.instance import parse
from tests.oracles import PlainMarket, added, growth, linear

DIGITS = 60
MATRIX = [["1", "-1/7"], ["1/3", "1/2"]]
PLAIN_MATRIX = [[Fraction(x) for x in row] for row in MATRIX]


def precise(x):
    """Return a fraction or number with many digits."""
    x = Fraction(x)
    return mpmath.mpf(x.numerator) / x.denominator


QUALITIES = {
    "identity": ({"family": "identity"}, precise),
    "saturation": ({"family": "saturation"}, lambda t: mpmath.tanh(precise(t) / 2)),
    "root": ({"family": "power", "exponent": "2/3"}, lambda t: precise(t) ** precise("2/3")),
}
VALUATIONS = {
    "growth": (
        {"family": "growth", "exponent": "-7/10"},
        lambda i, q: sum(q) ** precise("-7/10") * q[i] if sum(q) else mpmath.mpf(0),
    ),
    "share": ({"family": "share"}, lambda i, q: q[i] / sum(q) if sum(q) else mpmath.mpf(0)),
    "linear": (
        {"family": "linear", "matrix": MATRIX},
        lambda i, q: sum(precise(w) * x for w, x in zip(MATRIX[i], q, strict=True)),
    ),
}


@pytest.mark.parametrize("outside", ["pooled", "separate"])
@pytest.mark.parametrize("valuation", VALUATIONS)
@pytest.mark.parametrize("quality", QUALITIES)
def test_enclosures_contain_the_value_to_sixty_digits(quality, valuation, outside):
    (quality_spec, q), (valuation_spec, v) = QUALITIES[quality], VALUATIONS[valuation]
    types = ["0", "1/3", "2", "5"]
    market = market_game(
        parse(
            {
                "kind": "market",
                "agents": 2,
                "types": types,
                "quality": quality_spec,
                "valuation": valuation_spec,
                "outside": outside,
            }
        )
    )
    balls = market.with_arithmetic(ENCLOSURE)
    with mpmath.workdps(DIGITS), flint.ctx.workdps(DIGITS):
        plain = PlainMarket([[Fraction(t) for t in types]] * 2, q, v, outside)
        for agent in range(2):
            with ENCLOSURE.context():
                apart = balls.outside_values(agent)
                told = [balls.report_values(agent, r) for r in range(len(types))]
            for index in np.ndindex(market.shape):
                true = [plain.types[j][k] for j, k in enumerate(index)]
                pairs = [(apart[index], plain.outside_value(agent, true))]
                for r in range(index[agent] + 1):
                    expected = plain.report_value(agent, true, plain.types[agent][r])
                    pairs.append((told[r][index[agent] - r, index[1 - agent]], expected))
                for ball, expected in pairs:
                    wide = flint.arb(str(expected), 10.0 ** (5 - DIGITS))
                    assert flint.arb(ball).overlaps(wide)
                    assert float(flint.arb(ball).rad()) < 1e-30


@pytest.mark.parametrize(
    "spec",
    [
        {"valuation": {"family": "growth", "exponent": "-1/2"}},
        {"valuation": {"family": "share"}, "quality": {"family": "saturation"}},
        {"valuation": {"family": "share"}, "quality": {"family": "power", "exponent": "1/2"}},
    ],
)
@pytest.mark.parametrize("arithmetic", [EXACT, RATIONAL])
def test_irrational_values_are_refused_by_exact_arithmetic(spec, arithmetic):
    market = market_game(parse({"kind": "market", "agents": 2, "types": [1, 2], **spec}))
    assert not market.rational
    with pytest.raises(UnsupportedError, match="enclosure"):
        market.with_arithmetic(arithmetic).truthful_values(0)


def slopes(value, n, point, step=1e-6):
    """Return dv_i/dq_j by central differences of the plain function."""
    table = np.empty((n, n))
    for j in range(n):
        up, down = list(point), list(point)
        up[j] += step
        down[j] -= step
        for i in range(n):
            table[i, j] = (value(i, up) - value(i, down)) / (2 * step)
    return table


points = st.lists(st.floats(0.3, 4), min_size=3, max_size=3)


@given(
    st.sampled_from([-2.5, -1.5, -1, -0.5, 0, 0.5, 2]),
    st.integers(1, 3),
    st.lists(points, min_size=4),
)
def test_properties_of_growth_valuations(exponent, n, samples):
    valuation = GrowthValuation(Fraction(exponent))
    tables = [slopes(growth(exponent), n, point[:n]) for point in samples]
    flat = -1e-6
    if valuation.non_competitive(n).holds:
        assert all((table > flat).all() for table in tables)
    else:
        assert any((table < flat).any() for table in tables)
    grows = [table.sum(axis=0) for table in tables]
    if valuation.growing(n).holds:
        assert all((row > flat).all() for row in grows)
    else:
        assert all((row < flat).all() for row in grows)
    if valuation.quasi_monotone(n).holds:
        # own slope does not depend on the others
        moved = slopes(growth(exponent), n, [samples[0][0], *(x + 1 for x in samples[0][1:n])])
        assert moved[0, 0] == pytest.approx(tables[0][0, 0], abs=1e-6)
        assert all((np.diagonal(table) > flat).all() for table in tables)


@given(
    st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), min_size=4, max_size=4),
    st.sampled_from([-0.5, 0, 1]),
    st.lists(points, min_size=3),
)
def test_properties_of_sums_are_claimed_only_when_every_term_has_them(entries, exponent, samples):
    matrix = [entries[:2], entries[2:]]
    rows = tuple(tuple(Fraction(str(x)) for x in row) for row in matrix)
    valuation = SumValuation((GrowthValuation(Fraction(exponent)), LinearValuation(rows)))
    plain = added(growth(exponent), linear(matrix))
    tables = [slopes(plain, 2, point[:2]) for point in samples]
    flat = -1e-6
    for found, holds in (
        (valuation.non_competitive(2), all((table > flat).all() for table in tables)),
        (valuation.growing(2), all((table.sum(axis=0) > flat).all() for table in tables)),
        (valuation.quasi_monotone(2), all((np.diagonal(table) > flat).all() for table in tables)),
    ):
        assert found.holds is not False  # terms may compensate, so the negation is never known
        if found.holds:
            assert holds
    alone = SumValuation((LinearValuation(rows),))
    assert alone.non_competitive(2).holds == LinearValuation(rows).non_competitive(2).holds


def test_the_scale_multiplies_every_family():
    q = [np.array([1.0, 2.0]), np.array([3.0, 0.5])]
    for unit, large in (
        (GrowthValuation(Fraction(-1, 2)), GrowthValuation(Fraction(-1, 2), Fraction(3, 2))),
        (
            LinearValuation(tuple(map(tuple, PLAIN_MATRIX))),
            LinearValuation(tuple(map(tuple, PLAIN_MATRIX)), Fraction(3, 2)),
        ),
    ):
        for agent in (0, 1):
            np.testing.assert_allclose(
                large.value(agent, q, FLOAT), 1.5 * unit.value(agent, q, FLOAT), rtol=1e-14
            )
