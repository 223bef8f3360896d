"""Individual rationality: nobody loses by taking part ([C20] Definition 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.certificate.market.setting import Setting
from mdsolve.conditions import Condition

NAME = "individual-rationality"


def individual_rationality(setting: Setting) -> Condition:
    """Check p_i(t) <= v_i(in) - v_i(out) for every agent and every profile."""
    tally = setting.tally()
    for agent, (truth, outside, charge) in enumerate(
        zip(setting.truth, setting.outside, setting.charge, strict=True)
    ):

        def locate(
            index: tuple[int, ...],
            agent: int = agent,
            inside: Any = truth - charge,
            outside: Any = outside,
            charge: Any = charge,
        ) -> Mapping[str, Any]:
            return {
                "agent": setting.market.agents[agent],
                "type": setting.type_of(agent, index[0]),
                "others": setting.types_of_others(agent, index[1:]),
                **setting.numbers(
                    payment=charge[index],
                    utility_in=inside[index],
                    utility_out=outside[index],
                ),
            }

        tally.add(charge - (truth - outside), locate)
    profiles = setting.market.profile_count
    return setting.condition(
        tally,
        NAME,
        scope=f"all {profiles:,} profiles, all agents",
        good="nobody is better off staying out",
        bad="an agent is better off staying out",
    )
