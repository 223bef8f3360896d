"""Trade-offs of markets: the goal at every point of a side constraint's range, each a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import Finding, UnsupportedError, UsageError
from mdsolve.game.market import Market
from mdsolve.game.side_constraints import parse_side_constraints
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.solution import plain
from mdsolve.study.market_problem import MarketProblem
from mdsolve.study.problem import Problem
from mdsolve.study.trade_off import TradeOff, trade_off_of

WALKED = ("subsidy", "cap", "spread", "floor", "revenue_floor")
"""Side constraints that a trade-off may walk over."""

FIGURES = {
    "fairness": "least_spread",
    "spread": "least_spread",
    "least-subsidy": "subsidy",
    "smallest-cap": "cap",
}
"""Objective -> the answer that says how well it was reached; expected revenue otherwise."""

NUMBER_LIMIT = 2_000_000
"""Most payments of all points together."""


def walked_market(problem: Problem[Any, Any], ranges: Mapping[str, Any]) -> Problem[Any, Any]:
    """Return the problem with a trade-off.

    Raises
    ------
    UsageError
        For requirements without a range, ranges that are none, and what contradicts the rest.
    UnsupportedError
        If the payments of all points together are too many.
    """
    walked = trade_off_of(ranges, WALKED)
    for end in (walked.start, walked.end):
        try:
            parse_side_constraints(side_at(problem.options, walked, end))
        except UsageError as error:
            found = error.findings[0]
            where = f"--trade-off {walked.requirement.replace('_', '-')}"
            raise UsageError([Finding(where, found.got, found.expected, found.fix)]) from None
    game = problem.build()
    numbers = walked.count * len(game.agents) * game.profile_count
    if numbers > NUMBER_LIMIT:
        raise UnsupportedError.single(
            "--trade-off",
            f"{walked.count} points with {numbers:,} payments together",
            f"at most {NUMBER_LIMIT:,}",
            "ask for fewer points, or use coarser grids",
        )
    return _MarketWalk(problem.instance, problem.rule, problem.options, walked)


def side_at(options: Mapping[str, Any], walked: TradeOff, setting: float) -> list[str]:
    """Return the side constraints of one point: the walked one wins over what is asked anyway."""
    name = walked.requirement.replace("_", "-")
    others = [word for word in options["side"] if word.partition("=")[0] != name]
    return [*others, f"{name}={setting!r}"]


@dataclass(frozen=True)
class _MarketWalk(MarketProblem):
    """A design whose solution carries a curve of further designs."""

    walked: TradeOff

    def answers(self, game: Market, outcome: MarketOutcome, context: Context) -> dict[str, Any]:
        """Return the answers of the design, and the curve."""
        found = super().answers(game, outcome, context)
        points = []
        settings = self.walked.settings
        for number, setting in enumerate(settings):
            context.monitor.advance("points of the trade-off", number, len(settings))
            points.append(self._point(game, setting, context))
        ends = [self.walked.start, self.walked.end]
        curve = {"requirement": self.walked.requirement, "range": ends, "points": points}
        return found | {"curve": curve}

    def _point(self, game: Market, setting: float, context: Context) -> dict[str, Any]:
        """Return one point."""
        options = {**self.options, "side": side_at(self.options, self.walked, setting)}
        outcome = self.rule.outcome(game, options, context)
        found: dict[str, Any] = {"asked": setting, "termination": outcome.termination.label}
        if outcome.payments is None:
            if outcome.proof is not None:
                found["witness"] = outcome.proof.to_dict()
            return found
        key = FIGURES.get(options["objective"])
        revenue = outcome.payments.sum(axis=0).astype(float)
        value = float((game.weights * revenue).sum()) if key is None else outcome.details[key]
        return found | {
            "objective": float(np.asarray(value, dtype=float)),
            "payments": plain(outcome.payments),
        }
