"""A data market ([C20]): types on grids, models allocated by quality, values with externalities.

Agent i owns t_i valid samples and may report any lower type of their grid. The platform hands out
models of quality x_i(report); they use q_i = max(x_i, Q(t_i)) and earn v_i(q). Three tables
describe everything a payment rule can depend on:

``truthful_values(i)``
    v_i when everybody reports truthfully;
``outside_values(i)``
    v_i when i stays out and keeps Q(t_i);
``report_values(i, r)``
    v_i when i reports type number r, for every true type from r on.

Arrays over profiles have shape (m_1, ..., m_n); `own_first` moves an agent's own axis to the
front, which is the layout payments are computed in: one column per profile of the others.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from mdsolve.game.allocation import Mask, recipients
from mdsolve.game.arithmetic import FLOAT, Arithmetic, Array
from mdsolve.game.qualities.base import Quality
from mdsolve.game.valuations.base import Property, Valuation, total
from mdsolve.instance.grid import TypeGrid
from mdsolve.tolerance import ALLOCATION_TIE

Outside = Literal["pooled", "separate"]
AllocationRule = Literal["efficient", "best-model"]


def own_first(table: Array, agent: int) -> Array:
    """Return a view with the agent's own axis in front of the others' axes, in agent order."""
    return np.moveaxis(table, agent, 0)


def own_back(table: Array, agent: int) -> Array:
    """Undo `own_first`."""
    return np.moveaxis(table, 0, agent)


@dataclass(frozen=True)
class Market(ABC):
    """What every market offers, however its values are given.

    Parameters
    ----------
    agents : tuple of str
        Names.
    grids : tuple of TypeGrid
        Each agent's possible types, in samples.
    arithmetic : Arithmetic
        Number system of all tables.
    prior : array of shape (m_1, ..., m_n) or None
        How likely each profile is, in doubles; None where nothing is said.
    """

    agents: tuple[str, ...]
    grids: tuple[TypeGrid, ...]
    arithmetic: Arithmetic = FLOAT
    prior: Array | None = field(default=None, kw_only=True, compare=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types per agent."""
        return tuple(grid.count for grid in self.grids)

    @property
    def profile_count(self) -> int:
        """Number of type profiles."""
        return math.prod(self.shape)

    @abstractmethod
    def truthful_values(self, agent: int) -> Array:
        """Return v_agent at every truthful profile, shape (m_1, ..., m_n)."""

    @abstractmethod
    def outside_values(self, agent: int) -> Array:
        """Return v_agent when they stay out, shape (m_1, ..., m_n)."""

    @abstractmethod
    def report_values(self, agent: int, report: int) -> Array:
        """Return v_agent when they report type number `report`.

        Returns
        -------
        array of shape (m_agent - report, others...)
            Entry 0 is the truth; entry k the value with true type number ``report + k``.
        """

    @abstractmethod
    def properties(self) -> tuple[Property, ...]:
        """Return what is known of the assumptions the papers' theorems make."""

    @property
    @abstractmethod
    def rational(self) -> bool:
        """Tell whether every value is rational, so that exact arithmetic applies."""

    @abstractmethod
    def column(self, agent: int, others: Sequence[int], highest: int | None = None) -> Market:
        """Return the market with the others' types fixed at the given grid numbers.

        The others keep one type each, so the agent's tables have shape (m_agent, 1, ..., 1); their
        own types are cut after number `highest`, if given.
        """

    def _column_grids(
        self, agent: int, others: Sequence[int], highest: int | None
    ) -> tuple[TypeGrid, ...]:
        fixed = iter(others)
        own = self.grids[agent] if highest is None else self.grids[agent].up_to(highest)
        return tuple(
            own if j == agent else grid.single(next(fixed)) for j, grid in enumerate(self.grids)
        )

    @abstractmethod
    def with_arithmetic(self, arithmetic: Arithmetic) -> Market:
        """Return the same market evaluated in another number system."""

    @property
    def weights(self) -> Array:
        """How likely each profile is; the same for all where nothing is said."""
        if self.prior is not None:
            return self.prior
        return np.full(self.shape, 1 / self.profile_count)

    def property_named(self, name: str) -> Property:
        """Return one of `properties` by name."""
        return next(found for found in self.properties() if found.name == name)


