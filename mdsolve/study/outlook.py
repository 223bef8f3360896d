"""What a board asks beside an answer: other rules, what may happen, and what moves the answer.

All of it is computed from the instance, every row certified by itself, within a budget of seconds.
What the budget did not allow is named, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mdsolve.errors import InputError
from mdsolve.instance import Instance
from mdsolve.instance.changes import changed
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.paths import agent_entries
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.registry import mechanisms
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.study.compare import Comparison, compare
from mdsolve.study.sweep import sweep
from mdsolve.study.sweep_table import Row, SweepTable

PARTS = ("rules", "scenarios", "sensitivity")

NOW = "as it is"

SWINGS = {"a fifth higher": "1.2", "a fifth lower": "0.8"}

SCALES: Mapping[str, Mapping[str, str]] = {
    "sharing": {"costs": "cost", "values": "value"},
    "market": {"values": "valuation.scale"},
}
"""Kind of instance -> what may be higher or lower, and its path."""

MOST_LEAVING = 8
"""Entries of the list of agents up to which every one is asked what happens if they leave."""

MOST_NUDGED = 12
"""Entries up to which the cost of every one is moved."""

NUDGE = "1.01"
"""What a cost is multiplied by to see what it moves."""


@dataclass(frozen=True)
class Moved:
    """The rows before and after one agent's (or one kind of agents') cost rose by 1 %.

    Parameters
    ----------
    entry : str
        Name in the instance's list of agents.
    before, after : Row
        With numbers per agent.
    """

    entry: str
    before: Row
    after: Row


@dataclass(frozen=True)
class Outlook:
    """What was found beside the answer.

    Parameters
    ----------
    rules : Comparison or None
    scenarios : SweepTable or None
        Its first row is the instance as it is.
    moved : tuple of Moved
    missing : mapping of str to str
        Part -> why it is not there, or not all of it.
    """

    rules: Comparison | None = None
    scenarios: SweepTable | None = None
    moved: tuple[Moved, ...] = ()
    missing: Mapping[str, str] | None = None

    def reason(self, part: str) -> str:
        """Return why a part is not there, or not complete; empty where nothing is missing."""
        return (self.missing or {}).get(part, "")


def outlook(
    instance: Instance,
    solution: Solution,
    *,
    parts: Sequence[str] = PARTS,
    scenarios: Sequence[str] = (),
    monitor: Monitor | None = None,
) -> Outlook:
    """Return what a board asks beside an answer.

    Parameters
    ----------
    parts : sequence of str
        Of `PARTS`, those that are wanted.
    scenarios : sequence of str
        ``"NAME: change; change"``; empty takes one leaving, and costs and values up and down.
    monitor : Monitor
        Its time limit is the budget.

    Raises
    ------
    UsageError
        For scenarios that the instance does not know.
    """
    watch = monitor or Monitor()
    found = Outlook()
    for part in PARTS:
        if part in parts:
            found = STEPS[part](found, instance, solution, scenarios, watch)
    return found


def _rules(
    found: Outlook, instance: Instance, solution: Solution, asked: Sequence[str], watch: Monitor
) -> Outlook:
    """Add the rules that fit such an instance, the proposed one first."""
    del asked
    if instance.kind == "training":
        return _without(found, "rules", "a training run has one protocol")
    try:
        beside = compare(instance, (), monitor=watch)
    except (StopRequested, KeyboardInterrupt):
        return _without(found, "rules", "the budget of time was used up")
    own = solution.mechanism.name
    late = [name for name, x in beside.solutions.items() if x.termination is Termination.LIMIT]
    late = [name for name in (*late, *beside.missing) if name != own]
    others = {k: x for k, x in beside.solutions.items() if k != own and k not in late}
    ordered = {own: solution, **others} if own else others
    short = f"the budget of time was used up before {', '.join(late)}" if late else ""
    return _without(replace(found, rules=replace(beside, solutions=ordered)), "rules", short)


def _scenarios(
    found: Outlook, instance: Instance, solution: Solution, asked: Sequence[str], watch: Monitor
) -> Outlook:
    """Add what happens to the proposed rule when the instance changes."""
    reason = _no_sweep(instance, solution)
    if reason:
        return _without(found, "scenarios", reason)
    usual = {} if asked else usual_scenarios(instance)
    given: Any = [f"{NOW}:", *asked] if asked else {NOW: "", **usual}
    if not asked and not usual:
        return _without(found, "scenarios", "the instance has no costs or values to change")
    table = _swept(instance, solution, given, watch)
    if not table.rows:
        return _without(found, "scenarios", "the budget of time was used up")
    done = f"{len(table.rows)} of {table.asked} cases"
    short = "" if table.complete else f"the budget of time was used up after {done}"
    return _without(replace(found, scenarios=table), "scenarios", short)


def _sensitivity(
    found: Outlook, instance: Instance, solution: Solution, asked: Sequence[str], watch: Monitor
) -> Outlook:
    """Add what one per cent more of each agent's cost moves."""
    del asked
    if not isinstance(instance, SharingInstance) or instance.private:
        return _without(found, "sensitivity", "there is no cost in the instance to move")
    reason = _no_sweep(instance, solution)
    entries = agent_entries(instance)
    if not reason and not 0 < len(entries) <= MOST_NUDGED:
        reason = f"there are more than {MOST_NUDGED} different agents"
    if reason:
        return _without(found, "sensitivity", reason)
    nudges = {name: f"agents.{name}.cost*={NUDGE}" for name in entries}
    known = _possible(instance, nudges)
    table = _swept(instance, solution, {NOW: "", **known}, watch)
    rows = {row.scenario: row for row in table.rows if not row.unfinished}
    if NOW not in rows:
        return _without(found, "sensitivity", "the budget of time was used up")
    moved = [Moved(name, rows[NOW], rows[name]) for name in known if name in rows]
    short = "" if table.complete else "the budget of time ended before all were moved"
    return _without(replace(found, moved=tuple(moved)), "sensitivity", short)


