"""What the explorer page knows: columns, rows as numbers and as words, and what can be chosen.

Choices are those that were computed. A complete grid has a slider or a list per path; any other
table, such as a sample, has one slider through its points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mdsolve.report.legible import legible
from mdsolve.report.numbers import column, number
from mdsolve.report.sweep_numbers import money_scale, shown_number
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.study.sweep_table import OF_AGENTS, Row, SweepTable
from mdsolve.tolerance import DEFAULT, ROUND_OFF

WORDS = {
    "total_data": "data in all",
    "welfare": "welfare in all",
    "least_utility": "least utility",
    "alone_margin": "least gain over training alone",
    "exists": "a rule exists",
    "revenue": "organiser keeps",
    "minimal_revenue": "organiser keeps at least",
}
"""Metric -> heading."""

ALARMS = {
    "alone_margin": "somebody is better off training alone, by",
    "minimal_revenue": "the organiser may have to pay in",
}
"""Metric -> what it means that it is negative."""

AGENT_WORDS = {"contribution": "brings", "payment": "receives", "utility": "utility"}

VERDICTS = {"pass": "✓ holds", "fail": "✗ does not hold", "not-checked": "? not all checked"}

NO_ANSWER = "no answer"

FRAME = ("point", "scenario", "mechanism", "termination", "verdict")


@dataclass(frozen=True)
class Column:
    """One column of the page's table.

    Parameters
    ----------
    key, words : str
    numeric : bool
    raw : tuple
        Numbers and words to sort and draw by, None where nothing is defined.
    text : tuple of str
        The same for reading.
    """

    key: str
    words: str
    numeric: bool
    raw: tuple[Any, ...]
    text: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """One thing to choose: a column, and the rows' values in order.

    Parameters
    ----------
    column : int
    values : tuple
        Raw values of the column, ascending for numbers.
    text : tuple of str
    """

    column: int
    values: tuple[Any, ...]
    text: tuple[str, ...]
    numeric: bool


@dataclass(frozen=True)
class Points:
    """Everything that the page shows of a sweep."""

    columns: tuple[Column, ...]
    choices: tuple[Choice, ...]
    parties: tuple[str, ...]
    reasons: dict[int, str]

    @classmethod
    def of(cls, table: SweepTable, units: Units = NO_UNITS) -> Points:
        """Return what the page shows of a table."""
        columns = _alike(tuple(_column(table, key, units) for key in _keys(table)))
        warned = _warned(table, units)
        if any(warned):
            place = 1 + next(k for k, found in enumerate(columns) if found.key == "verdict")
            alarm = Column("alarm", "what a board must know", False, warned, warned)
            columns = (*columns[:place], alarm, *columns[place:])
        names = dict.fromkeys(name for row in table.rows for name in row.agents.get("agents", ()))
        reasons = {place: legible(row.reason) for place, row in enumerate(table.rows) if row.reason}
        return cls(columns, _choices(table, columns), tuple(names), reasons)

    def place(self, key: str) -> int | None:
        """Return the position of a column, None where there is none."""
        return next((k for k, found in enumerate(self.columns) if found.key == key), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for the page's own program."""
        columns = [
            {"key": c.key, "words": c.words, "numeric": c.numeric, "raw": c.raw, "text": c.text}
            for c in self.columns
        ]
        parties = [
            {"name": legible(name), "columns": {e: self.place(f"{name}.{e}") for e in AGENT_WORDS}}
            for name in self.parties
        ]
        return {
            "columns": columns,
            "choices": [vars(choice) for choice in self.choices],
            "parties": parties,
            "party_words": AGENT_WORDS,
            "metrics": [k for k, c in enumerate(self.columns) if c.key in WORDS],
            "reasons": self.reasons,
            "rows": len(self.columns[0].raw),
            **{key: self.place(key) for key in ("mechanism", "verdict", "alarm")},
        }


def _keys(table: SweepTable) -> list[str]:
    """Return the columns that are shown: those with anything in them."""
    scenarios = any(row.scenario for row in table.rows)
    wanted = [key for key in table.columns if key != "termination"]
    return [
        key
        for key in wanted
        if (key in FRAME and (key != "scenario" or scenarios))
        or key in table.paths
        or any(x is not None for x in table.column(key))
    ]


