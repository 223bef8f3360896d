"""`coalitions`: no set of agents gains by leaving together and pooling its data.

Members train one model on what they own together and hand it out by the instance's rule; the others
do the same among themselves, or train alone where the instance says so. At every profile the
members of a set pay together at most what their values sum to if they stay, less what they sum to
if they leave. Sets of one are rationality. The set of all loses nothing by leaving, so that its
payments sum to at most zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_coalition import coalition_loss, coalitions_of
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_rows import Group, decided_rows, remembered
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market import QualityReading
from mdsolve.certificate.reading.market_sizes import Integers, Profiles
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

NAME = "coalitions"

ROW_LIMIT = 20_000_000
"""Most pairs of a coalition and a profile that are looked through."""


@condition(NAME, "market", about="no set of agents gains by leaving together with its data")
@remembered
def coalitions(context: MarketContext) -> Condition:
    """Check sum over S of p_i <= sum over S of v_i(in) - v_i(S left), for every set S."""
    if not isinstance(context.reading, QualityReading):
        message = "values are given as they are, which does not say what coalitions have"
        raise NoRouteError(message)
    sets = 2**context.size - context.size - 1
    if sets * context.profiles > ROW_LIMIT:
        message = f"{sets:,} coalitions at {context.profiles:,} profiles; at most {ROW_LIMIT:,}"
        raise NoRouteError(message)
    return decided_rows(
        context,
        NAME,
        [_group(context, members) for members in coalitions_of(context.size)],
        words=("no coalition gains by leaving", "a coalition gains by leaving"),
        scope=f"{sets:,} coalitions at all {context.profiles:,} profiles",
    )


def _group(context: MarketContext, members: Sequence[int]) -> Group:
    scale = float(context.money[list(members)].max())

    def violations(where: MarketContext, rows: Integers) -> Quantity:
        profile = where.profile(rows)
        return _paid(where, members, profile) - coalition_loss(where.reading, members, profile)[0]

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        profile = where.profile(np.array([row]))
        return {
            "members": [where.names[i] for i in members],
            "profile": where.types_at([int(k[0]) for k in profile]),
            **where.numbers(coalition_gain=violations(where, np.array([row]))),
        }

    return Group(
        context.profiles,
        violations,
        lambda rows: scale,  # noqa: ARG005 - the same everywhere
        witness,
    )


def _paid(context: MarketContext, members: Sequence[int], profile: Profiles) -> Quantity:
    found = context.paid(members[0], profile)
    for agent in members[1:]:
        found = found + context.paid(agent, profile)
    return found
