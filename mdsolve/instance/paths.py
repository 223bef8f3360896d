"""Paths into an instance as users type them: ``agents.city.cost``, ``accuracy.exponent``, ``cost``.

A path is a field of the instance and whatever lies below it; entries of lists are written [0]. An
agent goes by name (or by position, as in errors). A field that agents have, ``cost`` or
``capacity``, stands for all of them, and ``capacity.city`` for that of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from pydantic import BaseModel

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.load import Instance
from mdsolve.instance.place import Place, show_path

AGENT_FIELDS = ("cost", "prior", "capacity", "value", "budget", "group", "count")
"""Keys of an agent that stand for all agents where no agent is named."""

NAMES_SHOWN = 20

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,9})\]")


def places_of(instance: Instance, path: str) -> list[Place]:
    """Return the places in an instance that a path stands for.

    Raises
    ------
    UsageError
        If there is nothing of that name.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "St. Anna", "cost": 0.2}]
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> places_of(game, "agents.St. Anna.cost.rate")
    [('agents', 1, 'cost', 'rate')]
    >>> places_of(game, "cost")
    [('agents', 0, 'cost'), ('agents', 1, 'cost')]
    """
    found = _agents_places(instance, path)
    if found is None:
        found = [_steps(path, path)]
    for place in found:
        _require(instance, place, path)
    return found


def agent_number(instance: Instance, name: str, path: str) -> int:
    """Return the number of an agent's entry in the list of agents; raises `UsageError`."""
    names = agent_entries(instance)
    if name not in names:
        raise _unknown(path, name, names)
    return names.index(name)


def agent_entries(instance: Instance) -> list[str]:
    """Return the names of the entries in the list of agents; none where agents are columns."""
    agents: Any = instance.agents
    if not isinstance(agents, Sequence):
        return []
    return [agent if isinstance(agent, str) else agent.name for agent in agents]


def node_at(node: Any, place: Place) -> Any:
    """Return what is at a place of an instance, or of a part of it."""
    for step in place:
        node = _child(children(node), step)
    return node


def _child(below: Any, step: str | int) -> Any:
    return below[step]


def children(node: Any) -> Mapping[Any, Any] | Sequence[Any] | np.ndarray:
    """Return what is below a node: fields by name, entries by number; none below a number."""
    if isinstance(node, TypeGrid):
        return _grid(node)
    if isinstance(node, BaseModel):
        found = {key: getattr(node, key) for key in type(node).model_fields}
        return found | dict(node.model_extra or {})
    if isinstance(node, Mapping | list | tuple | np.ndarray):
        return node
    return {}


def _grid(grid: TypeGrid) -> Mapping[str, Any] | Sequence[Any]:
    """Return a grid of types as files hold it."""
    if grid.listed is not None or grid.step is None:
        return grid.exact_values()
    return {"from": grid.first, "to": grid.last, "step": grid.step}


def _agents_places(instance: Instance, path: str) -> list[Place] | None:
    """Return the places that a path to agents stands for; None for a path to anything else."""
    names = agent_entries(instance)
    if not names or instance.kind != "sharing":
        return _column_places(instance, path)
    head, dot, rest = path.partition(".")
    if head == "agents" and dot:
        name = _leading(names, rest)
        if name is None:
            raise _unknown(path, rest.partition(".")[0], names)
        return [("agents", names.index(name), *_steps(rest[len(name) :], path))]
    field = re.split(r"[.\[]", path, maxsplit=1)[0]
    if field not in AGENT_FIELDS:
        return None
    below = path[len(field) :]
    name = _leading(names, below[1:]) if below.startswith(".") else None
    if name is not None:
        rest = below[1 + len(name) :]
        return [("agents", names.index(name), field, *_steps(rest, path))]
    return _all_agents(instance, (field, *_steps(below, path)), path)


def _column_places(instance: Instance, path: str) -> list[Place] | None:
    """Return the column of a field that agents have, where agents are given by column."""
    field, dot, _ = path.partition(".")
    if instance.kind != "sharing" or field not in AGENT_FIELDS:
        return None
    if dot:
        got = "one agent of many given by column"
        raise UsageError.single(path, got, f"the whole column: {field}")
    return [("agents", field)]


def _all_agents(instance: Instance, below: Place, path: str) -> list[Place]:
    """Return a field of every agent that says something there."""
    agents: Any = instance.agents
    all_places: list[Place] = [("agents", number, *below) for number in range(len(agents))]
    if len(below) == 1:
        said = {place for place in all_places if node_at(instance, place) is not None}
        return [place for place in all_places if place in said] or all_places
    found = [place for place in all_places if _missing(instance, place) is None]
    if not found:
        raise _absent(instance, all_places[0], path)
    return found


def _leading(names: Sequence[str], text: str) -> str | None:
    """Return the longest name that a path begins with."""
    fitting = [name for name in names if text == name or text.startswith((f"{name}.", f"{name}["))]
    return max(fitting, key=len, default=None)


def _steps(text: str, path: str) -> Place:
    """Return the keys and numbers of a path.

    Examples
    --------
    >>> _steps("per_agent[0].exponent", "")
    ('per_agent', 0, 'exponent')
    """
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise UsageError.single(path[:60] or "a path", "not a path", "names joined by dots")
        steps.append(match[1] if match[1] is not None else int(match[2]))
        at = match.end()
    return tuple(steps)


def _require(instance: Instance, place: Place, path: str) -> None:
    if _missing(instance, place) is not None:
        raise _absent(instance, place, path)


def _missing(instance: Instance, place: Place) -> int | None:
    """Return the first step of a place that leads nowhere, None if there is none."""
    node: Any = instance
    for number, step in enumerate(place):
        below = children(node)
        known = step in below if isinstance(below, Mapping) else _within(step, len(below))
        if not known:
            return number
        node = _child(below, step)
    return None


def _within(step: str | int, length: int) -> bool:
    return isinstance(step, int) and step < length


def _absent(instance: Instance, place: Place, path: str) -> UsageError:
    number = _missing(instance, place) or 0
    below = children(node_at(instance, place[:number]))
    if isinstance(below, Mapping):
        known = list(map(str, below))
        if not number and instance.kind == "sharing":
            known = [*AGENT_FIELDS, *known]
        return _unknown(path, str(place[number]), known, place[:number])
    expected = f"an entry [0] .. [{len(below) - 1}] of {show_path(place[:number])}"
    return UsageError.single(path, f"{place[number]}", expected)


def _unknown(path: str, name: str, known: Sequence[str], inside: Place = ()) -> UsageError:
    where = f" in {show_path(inside)}" if inside else ""
    if not known:
        return UsageError([Finding(path, repr(name), f"the path to end before it{where}")])
    shown = ", ".join(known[:NAMES_SHOWN]) + (", ..." if len(known) > NAMES_SHOWN else "")
    close = get_close_matches(name, known, n=1)
    fix = f"did you mean {close[0]!r}?" if close else ""
    return UsageError([Finding(path, repr(name), f"one of {shown}{where}", fix)])
