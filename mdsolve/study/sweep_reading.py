"""Reading the table of a sweep back from its file: CSV, Parquet or JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mdsolve.errors import UsageError
from mdsolve.status import Termination
from mdsolve.study.sweep_table import FORMAT, OF_AGENTS, Row, SweepTable

NEEDED = ("point", "scenario", "mechanism", "termination", "verdict")
"""Columns of every table; the varied paths stand between the first two."""

EXPECTED = "a table that mdsolve sweep -o has written"


def read_sweep(path: Path) -> SweepTable:
    """Return the table in a file that `SweepTable.write` made.

    Raises
    ------
    UsageError
        If it cannot be read, or is no such table.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        expected = "one of " + ", ".join(READERS)
        raise UsageError.single(str(path), f"the ending {path.suffix!r}", expected)
    try:
        columns, rows, more = reader(path)
    except ImportError:
        got, fix = "pyarrow is not installed", "pip install 'mdsolve[tables]', or use .csv"
        raise UsageError.single(str(path), got, "the extra 'tables'", fix) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError.single(str(path), str(error)[:80] or "nothing", EXPECTED) from None
    missing = [name for name in NEEDED if name not in columns]
    if missing or columns[:1] != ["point"]:
        got = f"no column {missing[0]}" if missing else f"{columns[0]} as the first column"
        raise UsageError.single(str(path), got, EXPECTED)
    if not rows:
        raise UsageError.single(str(path), "no rows", "a finished point at least")
    paths = tuple(columns[1 : columns.index("scenario")])
    return SweepTable(
        paths=paths,
        columns=tuple(columns),
        rows=tuple(
            _row(cells, paths, columns, f"{path}, row {place}", more["reasons"].get(str(place), ""))
            for place, cells in enumerate(rows)
        ),
        asked=more["asked"],
        name=more["name"],
    )


def _row(
    cells: Mapping[str, Any], paths: Sequence[str], columns: Sequence[str], where: str, reason: str
) -> Row:
    """Return one row; raises `UsageError` with its place for cells that cannot be."""
    try:
        scenario, mechanism, termination, verdict = (str(cells[k] or "") for k in NEEDED[1:])
        Termination.from_label(termination)
        numbers = {
            key: value if isinstance(value, bool) else float(value)
            for key in Row.NUMBERS
            if (value := cells.get(key)) is not None
        }
        point, agents = int(cells["point"]), _agents(cells, columns)
    except (TypeError, ValueError, KeyError) as error:
        raise UsageError.single(where, str(error)[:80], EXPECTED) from None
    settings = tuple(cells[name] for name in paths)
    words = (scenario, mechanism, termination, verdict)
    return Row(point, settings, *words, numbers, agents, reason)


def _agents(cells: Mapping[str, Any], columns: Sequence[str]) -> dict[str, list[Any]]:
    """Return names, contributions, payments and utilities of the agents that a row has."""
    found: dict[str, list[Any]] = {}
    endings = {ending: key for key, ending in OF_AGENTS.items()}
    names: dict[str, dict[str, float]] = {}
    for column in columns:
        name, dot, ending = column.rpartition(".")
        if dot and ending in endings and cells.get(column) is not None:
            names.setdefault(name, {})[endings[ending]] = float(cells[column])
    for name, values in names.items():
        found.setdefault("agents", []).append(name)
        for key, value in values.items():
            found.setdefault(key, []).append(value)
    return found


Read = tuple[list[str], list[dict[str, Any]], dict[str, Any]]
"""Columns, cells of every row, and what else the file says."""


def _csv(path: Path) -> Read:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        listed = list(csv.reader(stream))
    columns = listed[0] if listed else []
    odd = next((n for n, row in enumerate(listed, 1) if len(row) != len(columns)), None)
    if odd is not None:
        message = f"line {odd} has {len(listed[odd - 1])} entries, not {len(columns)}"
        raise ValueError(message)
    rows = [dict(zip(columns, map(_read, row), strict=True)) for row in listed[1:]]
    return columns, rows, {"reasons": {}, "asked": len(rows), "name": path.stem}


def _json(path: Path) -> Read:
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        message = f"no format {FORMAT}"
        raise ValueError(message)
    columns = list(data["columns"])
    rows = [dict(zip(columns, row, strict=True)) for row in data["rows"]]
    reasons = dict(data.get("reasons", {}))
    more = {"reasons": reasons, "asked": int(data["asked"]), "name": data.get("instance")}
    return columns, rows, more


def _parquet(path: Path) -> Read:
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
    except ArrowException as error:
        raise ValueError(str(error)) from None
    columns = list(table.column_names)
    return columns, table.to_pylist(), {"reasons": {}, "asked": table.num_rows, "name": path.stem}


READERS = {".csv": _csv, ".json": _json, ".parquet": _parquet}


def _read(text: str) -> Any:
    """Return what a cell of CSV stands for.

    Examples
    --------
    >>> _read("0.1"), _read(""), _read("true"), _read("pooled")
    (0.1, None, True, 'pooled')
    """
    if text in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[text]
    try:
        return float(text)
    except ValueError:
        return text
