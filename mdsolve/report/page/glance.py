"""The first screen: what is proposed, what it brings, who would leave, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdsolve.mechanism.registry import MARKET_MECHANISMS, SHARING_MECHANISMS
from mdsolve.report.agent_rows import AgentTable, Floats, Row, agent_table, largest
from mdsolve.report.numbers import column
from mdsolve.report.page.answer import (
    answer_sentences,
    gain_columns,
    kind_of,
    market_gains,
    standing,
    subject_alarms,
    verdict_words,
)
from mdsolve.report.page.limits import sources
from mdsolve.report.page.markup import Html, bullets, joined, table, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.pictures.market import can_draw
from mdsolve.report.pictures.sharing import can_draw_sharing
from mdsolve.report.verdict import MARKS
from mdsolve.report.words import listed
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT

MOST_ROWS = 8
"""Parties, or runs of parties alike, of the first screen; those who gain least come first."""

MOST_NAMED = 6


@dataclass(frozen=True)
class Stakes:
    """What taking part is worth to every party, above each alternative, in money.

    Parameters
    ----------
    agents : sequence of str
    moved : (n,)
        Money received; negative where it is paid.
    gains : mapping
        Alternative in words -> (n,).
    """

    agents: Sequence[str]
    moved: Floats
    gains: dict[str, Floats]

    @property
    def least(self) -> Floats:
        """Return what each gains above its best alternative; (n,)."""
        least: Floats = np.min(list(self.gains.values()), axis=0)
        return least

    @property
    def small(self) -> float:
        """Return below what a gain is rounding."""
        return DEFAULT.verify * largest(self.moved, *self.gains.values())


def stakes_of(subject: Subject) -> Stakes | None:
    """Return what is at stake for every party; None where the solution does not say."""
    solution = subject.solution
    answers = solution.answers
    if kind_of(subject) == "market":
        if not can_draw(solution):
            return None
        paid = np.array([float(x) for x in answers["payments"]])
        return Stakes(solution.agents, -paid + 0.0, {"staying out": market_gains(answers)})
    if not can_draw_sharing(solution):
        return None
    known = agent_table(solution, subject.game)
    gains = gain_columns(known)
    return Stakes(solution.agents, known["payments"], gains) if gains else None


def first_screen(subject: Subject) -> Html:
    """Return the first screen of a solution."""
    parts: list[Html] = [_proposal(subject)]
    stakes = stakes_of(subject)
    if stakes is not None and len(stakes.agents):
        parts += [tag("h3", "What it brings each party"), _parties(stakes, subject)]
        parts += [tag("h3", "Who would rather leave"), tag("p", leavers(stakes, subject))]
    parts += [tag("h3", "What it rests on"), _foundations(subject)]
    return tag("div", *parts, class_="first")


def _proposal(subject: Subject) -> Html:
    """Return what is proposed: the rule in a sentence, and what comes of it."""
    solution = subject.solution
    name = solution.mechanism.name
    rule = MARKET_MECHANISMS.get(name) or SHARING_MECHANISMS.get(name)
    parts = []
    if rule is not None and kind_of(subject) != "training":
        parts.append(tag("p", tag("strong", f"{rule.title}. "), rule.summary))
    said = [tag("p", sentence) for sentence in answer_sentences(subject) if sentence]
    parts.append(tag("div", *said, class_="answer"))
    if solution.termination is Termination.SOLVED and solution.message:
        parts.append(tag("p", solution.message, class_="lead"))
    return joined(parts)


def _parties(stakes: Stakes, subject: Subject) -> Html:
    """Return the table of parties, those who gain least first where not all are shown."""
    money = {"payments": stakes.moved} | {f"gain {k}": x for k, x in stakes.gains.items()}
    rows = AgentTable(stakes.agents, money).rows()
    if len(rows) > MOST_ROWS:
        rows = sorted(rows, key=lambda row: float(stakes.least[row.first]))[:MOST_ROWS]
    units = subject.units
    heads = ["party", units.heading("receives, or pays if negative", "payments")]
    heads += [units.heading(f"better off than {words} by", "utilities") for words in stakes.gains]
    small = stakes.small
    columns = [stakes.moved, *stakes.gains.values()]
    shown = [
        column(0.0 if abs(x[row.first]) <= small else float(x[row.first]) for row in rows)
        for x in columns
    ]
    leave = [_leaves(stakes, row) for row in rows]
    listed_rows = zip([_named(row) for row in rows], *shown, leave, strict=True)
    every = len(AgentTable(stakes.agents, money).rows())
    caption = "What taking part is worth, per party"
    if every > len(rows):
        caption += f"; the {len(rows)} of {every:,} that gain least, all under Agent by agent"
    return table(caption, [*heads, "would rather leave?"], listed_rows, last_words=1)


def _named(row: Row) -> str:
    return row.name if row.count == 1 else f"{row.name} ({row.count:,} alike)"


def _leaves(stakes: Stakes, row: Row) -> str:
    """Return whether a party would be better off elsewhere, and where."""
    where = [words for words, gain in stakes.gains.items() if gain[row.first] < -stakes.small]
    if where:
        return f"{MARKS['fail']} yes: {' and '.join(where)} is better"
    return "no" if stakes.least[row.first] > stakes.small else "no, but gains nothing"


def leavers(stakes: Stakes, subject: Subject) -> str:
    """Return who would be better off elsewhere, in a sentence that hides nobody."""
    small = stakes.small
    if float(stakes.least.min()) < -small:
        rows = AgentTable(stakes.agents, {"gain": stakes.least}).rows()
        losing = [row for row in rows if stakes.least[row.first] < -small]
        losing.sort(key=lambda row: float(stakes.least[row.first]))
        loss = subject.units.amount(-float(stakes.least[losing[0].first]), "money")
        names = listed([row.name for row in losing], MOST_NAMED)
        each = " each" if losing[0].count > 1 else ""
        most = f"; {losing[0].name} would gain most:" if len(losing) > 1 else " and would gain"
        return f"{names} would rather leave{most} {loss}{each}."
    compared = " or ".join(stakes.gains)
    even = int(np.count_nonzero(stakes.least <= small))
    if even == len(stakes.agents):
        return f"Nobody, but nobody gains anything either, compared with {compared}."
    if even:
        return (
            f"Nobody, but {even:,} of {len(stakes.agents):,} would be exactly as well off "
            f"{compared}."
        )
    return f"Nobody: everybody is better off than {compared}."


def _foundations(subject: Subject) -> Html:
    """Return what the proposal rests on: the check, the numbers, what nobody promised."""
    verdict = standing(subject)
    check = tag("p", f"{MARKS[verdict]} {verdict_words(subject)}")
    points: list[object] = [*sources(subject)[:2]]
    certificate = subject.solution.certificate
    if certificate is not None:
        broken = [c for c in certificate.conditions if not c.claimed and c.verdict == "fail"]
        if broken and not subject_alarms(subject):
            points.append(f"{len(broken)} further properties were looked at and do not hold.")
    points += subject.notes
    return joined([tag("div", check, class_=f"banner {verdict}"), bullets(points)])
