"""A sharing game in rigorous numbers, read from the instance as it is written.

Decimals and fractions keep their value; entries of arrays count as the shortest decimal that gives
the stored double, which is what a text file holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.certificate.rigorous.accuracy import (
    Accuracy,
    CoverageAccuracy,
    UnionAccuracy,
    WeightedAccuracy,
    Weights,
)
from mdsolve.certificate.rigorous.costs import Cost, costs_of
from mdsolve.certificate.rigorous.curves import curve_of
from mdsolve.certificate.rigorous.numbers import ONE, ZERO, Calculus, Number, as_written
from mdsolve.errors import UnsupportedError
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.sharing_accuracy import (
    CoverageAccuracySpec,
    PerAgentAccuracySpec,
    PerGroupAccuracySpec,
    UnionAccuracySpec,
)
from mdsolve.instance.sharing_agents import AgentColumns

Numbers = Sequence[Number]


@dataclass(frozen=True)
class RigorousGame:
    """Values, accuracies, costs, capacities and budgets of n agents.

    Parameters
    ----------
    calculus : Calculus
        The number system.
    value : n numbers
        Money per unit of accuracy.
    capacity : n numbers or None
        Samples; None where there is no limit.
    budget : n numbers, or None
        Money; 0 for agents without a limit.
    limited : n booleans
        Who cannot spend more than the budget.
    """

    calculus: Calculus
    accuracy: Accuracy
    costs: Sequence[Cost]
    value: Numbers
    capacity: Sequence[Number | None]
    budget: Numbers | None
    limited: Sequence[bool]

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.value)

    def benefits(self, s: Numbers) -> list[Number]:
        """Return value_i a_i(s), in money."""
        return [v * a for v, a in zip(self.value, self.accuracy.values(s), strict=True)]

    def costs_at(self, s: Numbers) -> list[Number]:
        """Return c_i(s_i), in money."""
        return [cost.value(amount) for cost, amount in zip(self.costs, s, strict=True)]

    def utilities(self, s: Numbers, payments: Numbers) -> list[Number]:
        """Return value_i a_i - c_i + p_i, and the budget where one is given."""
        budget = [ZERO] * self.size if self.budget is None else self.budget
        columns = zip(self.benefits(s), self.costs_at(s), payments, budget, strict=True)
        return [a - c + p + b for a, c, p, b in columns]


def rigorous_game(instance: SharingInstance, calculus: Calculus) -> RigorousGame:
    """Return the instance's game in a number system.

    Raises
    ------
    UnsupportedError
        For a family without rigorous formulas, naming it.
    """
    agents, n = instance.agents, instance.agent_count
    if isinstance(agents, AgentColumns):
        value = _column(1 if agents.value is None else agents.value, n)
        capacity = [None] * n if agents.capacity is None else _column(agents.capacity, n)
        budget = None if agents.budget is None else _column(agents.budget, n)
        limited = [budget is not None] * n
        names = agents.group
        groups = None if names is None else np.broadcast_to(np.asarray(names, str), (n,)).tolist()
    else:
        value = [as_written(x.value) for x in agents for _ in range(x.count)]
        capacity = [
            None if x.capacity is None else as_written(x.capacity)
            for x in agents
            for _ in range(x.count)
        ]
        limited = [x.budget is not None for x in agents for _ in range(x.count)]
        owned = [as_written(x.budget or 0) for x in agents for _ in range(x.count)]
        budget = owned if any(limited) else None
        groups = [x.group for x in agents for _ in range(x.count)]
    accuracy = _accuracy(instance, n, groups, calculus)
    costs = costs_of(agents, calculus)
    return RigorousGame(calculus, accuracy, costs, value, capacity, budget, limited)


def _column(entry: Any, n: int) -> list[Number]:
    if isinstance(entry, np.ndarray):
        return [as_written(x) for x in entry.tolist()]
    return [as_written(entry)] * n


def _accuracy(
    instance: SharingInstance, n: int, groups: Sequence[Any] | None, calculus: Calculus
) -> Accuracy:
    spec, platform = instance.accuracy, as_written(instance.platform_data)
    plain = Weights([[ONE] * n], None)
    if isinstance(spec, PerAgentAccuracySpec):
        curves = [curve_of(each, calculus) for each in spec.per_agent]
        return WeightedAccuracy(plain, curves, platform)
    if isinstance(spec, PerGroupAccuracySpec):
        assert groups is not None
        known = {name: curve_of(each, calculus) for name, each in spec.per_group.items()}
        return WeightedAccuracy(plain, [known[name] for name in groups], platform)
    if isinstance(spec, CoverageAccuracySpec):
        rows = _table(spec.distributions)
        if any(found >= 1 for row in rows for found in row):
            raise UnsupportedError.single(
                "arithmetic: family coverage",
                "an item that one sample surely is",
                "probabilities below 1",
            )
        return CoverageAccuracy(calculus, rows)
    if isinstance(spec, UnionAccuracySpec):
        points = tuple((as_written(x), as_written(y)) for x, y in spec.curve.points)
        return UnionAccuracy(points, spec.neighbours)
    curve = curve_of(spec, calculus)
    return WeightedAccuracy(_weights(spec, n, groups) or plain, [curve] * n, platform)


def _weights(spec: Any, n: int, groups: Sequence[Any] | None) -> Weights | None:
    by_group = getattr(spec, "group_weights", None)
    if by_group is not None:
        assert groups is not None
        order = {name: k for k, name in enumerate(dict.fromkeys(groups))}
        rows = [[as_written(by_group[a].get(b, 0)) for b in order] for a in order]
        return Weights(rows, [order[name] for name in groups])
    table = getattr(spec, "weights", None)
    if table is None:
        return None
    if table.ndim == 1:
        return Weights([[as_written(x) for x in table.tolist()]], None)
    return Weights(_table(table), list(range(n)))


def _table(array: Any) -> list[list[Number]]:
    return [[as_written(x) for x in row] for row in np.asarray(array).tolist()]
