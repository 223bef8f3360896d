"""Tables as people export them: CSV in any of its forms, and spreadsheets, cell by cell.

Cells may be separated by commas, semicolons or tabs; blank lines and empty columns at the end count
for nothing. A comma inside a number is refused unless it is declared to be the decimal sign, for
``1,234`` means two things; so are signs that set thousands apart.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from mdsolve.errors import Finding, SolutionFileError, UnsupportedError
from mdsolve.instance.findings import shown
from mdsolve.instance.numbers import exact_number, number_advice

ENDINGS = (".csv", ".xlsx")
"""Files that are read as tables."""

MOST_BYTES = 64 * 2**20
"""Largest table that is read, in bytes, unpacked if it is a spreadsheet."""

SEPARATORS = ";\t,"
"""What may stand between cells, in the order in which they are looked for."""

APART = "\\s'\u2019"
"""Blanks and quotes, which set nothing but thousands apart, in a pattern."""

THOUSANDS = re.compile(rf"-?\d{{1,3}}([.,{APART}]\d{{3}})+([.,]\d+)?")
"""Numbers with signs that set thousands apart."""

Rows = list[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Columns:
    """Columns that a table may have.

    Parameters
    ----------
    names : mapping of str to str
        Name of a column in small letters -> key that it fills.
    who : str
        The key of the column that says whom a line is about.
    words : str
        The columns, for messages.
    more : str
        What a table needs beside the names; empty where names are enough.
    """

    names: Mapping[str, str]
    who: str
    words: str
    more: str = ""

    def keys(self, source: Path, header: Sequence[str]) -> list[str]:
        """Return what each column fills.

        Raises
        ------
        SolutionFileError
            For columns that are unknown, missing, or twice.
        """
        where, findings = f"{source}:1", []
        keys = [self.names.get(name.lower(), "") for name in header]
        for name, key in zip(header, keys, strict=True):
            if not key:
                close = get_close_matches(name.lower(), self.names, n=1)
                fix = f"did you mean {close[0]!r}?" if close else "remove it"
                expected = f"the columns {self.words}"
                findings.append(Finding(where, f"the unknown column {name!r}", expected, fix))
            elif keys.count(key) > 1:
                got = f"several columns for {key}"
                findings.append(Finding(where, got, "each column once"))
        if not findings and self.who not in keys:
            expected = "a column that says who it is about"
            findings.append(Finding(where, "no column agent", expected))
        if not findings and self.more and len(keys) < 2:
            findings.append(Finding(where, "names only", self.more))
        if findings:
            raise SolutionFileError(list(dict.fromkeys(findings)))
        return keys


def is_table(path: str | Path) -> bool:
    """Tell whether a file is a table by its ending."""
    return Path(path).suffix.lower() in ENDINGS


def read_cells(
    source: Path, expected: str = "a header line and a line per agent"
) -> tuple[list[str], Rows]:
    """Return the header and the lines of a table, blank ones left out.

    Parameters
    ----------
    expected : str
        What a table needs at least, for messages.
    """
    content = _content(source, expected)
    excel = source.suffix.lower() == ".xlsx"
    lines = _spreadsheet(source, content) if excel else _csv(source, content)
    used = [(number, cells) for number, cells in lines if any(filled(cell) for cell in cells)]
    if len(used) < 2:
        raise _refusal(source, "no lines", expected)
    wide = max(k + 1 for _, cells in used for k, cell in enumerate(cells) if filled(cell))
    used = [(number, cells[:wide]) for number, cells in used]
    header = [str(cell).strip() if filled(cell) else "" for cell in used[0][1]]
    return header, used[1:]


def _content(source: Path, expected: str) -> bytes:
    try:
        if not source.is_file():
            raise _refusal(source, "no such file", expected)
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
    used = [sheet for sheet in sheets if any(any(filled(cell) for cell in row) for row in sheet)]
    rows = used[0] if used else []
    wide = max((k + 1 for row in rows for k, cell in enumerate(row) if filled(cell)), default=0)
    return [(number, list(row[:wide])) for number, row in enumerate(rows, start=1)]


def number_in(cell: Any, where: str, decimal_comma: bool, findings: list[Finding]) -> Any:
    """Return the exact number in a cell; 0, with a finding, if it is none."""
    text = cell.strip() if isinstance(cell, str) else cell
    fix = ""
    if isinstance(text, str) and _has_thousands(text, decimal_comma):
        fix = "write numbers without signs between thousands"
        findings.append(Finding(where, shown(cell), "a finite number", fix))
        return 0
    if isinstance(text, str) and "," in text:
        if decimal_comma and text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        else:
            fix = "write numbers without commas, or declare decimal commas: --decimal-comma"
    try:
        number = exact_number(text)
        float(number)
    except (TypeError, ValueError, OverflowError):
        got = shown(cell) if filled(cell) else "nothing"
        findings.append(Finding(where, got, "a finite number", fix or number_advice(text)))
        return 0
    return number


def _has_thousands(text: str, decimal_comma: bool) -> bool:
    """Tell whether a number has signs between thousands; with one point or comma it may be more."""
    match = THOUSANDS.fullmatch(text)
    if match is None:
        return False
    alone = sum(text.count(sign) for sign in ".,") == 1 and not re.search(rf"[{APART}]", text)
    return not alone or ("." in text and decimal_comma)


def filled(cell: Any) -> bool:
    """Tell whether something stands in a cell."""
    return cell is not None and str(cell).strip() != ""


def _refusal(source: Path, got: str, expected: str, fix: str = "") -> SolutionFileError:
    return SolutionFileError([Finding(str(source), got, expected, fix)])
