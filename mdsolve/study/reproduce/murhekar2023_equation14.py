"""[M23] (14): the rate beta* of the budget-balanced mechanism, as printed and without cancellation.

(14) subtracts two nearly equal numbers where costs are nearly equal or very unequal. The package
uses a sum of non-negative terms instead (`rate_of_costs`). Both are held against the quadratic's
root in sixty decimal digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.budget_rate import rate_of_costs
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import ROUND_OFF

DIGITS = 60
DRAWS = 200
"""Random cost vectors for Lemma 1."""

EXPONENTS = tuple(range(-15, 16))
"""Costs are 1 + (0, 0.3, 1) 10^k for these k: nearly equal to very unequal."""

LOST = 10
"""(14) counts as wrong where it misses by more than this many times what rounding explains."""


def printed_rate(rates: Sequence[float]) -> float:
    """Return beta* by (14), in doubles.

    Examples
    --------
    >>> round(printed_rate([1.0, 1.0, 10.0]), 12)
    0.166666666667
    """
    n = len(rates)
    a, c = 1 / sum(1 / x for x in rates), sum(rates)
    b = a * n * (n - 2) + c
    return (b - math.sqrt(max(0.0, b * b - 4 * a * c * (n - 1) ** 2))) / (2 * c)


def exact_rate(rates: Sequence[float]) -> Decimal:
    """Return beta* to sixty digits, the smaller root of the quadratic with exact coefficients.

    Examples
    --------
    >>> float(exact_rate([1.0, 1.0, 10.0]))
    0.16666666666666666
    """
    n = len(rates)
    exact = [Fraction(x) for x in rates]
    a, c = 1 / sum((1 / x for x in exact), Fraction(0)), sum(exact, Fraction(0))
    b = a * n * (n - 2) + c
    discriminant = b * b - 4 * a * c * (n - 1) ** 2
    with localcontext() as context:
        context.prec = 2 * DIGITS

        def decimal(x: Fraction) -> Decimal:
            return Decimal(x.numerator) / Decimal(x.denominator)

        root = (decimal(b) - decimal(discriminant).sqrt()) / (2 * decimal(c))
        context.prec = DIGITS
        return +root


def relative_error(found: float, exact: Decimal) -> float:
    """Return |found / exact - 1|."""
    with localcontext() as context:
        context.prec = DIGITS
        return float(abs(Decimal(found) / exact - 1))


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Compare both forms over thirty magnitudes, and check Lemma 1 on random costs."""
    spreads = [10.0**k for k in EXPONENTS]
    ours, theirs = [], []
    for step, spread in enumerate(spreads):
        rates = [1.0, 1.0 + 0.3 * spread, 1.0 + spread]
        exact = exact_rate(rates)
        ours.append(relative_error(rate_of_costs(np.array(rates)), exact))
        theirs.append(relative_error(printed_rate(rates), exact))
        monitor.advance("costs", step + 1, len(spreads))
    random = np.random.default_rng(seed)
    drawn = [random.lognormal(0, 2, int(random.integers(2, 40))) for _ in range(DRAWS)]
    inside = [0 <= rate_of_costs(rates) <= 1 - 1 / len(rates) for rates in drawn]
    errors = [relative_error(rate_of_costs(rates), exact_rate(rates.tolist())) for rates in drawn]
    equal = max(abs(rate_of_costs(np.full(n, 0.3)) - (1 - 1 / n)) for n in range(2, 100))
    near, far = theirs[: len(theirs) // 2], theirs[len(theirs) // 2 + 1 :]
    known = float(exact_rate([1.0, 1.0, 10.0]))
    rows = (
        Row("beta* for costs (1, 1, 10)", "", f"{known:.16g}", abs(6 * known - 1) <= ROUND_OFF),
        Row(
            "beta* for equal costs",
            "1 - 1/n",
            f"1 - 1/n within {equal:.1e} for n = 2 to 99",
            equal <= ROUND_OFF,
            note="the discriminant of (14) is exactly 0 there",
        ),
        Row(
            "Lemma 1: 0 <= beta* <= 1 - 1/n",
            "always",
            f"in {sum(inside)} of {DRAWS} random cost vectors of 2 to 39 agents",
            all(inside),
        ),
        Row(
            "largest relative error of the form used here",
            "",
            f"{max(ours + errors):.1e}",
            max(ours + errors) <= ROUND_OFF,
            note=f"against {DIGITS} digits; costs 1 + (0, 0.3, 1) 10^k, |k| <= 15, and random ones",
        ),
        Row(
            "largest relative error of (14) near equal costs",
            "exact",
            f"{max(near):.1e}",
            max(near) <= LOST * ROUND_OFF,
            note="half of the sixteen digits are lost",
        ),
        Row(
            "largest relative error of (14) at very unequal costs",
            "exact",
            f"{max(far):.1e}",
            max(far) <= LOST * ROUND_OFF,
            note="4 A C (n-1)^2 vanishes beside the square it is subtracted from",
        ),
    )
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "(14) and Lemma 1 of [M23]",
        rows,
        ("(14) is right; only its evaluation in doubles is not.",),
        {"spread": spreads, "ours": ours, "printed": theirs},
    )


ITEM = Item("murhekar2023/equation-14", "The rate beta* without loss of digits", recompute)
