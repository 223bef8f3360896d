"""A sharing game as the checker reads it: from the instance, number by number as written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import FLOAT, Arithmetic, Quantity
from mdsolve.certificate.reading.accuracies import accuracy_of
from mdsolve.certificate.reading.accuracy import Accuracy
from mdsolve.certificate.reading.cost_laws import mean_rate
from mdsolve.certificate.reading.costs import Costs, costs_by_column, costs_of, spread
from mdsolve.certificate.reading.costs.base import parabola
from mdsolve.instance.kept import kept
from mdsolve.instance.priors import PriorSpec
from mdsolve.instance.sharing import SharingInstance

Made = TypeVar("Made")

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Prior:
    """Two possible linear cost rates of every agent, and the chance of the lower one, (n,) each."""

    low: Quantity
    high: Quantity
    probability_low: Quantity


@dataclass(frozen=True)
class SharingReading:
    """Values, accuracies, costs, capacities and budgets of n agents in one number system.

    Parameters
    ----------
    names : sequence of str
    value : (n,)
        Money per unit of accuracy.
    capacity : (n,)
        Samples; 0 where there is no limit, which `bounded` tells.
    budget : (n,)
        Money; 0 where there is no limit, which `limited` tells.
    prior : Prior or None
        Two private costs of everybody. Where costs are private, `costs` are the expected ones.
    """

    instance: SharingInstance
    arithmetic: Arithmetic
    names: Sequence[str]
    value: Quantity
    accuracy: Accuracy
    costs: Costs
    capacity: Quantity
    bounded: Booleans
    budget: Quantity
    limited: Booleans
    prior: Prior | None

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.bounded)

    @cached_property
    def nothing(self) -> Quantity:
        """The profile in which nobody contributes."""
        return self.arithmetic.zeros(self.size)

    @cached_property
    def rounded(self) -> SharingReading:
        """The same game in floats: for hints and scales, which prove nothing."""
        return self if self.arithmetic is FLOAT else sharing_reading(self.instance, FLOAT)

    @cached_property
    def ends(self) -> npt.NDArray[np.float64]:
        """Capacities as doubles, infinite where there are none, shape (n,)."""
        return np.where(self.bounded, self.rounded.capacity, np.inf)

    @cached_property
    def _derived(self) -> dict[Any, Any]:
        return {}

    def derived(self, make: Callable[[SharingReading], Made]) -> Made:
        """Return what a function makes of the game alone, whatever is claimed; computed once."""
        if make not in self._derived:
            self._derived[make] = make(self)
        found: Made = self._derived[make]
        return found

    def benefits(self, s: Quantity) -> Quantity:
        """Return value_i a_i(s), in money, shape (n,)."""
        return self.value * self.accuracy.values(s)

    def utilities(
        self, s: Quantity, payments: Quantity, received: Quantity | None = None
    ) -> Quantity:
        """Return value_i a_i - c_i + p_i, and the budget where one is given, shape (n,).

        Parameters
        ----------
        received : (n,) or None
            Accuracy of the model handed to each agent; None is the full one, a_i(s).
        """
        benefits = self.benefits(s) if received is None else self.value * received
        return benefits - self.costs.value(s) + payments + self.budget


def sharing_reading(instance: SharingInstance, arithmetic: Arithmetic) -> SharingReading:
    """Return the instance's game in a number system, read once.

    Raises
    ------
    UnreadError
        For a family or a parameter that this number system has no reading for.
    """
    return kept(instance, ("sharing", arithmetic), lambda: _read(instance, arithmetic))


def _read(instance: SharingInstance, arithmetic: Arithmetic) -> SharingReading:
    agents: Any = instance.agents
    columns = not isinstance(agents, tuple)
    n = instance.agent_count
    names, groups = _names(agents, n)
    prior = None
    if columns:
        costs = costs_by_column(agents.cost, n, arithmetic)
        value = spread(1 if agents.value is None else agents.value, n, arithmetic)
        capacity, bounded = _limits(agents.capacity, n, arithmetic)
        budget, limited = _limits(agents.budget, n, arithmetic)
    else:
        repeat = np.repeat(np.arange(len(agents)), [spec.count for spec in agents])
        value = arithmetic.written([spec.value for spec in agents])[repeat]
        capacity, bounded = _entries([spec.capacity for spec in agents], repeat, arithmetic)
        budget, limited = _entries([spec.budget for spec in agents], repeat, arithmetic)
        if instance.private:
            two = all(isinstance(spec.prior, PriorSpec) for spec in agents)
            prior = _prior(agents, repeat, arithmetic) if two else None
            costs = _expected(agents, repeat, arithmetic)
        else:
            costs = costs_of(agents, arithmetic)
    accuracy = accuracy_of(instance, groups, arithmetic)
    return SharingReading(
        instance,
        arithmetic,
        names,
        value,
        accuracy,
        costs,
        capacity,
        bounded,
        budget,
        limited,
        prior,
    )


def _names(agents: Any, n: int) -> tuple[list[str], list[Any] | None]:
    """Return everybody's name and group."""
    if not isinstance(agents, tuple):
        names = [f"agent-{k + 1}" for k in range(n)]
        if agents.group is None:
            return names, None
        return names, np.broadcast_to(np.asarray(agents.group, dtype=str), (n,)).tolist()
    names = []
    for spec in agents:
        if spec.count == 1:
            names.append(spec.name)
        else:
            names.extend(spec.name.replace("{}", str(k + 1)) for k in range(spec.count))
    return names, [spec.group for spec in agents for _ in range(spec.count)]


def _limits(column: Any, n: int, arithmetic: Arithmetic) -> tuple[Quantity, Booleans]:
    if column is None:
        return arithmetic.zeros(n), np.zeros(n, dtype=np.bool_)
    return spread(column, n, arithmetic), np.ones(n, dtype=np.bool_)


def _entries(
    entries: Sequence[Any], repeat: npt.NDArray[np.intp], arithmetic: Arithmetic
) -> tuple[Quantity, Booleans]:
    given = np.array([entry is not None for entry in entries], dtype=np.bool_)
    numbers = arithmetic.written([Fraction(0) if x is None else x for x in entries])
    return numbers[repeat], given[repeat]


def _prior(agents: Sequence[Any], repeat: npt.NDArray[np.intp], arithmetic: Arithmetic) -> Prior:
    columns = [
        arithmetic.written([getattr(spec.prior, key) for spec in agents])[repeat]
        for key in ("low", "high", "probability_low")
    ]
    return Prior(*columns)


def _expected(agents: Sequence[Any], repeat: npt.NDArray[np.intp], arithmetic: Arithmetic) -> Costs:
    """Return costs at the expected rates, which nobody has: for totals of expectations only."""
    rates = [mean_rate(spec.prior) for spec in agents]
    zero = arithmetic.zeros(len(repeat))
    form = parabola(zero, arithmetic.written(rates)[repeat], zero)
    every = np.arange(len(repeat))
    linear = np.ones(len(repeat), dtype=np.bool_)
    return Costs(arithmetic, [(every, form)], linear, ~linear)
