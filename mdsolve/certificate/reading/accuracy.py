"""Accuracies of all agents, and each along their own contribution, over any number system.

Along the own contribution an accuracy is made of concave branches, the same number for all agents:
its largest branch counts (`power`, clipped curves), or branches follow each other (`union`).
Whatever bounds every branch bounds the accuracy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Side
from mdsolve.certificate.reading.together import Together, parts_of_curves
from mdsolve.certificate.reading.weights import CommonWeights, Weights

Indices = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Branch:
    """A concave function of everybody's own contribution x, shape (n,), on [start, end].

    Parameters
    ----------
    start : (n,)
        Samples.
    end : (n,) or None
        None: no end for anybody.
    present : (n,) of bool
        Who has the branch at all.
    value, slope : callable
        a_i with agent i alone at x_i, and its one-sided derivative; defined for x >= start.
    """

    start: Quantity
    end: Quantity | None
    present: Booleans
    value: Callable[[Quantity], Quantity]
    slope: Callable[[Quantity, Side], Quantity]


@dataclass(frozen=True)
class Pooled:
    """What everybody's model sees where it sees the plain sum of all data.

    Parameters
    ----------
    curves : sequence of Curve
        The different ones.
    label : (n,) of int
        Which curve each agent has.
    platform : quantity of shape ()
        Samples.
    """

    curves: Sequence[Curve]
    label: Indices
    platform: Quantity


class Accuracy(ABC):
    """Accuracies of n agents as functions of all contributions s >= 0 in samples."""

    arithmetic: Arithmetic
    heights: npt.NDArray[np.float64]
    """Largest absolute accuracy of each agent, infinite where there is none, shape (n,)."""
    units: npt.NDArray[np.float64]
    """Amount of own data that the family itself knows, 0 where it knows none, shape (n,)."""

    @property
    @abstractmethod
    def concave(self) -> bool:
        """Tell whether every a_i is concave in all contributions."""

    @property
    def rising(self) -> bool:
        """Tell whether nobody's data ever lower anybody's accuracy."""
        return True

    @property
    def substitutes(self) -> bool:
        """Tell whether own data never add more where the others have more."""
        return False

    @property
    def pooled(self) -> Pooled | None:
        """The curves of the plain sum of all data, or None where models weigh data differently."""
        return None

    @property
    def of_amounts(self) -> WeightedAccuracy | None:
        """The accuracy as curves of amounts of data, or None where it is something else."""
        return None

    @abstractmethod
    def values(self, s: Quantity) -> Quantity:
        """Return a_i(s), platform data included, shape (n,)."""

    def together(self, value: Quantity) -> Together | None:
        """Return the parts of sum_i value_i a_i, or None where only values are known."""
        del value
        return None

    def gradients(self, s: Quantity) -> Quantity | None:
        """Return da_i / ds_j, shape (n, n), where nothing but values and gradients is known."""
        del s
        return None

    @abstractmethod
    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return everybody's branches, the others as in s.

        Parameters
        ----------
        alone : bool
            Whether own data are all there is: no others, and no platform either.
        """

    def classes(self, agents: int) -> Indices:
        """Return numbers, (n,), equal only for agents who surely could swap places.

        By default nobody is known to be like another.
        """
        return np.arange(agents)

    @abstractmethod
    def trait(self, agent: int) -> Hashable:
        """Return something equal for agents who could swap places."""

    @abstractmethod
    def interchangeable(self, first: int, second: int) -> bool:
        """Tell whether two agents of one trait could swap places: nobody else's accuracy moves."""


