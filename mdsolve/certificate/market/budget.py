"""Budget balance: the platform never loses money, or never keeps any ([C20] Definition 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.certificate.market.setting import Setting
from mdsolve.conditions import Condition

WEAK = "weak-budget-balance"
STRONG = "budget-balance"


def budget_balance(setting: Setting, name: str) -> Condition:
    """Check sum_i p_i(t) >= 0 (weak) or = 0 (strong) at every profile."""
    revenue = setting.payments[0]
    for charge in setting.payments[1:]:
        revenue = revenue + charge

    def locate(index: tuple[int, ...]) -> Mapping[str, Any]:
        return {
            "profile": setting.profile(index),
            "payments": {
                agent: setting.numbers(p=setting.payments[(i, *index)])["p"]
                for i, agent in enumerate(setting.market.agents)
            },
            **setting.numbers(revenue=revenue[index]),
        }

    tally = setting.tally()
    tally.add(-revenue, locate)
    if name == STRONG:
        tally.add(revenue, locate)
    good = "payments always sum to zero" if name == STRONG else "revenue is never negative"
    bad = "payments do not sum to zero" if name == STRONG else "the platform loses money"
    profiles = setting.market.profile_count
    return setting.condition(tally, name, scope=f"all {profiles:,} profiles", good=good, bad=bad)
