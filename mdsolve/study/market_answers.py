"""The keys of a market solution: the table, and everything a reader wants to see at one profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdsolve.game.market import Market, QualityMarket
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import written_number
from mdsolve.mechanism.base import MarketOutcome


def market_answers(
    instance: MarketInstance, market: Market, outcome: MarketOutcome
) -> dict[str, Any]:
    """Return the mechanism-specific keys of a market solution."""
    used = outcome.market
    answers: dict[str, Any] = {
        "assumptions": [
            {"name": found.name, "holds": found.holds, "reason": found.reason}
            for found in market.properties()
        ],
        "off_path": off_path_sentence(market),
    }
    findings = dict(outcome.findings)
    lowest = findings.pop("minimal_profile", None)
    if outcome.payments is None:
        answers.update(findings)
    else:
        payments = outcome.payments
        revenue = payments.sum(axis=0)
        if lowest is None:
            lowest = np.unravel_index(int(np.argmin(revenue)), revenue.shape)
        profile = shown_profile(instance, market)
        answers["exists"] = True if "exists" in findings else None
        answers["minimal_revenue"] = revenue[tuple(lowest)]
        answers.update(findings)
        answers["mean_revenue"] = float(np.mean(revenue.astype(float)))
        answers.update(at_profile(used, payments, profile))
        answers["table"] = {"payments": payments}
        allocation = claimed_allocation(market, used)
        if allocation is not None:
            answers["table"]["allocation"] = allocation
    if lowest is not None:
        answers["minimal_profile"] = types_at(market, tuple(int(k) for k in lowest))
    return {key: value for key, value in answers.items() if value is not None}


def shown_profile(instance: MarketInstance, market: Market) -> tuple[int, ...]:
    """Return the type numbers at which single-profile results are printed."""
    if instance.profile is None:
        return tuple(size - 1 for size in market.shape)
    numbers = [grid.index(t) for grid, t in zip(market.grids, instance.profile, strict=True)]
    return tuple(number for number in numbers if number is not None)


def at_profile(market: Market, payments: np.ndarray, profile: tuple[int, ...]) -> dict[str, Any]:
    """Return payments, values and utilities of every agent at one profile."""
    agents = range(len(market.agents))
    paid = [payments[(agent, *profile)] for agent in agents]
    columns = [
        market.column(agent, [k for j, k in enumerate(profile) if j != agent]) for agent in agents
    ]
    values = [
        column.truthful_values(agent).ravel()[profile[agent]]
        for agent, column in enumerate(columns)
    ]
    outside = [
        column.outside_values(agent).ravel()[profile[agent]] for agent, column in enumerate(columns)
    ]
    result: dict[str, Any] = {
        "profile": types_at(market, profile),
        "payments": paid,
        "revenue": sum(paid[1:], start=paid[0]),
        "values": values,
        "outside_values": outside,
        "utilities": [value - price for value, price in zip(values, paid, strict=True)],
    }
    qualities = [
        column.used_quality(agent, column.allocated[agent]).ravel()[profile[agent]]
        for agent, column in enumerate(columns)
        if isinstance(column, QualityMarket)
    ]
    if qualities:
        result["model_quality"] = qualities
    return result


def types_at(market: Market, profile: Sequence[int]) -> list[Any]:
    """Return the types behind type numbers: fractions in exact arithmetic, else as written."""
    exact = [grid.exact(k) for grid, k in zip(market.grids, profile, strict=True)]
    return exact if market.arithmetic.name == "exact" else [written_number(t) for t in exact]


def off_path_sentence(market: Market) -> str:
    """State what happens when somebody stays out: a free choice that changes revenue."""
    if not isinstance(market, QualityMarket):
        return "Outside values are given by the instance."
    if market.outside == "separate":
        return "When one agent stays out, everybody keeps his own model."
    rule = (
        "the choice that maximises their total valuation (ties give the model)"
        if market.allocation == "efficient"
        else "the best model for everybody"
    )
    return f"When one agent stays out, the others pool their data under {rule}."


def claimed_allocation(market: Market, used: Market) -> np.ndarray | None:
    """Return the allocation table where the mechanism departs from the instance's rule."""
    if not isinstance(market, QualityMarket) or not isinstance(used, QualityMarket):
        return None
    if used.handed_out is None:
        return None
    rule = market.with_arithmetic(used.arithmetic)
    same = all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(used.allocated, rule.allocated, strict=True)
    )
    return None if same else np.stack([np.broadcast_to(x, used.shape) for x in used.allocated])
