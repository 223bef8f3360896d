"""`2p-upbred`: a price per sample moves everybody to their capacity, then the model is learned."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.p_means import least
from mdsolve.certificate.rules.base import SharingRule, Terms, above_the_others, as_rate
from mdsolve.certificate.rules.upbred import METHODS, learned, unused_options
from mdsolve.errors import Finding

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

AMPLE = Fraction(5, 4)
"""The price `auto` as a multiple of the largest marginal cost, from which on all of the capacity is
best whatever the others do."""


class TwoPhaseUpbred(SharingRule):
    """p_i = beta (s_i - average of the others' contributions), beta a number or `auto`."""

    name = "2p-upbred"
    learns = True
    defaults: ClassVar[dict[str, Any]] = {
        "beta": "auto",
        "method": "direct",
        "step_size": None,
        "model_step_size": None,
        "steps": None,
        "start": None,
        "model_start": None,
    }
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"method": METHODS}

    def wrong_options(self, options: Mapping[str, Any], where: str) -> list[Finding]:
        """Return what is wrong with options, those of rounds that are not run among them."""
        return [*super().wrong_options(options, where), *unused_options(options, where)]

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium, a stationary model where there is one, and balanced payments."""
        return learned(context)

    def terms(self, context: SharingContext) -> Terms:
        """Return the payments at the price that the options ask for."""
        one, zero = context.arithmetic.constant(1), context.arithmetic.constant(0)
        if context.size == 1:
            return Terms(one, zero, context.reading.nothing)
        price = price_per_sample(context)
        return Terms(one, price, price * above_the_others(context, context.s))

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return slopes, prices, who is worse off, and the path where the protocol was run."""
        from mdsolve.certificate.stated.learned import prices, state
        from mdsolve.certificate.stated.rounds import two_phases

        zeta, beta = largest_marginal_cost(context), price_per_sample(context)
        ran = context.options.get("method") == "dynamics"
        return {
            **state(context),
            **prices(context, zeta, beta),
            **(two_phases(context, zeta, beta) if ran else {}),
        }


def price_per_sample(context: SharingContext) -> Quantity:
    """Return beta as the options ask for it, in money per sample, shape ().

    Raises
    ------
    NoRouteError
        For a negative price, or where no price is ample.
    """
    asked = context.options.get("beta", "auto")
    if asked == "auto":
        return context.arithmetic.constant(AMPLE) * largest_marginal_cost(context)
    price = as_rate(asked, "beta")
    if price < 0:
        message = "a negative beta pays for contributing less"
        raise NoRouteError(message)
    return context.arithmetic.constant(price)


def largest_marginal_cost(context: SharingContext) -> Quantity:
    """Return zeta = max_i c_i'(capacity_i), in money per sample, shape ().

    Data never lower an accuracy, so that beyond it every further sample pays (tau = 0).

    Raises
    ------
    NoRouteError
        If a capacity is infinite, or data may lower accuracies.
    """
    reading, arithmetic = context.reading, context.arithmetic
    if not reading.bounded.all():
        name = reading.names[int(np.argmin(reading.bounded))]
        message = f"agent {name} has no capacity up to which all could be contributed"
        raise NoRouteError(message)
    if not reading.accuracy.rising:
        raise NoRouteError("of an accuracy given as an object no bound on the slopes is known")
    slopes = reading.costs.slope(reading.capacity, "left")
    return arithmetic.maximum(arithmetic.constant(0), -least(arithmetic, -slopes).reshape(()))
