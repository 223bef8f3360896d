"""Solution files read: the one reader; `mdsolve.solution_writing` writes them.

Decimals are read as exact numbers: what a file says is what is checked. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.conditions import Certificate
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.text import STANDARD_INPUT, standard_input
from mdsolve.solution import (
    FORMAT,
    InstanceReference,
    MechanismUsed,
    Provenance,
    Solution,
)
from mdsolve.status import Termination

SOLUTION_SIZE_LIMIT = 64 * 2**20
"""Largest solution file that is read, in bytes; bigger tables live in .npy files beside it."""

DECIMAL_EXPONENT_LIMIT = 400
"""Largest power of ten accepted in a number; a bigger one would not fit a double anyway."""

ENVELOPE = (
    *("format", "instance", "mechanism", "status", "agents", "certificate", "provenance"),
    "omitted",
)
"""Keys of a solution that are no answers."""

SUBSTANCE = ("table", "contributions", "status", "certificate", "exists", "nash_gap", "history")
"""Keys of which a solution has one at least."""

WORDS = frozenset({"agent", "name", "reason", "others", "agents", "kind", "mechanism"})
"""Keys whose texts stay texts, also where they look like numbers."""

FRACTION = re.compile(r"-?\d+(/[1-9]\d*)?")

COLUMNS = (
    *("contributions", "payments", "utilities", "accuracies", "low", "high", "shapley", "banzhaf"),
    *(
        "profile",
        "values",
        "outside_values",
        "model_quality",
        "model_chance",
        "standalone.contributions",
    ),
    "weighted_shapley",
    *("standalone.utilities", "capacities"),
)
"""Answers that are a number per agent."""

NUMBERS = (
    *("revenue", "minimal_revenue", "mean_revenue", "nash_gap", "regret", "beta"),
    *("subsidy", "cap", "expected_welfare", "expected_revenue", "first_best", "loss"),
)
"""Answers that are one number."""

FORMS: Mapping[str, tuple[type[Any], str]] = {
    "metrics": (Mapping, "numbers by name"),
    "standalone": (Mapping, "contributions and utilities"),
    "protocol": (Mapping, "a name and options"),
    "history": (Mapping, "a mapping with rounds"),
    "dynamics": (Mapping, "a mapping with the path"),
    "bands": (Mapping, "ranges by name"),
    "assumptions": (list, "a list of statements"),
}
"""Answers of a fixed form, and what they are."""


INSTANCES = (".yaml", ".yml", ".toml")
"""Files that hold instances, never solutions."""

SOLVE = "solve it first: mdsolve solve FILE -o solution.json"


def read_solution_data(path: str | Path) -> dict[str, Any]:
    """Return the content of a solution file as plain data, decimals kept as fractions.

    Raises
    ------
    SolutionFileError
        If the file is missing, too large, not JSON, or not a mapping.
    """
    source = Path(path)

    def refuse(got: str, expected: str, fix: str = "") -> SolutionFileError:
        return SolutionFileError([Finding(str(source), got, expected, fix)])

    try:
        if source.exists() and not source.is_file():
            kind = "a folder" if source.is_dir() else "a pipe or device"
            raise refuse(kind, "a solution file")
        piped = str(source) == STANDARD_INPUT
        content = standard_input(SOLUTION_SIZE_LIMIT) if piped else b""
        size = len(content) if piped else source.stat().st_size
        if size > SOLUTION_SIZE_LIMIT:
            limit = f"at most {SOLUTION_SIZE_LIMIT:,} bytes"
            raise refuse(f"{size:,} bytes", limit, "put large tables into .npy files")
        text = (content if piped else source.read_bytes()).decode("utf-8-sig")
        data = json.loads(
            text,
            parse_float=_written_decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_each_key_once,
        )
    except OSError as error:
        raise refuse(str(error.strerror), "a readable solution file") from None
    except UnicodeDecodeError:
        raise refuse("bytes that are not UTF-8 text", "a JSON file") from None
    except RecursionError:
        raise refuse("brackets nested too deeply", "a solution file") from None
    except ValueError as error:
        if source.suffix.lower() in INSTANCES:
            raise refuse("no solution but an instance, by its name", "a solution", SOLVE) from None
        raise refuse(str(error), "valid JSON") from None
    if not isinstance(data, dict):
        raise refuse(f"a {type(data).__name__}", "a JSON object with the solution's keys")
    if data.get("format", FORMAT) != FORMAT:
        raise refuse(f"the format {str(data['format'])[:60]!r}", FORMAT)
    return data


def entries_of(data: Mapping[str, Any], label: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the solutions in a file's data, each with its label.

    Raises
    ------
    SolutionFileError
        If `solutions` is not a list of one solution or more.
    """
    entries = data.get("solutions", [data])
    usable = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not usable or not entries:
        got = f"{str(entries)[:60]!r}"
        expected = "a list of one solution or more"
        raise SolutionFileError([Finding(f"{label}: solutions", got, expected)])
    if len(entries) == 1:
        return [(label, entries[0])]
    return [(f"{label}: solutions[{k}]", entry) for k, entry in enumerate(entries)]


