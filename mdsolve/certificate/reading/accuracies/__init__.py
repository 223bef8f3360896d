"""From an instance's accuracy to the checker's reading of it: one file per family, by its name.

A family's file offers one of

    curve(spec, arithmetic)          for families that look at an amount of data
    accuracy(instance, arithmetic)   for those that look at who contributed what, or at a model
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.accuracy import Accuracy, WeightedAccuracy
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.certificate.reading.weights import (
    CommonWeights,
    DenseWeights,
    GroupWeights,
    Weights,
)
from mdsolve.instance.common import family_file
from mdsolve.instance.sharing import SharingInstance


def accuracy_of(
    instance: SharingInstance, groups: Sequence[Any] | None, arithmetic: Arithmetic
) -> Accuracy:
    """Return everybody's accuracy.

    Raises
    ------
    UnreadError
        For a family that the checker has no reading for.
    """
    spec: Any = instance.accuracy
    n = instance.agent_count
    platform = arithmetic.constant(instance.platform_data)
    per_agent: Any = getattr(spec, "per_agent", None)
    per_group: Any = getattr(spec, "per_group", None)
    if per_agent is not None or per_group is not None:
        entries = per_agent if per_agent is not None else [per_group[name] for name in groups or ()]
        return _mixed(entries, n, arithmetic, platform)
    family = _family(spec)
    if not hasattr(family, "curve"):
        whole: Accuracy = family.accuracy(instance, arithmetic)
        return whole
    weights, label = _weights(spec, n, groups, arithmetic), np.zeros(n, dtype=np.intp)
    return WeightedAccuracy(arithmetic, weights, [family.curve(spec, arithmetic)], label, platform)


def _family(spec: Any) -> ModuleType:
    """Return the file of a family, which has its schema's name.

    Raises
    ------
    UnreadError
        Where there is none.
    """
    file = f"{__name__}.{family_file(spec)}"
    if find_spec(file) is None:
        message = f"the family {spec.family}"
        raise UnreadError(message)
    return import_module(file)


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
    families = [_family(entry) for entry in specs]
    for entry, family in zip(specs, families, strict=True):
        if not hasattr(family, "curve"):
            message = f"the family {entry.family} for some agents only"
            raise UnreadError(message)
    curves = [
        family.curve(entry, arithmetic) for entry, family in zip(specs, families, strict=True)
    ]
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
