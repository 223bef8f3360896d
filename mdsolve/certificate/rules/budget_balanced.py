"""`budget-balanced`: p_i = beta (c_i(s_i) - average of the others' costs)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.rules.base import GENERAL, SharingRule, Terms, above_the_others, as_rate

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext


class BudgetBalanced(SharingRule):
    """The others bear a share beta of each cost: a number, `optimal` ([M23] (14)) or `full`."""

    name = "budget-balanced"
    defaults: ClassVar[dict[str, Any]] = {"beta": "optimal"}
    looked_at = (*GENERAL, "welfare-kkt")

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium, payments that sum to zero, and budgets kept."""
        always = ("nash", "budget-balance")
        return (*always, "feasibility") if context.reading.limited.any() else always

    def terms(self, context: SharingContext) -> Terms:
        """Return the payments at the rate that the options ask for."""
        one = context.arithmetic.constant(1)
        if context.size == 1:
            return Terms(one, context.arithmetic.constant(0), context.reading.nothing)
        beta = shared_rate(context)
        costs = context.reading.costs.value(context.s)
        payments = beta * above_the_others(context, costs)
        return Terms(1 - beta, context.arithmetic.constant(0), payments)


def shared_rate(context: SharingContext) -> Quantity:
    """Return beta as the options ask for it, shape ().

    Raises
    ------
    NoRouteError
        For a rate outside [0, 1], or `optimal` where costs are not linear.
    """
    asked, n = context.options.get("beta", "optimal"), context.size
    if asked == "full":
        return context.arithmetic.constant(1 - Fraction(1, n))
    if asked == "optimal":
        return best_rate(context)
    share = as_rate(asked, "beta")
    if not 0 <= share <= 1:
        message = "a beta outside [0, 1] is no share of a cost"
        raise NoRouteError(message)
    return context.arithmetic.constant(share)


def best_rate(context: SharingContext) -> Quantity:
    """Return beta* of [M23] (14) in its form without cancellation, shape ().

    beta* = 2 A (n-1)^2 / (B + sqrt(B^2 - 4 A C (n-1)^2)), A = (sum 1/c)^-1, C = sum c,
    B = A n (n-2) + C. With a cost of 0, A = 0 and so is beta*.
    """
    arithmetic, reading, n = context.arithmetic, context.reading, context.size
    if not reading.costs.linear.all():
        message = "beta* is for linear costs"
        raise NoRouteError(message)
    rates = reading.costs.slope(reading.nothing, "right")
    positive = arithmetic.less(arithmetic.zeros(n), rates)
    if not positive.holds.all():
        return arithmetic.constant(0)
    least = 1 / arithmetic.total(1 / rates)
    total = arithmetic.total(rates)
    middle = least * (n * (n - 2)) + total
    square = middle * middle - 4 * least * total * ((n - 1) * (n - 1))
    square = arithmetic.maximum(square, arithmetic.constant(0))
    return 2 * least * ((n - 1) * (n - 1)) / (middle + arithmetic.root(square))
