"""Reproductions of [C20]: known answers by a second method, claims with standard errors."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize

from mdsolve.context import Context
from mdsolve.game.build import market_game
from mdsolve.instance import parse
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.progress import Monitor
from mdsolve.reproduce import chen2020 as paper
from mdsolve.reproduce.chen2020 import draw_effects, outcomes, quality
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import write_reproduction
from tests.oracles import PlainMarket, identity, share


@pytest.mark.parametrize("report", range(1, 11))
def test_vcg_utilities_of_example_1_from_the_definition(report):
    plain = PlainMarket([[Fraction(k) for k in range(1, 11)], [Fraction(1)]], identity, share)
    true = [Fraction(10), Fraction(1)]
    told = [Fraction(report), Fraction(1)]
    payment = plain.value(1, told) - plain.report_value(1, told, told[1])
    expected = plain.report_value(0, true, Fraction(report)) - payment
    assert paper.utility(Fraction(report), Fraction(10)) == expected


def test_the_best_integer_report_earns_29_30():
    earned = {r: paper.utility(Fraction(r), Fraction(10)) for r in range(1, 11)}
    assert max(earned, key=earned.get) == 4
    assert [earned[r] for r in (3, 4, 10)] == [Fraction(27, 28), Fraction(29, 30), Fraction(10, 11)]


def test_the_truthful_ratio_by_numerical_search():
    def gain(own):
        best = scipy.optimize.minimize_scalar(
            lambda r: -paper.utility(r, own),
            bounds=(0.5, own - 1),
            options={"xatol": 1e-12},
            method="bounded",
        )
        return -best.fun - paper.utility(own, own)

    ratio = scipy.optimize.brentq(gain, 5, 8, xtol=1e-13)
    assert paper.truthful_ratio() == pytest.approx(ratio, abs=1e-9)
    assert ratio == pytest.approx(6.357355626, abs=1e-9)


def test_the_truthful_ratio_in_fractions():
    # Squaring sqrt(R) (R + 2) = 3 R + 2 leaves a cubic in R with one root above 4.
    def excess(ratio):
        return ratio * (ratio + 2) ** 2 - (3 * ratio + 2) ** 2

    low, high = Fraction(63573556258, 10**10), Fraction(63573556259, 10**10)
    assert excess(low) < 0 < excess(high)
    for found in (paper.truthful_ratio(), paper.truthful_ratio_from_cubic()):
        assert low < Fraction(found) < high
    grid = [Fraction(k, 200) for k in range(1, 200 * 7)]
    for own, pays in ((low - Fraction(1, 100), False), (high + Fraction(1, 100), True)):
        truth = paper.utility(own, own)
        lies = [paper.utility(r, own) for r in grid if r < own]
        assert (max(lies) > truth) == pays


def test_the_fixed_market_on_1_to_7_has_no_mechanism_by_hand():
    # At (7, 1) the large agent may report 3, and at 3 stay out; the small one may stay out.
    plain = PlainMarket([[Fraction(k) for k in range(1, 8)]] * 2, identity, share)
    seven, three, one = Fraction(7), Fraction(3), Fraction(1)
    low = plain.report_value(0, [three, one], three) - plain.outside_value(0, [three, one])
    step = plain.report_value(0, [seven, one], seven) - plain.report_value(0, [seven, one], three)
    small = plain.report_value(1, [seven, one], one) - plain.outside_value(1, [seven, one])
    assert low + step + small == Fraction(-1, 88)


@pytest.mark.parametrize("off_path", ["efficient", "separate"])
@pytest.mark.parametrize("own", ["any-sign", "positive"])
def test_vectorised_exploitation_equals_the_market_s(off_path, own):
    random = np.random.default_rng(5)
    effects = draw_effects(random, 6, 3, own)
    types = random.integers(1, 9, (6, 3)) / 8
    found = outcomes(effects, types, off_path)
    rule = mechanism_named("market", "mep")
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
        payments = rule.outcome(market, options, Context()).payments.ravel()
        assert found.revenue[k] == pytest.approx(payments.sum())
        values = [float(market.truthful_values(i).ravel()[0]) for i in range(3)]
        assert found.welfare[k] == pytest.approx(sum(values))
        np.testing.assert_allclose(found.utilities[k], np.array(values) - payments, atol=1e-12)


@pytest.mark.parametrize("off_path", ["best-model", "separate", "harmful", "efficient"])
def test_outside_values_by_enumerating_who_gets_the_model(off_path):
    random = np.random.default_rng(8)
    effects = draw_effects(random, 20, 4, "any-sign")
    types = random.uniform(0, 1, (20, 4))
    found = outcomes(effects, types, off_path)
    for k, i in itertools.product(range(20), range(4)):
        others = [j for j in range(4) if j != i]
        own, best = quality(types[k]), quality(types[k][others].sum())
        choices = []
        for chosen in itertools.product([False, True], repeat=3):
            used = own.copy()
            used[others] = np.where(chosen, best, own[others])
            theirs = sum(effects[k, j] @ used for j in others)
            choices.append((theirs, effects[k, i] @ used, sum(chosen)))
        expected = {
            "efficient": max(choices)[1],
            "best-model": next(value for _, value, count in choices if count == 3),
            "separate": next(value for _, value, count in choices if count == 0),
            "harmful": min(value for _, value, _ in choices),
        }
        assert found.utilities[k, i] == pytest.approx(expected[off_path])
        assert found.external[k, i] == pytest.approx(expected[off_path] - effects[k, i, i] * own[i])


def mean_positive_part(n):
    """Return E max(0, sum of n uniforms on [-1, 1]), the signed sum of truncated powers."""
    powers = sum((-1) ** k * math.comb(n, k) * (n - 2 * k) ** (n + 1) for k in range(n // 2 + 1))
    return powers / (2**n * math.factorial(n + 1))


@pytest.mark.parametrize("n", [2, 3, 7])
def test_mean_welfare_in_closed_form(n):
    # The column sum c_j is independent of types: the mean of c_j q_j is E[c+] (Q(sum) - Q(t_j)).
    random = np.random.default_rng(n)
    types = random.uniform(0, 1, (40_000, n))
    welfare = outcomes(draw_effects(random, 40_000, n, "any-sign"), types, "efficient").welfare
    rise = quality(types.sum(axis=1))[:, None] - quality(types)
    expected = mean_positive_part(n) * rise.sum(axis=1)
    difference = welfare - expected
    assert abs(difference.mean()) < 4 * standard_error(difference)


def test_figure_2_in_closed_form(monkeypatch):
    monkeypatch.setattr(paper, "SAMPLES", 5000)
    series = ITEMS["chen2020/figure2"].recompute(1).series
    # E c+ and E c- of a column sum, and E alpha_ii, under each reading.
    readings = {"any-sign": (1 / 3, -1 / 3, 0.0), "positive": (7 / 12, -1 / 12, 1 / 2)}
    for own, (plus, minus, mean) in readings.items():
        table = series[own]
        for k, opponent in enumerate(series["types"]):
            q = quality(np.array([1.0, opponent, 1.0 + opponent]))
            welfare = 2 * plus * q[2] + minus * (q[0] + q[1])
            expected = {
                "welfare": welfare,
                "utility of the static agent": mean * q[0],
                "utility of the opponent": mean * q[1],
                "revenue": welfare - mean * (q[0] + q[1]),
            }
            for name, value in expected.items():
                assert abs(table[name][k] - value) <= 4.5 * table[f"{name}, error"][k]


def standard_error(sample):
    return sample.std(ddof=1) / math.sqrt(len(sample))


@pytest.mark.parametrize("own", ["any-sign", "positive"])
def test_revenue_does_not_exceed_welfare_on_average(own):
    random = np.random.default_rng(11)
    effects = draw_effects(random, 20_000, 6, own)
    types = random.uniform(0, 1, (20_000, 6))
    for off_path in ("efficient", "best-model", "separate"):
        found = outcomes(effects, types, off_path)
        surplus = found.revenue - found.welfare
        assert surplus.mean() < 4 * standard_error(surplus)
        outside = found.external.mean(axis=1)
        assert abs(outside.mean()) < 4 * standard_error(outside)
    found = outcomes(effects, types, "harmful")
    surplus = found.revenue - found.welfare
    assert surplus.mean() > 20 * standard_error(surplus)


def test_figure_1_states_what_holds_and_what_does_not(monkeypatch):
    monkeypatch.setattr(paper, "BATCHES", 10)
    rows = ITEMS["chen2020/figure1"].recompute(3).rows
    verdicts = {(row.what, row.note.partition(";")[0]): row.agrees for row in rows}
    for words in ("pool under the efficient allocation", "all get the best model"):
        assert verdicts["revenue may surpass social welfare", f"the others {words}"] is False
    harmful = "the others get whatever harms the absent agent most"
    assert verdicts["revenue may surpass social welfare", harmful] is True
    assert all(row.agrees for row in rows if row.what.startswith("revenue rises"))


@pytest.mark.parametrize("name", [f"chen2020/{k}" for k in ("example1", "figure1", "figure2")])
def test_reproductions_write_numbers_and_a_picture(name, tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "BATCHES", 4)
    monkeypatch.setattr(paper, "SAMPLES", 200)
    found = ITEMS[name].recompute(0, Monitor())
    numbers, image = write_reproduction(found, tmp_path)
    assert json.loads(numbers.read_text())["rows"] == found.to_dict()["rows"]
    assert image.read_bytes().startswith(b"\x89PNG")
    assert found.to_dict() == ITEMS[name].recompute(0, Monitor()).to_dict()


KNOWN_FRONTIER = {
    "one": {"-1": 6, "-0.9": 15, "-0.8": 59, "-0.7": 1223, "-0.68": 7661, "-0.668": 111523},
    "zero": {"-1": 1, "-0.9": 1, "-0.8": 3, "-0.7": 38, "-0.68": 215, "-0.668": 2974},
}


def test_figure_3_meets_every_known_answer(tmp_path):
    found = ITEMS["chen2020/figure3"].recompute(0, Monitor())
    points = {(p.grid, p.exponent): p.frontier for p in found.series["points"]}
    for grid, answers in KNOWN_FRONTIER.items():
        for exponent, known in answers.items():
            assert points[grid, Fraction(exponent)] == known
    paper = [p for p in found.series["points"] if p.exponent <= Fraction("-0.668")]
    assert len(paper) == 2 * 167
    wrong = [row.what for row in found.rows if row.agrees is False]
    assert wrong == ["no mechanism at all in a market that does not grow"]
    assert len(write_reproduction(found, tmp_path)) == 2
