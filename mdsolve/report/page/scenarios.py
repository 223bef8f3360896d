"""What may happen: the proposed rule solved again when one leaves or costs and values change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mdsolve.report.legible import legible
from mdsolve.report.numbers import column
from mdsolve.report.page.markup import Html, bullets, joined, table, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.sweep_numbers import shown_number
from mdsolve.report.verdict import MARKS
from mdsolve.study.outlook import Outlook
from mdsolve.study.sweep_table import Row

MOST_PARTIES = 12
"""Parties whose utilities are listed case by case."""


def missing(outlook: Outlook, part: str) -> list[Html]:
    """Return a note that a part of the outlook is not there, or not all of it."""
    reason = outlook.reason(part)
    return [tag("p", f"Not complete: {reason}.", class_="note")] if reason else []


def scenarios_section(subject: Subject, outlook: Outlook) -> Html:
    """Return what comes of the rule when one leaves, or costs and values change."""
    parts: list[Html] = []
    if outlook.scenarios is not None:
        lead = (
            "The proposed rule was solved again in each case, and each answer checked by itself. "
            "It is taken that the parties know which case they are in."
        )
        parts = [tag("p", lead, class_="lead"), *_scenarios(outlook.scenarios.rows, subject)]
    return joined([*parts, *missing(outlook, "scenarios")])


def _scenarios(rows: Sequence[Row], subject: Subject) -> Iterator[Html]:
    units = subject.units
    keys = {
        "total_data": "data in all",
        "welfare": "welfare in all",
        "least_utility": "least utility",
        "alone_margin": "least gain over training alone",
        "minimal_revenue": "organiser keeps at least",
    }
    known = {k: words for k, words in keys.items() if any(k in row.numbers for row in rows)}
    cells = {key: column(shown_number(row, key) for row in rows) for key in known}
    body = [
        (
            legible(row.scenario),
            *(cells[key][place] for key in known),
            "no answer" if row.unfinished else row.termination,
            _verdict(row),
        )
        for place, row in enumerate(rows)
    ]
    heads = ["case", *(units.heading(words, key) for key, words in known.items())]
    yield table("The rule in each case", [*heads, "outcome", "check"], body, last_words=2)
    names = list(rows[0].agents.get("agents", ())) if rows else []
    by_case = [
        dict(zip(r.agents.get("agents", ()), r.agents.get("utilities", ()), strict=True))
        for r in rows
    ]
    if len(rows[0].agents.get("agents", ())) <= MOST_PARTIES and names:
        money = [column(case.get(name) for case in by_case) for name in names]
        shown = zip(map(legible, (row.scenario for row in rows)), *money, strict=True)
        words = units.heading("Utility of each party in each case", "utilities")
        yield table(words, ["case", *map(legible, names)], shown)
    reasons = [f"{legible(row.scenario)}: {legible(row.reason)}" for row in rows if row.reason]
    yield bullets(reasons)


def _verdict(row: Row) -> str:
    words = {"pass": "holds", "fail": "does not hold", "not-checked": "not all checked"}
    return f"{MARKS[row.verdict]} {words[row.verdict]}" if row.verdict in words else "none"
