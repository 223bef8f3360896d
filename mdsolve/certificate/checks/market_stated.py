"""`stated-numbers` of markets: everything a solution says besides its table follows from it.

Payments, values and utilities at one profile, the least and the mean revenue, which models are in
use, what is known of the market's assumptions, and what happens when somebody stays out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.checks.market_balance import revenue
from mdsolve.certificate.checks.market_models import best_quality
from mdsolve.certificate.checks.market_no_mechanism import highest_expectation, proved_deficit
from mdsolve.certificate.checks.market_second_best import lottery_values
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_expectations import expectation, expected_welfare
from mdsolve.certificate.market_highest import highest_revenue
from mdsolve.certificate.market_rows import PIECE
from mdsolve.certificate.market_side import CAPPED, same_side
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.reading.market import QualityReading
from mdsolve.certificate.reading.market_lottery import LotteryReading
from mdsolve.certificate.registry import condition
from mdsolve.certificate.stated.figures import Figure, Recompute, Said, compare
from mdsolve.conditions import Condition
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import ROUND_OFF

NAME = "stated-numbers"

DECIDED = ("float", "exact", "enclosure", "tolerance")
"""What the sign of a least revenue may have been decided with."""


@condition(NAME, "market", about="the figures stated follow from the instance and the table")
def stated_numbers(context: MarketContext) -> Condition:
    """Compare every figure that is stated."""
    figures = StatedFigures(context)
    sources: dict[str, Recompute] = dict(figures.words())
    if context.claim.payments is not None:
        sources |= figures.of_table()
    elif context.claim.denies:
        sources |= figures.of_denial()
    return compare(context, context.claim, sources, names=context.names)


class StatedFigures:
    """Recomputed figures by path."""

    def __init__(self, context: MarketContext) -> None:
        self.context = context

    def words(self) -> Mapping[str, Recompute]:
        """Return what is said of the market and of the options."""
        asked = self.context.options.get("objective", "revenue")
        return {
            "exists": self._exists,
            "decided": lambda: Said(_one_of(DECIDED)),
            "side_constraints": lambda: Said(self._side),
            "objective": lambda: Said.exactly(asked),
            "off_path": lambda: Said(_same_words(off_path(self.context))),
            "assumptions": lambda: Said(self._assumptions),
            "frontier": _no_frontier,
        }

    def _exists(self) -> Said:
        claim = self.context.claim
        if claim.payments is None and not claim.denies:
            message = "there is no payment table that shows it"
            raise NoRouteError(message)
        return Said.exactly(claim.payments is not None)

    def of_table(self) -> Mapping[str, Recompute]:
        """Return what follows from a payment table."""
        return {
            "profile": lambda: Said(self._profile_problem),
            "payments": lambda: self._money(self.charges),
            "revenue": lambda: self._sum(self.charges),
            "values": lambda: self._money(self.values),
            "outside_values": lambda: self._money(self.outside),
            "utilities": lambda: self._money(self.values - self.charges),
            "model_quality": self._model_quality,
            "model_chance": self._model_chance,
            "minimal_revenue": lambda: self._between(*(float(end.min()) for end in self.revenues)),
            "minimal_profile": lambda: Said(self._lowest_problem),
            "mean_revenue": lambda: self._between(
                *(math.fsum(end.tolist()) / len(end) for end in self.revenues)
            ),
            "least_spread": self._spread,
            "expected_welfare": lambda: self._between(*expected_welfare(self.context)),
            "expected_revenue": self._expected_revenue,
            "first_best": lambda: self._between(*self._first_best()),
            "loss": self._loss,
            "subsidy": self._subsidy,
            "cap": self._largest_payment,
        }

    def of_denial(self) -> Mapping[str, Recompute]:
        """Return what follows from there being no mechanism."""
        return {
            "minimal_revenue": self._least_possible,
            "minimal_profile": lambda: Said(self._proved_profile),
            "expected_revenue": lambda: Figure.exactly(
                highest_expectation(self.context), self.context.money.max()
            ),
            "concessions": lambda: Said(self._concessions_problem),
        }

    @cached_property
    def profile(self) -> list[int]:
        """Type numbers of the profile that the solution shows, else the instance's."""
        instance = self.context.ruled.instance
        types: Any = self.context.claim.at("profile") or instance.profile
        if types is None:
            return [grid.count - 1 for grid in instance.grids]
        found = _numbers_of(self.context, types)
        if found is None:
            message = "the profile is none of this market"
            raise NoRouteError(message)
        return found

    def _profile_problem(self, stated: Any) -> str:
        return "" if _numbers_of(self.context, stated) else "not a type of every agent"

    def _each(self, value: Callable[[int, Any, list[Any]], Quantity]) -> Quantity:
        """Return one number per agent at the profile."""
        arithmetic, found = self.context.arithmetic, []
        for agent, number in enumerate(self.profile):
            others = [np.array([k]) for j, k in enumerate(self.profile) if j != agent]
            found.append(arithmetic.broadcast(value(agent, np.array([number]), others), (1,)))
        return arithmetic.concatenate(found)

    @cached_property
    def charges(self) -> Quantity:
        """Payments of the table at the profile."""
        return self._each(self.context.payment)

    @cached_property
    def values(self) -> Quantity:
        """Values at the profile, under the models that are handed out."""
        return self._each(self.context.reading.truth)

    @cached_property
    def outside(self) -> Quantity:
        """Values of staying out at the profile."""
        return self._each(self.context.reading.outside)

    def _money(self, values: Quantity) -> Figure:
        return Figure.exactly(values, self.context.money)

    def _sum(self, values: Quantity) -> Figure:
        return Figure.exactly(self.context.arithmetic.total(values), self.context.money.max())

    def _between(self, low: float, high: float) -> Figure:
        stored = self.context.arithmetic.stored
        return Figure(stored(np.array(low)), stored(np.array(high)), self.context.money.max())

    def _model_quality(self) -> Figure | None:
        market = self.context.reading
        if not isinstance(market, QualityReading):
            return None
        profile = [np.array([number]) for number in self.profile]
        deal = market.deal(profile)
        used = [self.context.arithmetic.broadcast(deal.used(j), (1,)) for j in range(market.size)]
        place = np.ravel_multi_index([int(k) for k in self.profile], market.shape)
        scale = float(best_quality(self.context, np.array([place]))[0])
        return Figure.exactly(self.context.arithmetic.concatenate(used), scale)

    def _model_chance(self) -> Figure | None:
        """Return how likely each agent is handed the model at the profile."""
        market = self.context.reading
        if not isinstance(market, LotteryReading):
            return None
        here = [float(table[tuple(self.profile)]) for table in market.chances]
        chances = [
            math.fsum(here[k] for k in range(len(here)) if market.receives(k, agent))
            for agent in range(market.size)
        ]
        return Figure.exactly(self.context.arithmetic.stored(np.array(chances)), 1.0)

    @cached_property
    def revenues(self) -> tuple[Floats, Floats]:
        """Doubles around the sum of payments at every profile."""
        screen = self.context.screen
        low, high = np.empty(screen.profiles), np.empty(screen.profiles)
        for start in range(0, screen.profiles, PIECE):
            rows = np.arange(start, min(start + PIECE, screen.profiles))
            found = revenue(screen, rows)
            low[rows], high[rows] = screen.arithmetic.lower(found), screen.arithmetic.upper(found)
            screen.monitor.check_time()
        return low, high

    def _expected_revenue(self) -> Figure:
        size = np.abs(self.context.screen.payment_ends).max(axis=0).sum(axis=0).ravel()
        return self._between(*expectation(self.context.screen, self.revenues, size))

    def _first_best(self) -> tuple[float, float]:
        if not isinstance(self.context.reading, LotteryReading):
            message = "there is no lottery to compare with the first best"
            raise NoRouteError(message)
        return lottery_values(self.context).first_best

    def _loss(self) -> Figure:
        best, own = self._first_best(), expected_welfare(self.context)
        return self._between(best[0] - own[1], best[1] - own[0])

    def _subsidy(self) -> Figure:
        """Return what has to be paid in where revenue is least."""
        low, high = (float(end.min()) for end in self.revenues)
        return self._between(max(0.0, -high), max(0.0, -low))

    def _largest_payment(self) -> Figure | None:
        """Return the largest payment, made or received, where it was made small."""
        if self.context.options.get("objective") != CAPPED:
            return None
        low, high = self.context.screen.payment_ends
        largest = [float(np.maximum(a, -b).max()) for a, b in ((low, high), (high, low))]
        return self._between(*largest)

    def _concessions_problem(self, stated: Any) -> str:
        """Return what is wrong with what would do instead."""
        if not isinstance(stated, list | tuple) or len(stated) != 1:
            return "not one concession"
        entry = stated[0]
        if not isinstance(entry, Mapping) or set(entry) != {"requirement", "asked", "needed"}:
            return "not a requirement, what was asked and what is needed"
        if entry["requirement"] != "subsidy":
            return "not about the subsidy"
        asked = -(self.context.claim.side.least_sum or Fraction(0))
        if self.context.claim.side.interim:
            total = highest_expectation(self.context)
            needed = Figure.exactly(total, self.context.money.max())
        else:
            needed = self._least_possible()
        try:
            if exact_number(entry["asked"]) != asked:
                return f"asked is not {float(asked):g}"
            said = float(exact_number(entry["needed"]))
        except (TypeError, ValueError):
            return "not numbers"
        arithmetic = self.context.arithmetic
        low, high = (
            float(arithmetic.lower(needed.low).min()),
            float(arithmetic.upper(needed.high).max()),
        )
        allowed = (self.context.tolerance + ROUND_OFF) * float(self.context.money.max())
        return "" if low - allowed <= -said <= high + allowed else f"needed is not {-low:g}"

    def _lowest_problem(self, stated: Any) -> str:
        profile = _numbers_of(self.context, stated)
        if profile is None:
            return "not a type of every agent"
        low, high = self.revenues
        here = np.ravel_multi_index(profile, self.context.ruled.shape)
        allowed = self.context.tolerance * float(self.context.money.max())
        return "" if low[here] <= high.min() + allowed else "the revenue is lower elsewhere"

    def _spread(self) -> Figure:
        """Return the largest difference of two agents' gains, or payments, at any profile."""
        from mdsolve.certificate.market_objective import largest_spread

        return self._between(*largest_spread(self.context))

    def _least_possible(self) -> Figure:
        """Return the least revenue of the highest payments, which the proof shows negative."""
        low, high = highest_revenue(self.context)
        total, _ = proved_deficit(self.context)
        arithmetic = self.context.arithmetic
        least = self._between(float(low.min()), float(high.min()))
        proved = Figure.exactly(total, self.context.money.max())
        # The proof says what the number is; that no profile has less is known up to rounding.
        apart = abs(arithmetic.nearest(total) - float(low.min()))
        allowed = self.context.tolerance * float(self.context.money.max())
        return proved if float(np.max(apart)) <= allowed else least

    def _proved_profile(self, stated: Any) -> str:
        _, profile = proved_deficit(self.context)
        if _numbers_of(self.context, stated) == profile:
            return ""
        return "not the profile of the proof"

    def _side(self, stated: Any) -> str:
        listed = isinstance(stated, list | tuple) and all(isinstance(w, str) for w in stated)
        if not listed:
            return "not a list of words"
        return "" if same_side(stated, self.context.claim.side) else "not what the options say"

    def _assumptions(self, stated: Any) -> str:
        right = [
            {"name": found.name, "holds": found.holds, "reason": found.reason}
            for found in self.context.ruled.properties()
        ]
        listed = isinstance(stated, list | tuple) and all(isinstance(x, Mapping) for x in stated)
        if not listed or [dict(entry) for entry in stated] != right:
            return "not what is known of the valuation"
        return ""


