"""Figures that designs state: the goal reached, the room of the inequality, what binds whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.certificate.stated.figures import Figure, Recompute, Said
from mdsolve.certificate.target.asked import asked
from mdsolve.certificate.target.needs import ENTRIES, Needs

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext


def design_figures(context: SharingContext) -> Mapping[str, Recompute]:
    """Return how to compute them anew."""

    def needs() -> Needs:
        return context.derived(_needs)

    def objective() -> Figure:
        from mdsolve.certificate.checks.target_goal import goal_value, scale

        wanted = context.derived(asked)
        return Figure.exactly(goal_value(context, wanted).reshape(()), scale(context, wanted))

    def slack() -> Figure:
        found = needs()
        room = found.slack(*found.here)
        return Figure.exactly(room.reshape(()), float(context.scales.money.sum()))

    def binding() -> Said:
        found = needs()
        return Said(lambda stated: _misnamed(context, found, stated))

    return {"objective": objective, "slack": slack, "binding": binding}


def _needs(context: SharingContext) -> Needs:
    """Return the inequality, limits that keep budgets at every profile among those asked for."""
    wanted, arithmetic, reading = context.derived(asked), context.arithmetic, context.reading
    kept = reading.limited & reading.bounded
    if kept.any():
        left = reading.budget - reading.costs.value(reading.capacity)
        both = arithmetic.where(wanted.limited, arithmetic.minimum(wanted.limits, left), left)
        limits = arithmetic.where(kept, both, wanted.limits)
        wanted = replace(wanted, limits=limits, limited=wanted.limited | kept)
    return Needs(context, wanted)


def _misnamed(context: SharingContext, needs: Needs, stated: Any) -> str:
    """Return what is wrong with the reasons named for each agent; ties may be named either way."""
    if not isinstance(stated, list | tuple) or len(stated) != context.size:
        return f"not one reason for each of {context.size} agents"
    arithmetic = context.arithmetic
    entries = needs.entries(*needs.here)
    largest, there = needs.least(entries)
    room = arithmetic.stored(context.tolerance * context.scales.money)
    for k, (value, given) in enumerate(entries):
        named = np.array([word == ENTRIES[k] for word in stated])
        close = given & arithmetic.at_most(largest - value, room).holds
        if np.any(named & ~close):
            agent = context.reading.names[int(np.argmax(named & ~close))]
            return f"{ENTRIES[k]} is not what binds {agent}"
    known = np.array([word in (*ENTRIES, "none") for word in stated])
    if not known.all():
        return f"{stated[int(np.argmin(known))]!r} is no reason"
    if np.any(np.array([word == "none" for word in stated]) & there):
        return "none, where something is asked for"
    return ""
