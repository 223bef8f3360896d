"""What looks like a slip in an instance that is valid all the same."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mdsolve.errors import Finding
from mdsolve.instance.accuracies import PerAgentAccuracySpec, PerGroupAccuracySpec
from mdsolve.instance.load import Instance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.sharing_agents import AgentSpec

MANY = 1_000_000
"""Agents in one entry from which on a slip of the keyboard is as likely as a plan."""

PERCENT = 100
"""Accuracies above 1 and up to here look like percentages."""

SMALL = 5
"""A perfect model worth less than a fifth of what all own data cost looks like a slip."""


def suspicions(instance: Instance) -> tuple[Finding, ...]:
    """Return what looks like a slip: percent, values per point, crowds.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}]
    >>> slip = {"family": "power", "ceiling": 94}
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": slip})
    >>> [(found.where, found.got, found.fix.split(";")[0]) for found in suspicions(game)]
    [('instance: accuracy.ceiling', '94', '0.94, if percent were meant')]
    """
    if not isinstance(instance, SharingInstance):
        return ()
    return (*_percentages(instance), *_small_values(instance), *_crowds(instance))


def _percentages(instance: SharingInstance) -> Iterator[Finding]:
    """Yield accuracies that can hardly be shares of 1, unless a unit says what they are."""
    if instance.units is not None and instance.units.accuracy is not None:
        return
    for place, accuracy in _accuracies(instance.accuracy):
        ceiling = getattr(accuracy, "ceiling", None)
        points = getattr(accuracy, "points", None) or ()
        highest = max((y for _, y in points), default=None)
        for key, value in (("ceiling", ceiling), ("points", highest)):
            if value is not None and 1 < value <= PERCENT:
                where = f"{instance.label}: {place}.{key}"
                expected = "at most 1, for a share of right answers"
                meant = f"{float(value) / PERCENT:g}, if percent were meant"
                fix = f"{meant}; units: {{accuracy: ...}} says what else is counted"
                yield Finding(where, f"{float(value):g}", expected, fix)


def _accuracies(accuracy: Any) -> Iterator[tuple[str, Any]]:
    """Yield the families of an accuracy with their places."""
    if isinstance(accuracy, PerAgentAccuracySpec):
        for number, entry in enumerate(accuracy.per_agent):
            yield f"accuracy.per_agent[{number}]", entry
    elif isinstance(accuracy, PerGroupAccuracySpec):
        for name, entry in accuracy.per_group.items():
            yield f"accuracy.per_group.{name}", entry
    else:
        yield "accuracy", accuracy


def _small_values(instance: SharingInstance) -> Iterator[Finding]:
    """Yield values so small beside costs that they were probably meant per percentage point."""
    agents = instance.agents
    if not isinstance(agents, tuple):
        return
    stakes = [found for agent in agents if (found := _stakes(agent)) is not None]
    if len(stakes) < len(agents) or any(value * SMALL >= cost for value, cost in stakes):
        return
    value, cost = stakes[0]
    where = f"{instance.label}: agents[0].value"
    expected = (
        f"money per unit of accuracy, not far below what all own data cost: {float(cost):g} "
        "(no agent's value is)"
    )
    fix = f"{float(value * PERCENT):g}, if money per percentage point was meant"
    yield Finding(where, f"{float(value):g}", expected, fix)


def _stakes(agent: AgentSpec) -> tuple[Fraction, Fraction] | None:
    """Return what a perfect model is worth to an agent and what all own data cost at least."""
    rate = getattr(agent.cost, "rate", None)
    if not rate or not agent.capacity or not agent.value:
        return None
    return Fraction(agent.value), Fraction(rate) * Fraction(agent.capacity)


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
