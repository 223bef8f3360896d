"""Slow, plain oracles: everything straight from the definitions, in fractions where possible.

Nothing here uses mdsolve's solvers, game tables or checker.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Valuation = Callable[[int, Sequence[Any]], Any]


@dataclass(frozen=True)
class PlainMarket:
    """A market by its definition: functions and lists of types."""

    types: Sequence[Sequence[Any]]
    quality: Callable[[Any], Any]
    value: Valuation
    outside: str = "pooled"
    allocation: str = "efficient"

    @property
    def n(self) -> int:
        return len(self.types)

    def recipients(self, reports: Sequence[Any], participants: Sequence[int]) -> tuple[int, ...]:
        """Return who receives the best model: the choice with the largest total value, most first.

        Participants' total valuation counts; the others use their own models.
        """
        if self.allocation == "best-model":
            return tuple(participants)
        best_choice, best_total = None, None
        best = self.quality(sum(reports[i] for i in participants))
        for size in range(len(participants), -1, -1):
            for choice in itertools.combinations(participants, size):
                q = [
                    max(best, self.quality(reports[j])) if j in choice else self.quality(reports[j])
                    for j in range(self.n)
                ]
                total = sum(self.value(i, q) for i in participants)
                if best_total is None or total > best_total + tie(best_total):
                    best_choice, best_total = choice, total
        assert best_choice is not None
        return best_choice

    def report_value(self, agent: int, true: Sequence[Any], report: Any) -> Any:
        """Return v_agent when he reports `report` and everybody else the truth."""
        reports = [report if j == agent else t for j, t in enumerate(true)]
        chosen = self.recipients(reports, range(self.n))
        best = self.quality(sum(reports))
        q = [
            max(best, self.quality(true[j])) if j in chosen else self.quality(true[j])
            for j in range(self.n)
        ]
        return self.value(agent, q)

    def outside_value(self, agent: int, true: Sequence[Any]) -> Any:
        """Return v_agent when he stays out."""
        q = [self.quality(t) for t in true]
        others = [j for j in range(self.n) if j != agent]
        if self.outside == "pooled" and others:
            best = self.quality(sum(true[j] for j in others))
            for j in self.recipients(true, others):
                q[j] = max(best, q[j])
        return self.value(agent, q)

    def maximal_payment(self, agent: int, true: Sequence[Any]) -> Any:
        """Return the shortest-path bound on p_agent at a profile (Bellman-Ford on all types)."""
        own = [t for t in self.types[agent] if t <= true[agent]]

        def at(t: Any) -> list[Any]:
            return [t if j == agent else x for j, x in enumerate(true)]

        truth = [self.report_value(agent, at(t), t) for t in own]
        bound = [truth[k] - self.outside_value(agent, at(t)) for k, t in enumerate(own)]
        for _ in own:
            for k, t in enumerate(own):
                for r in range(k):
                    gap = truth[k] - self.report_value(agent, at(t), own[r])
                    bound[k] = min(bound[k], bound[r] + gap)
        return bound[-1]

    def revenue(self, true: Sequence[Any]) -> Any:
        """Return the sum of maximal payments at a profile."""
        return sum(self.maximal_payment(i, true) for i in range(self.n))

    def profiles(self) -> list[tuple[Any, ...]]:
        return list(itertools.product(*self.types))


def tie(total: Any) -> Any:
    """Return the difference below which two float totals tie; fractions tie only when equal."""
    return 0 if isinstance(total, Fraction | int) else 1e-12 * max(1.0, abs(total))


def identity(t: Any) -> Any:
    return t


def share(agent: int, q: Sequence[Any]) -> Any:
    """Return q_i / sum q, 0 where nobody has a model."""
    return q[agent] / sum(q) if sum(q) else q[agent]


def growth(exponent: float) -> Valuation:
    """Return v_i = (sum q)^exponent q_i."""

    def value(agent: int, q: Sequence[Any]) -> Any:
        return sum(q) ** exponent * q[agent] if sum(q) else 0.0

    return value


def linear(matrix: Sequence[Sequence[Any]]) -> Valuation:
    """Return v_i = sum_j matrix[i][j] q_j."""
    return lambda agent, q: sum(w * x for w, x in zip(matrix[agent], q, strict=True))


def fractions(values: Sequence[Any]) -> list[Fraction]:
    return [Fraction(v) for v in values]
