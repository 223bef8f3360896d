"""Incentive compatibility and maximality: one sweep over all lies ([C20] Definition 3, Theorem 6).

Every true type, every lower report and every profile of the others is compared, with the liar free
to use his own model: adjacent reports are not sufficient. The same sweep records how much every
payment could rise before one of its constraints binds; payments that satisfy all constraints and
each have a binding one are shortest paths, hence maximal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.certificate.market.setting import Setting
from mdsolve.certificate.tally import Tally
from mdsolve.conditions import Condition
from mdsolve.game.arithmetic import Array

TRUTHFUL = "incentive-compatibility"
MAXIMAL = "maximal-revenue"
SLOW_ROW_LIMIT = 4_000_000
"""Most lies that are compared in exact or ball arithmetic, at a few microseconds each."""

SECONDS_PER_SLOW_ROW = 6e-6


@dataclass(frozen=True)
class Lies:
    """What the sweep over all lies found."""

    tally: Tally
    looseness: list[Array]
    rows: int


def lie_count(setting: Setting) -> int:
    """Return the number of (agent, true type, lower report, others' profile) combinations."""
    shape = setting.market.shape
    profiles = math.prod(shape)
    return sum(profiles * (size - 1) // 2 for size in shape)


def too_many_lies(setting: Setting) -> str | None:
    """Return why the sweep is refused in slow arithmetic, or None."""
    rows = lie_count(setting)
    if setting.arithmetic == "float" or rows <= SLOW_ROW_LIMIT:
        return None
    seconds = rows * SECONDS_PER_SLOW_ROW
    return (
        f"{rows:,} lies would take about {seconds:,.0f} s in {setting.arithmetic} arithmetic; "
        f"at most {SLOW_ROW_LIMIT:,} are compared there. Use float, or a coarser grid"
    )


def sweep_lies(setting: Setting) -> Lies:
    """Compare the truth with every lower report, for every agent, type and profile."""
    tally = setting.tally()
    looseness = []
    market = setting.market
    for agent, (truth, charge, outside) in enumerate(
        zip(setting.truth, setting.charge, setting.outside, strict=True)
    ):
        utility = truth - charge
        slack = utility - outside  # what is left before rationality binds
        for report in range(truth.shape[0] - 1):
            lying = market.report_values(agent, report)[1:] - charge[report]
            honest = utility[report + 1 :]
            gain = lying - honest

            def locate(
                index: tuple[int, ...],
                agent: int = agent,
                report: int = report,
                lying: Array = lying,
                honest: Array = honest,
            ) -> Mapping[str, Any]:
                return {
                    "agent": market.agents[agent],
                    "type": setting.type_of(agent, report + 1 + index[0]),
                    "report": setting.type_of(agent, report),
                    "others": setting.types_of_others(agent, index[1:]),
                    **setting.numbers(utility_truth=honest[index], utility_report=lying[index]),
                }

            tally.add(gain, locate)
            later = slack[report + 1 :]
            if later.dtype == object:
                later[:] = -market.arithmetic.maximum(-later, gain)
            else:
                np.minimum(later, -gain, out=later)
            setting.monitor.advance(
                f"checking lies of {market.agents[agent]}", report + 1, truth.shape[0] - 1
            )
        looseness.append(slack)
    return Lies(tally, looseness, lie_count(setting))


def incentive_compatibility(setting: Setting, lies: Lies) -> Condition:
    """Check that no lower report ever pays."""
    return setting.condition(
        lies.tally,
        TRUTHFUL,
        scope=f"all {lies.rows:,} lies, every type and report",
        good="reporting the truth is always best",
        bad="a lower report pays",
    )


def maximal_revenue(setting: Setting, lies: Lies) -> Condition:
    """Check that no payment can rise alone without breaking rationality or truthfulness.

    For maximal exploitation payments the bound is rationality only: they are maximal among the
    individually rational rules.
    """
    tally = setting.tally()
    rational_only = setting.claim.mechanism == "mep"
    among = "rational rules" if rational_only else "rational and truthful rules"
    broken = False
    for agent, slack in enumerate(lies.looseness):
        loose = setting.truth[agent] - setting.charge[agent] - setting.outside[agent]
        chosen = loose if rational_only else slack
        broken = broken or bool(np.any(np.asarray(chosen < -2 * setting.allowance, dtype=bool)))

        def locate(
            index: tuple[int, ...], agent: int = agent, chosen: Array = chosen
        ) -> Mapping[str, Any]:
            return {
                "agent": setting.market.agents[agent],
                "type": setting.type_of(agent, index[0]),
                "others": setting.types_of_others(agent, index[1:]),
                **setting.numbers(
                    payment=setting.charge[agent][index], could_rise_by=chosen[index]
                ),
            }

        tally.add(chosen, locate)
    if broken and tally.verdict == "pass":
        # no payment can rise, but only because some are too high already
        return setting.unchecked(MAXIMAL, f"the payments are not among those of {among}")
    return setting.condition(
        tally,
        MAXIMAL,
        scope=f"{setting.market.profile_count:,} profiles, among {among}",
        good="every payment is at its bound: each is the end of a tight path",
        bad="a payment could be higher",
    )
