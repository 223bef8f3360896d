"""From a solution file, whoever made it, to what a page needs: solution, instance, certificate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from mdsolve.certificate.claim import read_table
from mdsolve.conditions import ArithmeticName, Certificate, Condition, Verdict
from mdsolve.errors import Finding, InstanceError, SolutionFileError
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance, load
from mdsolve.instance.findings import expectation, shown
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor
from mdsolve.report.page_missing import completed
from mdsolve.solution import (
    InstanceReference,
    MechanismUsed,
    Provenance,
    Solution,
    read_solution_data,
)
from mdsolve.status import Termination
from mdsolve.study.verify import verify

PER_AGENT = (
    *("contributions", "payments", "utilities", "accuracies", "low", "high", "shapley"),
    *("profile", "values", "outside_values", "model_quality"),
)
"""Keys of a solution that have a number per agent."""

TOTALS = ("revenue", "minimal_revenue", "nash_gap")

ENVELOPE = ("format", "instance", "mechanism", "status", "agents", "certificate", "provenance")
"""Keys of a solution that are no answers."""

SUBSTANCE = ("table", "contributions", "status", "certificate", "exists", "nash_gap", "history")
"""Keys of which a solution has one at least."""

ENDINGS = (".yaml", ".yml", ".json", ".toml")
Shapes = tuple[tuple[int, ...], ...]

MOST_CANDIDATES = 500
LARGEST_CANDIDATE = 16 * 2**20
"""Bytes of a file that is looked into for the instance."""

FRACTION = re.compile(r"-?\d+(/[1-9]\d*)?")
WORDS = frozenset({"agent", "name", "reason", "others", "agents"})
"""Keys whose texts stay texts, also where they look like numbers."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)


class _Status(_Lenient):
    termination: str = "solved"
    message: str = ""


class _Reference(_Lenient):
    name: str | None = None
    sha256: str | None = None


class _Mechanism(_Lenient):
    name: str
    options: dict[str, Any] | None = None


class _Condition(_Lenient):
    name: str
    claimed: bool = False
    verdict: Verdict
    violation: float | None = None
    scale: float | None = None
    tolerance: float | None = None
    arithmetic: ArithmeticName = "float"
    scope: str = ""
    detail: str = ""
    witness: dict[str, Any] | None = None


class _Certificate(_Lenient):
    conditions: list[_Condition] = []


class _Provenance(_Lenient):
    mdsolve: str = "not stated"
    python: str = "not stated"
    solver: str = "not stated"
    seconds: dict[str, float] = {}
    seed: int | None = None


class _Assumption(_Lenient):
    name: str
    holds: bool | None = None
    reason: str = ""


class _Envelope(_Lenient):
    status: _Status = _Status()
    instance: _Reference = _Reference()
    mechanism: _Mechanism | str | None = None
    agents: list[str] | None = None
    certificate: _Certificate | None = None
    provenance: _Provenance = _Provenance()
    metrics: dict[str, float | dict[str, float | None] | str | None] | None = None
    assumptions: list[_Assumption] = []
    warnings: list[str] = []
    off_path: str | None = None
    protocol: dict[str, Any] | None = None
    equilibria: list[float] | str | None = None


@dataclass(frozen=True)
class Subject:
    """One solution and everything at hand about it.

    Parameters
    ----------
    solution : Solution
        Its certificate is the new one where it was checked again.
    instance : Instance or None
    game : SharingGame or None
        Of a sharing instance.
    checked : bool
        Whether the solution was checked again, against the instance.
    stated : str or None
        The verdict that the file itself states.
    computed : tuple of str
        What the file lacks and was computed from the instance for the page.
    notes : tuple of str
        What a reader must know of instance and file.
    """

    solution: Solution
    instance: Instance | None
    game: SharingGame | None
    checked: bool
    stated: str | None
    computed: tuple[str, ...]
    notes: tuple[str, ...]


