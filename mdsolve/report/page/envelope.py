"""A solution file's content as a solution: common keys validated, numbers as numbers.

What a page shows of a solution is read here, whoever made it; what does not fit is refused with
its place, what is unknown is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from mdsolve.certificate.market.claim import read_table
from mdsolve.conditions import ArithmeticName, Certificate, Condition, Verdict
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.findings import expectation, shown
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.status import Termination

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

Shapes = tuple[tuple[int, ...], ...]

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
    delta: float | None = None
    interval: tuple[float, float] | None = None


class _Certificate(_Lenient):
    conditions: list[_Condition] = []
    claim_sha256: str | None = None
    vouched: tuple[str, ...] = ()
    not_vouched: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def checked(self) -> Certificate:
        """Return the record that everything else works with."""
        conditions = tuple(Condition(**dict(found)) for found in self.conditions)
        rest = {key: value for key, value in dict(self).items() if key != "conditions"}
        return Certificate(conditions, **rest)


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


class Envelope(_Lenient):
    """The keys of a solution that pages rely on, besides numbers per agent."""

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


def envelope_of(entry: Mapping[str, Any], label: str) -> Envelope:
    """Return the common keys of a solution; raises `SolutionFileError` with every problem."""
    if not any(key in entry for key in SUBSTANCE):
        got = "the keys " + (", ".join(list(entry)[:8]) or "of an empty file")
        expected = "a solution, with one of " + ", ".join(SUBSTANCE)
        raise SolutionFileError([Finding(label, got, expected)])
    known = {key: _decimal(entry[key]) for key in Envelope.model_fields if key in entry}
    try:
        found = Envelope.model_validate({k: v for k, v in known.items() if v is not None})
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


def solution_of(
    entry: Mapping[str, Any],
    envelope: Envelope,
    certificate: Certificate | None,
    agents: tuple[str, ...],
    folder: Path,
    label: str,
) -> Solution:
    """Return the solution in a file's content, with the certificate and agents given."""
    named = envelope.mechanism
    if isinstance(named, str):
        named = _Mechanism(name=named)
    used = "not named" if named is None else named.name
    options = {} if named is None else named.options or {}
    size = len(agents) or _length(entry.get("contributions"))
    history = entry.get("history")
    rounds = _length(history.get("rounds")) if isinstance(history, Mapping) else 0
    shapes = ((size,), (size, 3, 2), (rounds, size), (3, size))
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
