"""Measured learning curves from a CSV file, without training.

Columns: ``agent`` or ``group`` (whose accuracy), ``samples`` (all data that went in) or one column
``samples:NAME`` per agent or group, ``accuracy`` in [0, 1]. Optional: ``holdout`` (number of
held-out examples) or ``standard_error``; and, the same in every line of an agent or group,
``cost`` (money per sample), ``capacity`` (samples), ``value`` (money per unit of accuracy) and
``budget`` (money).
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

import numpy as np

from mdsolve.errors import Finding, InstanceError
from mdsolve.instance.text import read_bytes, refusal
from mdsolve.solver.fit.accuracy_fit import TOTAL, Measurements

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


def read_measurements(path: Path) -> MeasuredTable:
    """Return the measurements of a CSV file.

    Raises
    ------
    InstanceError
        With one finding per bad cell or column, each naming its line.
    """
    content = read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise refusal(path, f"no CSV file ({error})", "a table with a header line") from None
    findings = _header_findings(path, header)
    if findings:
        raise InstanceError(findings)
    if not lines:
        raise refusal(path, "no measurements", "a line per measured accuracy", line=2)
    kind = "agent" if "agent" in header else "group"
    numbers: list[dict[str, float]] = []
    names: list[str] = []
    for number, cells in lines:
        entries, wrong = _read_line(f"{path}:{number}", header, cells, kind)
        findings += wrong
        numbers.append(entries)
        names.append(dict(zip(header, cells, strict=False)).get(kind, ""))
    findings += _name_findings(path, header, names)
    findings += _column_findings(path, lines, numbers)
    attributes, wrong = _attributes(path, lines, names, numbers)
    findings += wrong
    if findings:
        raise InstanceError(findings)
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


def _read_line(
    where: str, header: Sequence[str], cells: Sequence[str], kind: str
) -> tuple[dict[str, float], list[Finding]]:
    """Return the numbers of a line, and what is wrong with it."""
    if len(cells) != len(header):
        return {}, [Finding(where, f"{len(cells)} cells", f"{len(header)}, as in the header")]
    entries: dict[str, float] = {}
    findings = []
    for name, cell in zip(header, cells, strict=True):
        if name == kind:
            if not cell:
                findings.append(Finding(f"{where}: {kind}", "nothing", "a name"))
            continue
        if not cell and name in (*ATTRIBUTES, "holdout", "standard_error"):
            continue
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        expected = _expected(name, value)
        if expected:
            got = repr(cell) if cell else "nothing"
            findings.append(Finding(f"{where}: {name}", got, expected))
        else:
            entries[name] = value
    return entries, findings


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
    lines: Sequence[tuple[int, Sequence[str]]],
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
    lines: Sequence[tuple[int, Sequence[str]]],
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
