"""What a sweep goes through: ranges and lists of paths, scenarios, and so every point.

A point is one setting of every path under one scenario. Points are numbered from 1 on, the first
path varying slowest, then the others, then the scenarios.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.errors import Finding, InputError, InstanceError, UsageError
from mdsolve.instance import Instance
from mdsolve.instance.changes import Change, changed, parse_change, value_of
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.paths import places_of

POINT_LIMIT = 1_000_000
"""Most points of one sweep."""

CHECKED_POINTS = 10_000
"""Most points that are tried as instances before the work begins."""

OPTION = "mechanism."
"""How paths to options of mechanisms begin."""

RANGE = "FROM:TO:COUNT (COUNT points, ends included) or A,B,C"


@dataclass(frozen=True)
class Axis:
    """One path and what it is set to.

    Parameters
    ----------
    path : str
        As typed.
    values : tuple
        Numbers and words of a list, or the points of a range.
    ends : (Fraction, Fraction) or None
        Of a range.
    """

    path: str
    values: tuple[Any, ...]
    ends: tuple[Fraction, Fraction] | None = None

    def quantile(self, share: float) -> Any:
        """Return the value below which a share in [0, 1) of the axis lies."""
        if self.ends is None:
            return self.values[int(share * len(self.values))]
        low, high = self.ends
        return exact_number(float(low) + share * float(high - low))


@dataclass(frozen=True)
class Scenario:
    """A name, and what is different then; nothing, for the instance as it is."""

    name: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Point:
    """One setting of every path, under one scenario.

    Parameters
    ----------
    number : int
        From 1 on.
    settings : tuple of (path, value)
    """

    number: int
    settings: tuple[tuple[str, Any], ...]
    scenario: Scenario

    def instance(self, base: Instance) -> Instance:
        """Return the instance at this point: paths are set first, then the scenario happens."""
        settings = [Change(path, "=", x) for path, x in self.settings if not is_option(path)]
        return changed(base, [*settings, *self.scenario.changes])

    def options(self) -> dict[str, Any]:
        """Return what is set of mechanisms' options."""
        return {
            path.removeprefix(OPTION): _as_option(value)
            for path, value in self.settings
            if is_option(path)
        }

    @property
    def words(self) -> str:
        """The settings, for messages."""
        parts = [f"{path}={shown(value)}" for path, value in self.settings]
        return ", ".join([*parts, *([self.scenario.name] if self.scenario.name else [])])


