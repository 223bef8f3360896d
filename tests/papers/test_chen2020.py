"""Reproductions of [C20]: known answers by a second method, claims with standard errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize

from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import market_mechanism
from mdsolve.progress import Monitor
from mdsolve.report.reproduction import write_reproduction
from mdsolve.solver.routes import MEMORY_LIMIT
from mdsolve.study.reproduce import chen2020_example1 as example1
from mdsolve.study.reproduce.chen2020_linear import draw_effects, outcomes
from mdsolve.study.reproduce.registry import ITEMS
from tests.oracles import PlainMarket, identity, share


@pytest.mark.parametrize("report", range(1, 11))
def test_vcg_utilities_of_example_1_from_the_definition(report):
    plain = PlainMarket([[Fraction(k) for k in range(1, 11)], [Fraction(1)]], identity, share)
    true = [Fraction(10), Fraction(1)]
    told = [Fraction(report), Fraction(1)]
    payment = plain.value(1, told) - plain.report_value(1, told, told[1])
    expected = plain.report_value(0, true, Fraction(report)) - payment
    assert example1.utility(Fraction(report), Fraction(10)) == expected


def test_the_truthful_ratio_by_a_second_method():
    def gain(own):
        best = scipy.optimize.minimize_scalar(
            lambda r: -example1.utility(r, own),
            bounds=(0.5, own - 1),
            options={"xatol": 1e-12},
            method="bounded",
        )
        return -best.fun - example1.utility(own, own)

    ratio = scipy.optimize.brentq(gain, 5, 8, xtol=1e-13)
    assert example1.truthful_ratio() == pytest.approx(ratio, abs=1e-9)
    assert ratio == pytest.approx(6.357355626, abs=1e-9)


@pytest.mark.parametrize("off_path", ["efficient", "separate"])
@pytest.mark.parametrize("own", ["any-sign", "positive"])
def test_vectorised_exploitation_equals_the_market_s(off_path, own):
    random = np.random.default_rng(5)
    effects = draw_effects(random, 6, 3, own)
    types = random.integers(1, 9, (6, 3)) / 8
    found = outcomes(effects, types, off_path)
    rule = market_mechanism("mep")
    for k in range(6):
        market = market_game(
            parse(
                {
                    "kind": "market",
                    "agents": ["a", "b", "c"],
                    "types": {n: [t] for n, t in zip("abc", types[k].tolist(), strict=True)},
                    "quality": {"family": "saturation"},
                    "valuation": {"family": "linear", "matrix": effects[k].tolist()},
                    "outside": "separate" if off_path == "separate" else "pooled",
                }
            )
        )
        options = effective_options("mep", rule.options, {})
        payments = rule.outcome(market, options, Monitor(), MEMORY_LIMIT).payments.ravel()
        assert found.revenue[k] == pytest.approx(payments.sum())
        values = [float(market.truthful_values(i).ravel()[0]) for i in range(3)]
        assert found.welfare[k] == pytest.approx(sum(values))
        np.testing.assert_allclose(found.utilities[k], np.array(values) - payments, atol=1e-12)


@pytest.mark.parametrize("own", ["any-sign", "positive"])
def test_revenue_does_not_exceed_welfare_on_average(own):
    random = np.random.default_rng(11)
    effects = draw_effects(random, 20_000, 6, own)
    types = random.uniform(0, 1, (20_000, 6))
    for off_path in ("efficient", "best-model", "separate"):
        found = outcomes(effects, types, off_path)
        surplus = found.revenue - found.welfare
        error = surplus.std(ddof=1) / np.sqrt(len(surplus))
        assert surplus.mean() < 4 * error


@pytest.mark.parametrize("name", [name for name in ITEMS if not name.endswith("figure3")])
def test_reproductions_write_numbers_and_a_picture(name, tmp_path):
    found = ITEMS[name].recompute(0, Monitor())
    assert found.rows
    assert found.notes
    for file in write_reproduction(found, tmp_path):
        assert file.stat().st_size > 1000


def test_figure_3_meets_every_known_answer(tmp_path):
    found = ITEMS["chen2020/figure3"].recompute(0, Monitor())
    assert [row.what for row in found.rows if row.agrees is False] == []
    assert len(found.series["points"]) == 2 * 167
    assert len(write_reproduction(found, tmp_path)) == 2