def read_subjects(
    file: Path, instance_file: Path | None = None, monitor: Monitor | None = None
) -> list[Subject]:
    """Return the solutions of a file, checked again where their instance is at hand.

    Parameters
    ----------
    instance_file : Path or None
        None: the instance with the recorded content, if it lies beside the solution or in the
        present folder.

    Raises
    ------
    InstanceError, SolutionFileError
        If one of the files cannot be used.
    """
    data = read_solution_data(file)
    entries = data.get("solutions", [data])
    usable = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not usable or not entries:
        expected = "a list of one solution or more"
        raise SolutionFileError([Finding(f"{file}: solutions", shown(entries), expected)])
    given = None if instance_file is None else load(instance_file)
    found: dict[tuple[str | None, str | None], Instance | None] = {}
    subjects = []
    for place, entry in enumerate(entries):
        label = str(file) if len(entries) == 1 else f"{file}: solutions[{place}]"
        envelope = _envelope(entry, label)
        instance = given
        if given is None:
            key = (envelope.instance.name, envelope.instance.sha256)
            if key not in found:
                found[key] = find_instance(envelope.instance.sha256, key[0], file)
            instance = found[key]
        subjects.append(_subject(entry, envelope, instance, file.parent, label, monitor))
    return subjects


def find_instance(sha256: str | None, name: str | None, solution: Path) -> Instance | None:
    """Return the instance with the recorded content beside the solution or in this folder."""
    if sha256 is None:
        return None
    folders = {solution.resolve().parent: None, Path.cwd(): None}
    files = [f for folder in folders for f in sorted(folder.iterdir()) if f.suffix in ENDINGS]
    files.sort(key=lambda file: file.stem != name)
    for file in files[:MOST_CANDIDATES]:
        if not file.is_file() or file.samefile(solution) or not _may_hold(file, name):
            continue
        try:
            instance = load(file)
        except InstanceError:
            continue
        if instance.sha256 == sha256:
            return instance
    return None


def _may_hold(file: Path, name: str | None) -> bool:
    try:
        if file.stat().st_size > LARGEST_CANDIDATE:
            return False
        content = file.read_bytes()
    except OSError:
        return False
    return b"kind" in content and (name is None or name.encode() in content)


def _envelope(entry: Mapping[str, Any], label: str) -> _Envelope:
    """Return the common keys of a solution; raises `SolutionFileError` with every problem."""
    if not any(key in entry for key in SUBSTANCE):
        got = "the keys " + (", ".join(list(entry)[:8]) or "of an empty file")
        expected = "a solution, with one of " + ", ".join(SUBSTANCE)
        raise SolutionFileError([Finding(label, got, expected)])
    known = {key: _decimal(entry[key]) for key in _Envelope.model_fields if key in entry}
    try:
        found = _Envelope.model_validate({k: v for k, v in known.items() if v is not None})
        Termination.from_label(found.status.termination)
    except ValidationError as error:
        raise SolutionFileError(
            Finding(
                f"{label}: {'.'.join(map(str, problem['loc']))}",
                shown(problem["input"]),
                expectation(problem),
            )
            for problem in error.errors(include_url=False)
        ) from None
    except KeyError:
        labels = ", ".join(each.label for each in Termination)
        where = f"{label}: status.termination"
        got = shown(found.status.termination)
        raise SolutionFileError([Finding(where, got, f"one of {labels}")]) from None
    return found


def _subject(
    entry: Mapping[str, Any],
    envelope: _Envelope,
    instance: Instance | None,
    folder: Path,
    label: str,
    monitor: Monitor | None,
) -> Subject:
    certificate = None
    if envelope.certificate is not None:
        listed = [Condition(**dict(found)) for found in envelope.certificate.conditions]
        certificate = Certificate(tuple(listed))
    stated = None if certificate is None else certificate.verdict
    notes = []
    recorded = envelope.instance.sha256
    if instance is not None:
        certificate = verify(instance, entry, monitor=monitor, folder=folder, label=label)
        if recorded is not None and instance.sha256 not in (recorded, None):
            notes.append(
                "The solution was made for an instance file with other content. It was checked "
                "against the file given here."
            )
        if stated is not None and stated != certificate.verdict:
            notes.append(
                f"The solution file states the verdict {stated}; the new check says "
                f"{certificate.verdict}. This report shows the new check."
            )
    game = sharing_game(instance) if isinstance(instance, SharingInstance) else None
    names = _names(envelope, instance, game)
    solution = _solution(entry, envelope, certificate, names, folder, label)
    computed: tuple[str, ...] = ()
    if instance is not None:
        answers, computed = completed(solution, instance, game, entry, folder)
        solution = replace(solution, answers=answers)
    return Subject(solution, instance, game, instance is not None, stated, computed, tuple(notes))


