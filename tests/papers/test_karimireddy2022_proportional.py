"""The recomputed statements of [K22] appendix C.2, and the shipped instances of its rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mdsolve.progress import silent
from mdsolve.report.pictures.panels import draw_panels
from mdsolve.reproduce import karimireddy2022 as paper
from mdsolve.reproduce.record import ITEMS, Recomputation
from mdsolve.study.check import check_instance

ITEM = ITEMS["karimireddy2022/proportional"]
FOLDER = Path(__file__).parents[2] / "instances" / "papers" / "karimireddy2022"


def run_of(function):
    run = Recomputation(ITEM, 0, silent(), "none", dict(vars(paper)))
    function(run)
    return run


def test_theorem_six_has_the_equilibrium_but_not_the_largest_utility():
    rows = {row.what: row for row in run_of(paper.theorem6).rows}
    assert rows["all contributing m*/n is an equilibrium"].agrees
    wrong = rows["it has the largest utility"]
    assert not wrong.agrees
    assert wrong.recomputed.startswith("utility 0.694963; 0.778942")


def test_figures_with_fewer_points(monkeypatch, tmp_path):
    monkeypatch.setattr(paper, "CROWD", 500)
    monkeypatch.setattr(paper, "EXPONENTS", (0.0, 0.5, 1.0))
    monkeypatch.setattr(paper, "FRACTIONS", (0.3, 0.7))
    monkeypatch.setattr(paper, "MIXED_EXPONENTS", (0.5, 1.0))
    six = run_of(paper.figure6)
    alike = six.series["figure6"]
    assert alike["data"][0] == 0
    assert np.all(np.diff(alike["data"]) > 0)
    assert alike["data"][-1] == pytest.approx(alike["value-shaping"], rel=1e-9)
    assert alike["data, least"] == [0, 0, 0]
    verdicts = [row.agrees for row in six.rows]
    assert verdicts == [True, False, True, False, True]
    seven = run_of(paper.figure7)
    mixed = seven.series["figure7"]
    # At p = 1 either all lead, v / c_high each, or the cheap ones alone, v / c_low each.
    for fraction, total, high in zip(
        paper.FRACTIONS, mixed["data"], mixed["high, p = 1"], strict=True
    ):
        leaders, cost = (500, paper.HIGH) if high else (round(500 * fraction), paper.LOW)
        curve = paper.curve_of(paper.value_of(paper.HARD))
        value = curve.value(np.array([total]))[0]
        assert total == pytest.approx(leaders * value / cost, rel=1e-8)
    assert mixed["high, p = 1"][1] == 0
    assert min(mixed["high, p < 1"]) > 0
    assert [row.agrees for row in seven.rows] == [False, False]
    draw_panels(ITEM.panels, {**six.series, **seven.series}, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


@pytest.mark.parametrize("rule", ["data", "value", "shapley"])
def test_shipped_instances_have_the_expected_answers(rule):
    assert check_instance(FOLDER / f"proportional-{rule}.yaml").agrees
