"""From an instance's accuracy to its function: one file per family, found by its name.

A family's file offers one of

    curve(spec)        the accuracy of an amount of data; the schema may name weights beside it
    accuracy(spec)     accuracies that look at who contributed what
    learning(spec, agents, platform_data)   what agents want of a model that they learn together
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.quadratic_fit import QuadraticFit
from mdsolve.game.accuracy import Accuracy, WeightedAccuracy
from mdsolve.game.curves import Curve, MixedCurve, mixed
from mdsolve.game.weights import CommonWeights, DenseWeights, GroupWeights, Weights
from mdsolve.instance.common import family_file, is_function

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """What accuracies need to know of the agents.

    Parameters
    ----------
    capacity : (n,)
        Samples.
    groups : (n,) of int or None
    group_names : sequence of str
        By group number.
    platform_data : float
        Samples the platform brings itself.
    """

    capacity: Floats
    groups: npt.NDArray[np.intp] | None
    group_names: Sequence[str]
    platform_data: float

    @property
    def size(self) -> int:
        """Number of agents, n."""
        return len(self.capacity)


def learning_of(spec: Any, population: Population) -> QuadraticFit | None:
    """Return the model that agents learn together, or None where accuracy is of data alone."""
    if is_function(spec) or not spec.learns:
        return None
    found: QuadraticFit = _family(spec).learning(spec, population.size, population.platform_data)
    return found


def accuracy_of(spec: Any, population: Population) -> Accuracy:
    """Return everybody's accuracy, where no model is learned.

    Raises
    ------
    UnsupportedError
        For families that cannot be combined as the instance does.
    UsageError
        For a Python object whose gradient is wrong.
    """
    if is_function(spec):
        _no_platform_data(population, "python")
        given: Accuracy = _family(spec).accuracy(spec, population.capacity)
        return given
    if hasattr(spec, "per_agent"):
        return _pooled(
            mixed([_curve_of(entry) for entry in spec.per_agent]), spec.per_agent, population
        )
    if hasattr(spec, "per_group"):
        assert population.groups is not None
        entries = [spec.per_group[name] for name in population.group_names]
        parts = tuple(
            (np.flatnonzero(population.groups == k), _curve_of(entry))
            for k, entry in enumerate(entries)
        )
        curve = parts[0][1] if len(parts) == 1 else MixedCurve(parts)
        return _pooled(curve, [entries[k] for k in population.groups], population)
    family = _family(spec)
    if hasattr(family, "curve"):
        weights = _weights(spec, population)
        return WeightedAccuracy(weights, family.curve(spec), population.platform_data)
    _no_platform_data(population, spec.family)
    found: Accuracy = family.accuracy(spec)
    return found


def _family(spec: Any) -> ModuleType:
    """Return the file of a family, which has its schema's name."""
    return import_module(f"{__name__}.{family_file(spec)}")


def _pooled(curve: Curve, entries: Sequence[Any], population: Population) -> WeightedAccuracy:
    """Return curves of all data, each entry weighing them by its own row if it has one."""
    rows = [getattr(entry, "weights", None) for entry in entries]
    weights: Weights = CommonWeights(np.ones(population.size))
    if any(row is not None for row in rows):
        ones = np.ones(population.size)
        weights = DenseWeights(np.array([ones if row is None else row for row in rows]))
    return WeightedAccuracy(weights, curve, population.platform_data)


def _curve_of(spec: Any) -> Curve:
    """Return the curve of one agent or group, whose family must look at an amount of data."""
    family = _family(spec)
    if not hasattr(family, "curve"):
        raise UnsupportedError.single(
            "accuracy: family",
            spec.family,
            "a function of the amount of data",
            "this family cannot be solved as a sharing game on its own",
        )
    found: Curve = family.curve(spec)
    return found


def _weights(spec: Any, population: Population) -> Weights:
    """Return the weights that stand beside a family's parameters, ones where there are none."""
    by_group = getattr(spec, "group_weights", None)
    if by_group is not None:
        assert population.groups is not None
        names = population.group_names
        rows = [[float(by_group[row].get(column, 0)) for column in names] for row in names]
        return GroupWeights(np.array(rows), population.groups).merged()
    table = getattr(spec, "weights", None)
    if table is None:
        return CommonWeights(np.ones(population.size))
    return CommonWeights(table) if table.ndim == 1 else DenseWeights(table)


def _no_platform_data(population: Population, family: str) -> None:
    if population.platform_data:
        raise UnsupportedError.single(
            "platform_data",
            str(population.platform_data),
            f"0 with the family {family}",
            f"{family} looks at who contributed, not at a total",
        )
