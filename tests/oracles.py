"""Slow, plain oracles: everything straight from the definitions, in fractions where possible.

Nothing here uses mdsolve's solvers, game tables or checker.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
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
    handed: Mapping[tuple[Any, ...], Sequence[Any]] | None = None
    """Model quality handed out at each reported profile; None applies the allocation rule."""

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
        """Return v_agent when they report `report` and everybody else the truth."""
        reports = tuple(report if j == agent else t for j, t in enumerate(true))
        if self.handed is not None:
            models = self.handed[reports]
        else:
            chosen, best = self.recipients(reports, range(self.n)), self.quality(sum(reports))
            models = [best if j in chosen else 0 for j in range(self.n)]
        q = [max(model, self.quality(t)) for model, t in zip(models, true, strict=True)]
        return self.value(agent, q)

    def outside_value(self, agent: int, true: Sequence[Any]) -> Any:
        """Return v_agent when they stay out."""
        return self.value_without(agent, agent, true)

    def value_without(self, absent: int, agent: int, true: Sequence[Any]) -> Any:
        """Return v_agent when `absent` stays out."""
        q = [self.quality(t) for t in true]
        others = [j for j in range(self.n) if j != absent]
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

    def violations(self, payments: Mapping[tuple[Any, ...], Sequence[Any]]) -> dict[str, Any]:
        """Return the worst violation of every condition by payments given per profile."""
        found: dict[str, list[Any]] = defaultdict(list)
        for true in self.profiles():
            paid = payments[true]
            found["weak-budget-balance"].append(-sum(paid))
            found["budget-balance"] += [sum(paid), -sum(paid)]
            welfare = sum(self.report_value(i, true, true[i]) for i in range(self.n))
            best = self.quality(sum(true))
            for choice in itertools.product([False, True], repeat=self.n):
                q = [
                    max(best, self.quality(t)) if chosen else self.quality(t)
                    for chosen, t in zip(choice, true, strict=True)
                ]
                found["efficiency"].append(sum(self.value(i, q) for i in range(self.n)) - welfare)
            if self.handed is not None:
                found["feasibility"] += [x - best for x in self.handed[true]]
                found["feasibility"] += [-x for x in self.handed[true]]
            for i in range(self.n):
                truth = self.report_value(i, true, true[i]) - paid[i]
                slack = [truth - self.outside_value(i, true)]
                found["individual-rationality"].append(-slack[0])
                for r in self.types[i]:
                    if r < true[i]:
                        told = tuple(r if j == i else t for j, t in enumerate(true))
                        lie = self.report_value(i, true, r) - payments[told][i]
                        found["incentive-compatibility"].append(lie - truth)
                        slack.append(truth - lie)
                found["maximal-revenue"].append(min(slack))
        return {name: max(values) for name, values in found.items()}


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


def added(*terms: Valuation) -> Valuation:
    """Return the sum of valuations."""
    return lambda agent, q: sum(term(agent, q) for term in terms)


def whole_growth(exponent: int) -> Valuation:
    """Return v_i = (sum q)^exponent q_i for an integer exponent, exact in fractions."""
    return lambda agent, q: Fraction(sum(q)) ** exponent * q[agent] if sum(q) else Fraction(0)


def interpolated(points: Sequence[tuple[Any, Any]]) -> Callable[[Any], Any]:
    """Return the broken line through points."""

    def quality(t: Any) -> Any:
        for (x, y), (later, higher) in itertools.pairwise(points):
            if t <= later:
                return y + Fraction(higher - y) / (later - x) * (t - x)
        raise AssertionError(t)

    return quality


def growth_utilities(
    own: Sequence[float], tau: float, agents: int, exponent: float, outside: str
) -> list[float]:
    """Return h = v(truth) - p of a growth market by its recursion over all lower reports."""
    others = agents - 1

    def power(x: float) -> float:
        return x**exponent if x > 0 else 0.0

    found: list[float] = []
    for k, s in enumerate(own):
        best = s * power(s + (others if outside == "pooled" else 1) * tau)
        for r, known in zip(own[:k], found, strict=True):
            y = r + tau
            lie = s * power(s + others * y) if s > y else y * power(agents * y)
            best = max(best, known - y * power(agents * y) + lie)
        found.append(best)
    return found