STEPS = {"rules": _rules, "scenarios": _scenarios, "sensitivity": _sensitivity}


def usual_scenarios(instance: Instance) -> dict[str, str]:
    """Return what a board asks first: one leaves, costs or values are a fifth higher or lower.

    Changes that the instance does not allow, such as removing one of the agents of a table of
    values, are left out.
    """
    found = {}
    entries = agent_entries(instance)
    if 1 < len(entries) <= MOST_LEAVING:
        found = {f"without {_plural(instance, name)}": f"remove agents.{name}" for name in entries}
    for what, path in SCALES.get(instance.kind, {}).items():
        for how, factor in SWINGS.items():
            found[f"{what} {how}"] = f"{path}*={factor}"
    return _possible(instance, found)


def _plural(instance: Instance, name: str) -> str:
    """Return the name of an entry, the number of agents beside it where it stands for several."""
    if isinstance(instance, MarketInstance):
        return name
    counts: Any = {getattr(agent, "name", agent): agent for agent in instance.agents}
    count = getattr(counts[name], "count", 1)
    return name if count == 1 else f"all {count} {name.replace('{}', '').rstrip('-_ ')}"


def _possible(instance: Instance, changes: Mapping[str, str]) -> dict[str, str]:
    """Return the changes that leave an instance."""
    found = {}
    for name, change in changes.items():
        try:
            changed(instance, [change])
        except InputError:
            continue
        found[name] = change
    return found


def _no_sweep(instance: Instance, solution: Solution) -> str:
    """Return why a solution cannot be solved again under changes; empty where it can."""
    if instance.kind == "training":
        return "a training run is not repeated"
    if solution.mechanism.name not in mechanisms(instance.kind):
        return "no rule of this program is named, so nothing can be solved again"
    return ""


def _swept(instance: Instance, solution: Solution, scenarios: Any, watch: Monitor) -> SweepTable:
    """Return the proposed rule, with its options, under scenarios."""
    name = solution.mechanism.name
    known = {option.name for option in mechanisms(instance.kind)[name].options}
    options = {
        key: value
        for key, value in solution.mechanism.options.items()
        if key in known and value is not None
    }
    return sweep(
        instance, (), [name], scenarios=scenarios, options=options, per_agent=True, monitor=watch
    )


def _without(found: Outlook, part: str, reason: str) -> Outlook:
    """Return the outlook with the reason why a part is not there, or not all of it."""
    if not reason:
        return found
    return replace(found, missing={**(found.missing or {}), part: reason})
