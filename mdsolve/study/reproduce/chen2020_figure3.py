"""[C20] Figure 3: the largest type disparity with a desirable mechanism, far past the paper's."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from mdsolve.progress import Monitor
from mdsolve.solver.market.growth_frontier import Frontier, Grid
from mdsolve.study.frontier import sweep
from mdsolve.study.reproduce.record import Item, Reproduction, Row

EXPONENTS = tuple(Fraction(-1000 + 2 * k, 1000) for k in range(167))
"""-1 to -0.668 in steps of 0.002, as in the paper."""

BEYOND = tuple(Fraction(-667 + k, 1000) for k in range(6))
"""-0.667 to -0.662 in steps of 0.001, where the paper's computer gave up."""

GRIDS: dict[Grid, str] = {"one": "1..D", "zero": "0..D"}
PAPER_LIMIT = 10_000
LIMIT = 1_000_000
SHOWN = ("-1", "-0.9", "-0.8", "-0.7", "-0.68", "-0.668")
Points = Mapping[Grid, list[Frontier]]


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the boundary on both integer grids, and on 0..D past the paper's 10,000."""
    del seed
    points: dict[Grid, list[Frontier]] = {}
    for grid in GRIDS:
        exponents = EXPONENTS + (BEYOND if grid == "zero" else ())
        points[grid], _ = sweep([2], exponents, grid, "pooled", limit=LIMIT, monitor=monitor)
    threshold = points["one"][0].threshold
    rows = [_claim_of_speed(points), *_claims_near_the_end(points, threshold)]
    monotone = all(_size(a) <= _size(b) for line in points.values() for a, b in pairwise(line))
    rows.append(Row("a faster growing market tolerates more disparity", "yes", monotone, monotone))
    rows.append(
        Row(
            "no mechanism at all in a market that does not grow",
            "yes",
            f"D up to {_both(points, EXPONENTS[0])} at exponent -1",
            all(_size(line[0]) < 1 for line in points.values()),
            note="below -1 the efficient rule hands out no model, for which nobody need be charged",
        )
    )
    rows.extend(
        Row(f"largest D at exponent {text}", "", _both(points, Fraction(text))) for text in SHOWN
    )
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 3 and section 7.2 of [C20]; the figure's numbers are not printed",
        tuple(rows),
        (
            "Whether types start at 0 or at the smallest unit changes the answer up to fortyfold: "
            "the grid is part of the question. The paper's text (types in [0, D]; still below "
            "10,000 at -0.668, above it close to -0.66) fits types 0..D and contradicts 1..D.",
            f"From {threshold:.12f} on, a mechanism exists for every disparity: the boundary has "
            "an asymptote there, well before competition ends at 0.",
        ),
        {"points": points["one"] + points["zero"]},
    )


def _claim_of_speed(points: Points) -> Row:
    """Compare the growth of the boundary over 0.01 near -0.67 with that over 0.01 near -0.77."""
    near, far = (
        {grid: _growth(line, Fraction(start)) for grid, line in points.items()}
        for start in ("-0.68", "-0.78")
    )
    return Row(
        "the boundary grows very fast near -0.67",
        "yes",
        ", ".join(f"x {near[grid]:.2g} on {types}" for grid, types in GRIDS.items()),
        all(near[grid] > far[grid] for grid in GRIDS),
        note="from -0.68 to -0.67; from -0.78 to -0.77: "
        + ", ".join(f"x {far[grid]:.2g} on {types}" for grid, types in GRIDS.items()),
    )


def _claims_near_the_end(points: Points, threshold: float) -> list[Row]:
    last = {grid: _size(_at(line, EXPONENTS[-1])) for grid, line in points.items()}
    passed = {
        grid: next(float(point.exponent) for point in line if _size(point) > PAPER_LIMIT)
        for grid, line in points.items()
    }
    return [
        Row(
            "still computable up to -0.668, that is at most 10,000",
            "yes",
            f"{_both(points, EXPONENTS[-1])} at -0.668",
            last["zero"] <= PAPER_LIMIT,
            note="on 0..D; not on 1..D",
        ),
        Row(
            "over 10,000 when the exponent is close to -0.66",
            "yes",
            ", ".join(f"from {passed[grid]} on {types}" for grid, types in GRIDS.items()),
            float(EXPONENTS[-1]) < passed["zero"] < threshold,
            note="on 0..D; steps of 0.001",
        ),
        Row(
            "without competition a mechanism exists for every disparity",
            "from 0 on",
            f"from {threshold:.12f} on",
            threshold < 0,
        ),
    ]


def _at(line: list[Frontier], exponent: Fraction) -> Frontier:
    return next(point for point in line if point.exponent == exponent)


def _both(points: Points, exponent: Fraction) -> str:
    """Return the boundary on both grids in words."""
    found = {grid: _size(_at(line, exponent)) for grid, line in points.items()}
    return ", ".join(f"{found[grid]:,.0f} on {types}" for grid, types in GRIDS.items())


def _growth(line: list[Frontier], start: Fraction) -> float:
    return _size(_at(line, start + Fraction(1, 100))) / _size(_at(line, start))


def _size(point: Frontier) -> float:
    return float("inf") if isinstance(point.frontier, str) else float(point.frontier)


ITEM = Item("chen2020/figure3", "The boundary of existence of desirable mechanisms", recompute)
