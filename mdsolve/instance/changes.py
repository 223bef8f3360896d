"""Changed instances: ``cost*=1.2``, ``remove agents.county``, validated like a file.

A changed instance is another instance: it keeps no hash of the file it came from, no known answers,
and, where its accuracy is another one, no account of how that was fitted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
from pydantic import BaseModel, ValidationError

from mdsolve.errors import InputError, InstanceError, UsageError
from mdsolve.instance.costs.base import CostFamily
from mdsolve.instance.findings import findings_of
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.load import Instance
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.paths import agent_number, children, node_at, places_of
from mdsolve.instance.place import Place

EXAMPLES = "cost*=1.2, capacity.NAME=100 or remove agents.NAME"

REMOVE = "remove"

_ASSIGNMENT = re.compile(r"\s*(?P<path>.+?)\s*(?P<operation>[*/+-]?=)\s*(?P<value>.*?)\s*")
_REMOVAL = re.compile(r"\s*remove\s+agents\.(?P<name>.+?)\s*")


@dataclass(frozen=True)
class Change:
    """One change of an instance.

    Parameters
    ----------
    path : str
        As typed; an agent's name where the operation is `remove`.
    operation : {"=", "*=", "/=", "+=", "-=", "remove"}
    value : Any
        What is set, or the number to multiply or add by.
    """

    path: str
    operation: str = "="
    value: Any = None


def parse_change(text: str) -> Change:
    """Return the change in a text.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> parse_change("cost *= 1.2")
    Change(path='cost', operation='*=', value=Fraction(6, 5))
    >>> parse_change("remove agents.county")
    Change(path='county', operation='remove', value=None)
    """
    removal = _REMOVAL.fullmatch(text)
    if removal is not None:
        return Change(removal["name"], REMOVE)
    found = _ASSIGNMENT.fullmatch(text)
    if found is None:
        raise UsageError.single("change", repr(text)[:60], EXAMPLES)
    operation, value = found["operation"], value_of(found["value"])
    if operation != "=" and not isinstance(value, Fraction):
        raise UsageError.single(f"change {text.strip()[:60]}", repr(value)[:60], "a number")
    if operation == "/=" and value == 0:
        raise UsageError.single(f"change {text.strip()[:60]}", "0", "a number to divide by")
    return Change(found["path"], operation, value)


def value_of(text: str) -> Any:
    """Return what a text stands for: a number, or a word as it is; nothing for ``null``.

    Examples
    --------
    >>> value_of("1/3"), value_of("pooled"), value_of("null")
    (Fraction(1, 3), 'pooled', None)
    """
    try:
        return exact_number(text)
    except ValueError:
        return None if text == "null" else text


def changed(instance: Instance, changes: Iterable[Change | str]) -> Instance:
    """Return an instance with changes made one after the other.

    Raises
    ------
    UsageError
        For paths that lead nowhere.
    InstanceError
        With every finding, where the changed instance is none.
    """
    for entry in changes:
        change = parse_change(entry) if isinstance(entry, str) else entry
        if change.operation == REMOVE:
            instance = _without_agent(instance, change.path)
        else:
            instance = _with_value(instance, change)
    return instance


def _with_value(instance: Instance, change: Change) -> Instance:
    """Return an instance in which a path holds another value."""
    places = places_of(instance, change.path)
    tree: Any = instance
    for place in places:
        value = _new_value(node_at(instance, place), change)
        tree = _put(tree, place, value)
    dropped = ("fit",) if any(place[0] == "accuracy" for place in places) else ()
    return _validated(instance, tree, dropped)


def _new_value(old: Any, change: Change) -> Any:
    if change.operation == "=":
        whole = isinstance(change.value, Fraction) and change.value.denominator == 1
        return int(change.value) if whole else change.value
    try:
        return _computed(old, change.operation, Fraction(change.value))
    except (TypeError, ValueError) as error:
        got = "nothing" if old is None else str(error)
        raise UsageError.single(change.path, got, "numbers, to compute with") from None


def _computed(old: Any, operation: str, value: Fraction) -> Any:
    """Return a number, a cost or every entry of a table after an operation."""
    if operation in ("*=", "/="):
        factor = value if operation == "*=" else 1 / value
        return _scaled(old, factor)
    added = value if operation == "+=" else -value
    if isinstance(old, np.ndarray):
        return old + float(added)
    return _number(old) + added


def _scaled(old: Any, factor: Fraction) -> Any:
    if isinstance(old, CostFamily):
        return {key: getattr(old, key) for key in type(old).model_fields} | _scaled_amounts(
            old, factor
        )
    if isinstance(old, np.ndarray):
        return old * float(factor)
    return _number(old) * factor


def _scaled_amounts(cost: CostFamily, factor: Fraction) -> dict[str, Any]:
    if factor < 0:
        message = f"a cost times {factor}"
        raise ValueError(message)
    scaled = cost.scaled(factor)
    return {key: getattr(scaled, key) for key in type(cost).model_fields}


def _number(old: Any) -> Fraction:
    if isinstance(old, bool) or not isinstance(old, int | float | Fraction):
        message = f"a {type(old).__name__}"
        raise TypeError(message)
    return exact_number(old)


def _put(node: Any, place: Place, value: Any) -> Any:
    """Return a node as plain data along a place, with another value at its end."""
    if not place:
        return value
    step, rest = place[0], place[1:]
    if isinstance(node, np.ndarray):
        table = np.array(node, dtype=object)
        table[step] = _put(node[step], rest, value)
        return table.tolist()
    data = _data(node)
    data[step] = _put(data[step] if step in _keys(data) else node_at(node, (step,)), rest, value)
    return data


def _data(node: Any) -> Any:
    """Return one level of a node as plain data: what was said, not where it came from."""
    if isinstance(node, BaseModel):
        skipped: frozenset[str] = getattr(type(node), "elsewhere", frozenset())
        said = {key: getattr(node, key) for key in node.model_fields_set if key not in skipped}
        return said | dict(node.model_extra or {})
    below = children(node) if isinstance(node, TypeGrid) else node
    return dict(below) if isinstance(below, Mapping) else list(below)


def _keys(data: Any) -> Any:
    return data if isinstance(data, Mapping) else range(len(data))


def _validated(instance: Instance, tree: Any, dropped: Sequence[str] = ()) -> Instance:
    """Return the instance in plain data; raises `InstanceError` with the place of each finding."""
    model = type(instance)
    data = _data(tree) if isinstance(tree, BaseModel) else tree
    data = {key: value for key, value in data.items() if key not in ("expected", *dropped)}
    try:
        found = model.model_validate(data)
    except ValidationError as error:
        listed, more = findings_of(error, model, data, instance.label)
        raise InstanceError(listed, more) from None
    found.derived_from(instance)
    return found


def _without_agent(instance: Instance, name: str) -> Instance:
    """Return an instance without one entry of its list of agents."""
    if instance.kind == "training":
        got = "a training run, whose data are dealt out to all agents"
        raise UsageError.single(f"remove agents.{name}", got, "a market or a sharing game")
    number = agent_number(instance, name, f"remove agents.{name}")
    agents: Any = instance.agents
    counts = [1 if isinstance(agent, str) else agent.count for agent in agents]
    start = sum(counts[:number])
    kept = [k for k in range(sum(counts)) if not start <= k < start + counts[number]]
    if not kept:
        raise UsageError.single(f"remove agents.{name}", "the last agent", "an agent to stay")
    data = _data(instance)
    data["agents"] = tuple(agent for k, agent in enumerate(agents) if k != number)
    key = "valuation" if instance.kind == "market" else "accuracy"
    among = cast("Callable[[Sequence[int]], Any] | None", getattr(data[key], "among", None))
    try:
        if among is None:
            message = "a Python object, which is for all agents"
            raise ValueError(message)
        data[key] = among(kept)
    except ValueError as error:
        raise UsageError.single(
            f"remove agents.{name}", f"{key}: {error}", "something said agent by agent"
        ) from None
    for table in ("types", "profile"):
        if isinstance(data.get(table), Mapping):
            data[table] = {agent: x for agent, x in data[table].items() if agent != name}
        elif isinstance(data.get(table), tuple):
            data[table] = tuple(data[table][k] for k in kept)
    try:
        return _validated(instance, data)
    except InputError as error:
        raise InstanceError(error.findings, error.more) from None
