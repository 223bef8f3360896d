"""What contributing costs, as the instance writes it: all agents, over any number system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.lines import Lines
from mdsolve.certificate.reading.unread import UnreadError

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class CostForm:
    """c(s) of a few agents whose costs have one formula; parameters may be arrays over them.

    Parameters
    ----------
    taken : callable or None
        The form of some of its agents, by their places in it; None where all share all parameters.
    levels : (k,) or None
        All marginal costs, where there are finitely many and all agents share them.
    """

    value: Callable[[Quantity], Quantity]
    slope: Callable[[Quantity, Side], Quantity]
    taken: Callable[[Indices], CostForm] | None = None
    levels: Quantity | None = None

    def take(self, places: Indices) -> CostForm:
        """Return the form of some of its agents, which may repeat."""
        return self if self.taken is None else self.taken(places)


@dataclass(frozen=True)
class Costs:
    """c_i(s_i) of n agents: non-decreasing and convex, in money; s_i >= 0 in samples.

    Parameters
    ----------
    forms : sequence of (indices, CostForm)
        Every agent is in exactly one.
    linear, curved : (n,) of bool
        Whose marginal cost is constant, and whose certainly rises everywhere.
    kind : (n,) of int or None
        Equal numbers mean the same costs; None: nobody is known to have another's.
    """

    arithmetic: Arithmetic
    forms: Sequence[tuple[Indices, CostForm]]
    linear: npt.NDArray[np.bool_]
    curved: npt.NDArray[np.bool_]
    kind: Indices | None = None

    @property
    def kinds(self) -> Indices:
        """Return numbers that are equal for agents with the same costs, shape (n,)."""
        return np.arange(len(self.linear)) if self.kind is None else self.kind

    def value(self, s: Quantity) -> Quantity:
        """Return c_i(s_i), shape (n,)."""
        return self._gathered([form.value(s[agents]) for agents, form in self.forms])

    def slope(self, s: Quantity, side: Side) -> Quantity:
        """Return one-sided derivatives, shape (n,)."""
        return self._gathered([form.slope(s[agents], side) for agents, form in self.forms])

    def take(self, agents: Indices) -> Costs:
        """Return the costs of some agents, who may repeat: entry k is what agent agents[k] pays."""
        forms = []
        for members, form in self.forms:
            place = np.full(len(self.linear), -1, dtype=np.intp)
            place[members] = np.arange(len(members))
            here = np.flatnonzero(place[agents] >= 0)
            if here.size:
                forms.append((here, form.take(place[agents[here]])))
        columns = (self.linear[agents], self.curved[agents], self.kinds[agents])
        return Costs(self.arithmetic, forms, *columns)

    def _gathered(self, parts: list[Quantity]) -> Quantity:
        if len(parts) == 1:
            return parts[0]
        order = np.argsort(np.concatenate([agents for agents, _ in self.forms]))
        return self.arithmetic.concatenate(parts)[order]


def costs_by_column(column: Any, count: int, arithmetic: Arithmetic) -> Costs:
    """Return linear costs given as one rate for all, or an array of rates."""
    rate = spread(column, count, arithmetic)
    zero = arithmetic.zeros(count)
    form = quadratic(zero, rate, zero)
    every = np.ones(count, dtype=np.bool_)
    kind = np.zeros(count, dtype=np.intp)
    if isinstance(column, np.ndarray):
        kind = np.unique(column, return_inverse=True)[1].reshape(-1)
    return Costs(arithmetic, [(np.arange(count), form)], every, ~every, kind)


def spread(column: Any, count: int, arithmetic: Arithmetic) -> Quantity:
    """Return one number per agent, from an array or one number for all."""
    if isinstance(column, np.ndarray):
        return arithmetic.written(column)
    return arithmetic.broadcast(arithmetic.constant(Fraction(column)), (count,))


def costs_of(specs: Sequence[Any], arithmetic: Arithmetic) -> Costs:
    """Return the costs of agents given as a list; an entry stands for `count` agents."""
    counts = np.array([spec.count for spec in specs])
    owners = np.repeat(np.arange(len(specs)), counts)
    families = [_family(spec.cost) for spec in specs]
    forms: list[tuple[Indices, CostForm]] = []
    smooth = [k for k, family in enumerate(families) if family in ("linear", "quadratic")]
    if smooth:
        agents = np.flatnonzero(np.isin(owners, smooth))
        place = {k: j for j, k in enumerate(smooth)}
        picks = np.array([place[k] for k in owners[agents].tolist()], dtype=np.intp)
        columns = [
            arithmetic.written([getattr(specs[k].cost, key, Fraction(0)) for k in smooth])[picks]
            for key in ("fixed", "rate", "curvature")
        ]
        forms.append((agents, quadratic(*columns)))
    for k, family in enumerate(families):
        if family in ("linear", "quadratic"):
            continue
        forms.append((np.flatnonzero(owners == k), _form(specs[k].cost, family, arithmetic)))
    straight = np.array(
        [
            family == "linear" or (family == "quadratic" and spec.cost.curvature == 0)
            for family, spec in zip(families, specs, strict=True)
        ],
        dtype=np.bool_,
    )
    curved = np.array(
        [
            (family == "quadratic" and spec.cost.curvature > 0)
            or (family == "power" and spec.cost.rate > 0 and spec.cost.exponent > 1)
            for family, spec in zip(families, specs, strict=True)
        ],
        dtype=np.bool_,
    )
    known: dict[Any, int] = {}
    kinds = [
        known.setdefault(_key(spec.cost, family), len(known))
        for family, spec in zip(families, specs, strict=True)
    ]
    tables = (np.repeat(straight, counts), np.repeat(curved, counts), np.repeat(kinds, counts))
    return Costs(arithmetic, forms, *tables)


def _key(cost: Any, family: str) -> Any:
    """Return something equal for the same costs."""
    return id(cost) if family == "python" else (family, tuple(dict(cost).items()))


def _family(cost: Any) -> str:
    return str(getattr(cost, "family", "python"))


def quadratic(fixed: Quantity, rate: Quantity, curvature: Quantity) -> CostForm:
    """Return fixed + rate s + curvature s^2 / 2."""
    return CostForm(
        lambda s: fixed + s * (rate + curvature * s / 2),
        lambda s, side: rate + curvature * s,  # noqa: ARG005 - smooth
        lambda places: quadratic(fixed[places], rate[places], curvature[places]),
    )


def _form(cost: Any, family: str, arithmetic: Arithmetic) -> CostForm:
    if family == "power":
        rate, factor = (arithmetic.constant(x) for x in (cost.rate, cost.rate * cost.exponent))
        return CostForm(
            lambda s: rate * arithmetic.power(s, cost.exponent),
            lambda s, side: factor * arithmetic.power(s, cost.exponent - 1),  # noqa: ARG005
        )
    if family == "piecewise-linear":
        lines = Lines(arithmetic, cost.points, flat_end=False)
        return CostForm(lines.largest, lines.slope, levels=lines.slopes)
    if arithmetic.rigorous:
        message = "a cost given as a Python object"
        raise UnreadError(message)
    return CostForm(
        lambda s: np.array([float(cost.value(x)) for x in s.tolist()]),
        lambda s, side: np.array([float(cost.gradient(x)) for x in s.tolist()]),  # noqa: ARG005
    )
