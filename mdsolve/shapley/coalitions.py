"""Any payoff as a sum of functions of additive totals: A(X) = sum_r F_r(sum_{j in X} amount_rj).

Every accuracy family has this form: weighted data with any curve directly, coverage and union
through logarithms of the chances to miss. Enumeration, lattice and sampling need nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.product_shares import product_rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
SURE = 800.0
"""An amount so large that e^-amount is 0."""

Function = Callable[[Floats], Floats]


@dataclass(frozen=True)
class AdditiveRow:
    """One payoff that looks at a total.

    Parameters
    ----------
    amounts : (n,)
        What each agent adds to the total.
    rates : (n,)
        d amount_j / d s_j.
    value, slope : callable
        F and its right derivative, in money, elementwise.
    kinks : tuple of float
        Totals at which the slope may jump.
    """

    amounts: Floats
    rates: Floats
    value: Function
    slope: Function
    kinks: tuple[float, ...] = ()


def additive_rows(game: SharingGame, s: Floats) -> Iterator[AdditiveRow]:
    """Yield the rows of a game's total payoff at contributions s.

    Raises
    ------
    UnsupportedError
        For accuracy families that are not known here.
    """
    accuracy = game.accuracy.of_amounts
    if accuracy is not None:
        for weights, agents in accuracy.weights.distinct_rows():
            terms = _terms(accuracy.curve, game.value, agents)
            value, slope = _sum_of_curves(terms, accuracy.platform_data)
            kinks = tuple(
                float(kink) - accuracy.platform_data for _, curve in terms for kink in curve.kinks
            )
            yield AdditiveRow(weights * s, weights, value, slope, kinks)
        return
    products = product_rows(game, s)
    if products is None:
        raise UnsupportedError.single(
            "accuracy: family",
            game.accuracy.family,
            "a family whose coalitions can be valued",
        )
    for missed, pace, weight in zip(products.missed, products.pace, products.weights, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            amounts = np.minimum(-np.log(missed), SURE)
            rates = np.where(pace > 0, pace / missed, 0.0)
        value, slope = _exponential(float(weight))
        yield AdditiveRow(amounts, rates, value, slope)


def _exponential(weight: float) -> tuple[Function, Function]:
    def value(y: Floats) -> Floats:
        return np.asarray(-weight * np.expm1(-y))

    def slope(y: Floats) -> Floats:
        return np.asarray(weight * np.exp(-y))

    return value, slope


def _sum_of_curves(terms: list[tuple[float, Curve]], shift: float) -> tuple[Function, Function]:
    def value(y: Floats) -> Floats:
        return np.asarray(sum(money * curve.value(y + shift) for money, curve in terms))

    def slope(y: Floats) -> Floats:
        return np.asarray(sum(money * curve.slope(y + shift) for money, curve in terms))

    return value, slope


def _terms(curve: Curve, value: Floats, agents: Ints) -> list[tuple[float, Curve]]:
    """Return the agents' curves, equal ones once, with the money they are worth."""
    if curve.shared:
        return [(float(value[agents].sum()), curve)]
    found: dict[Curve, float] = {}
    for agent in agents.tolist():
        own = curve.of(agent)
        found[own] = found.get(own, 0.0) + float(value[agent])
    return [(money, own) for own, money in found.items()]
