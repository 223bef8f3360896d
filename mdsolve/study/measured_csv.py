"""Measured learning curves from a table (CSV as people export it, or a spreadsheet).

Columns: ``agent`` or ``group`` (whose accuracy), ``samples`` (all data that went in) or one column
``samples:NAME`` per agent or group, ``accuracy`` in [0, 1]. Optional: ``holdout`` (number of
held-out examples) or ``standard_error``; and, the same in every line of an agent or group,
``cost`` (money per sample), ``capacity`` (samples), ``value`` (money per unit of accuracy) and
``budget`` (money).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.errors import Finding, InstanceError, SolutionFileError
from mdsolve.instance.findings import shown
from mdsolve.instance.text import read_bytes
from mdsolve.solver.fit.accuracy_fit import TOTAL, Measurements
from mdsolve.study.table_reading import filled, number_in, read_cells

PREFIX = "samples:"
NUMBERS = (
    "samples",
    "accuracy",
    "holdout",
    "standard_error",
    "cost",
    "capacity",
    "value",
    "budget",
)
FEW_ALIKE = 2
"""More findings than that which say the same of a column become one."""

ATTRIBUTES = ("cost", "capacity", "value", "budget")


@dataclass(frozen=True)
class MeasuredTable:
    """The content of a file of measurements.

    Parameters
    ----------
    kind : {"agent", "group"}
        What a row of the accuracy function is called in the file.
    attributes : mapping
        ``cost``, ``capacity``, ``value`` and ``budget`` by name, where the file has them.
    """

    measurements: Measurements
    kind: str
    attributes: Mapping[str, Mapping[str, float]]
    sha256: str


def read_measurements(path: Path, *, decimal_comma: bool = False) -> MeasuredTable:
    """Return the measurements of a table.

    Parameters
    ----------
    decimal_comma : bool
        Whether numbers are written 0,93.

    Raises
    ------
    InstanceError
        With one finding per bad cell or column, each naming its line.
    """
    content = read_bytes(path)
    try:
        header, lines = read_cells(path, "a header line, and a line per measured accuracy")
    except SolutionFileError as error:
        raise InstanceError(error.findings) from None
    findings = _header_findings(path, header)
    if findings:
        raise InstanceError(findings)
    kind = "agent" if "agent" in header else "group"
    numbers: list[dict[str, float]] = []
    names: list[str] = []
    for number, cells in lines:
        entries, wrong = _read_line(f"{path}:{number}", header, cells, kind, decimal_comma)
        findings += wrong
        numbers.append(entries)
        whose = dict(zip(header, cells, strict=False)).get(kind)
        names.append(str(whose).strip() if filled(whose) else "")
    findings += _name_findings(path, header, names)
    findings += _column_findings(path, lines, numbers)
    attributes, wrong = _attributes(path, lines, names, numbers)
    findings += wrong
    if findings:
        raise InstanceError(_condensed(findings))
    rows = tuple(dict.fromkeys(names))
    split = [column for column in header if column.startswith(PREFIX)]
    columns = rows if split else (TOTAL,)
    wanted = [PREFIX + name for name in rows] if split else ["samples"]
    optional = {
        key: np.array([entry[key] for entry in numbers]) if key in numbers[0] else None
        for key in ("holdout", "standard_error")
    }
    measurements = Measurements(
        rows=rows,
        columns=columns,
        row=np.array([rows.index(name) for name in names], dtype=np.int64),
        amounts=np.array([[entry[key] for key in wanted] for entry in numbers]),
        accuracies=np.array([entry["accuracy"] for entry in numbers]),
        holdout=optional["holdout"],
        errors=optional["standard_error"],
    )
    return MeasuredTable(measurements, kind, attributes, hashlib.sha256(content).hexdigest())


def _header_findings(path: Path, header: Sequence[str]) -> list[Finding]:
    where = f"{path}:1"
    if any(_is_number(name) for name in header):
        fix = "write a first line with the names of the columns"
        return [Finding(where, "numbers in the first line", "the names of the columns", fix)]
    twice = sorted({name for name in header if header.count(name) > 1})
    findings = [Finding(where, f"the column {name!r} twice", "each column once") for name in twice]
    known = ("agent", "group", *NUMBERS)
    for name in header:
        if name not in known and not (name.startswith(PREFIX) and name != PREFIX):
            close = get_close_matches(name, known, n=1)
            fix = f"did you mean {close[0]!r}?" if close else "remove it"
            expected = f"one of the columns {', '.join(known)}, {PREFIX}NAME"
            findings.append(Finding(where, f"the unknown column {name!r}", expected, fix))
    given = [name for name in ("agent", "group") if name in header]
    if len(given) != 1:
        got = " and ".join(given) or "no column agent or group"
        findings.append(Finding(where, got, "one column that says whose accuracy it is"))
    if "accuracy" not in header:
        findings.append(Finding(where, "no column accuracy", "measured accuracies in [0, 1]"))
    split = any(name.startswith(PREFIX) for name in header)
    if split == ("samples" in header):
        got = f"samples beside {PREFIX}NAME" if split else "no column samples"
        expected = f"samples (all data together), or a column {PREFIX}NAME for everybody's data"
        findings.append(Finding(where, got, expected))
    return findings


def _is_number(name: str) -> bool:
    try:
        float(name.replace(",", "."))
    except ValueError:
        return False
    return True


def _read_line(
    where: str, header: Sequence[str], cells: Sequence[Any], kind: str, decimal_comma: bool
) -> tuple[dict[str, float], list[Finding]]:
    """Return the numbers of a line, and what is wrong with it."""
    entries: dict[str, float] = {}
    findings: list[Finding] = []
    for name, cell in zip(header, [*cells, *[None] * len(header)], strict=False):
        if name == kind:
            if not filled(cell):
                findings.append(Finding(f"{where}: {kind}", "nothing", "a name"))
            continue
        if not filled(cell) and name in (*ATTRIBUTES, "holdout", "standard_error"):
            continue
        wrong: list[Finding] = []
        value = float(number_in(cell, f"{where}: {name}", decimal_comma, wrong))
        expected = _expected(name, math.nan if wrong else value)
        if expected:
            got, fix = (wrong[0].got, wrong[0].fix) if wrong else (shown(cell), "")
            fix = _percent_fix(name, cell, value) or fix
            findings.append(Finding(f"{where}: {name}", got, expected, fix))
        else:
            entries[name] = value
    extra = [shown(cell) for cell in cells[len(header) :] if filled(cell)]
    findings += [Finding(where, got, f"{len(header)} cells, as in the header") for got in extra]
    return entries, findings


def _condensed(findings: Sequence[Finding]) -> list[Finding]:
    """Return one finding in place of many that say the same of one column."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for found in findings:
        column = found.where.rpartition(": ")[2]
        alike.setdefault((column, found.expected, found.fix), []).append(found)
    shorter: list[Finding] = []
    for same in alike.values():
        many = len(same) > FEW_ALIKE
        shorter += [replace(same[0], got=_and_more(same))] if many else same
    return shorter


