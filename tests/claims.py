"""Solutions as plain data, perturbed key by key, and judged condition by condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import ArithmeticChoice, Request
from mdsolve.conditions import Certificate, Condition
from mdsolve.instance import Instance


def judged(
    instance: Instance,
    data: Mapping[str, Any],
    names: Sequence[str],
    arithmetic: ArithmeticChoice = "auto",
    tolerance: float = 1e-9,
    **more: Any,
) -> Certificate:
    """Return some conditions of a solution, and nothing besides."""
    request = Request(arithmetic, tolerance, tuple(names), **more)
    check = check_of(instance, data, request)
    return Certificate(tuple(check.condition(name) for name in names))


def condition(instance: Instance, data: Mapping[str, Any], name: str, **more: Any) -> Condition:
    """Return one condition of a solution."""
    return judged(instance, data, (name,), **more).condition(name)


def changed(data: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    """Return a solution with other values under some keys; None takes a key out."""
    copy = deepcopy(dict(data)) | {key: plain(value) for key, value in keys.items()}
    return {key: value for key, value in copy.items() if value is not None}


def plain(value: Any) -> Any:
    """Return arrays as nested lists."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def table_of(payments: Any, allocation: Any = None, **keys: Any) -> dict[str, Any]:
    """Return a market's payments as somebody would write them down."""
    table = {"payments": plain(np.asarray(payments))}
    if allocation is not None:
        table["allocation"] = plain(np.asarray(allocation))
    return {"table": table, **keys}


def columns_of(contributions: Any, payments: Any = None, **keys: Any) -> dict[str, Any]:
    """Return a sharing game's columns as somebody would write them down."""
    found = {"contributions": plain(np.asarray(contributions, dtype=float)), **keys}
    if payments is not None:
        found["payments"] = plain(np.asarray(payments, dtype=float))
    return found
