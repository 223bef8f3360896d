"""A market as the checker reads it: from the instance, number by number as written.

Agent i owns t_i samples and may report any lower type. They use the better of the model handed out
at the report and their own, and earn v_i of everybody's quality in use. Three numbers describe all
that a payment rule can depend on: the value of a report at a true type (the truth among them), and
the value of staying out. All are evaluated at lists of profiles, given by type numbers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.market_allocation import Allocation
from mdsolve.certificate.reading.market_formulas import Formulas, formulas_of
from mdsolve.certificate.reading.market_models import Deal, Models, PooledModels
from mdsolve.certificate.reading.market_sizes import Integers, Profiles, Sizes, sizes_of
from mdsolve.certificate.reading.valuations import family_of
from mdsolve.certificate.reading.valuations.base import Property
from mdsolve.instance.market import MarketInstance


@dataclass(frozen=True)
class MarketReading(ABC):
    """What every market offers, however its values are given.

    Parameters
    ----------
    sizes : Sizes
        Own types of all agents.
    """

    instance: MarketInstance
    arithmetic: Arithmetic
    sizes: Sizes

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the agents."""
        return self.instance.agents

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.names)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types per agent."""
        return self.sizes.shape

    @abstractmethod
    def in_arithmetic(self, arithmetic: Arithmetic) -> MarketReading:
        """Return the same market in another number system, under the instance's own rule."""

    @property
    @abstractmethod
    def hands_out(self) -> bool:
        """Tell whether values follow from models handed out, or are given as they are."""

    @abstractmethod
    def value(self, agent: int, report: Any, own: Any, others: Profiles) -> Quantity:
        """Return v_agent of a report at true types that are not lower.

        Parameters
        ----------
        report, own : arrays of int
            Type numbers of the agent.
        others : sequence of arrays of int
            Type numbers of the others, in agent order; everything broadcasts.
        """

    @abstractmethod
    def outside(self, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return v_agent when they stay out, at the value of taking part of others."""

    @abstractmethod
    def interchangeable(self, first: int, second: int) -> bool:
        """Tell whether exchanging two agents exchanges their values only."""

    @abstractmethod
    def properties(self) -> tuple[Property, Property, Property]:
        """Return what is known of the assumptions that theorems on markets make."""

    def truth(self, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return v_agent of the truth."""
        return self.value(agent, own, own, others)


@dataclass(frozen=True)
class QualityReading(MarketReading):
    """A market given by a quality, a valuation, an outside option and an allocation rule.

    Parameters
    ----------
    allocation : Allocation
        The instance's rule, for those who take part and for those who remain.
    models : Models
        What is handed out at reports: by that rule, to everybody, or as stated.
    """

    formulas: Formulas
    allocation: Allocation
    models: Models

    @property
    def hands_out(self) -> bool:
        """Hold."""
        return True

    def in_arithmetic(self, arithmetic: Arithmetic) -> QualityReading:
        """Return the market with formulas in another number system."""
        return replace(
            self,
            arithmetic=arithmetic,
            formulas=self.allocation.formulas(arithmetic),
            models=PooledModels(self.allocation),
        )

    def under(self, models: Models) -> QualityReading:
        """Return the market with other models handed out."""
        return replace(self, models=models)

    @cached_property
    def to_all(self) -> Models:
        """The best model for everybody."""
        return PooledModels(self.allocation, to_all=True)

    @cached_property
    def by_rule(self) -> Models:
        """The instance's rule."""
        return PooledModels(self.allocation)

    def deal(self, profiles: Profiles) -> Deal:
        """Return the models handed out at some profiles."""
        return self.models.deal(self.formulas, profiles)

    def best(self, profiles: Profiles) -> Quantity:
        """Return the quality of the model that all reports train."""
        return self.formulas.model(self.sizes.total(range(self.size), profiles))

    def own_model(self, agent: int, numbers: Any) -> Quantity:
        """Return Q(t) by type numbers."""
        return self.formulas.own(agent, numbers)

    def value(self, agent: int, report: Any, own: Any, others: Profiles) -> Quantity:
        """Return the value at the better of the model handed out and the own one."""
        deal = self.deal(inserted(agent, report, others))
        mine = self.arithmetic.maximum(deal.handed(agent), self.own_model(agent, own))
        used = [deal.used(j) for j in range(self.size) if j != agent]
        return self.formulas.valuation.value(agent, mine, used)

    def without(self, absent: int, profiles: Profiles) -> list[Quantity]:
        """Return everybody's quality in use when one agent stays out."""
        others = [j for j in range(self.size) if j != absent]
        return self._used(self._remaining(others), profiles)

    def apart(self, members: Sequence[int], profiles: Profiles) -> list[Quantity]:
        """Return everybody's quality in use when some agents leave and pool their data.

        Each group hands out its model as though those outside of it kept their own; the others
        pool as well, unless the instance has them train separately.
        """
        rest = [j for j in range(self.size) if j not in members]
        return self._used([members, *self._remaining(rest)], profiles)

    def _remaining(self, others: Sequence[int]) -> list[Sequence[int]]:
        """Return the groups in which those pool who do not leave."""
        return [] if self.instance.outside == "separate" else [others]

    def _used(self, groups: Sequence[Sequence[int]], profiles: Profiles) -> list[Quantity]:
        """Return everybody's quality in use when some groups pool."""
        used = {j: self.own_model(j, profiles[j]) for j in range(self.size)}
        for group in groups:
            used |= self._pooled(group, profiles)
        return [used[j] for j in range(self.size)]

    def _pooled(self, group: Sequence[int], profiles: Profiles) -> dict[int, Quantity]:
        """Return the quality in use of every agent of a group that pools its data."""
        if not group:
            return {}
        best = self.formulas.model(self.sizes.total(group, profiles))
        masks = self.allocation.recipients(group, profiles)
        found = {}
        for j in group:
            own = self.own_model(j, profiles[j])
            mask = masks[j]
            if mask is True or mask is False:
                found[j] = best if mask else own
            else:
                found[j] = self.arithmetic.where(mask, best, own)
        return found

    def outside(self, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return the value of the own model beside those of the others."""
        used = self.without(agent, inserted(agent, own, others))
        mine = used.pop(agent)
        return self.formulas.valuation.value(agent, mine, used)

    def together(self, participants: Sequence[int], used: Sequence[Quantity]) -> Quantity:
        """Return the sum of values of some agents at given qualities."""
        return self.formulas.valuation.together(participants, used)

    def interchangeable(self, first: int, second: int) -> bool:
        """Compare grids, valuation, and how models are handed out."""
        own = self.sizes.counts
        return (
            np.array_equal(own[first], own[second])
            and self.formulas.valuation.interchangeable(first, second)
            and self.by_rule.treats_alike(first, second)
            and self.models.treats_alike(first, second)
        )

    def properties(self) -> tuple[Property, Property, Property]:
        """Return what is known of the valuation."""
        return self.formulas.valuation.properties(self.size)


def market_reading(instance: MarketInstance, arithmetic: Arithmetic) -> MarketReading:
    """Return what an instance says, in a number system.

    Examples
    --------
    >>> from mdsolve.certificate.numbers import EXACT
    >>> market = MarketInstance(agents=2, types=[1, 3], valuation={"family": "share"})
    >>> reading = market_reading(market, EXACT)
    >>> reading.truth(0, np.array([1]), [np.array([0])]), reading.outside(0, [1], [[0]])
    (array([1/2], dtype=object), array([3/4], dtype=object))
    """
    sizes = sizes_of(instance.grids)
    family = family_of(instance.valuation)
    if hasattr(family, "reading"):
        found: MarketReading = family.reading(instance, sizes, arithmetic)
        return found
    known: dict[Arithmetic, Formulas] = {}

    def formulas(system: Arithmetic) -> Formulas:
        if system not in known:
            known[system] = formulas_of(instance, sizes, system)
        return known[system]

    allocation = Allocation(sizes, instance.allocation == "efficient", formulas)
    return QualityReading(
        instance, arithmetic, sizes, formulas(arithmetic), allocation, PooledModels(allocation)
    )


def inserted(agent: int, own: Any, others: Profiles) -> list[Integers]:
    """Return the profile in which the agent has some types beside the others'.

    Examples
    --------
    >>> inserted(1, 5, [3, 4])
    [array(3), array(5), array(4)]
    """
    profile = [np.asarray(numbers) for numbers in others]
    profile.insert(agent, np.asarray(own))
    return profile
