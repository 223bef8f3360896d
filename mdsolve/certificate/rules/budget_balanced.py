"""`budget-balanced`: p_i = beta (c_i(s_i) - average of the others' costs)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.rules.base import GENERAL, SharingRule, Terms, above_the_others, as_rate

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute


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
        passed_on, borne = split_rate(context)
        costs = context.reading.costs.value(context.s)
        payments = passed_on * above_the_others(context, costs)
        return Terms(borne, context.arithmetic.constant(0), payments)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return the rate, and the planner's duals where agents have budgets."""
        from mdsolve.certificate.stated.program import duals, rate

        return {**rate(context), **duals(context)}


def shared_rate(context: SharingContext) -> Quantity:
    """Return beta as the options ask for it, shape (); see `split_rate`."""
    return split_rate(context)[0]


def split_rate(context: SharingContext) -> tuple[Quantity, Quantity]:
    """Return the shares of each cost that the others and the agent bear, beta and 1 - beta.

    Raises
    ------
    NoRouteError
        For a rate outside [0, 1], or `optimal` where costs are not linear with positive rates.
    """
    constant, n = context.arithmetic.constant, context.size
    asked = context.options.get("beta", "optimal")
    if asked == "full":
        return constant(1 - Fraction(1, n)), constant(Fraction(1, n))
    if asked == "optimal":
        return best_split(context)
    share = as_rate(asked, "beta")
    if not 0 <= share <= 1:
        message = "a beta outside [0, 1] is no share of a cost"
        raise NoRouteError(message)
    return constant(share), constant(1 - share)


def best_split(context: SharingContext) -> tuple[Quantity, Quantity]:
    """Return beta* and 1 - beta* of an instance's linear costs; see `split_of_costs`."""
    reading = context.reading
    if not reading.costs.linear.all():
        message = "beta* is for linear costs"
        raise NoRouteError(message)
    return split_of_costs(context.arithmetic, reading.costs.slope(reading.nothing, "right"))


def rate_of_costs(arithmetic: Arithmetic, rates: Quantity) -> Quantity:
    """Return beta* of linear cost rates, shape (); see `split_of_costs`."""
    return split_of_costs(arithmetic, rates)[0]


def split_of_costs(arithmetic: Arithmetic, rates: Quantity) -> tuple[Quantity, Quantity]:
    """Return beta* of [M23] (14) and 1 - beta*, both without cancellation, shape () each.

    beta* is the smaller root of C b^2 - (A n (n-2) + C) b + A (n-1)^2, A = 1 / sum(1/c_i),
    C = sum c_i. With the spread e = C/A - n^2 = n sum (c_i - m)^2 / (c_i m), m the average rate,
    and r = e + sqrt(e (e + 4 (n-1))),

        beta* = 2 (n-1)^2 / (2 n (n-1) + r),    1 - beta* = (2 (n-1) + r) / (2 n (n-1) + r).

    Equal costs have e = 0 and beta* = 1 - 1/n.

    Raises
    ------
    NoRouteError
        For a rate that is not positive.

    Examples
    --------
    >>> from mdsolve.certificate.numbers import EXACT
    >>> [str(share) for share in split_of_costs(EXACT, EXACT.written([1, 1, 10]))]
    ['1/6', '5/6']
    """
    n = rates.shape[0]
    if not arithmetic.less(arithmetic.zeros(n), rates).holds.all():
        message = "beta* is for costs that all have a positive rate"
        raise NoRouteError(message)
    average = arithmetic.total(rates) / n
    off = rates - average
    square = arithmetic.maximum(off * off, arithmetic.zeros(n))
    spread = n * arithmetic.total(square / (rates * average)).reshape(1)
    more = (spread + arithmetic.root(spread * (spread + 4 * (n - 1)))).reshape(())
    whole = 2 * n * (n - 1) + more
    return 2 * (n - 1) ** 2 / whole, (2 * (n - 1) + more) / whole
