"""Which models are handed out at reported profiles: by the rule, to everybody, or as claimed.

An agent uses the better of the model handed out and their own, so that a model no better than the
own one is as good as none. Codes name what distinguishes profiles: where all codes agree, the same
models are handed out and used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market_allocation import Allocation, Mask
from mdsolve.certificate.reading.market_formulas import Formulas
from mdsolve.certificate.reading.market_sizes import Integers, Profiles


class Deal(ABC):
    """Models at some profiles, all arrays broadcastable to their shape."""

    @abstractmethod
    def handed(self, agent: int) -> Quantity:
        """Return the quality x_i of the model handed out; 0 is none."""

    @abstractmethod
    def used(self, agent: int) -> Quantity:
        """Return q_i = max(x_i, Q(t_i)) of an agent who reports the truth."""

    @abstractmethod
    def reach(self, agent: int) -> Integers:
        """Return how many of the agent's types own no better model than the one handed out."""


class Models(ABC):
    """What is handed out at every reported profile."""

    by_rule: bool = False
    """Whether it is the instance's own rule that decides."""

    @abstractmethod
    def deal(self, formulas: Formulas, profiles: Profiles) -> Deal:
        """Return the models at some reported profiles."""

    @abstractmethod
    def codes(self, formulas: Formulas, profiles: Profiles) -> Sequence[Integers]:
        """Return non-negative codes, broadcastable to the profiles' shape."""

    @abstractmethod
    def treats_alike(self, first: int, second: int) -> bool:
        """Tell whether exchanging two agents with one grid exchanges their models only."""


@dataclass(frozen=True)
class PooledModels(Models):
    """The best model that all reports train, to everybody or as the instance's rule says.

    Parameters
    ----------
    to_all : bool
        Whether everybody receives it, whatever the rule says.
    """

    allocation: Allocation
    to_all: bool = False

    @property
    def by_rule(self) -> bool:  # type: ignore[override]
        """Tell whether the rule decides."""
        return not self.to_all

    def masks(self, profiles: Profiles) -> list[Mask]:
        """Return who receives the model."""
        everybody = range(self.allocation.size)
        if self.to_all:
            return [True for _ in everybody]
        return self.allocation.recipients(everybody, profiles)

    def deal(self, formulas: Formulas, profiles: Profiles) -> Deal:
        """Return the best model or nothing."""
        return PooledDeal(formulas, profiles, self.masks(profiles))

    def codes(self, formulas: Formulas, profiles: Profiles) -> Sequence[Integers]:
        """Return totals, and the own types of those who receive nothing."""
        del formulas
        sizes = self.allocation.sizes
        found = [ranked(sizes.total(range(self.allocation.size), profiles))]
        for agent, mask in enumerate(self.masks(profiles)):
            if mask is True:
                continue
            own = np.asarray(profiles[agent]) + 1
            found.append(own if mask is False else np.where(mask, 0, own))
        return found

    def treats_alike(self, first: int, second: int) -> bool:
        """Hold where everybody receives the model everywhere: ties have no order then."""
        del first, second
        everybody = range(self.allocation.size)
        return self.to_all or all(self.allocation.everywhere(everybody).values())


@dataclass(frozen=True)
class PooledDeal(Deal):
    """The best model where a mask holds, nothing elsewhere."""

    formulas: Formulas
    profiles: Profiles
    masks: Sequence[Mask]

    @cached_property
    def total(self) -> Integers:
        """Data of all reports, in units."""
        return self.formulas.sizes.total(range(len(self.masks)), self.profiles)

    @cached_property
    def best(self) -> Quantity:
        """Quality of the model that all reports train."""
        return self.formulas.model(self.total)

    def _own(self, agent: int) -> Quantity:
        return self.formulas.own(agent, self.profiles[agent])

    def _either(self, agent: int, otherwise: Quantity) -> Quantity:
        mask = self.masks[agent]
        if mask is True or mask is False:
            return self.best if mask else otherwise
        return self.formulas.arithmetic.where(mask, self.best, otherwise)

    def handed(self, agent: int) -> Quantity:
        """Return the best model or 0."""
        return self._either(agent, self.formulas.arithmetic.zeros(()))

    def used(self, agent: int) -> Quantity:
        """Return the best model, which no own one beats, or the own one."""
        return self._either(agent, self._own(agent))

    def reach(self, agent: int) -> Integers:
        """Compare amounts of data: more data are a better model."""
        covered = np.searchsorted(self.formulas.sizes.counts[agent], self.total, side="right")
        mask = self.masks[agent]
        if mask is True:
            return np.asarray(covered)
        return np.where(mask, covered, np.asarray(self.profiles[agent]) + 1)


