"""Market problems: the game, the rule's payments, and what a reader wants to see at one profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdsolve.context import Context
from mdsolve.game.build import market_game
from mdsolve.game.lottery import LotteryMarket
from mdsolve.game.market import Market, QualityMarket
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import written_number
from mdsolve.mechanism.outcome import MarketOutcome, Outcome
from mdsolve.study.problem import Problem


class MarketProblem(Problem[Market, MarketOutcome]):
    """A market under a payment rule."""

    def build(self) -> Market:
        """Return the market."""
        assert isinstance(self.instance, MarketInstance)
        return market_game(self.instance)

    def outcome(self, game: Market, context: Context) -> MarketOutcome:
        """Apply the rule: a payment table is right as a whole, so nothing of a part is kept."""
        found = self.rule.outcome(game, self.options, context)
        assert isinstance(found, MarketOutcome)
        return found

    def without_answer(self, game: Market, outcome: Outcome) -> MarketOutcome:
        """Return an outcome without payments."""
        return MarketOutcome(outcome.termination, outcome.message, outcome.method, market=game)

    def names(self, game: Market) -> tuple[str, ...]:
        """Return the agents' names."""
        return game.agents

    def answers(self, game: Market, outcome: MarketOutcome, context: Context) -> dict[str, Any]:
        """Return the table, its least and mean revenue, and everything at one profile."""
        del context
        assert isinstance(self.instance, MarketInstance)
        used = outcome.market
        answers: dict[str, Any] = {
            "assumptions": [
                {"name": found.name, "holds": found.holds, "reason": found.reason}
                for found in game.properties()
            ],
            "off_path": off_path_sentence(game),
        }
        details = dict(outcome.details)
        lowest = details.pop("minimal_profile", None)
        if outcome.payments is None:
            answers |= details
        else:
            answers |= _of_payments(self.instance, game, used, outcome, details, lowest)
            if lowest is None:
                revenue = outcome.payments.sum(axis=0)
                lowest = np.unravel_index(int(np.argmin(revenue)), revenue.shape)
        if outcome.proof is not None:
            answers["witness"] = outcome.proof.to_dict()
        if lowest is not None:
            answers["minimal_profile"] = types_at(game, tuple(int(k) for k in lowest))
        return {key: value for key, value in answers.items() if value is not None}


def _of_payments(
    instance: MarketInstance,
    market: Market,
    used: Market,
    outcome: MarketOutcome,
    details: Mapping[str, Any],
    lowest: Sequence[int] | None,
) -> dict[str, Any]:
    """Return what follows from a payment table."""
    payments = outcome.payments
    assert payments is not None
    revenue = payments.sum(axis=0)
    least = revenue.min() if lowest is None else revenue[tuple(lowest)]
    found: dict[str, Any] = {"exists": True if "exists" in details else None}
    found |= {"minimal_revenue": least, **details}
    found["mean_revenue"] = float(np.mean(revenue.astype(float)))
    if market.prior is not None or isinstance(used, LotteryMarket):
        found |= expectations(used, revenue)
    found |= at_profile(used, payments, shown_profile(instance, market))
    found["table"] = {"payments": payments}
    allocation = claimed_allocation(market, used)
    if allocation is not None:
        found["table"]["allocation"] = allocation
    if isinstance(used, LotteryMarket):
        found["table"] |= {"lottery": used.chances, "probability": used.handed_over}
        place = shown_profile(instance, market)
        found["model_chance"] = [float(table[place]) for table in used.handed_over]
    return found


def expectations(market: Market, revenue: np.ndarray) -> dict[str, float]:
    """Return what the sums of values and of payments are on average, by the prior."""
    agents = range(len(market.agents))
    welfare = sum(np.asarray(market.truthful_values(i), dtype=float) for i in agents)
    return {
        "expected_welfare": float(np.sum(market.weights * welfare)),
        "expected_revenue": float(np.sum(market.weights * revenue.astype(float))),
    }


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
        return "When one agent stays out, everybody keeps their own model."
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
