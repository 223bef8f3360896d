"""Weights of the weighted Shapley value ([Kalai and Samet 1987]) as whole numbers.

Agents arrive at independent times, agent j before time x with chance x^weight_j, and everybody is
credited with what they add on arrival. Only the ratios of weights matter, so rational weights are
whole numbers a_j without a common divisor. With y the chance of arriving by the same time at weight
1, averages over coalitions are integrals over y of polynomials of degree sum_j a_j - 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from mdsolve.errors import UnsupportedError

Ratios = tuple[int, ...]
"""A whole number per agent, without a common divisor; where all are equal, None stands for them."""

LARGEST_SUM = 2000
"""Largest sum of whole ratios: half as many Gauss-Legendre nodes are exact."""

EXAMPLE_PARTS = 20
"""Parts of the largest weight that a suggestion rounds to."""


def whole_ratios(weights: Sequence[Fraction]) -> Ratios | None:
    """Return positive weights as whole numbers in the same ratios, None where all are equal.

    Raises
    ------
    UnsupportedError
        Where the whole numbers sum to more than `LARGEST_SUM`.

    Examples
    --------
    >>> whole_ratios([Fraction(1), Fraction(5, 4)])
    (4, 5)
    >>> whole_ratios([Fraction(2), Fraction(2)]) is None
    True
    """
    if all(weight == weights[0] for weight in weights):
        return None
    scale = math.lcm(*(weight.denominator for weight in weights))
    found = [int(weight * scale) for weight in weights]
    divisor = math.gcd(*found)
    ratios = tuple(entry // divisor for entry in found)
    if sum(ratios) > LARGEST_SUM:
        raise UnsupportedError.single(
            "option weights",
            f"whole numbers in their ratios that sum to {sum(ratios):,}",
            f"a sum of at most {LARGEST_SUM:,}",
            f"round the weights to multiples of one number, for example to {_rounded(weights)}",
        )
    return ratios


def _rounded(weights: Sequence[Fraction]) -> str:
    """Return the first weights in parts of the largest one, at least one part each."""
    largest = max(weights)
    parts = [max(1, round(EXAMPLE_PARTS * weight / largest)) for weight in weights]
    return ", ".join(map(str, parts[:5])) + (", ..." if len(parts) > 5 else "")
