"""Agreements as tables: who brings how much, and who is paid what.

A CSV file or a spreadsheet with a header line and a line per agent; the columns are ``agent`` (or
``name``), ``contribution`` in samples and ``payment`` in money received, in the plural too, one of
the last two at least. Cells may be separated by commas, semicolons or tabs. A comma inside a number
is refused unless it is declared to be the decimal sign: ``1,234`` means two things.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mdsolve.errors import Finding, SolutionFileError
from mdsolve.study.table_reading import Columns, number_in, read_cells

COLUMNS = Columns(
    {
        "agent": "agents",
        "agents": "agents",
        "name": "agents",
        "contribution": "contributions",
        "contributions": "contributions",
        "payment": "payments",
        "payments": "payments",
    },
    who="agents",
    words="agent, contribution, payment",
    more="a column contribution, payment, or both",
)


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
    header, rows = read_cells(source)
    keys = COLUMNS.keys(source, header)
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
            key: number_in(cell, f"{where}: {key[:-1]}", decimal_comma, findings)
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


def _name_problem(name: str, names: Sequence[str], found: Any) -> tuple[str, str] | None:
    """Return what was expected in place of a name, and how to mend it; None if it is right."""
    if name not in names:
        close = get_close_matches(name, names, n=1)
        return "an agent of the instance", f"did you mean {close[0]!r}?" if close else ""
    return ("each agent once", "") if name in found else None