def load_solutions(path: str | Path) -> list[Solution]:
    """Return all solutions of a file, with their stored certificates.

    Raises
    ------
    SolutionFileError
        With every key that is not what it should be.
    """
    source = Path(path)
    entries = entries_of(read_solution_data(source), str(source))
    return [solution_from(entry, source.parent, label) for label, entry in entries]


def solution_from(data: Mapping[str, Any], folder: Path | None, label: str) -> Solution:
    """Return the solution in plain data; numbers become doubles, fractions stay what they are.

    Raises
    ------
    SolutionFileError
        With every key that is not what it should be.
    """
    if not any(key in data for key in SUBSTANCE):
        got = "the keys " + (", ".join(list(data)[:8]) or "of an empty file")
        expected = "a solution, with one of " + ", ".join(SUBSTANCE)
        raise SolutionFileError([Finding(label, got, expected)])
    reader = _Reader(label)
    instance = reader.mapping(data, "instance")
    named = data.get("mechanism")
    used = {"name": named} if isinstance(named, str) else reader.mapping(data, "mechanism")
    status, provenance = (reader.mapping(data, key) for key in ("status", "provenance"))
    stored = reader.mapping(data, "certificate")
    names = reader.names(data.get("agents"))
    answers = {
        key: _answer(value, key, folder)
        for key, value in data.items()
        if key not in ENVELOPE and value is not None
    }
    columns = (_length(answers.get(path)) for path in ("contributions", "payments"))
    size = len(names) or next(filter(None, columns), 0)
    reader.answers(answers, size)
    termination = reader.termination(status.get("termination", "solved"))
    certificate = reader.certificate(stored) if stored else None
    if reader.findings:
        raise SolutionFileError(reader.findings)
    return Solution(
        InstanceReference(*(_text(instance.get(k)) for k in ("name", "sha256", "data_sha256"))),
        MechanismUsed(
            _text(used.get("name")) or "", _answer(used.get("options") or {}, "", folder)
        ),
        termination,
        str(status.get("message", "")),
        names or tuple(f"agent-{k + 1}" for k in range(size)),
        answers,
        _provenance(provenance),
        certificate,
    )