@dataclass(frozen=True)
class WeightedAccuracy(Accuracy):
    """a_i = f_i((W s)_i + platform), f_i a curve.

    Parameters
    ----------
    curves : sequence of Curve
        The different ones.
    label : (n,) of int
        Which curve each agent has.
    platform : quantity of shape ()
        Samples.
    """

    arithmetic: Arithmetic
    weights: Weights
    curves: Sequence[Curve]
    label: Indices
    platform: Quantity

    @property
    def heights(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return the curves' heights."""
        return np.array([curve.height for curve in self.curves])[self.label]

    @property
    def units(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return the curves' units, less where own data count for more."""
        own = self.arithmetic.nearest(self.weights.own)
        unit = np.array([curve.unit for curve in self.curves])[self.label]
        return np.where(own > 0, unit / np.where(own > 0, own, 1.0), 0.0)

    @property
    def concave(self) -> bool:
        """Hold where every curve is concave."""
        return all(curve.concave for curve in self.curves)

    @property
    def pooled(self) -> Pooled | None:
        """Return the curves where everybody's data count alike."""
        if not (isinstance(self.weights, CommonWeights) and self.weights.plain):
            return None
        return Pooled(self.curves, self.label, self.platform)

    @property
    def of_amounts(self) -> WeightedAccuracy:
        """Return the accuracy itself."""
        return self

    def together(self, value: Quantity) -> Together:
        """Return a part per curve and row of weights."""
        return parts_of_curves(self.weights, self.curves, self.label, self.platform, value)

    @property
    def substitutes(self) -> bool:
        """Hold where every curve is concave: its slope falls with the amount of data."""
        return self.concave

    def index(self, s: Quantity) -> Quantity:
        """Return the amount of data that each model has seen, shape (n,)."""
        return self.weights.apply(s) + self.platform

    def values(self, s: Quantity) -> Quantity:
        """Return f_i(y_i)."""
        return self.by_curve(self.index(s), lambda curve, y: curve.value(y))

    def by_curve(self, y: Quantity, evaluate: Callable[[Curve, Quantity], Quantity]) -> Quantity:
        """Return a function of each agent's curve and own entry of y, shape (n,)."""
        if len(self.curves) == 1:
            return evaluate(self.curves[0], y)
        members = [np.flatnonzero(self.label == k) for k in range(len(self.curves))]
        parts = [
            evaluate(curve, y[agents]) for curve, agents in zip(self.curves, members, strict=True)
        ]
        order = np.argsort(np.concatenate(members), kind="stable")
        return self.arithmetic.concatenate(parts)[order]

    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return a branch per piece of the curves, in own contributions."""
        arithmetic, own = self.arithmetic, self.weights.own
        nothing = arithmetic.zeros(s.shape)
        others = nothing if alone else self._others(s) + self.platform
        depth = max(len(curve.pieces) for curve in self.curves)
        return [self._branch(k, own, others, nothing) for k in range(depth)]

    def _others(self, s: Quantity) -> Quantity:
        rest = self.weights.apply(s) - self.weights.own * s
        return self.arithmetic.maximum(rest, self.arithmetic.zeros(s.shape))

    def _branch(self, number: int, own: Quantity, others: Quantity, nothing: Quantity) -> Branch:
        arithmetic = self.arithmetic
        deep = np.array([len(curve.pieces) > number for curve in self.curves])[self.label]
        picked = [curve.pieces[min(number, len(curve.pieces) - 1)] for curve in self.curves]
        piece_of = dict(zip(map(id, self.curves), picked, strict=True))
        used = arithmetic.upper(own) > 0
        least = self.by_curve(others, lambda curve, y: piece_of[id(curve)].start + 0 * y)
        safe = arithmetic.where(used, own, 1 + nothing)
        start = arithmetic.maximum((least - others) / safe, nothing)
        reached = arithmetic.at_most(least, others)
        # Without weight on own data a piece is there from the start on, or never.
        present = deep & (used | ~reached.fails)
        start = arithmetic.where(used & ~reached.holds, start, nothing)

        def seen(x: Quantity) -> Quantity:
            return arithmetic.maximum(others + own * x, least)

        def value(x: Quantity) -> Quantity:
            return self.by_curve(seen(x), lambda curve, y: piece_of[id(curve)].value(y))

        def slope(x: Quantity, side: Side) -> Quantity:
            return own * self.by_curve(seen(x), lambda curve, y: piece_of[id(curve)].slope(y, side))

        return Branch(start, None, present, value, slope)

    def trait(self, agent: int) -> Hashable:
        """Return the curve and the weight of the own data."""
        return (int(self.label[agent]), float(self._own[agent]))

    def interchangeable(self, first: int, second: int) -> bool:
        """Compare every weight that the exchange would move."""
        kinds = self._kinds
        if kinds[first] == kinds[second]:
            row = self._row(int(kinds[first]))
            return bool(row[first] == row[second])
        swap = np.arange(len(kinds))
        swap[[first, second]] = second, first
        rows = [self._row(int(kinds[k])) for k in (first, second)]
        if not np.array_equal(rows[0][swap], rows[1]):
            return False
        return all(
            (row := self._row(int(kind)))[first] == row[second]
            for kind in np.unique(np.delete(kinds, [first, second]))
        )

    def classes(self, agents: int) -> Indices:
        """Return numbers by curve, kind and the weight that the kind gives to the own data."""
        del agents
        columns = (self._own, self._kinds, self.label)
        order = np.lexsort(columns)
        changes = np.zeros(len(order), dtype=np.intp)
        for column in columns:
            changes[1:] |= column[order][1:] != column[order][:-1]
        found = np.empty_like(changes)
        found[order] = np.cumsum(changes)
        return found

    @cached_property
    def _kinds(self) -> Indices:
        return self.weights.kinds

    @cached_property
    def _own(self) -> npt.NDArray[np.float64]:
        """Weights of the agents' own data."""
        return self.arithmetic.nearest(self.weights.own)

    def _row(self, kind: int) -> npt.NDArray[np.float64]:
        """Return the weights that agents of a kind give to everybody's data."""
        if kind not in self._rows:
            self._rows[kind] = self.arithmetic.nearest(self.weights.row(kind))
        return self._rows[kind]

    @cached_property
    def _rows(self) -> dict[int, npt.NDArray[np.float64]]:
        return {}
