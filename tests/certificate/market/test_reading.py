"""The checker's own reading: every family against its formula, allocations against enumeration."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS
from mdsolve.certificate.reading.market import QualityReading, market_reading
from mdsolve.certificate.reading.market_models import StatedModels, ranked
from mdsolve.certificate.reading.market_sizes import sizes_of
from tests.certificate.market.markets import market, rational_markets

SYSTEMS = [FLOAT, INTERVALS, BALLS, EXACT]
LINE = {"family": "linear", "matrix": [[1]]}


def quality_at(spec, types, arithmetic):
    instance = market(types, LINE, 1, quality=spec)
    with arithmetic.context():
        reading = market_reading(instance, arithmetic)
        found = reading.own_model(0, slice(None))
        return arithmetic.lower(found), arithmetic.upper(found)


def named(case):
    """Name a case by what is written; functions have no name that stays."""
    return str(case)[:40] if isinstance(case, dict) else "formula"


QUALITIES = [
    ({"family": "identity"}, lambda t: t),
    ({"family": "saturation"}, lambda t: math.tanh(t / 2)),
    ({"family": "power", "exponent": "2/3"}, lambda t: t ** (2 / 3)),
    ({"family": "power", "exponent": 3}, lambda t: t**3),
    (
        {"family": "table", "points": [[0, 0], [2, 1], [5, 4], [50, 5]]},
        lambda t: np.interp(t, [0, 2, 5, 50], [0, 1, 4, 5]),
    ),
]


@pytest.mark.parametrize("arithmetic", [FLOAT, INTERVALS, BALLS])
@pytest.mark.parametrize(("spec", "formula"), QUALITIES, ids=named)
def test_qualities_enclose_their_formula_and_are_nothing_without_data(spec, formula, arithmetic):
    types = ["0", "1/10", "2", "3.5", "5", "40"]
    low, high = quality_at(spec, types, arithmetic)
    right = np.array([formula(float(Fraction(t))) for t in types])
    slack = 1e-14 * (1 + right)
    assert np.all(low <= right + slack)
    assert np.all(right <= high + slack)
    assert np.all(high - low <= 1e-13 * (1 + right))
    assert low[0] == high[0] == 0


def test_sizes_are_whole_numbers_of_the_largest_common_unit():
    instance = market(
        {"a": ["1/2", "3/4"], "b": {"from": "1", "to": "2", "step": "1/8"}},
        LINE | {"matrix": [[1, 0], [0, 1]]},
        ("a", "b"),
    )
    sizes = sizes_of(instance.grids)
    assert sizes.unit == Fraction(1, 8)
    assert sizes.counts[0].tolist() == [4, 6]
    assert sizes.counts[1].tolist() == [8, 9, 10, 11, 12, 13, 14, 15, 16]
    assert sizes.total([0, 1], [np.array([1]), np.array([0])]).tolist() == [14]


def test_sizes_of_any_magnitude_stay_exact():
    instance = market(["1e-300", "1"], {"family": "growth", "exponent": 0}, ("a", "b"))
    reading = market_reading(instance, EXACT)
    value = reading.truth(0, np.array([0]), [np.array([1])])
    assert Fraction(str(value[0])) == 1 + Fraction(1, 10**300)


VALUES = [
    ({"family": "growth", "exponent": "-1/2", "scale": 3}, lambda i, q: 3 * sum(q) ** -0.5 * q[i]),
    ({"family": "growth", "exponent": 2}, lambda i, q: sum(q) ** 2 * q[i]),
    ({"family": "share", "scale": 5}, lambda i, q: 5 * q[i] / sum(q)),
    (
        {"family": "linear", "matrix": [[1, 2, 0], [0, -1, 3], ["1/2", 0, 4]], "scale": 2},
        lambda i, q: 2 * np.dot([[1, 2, 0], [0, -1, 3], [0.5, 0, 4]][i], q),
    ),
    (
        {
            "family": "sum",
            "terms": [
                {"family": "share"},
                {"family": "linear", "matrix": [[0, 1, 0], [0, 0, 1], [1, 0, 0]]},
            ],
        },
        lambda i, q: q[i] / sum(q) + q[(i + 1) % 3],
    ),
]


@pytest.mark.parametrize("arithmetic", SYSTEMS)
@pytest.mark.parametrize(("spec", "formula"), VALUES, ids=named)
def test_valuations_and_their_totals_follow_the_formula(spec, formula, arithmetic):
    instance = market([1, 2], spec, ("a", "b", "c"))
    if arithmetic is EXACT and spec.get("exponent") == "-1/2":
        pytest.skip("irrational")
    with arithmetic.context():
        reading = market_reading(instance, arithmetic)
        numbers = [0.5, 2.0, 3.25]
        q = [arithmetic.stored(np.array([x])) for x in numbers]
        for agent in range(3):
            others = [x for j, x in enumerate(q) if j != agent]
            value = reading.formulas.valuation.value(agent, q[agent], others)
            assert arithmetic.nearest(value)[0] == pytest.approx(formula(agent, numbers))
        for participants in ([0], [0, 2], [0, 1, 2]):
            total = reading.together(participants, q)
            right = sum(formula(i, numbers) for i in participants)
            assert arithmetic.nearest(total)[0] == pytest.approx(right)


def test_nobody_earns_anything_where_no_model_has_any_quality():
    for spec in ({"family": "growth", "exponent": "-1/2"}, {"family": "share"}):
        reading = market_reading(market([0, 1], spec), INTERVALS)
        value = reading.truth(0, np.array([0]), [np.array([0])])
        assert value.low[0] == value.high[0] == 0


@given(rational_markets(least_agents=1))
@settings(max_examples=60, phases=[Phase.generate])
def test_values_in_and_out_equal_the_definition(drawn):
    instance, plain = drawn
    reading = market_reading(instance, EXACT)
    for index in np.ndindex(reading.shape):
        true = [plain.types[j][k] for j, k in enumerate(index)]
        for agent in range(reading.size):
            others = [np.array([k]) for j, k in enumerate(index) if j != agent]
            own = np.array([index[agent]])
            outside = np.asarray(reading.outside(agent, own, others)).ravel()[0]
            assert Fraction(str(outside)) == plain.outside_value(agent, true)
            for report in range(index[agent] + 1):
                told = np.array([report])
                value = np.asarray(reading.value(agent, told, own, others)).ravel()[0]
                right = plain.report_value(agent, true, plain.types[agent][report])
                assert Fraction(str(value)) == right


@given(rational_markets(least_agents=2))
@settings(max_examples=40, phases=[Phase.generate])
def test_recipients_are_those_of_the_definition_wherever_it_matters(drawn):
    instance, plain = drawn
    reading = market_reading(instance, FLOAT)
    profiles = np.ogrid[tuple(slice(m) for m in reading.shape)]
    everybody = range(reading.size)
    for participants in [list(everybody), *([j for j in everybody if j != i] for i in everybody)]:
        masks = reading.allocation.recipients(participants, profiles)
        for index in np.ndindex(reading.shape):
            true = [plain.types[j][k] for j, k in enumerate(index)]
            total = sum(true[j] for j in participants)
            chosen = plain.recipients(true, participants)
            for j in participants:
                mine = bool(np.broadcast_to(masks[j], reading.shape)[index])
                # who owns everything has the same model either way
                assert mine == (j in chosen) or true[j] == total


def test_a_choice_that_ties_by_exchange_of_agents_alike_is_decided():
    matrix = [["1", "-2", "-2"], ["-2", "1", "-2"], ["-2", "-2", "1"]]
    terms = [
        {"family": "growth", "exponent": "-1/3", "scale": 9},
        {"family": "linear", "matrix": matrix},
    ]
    instance = market([1, 2], {"family": "sum", "terms": terms}, ("a", "b", "c"))
    reading = market_reading(instance, INTERVALS)
    profiles = np.ogrid[:2, :2, :2]
    masks = [
        np.broadcast_to(m, (2, 2, 2)) for m in reading.allocation.recipients(range(3), profiles)
    ]
    assert all(mask.dtype == bool for mask in masks)
    assert len({tuple(mask[0, 0, 0] for mask in masks)}) == 1


def test_too_many_open_choices_are_refused_in_words():
    names = [f"a{k}" for k in range(14)]
    matrix = [["-1"] * 14 for _ in range(14)]
    terms = [{"family": "growth", "exponent": "1/2"}, {"family": "linear", "matrix": matrix}]
    instance = market([1], {"family": "sum", "terms": terms}, names)
    reading = market_reading(instance, FLOAT)
    with pytest.raises(NoRouteError, match="2\\^14"):
        reading.allocation.recipients(range(14), [np.array([0])] * 14)


def test_stated_models_serve_those_who_own_no_better():
    instance = market([1, 2, 4], {"family": "share"})
    models = np.array([[[2.0, 3, 5], [3, 0.5, 6], [5, 6, 8]]] * 2)
    reading = market_reading(instance, INTERVALS)
    assert isinstance(reading, QualityReading)
    deal = reading.under(StatedModels(models)).deal(np.ogrid[:3, :3])
    # reporting 1 beside 1 gives 2: types 1 and 2 own no better, type 4 does
    assert deal.reach(0)[0].tolist() == [2, 2, 3]
    # a model of .5 serves nobody, but who reports the truth loses nothing by it
    assert deal.reach(0)[1].tolist() == [2, 2, 3]
    assert deal.used(0).low[1, 1] == 2


@pytest.mark.parametrize(
    "keys", [[3, 1, 3, 7], [10**12, 0, 10**12], [2**70, 1, 2**70], [0.5, 0.25, 0.5]]
)
def test_ranks_count_smaller_numbers(keys):
    kind = object if max(keys) > 2**62 else None
    found = ranked(np.array(keys, dtype=kind))
    order = sorted(set(keys))
    assert found.tolist() == [order.index(key) for key in keys]


def test_what_is_known_of_assumptions():
    def known(spec, agents=("a", "b")):
        found = market_reading(market([1, 2], spec, agents), FLOAT).properties()
        return {entry.name: entry.holds for entry in found}

    names = ("non-competitive", "quasi-monotone", "growing-market")
    for spec, agents, right in (
        ({"family": "growth", "exponent": "-1/2"}, 2, (False, False, True)),
        ({"family": "growth", "exponent": 0}, 2, (True, True, True)),
        ({"family": "growth", "exponent": -2}, 2, (False, False, False)),
        ({"family": "growth", "exponent": "-1/2"}, 1, (True, True, True)),
        ({"family": "share"}, 2, (False, False, True)),
        ({"family": "linear", "matrix": [[1, 0], [2, 3]]}, 2, (True, True, True)),
        ({"family": "linear", "matrix": [[1, -2], [0, 1]]}, 2, (False, True, False)),
        ({"family": "linear", "matrix": [[-1, 2], [1, 1]]}, 2, (False, False, True)),
        (
            {
                "family": "sum",
                "terms": [
                    {"family": "growth", "exponent": 1},
                    {"family": "linear", "matrix": [[1, -2], [0, 1]]},
                ],
            },
            2,
            (None, None, None),
        ),
    ):
        assert known(spec, agents) == dict(zip(names, right, strict=True)), spec
