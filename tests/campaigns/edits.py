"""Edit every leaf of solutions: what is no longer true must not pass.

Numbers are moved by 1e-6 and 1e-3 of themselves, change their sign, are exchanged with a neighbour,
deleted, or become a text; mechanisms and options are relabelled; the hash of another instance is
put in. A wrong claim that passes is a wrong pass. A pass is harmless where the edited number is
still right within the tolerance of the instance's own scale, computed here from the game.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import mdsolve as md
from mdsolve.errors import InputError
from mdsolve.solution import plain
from tests.campaigns.games import Case
from tests.campaigns.truth import still_right

FREE = ("provenance", "certificate", "status.message", "instance.name", "instance.sha256")
"""What nobody vouches for: the interface lists it."""


@dataclass(frozen=True)
class Edit:
    """One change of one leaf."""

    path: tuple[Any, ...]
    kind: str
    data: Mapping[str, Any] = field(hash=False)
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        """Return what was changed."""
        return f"{'.'.join(map(str, self.path))} {self.kind}: {self.before!r} -> {self.after!r}"


def edits(data: Mapping[str, Any]) -> Iterator[Edit]:
    """Yield every edit of a solution's plain data."""
    for path, value in leaves(data):
        for kind, other in _others(path, value, data):
            yield Edit(path, kind, changed(data, path, other), value, other)
    yield from _relabelled(data)


class _Deleted:
    def __repr__(self) -> str:
        return "deleted"


DELETED = _Deleted()


def _others(
    path: tuple[Any, ...], value: Any, data: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "swap", not value
    elif number(value) is not None:
        exact = number(value)
        assert exact is not None
        for kind, factor in (("1e-6", Fraction("1.000001")), ("1e-3", Fraction("1.001"))):
            if exact:
                yield kind, stored(exact * factor)
        if exact:
            yield "sign", stored(-exact)
        yield "shift", stored(exact + 1)
        neighbour = _neighbour(data, path)
        if neighbour is not None and number(neighbour) != exact:
            yield "neighbour", neighbour
    elif isinstance(value, str):
        yield "text", value + " and more"
    yield "type", {"is": "no number"} if number(value) is not None else 17
    yield "deletion", DELETED


def _relabelled(data: Mapping[str, Any]) -> Iterator[Edit]:
    """Yield the solution under every other mechanism's name, with and without its options."""
    named = data.get("mechanism")
    if not isinstance(named, Mapping):
        return
    market = "table" in data or "minimal_profile" in data
    names = MARKET_NAMES if market else SHARING_NAMES
    for name in names:
        if name == named["name"]:
            continue
        for options in ({}, named.get("options", {})):
            other = {**data, "mechanism": {"name": name, "options": options}}
            yield Edit(("mechanism", "name"), "relabelled", other, named["name"], name)


MARKET_NAMES = ("free", "vcg", "mep", "desirable", "second-best")
SHARING_NAMES = (
    *("none", "budget-balanced", "shapley", "contribution-transfer", "welfare", "value-shaping"),
    *("proportional-data", "proportional-value", "proportional-shapley"),
)


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every leaf of plain data; long lists by their first, middle and last entries."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list) and data:
        places = sorted({0, len(data) // 2, len(data) - 1})
        for place in places:
            yield from leaves(data[place], (*path, place))
    else:
        yield path, data


def changed(data: Any, path: Sequence[Any], value: Any) -> Any:
    """Return plain data with another leaf."""
    other = copy.deepcopy(data)
    at = other
    for key in path[:-1]:
        at = at[key]
    if value is DELETED:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return other


def _neighbour(data: Any, path: Sequence[Any]) -> Any:
    """Return the next entry of the list that a leaf is in, if there is one."""
    at = data
    for key in path[:-1]:
        at = at[key]
    if not isinstance(at, list) or len(at) < 2:
        return None
    other = at[(path[-1] + 1) % len(at)]
    return other if number(other) is not None else None


def number(value: Any) -> Fraction | None:
    """Return what is a number, written or as a fraction in a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and math.isfinite(value):
        return Fraction(value)
    if isinstance(value, str):
        try:
            return Fraction(value)
        except ValueError:
            return None
    return None


def stored(value: Fraction) -> Any:
    """Return a number as a solution stores it."""
    return float(value)


@dataclass
class Report:
    """Counts of what became of the edits."""

    edits: int = 0
    refused: int = 0
    not_vouched: int = 0
    harmless: int = 0
    wrong: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def campaign(
    cases: Sequence[Case], arithmetic: str = "auto", *, every: int = 1, start: int = 0
) -> Report:
    """Edit the solutions of the cases and verify each.

    Parameters
    ----------
    every, start : int
        Only every so many edits, from that one on.
    """
    report = Report()
    for case in cases:
        solution = case.solve()
        data = {k: v for k, v in plain(solution.claim()).items() if k != "provenance"}
        data["provenance"] = plain(solution.provenance.to_dict())
        for place, edit in enumerate(edits(data)):
            if (place - start) % every == 0:
                _judge(case, solution, edit, arithmetic, report)
    return report


def _judge(case: Case, solution: Any, edit: Edit, arithmetic: str, report: Report) -> None:
    report.edits += 1
    report.kinds[edit.kind] += 1
    try:
        certificate = md.verify(case.instance, edit.data, arithmetic=arithmetic)
    except InputError:
        report.refused += 1
        return
    dotted = ".".join(map(str, edit.path))
    if certificate.verdict != "pass":
        report.refused += 1
    elif any(_within(dotted, path) or _within(path, dotted) for path in certificate.not_vouched):
        report.not_vouched += 1
        if not any(_within(dotted, path) for path in FREE):
            report.wrong.append(f"{case.name}: {edit} is not vouched for")
    elif still_right(case, solution, edit):
        report.harmless += 1
    else:
        report.wrong.append(f"{case.name}: {edit}")


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".")