def _no_frontier() -> Figure:
    message = "a frontier is about other grids than the instance's"
    raise NoRouteError(message)


def _one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    return lambda stated: "" if stated in known else f"none of {', '.join(known)}"


def _same_words(expected: str) -> Callable[[Any], str]:
    """Return a comparison of sentences; earlier files speak of agents as men."""

    def problem(stated: Any) -> str:
        words = stated.replace(" his ", " their ") if isinstance(stated, str) else None
        return "" if words == expected else f"not {expected!r}"

    return problem


def off_path(context: MarketContext) -> str:
    """State what happens when somebody stays out, which is a free choice of the instance."""
    instance = context.ruled.instance
    if not context.ruled.hands_out:
        return "Outside values are given by the instance."
    if instance.outside == "separate":
        return "When one agent stays out, everybody keeps their own model."
    rule = (
        "the choice that maximises their total valuation (ties give the model)"
        if instance.allocation == "efficient"
        else "the best model for everybody"
    )
    return f"When one agent stays out, the others pool their data under {rule}."


def _numbers_of(context: MarketContext, types: Any) -> list[int] | None:
    """Return type numbers of a profile written as types, None if it is none."""
    if isinstance(types, np.ndarray):
        types = types.tolist()
    grids = context.ruled.instance.grids
    if not isinstance(types, list | tuple) or len(types) != len(grids):
        return None
    found = []
    for value, grid in zip(types, grids, strict=True):
        try:
            exact: Fraction = exact_number(value)
        except (TypeError, ValueError):
            return None
        number = grid.index(exact)
        if number is None:
            return None
        found.append(number)
    return found