@dataclass(frozen=True)
class QualityMarket(Market):
    """A market given by a quality function, a valuation, an outside option and an allocation rule.

    Parameters
    ----------
    handed_out : tuple of arrays or None
        Quality x_i of the model handed to each agent at every reported profile, shape
        (m_1, ..., m_n); None applies the allocation rule.
    """

    quality: Quality = field(kw_only=True)
    valuation: Valuation = field(kw_only=True)
    outside: Outside = field(kw_only=True)
    allocation: AllocationRule = field(kw_only=True)
    handed_out: tuple[Array, ...] | None = field(default=None, kw_only=True, compare=False)

    @cached_property
    def sizes(self) -> tuple[Array, ...]:
        """Each agent's types as an array that broadcasts along their own axis."""
        arrays = []
        for axis, grid in enumerate(self.grids):
            shape = [1] * len(self.grids)
            shape[axis] = grid.count
            exact = self.arithmetic.name != "float"
            values = self.arithmetic.array(grid.exact_values()) if exact else grid.values()
            arrays.append(values.reshape(shape))
        return tuple(arrays)

    @cached_property
    def own_quality(self) -> tuple[Array, ...]:
        """Q(t_i) for each agent, broadcasting along their own axis."""
        return tuple(self.quality.at(size, self.arithmetic) for size in self.sizes)

    @cached_property
    def allocated(self) -> tuple[Array, ...]:
        """Quality x_i of the model handed out at each reported profile; 0 means none."""
        if self.handed_out is not None:
            return self.handed_out
        best = self.quality.at(total(self.sizes), self.arithmetic)
        masks = self._masks(best, range(len(self.agents)))
        return tuple(best if mask is True else np.where(mask, best, best * 0) for mask in masks)

    def _masks(self, best: Array, participants: Sequence[int]) -> list[Mask | bool]:
        if self.allocation == "best-model":
            return [agent in participants for agent in range(len(self.agents))]
        tie = ALLOCATION_TIE if self.arithmetic.name == "float" else 0.0
        return recipients(
            self.valuation, self.own_quality, best, participants, self.arithmetic, tie
        )

    def used_quality(self, agent: int, handed: Array) -> Array:
        """Return q_i = max(x_i, Q(t_i)), the model the agent actually uses."""
        return self.arithmetic.maximum(handed, self.own_quality[agent])

    def truthful_values(self, agent: int) -> Array:
        """Return v_agent at every truthful profile."""
        used = [self.used_quality(j, self.allocated[j]) for j in range(len(self.agents))]
        return self._full(self.valuation.value(agent, used, self.arithmetic))

    def outside_used(self, absent: int) -> list[Array]:
        """Return everybody's quality in use when one agent stays out."""
        return self._used_apart([absent])

    def _used_apart(self, leaving: Sequence[int]) -> list[Array]:
        """Return everybody's quality in use when some agents leave together.

        They pool their data, and so do the others unless they train alone; each group under the
        allocation rule, as though those outside of it kept their own models.
        """
        others = [j for j in range(len(self.agents)) if j not in leaving]
        used = list(self.own_quality)
        for group in [leaving] if self.outside == "separate" else [leaving, others]:
            if len(group) < 2:
                continue
            best = self.quality.at(total([self.sizes[j] for j in group]), self.arithmetic)
            masks = self._masks(best, group)
            for j in group:
                if masks[j] is not False:
                    better = self.arithmetic.maximum(best, self.own_quality[j])
                    used[j] = better if masks[j] is True else np.where(masks[j], better, used[j])
        return used

    def outside_values(self, agent: int) -> Array:
        """Return v_agent when they stay out."""
        return self.values_without(agent, agent)

    def values_without(self, absent: int, agent: int) -> Array:
        """Return v_agent when `absent` stays out, shape (m_1, ..., m_n)."""
        value = self.valuation.value(agent, self.outside_used(absent), self.arithmetic)
        return self._full(value)

    def coalition_values(self, members: Sequence[int], agent: int) -> Array:
        """Return v_agent when some agents leave together and pool, shape (m_1, ..., m_n)."""
        used = self._used_apart(members)
        return self._full(self.valuation.value(agent, used, self.arithmetic))

    def report_values(self, agent: int, report: int) -> Array:
        """Return v_agent when they report type number `report`, for true types from there on.

        True types whose own model is no better than the one handed out use the same models as the
        reported type would, so only the others need a valuation of their own.
        """
        n = len(self.agents)
        handed = [own_first(self.allocated[j], agent)[report : report + 1] for j in range(n)]
        own = [own_first(self.own_quality[j], agent) for j in range(n)]
        used = [self.arithmetic.maximum(handed[j], own[j]) for j in range(n) if j != agent]
        mine = own[agent][report:]
        used.insert(agent, self.arithmetic.maximum(handed[agent], mine[:1]))
        shape = (len(mine), *(self.shape[j] for j in range(n) if j != agent))
        values = np.empty(shape, dtype=np.result_type(*used))
        values[:] = self.valuation.value(agent, used, self.arithmetic)
        better = np.broadcast_to(~np.asarray(mine <= handed[agent], dtype=bool), shape)
        rows = np.flatnonzero(better.reshape(len(mine), -1).any(axis=1))
        if rows.size:
            first = int(rows[0])
            part = better[first:]
            used[agent] = self.arithmetic.maximum(handed[agent], mine[first:])
            picked = [np.broadcast_to(quality, part.shape)[part] for quality in used]
            values[first:][part] = self.valuation.value(agent, picked, self.arithmetic)
        return values

    def _full(self, values: Array) -> Array:
        return np.broadcast_to(values, self.shape)

    def properties(self) -> tuple[Property, ...]:
        """Return non-competitive, quasi-monotone and growing-market as known of the valuation."""
        n = len(self.agents)
        known = self.valuation
        return (known.non_competitive(n), known.quasi_monotone(n), known.growing(n))

    @property
    def rational(self) -> bool:
        """Tell whether both quality and valuation are rational."""
        return self.quality.rational and self.valuation.rational

    def column(
        self, agent: int, others: Sequence[int], highest: int | None = None
    ) -> QualityMarket:
        """Return the market with the others' types fixed."""
        grids = self._column_grids(agent, others, highest)
        handed = self.handed_out
        if handed is not None:
            picks = [slice(k, k + 1) for k in others]
            picks.insert(agent, slice(0, grids[agent].count))
            handed = tuple(array[tuple(picks)] for array in handed)
        return replace(self, grids=grids, handed_out=handed)

    def with_arithmetic(self, arithmetic: Arithmetic) -> QualityMarket:
        """Return the same market in another number system, with the rule's own allocation."""
        return replace(self, arithmetic=arithmetic, handed_out=None)

    def with_best_model_for_all(self) -> QualityMarket:
        """Return the market in which every participant is handed the best model.

        When somebody stays out the instance's rule still decides who of the others receives it.
        """
        best = self.quality.at(total(self.sizes), self.arithmetic)
        return replace(self, handed_out=(best,) * len(self.agents))
