"""From an instance's accuracy to the checker's reading of it: which families there are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.accuracy import Accuracy, WeightedAccuracy
from mdsolve.certificate.reading.curves import Reader
from mdsolve.certificate.reading.families import (
    coverage,
    curve,
    linear,
    pac,
    power,
    python_object,
    quadratic_fit,
    threshold_power,
    union,
)
from mdsolve.certificate.reading.families.unread import UnreadError
from mdsolve.certificate.reading.weights import (
    CommonWeights,
    DenseWeights,
    GroupWeights,
    Weights,
)
from mdsolve.instance.sharing import SharingInstance

CURVES: dict[str, Reader] = {
    "power": power.curve,
    "linear": linear.curve,
    "pac": pac.curve,
    "threshold-power": threshold_power.curve,
    "curve": curve.curve,
}
"""Families that look at an amount of data."""

WHOLE = {
    "coverage": coverage.accuracy,
    "union": union.accuracy,
    "quadratic-fit": quadratic_fit.accuracy,
}
"""Families that look at who contributed what, or at a model learned together."""


def accuracy_of(
    instance: SharingInstance, groups: Sequence[Any] | None, arithmetic: Arithmetic
) -> Accuracy:
    """Return everybody's accuracy.

    Raises
    ------
    UnreadError
        For a family that the checker has no reading for.
    """
    spec, n = instance.accuracy, instance.agent_count
    platform = arithmetic.constant(instance.platform_data)
    per_agent: Any = getattr(spec, "per_agent", None)
    per_group: Any = getattr(spec, "per_group", None)
    if per_agent is not None or per_group is not None:
        entries = per_agent if per_agent is not None else [per_group[name] for name in groups or ()]
        return _mixed(entries, n, arithmetic, platform)
    family = getattr(spec, "family", None)
    if family in WHOLE:
        return WHOLE[family](instance, arithmetic)
    if family in CURVES:
        weights = _weights(spec, n, groups, arithmetic)
        label = np.zeros(n, dtype=np.intp)
        return WeightedAccuracy(
            arithmetic, weights, [CURVES[family](spec, arithmetic)], label, platform
        )
    return python_object.accuracy(instance, arithmetic)


def _mixed(
    entries: Sequence[Any], n: int, arithmetic: Arithmetic, platform: Any
) -> WeightedAccuracy:
    """Return a family per agent; an entry may weigh the agents' data in its own way."""
    known: dict[Any, int] = {}
    specs: list[Any] = []
    label = np.zeros(n, dtype=np.intp)
    rows = [getattr(entry, "weights", None) for entry in entries]
    for agent, entry in enumerate(entries):
        bare = tuple(
            (key, value)
            for key, value in dict(entry).items()
            if key not in ("weights", "group_weights")
        )
        if bare not in known:
            known[bare] = len(specs)
            specs.append(entry)
        label[agent] = known[bare]
    for entry in specs:
        if entry.family not in CURVES:
            message = f"the family {entry.family} for some agents only"
            raise UnreadError(message)
    curves = [CURVES[entry.family](entry, arithmetic) for entry in specs]
    if all(row is None for row in rows):
        weights: Weights = plain(n, arithmetic)
    else:
        ones = np.ones(n)
        table = np.array([ones if row is None else np.asarray(row, dtype=float) for row in rows])
        weights = DenseWeights(arithmetic, arithmetic.written(table))
    return WeightedAccuracy(arithmetic, weights, curves, label, platform)


def plain(n: int, arithmetic: Arithmetic) -> CommonWeights:
    """Return weights of one for everybody's data."""
    return CommonWeights(arithmetic, arithmetic.written(np.ones(n)), plain=True)


def _weights(spec: Any, n: int, groups: Sequence[Any] | None, arithmetic: Arithmetic) -> Weights:
    table = getattr(spec, "group_weights", None)
    if table is not None:
        assert groups is not None
        order = {name: k for k, name in enumerate(dict.fromkeys(groups))}
        rows = [[table[a].get(b, Fraction(0)) for b in order] for a in order]
        group = np.array([order[name] for name in groups], dtype=np.intp)
        return GroupWeights(arithmetic, arithmetic.written(rows), group)
    array = getattr(spec, "weights", None)
    if array is None:
        return plain(n, arithmetic)
    if array.ndim == 1:
        ones = bool(np.all(array == 1))
        return CommonWeights(arithmetic, arithmetic.written(array), plain=ones)
    return DenseWeights(arithmetic, arithmetic.written(array))
