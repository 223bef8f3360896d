"""[K22] Figures 2, 4 and 5 recomputed: verdicts, and numbers by a second method."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.progress import Monitor
from mdsolve.reproduce.record import ITEMS


@pytest.fixture(scope="module")
def found():
    names = ("figure2", "figure4", "figure5")
    return {name: ITEMS[f"karimireddy2022/{name}"].recompute(0, Monitor()) for name in names}


def verdicts(reproduction):
    return [row.agrees for row in reproduction.rows]


def test_figure2_optima_are_the_best_of_a_grid_and_jump_at_the_cutoff(found):
    series = found["figure2"].series
    assert verdicts(found["figure2"]) == [True, True, False, False, False]
    grid = np.geomspace(10, 1e7, 200_001)
    for k, optima, cutoff in zip(
        series["complexities"], series["optima"], series["cutoffs"], strict=True
    ):
        value = PacCurve(0.95, k).value(grid)
        assert cutoff == pytest.approx((value / grid).max(), rel=1e-8)
        for place in (0, 100, 170, 250):
            cost = series["costs"][place]
            utility = value - cost * grid
            best = grid[np.argmax(utility)] if utility.max() > 0 else 0.0
            assert optima[place] == pytest.approx(best, rel=1e-3)


def test_figure4_totals_are_fixed_points_and_no_larger_one_exists(found):
    series = found["figure4"].series
    rows = found["figure4"].rows
    assert [row.agrees for row in rows].count(False) == 1
    assert rows[-1].agrees is False
    assert "linear in k" in rows[-1].what
    for k, totals in zip(series["complexities"], series["by_count"], strict=True):
        curve = PacCurve(0.95, k)
        for place in (20, 40, 60, 80):
            count, total = series["counts"][place], totals[place]
            asked = count * 10 * curve.value(np.float64(total))  # nobody is viable alone
            assert asked == pytest.approx(total, rel=1e-9)
            above = np.geomspace(total * (1 + 1e-6) + 1e-3, count * 10, 10_000)
            assert np.all(count * 10 * curve.value(above) < above)


def test_figure5_smallest_numbers_are_where_the_totals_begin(found):
    series = found["figure5"].series
    assert verdicts(found["figure5"]) == [False, True, True, False, True, True, False]
    rows = {row.what: row.recomputed for row in found["figure5"].rows}
    for name, fewest in (("0.095", 1618), ("0.95", 224)):
        assert rows[f"companies needed, exponent {name}"] == fewest
        totals = np.array(series[f"total, {name}"])
        assert np.array_equal(totals > 0, np.array(series["counts"]) >= fewest)
