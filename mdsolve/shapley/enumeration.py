"""Shapley values from all coalitions that differ: any payoff, up to a million of them.

Agents who add the same amount to a total are interchangeable there: of n_t such agents only the
number k_t in a coalition matters, prod_t (n_t + 1) cases instead of 2^n, case k standing for
prod_t C(n_t, k_t) coalitions. An agent of kind t is in k_t / n_t of them. With weights (whole
numbers a_t, `agent_weights`) kinds differ by them too, and an agent completes case k with chance
a_t int_0^1 prod_u C(n_u, k_u) y^(a_u k_u) (1 - y^a_u)^(n_u - k_u) / y dy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.coalitions import AdditiveRow, additive_rows
from mdsolve.shapley.power_shares import Sums
from mdsolve.shapley.rules import PRECISION
from mdsolve.shapley.weighted import arrival_rule

Floats = npt.NDArray[np.float64]
LongFloats = npt.NDArray[np.longdouble]
Ints = npt.NDArray[np.intp]

COALITIONS = 1 << 20
"""Most coalitions that differ: they fit in memory and take about a second."""

SMALLEST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Coalitions:
    """Coalitions of agents who add amounts to a total, alike ones counted together.

    Parameters
    ----------
    amounts : (kinds,)
        Different amounts, or equal ones of agents with different weights.
    kind : (n,)
        Which of them each agent adds.
    banzhaf : bool
    ratios : tuple of int or None
        Whole weight of each agent.
    """

    amounts: Floats
    kind: Ints
    banzhaf: bool
    ratios: Ratios | None = None

    @classmethod
    def of(cls, row: AdditiveRow, banzhaf: bool, ratios: Ratios | None = None) -> Coalitions:
        """Return the coalitions of a row of the payoff."""
        if ratios is None:
            amounts, kind = np.unique(row.amounts, return_inverse=True)
            return cls(amounts, kind, banzhaf)
        pairs = np.stack([row.amounts, ratios], axis=1)
        different, kind = np.unique(pairs, axis=0, return_inverse=True)
        return cls(different[:, 0], kind.reshape(-1), banzhaf, ratios)

    @cached_property
    def many(self) -> Ints:
        """Agents of each kind, shape (kinds,)."""
        return np.bincount(self.kind, minlength=len(self.amounts))

    @property
    def count(self) -> int:
        """Coalitions that differ."""
        return math.prod(int(n) + 1 for n in self.many)

    @cached_property
    def totals(self) -> Floats:
        """Their totals, the members of the last kind changing first, shape (count,)."""
        return self._summed([amount * np.arange(n + 1) for amount, n in self._kinds()])

    @cached_property
    def sizes(self) -> Ints:
        """Numbers of their members."""
        return self._summed([np.arange(float(n + 1)) for n in self.many]).astype(np.intp)

    @cached_property
    def after(self) -> Floats:
        """Chance that an agent who is in all of them completes such a coalition, over a_t."""
        if self.ratios is not None:
            return self._weighted(self.ratios)
        return np.where(self.sizes > 0, self._chances(np.maximum(self.sizes - 1, 0)), 0.0)

    @property
    def own_weights(self) -> Floats | float:
        """a_j of every agent, shape (n,); 1 without weights."""
        return 1.0 if self.ratios is None else np.array(self.ratios, dtype=np.float64)

    def _kinds(self) -> Iterator[tuple[float, int]]:
        return zip(self.amounts.tolist(), self.many.tolist(), strict=True)

    @cached_property
    def _logarithms(self) -> LongFloats:
        """Logarithms of the numbers of coalitions that each stands for."""
        each = {n: _log_binomials(n) for n in set(self.many.tolist())}
        return self._summed([each[n] for n in self.many.tolist()])

    def _chances(self, others: Ints) -> Floats:
        n = len(self.kind)
        if self.banzhaf:
            weight = np.full(n, (1 - n) * np.log(np.longdouble(2)))
        else:
            weight = -np.log(np.longdouble(n)) - _log_binomials(n - 1)
        chances: Floats = np.exp(self._logarithms + weight[others]).astype(np.float64)
        return chances

    def _weighted(self, ratios: Ratios) -> Floats:
        """Return the integrals over y, node by node: all terms are positive."""
        rule = arrival_rule(ratios)
        first = np.unique(self.kind, return_index=True)[1]
        found = np.zeros(self.count)
        for node, weight in enumerate(rule.weights.tolist()):
            inside = np.log(np.maximum(rule.joined[node, first], SMALLEST))
            outside = np.log(rule.apart[node, first])
            numbers = [np.arange(n + 1.0) for n in self.many.tolist()]
            logs = [
                k * joined + (k[-1] - k) * apart
                for k, joined, apart in zip(numbers, inside, outside, strict=True)
            ]
            found += weight * np.exp(self._logarithms + self._summed(logs)).astype(np.float64)
        found[0] = 0.0
        return found

    def _summed(self, parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return the sums of one entry of each part."""
        found = np.zeros(1, dtype=parts[0].dtype)
        for part in parts:
            found = (found[:, None] + part[None, :]).reshape(-1)
        return found

    def along(self, values: Floats, kind: int) -> Floats:
        """Return values by the number of members of one kind, shape (before, n_t + 1, after)."""
        after = math.prod(int(n) + 1 for n in self.many[kind + 1 :])
        return values.reshape(-1, int(self.many[kind]) + 1, after)