@dataclass(frozen=True)
class Plan:
    """All points of a sweep, in order."""

    axes: tuple[Axis, ...]
    scenarios: tuple[Scenario, ...]
    sample: int | None = None
    seed: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths as typed."""
        return tuple(axis.path for axis in self.axes)

    @property
    def count(self) -> int:
        """Number of points."""
        grid = self.sample
        if grid is None:
            grid = 1
            for axis in self.axes:
                grid *= len(axis.values)
        return grid * len(self.scenarios)

    def points(self) -> Iterator[Point]:
        """Yield the points in order."""
        number = 0
        for values in self._settings():
            settings = tuple(zip(self.paths, values, strict=True))
            for scenario in self.scenarios:
                number += 1
                yield Point(number, settings, scenario)

    def _settings(self) -> Iterator[tuple[Any, ...]]:
        if self.sample is None:
            yield from itertools.product(*(axis.values for axis in self.axes))
            return
        shares = latin_hypercube(self.sample, len(self.axes), self.seed)
        for row in shares:
            yield tuple(axis.quantile(float(x)) for axis, x in zip(self.axes, row, strict=True))


def is_option(path: str) -> bool:
    """Tell whether a path is an option of mechanisms, not a part of the instance."""
    return path.startswith(OPTION)


def _as_option(value: Any) -> Any:
    return str(value) if isinstance(value, Fraction) else value


def shown(value: Any) -> str:
    """Return a setting as tables show it: numbers as doubles, words as they are.

    Examples
    --------
    >>> shown(Fraction(1, 4)), shown("pooled"), shown(None)
    ('0.25', 'pooled', 'null')
    """
    if value is None:
        return "null"
    return repr(float(value)) if isinstance(value, int | float | Fraction) else str(value)


def latin_hypercube(count: int, axes: int, seed: int) -> np.ndarray:
    """Return points of [0, 1)^axes of which each axis has exactly one in each of `count` strata.

    Examples
    --------
    >>> sorted((4 * latin_hypercube(4, 1, 0)[:, 0]).astype(int).tolist())
    [0, 1, 2, 3]
    """
    random = np.random.default_rng(seed)
    columns = [(random.permutation(count) + random.random(count)) / count for _ in range(axes)]
    return np.minimum(np.array(columns).T.reshape(count, axes), np.nextafter(1.0, 0.0))


def plan_of(
    vary: Mapping[str, Any] | Sequence[str],
    scenarios: Mapping[str, Any] | Sequence[str] = (),
    *,
    sample: int | None = None,
    seed: int | None = None,
) -> Plan:
    """Return the plan in words, or in Python values.

    Parameters
    ----------
    vary : sequence of str, or mapping
        ``"PATH=FROM:TO:COUNT"`` and ``"PATH=A,B,C"``; from path to ``"FROM:TO:COUNT"`` or values.
    scenarios : sequence of str, or mapping
        ``"NAME: change; change"``; from name to changes.
    sample : int or None
        So many points of a Latin hypercube instead of the grid; COUNT may be left out then.

    Raises
    ------
    UsageError
        With every finding.

    Examples
    --------
    >>> plan = plan_of(["cost=1:2:3", "outside=pooled,separate"])
    >>> [point.words for point in plan.points()][:2]
    ['cost=1.0, outside=pooled', 'cost=1.0, outside=separate']
    """
    findings: list[Finding] = []
    axes = [axis for axis in _axes(vary, sample, findings) if axis is not None]
    happen = [scenario for scenario in _scenarios(scenarios, findings) if scenario is not None]
    findings += _doubled("--vary", [axis.path for axis in axes])
    findings += _doubled("--scenario", [scenario.name for scenario in happen])
    if sample is not None and sample < 1:
        findings.append(Finding("--sample", str(sample), "at least 1"))
    if sample is not None and not axes and not findings:
        findings.append(Finding("--sample", "nothing varied", "--vary PATH=FROM:TO"))
    if not axes and not happen and not findings:
        findings.append(Finding("--vary", "nothing", f"PATH={RANGE}, or a --scenario"))
    plan = Plan(tuple(axes), tuple(happen) or (Scenario(),), sample, seed or 0)
    if not findings and plan.count > POINT_LIMIT:
        findings.append(Finding("--vary", f"{plan.count:,} points", f"at most {POINT_LIMIT:,}"))
    if findings:
        raise UsageError(findings)
    return plan


def _axes(
    vary: Mapping[str, Any] | Sequence[str], sample: int | None, findings: list[Finding]
) -> Iterator[Axis | None]:
    if isinstance(vary, Mapping):
        for path, given in vary.items():
            yield _axis(str(path), given, sample, findings)
        return
    for text in vary:
        path, equals, values = text.rpartition("=")
        if not equals or not path.strip():
            findings.append(Finding("--vary", repr(text)[:60], f"PATH={RANGE}"))
        else:
            yield _axis(path.strip(), values, sample, findings)


def _axis(path: str, given: Any, sample: int | None, findings: list[Finding]) -> Axis | None:
    where = f"--vary {path}"
    if not isinstance(given, str):
        values = list(given) if isinstance(given, Sequence | np.ndarray) else [given]
        read = (value_of(str(x)) if not isinstance(x, Fraction) else x for x in values)
        return _listed(where, path, list(read), findings)
    parts = [part.strip() for part in given.split(":")]
    if len(parts) == 1:
        return _listed(where, path, [value_of(x.strip()) for x in given.split(",")], findings)
    numbers = [value_of(part) for part in parts]
    usable = all(isinstance(x, Fraction) for x in numbers)
    if not usable or len(parts) > 3 or (len(parts) == 2 and sample is None):
        fix = "frontier takes an increment there, sweep a number of points"
        findings.append(Finding(where, repr(given)[:60], RANGE, fix))
        return None
    low, high = numbers[:2]
    count = numbers[2] if len(numbers) == 3 else Fraction(2)
    if count.denominator != 1 or not 2 <= count <= POINT_LIMIT:
        fix = "frontier takes an increment there, sweep a number of points"
        got, expected = f"{float(count):g} points", f"a whole number from 2 to {POINT_LIMIT:,}"
        findings.append(Finding(where, got, expected, fix))
        return None
    steps = int(count) - 1
    points = tuple(low + (high - low) * Fraction(k, steps) for k in range(steps + 1))
    return Axis(path, points, (low, high))


def _listed(where: str, path: str, values: list[Any], findings: list[Finding]) -> Axis | None:
    if not values or "" in values:
        findings.append(Finding(where, "an empty entry", RANGE))
        return None
    return Axis(path, tuple(values))


def _scenarios(
    scenarios: Mapping[str, Any] | Sequence[str], findings: list[Finding]
) -> Iterator[Scenario | None]:
    entries: list[tuple[str, list[str]]] = []
    if isinstance(scenarios, Mapping):
        for name, changes in scenarios.items():
            listed = changes.split(";") if isinstance(changes, str) else list(changes)
            entries.append((str(name), listed))
    else:
        for text in scenarios:
            name, colon, rest = text.partition(":")
            if not colon or not name.strip():
                expected = '"NAME: change; change", for example "dear: cost*=1.2"'
                findings.append(Finding("--scenario", repr(text)[:60], expected))
            else:
                entries.append((name.strip(), rest.split(";")))
    for name, listed in entries:
        try:
            read = tuple(parse_change(change) for change in listed if change.strip())
        except InputError as error:
            findings += [
                Finding(f"--scenario {name}: {x.where}", x.got, x.expected, x.fix)
                for x in error.findings
            ]
        else:
            yield Scenario(name, read)


def _doubled(where: str, names: Sequence[str]) -> list[Finding]:
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    return [Finding(f"{where} {name}", "given twice", "each once") for name in twice]


def require_instances(base: Instance, plan: Plan) -> None:
    """Raise with what is wrong with points that are no instances; long sweeps in part.

    Raises
    ------
    UsageError
        For paths that lead nowhere.
    InstanceError
        With the findings of every point that was looked at.
    """
    misled = [*_misled_axes(base, plan), *_misled_scenarios(base, plan)]
    if misled:
        raise UsageError(misled)
    findings: dict[Finding, None] = {}
    for point in itertools.islice(plan.points(), CHECKED_POINTS):
        try:
            point.instance(base)
        except InputError as error:
            for x in error.findings:
                where = f"{x.where} (point {point.number}: {point.words})"
                findings[Finding(where, x.got, x.expected, x.fix)] = None
    if findings:
        raise InstanceError(findings)


def _misled_axes(base: Instance, plan: Plan) -> Iterator[Finding]:
    """Yield the paths that lead nowhere."""
    for path in plan.paths:
        try:
            if not is_option(path):
                places_of(base, path)
        except UsageError as error:
            for x in error.findings:
                yield Finding(f"--vary {x.where}", x.got, x.expected, x.fix)


def _misled_scenarios(base: Instance, plan: Plan) -> Iterator[Finding]:
    """Yield the changes that change nothing there is."""
    for scenario in plan.scenarios:
        try:
            changed(base, scenario.changes)
        except UsageError as error:
            for x in error.findings:
                yield Finding(f"--scenario {scenario.name}: {x.where}", x.got, x.expected, x.fix)
        except InstanceError:
            continue  # it may be one at some points
