"""What a design was asked to respect, from the options of `target`, in any number system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.p_means import Exponent, exponent
from mdsolve.instance.numbers import exact_number

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext

GOALS = ("welfare", "data", "accuracy", "least-utility")
MEAN = "p-mean="

ENDS: Mapping[str, tuple[int, int | None]] = {
    "alone": (0, None),
    "payment_limit": (0, None),
    "reciprocity": (0, 1),
    "least_share": (0, 1),
    "least_total": (0, None),
}
"""Least and most that may be asked for."""


@dataclass(frozen=True)
class Asked:
    """Goal and requirements.

    Parameters
    ----------
    goal : str
        One of `GOALS`, or ``p-mean``.
    exponent : Fraction or None
        Of the p-mean; None is the minimum.
    margin : Fraction or None
        By how much everybody is better off than alone, in money; None: not asked.
    limits : (n,)
        Most that agents may be asked to pay; 0 where there is no limit, which `limited` tells.
    reciprocity : Fraction
    shares : (n,)
        Least contributions as parts of capacity.
    total : Fraction
        Least sum of contributions, in samples.
    fixed : (n,) or None
        Wanted contributions.
    dominant, rates : bool
    """

    goal: str
    exponent: Exponent
    margin: Fraction | None
    limits: Quantity
    limited: Booleans
    reciprocity: Fraction
    shares: Quantity
    shared: Booleans
    total: Fraction
    fixed: Quantity | None
    dominant: bool
    rates: bool
    largest_limit: float

    @property
    def of_utilities(self) -> bool:
        """Whether the goal depends on who pays whom."""
        return self.goal in ("least-utility", "p-mean")


def asked(context: SharingContext) -> Asked:
    """Return what the options ask for.

    Raises
    ------
    NoRouteError
        For an option that is not what it should be.
    """
    options, arithmetic, n = context.options, context.arithmetic, context.size
    goal, p = str(options["maximize"]).replace("_", "-"), None
    if goal.startswith(MEAN):
        goal, p = "p-mean", exponent(goal.removeprefix(MEAN))
    elif goal not in GOALS:
        message = f"the goal {goal!r}: only {', '.join(GOALS)} and p-mean=P are known"
        raise NoRouteError(message)
    margin = None if options["alone"] == "no" else number(options["alone"], "alone")
    limits, limited = _column(context, "payment_limit")
    more, there = _requested(context)
    limits = arithmetic.where(
        there, arithmetic.where(limited, arithmetic.minimum(limits, more), more), limits
    )
    shares, shared = _column(context, "least_share")
    fixed = options["contributions"]
    wanted = None
    if fixed is not None:
        if not isinstance(fixed, list | tuple | np.ndarray):
            raise NoRouteError("contributions is not a list of numbers")
        numbers = [number(entry, "contributions") for entry in fixed]
        if len(numbers) != n:
            message = f"contributions: {len(numbers)} numbers for {n} agents"
            raise NoRouteError(message)
        wanted = arithmetic.written(numbers)
    return Asked(
        goal,
        p,
        margin,
        limits,
        limited | there,
        number(options["reciprocity"], "reciprocity"),
        shares,
        shared,
        number(options["least_total"], "least_total"),
        wanted,
        options["dominant"] == "yes",
        options["form"] == "rates",
        float(arithmetic.nearest(limits)[limited | there].max(initial=0.0)),
    )


def number(value: Any, what: str) -> Fraction:
    """Return what a file states as a number.

    Raises
    ------
    NoRouteError
        If it is none.
    """
    try:
        found = exact_number(value)
    except (TypeError, ValueError):
        message = f"{what} is not a number: {value!r}"
        raise NoRouteError(message) from None
    least, most = ENDS.get(what, (found, None))
    if found < least or (most is not None and found > most):
        message = f"{what}: {value!r} is outside what may be asked for"
        raise NoRouteError(message)
    return found


def _column(context: SharingContext, name: str) -> tuple[Quantity, Booleans]:
    """Return one number per agent, and who has one."""
    value, arithmetic, n = context.options[name], context.arithmetic, context.size
    if not isinstance(value, Mapping):
        same = Fraction(0) if value is None else number(value, name)
        one = arithmetic.zeros(n) + arithmetic.constant(same)
        return one, np.full(n, value is not None)
    entries, names = value, context.reading.names
    unknown = [key for key in entries if key and key not in set(names)]
    if unknown:
        message = f"{name}.{unknown[0]}: no agent of the instance"
        raise NoRouteError(message)
    found = [entries.get(agent, entries.get("")) for agent in names]
    given = np.array([entry is not None for entry in found], dtype=np.bool_)
    numbers = [Fraction(0) if entry is None else number(entry, name) for entry in found]
    return arithmetic.written(numbers), given


def _requested(context: SharingContext) -> tuple[Quantity, Booleans]:
    """Return the limits that whoever checks asks for besides."""
    if not context.limits:
        return context.arithmetic.zeros(context.size), np.zeros(context.size, dtype=np.bool_)
    limits = [context.limits.get(name, context.limits.get("")) for name in context.reading.names]
    there = np.array([limit is not None for limit in limits], dtype=np.bool_)
    numbers = [0 if limit is None else limit for limit in limits]
    return context.arithmetic.written(numbers), there
