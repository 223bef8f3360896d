"""What moves the answer: one per cent more of each party's cost, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdsolve.instance.costs.linear import LinearCostSpec
from mdsolve.instance.sharing import SharingInstance
from mdsolve.report.legible import legible
from mdsolve.report.numbers import amount
from mdsolve.report.page.markup import Html, bullets, joined, tag
from mdsolve.report.page.scenarios import missing
from mdsolve.report.page.source import Subject
from mdsolve.report.words import listed
from mdsolve.study.outlook import Moved, Outlook
from mdsolve.tolerance import DEFAULT

ONE_PER_CENT = 0.01


def sensitivity_section(subject: Subject, outlook: Outlook) -> Html:
    """Return what one per cent more of each cost moves, in sentences."""
    moved = [change for change in outlook.moved if change.after.agents]
    parts: list[Html] = []
    if moved:
        lead = (
            "Each party's cost of data was raised by one per cent, everything else left as it is, "
            "and the rule solved again. Larger changes need not be in proportion."
        )
        parts = [tag("p", lead, class_="lead"), bullets(_sentence(x, subject) for x in moved)]
    return joined([*parts, *missing(outlook, "sensitivity")])


def _sentence(change: Moved, subject: Subject) -> str:
    """Return what a dearer sample of one party moves."""
    units = subject.units
    names = list(change.before.agents["agents"])
    entry = legible(change.entry)
    own = [k for k, name in enumerate(names) if _of_entry(name, change.entry)]
    who = f"each {entry.replace('{}', '').rstrip('-_ ')}" if len(own) > 1 else entry
    before, after = change.before, change.after
    rises = _rate_words(change, subject)
    first = own[0] if own else 0
    parts = []
    for key, more, less in (
        ("contributions", "brings {} more", "brings {} less"),
        ("payments", *_money_words(before.agents["payments"][first])),
        ("utilities", "is better off by {}", "is worse off by {}"),
    ):
        old, new = before.agents[key], after.agents[key]
        step = new[first] - old[first]
        if abs(step) > DEFAULT.verify * max(map(abs, old), default=0.0):
            said = more if step > 0 else less
            parts.append(said.format(units.amount(abs(step), key)))
    others = _others(change, own, subject)
    own_words = listed(parts) if parts else "changes nothing and loses nothing"
    total = after.numbers["total_data"] - before.numbers["total_data"]
    in_all = ""
    if abs(total) > DEFAULT.verify * max(1.0, abs(before.numbers["total_data"])):
        word = "more" if total > 0 else "less"
        in_all = f" All together bring {units.amount(abs(total), 'total_data')} {word}."
    return f"If data cost {who} one per cent more{rises}, {who} {own_words}.{others}{in_all}"


def _money_words(received: float) -> tuple[str, str]:
    """Return what more and less money received is to who receives, or pays, so much."""
    return (
        ("pays {} less", "pays {} more")
        if received < 0
        else ("receives {} more", "receives {} less")
    )


def _rate_words(change: Moved, subject: Subject) -> str:
    """Return what one per cent is of a cost per sample, where the cost is one."""
    instance = subject.instance
    if not isinstance(instance, SharingInstance) or not isinstance(instance.agents, tuple):
        return ""
    cost = next((agent.cost for agent in instance.agents if agent.name == change.entry), None)
    if not isinstance(cost, LinearCostSpec):
        return ""
    unit = subject.units.unit("rate") or "a sample"
    return f" ({amount(ONE_PER_CENT * float(cost.rate))} {unit})"


def _of_entry(name: str, entry: str) -> bool:
    """Tell whether an agent comes from an entry of the list of agents, which may hold {}."""
    start, hole, end = entry.partition("{}")
    if not hole:
        return name == entry
    middle = name[len(start) : len(name) - len(end) if end else None]
    return name.startswith(start) and name.endswith(end) and middle.isdigit()


def _others(change: Moved, own: Sequence[int], subject: Subject) -> str:
    """Return who else is moved most, in a sentence; empty for nobody."""
    names = change.before.agents["agents"]
    steps = np.subtract(change.after.agents["utilities"], change.before.agents["utilities"])
    steps[list(own)] = 0.0
    if not len(steps):
        return ""
    most = int(np.argmax(np.abs(steps)))
    if abs(steps[most]) <= DEFAULT.verify * max(map(abs, change.before.agents["utilities"])):
        return " Nobody else is touched."
    word = "gains" if steps[most] > 0 else "loses"
    return (
        f" Of the others {legible(names[most])} {word} most, "
        f"{subject.units.amount(abs(steps[most]), 'money')}."
    )
