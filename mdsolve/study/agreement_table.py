"""Agreements as tables: who brings how much, and who is paid what.

A CSV file or a spreadsheet with a header line and a line per agent; the columns are ``agent`` (or
``name``), ``contribution`` in samples and ``payment`` in money received, in the plural too, one of
the last two at least. Cells may be separated by commas, semicolons or tabs. A comma inside a number
is refused unless it is declared to be the decimal sign: ``1,234`` means two things.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from difflib import get_close_matches
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from mdsolve.errors import Finding, SolutionFileError, UnsupportedError
from mdsolve.instance.findings import shown
from mdsolve.instance.numbers import exact_number

ENDINGS = (".csv", ".xlsx")
"""Files that are read as tables."""

MOST_BYTES = 64 * 2**20
"""Largest table that is read, in bytes, unpacked if it is a spreadsheet."""

COLUMNS = {
    "agent": "agents",
    "agents": "agents",
    "name": "agents",
    "contribution": "contributions",
    "contributions": "contributions",
    "payment": "payments",
    "payments": "payments",
}
"""Names of columns, and the keys of a solution that they fill."""

SEPARATORS = ";\t,"
"""What may stand between cells, in the order in which they are looked for."""

Rows = list[tuple[int, list[Any]]]


def is_table(path: str | Path) -> bool:
    """Tell whether a file is a table by its ending."""
    return Path(path).suffix.lower() in ENDINGS


def read_agreement(
    path: str | Path, names: Sequence[str], *, decimal_comma: bool = False
) -> dict[str, Any]:
    """Return an agreement in a table as a solution's plain data, agents in the instance's order.

    Parameters
    ----------
    names : sequence of str
        Of the instance's agents.
    decimal_comma : bool
        Whether numbers are written with a decimal comma.

    Returns
    -------
    dict
        ``agents``, and of ``contributions`` and ``payments`` those that the table has.

    Raises
    ------
    SolutionFileError
        With every cell and line that is not what it should be.
    UnsupportedError
        For a spreadsheet where the optional library is missing.
    """
    source = Path(path)
    header, rows = _read(source)
    keys = _keys(source, header)
    findings: list[Finding] = []
    found: dict[str, dict[str, Any]] = {}
    for number, cells in rows:
        where = f"{source}:{number}"
        if len(cells) != len(keys):
            got, expected = f"{len(cells)} cells", f"{len(keys)}, as in the header"
            findings.append(Finding(where, got, expected))
            continue
        entry = dict(zip(keys, cells, strict=True))
        name = str(entry.pop("agents") or "").strip()
        problem = _name_problem(name, names, found)
        if problem:
            findings.append(Finding(f"{where}: agent", repr(name), *problem))
            continue
        found[name] = {
            key: _number(cell, f"{where}: {key[:-1]}", decimal_comma, findings)
            for key, cell in entry.items()
        }
    missing = [name for name in names if name not in found]
    if missing and not findings:
        got = f"no line for {', '.join(missing[:3])}" + (" and others" if len(missing) > 3 else "")
        findings.append(Finding(str(source), got, "a line for every agent of the instance"))
    if findings:
        raise SolutionFileError(findings)
    columns = [key for key in keys if key != "agents"]
    return {
        "agents": list(names),
        **{key: [found[name][key] for name in names] for key in columns},
    }


def _read(source: Path) -> tuple[list[str], Rows]:
    """Return the header and the lines of a table, blank ones left out."""
    content = _content(source)
    excel = source.suffix.lower() == ".xlsx"
    lines = _spreadsheet(source, content) if excel else _csv(source, content)
    used = [(number, cells) for number, cells in lines if any(_filled(cell) for cell in cells)]
    if len(used) < 2:
        raise _refusal(source, "no lines", "a header line and a line per agent")
    header = [str(cell).strip() if _filled(cell) else "" for cell in used[0][1]]
    return header, used[1:]


def _content(source: Path) -> bytes:
    try:
        if not source.is_file():
            raise _refusal(source, "no such file", "a table of agents, contributions, payments")
        size = source.stat().st_size
        if size > MOST_BYTES:
            raise _refusal(source, f"{size:,} bytes", f"at most {MOST_BYTES:,} bytes")
        return source.read_bytes()
    except OSError as error:
        raise _refusal(source, str(error.strerror), "a readable table") from None


def _csv(source: Path, content: bytes) -> Rows:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        fix = "save it as CSV UTF-8"
        raise _refusal(
            source, "bytes that are no UTF-8, perhaps Latin-1 (Windows)", "UTF-8 text", fix
        ) from None
    first = text.partition("\n")[0]
    separator = next((sign for sign in SEPARATORS if sign in first), ",")
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
        return [(reader.line_num, list(cells)) for cells in reader]
    except csv.Error as error:
        raise _refusal(source, f"no CSV file ({error})", "a table with a header line") from None


def _spreadsheet(source: Path, content: bytes) -> Rows:
    """Return the lines of the only sheet, or of the first one that is not empty."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise UnsupportedError.single(
            str(source),
            "a spreadsheet",
            "the optional library openpyxl",
            "pip install 'mdsolve[tables]', or save the sheet as CSV",
        ) from None
    try:
        unpacked = sum(entry.file_size for entry in ZipFile(BytesIO(content)).infolist())
    except BadZipFile:
        raise _refusal(source, "no spreadsheet", "an .xlsx file") from None
    if unpacked > MOST_BYTES:
        raise _refusal(source, f"{unpacked:,} bytes unpacked", f"at most {MOST_BYTES:,} bytes")
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheets = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
    except Exception as error:  # noqa: BLE001 - the library raises whatever a damaged file provokes
        raise _refusal(source, f"no spreadsheet ({error})", "an .xlsx file") from None
    used = [sheet for sheet in sheets if any(any(_filled(cell) for cell in row) for row in sheet)]
    rows = used[0] if used else []
    wide = max((k + 1 for row in rows for k, cell in enumerate(row) if _filled(cell)), default=0)
    return [(number, list(row[:wide])) for number, row in enumerate(rows, start=1)]


