"""`shapley`: p_i = theta (phi_i - value_i (a_i(s) - a_i(0))), phi the Shapley value of all data.

a_i(0) is what the platform's data alone give, theta the option ``share``. With ``index: banzhaf``
all coalitions weigh alike, with ``weights`` agents arrive the later the larger their weight
(`shares.arrivals`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.rules.base import SharingRule, Terms, as_rate
from mdsolve.errors import Finding
from mdsolve.instance.numbers import exact_number

if TYPE_CHECKING:
    from mdsolve.certificate.shares.arrivals import Arrivals
    from mdsolve.certificate.shares.base import Shares
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

POSITIVE = "positive numbers, one per agent or by an agent's name"


class ShapleyPayments(SharingRule):
    """Everybody ends up with their share of all accuracies, or with a part of it."""

    name = "shapley"
    defaults: ClassVar[dict[str, Any]] = {"index": "shapley", "weights": None, "share": 1}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"index": ("shapley", "banzhaf")}

    def wrong_options(self, options: Mapping[str, Any], where: str) -> list[Finding]:
        """Return options that the rule does not know, and numbers outside their range."""
        found = super().wrong_options(options, where)
        share = options.get("share", 1)
        if not _within(share, 0, 1):
            found.append(Finding(f"{where}.share", repr(share)[:60], "a number from 0 to 1"))
        weights = options.get("weights")
        if isinstance(weights, Mapping):
            entries = list(weights.values())
        else:
            entries = [] if weights is None else _listed(weights)
        if not all(_within(entry, 0, None) and exact_number(entry) > 0 for entry in entries):
            found.append(Finding(f"{where}.weights", repr(weights)[:60], POSITIVE))
        return found

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium and fairness; balance and reciprocity of Shapley's index only.

        Who contributes nothing has at least value_i a_i(0) - c_i(0) where others' data never harm,
        and a best response is no worse: nobody would rather stay out where that is not negative.
        Weights and parts of shares leave somebody with less than the Shapley share.
        """
        part, shapley = share_paid(context), context.options.get("index") != "banzhaf"
        found: tuple[str, ...] = ("nash", "equal-treatment")
        if shapley or part == 0:
            found = ("nash", "budget-balance", "equal-treatment")
        if shapley and part == 1 and not _weighted(context):
            found = ("nash", "budget-balance", "reciprocity", "equal-treatment")
        reading = context.reading
        if reading.limited.any():
            found = (*found, "feasibility")
        with np.errstate(all="ignore"):
            alone = np.asarray(reading.benefits(reading.nothing))
            costs = np.asarray(reading.costs.value(reading.nothing))
        harmed = bool((alone < 0).any() or (costs != 0).any())
        if part < 1:
            harmed = harmed or not reading.accuracy.rising
        return found if harmed else (*found, "individual-rationality")

    def tells_apart(self, context: SharingContext) -> Sequence[Hashable] | None:
        """Return the agents' weights."""
        return arrivals_asked(context)

    def terms(self, context: SharingContext) -> Terms:
        """Return shares as benefits, and the part paid of shares less the own gain in accuracy."""
        one, nothing = context.arithmetic.constant(1), context.arithmetic.constant(0)
        theta = share_paid(context)
        if theta == 0:
            return Terms(one, nothing, context.arithmetic.zeros(context.size))
        reading, shares = context.reading, context.derived(shares_asked)
        gained = reading.benefits(context.s) - reading.benefits(reading.nothing)
        if theta == 1:
            return Terms(one, nothing, shares.values - gained, shares)
        part = context.arithmetic.constant(theta)
        return Terms(one, nothing, part * (shares.values - gained), shares, part)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return weighted shares, where the options ask for them."""
        from mdsolve.certificate.stated.figures import Figure

        if not _weighted(context):
            return {}

        def weighted() -> Figure:
            return Figure.exactly(context.derived(shares_asked).values, context.scales.money)

        return {"weighted_shapley": weighted}


def share_paid(context: SharingContext) -> Fraction:
    """Return theta."""
    return as_rate(context.options.get("share", 1), "share")


def _weighted(context: SharingContext) -> bool:
    """Tell whether the options ask for weights that are not all equal, right or wrong ones."""
    try:
        return arrivals_asked(context) is not None
    except NoRouteError:
        return True


def arrivals_asked(context: SharingContext) -> Arrivals | None:
    """Return the weights that the options ask for, None where all are equal.

    Raises
    ------
    NoRouteError
        For weights that are not the agents', or too large.
    """
    from mdsolve.certificate.shares.arrivals import in_whole_numbers

    weights = context.options.get("weights")
    if weights is None:
        return None
    names = context.reading.names
    if isinstance(weights, Mapping):
        unknown = set(weights) - set(names) - {""}
        if unknown:
            message = f"weights.{min(unknown)}: no agent of the instance"
            raise NoRouteError(message)
        everybody = weights.get("", 1)
        entries = [weights.get(name, everybody) for name in names]
    else:
        entries = _listed(weights)
        if len(entries) != len(names):
            message = f"weights: {len(entries)} numbers for {len(names)} agents"
            raise NoRouteError(message)
    whole = in_whole_numbers([as_rate(entry, "a weight") for entry in entries])
    return whole if len(set(whole)) > 1 else None


def shares_asked(context: SharingContext) -> Shares:
    """Return the shares of the index and the weights that the options ask for.

    Raises
    ------
    NoRouteError
        For an index that does not exist, or has no weights.
    """
    from mdsolve.certificate.shares.routes import shares_of

    index, arrivals = context.options.get("index", "shapley"), arrivals_asked(context)
    if index == "shapley":
        if arrivals is None:
            return context.shares
        return shares_of(context.reading, context.s, "shapley", arrivals)
    if index == "banzhaf" and arrivals is None:
        return context.banzhaf
    message = f"an index {index!r}: only shapley and banzhaf are known, and shapley has weights"
    raise NoRouteError(message)


def _listed(weights: Any) -> list[Any]:
    """Return the entries of a list of weights, whatever holds it."""
    return list(weights) if isinstance(weights, Sequence | np.ndarray) else [weights]


def _within(value: Any, least: int, most: int | None) -> bool:
    try:
        number = exact_number(value)
    except (TypeError, ValueError):
        return False
    return number >= least and (most is None or number <= most)
