"""The normalised p-mean M_p(u) = (1/n sum_i u_i^p)^(1/p), p <= 1, over any number system.

p = 1 is the average, p = 0 the geometric mean, p = -inf the minimum (None stands for it). For
p < 1 the mean is one of positive numbers only. With p' = p / (p - 1), for u >= 0 and weights
lambda >= 0,

    M_p(u) <= sum_i lambda_i u_i / M_p'(n lambda)        (reverse Hoelder; p' = 0, 1, -inf at
                                                          p = 0, -inf, 1)

with equality where lambda_i is proportional to u_i^(p - 1).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.instance.numbers import exact_number

Exponent = Fraction | None
"""p as asked for; None is -inf."""


def exponent(asked: Any) -> Exponent:
    """Return the exponent of a mean that options ask for.

    Raises
    ------
    NoRouteError
        If it is no number, or above 1.

    Examples
    --------
    >>> exponent("-inf"), exponent(0.5)
    (None, Fraction(1, 2))
    """
    if asked == "-inf" or (isinstance(asked, float) and asked == -math.inf):
        return None
    try:
        found = exact_number(asked)
    except (TypeError, ValueError):
        message = f"the exponent of the mean is no number: {asked!r}"
        raise NoRouteError(message) from None
    if found > 1:
        message = f"the exponent of the mean is {found}; a mean of welfare has at most 1"
        raise NoRouteError(message)
    return found


def shown_exponent(p: Exponent) -> float | str:
    """Return the exponent as solutions state it."""
    return "-inf" if p is None else float(p)


def least(arithmetic: Arithmetic, values: Quantity) -> Quantity:
    """Return the smallest entry of a vector, shape (1,)."""
    while values.shape[0] > 1:
        half = values.shape[0] // 2
        paired = arithmetic.minimum(values[:half], values[half : 2 * half])
        odd = values.shape[0] % 2
        values = arithmetic.concatenate([paired, values[2 * half :]]) if odd else paired
    return values


def p_mean(arithmetic: Arithmetic, values: Quantity, p: Exponent) -> Quantity:
    """Return M_p of a vector, shape (1,).

    Raises
    ------
    NoRouteError
        If p < 1 and an entry is not certainly positive.
    IrrationalError
        In exact arithmetic, where the mean is no fraction.

    Examples
    --------
    >>> from mdsolve.certificate.numbers import EXACT
    >>> p_mean(EXACT, EXACT.written([1, 3]), Fraction(-1))
    array([3/2], dtype=object)
    """
    n = values.shape[0]
    if p is None:
        return least(arithmetic, values)
    if p == 1:
        return arithmetic.total(values).reshape(1) / n
    if not arithmetic.less(arithmetic.zeros(n), values).holds.all():
        message = "a utility is not certainly positive, so the p-mean is not defined"
        raise NoRouteError(message)
    if p == 0:
        logs = arithmetic.total(arithmetic.logarithm(values)).reshape(1)
        return arithmetic.exponential(logs / n)
    reference = _reference(arithmetic, values, largest=p > 0)
    powers = arithmetic.total(arithmetic.power(values / reference, p)).reshape(1) / n
    return reference * arithmetic.power(powers, 1 / p)


def conjugate_mean(arithmetic: Arithmetic, weights: Quantity, p: Exponent) -> Quantity:
    """Return M_p' of weights >= 0, shape (1,): what a weighted sum is divided by.

    Weights of 0 make it 0 where p' <= 0, and add nothing where 0 < p' < 1.
    """
    if p is None:
        return p_mean(arithmetic, weights, Fraction(1))
    if p == 1:
        return least(arithmetic, weights)
    positive = arithmetic.less(arithmetic.zeros(weights.shape[0]), weights).holds
    if positive.all():
        return p_mean(arithmetic, weights, p / (p - 1))
    if p >= 0 or not positive.any():
        return arithmetic.zeros(1)
    # A part of a sum of powers is at most the sum, so leaving entries out is on the safe side.
    part = p_mean(arithmetic, weights[np.flatnonzero(positive)], p / (p - 1))
    share = Fraction(int(positive.sum()), weights.shape[0])
    spread = arithmetic.power(arithmetic.constant(share).reshape(1), (p - 1) / p)
    return part * spread


def _reference(arithmetic: Arithmetic, values: Quantity, *, largest: bool) -> Quantity:
    """Return a positive double near the end of the values that dominates a sum of powers."""
    near = arithmetic.nearest(values)
    end = float(near.max() if largest else near.min())
    usable = 0 < end < math.inf
    return arithmetic.stored(np.array([end if usable else 1.0]))
