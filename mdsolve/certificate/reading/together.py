"""What everybody's data are worth together: A(s) = sum_i value_i a_i(s), in parts that add up.

Shapley shares are shares of A, and every kind of part has its own way to them: a power of an amount
of data is a mixture of exponentials, coverage is a sum of products, an amount itself is linear.
What is none of these is a function of one amount of data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Piece, Side
from mdsolve.certificate.reading.weights import Weights

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class DecayPart:
    """-money (offset + sum_j w_j s_j)^-exponent.

    Parameters
    ----------
    weights : (n,)
    money : quantity of shape ()
        Money times samples^exponent.
    exponent : Fraction
    offset : quantity of shape ()
        Samples; the platform's data are part of it.
    """

    weights: Quantity
    money: Quantity
    exponent: Fraction
    offset: Quantity

    def as_curve(self, arithmetic: Arithmetic) -> CurvePart:
        """Return the same as a function of an amount of data."""
        b, offset = self.exponent, self.offset
        factor = arithmetic.constant(b)

        def value(y: Quantity) -> Quantity:
            return -arithmetic.power(offset + y, -b)

        def slope(y: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
            return factor * arithmetic.power(offset + y, -b - 1)

        nothing = arithmetic.constant(0)
        curve = Curve(arithmetic, (Piece(nothing, value, slope),), np.inf, 0.0)
        return CurvePart(self.weights, self.money, curve, nothing)


@dataclass(frozen=True)
class LinearPart:
    """sum_j rate_j s_j, rates of shape (n,), in money per sample."""

    rates: Quantity


@dataclass(frozen=True)
class CurvePart:
    """money f(platform + sum_j w_j s_j), for any curve f."""

    weights: Quantity
    money: Quantity
    curve: Curve
    platform: Quantity


@dataclass(frozen=True)
class ProductParts:
    """-sum_r money_r prod_j k_jr(s_j), every k falling from at most 1 and never negative.

    Parameters
    ----------
    money : (rows,)
    kept : callable
        From agents (m,) and their contributions (m,) to k, shape (m, rows).
    falls : callable
        From agents and the ends of intervals of contributions (the last may be None) to bounds of
        -dk/ds between them, twice (m, rows).
    strict : bool
        Whether every k is strictly convex or constant.
    """

    money: Quantity
    kept: Callable[[Indices, Quantity], Quantity]
    falls: Callable[[Indices, Quantity, Quantity | None], tuple[Quantity, Quantity]]
    strict: bool


@dataclass(frozen=True)
class Together:
    """All parts of A, constants left out."""

    decays: Sequence[DecayPart] = ()
    linear: LinearPart | None = None
    curves: Sequence[CurvePart] = ()
    products: ProductParts | None = None


def parts_of_curves(
    weights: Weights,
    curves: Sequence[Curve],
    label: Indices,
    platform: Quantity,
    value: Quantity,
) -> Together:
    """Return the parts of accuracies a_i = f_i((W s)_i + platform), agents of one row together.

    Parameters
    ----------
    label : (n,) of int
        Which curve each agent has.
    value : (n,)
        Money per unit of accuracy.
    """
    arithmetic = weights.arithmetic
    kinds = weights.kinds
    pairs, of_pair = np.unique(np.stack([kinds, label], axis=1), axis=0, return_inverse=True)
    of_pair = of_pair.reshape(-1)
    order = np.argsort(of_pair, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(of_pair))[:-1])
    decays: dict[tuple[int, Fraction, Fraction], Quantity] = {}
    found: list[CurvePart] = []
    rates: Quantity | None = None
    for (kind, number), agents in zip(pairs.tolist(), members, strict=True):
        curve, money = curves[number], arithmetic.total(value[agents])
        if curve.decay is not None:
            decay = curve.decay
            key = (kind, decay.exponent, decay.offset)
            worth = money * decay.scale
            decays[key] = worth if key not in decays else decays[key] + worth
        elif curve.rate is not None:
            added = money * curve.rate * weights.row(kind)
            rates = added if rates is None else rates + added
        else:
            found.append(CurvePart(weights.row(kind), money, curve, platform))
    mixtures = [
        DecayPart(weights.row(kind), money, exponent, arithmetic.constant(offset) + platform)
        for (kind, exponent, offset), money in decays.items()
    ]
    return Together(mixtures, None if rates is None else LinearPart(rates), found)