def _keys(source: Path, header: Sequence[str]) -> list[str]:
    """Return what each column fills; raises for columns that are unknown, missing, or twice."""
    where, findings = f"{source}:1", []
    keys = [COLUMNS.get(name.lower(), "") for name in header]
    for name, key in zip(header, keys, strict=True):
        if not key:
            close = get_close_matches(name.lower(), COLUMNS, n=1)
            fix = f"did you mean {close[0]!r}?" if close else "remove it"
            expected = "the columns agent, contribution, payment"
            findings.append(Finding(where, f"the unknown column {name!r}", expected, fix))
        elif keys.count(key) > 1:
            findings.append(Finding(where, f"several columns for {key}", "each column once"))
    if not findings and "agents" not in keys:
        findings.append(Finding(where, "no column agent", "a column that says who it is about"))
    if not findings and len(keys) < 2:
        expected = "a column contribution, payment, or both"
        findings.append(Finding(where, "names only", expected))
    if findings:
        raise SolutionFileError(list(dict.fromkeys(findings)))
    return keys


def _name_problem(name: str, names: Sequence[str], found: Any) -> tuple[str, str] | None:
    """Return what was expected in place of a name, and how to mend it; None if it is right."""
    if name not in names:
        close = get_close_matches(name, names, n=1)
        return "an agent of the instance", f"did you mean {close[0]!r}?" if close else ""
    return ("each agent once", "") if name in found else None


def _number(cell: Any, where: str, decimal_comma: bool, findings: list[Finding]) -> Any:
    """Return the exact number in a cell; 0, with a finding, if it is none."""
    text = cell.strip() if isinstance(cell, str) else cell
    fix = ""
    if isinstance(text, str) and "," in text:
        if decimal_comma and text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        else:
            fix = "write numbers without commas, or say that commas are decimal signs"
    try:
        number = exact_number(text)
        float(number)
    except (TypeError, ValueError, OverflowError):
        got = shown(cell) if _filled(cell) else "nothing"
        findings.append(Finding(where, got, "a finite number", fix))
        return 0
    return number


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _refusal(source: Path, got: str, expected: str, fix: str = "") -> SolutionFileError:
    return SolutionFileError([Finding(str(source), got, expected, fix)])