def _column(table: SweepTable, key: str, units: Units) -> Column:
    """Return one column, money that is rounding beside the row's other money as 0."""
    if key == "verdict":
        words = tuple(_verdict(row) for row in table.rows)
        return Column(key, "check", False, words, words)
    raw = [_plain(x) for x in table.column(key)]
    numeric = all(x is None or isinstance(x, float) for x in raw)
    if numeric and key not in ("point", *table.paths):
        raw = [_cleared(x, row, key) for x, row in zip(raw, table.rows, strict=True)]
    if not numeric:
        raw = ["" if x is None else x if isinstance(x, str) else number(x, 6) for x in raw]
    text = column(raw) if numeric else [legible(x) for x in raw]
    if key in table.paths and numeric:
        text = ["" if x is None else number(x, 6) for x in raw]
    return Column(key, _words(key, units), numeric, tuple(raw), tuple(text))


def _words(key: str, units: Units) -> str:
    """Return the heading of a column."""
    if key in WORDS:
        return units.heading(WORDS[key], key)
    name, _, ending = key.rpartition(".")
    if ending in AGENT_WORDS and name:
        of = {end: stored for stored, end in OF_AGENTS.items()}[ending]
        return units.heading(f"{legible(name)}: {AGENT_WORDS[ending]}", of)
    return {"mechanism": "rule"}.get(key, legible(key))


def _plain(value: Any) -> Any:
    """Return a number as a float, a truth as a word, anything else as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    return value


def _cleared(value: float | None, row: Row, key: str) -> float | None:
    """Return a number, 0 where it is money of an agent that is rounding."""
    if key in WORDS:
        shown: float | None = _plain(shown_number(row, key))
        return shown
    money = key.endswith((".payment", ".utility"))
    noise = money and value is not None and abs(value) <= ROUND_OFF * money_scale(row)
    return 0.0 if noise else value


def _verdict(row: Row) -> str:
    if row.termination != "solved":
        return f"{NO_ANSWER}: {row.termination}"
    return VERDICTS.get(row.verdict, "not checked")


def _alike(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return columns in which the same quantity of all parties has the same decimals."""
    found = list(columns)
    for ending in AGENT_WORDS:
        places = [k for k, c in enumerate(found) if c.key.endswith(f".{ending}") and c.numeric]
        written = iter(column(x for k in places for x in found[k].raw))
        for k in places:
            texts = tuple(next(written) for _ in found[k].raw)
            found[k] = replace(found[k], text=texts)
    return tuple(found)


def _warned(table: SweepTable, units: Units) -> tuple[str, ...]:
    """Return what must stand beside every answer however well its check went; empty for most."""
    found = []
    for row in table.rows:
        said = [
            f"✗ {words} {units.amount(-value, 'money')}"
            for key, words in ALARMS.items()
            if (value := float(row.numbers.get(key) or 0.0)) < -DEFAULT.verify * money_scale(row)
        ]
        found.append("; ".join(said))
    return tuple(found)


def _choices(table: SweepTable, columns: Sequence[Column]) -> tuple[Choice, ...]:
    """Return a choice per path that varies where the table is a grid, else one through points."""
    varied = [k for k, c in enumerate(columns) if c.key in (*table.paths, "scenario")]
    choices = [_choice(k, columns[k]) for k in varied]
    grid = tuple(choice for choice in choices if len(choice.values) > 1)
    settings = [
        tuple(columns[choice.column].raw[r] for choice in grid) for r in range(len(table.rows))
    ]
    mechanisms = len({row.mechanism for row in table.rows})
    full = mechanisms * math.prod(len(choice.values) for choice in grid)
    if grid and len(settings) == full == len(set(zip(settings, _rules(table), strict=True))):
        return grid
    return (_choice(0, columns[0]),)


def _rules(table: SweepTable) -> list[str]:
    return [row.mechanism for row in table.rows]


def _choice(place: int, of: Column) -> Choice:
    """Return what can be chosen in a column: numbers ascending, words as they first come."""
    words = dict(zip(of.raw, of.text, strict=True))
    values = list(words)
    if of.numeric and None not in words:
        values.sort()
    numeric = of.numeric and None not in words
    return Choice(place, tuple(values), tuple(words[x] for x in values), numeric)
