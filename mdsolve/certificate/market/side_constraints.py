"""Side constraints: caps, floors, revenue floors and spreads that the solution names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.market.setting import Setting
from mdsolve.conditions import Condition
from mdsolve.game.arithmetic import Array

NAME = "side-constraints"


def side_constraints(setting: Setting) -> Condition:
    """Check every bound on payments that the solution says it satisfies."""
    side = setting.claim.side
    number = setting.market.arithmetic.number
    payments = setting.payments
    revenue = payments[0]
    for charge in payments[1:]:
        revenue = revenue + charge
    tally = setting.tally()

    def add(word: str, violations: Array) -> None:
        def locate(index: tuple[int, ...]) -> Mapping[str, Any]:
            profile = index[-len(setting.market.agents) :]
            paid = {
                name: setting.numbers(p=payments[(i, *profile)])["p"]
                for i, name in enumerate(setting.market.agents)
            }
            return {"constraint": word, "profile": setting.profile(profile), "payments": paid}

        tally.add(np.asarray(violations), locate)

    if side.cap is not None:
        add(f"cap={side.cap}", payments - number(side.cap))
    if side.floor is not None:
        add(f"floor={side.floor}", number(side.floor) - payments)
    if side.revenue_floor is not None:
        add(f"revenue-floor={side.revenue_floor}", number(side.revenue_floor) - revenue)
    if side.spread is not None:
        for charge in payments:
            add(f"spread={side.spread}", payments - charge - number(side.spread))
    return setting.condition(
        tally,
        NAME,
        scope=f"{', '.join(side.amounts())} at all {setting.market.profile_count:,} profiles",
        good="every side constraint holds",
        bad="a side constraint is violated",
    )
