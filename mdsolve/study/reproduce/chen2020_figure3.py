"""[C20] Figure 3: the largest type disparity with a desirable mechanism, far past the paper's."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from mdsolve.progress import Monitor
from mdsolve.solver.growth_frontier import Frontier
from mdsolve.study.frontier import sweep
from mdsolve.study.reproduce.record import Item, Reproduction, Row

EXPONENTS = tuple(Fraction(-1000 + 2 * k, 1000) for k in range(167))
"""-1 to -0.668 in steps of 0.002, as in the paper."""

PAPER_LIMIT = 10_000
LIMIT = 1_000_000
KNOWN = {
    "one": {-1000: 6, -900: 15, -800: 59, -700: 1223, -680: 7661, -668: 111523},
    "zero": {-1000: 1, -900: 1, -800: 3, -700: 38, -680: 215, -668: 2974},
}
"""Answers computed independently, by thousandths of the exponent."""


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the boundary on both integer grids, without the paper's limit of 10,000."""
    del seed
    points: dict[str, list[Frontier]] = {}
    for grid in ("one", "zero"):
        points[grid], _ = sweep([2], EXPONENTS, grid, "pooled", limit=LIMIT, monitor=monitor)
    rows = []
    for grid, answers in KNOWN.items():
        found = {point.exponent: point.frontier for point in points[grid]}
        for thousandths, known in answers.items():
            value = found[Fraction(thousandths, 1000)]
            types = "1..D" if grid == "one" else "0..D"
            rows.append(
                Row(
                    f"largest D, types {types}, exponent {thousandths / 1000}",
                    known,
                    value,
                    value == known,
                )
            )
    threshold = points["one"][0].threshold
    rows.append(Row("the boundary leaves the computable range near", -0.67, threshold, None))
    passed = {
        grid: next((float(p.exponent) for p in line if _size(p) > PAPER_LIMIT), None)
        for grid, line in points.items()
    }
    rows.append(
        Row(
            "disparity above 10,000 from the exponent",
            -0.66,
            f"{passed['one']} on 1..D, later than -0.668 on 0..D",
            passed["zero"] is None,
        )
    )
    monotone = all(_size(a) <= _size(b) for line in points.values() for a, b in pairwise(line))
    rows.append(Row("a faster growing market tolerates more disparity", "yes", monotone, monotone))
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 3 and section 7.2 of [C20]; 'known' answers from an independent computation",
        tuple(rows),
        (
            "Whether types start at 0 or at the smallest unit changes the answer up to fortyfold: "
            "the grid is part of the question. The paper's text (types in [0, D], over 10,000 near "
            "-0.66) fits types 0..D.",
            "From the threshold on, a mechanism exists for every disparity; below -1 the efficient "
            "rule hands out no model, and charging nothing for nothing is desirable, unlike what "
            "the paper says of markets that do not grow.",
        ),
        {"points": points["one"] + points["zero"]},
    )


def _size(point: Frontier) -> float:
    return float("inf") if isinstance(point.frontier, str) else float(point.frontier)


ITEM = Item("chen2020/figure3", "The boundary of existence of desirable mechanisms", recompute)
