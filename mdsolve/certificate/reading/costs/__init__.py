"""What contributing costs, as the instance writes it: all agents, over any number system.

One file per family, found by its name, offers

    parts(specs, arithmetic)   the formulas of the costs of many agents who have the family
    bends(spec, top)           bounds of the second derivative on [0, top], where there are some
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.costs.base import CostForm, Part, parabola
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.instance.common import family_file, is_function

Indices = npt.NDArray[np.intp]


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
    form = parabola(zero, rate, zero)
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
    """Return the costs of agents given as a list; an entry stands for `count` agents.

    Raises
    ------
    UnreadError
        For a family that the checker, or this number system, has no reading for.
    """
    counts = np.array([spec.count for spec in specs])
    first = np.cumsum(counts) - counts
    entries: dict[str, list[int]] = {}
    for k, spec in enumerate(specs):
        entries.setdefault(family_file(spec.cost), []).append(k)
    forms: list[tuple[Indices, CostForm]] = []
    linear, curved = np.zeros((2, len(specs)), dtype=np.bool_)
    for name, members in entries.items():
        numbers = np.array(members)
        found: list[Part] = _family(name).parts([specs[k].cost for k in members], arithmetic)
        for part in found:
            chosen = numbers[part.places]
            linear[chosen], curved[chosen] = part.linear, part.curved
            each = counts[chosen]
            inside = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
            agents = np.repeat(first[chosen], each) + inside
            forms.append((agents, part.form.take(np.repeat(np.arange(len(chosen)), each))))
    known: dict[Any, int] = {}
    kinds = [known.setdefault(_key(spec.cost), len(known)) for spec in specs]
    tables = (np.repeat(linear, counts), np.repeat(curved, counts), np.repeat(kinds, counts))
    return Costs(arithmetic, forms, *tables)


def bends_of(spec: Any, top: float) -> tuple[float, float] | None:
    """Return the least and largest second derivative of a cost on [0, top]; None: not bounded."""
    family = _family(family_file(spec))
    if not hasattr(family, "bends"):
        return None
    found: tuple[float, float] | None = family.bends(spec, top)
    return found


def _key(cost: Any) -> Any:
    """Return something equal for the same costs; only the same object is surely the same cost."""
    return id(cost) if is_function(cost) else tuple(dict(cost).items())


@cache
def _family(name: str) -> ModuleType:
    """Return the file of a family.

    Raises
    ------
    UnreadError
        Where there is none.
    """
    file = f"{__name__}.{name}"
    if find_spec(file) is None:
        message = f"the cost family {name.replace('_', '-')}"
        raise UnreadError(message)
    return import_module(file)