def _and_more(found: Sequence[Finding]) -> str:
    return f"{found[0].got}, and {len(found) - 1:,} more like it"


def _percent_fix(name: str, cell: Any, value: float) -> str:
    """Return how to mend an accuracy that may be a percentage; empty where it cannot be one."""
    percent = "%" in str(cell) or 1 < value <= 100
    return "divide by 100, and leave out %" if name == "accuracy" and percent else ""


def _expected(name: str, value: float) -> str:
    """Return what a cell should have held, or an empty text if it is right."""
    finite = math.isfinite(value)
    if name == "accuracy":
        return "" if finite and 0 <= value <= 1 else "a share of right answers in [0, 1]"
    if name == "holdout":
        return "" if finite and value >= 1 and value == round(value) else "a whole number from 1 on"
    if name in ("standard_error", "capacity", "value", "budget"):
        return "" if finite and value > 0 else "a number greater than 0"
    return "" if finite and value >= 0 else "a number that is not negative"


def _name_findings(path: Path, header: Sequence[str], names: Sequence[str]) -> list[Finding]:
    """Return where the columns ``samples:NAME`` and the names in the lines do not match."""
    split = {name.removeprefix(PREFIX) for name in header if name.startswith(PREFIX)}
    if not split:
        return []
    present = {name for name in names if name}
    findings = [
        Finding(f"{path}:1", f"no column {PREFIX}{name}", f"the data of {name}, as of the others")
        for name in sorted(present - split)
    ]
    findings += [
        Finding(f"{path}:1", f"the column {PREFIX}{name}", f"accuracies of {name} in some lines")
        for name in sorted(split - present)
    ]
    return findings


def _column_findings(
    path: Path,
    lines: Sequence[tuple[int, Sequence[Any]]],
    numbers: Sequence[Mapping[str, float]],
) -> list[Finding]:
    """Return the lines that leave out a holdout size or standard error which others have."""
    findings = []
    for key in ("holdout", "standard_error"):
        if any(key in entries for entries in numbers):
            findings += [
                Finding(f"{path}:{number}: {key}", "nothing", "one in every line, or in none")
                for (number, _), entries in zip(lines, numbers, strict=True)
                if key not in entries
            ]
    return findings


def _attributes(
    path: Path,
    lines: Sequence[tuple[int, Sequence[Any]]],
    names: Sequence[str],
    numbers: Sequence[Mapping[str, float]],
) -> tuple[dict[str, dict[str, float]], list[Finding]]:
    """Return the attributes by name, and the lines that contradict earlier ones."""
    found: dict[str, dict[str, float]] = {key: {} for key in ATTRIBUTES}
    findings = []
    for (number, _), name, entries in zip(lines, names, numbers, strict=True):
        for key in ATTRIBUTES:
            if key in entries and found[key].setdefault(name, entries[key]) != entries[key]:
                got = f"{entries[key]:g}, after {found[key][name]:g} for {name} before"
                findings.append(Finding(f"{path}:{number}: {key}", got, "the same in every line"))
    return found, findings
