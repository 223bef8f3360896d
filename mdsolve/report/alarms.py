"""What a board would call a failure, in plain words with names and amounts, promised or not.

Somebody is better off alone or outside, the payments lose money, a lie pays: such facts stand
above everything else, whatever the mechanism promised. They are taken from the conditions that do
not hold, and from the numbers of the solution where nobody checked them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.conditions import Certificate, Condition
from mdsolve.report.agent_rows import AgentTable, Floats, agent_table, largest, run_name, run_starts
from mdsolve.report.numbers import amount, as_float
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.report.witness import witness_words
from mdsolve.report.words import heading, lower_first, sentence
from mdsolve.solution import Solution
from mdsolve.tolerance import DEFAULT

OUTSIDE, ALONE = "individual-rationality", "individual-rationality-alone"
LOSES, UNBALANCED = "weak-budget-balance", "budget-balance"

WORDS = {
    OUTSIDE: "Somebody is better off staying out",
    ALONE: "Somebody is better off training alone",
    LOSES: "The payments lose money",
    "incentive-compatibility": "A lie pays",
    "dominant-strategies": "What pays depends on what the others do",
    "nash": "Somebody gains by bringing another amount",
    "feasibility": "More is asked for or handed out than there is",
    "payment-limit": "Somebody is asked to pay more than the limit",
    "requirements": "Somebody brings less than was asked for",
    "rule": "Payments or models are not those of the mechanism that is named",
    "stated-numbers": "A number that is stated is wrong",
    "wrong-instance": "The answer was made for another instance",
}
"""Conditions that are an alarm wherever they do not hold -> what it means that they do not."""

NAMED = 3
"""Most agents, or runs of agents alike, that are named with their amounts."""


@dataclass(frozen=True)
class Alarm:
    """One fact that must not be overlooked.

    Parameters
    ----------
    fact : str
        A sentence with names and amounts.
    promised : bool
        Whether the mechanism promises that this does not happen.
    """

    fact: str
    promised: bool

    @property
    def words(self) -> str:
        """The sentence, and whether the mechanism promised anything."""
        broken = "The mechanism promises otherwise." if self.promised else "This is not promised."
        return f"{self.fact} {broken}"


def alarms_of(
    solution: Solution, table: AgentTable | None = None, *, units: Units = NO_UNITS
) -> list[Alarm]:
    """Return what must stand above a solution.

    Parameters
    ----------
    table : AgentTable or None
        Its numbers per agent, where more is known than the solution says.
    units : Units
        Of the instance.
    """
    certificate = solution.certificate
    listed = () if certificate is None else certificate.conditions
    conditions = {condition.name: condition for condition in listed}
    found = []
    for name, sentences in _from_numbers(solution, table, units).items():
        condition = conditions.get(name)
        if condition is not None and condition.verdict == "pass":
            continue
        promised = condition is not None and condition.claimed
        found += [Alarm(fact, promised) for fact in sentences]
        if sentences:
            conditions.pop(name, None)
    return found + _from_conditions(conditions)


def certificate_alarms(certificate: Certificate) -> list[Alarm]:
    """Return what must stand above a certificate, where the solution is not at hand."""
    return _from_conditions({condition.name: condition for condition in certificate.conditions})


def _from_conditions(conditions: Mapping[str, Condition]) -> list[Alarm]:
    """Return alarms for the conditions that do not hold, promised ones of every kind."""
    order = {name: place for place, name in enumerate(WORDS)}
    failed = [c for c in conditions.values() if c.verdict == "fail" and (c.claimed or _alarming(c))]
    failed.sort(key=lambda condition: order.get(condition.name, len(order)))
    return [Alarm(_failure(condition), condition.claimed) for condition in failed]


def _alarming(condition: Condition) -> bool:
    if condition.name == UNBALANCED and condition.witness:
        return _known_number(condition.witness.get("sum_of_payments")) > 0
    return condition.name in WORDS


def _failure(condition: Condition) -> str:
    what = WORDS.get(condition.name) or f"Not true: {lower_first(heading(condition))}"
    case = witness_words(condition)
    if case:
        return f"{what}: {case}"
    return f"{what}. {sentence(condition.detail)}".rstrip()


def _from_numbers(
    solution: Solution, table: AgentTable | None, units: Units
) -> dict[str, list[str]]:
    """Return what the numbers of a solution say, by the name of the condition that speaks of it."""
    answers = solution.answers
    if {"utilities", "outside_values", "payments", "profile"} <= answers.keys():
        return _market(solution, units)
    if any(answers.get(key) is None for key in ("contributions", "utilities")):
        return {}
    known = agent_table(solution, None) if table is None else table
    found = {ALONE: [_losers(known, "alone", "training alone", units)]}
    if "outside" in known:
        found[OUTSIDE] = [_losers(known, "outside", "staying out", units)]
    if "payments" in known:
        found[UNBALANCED] = [_missing_money(known["payments"], units)]
    return {name: [x for x in sentences if x] for name, sentences in found.items()}


def _losers(table: AgentTable, key: str, where: str, units: Units) -> str:
    """Return who is better off elsewhere and by how much, the worst first; empty for nobody."""
    if key not in table or "utilities" not in table:
        return ""
    here, there = table["utilities"], table[key]
    scale = largest(here, there)
    loss = np.where(there - here > DEFAULT.verify * scale, there - here, 0.0)
    losing = int(np.count_nonzero(loss))
    if not losing:
        return ""
    runs = [(start, after) for start, after in run_starts([loss, here]) if loss[start] > 0]
    runs.sort(key=lambda run: -loss[run[0]])
    named = [_loss(table.agents, run, (loss, here, there), units) for run in runs[:NAMED]]
    left = losing - sum(after - start for start, after in runs[:NAMED])
    rest = f", and {left:,} more" if left else ""
    size = len(table.agents)
    verb = "is" if losing == 1 else "are"
    who = f"{losing:,} of {size:,} agents {verb}" if size > 1 else "The agent is"
    return f"{who} better off {where}: {', '.join(named)}{rest}."


def _loss(
    names: Sequence[str],
    run: tuple[int, int],
    columns: tuple[Floats, Floats, Floats],
    units: Units,
) -> str:
    (first, after), (loss, here, there) = run, columns
    name = names[first] if after - first == 1 else run_name(names[first], names[after - 1])
    each = "" if after - first == 1 else " each"
    instead = f"{amount(there[first])} instead of {amount(here[first])}"
    return f"{name} by {units.amount(loss[first], 'money')}{each} ({instead})"


def _missing_money(received: Floats, units: Units) -> str:
    """Return what has to come from outside where agents receive more than they pay."""
    total = float(received.sum())
    if not total > DEFAULT.verify * largest(received):
        return ""
    more = units.amount(total, "money")
    return (
        f"The payments lose money: agents receive {more} more than they pay, which has "
        "to come from outside."
    )


def _market(solution: Solution, units: Units) -> dict[str, list[str]]:
    """Return who loses in the case shown, and whether the organiser does in any."""
    answers = solution.answers
    inside, outside = _numbers(answers["utilities"]), _numbers(answers["outside_values"])
    shown = AgentTable(solution.agents, {"utilities": inside, "outside": outside})
    losers = _losers(shown, "outside", "staying out", units)
    case = ", ".join(
        f"{name} {units.amount(data, 'data')}"
        for name, data in zip(solution.agents, answers["profile"], strict=True)
    )
    found = {OUTSIDE: [f"In the case shown ({case}), {lower_first(losers)}"] if losers else []}
    scale = largest(inside, outside, _numbers(answers["payments"]))
    least = as_float(answers.get("minimal_revenue", answers.get("revenue", 0)))
    subsidy = _known_number(answers.get("subsidy", 0))  # what the platform set out to pay in
    if least < -subsidy - DEFAULT.verify * scale:
        stated = answers.get("minimal_profile")
        types = stated if isinstance(stated, list | tuple) else ()
        lowest = ", ".join(amount(_known_number(data)) for data in types)
        where = f" (data {lowest})" if lowest else ""
        found[LOSES] = [
            f"The payments lose money: in the worst case{where} the organiser pays in "
            f"{units.amount(-least, 'money')}."
        ]
    return found


def _known_number(value: Any) -> float:
    """Return a number of a foreign solution, 0 where something else stands in its place."""
    try:
        return as_float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _numbers(values: Any) -> Floats:
    return np.array([float(value) for value in values], dtype=np.float64)