def _log_binomials(n: int) -> LongFloats:
    """Return log C(n, k) for all k, with digits to spare: large ones cancel in every chance."""
    k = np.arange(n, dtype=np.longdouble)
    return np.concatenate([[np.longdouble(0)], np.cumsum(np.log((n - k) / (k + 1)))])


def coalition_count(game: SharingGame, s: Floats, ratios: Ratios | None = None) -> int:
    """Return how many coalitions differ, in the row of the payoff where most do."""
    if game.accuracy.opaque:
        return 1 << game.size
    rows = additive_rows(game, s)
    return max((Coalitions.of(row, False, ratios).count for row in rows), default=1)


def enumeration_shares(
    game: SharingGame, s: Floats, banzhaf: bool, slopes: bool, ratios: Ratios | None = None
) -> Sums:
    """Return shares by visiting every coalition that differs from the others.

    Raises
    ------
    MemoryLimitError
        For more than a million of them.
    """
    count = coalition_count(game, s, ratios)
    if count > COALITIONS:
        raise MemoryLimitError.single(
            "route",
            f"enumeration of {_shown(count)} coalitions",
            f"at most {COALITIONS:,} that differ",
            "use the route that fits the payoff (auto), or sampling",
        )
    if game.accuracy.opaque:
        return _each_coalition(game, s, banzhaf, slopes, ratios)
    n = game.size
    shares, own, potential, largest = np.zeros(n), np.zeros(n), 0.0, 0.0
    for row in additive_rows(game, s):
        chosen = Coalitions.of(row, banzhaf, ratios)
        value = row.value(chosen.totals)
        shares += _gains(chosen, value)
        potential += float(chosen.after @ (value - value[0]))
        largest += float(np.max(np.abs(value)))
        if slopes:
            own += row.rates * _means(chosen, row.slope(chosen.totals))
    error = PRECISION * n * largest / _largest(shares)
    return Sums(potential, shares, own, np.zeros(n), error)


def _shown(count: int) -> str:
    power = count.bit_length() - 1
    return f"2^{power}" if count == 1 << power else f"{float(count):.2g}"


def _gains(chosen: Coalitions, value: Floats) -> Floats:
    """Return what every agent adds on average when joining, shape (n,)."""
    found = np.zeros(len(chosen.amounts))
    for kind, many in enumerate(chosen.many.tolist()):
        worth, chance = chosen.along(value, kind), chosen.along(chosen.after, kind)
        inside = np.arange(1, many + 1) / many
        gained = chance[:, 1:] * (worth[:, 1:] - worth[:, :-1])
        found[kind] = float(inside @ gained.sum(axis=(0, 2)))
    return np.asarray(found[chosen.kind] * chosen.own_weights)


def _means(chosen: Coalitions, slope: Floats) -> Floats:
    """Return the slopes that every agent meets on average after joining, shape (n,)."""
    found, met = np.zeros(len(chosen.amounts)), chosen.after * slope
    for kind, many in enumerate(chosen.many.tolist()):
        inside = np.arange(many + 1) / many
        found[kind] = float(inside @ chosen.along(met, kind).sum(axis=(0, 2)))
    return np.asarray(found[chosen.kind] * chosen.own_weights)


def _each_coalition(
    game: SharingGame, s: Floats, banzhaf: bool, slopes: bool, ratios: Ratios | None
) -> Sums:
    """Return the same for payoffs that only the user's object can value, one by one."""
    n = game.size
    everybody = Coalitions(np.zeros(n), np.arange(n), banzhaf, ratios)
    value, own = np.zeros(2**n), np.zeros(n)
    for number in range(2**n):
        members = (number >> np.arange(n - 1, -1, -1)) & 1
        value[number] = game.total_benefit(s * members)
        if slopes and number:
            rising = game.value @ game.accuracy.jacobian(s * members)
            own += everybody.after[number] * rising * members
    shares, own = _gains(everybody, value), own * everybody.own_weights
    potential = float(everybody.after @ (value - value[0]))
    error = PRECISION * n * float(np.max(np.abs(value))) / _largest(shares)
    return Sums(potential, shares, own, np.zeros(n), error)


def subset_sums(amounts: Floats) -> Floats:
    """Return the total of every subset, shape (2^n,).

    Examples
    --------
    >>> subset_sums(np.array([1.0, 10.0])).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    totals = np.zeros(2 ** len(amounts))
    for j, amount in enumerate(amounts):
        totals[2**j : 2 ** (j + 1)] = totals[: 2**j] + amount
    return totals


def _largest(shares: Floats) -> float:
    return max(float(np.max(np.abs(shares), initial=0.0)), float(np.finfo(float).tiny))
