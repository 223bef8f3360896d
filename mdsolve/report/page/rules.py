"""Rules side by side: what each collects, who gains by it, and what a board must know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from mdsolve.report.agent_rows import AgentTable, Floats, largest
from mdsolve.report.alarms import alarms_of
from mdsolve.report.legible import legible
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.numbers import column
from mdsolve.report.page.markup import Html, bullets, joined, table, tag
from mdsolve.report.page.scenarios import missing
from mdsolve.report.page.source import Subject
from mdsolve.report.verdict import MARKS, tally_of
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.study.outlook import Outlook
from mdsolve.tolerance import DEFAULT

MOST_ROWS = 12
"""Parties, or runs of parties alike, of a table."""

METRICS = {"total_data": "data in all", "welfare": "welfare in all", "revenue": "organiser keeps"}


def rules_section(subject: Subject, outlook: Outlook) -> Html:
    """Return the rules that fit such an instance side by side, what each party gains by them."""
    parts: list[Html] = []
    if outlook.rules is not None:
        shown = {legible(k): legible_solution(x) for k, x in outlook.rules.solutions.items()}
        parts += [_rules(shown, subject), *_gains(shown, subject)]
        parts.append(bullets(_not_fitting(outlook.rules.refused)))
    return joined([*parts, *missing(outlook, "rules")])


def _rules(solutions: Mapping[str, Solution], subject: Subject) -> Html:
    """Return a row per rule: outcome, check, totals, and what must not be overlooked."""
    units = subject.units
    known = {
        key: words
        for key, words in METRICS.items()
        if any(_metric(solution, key) is not None for solution in solutions.values())
    }
    cells = {
        key: column(_metric(solution, key) for solution in solutions.values()) for key in known
    }
    rows, told = [], []
    for place, (name, solution) in enumerate(solutions.items()):
        alarms = [alarm.fact for alarm in alarms_of(solution, units=units)]
        told += [f"{MARKS['fail']} {name}: {fact}" for fact in alarms]
        own = place == 0 and name == subject.solution.mechanism.name
        rows.append(
            (
                f"{name} (proposed)" if own else name,
                *(cells[key][place] for key in known),
                _standing(solution),
                f"{MARKS['fail']} see below" if alarms else "nothing",
            )
        )
    heads = ["rule", *(units.heading(words, key) for key, words in known.items())]
    heads += ["check", "a board must know"]
    caption = "Rules that fit the case, each solved and checked"
    return joined([table(caption, heads, rows, last_words=2), bullets(told)])


def _standing(solution: Solution) -> str:
    if solution.termination is not Termination.SOLVED:
        return f"no answer: {solution.termination.label}"
    certificate = solution.certificate
    return "not checked" if certificate is None else tally_of(certificate).words


def _metric(solution: Solution, key: str) -> float | None:
    if solution.termination is not Termination.SOLVED:
        return None
    found = (solution.answers.get("metrics") or {}).get(key, solution.answers.get(key))
    return None if found is None else float(found)


def _gains(solutions: Mapping[str, Solution], subject: Subject) -> Iterator[Html]:
    """Yield what every party has by each rule above what it has by itself."""
    gains = {name: gain for name, x in solutions.items() if (gain := _gain(x)) is not None}
    if not gains:
        return
    agents = next(iter(solutions.values())).agents
    small = DEFAULT.verify * largest(*gains.values())
    cleared = {name: np.where(np.abs(x) <= small, 0.0, x) for name, x in gains.items()}
    rows = AgentTable(agents, cleared).rows()
    cells = [column(x[row.first] for row in rows[:MOST_ROWS]) for x in cleared.values()]
    body = zip([row.name for row in rows[:MOST_ROWS]], *cells, strict=True)
    words = "What each party gains by each rule, compared with the best it can do by itself"
    yield table(subject.units.heading(words, "utilities"), ["party", *cleared], body)
    if len(rows) > MOST_ROWS:
        left = f"{len(rows) - MOST_ROWS:,} more rows: mdsolve compare shows them."
        yield tag("p", left, class_="note")


def _gain(solution: Solution) -> Floats | None:
    """Return utility above the best alternative per party; None where it is not known."""
    answers = solution.answers
    if solution.termination is not Termination.SOLVED or answers.get("utilities") is None:
        return None
    outside = answers.get("outside_values")
    if outside is None:
        outside = (answers.get("standalone") or {}).get("utilities")
    if outside is None:
        return None
    return _floats(answers["utilities"]) - _floats(outside)


def _floats(values: Iterable[Any]) -> Floats:
    return np.array([float(x) for x in values], dtype=np.float64)


def _not_fitting(refused: Mapping[str, str]) -> list[str]:
    return [f"{legible(name)} does not fit: {legible(why)}." for name, why in refused.items()]
