"""Tables of agents, contributions and payments, as people agree on them in a spreadsheet.

Columns: ``agent``, ``contribution`` (samples) and ``payment`` (money received; negative means
paid), plural forms too. Agents may stand in any order, every one of the instance once. Nothing is
recomputed: a cell of a workbook counts as the value that was saved with it.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from mdsolve.errors import Finding, SolutionFileError, UnsupportedError
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.text import read_bytes

ENDINGS = (".csv", ".xlsx")
MOST_BYTES = 256 * 2**20
"""Most bytes of a workbook when unpacked."""

COLUMNS = {
    "agent": "agent",
    "agents": "agent",
    "name": "agent",
    "contribution": "contributions",
    "contributions": "contributions",
    "payment": "payments",
    "payments": "payments",
}
NEEDED = ("agent", "contributions", "payments")


def is_table(path: Path) -> bool:
    """Tell whether a file is a table by its name."""
    return path.suffix.lower() in ENDINGS


def read_agreement(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return the agreement in a table as a solution's plain data.

    Parameters
    ----------
    names : sequence of str
        The instance's agents.

    Raises
    ------
    SolutionFileError
        With everything that is wrong: columns, agents, cells that are no numbers.
    UnsupportedError
        For a workbook where the library that reads them is missing.
    """
    lines = _rows_of_workbook(path) if path.suffix.lower() == ".xlsx" else _rows_of_csv(path)
    rows = [(number, row) for number, row in lines if any(map(_text, row))]
    if not rows:
        raise _refused(path, 1, "nothing", "a line that names columns: " + ", ".join(NEEDED))
    findings: list[Finding] = []
    places = _places(path, rows[0], findings)
    if findings:
        raise SolutionFileError(findings)
    found: dict[str, tuple[float, float]] = {}
    for number, row in rows[1:]:
        cells = {key: row[at] if at < len(row) else None for key, at in places.items()}
        name = _text(cells["agent"])
        where = f"{path}:{number}"
        if name in found:
            findings.append(Finding(f"{where}: agent", repr(name)[:60], "every agent once"))
        elif name not in names:
            close = get_close_matches(name, names, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            findings.append(
                Finding(f"{where}: agent", repr(name)[:60], "an agent of the instance", fix)
            )
        contribution = _number(cells["contributions"], f"{where}: contributions", findings)
        payment = _number(cells["payments"], f"{where}: payments", findings)
        found[name] = (contribution, payment)
    missing = [name for name in names if name not in found]
    if missing:
        got = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        findings.append(Finding(f"{path}: agents", f"no line for {got}", "a line for every agent"))
    if findings:
        raise SolutionFileError(findings)
    return {
        "agents": list(names),
        "contributions": [found[name][0] for name in names],
        "payments": [found[name][1] for name in names],
    }


def _places(
    path: Path, header: tuple[int, Sequence[Any]], findings: list[Finding]
) -> dict[str, int]:
    number, cells = header
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = _text(cell)
        key = COLUMNS.get(word.lower())
        if not word:
            continue
        if key is None:
            close = get_close_matches(word.lower(), COLUMNS, n=1)
            fix = f"did you mean {close[0]!r}?" if close else "take the column out"
            expected = "one of " + ", ".join(NEEDED)
            findings.append(Finding(f"{path}:{number}: column", repr(word)[:60], expected, fix))
        elif key in places:
            findings.append(Finding(f"{path}:{number}: column", f"{key} twice", "each column once"))
        else:
            places[key] = place
    for key in NEEDED:
        if key not in places and not findings:
            findings.append(Finding(f"{path}:{number}: columns", f"no {key}", ", ".join(NEEDED)))
    return places


def _number(cell: Any, where: str, findings: list[Finding]) -> float:
    try:
        value = float(exact_number(cell if isinstance(cell, int | float) else _text(cell)))
    except (TypeError, ValueError, OverflowError):
        findings.append(Finding(where, repr(_text(cell))[:60], "a number"))
        return 0.0
    return value


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _rows_of_csv(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    content = read_bytes(path)
    try:
        reader = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        yield from ((reader.line_num, row) for row in reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(path, 1, f"no CSV file ({error})", "a table with a header line") from None


def _rows_of_workbook(path: Path) -> list[tuple[int, Sequence[Any]]]:
    content = read_bytes(path)
    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(BytesIO(content)).infolist())
    except zipfile.BadZipFile:
        raise _refused(path, 1, "no workbook", "a file that a spreadsheet saved as xlsx") from None
    if unpacked > MOST_BYTES:
        got = f"{unpacked / 2**20:,.0f} MiB when unpacked"
        raise _refused(path, 1, got, f"at most {MOST_BYTES / 2**20:,.0f} MiB")
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise UnsupportedError.single(
            str(path),
            "a workbook",
            "a CSV file, where openpyxl is not installed",
            "pip install 'mdsolve[tables]', or save the sheet as CSV",
        ) from None
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [(k, list(row)) for k, row in enumerate(sheet.iter_rows(values_only=True), 1)]
    except (KeyError, ValueError, IndexError, OSError) as error:
        expected = "a file that a spreadsheet saved as xlsx"
        raise _refused(path, 1, f"no workbook ({error})", expected) from None


def _refused(path: Path, line: int, got: str, expected: str) -> SolutionFileError:
    return SolutionFileError.single(f"{path}:{line}", got, expected)
