"""Shapley shares and slopes by enumeration of all coalitions, in rigorous numbers.

A payoff is split into rows. What a coalition X is worth in a row depends on one number, joined
from its members: their weighted data (a sum) or, for an item of `coverage`, the chance that nobody
has it (a product).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import flint

from mdsolve.certificate.rigorous.accuracy import CoverageAccuracy, WeightedAccuracy
from mdsolve.certificate.rigorous.costs import Side
from mdsolve.certificate.rigorous.curves import ConcaveCurve, Curve
from mdsolve.certificate.rigorous.game import RigorousGame
from mdsolve.certificate.rigorous.numbers import ONE, ZERO, Number, dot, total

Numbers = Sequence[Number]


class Row(ABC):
    """One part of the total payoff."""

    nobody: Number
    """What the empty coalition joins to."""

    @abstractmethod
    def part(self, agent: int, amount: Number) -> Number:
        """Return what an agent adds to a coalition's number."""

    @abstractmethod
    def join(self, left: Number, right: Number) -> Number:
        """Return the number of two coalitions together."""

    @abstractmethod
    def worth(self, joined: Number) -> Number:
        """Return the payoff in money, up to a constant."""

    @abstractmethod
    def slope(self, agent: int, others: Number, amount: Number, side: Side) -> Number:
        """Return the derivative of the payoff in the agent's own contribution."""


@dataclass(frozen=True)
class SumRow(Row):
    """money f(platform + sum_j w_j s_j).

    Parameters
    ----------
    weights : n numbers
    money : number
        Values of all agents with this curve and these weights.
    nobody : number
        The platform's data.
    """

    weights: Numbers
    curve: Curve
    money: Number
    nobody: Number

    def part(self, agent: int, amount: Number) -> Number:
        """Return w_j s_j."""
        return self.weights[agent] * amount

    def join(self, left: Number, right: Number) -> Number:
        """Return the sum."""
        return left + right

    def worth(self, joined: Number) -> Number:
        """Return money f(y)."""
        return self.money * self.curve.value(joined)

    def slope(self, agent: int, others: Number, amount: Number, side: Side) -> Number:
        """Return money w f'(y), for a concave curve."""
        assert isinstance(self.curve, ConcaveCurve)
        weight = self.weights[agent]
        if weight == 0:
            return ZERO
        return self.money * weight * self.curve.slope(others + weight * amount, side)


@dataclass(frozen=True)
class ItemRow(Row):
    """-money prod_j (1 - q_j)^s_j for one item of `coverage`."""

    accuracy: CoverageAccuracy
    item: int
    money: Number
    nobody: Number = ONE

    def part(self, agent: int, amount: Number) -> Number:
        """Return (1 - q)^s."""
        return self.accuracy.kept(agent, self.item, amount)

    def join(self, left: Number, right: Number) -> Number:
        """Return the product."""
        return left * right

    def worth(self, joined: Number) -> Number:
        """Return what not having the item costs."""
        return -self.money * joined

    def slope(self, agent: int, others: Number, amount: Number, side: Side) -> Number:  # noqa: ARG002
        """Return -money log(1 - q) (1 - q)^s times the others' chance of not having it."""
        rate = self.accuracy.rate(agent, self.item)
        return rate if rate == 0 else self.money * rate * self.part(agent, amount) * others


def rows_of(game: RigorousGame) -> list[Row] | str:
    """Return the rows of the total payoff, or why there are none."""
    accuracy = game.accuracy
    if isinstance(accuracy, CoverageAccuracy):
        columns = range(len(accuracy.distributions[0]))
        found = [[row[item] for row in accuracy.distributions] for item in columns]
        return [ItemRow(accuracy, item, dot(found[item], game.value) / 2) for item in columns]
    if not isinstance(accuracy, WeightedAccuracy):
        return "the accuracy is neither a function of weighted data nor coverage"
    weights = accuracy.weights
    money: dict[tuple[int, int], list[int]] = {}
    for agent, curve in enumerate(accuracy.curves):
        money.setdefault((weights.kind(agent), id(curve)), []).append(agent)
    rows: list[Row] = []
    for (kind, _), members in money.items():
        curve = accuracy.curves[members[0]]
        worth = total([game.value[agent] for agent in members])
        line = [weights.weight(kind, agent) for agent in range(game.size)]
        rows.append(SumRow(line, curve, worth, accuracy.platform))
    return rows


@dataclass(frozen=True)
class EnumeratedShares:
    """phi_i = sum_X |X|! (n - |X| - 1)! / n! (A(X + i) - A(X)), every coalition.

    Examples
    --------
    >>> import mdsolve as md
    >>> from mdsolve.certificate.rigorous.game import rigorous_game
    >>> from mdsolve.certificate.rigorous.numbers import EXACT
    >>> instance = md.parse({"kind": "sharing", "agents": [{"name": "A", "cost": 1},
    ...                      {"name": "B", "cost": 1}], "accuracy": {"family": "power"}})
    >>> game = rigorous_game(instance, EXACT)
    >>> EnumeratedShares(rows_of(game), [ONE, 2 * ONE]).shares
    [7/12, 11/12]
    """

    rows: Sequence[Row]
    s: Numbers

    @cached_property
    def _weights(self) -> list[Number]:
        n = len(self.s)
        return [flint.fmpq(1, n * math.comb(n - 1, k)) for k in range(n)]

    @cached_property
    def _joined(self) -> list[list[Number]]:
        """Return each row's number of every coalition; member i is bit i."""
        result = []
        for row in self.rows:
            table = [row.nobody]
            for agent, amount in enumerate(self.s):
                part = row.part(agent, amount)
                table += [row.join(entry, part) for entry in table]
            result.append(table)
        return result

    @cached_property
    def shares(self) -> list[Number]:
        """phi_i(s), in money; they sum to A(s) - A(0)."""
        n = len(self.s)
        sizes: list[list[list[Number]]] = [[[] for _ in range(n + 1)] for _ in range(n)]
        for row, table in zip(self.rows, self._joined, strict=True):
            for mask, joined in enumerate(table):
                worth, size = row.worth(joined), mask.bit_count()
                for i in range(n):
                    inside = mask >> i & 1
                    sizes[i][size - inside].append(worth if inside else -worth)
        return [dot(self._weights, [total(terms) for terms in own[:n]]) for own in sizes]

    def slope(self, agent: int, own: Number, side: Side) -> Number:
        """Return d phi_i / d s_i at another own contribution, from one side."""
        by_size: list[list[Number]] = [[] for _ in self.s]
        for row, table in zip(self.rows, self._joined, strict=True):
            for mask, joined in enumerate(table):
                if not mask >> agent & 1:
                    by_size[mask.bit_count()].append(row.slope(agent, joined, own, side))
        return dot(self._weights, [total(terms) for terms in by_size])