@dataclass(frozen=True)
class StatedModels(Models):
    """Models as a solution states them.

    Parameters
    ----------
    tables : array of shape (n, m_1, ..., m_n)
        Doubles, or exact numbers in an object array.
    """

    tables: npt.NDArray[Any]

    def stated(self, agent: int, profiles: Profiles) -> npt.NDArray[Any]:
        """Return the numbers at some profiles."""
        return np.asarray(self.tables[agent][tuple(profiles)])

    def deal(self, formulas: Formulas, profiles: Profiles) -> Deal:
        """Return the stated models."""
        return StatedDeal(formulas, profiles, self)

    def codes(self, formulas: Formulas, profiles: Profiles) -> Sequence[Integers]:
        """Return ranks of the numbers, and own types of those whose own model may be better."""
        found = []
        for agent in range(len(self.tables)):
            stated = self.stated(agent, profiles)
            worse = StatedDeal(formulas, profiles, self).covered(agent)
            better = np.asarray(profiles[agent]) < worse
            found += [ranked(stated), np.where(better, 0, np.asarray(profiles[agent]) + 1)]
        return found

    def treats_alike(self, first: int, second: int) -> bool:
        """Compare the tables after the exchange."""
        tables = self.tables
        swapped = [np.swapaxes(table, first, second) for table in tables]
        swapped[first], swapped[second] = swapped[second], swapped[first]
        return all(np.array_equal(a, b) for a, b in zip(swapped, tables, strict=True))


@dataclass(frozen=True)
class StatedDeal(Deal):
    """Stated models at some profiles."""

    formulas: Formulas
    profiles: Profiles
    models: StatedModels

    def handed(self, agent: int) -> Quantity:
        """Return the stated numbers."""
        return self.formulas.arithmetic.stored(self.models.stated(agent, self.profiles))

    def used(self, agent: int) -> Quantity:
        """Return the better model."""
        own = self.formulas.own(agent, self.profiles[agent])
        return self.formulas.arithmetic.maximum(self.handed(agent), own)

    def reach(self, agent: int) -> Integers:
        """Count the own models that are certainly no better."""
        return np.asarray(np.maximum(self.covered(agent), np.asarray(self.profiles[agent]) + 1))

    def covered(self, agent: int) -> Integers:
        """Return how many of the agent's own models are certainly no better."""
        arithmetic = self.formulas.arithmetic
        own = self.formulas.own(agent, slice(None))
        ends = np.maximum.accumulate(arithmetic.upper(own))
        return np.asarray(np.searchsorted(ends, arithmetic.lower(self.handed(agent)), side="right"))


def ranked(keys: Any) -> Integers:
    """Return for each number how many smaller different ones there are."""
    keys = np.asarray(keys)
    if keys.dtype == object:
        order = {key: rank for rank, key in enumerate(sorted(set(keys.ravel().tolist())))}
        return np.array([order[key] for key in keys.ravel()], dtype=np.int64).reshape(keys.shape)
    if keys.dtype.kind in "iu" and keys.size:
        low, span = int(keys.min()), int(keys.max()) - int(keys.min()) + 1
        if span <= 4 * keys.size + 1024:
            present = np.zeros(span, dtype=np.bool_)
            present[keys - low] = True
            return np.asarray((np.cumsum(present) - 1)[keys - low])
    inverse: Integers = np.unique(keys, return_inverse=True)[1]
    return inverse.reshape(keys.shape)
