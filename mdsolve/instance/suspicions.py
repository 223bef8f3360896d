"""What looks like a slip in an instance that is valid all the same."""

from __future__ import annotations

from collections.abc import Iterator

from mdsolve.errors import Finding
from mdsolve.instance.load import Instance
from mdsolve.instance.sharing import SharingInstance

MANY = 1_000_000
"""Agents in one entry from which on a slip of the keyboard is as likely as a plan."""

PERCENT = 100
"""Accuracies above 1 and up to here look like percentages."""


def suspicions(instance: Instance) -> tuple[Finding, ...]:
    """Return what looks like a slip: accuracies in percent, a crowd in one entry.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}]
    >>> slip = {"family": "power", "ceiling": 94}
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": slip})
    >>> [(found.where, found.fix) for found in suspicions(game)]
    [('instance: accuracy.ceiling', '0.94, if percent were meant')]
    """
    if not isinstance(instance, SharingInstance):
        return ()
    return (*_percentages(instance), *_crowds(instance))


def _percentages(instance: SharingInstance) -> Iterator[Finding]:
    """Yield accuracies that can hardly be shares of 1."""
    accuracy = instance.accuracy
    ceiling = getattr(accuracy, "ceiling", None)
    points = getattr(accuracy, "points", None) or ()
    highest = max((y for _, y in points), default=None)
    for place, value in (("ceiling", ceiling), ("points", highest)):
        if value is not None and 1 < value <= PERCENT:
            where = f"{instance.label}: accuracy.{place}"
            expected = "at most 1, for a share of right answers"
            fix = f"{float(value) / PERCENT:g}, if percent were meant"
            yield Finding(where, f"{float(value):g}", expected, fix)


def _crowds(instance: SharingInstance) -> Iterator[Finding]:
    """Yield entries that stand for very many agents."""
    agents = instance.agents
    if not isinstance(agents, tuple):
        return
    for number, agent in enumerate(agents):
        if agent.count >= MANY:
            where = f"{instance.label}: agents[{number}].count"
            expected = f"fewer than {MANY:,}, unless so many agents are meant"
            yield Finding(where, f"{agent.count:,}", expected)
