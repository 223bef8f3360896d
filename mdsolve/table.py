"""Tables of named columns: as files (CSV, Parquet, LaTeX) and as frames of pandas or polars."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from mdsolve.errors import UsageError
from mdsolve.outputs import write_atomically

ENDINGS = (".csv", ".parquet", ".tex")
"""Files that a table is written to."""

Library = Literal["pandas", "polars"]

LIBRARIES: tuple[Library, ...] = ("pandas", "polars")

LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
"""Characters that mean something to LaTeX -> how they are written."""


@dataclass(frozen=True)
class Table:
    """Columns of the same length by name; None is a missing entry.

    Parameters
    ----------
    columns : mapping of str to sequence

    Examples
    --------
    >>> table = Table({"agent": ["north", "st_anna"], "payment": [0.1, None]})
    >>> print(table.to_csv(), end="")
    agent,payment
    north,0.1
    st_anna,
    """

    columns: Mapping[str, Sequence[Any]]

    @classmethod
    def stacked(cls, tables: Iterable[Table]) -> Table:
        """Return the rows of several tables below each other; columns that one lacks are empty."""
        listed = list(tables)
        names = dict.fromkeys(name for table in listed for name in table.columns)
        found: dict[str, list[Any]] = {name: [] for name in names}
        for table in listed:
            for name in names:
                found[name] += table.columns.get(name, [None] * table.height)
        return cls(found)

    @property
    def height(self) -> int:
        """Number of rows."""
        return max((len(column) for column in self.columns.values()), default=0)

    def rows(self) -> Iterable[tuple[Any, ...]]:
        """Go through the rows."""
        return zip(*self.columns.values(), strict=True)

    def to_csv(self) -> str:
        """Return the table as CSV: floats by repr, what is missing empty."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([[written(cell) for cell in row] for row in self.rows()])
        return stream.getvalue()

    def to_latex(self) -> str:
        r"""Return a LaTeX ``tabular``, numbers to six digits.

        Examples
        --------
        >>> print(Table({"agent": ["st_anna"], "payment": [1 / 3]}).to_latex())
        \begin{tabular}{lr}
        \hline
        agent & payment \\
        \hline
        st\_anna & 0.333333 \\
        \hline
        \end{tabular}
        """
        kinds = "".join("r" if _numeric(column) else "l" for column in self.columns.values())
        lines = [f"\\begin{{tabular}}{{{kinds}}}", r"\hline", _latex_row(self.columns), r"\hline"]
        lines += [_latex_row(row) for row in self.rows()]
        return "\n".join([*lines, r"\hline", r"\end{tabular}"])

    def to_frame(self, library: Library | None = None) -> Any:
        """Return a data frame; fractions become floats.

        Parameters
        ----------
        library : {"pandas", "polars"} or None
            None takes pandas, or polars where only that is installed.

        Raises
        ------
        UsageError
            Where the library is not installed, or is another one.
        """
        columns = {name: _plain(column) for name, column in self.columns.items()}
        return _library(library).DataFrame(columns)

    def write(self, path: Path) -> None:
        """Write the table in the format of the file's ending; see `require_table`."""
        require_table(path)
        ending = path.suffix.lower()
        if ending == ".parquet":
            write_atomically(path, self._parquet)
            return
        text = self.to_csv() if ending == ".csv" else self.to_latex() + "\n"
        write_atomically(path, lambda stream: stream.write(text.encode()))

    def _parquet(self, stream: Any) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        columns = {name: _plain(column) for name, column in self.columns.items()}
        parquet.write_table(pa.table(columns), stream)


def is_tabular(path: Path | None) -> bool:
    """Tell whether a file is a table by its ending."""
    return path is not None and path.suffix.lower() in ENDINGS


def require_table(path: Path, further: Sequence[str] = ()) -> None:
    """Raise `UsageError` unless a table can be written in the format of the file's ending.

    Parameters
    ----------
    further : sequence of str
        Endings that the caller writes itself.
    """
    ending = path.suffix.lower()
    known = (*ENDINGS[:-1], *further, ENDINGS[-1])
    if ending not in known:
        expected = "one of " + ", ".join(known)
        raise UsageError.single(str(path), f"the ending {path.suffix!r}", expected)
    if ending == ".parquet":
        try:
            import_module("pyarrow")
        except ImportError:
            got, fix = "pyarrow is not installed", "pip install 'mdsolve[tables]', or use .csv"
            raise UsageError.single(str(path), got, "the extra 'tables'", fix) from None


def written(value: Any) -> str:
    """Return a cell of CSV.

    Examples
    --------
    >>> written(0.1), written(None), written(True), written("none")
    ('0.1', '', 'true', 'none')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _library(name: str | None) -> Any:
    if name not in (None, *LIBRARIES):
        raise UsageError.single("library", repr(name), "pandas or polars")
    wanted = LIBRARIES if name is None else (name,)
    for tried in wanted:
        try:
            return import_module(tried)
        except ImportError:
            continue
    words = " or ".join(wanted)
    fix = f"pip install {wanted[0]}, or write a .csv file"
    raise UsageError.single("to_frame", f"no {words} is installed", words, fix)


def _plain(column: Sequence[Any]) -> list[Any]:
    """Return a column of one type: fractions as floats, words beside numbers as words."""
    entries = [float(x) if isinstance(x, Fraction) else x for x in column]
    mixed = any(isinstance(x, str) for x in entries)
    return [x if x is None or not mixed else str(x) for x in entries]


def _numeric(column: Sequence[Any]) -> bool:
    return not any(isinstance(x, str) for x in column)


def _latex_row(cells: Iterable[Any]) -> str:
    return " & ".join(map(_latex, cells)) + r" \\"


def _latex(cell: Any) -> str:
    if isinstance(cell, bool | str) or cell is None:
        text = written(cell)
        return "".join(LATEX.get(sign, sign) for sign in text)
    return f"{float(cell):.6g}"