def _names(
    envelope: _Envelope, instance: Instance | None, game: SharingGame | None
) -> tuple[str, ...]:
    if envelope.agents is not None:
        return tuple(envelope.agents)
    if game is not None:
        return tuple(game.agents)
    if isinstance(instance, MarketInstance):
        return tuple(market_game(instance).agents)
    return instance.agent_names if isinstance(instance, TrainingInstance) else ()


def _solution(
    entry: Mapping[str, Any],
    envelope: _Envelope,
    certificate: Certificate | None,
    agents: tuple[str, ...],
    folder: Path,
    label: str,
) -> Solution:
    named = envelope.mechanism
    if isinstance(named, str):
        named = _Mechanism(name=named)
    used = "not named" if named is None else named.name
    options = {} if named is None else named.options or {}
    size = len(agents) or _length(entry.get("contributions"))
    history = entry.get("history")
    rounds = _length(history.get("rounds")) if isinstance(history, Mapping) else 0
    shapes = ((size,), (size, 3, 2), (rounds, size))
    answers = {
        key: _read(value, key, shapes, folder)
        for key, value in entry.items()
        if key not in ENVELOPE and key != "table" and value is not None
    }
    if envelope.metrics is not None:
        answers["metrics"] = envelope.metrics
    names = agents or tuple(f"agent-{k + 1}" for k in range(size))
    _require_numbers(answers, len(names), label)
    return Solution(
        instance=InstanceReference(envelope.instance.name, envelope.instance.sha256),
        mechanism=MechanismUsed(used, options),
        termination=Termination.from_label(envelope.status.termination),
        message=envelope.status.message,
        agents=names,
        answers=answers,
        provenance=Provenance(**dict(envelope.provenance)),
        certificate=certificate,
    )


def _require_numbers(answers: dict[str, Any], size: int, label: str) -> None:
    """Drop columns whose files are missing; raise `SolutionFileError` where one does not fit."""
    problems = []
    alone = answers.get("standalone")
    inner = dict(alone) if isinstance(alone, Mapping) else {}
    columns = {key: answers[key] for key in PER_AGENT if key in answers}
    columns |= {f"standalone.{key}": inner.get(key) for key in ("contributions", "utilities")}
    for key, values in columns.items():
        if values is None:
            answers.pop(key, None)
        elif len(values) != size if isinstance(values, np.ndarray) else not _fits(values, size):
            problems.append(Finding(f"{label}: {key}", shown(values), f"{size} numbers"))
    problems += [
        Finding(f"{label}: {key}", shown(answers[key]), "a number")
        for key in TOTALS
        if key in answers and not _is_number(answers[key])
    ]
    if alone is not None and not {"contributions", "utilities"} <= inner.keys():
        answers.pop("standalone")
    if problems:
        raise SolutionFileError(problems)


def _fits(values: Any, size: int) -> bool:
    return isinstance(values, list) and len(values) == size and all(map(_is_number, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


def _length(values: Any) -> int:
    return len(values) if isinstance(values, list) else 0


def _read(value: Any, key: str, shapes: Shapes, folder: Path) -> Any:
    """Return answers as numbers: decimals as floats, fractions as such, arrays from their files."""
    if isinstance(value, Mapping):
        if isinstance(value.get("file"), str):
            return _from_file(value, shapes, folder)
        return {name: _read(entry, name, shapes, folder) for name, entry in value.items()}
    if isinstance(value, list):
        return [_read(entry, key, shapes, folder) for entry in value]
    if isinstance(value, str) and key not in WORDS and FRACTION.fullmatch(value):
        return Fraction(value)
    return _decimal(value)


def _from_file(reference: Mapping[str, Any], shapes: Shapes, folder: Path) -> Any:
    """Return an array beside the solution in one of the shapes that pictures use, else None."""
    for shape in shapes:
        problems: list[Finding] = []
        found = read_table(reference, shape, folder, "array", problems)
        if not problems:
            return found
    return None


def _decimal(value: Any) -> Any:
    """Return plain data with decimals as floats."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _decimal(entry) for name, entry in value.items()}
    return [_decimal(entry) for entry in value] if isinstance(value, list) else value