class _Reader:
    """Collects what is wrong with a solution's keys."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.findings: list[Finding] = []

    def wrong(self, key: str, got: Any, expected: str) -> None:
        """Note one problem."""
        self.findings.append(Finding(f"{self.label}: {key}", f"{got!r:.60}", expected))

    def mapping(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Return a mapping under a key, empty where there is none."""
        found = data.get(key)
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            self.wrong(key, found, "a mapping")
            return {}
        return found

    def names(self, agents: Any) -> tuple[str, ...]:
        """Return the agents' names."""
        if agents is None:
            return ()
        if not isinstance(agents, list | tuple) or not all(isinstance(x, str) for x in agents):
            self.wrong("agents", agents, "a list of names")
            return ()
        return tuple(agents)

    def termination(self, label: Any) -> Termination:
        """Return why the run stopped."""
        known = {each.label: each for each in Termination}
        if not isinstance(label, str) or label not in known:
            self.wrong("status.termination", label, "one of " + ", ".join(known))
            return Termination.FAILED
        return known[label]

    def certificate(self, stored: Mapping[str, Any]) -> Certificate | None:
        """Return the stored certificate."""
        listed = stored.get("conditions", [])
        usable = isinstance(listed, list) and all(
            isinstance(entry, Mapping)
            and isinstance(entry.get("name"), str)
            and isinstance(entry.get("claimed", False), bool)
            and entry.get("verdict") in ("pass", "fail", "not-checked")
            for entry in listed
        )
        if not usable:
            self.wrong("certificate.conditions", listed, "conditions with name and verdict")
            return None
        plain = [{"claimed": False, **_answer(entry, "", None)} for entry in listed]
        return Certificate.from_dict({**_answer(stored, "", None), "conditions": plain})

    def answers(self, answers: dict[str, Any], size: int) -> None:
        """Check the answers that have a known form."""
        for path in COLUMNS:
            column = _at(answers, path)
            if column is not None and not _is_column(column, size):
                self.wrong(path, column, f"{size} numbers")
        for key in NUMBERS:
            number = answers.get(key)
            if number is not None and not _is_number(number):
                self.wrong(key, number, "a number")
        for key, (form, expected) in FORMS.items():
            answer = answers.get(key)
            usable = isinstance(answer, form) and (key != "metrics" or _are_metrics(answer))
            if answer is not None and not usable:
                self.wrong(key, answer, expected)
        equilibria = answers.get("equilibria")
        listed = _is_column(equilibria, _length(equilibria))
        if equilibria is not None and not listed and not isinstance(equilibria, str):
            self.wrong("equilibria", equilibria, "unique, continuum or a list of totals")


def _are_metrics(metrics: Mapping[str, Any]) -> bool:
    entries = [
        entry
        for value in metrics.values()
        for entry in (value.values() if isinstance(value, Mapping) else [value])
    ]
    return all(entry is None or _is_number(entry) or isinstance(entry, str) for entry in entries)


def _at(answers: Mapping[str, Any], path: str) -> Any:
    found: Any = answers
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _is_column(values: Any, size: int) -> bool:
    if isinstance(values, np.ndarray):
        return bool(values.shape == (size,))
    return isinstance(values, list) and len(values) == size and all(map(_is_number, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


def _length(values: Any) -> int:
    return len(values) if isinstance(values, list | np.ndarray) else 0


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _provenance(stored: Mapping[str, Any]) -> Provenance:
    seconds = stored.get("seconds")
    timed = seconds if isinstance(seconds, Mapping) else {}
    seed = stored.get("seed")
    return Provenance(
        solver=str(stored.get("solver", "not stated")),
        seconds={str(k): float(x) for k, x in timed.items() if _is_number(x)},
        seed=seed if isinstance(seed, int) else None,
        mdsolve=str(stored.get("mdsolve", "not stated")),
        python=str(stored.get("python", "not stated")),
    )


def _answer(value: Any, key: str, folder: Path | None) -> Any:
    """Return an answer with numbers as doubles, fractions as such, arrays from their files."""
    if isinstance(value, Mapping):
        if isinstance(value.get("file"), str):
            return _array(value["file"], folder)
        return {str(name): _answer(entry, str(name), folder) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        read = [_answer(entry, key, folder) for entry in value]
        floats = bool(read) and all(isinstance(x, float) for x in read)
        return np.array(read) if floats else read
    if isinstance(value, str) and key not in WORDS and FRACTION.fullmatch(value):
        return Fraction(value)
    return float(value) if isinstance(value, Fraction) else value


def _array(name: str, folder: Path | None) -> Any:
    """Return an array beside the solution, memory-mapped; None where it is not there."""
    if folder is None:
        return None
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or path.suffix != ".npy" or not path.is_file():
        return None
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if found.dtype.kind != "U":
        return found
    exact = np.frompyfunc(Fraction, 1, 1)
    try:
        return np.asarray(exact(np.asarray(found)), dtype=object)
    except ValueError:
        return None


def _written_decimal(text: str) -> Fraction:
    try:
        decimal = Decimal(text)
    except InvalidOperation:
        decimal = Decimal("1E999999")
    if decimal and abs(decimal.adjusted()) > DECIMAL_EXPONENT_LIMIT:
        message = f"the number {text[:40]}, outside the range of doubles"
        raise ValueError(message)
    return Fraction(decimal)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        message = f"the key {key[:60]!r} twice"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> None:
    message = f"the number {name}"
    raise ValueError(message)
