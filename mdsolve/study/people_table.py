"""Agents of a sharing game from a table, and empty proposals to fill in.

A line per agent; the columns are ``agent`` (or ``name``), ``cost`` in money per sample, and where
they are known ``capacity``, ``value``, ``budget`` and ``group``. Empty cells say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mdsolve.certificate.numbers import FLOAT
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.sharing import SharingInstance
from mdsolve.study.table_reading import Columns, filled, number_in, read_cells
from mdsolve.table import Table

COLUMNS = Columns(
    {
        "agent": "name",
        "name": "name",
        "cost": "cost",
        "cost per sample": "cost",
        "capacity": "capacity",
        "value": "value",
        "budget": "budget",
        "group": "group",
    },
    who="name",
    words="agent, cost, capacity, value, budget, group",
    more="a column cost",
)

WORDS = ("name", "group")
"""Keys that hold text."""


def agents_from(path: str | Path, *, decimal_comma: bool = False) -> list[dict[str, Any]]:
    r"""Return the agents in a CSV file or a spreadsheet, as the key ``agents`` takes them.

    Parameters
    ----------
    decimal_comma : bool
        Whether numbers are written with a decimal comma.

    Raises
    ------
    SolutionFileError
        With every cell and line that is not what it should be.
    UnsupportedError
        For a spreadsheet where the optional library is missing.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "agents.csv"
    ...     _ = file.write_text("agent;cost;capacity\ncity;0,1;\ncounty;0,25;30\n")
    ...     agents_from(file, decimal_comma=True)
    [{'name': 'city', 'cost': '1/10'}, {'name': 'county', 'cost': '1/4', 'capacity': '30'}]
    """
    source = Path(path)
    header, rows = read_cells(source)
    keys = COLUMNS.keys(source, header)
    findings: list[Finding] = []
    found = []
    for number, cells in rows:
        where = f"{source}:{number}"
        if len(cells) != len(keys):
            got, expected = f"{len(cells)} cells", f"{len(keys)}, as in the header"
            findings.append(Finding(where, got, expected))
            continue
        entry: dict[str, Any] = {}
        for key, cell in zip(keys, cells, strict=True):
            if not filled(cell):
                continue
            text = key in WORDS
            read = (
                str(cell).strip()
                if text
                else number_in(cell, f"{where}: {key}", decimal_comma, findings)
            )
            entry[key] = read if text else str(read)
        findings += [
            Finding(f"{where}: {key}", "nothing", "an entry in every line")
            for key in ("name", "cost")
            if key not in entry
        ]
        found.append(entry)
    if findings:
        raise SolutionFileError(findings)
    return found


def proposal_lines(instance: SharingInstance | None) -> str:
    """Return a table of contributions and payments to fill in, a line per agent.

    Examples
    --------
    >>> print(proposal_lines(None), end="")
    agent,contribution,payment
    A,0,0
    B,0,0
    """
    names: Sequence[str] = ("A", "B")
    if instance is not None:
        names = sharing_reading(instance, FLOAT).names
    zeros = [0] * len(names)
    table = Table({"agent": list(names), "contribution": zeros, "payment": zeros})
    return table.to_csv()
