"""[K22] Appendix D: known answers by other means, and the reproduction tells what it finds."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from mpmath import findroot, mp, mpf, sqrt

from mdsolve.instance import load
from mdsolve.reproduce import karimireddy2022_contracts
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import draw_reproduction
from mdsolve.study.solve import solve
from tests.conftest import INSTANCES

FOLDER = INSTANCES / "papers" / "karimireddy2022"


def equations(kind, n, low, high, p):
    """Return the two equations for (m_down, m_up) of n agents alike with v = 1 - 1/(1 + m)."""
    chances = [comb(n - 1, k) * p**k * (1 - p) ** (n - 1 - k) for k in range(n)]
    alone_low, alone_high = (1 - sqrt(low)) ** 2, (1 - sqrt(high)) ** 2

    def totals(down, up):
        return [1 + down + k * down + (n - 1 - k) * up for k in range(n)]

    def worth(down, up):
        return 1 - sum(c / t for c, t in zip(chances, totals(down, up), strict=True))

    def slope(down, up):
        return sum(c / t**2 for c, t in zip(chances, totals(down, up), strict=True))

    def meeting(down, up):
        return (worth(down, up) - low * down - alone_high) / (high - low) - up

    return {
        "corner": lambda a, b: [worth(a, b) - low * a - alone_low, meeting(a, b)],
        "pooling": lambda a, b: [worth(a, b) - high * a - alone_high, a - b],
        "inside": lambda a, b: [slope(a, b) - (low - p / (1 - p) * (high - low)), meeting(a, b)],
    }[kind]


@pytest.mark.parametrize(
    ("kind", "prior", "start"),
    [
        ("corner", ("0.02", "0.05", "0.4"), (10, 4)),
        ("pooling", ("0.02", "0.05", "0.3"), (6, 6)),
        ("inside", ("0.0075", "0.045", "0.12"), (13, 5)),
    ],
)
def test_known_answers_solve_their_equations_to_forty_digits(kind, prior, start):
    with mp.workdps(40):
        down, up = findroot(equations(kind, 2, *map(mpf, prior)), start)
    solution = solve(load(FOLDER / f"private-{kind}.yaml"))
    np.testing.assert_allclose(solution.low, float(down), rtol=1e-10)
    np.testing.assert_allclose(solution.high, float(up), rtol=1e-10)


def test_the_story_separates_laboratories_and_pools_hospitals():
    solution = solve(load(INSTANCES / "cases" / "genomics-laboratories.yaml"))
    assert solution.pooling.tolist() == [False] * 6 + [True] * 2
    # Below c_low/c_high = 0.4 hospitals earn a rent, above it laboratories do not.
    assert solution.information_rent[:6] == pytest.approx(0.0, abs=1e-9)
    assert solution.information_rent[6:].min() > 1


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(karimireddy2022_contracts, "DRAWS", 20)
        patch.setattr(karimireddy2022_contracts, "AGENTS", 200)
        patch.setattr(karimireddy2022_contracts, "SHARES", (0.2, 0.4, 0.6))
        return ITEMS["karimireddy2022/figure8"].recompute(1)


def test_the_reproduction_separates_what_holds_from_what_does_not(found):
    agrees = [row.agrees for row in found.rows]
    assert agrees[:5] == [False, False, False, True, True]
    assert agrees[5:] == [None] * 3
    assert found.rows[2].recomputed == pytest.approx(0.1, abs=1e-6)


def test_private_costs_never_collect_more_than_known_ones_nor_printed_more_than_best(found):
    known, best, printed = (np.array(found.series[key]) for key in ("known", "private", "printed"))
    assert np.all(best <= known)
    assert np.all(printed <= best * (1 + 1e-9))
    assert printed[1] < 0.9 * best[1]


def test_the_curve_in_the_picture_lies_between_own_and_full_model(found, tmp_path):
    series = found.series
    assert np.all(series["received"] <= np.array(series["full"]) + 1e-12)
    assert np.all(series["received"] >= np.array(series["own"]) - 1e-12)
    (_, (printed_up, promised), _) = series["as_printed"]
    assert promised > 1 - 1 / (1 + printed_up + karimireddy2022_contracts.OTHERS) + 0.01
    target = tmp_path / "figure.png"
    draw_reproduction(found, target)
    assert target.stat().st_size > 10_000
