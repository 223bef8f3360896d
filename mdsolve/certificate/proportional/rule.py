"""The checker's own reading of [K22] (12)-(14): how one agent stands while he moves alone.

Along his own contribution x, up to the largest contribution of the others, an agent receives
(t / (a - b))^p v(total) with t, a and b concave and non-decreasing between kinks: his own measure t
and the leader's measure a - b. That form is all the bounds on deviations need.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve

Floats = npt.NDArray[np.float64]

COALITION_LIMIT = 100_000
"""Most coalitions of the others, counted by contribution, that Shapley values are summed over."""

CHUNK = 2_000_000
"""Most entries of one table of coalitions by own contributions."""


@dataclass(frozen=True)
class Parts:
    """Own measure t, leader's measure a - b, and their right derivatives; all shape (k,)."""

    own: Floats
    own_slope: Floats
    up: Floats
    up_slope: Floats
    down: Floats
    down_slope: Floats


@dataclass(frozen=True)
class Position:
    """One agent against the others' contributions.

    Parameters
    ----------
    measure : {"data", "value", "shapley"}
    curve : Curve
    platform : float
        Samples the platform brings itself.
    levels, counts : (L,)
        Distinct positive contributions of the others, and how many make each.
    """

    measure: str
    curve: Curve
    platform: float
    levels: Floats
    counts: Floats

    @property
    def rest(self) -> float:
        """All data but the agent's own."""
        return self.platform + float(self.counts @ self.levels)

    @property
    def lead(self) -> float:
        """Largest contribution of the others, 0 where nobody else contributes."""
        return float(self.levels.max(initial=0.0))

    @cached_property
    def nothing(self) -> float:
        """Value of the platform's data alone."""
        return float(self.curve.value(np.array([self.platform]))[0])

    @cached_property
    def equal(self) -> bool:
        """Whether everybody stands like the leader, whatever the agent does below him."""
        if self.lead == 0:
            return True
        best = self.curve.value(np.array([self.platform + self.lead]))[0]
        return self.measure == "value" and bool(best <= self.nothing)

    def parts(self, own: Floats) -> Parts:
        """Return t, a, b and their derivatives at own contributions up to the leading one."""
        one, zero = np.ones_like(own), np.zeros_like(own)
        if self.measure == "data":
            return Parts(own, one, self.lead * one, zero, zero, zero)
        if self.measure == "value":
            at = self.platform + own
            best = float(self.curve.value(np.array([self.platform + self.lead]))[0])
            value, slope = self.curve.value(at) - self.nothing, self.curve.slope(at)
            return Parts(value, slope, (best - self.nothing) * one, zero, zero, zero)
        if len(self.levels) == 1:
            return self._among_equals(own)
        return self._among_others(own)

    def _among_equals(self, own: Floats) -> Parts:
        """Return Shapley values among N others at m; each of them gets an N-th of the rest."""
        count = int(self.counts[0])
        totals = self.platform + self.levels[0] * np.arange(count + 1.0)
        chance = np.full(count + 1, 1 / (count + 1))
        share, slope = self._expected(totals, chance, own)
        share = share - float(chance @ self.curve.value(totals))
        whole = self.curve.value(self.rest + own) - self.nothing
        return Parts(
            share,
            slope,
            whole / count,
            self.curve.slope(self.rest + own) / count,
            share / count,
            slope / count,
        )

    def _among_others(self, own: Floats) -> Parts:
        """Return Shapley values from all coalitions of the others, counted by contribution."""
        totals, sizes, ways = _compositions(self.levels, self.counts)
        others = int(self.counts.sum())
        chance = np.exp(ways + _before(sizes, others))
        share, slope = self._expected(self.platform + totals, chance, own)
        share = share - float(chance @ self.curve.value(self.platform + totals))
        top = int(np.argmax(self.levels))
        fewer = self.counts.copy()
        fewer[top] -= 1
        totals, sizes, ways = _compositions(self.levels, fewer)
        totals = totals + self.platform
        without = np.exp(ways + _before(sizes, others))
        beside = np.exp(ways + _before(sizes + 1, others))
        added = self.curve.value(totals + self.lead) - self.curve.value(totals)
        up, up_slope = self._expected(totals + self.lead, beside, own)
        down, down_slope = self._expected(totals, beside, own)
        return Parts(share, slope, up + float(without @ added), up_slope, down, down_slope)

    def _expected(self, totals: Floats, chance: Floats, own: Floats) -> tuple[Floats, Floats]:
        """Return sum_c chance_c v(totals_c + x) and its derivative."""
        value, slope = np.empty_like(own), np.empty_like(own)
        step = max(1, CHUNK // len(totals))
        for start in range(0, len(own), step):
            part = slice(start, start + step)
            at = totals[:, None] + own[part]
            value[part] = chance @ self.curve.value(at)
            slope[part] = chance @ self.curve.slope(at)
        return value, slope

    def kinks(self) -> Floats:
        """Return own contributions at which v(total), t, a or b may bend by a jump."""
        reached = [float(kink) - self.rest for kink in self.curve.kinks]
        if self.measure == "value":
            reached += [float(kink) - self.platform for kink in self.curve.kinks]
        if self.measure == "shapley" and len(self.levels):
            totals, _, _ = _compositions(self.levels, self.counts)
            for kink in self.curve.kinks:
                own = float(kink) - self.platform - totals
                reached += own[own < self.lead].tolist()
        found = np.unique(np.array(reached))
        return np.asarray(found[found > 0])


def too_many_coalitions(measure: str, counts: Floats) -> bool:
    """Tell whether Shapley values among such others would take too long here."""
    return measure == "shapley" and float(np.prod(counts + 1.0)) > COALITION_LIMIT


def _before(sizes: Floats, others: int) -> Floats:
    """Return the logarithm of the chance that exactly a given k of N others come before an agent.

    k! (N - k)! / (N + 1)!, in a random order of N + 1.
    """
    table = np.array(
        [
            math.lgamma(k + 1) + math.lgamma(others - k + 1) - math.lgamma(others + 2)
            for k in range(others + 1)
        ]
    )
    return np.asarray(table[sizes.astype(int)])


def _compositions(levels: Floats, counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return total, size and log multiplicity of every coalition, counted by contribution."""
    totals, sizes, ways = np.zeros(1), np.zeros(1), np.zeros(1)
    for level, count in zip(levels, counts.astype(int), strict=True):
        members = np.arange(count + 1.0)
        choose = np.array(
            [
                math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
                for k in members
            ]
        )
        totals = np.add.outer(totals, level * members).reshape(-1)
        sizes = np.add.outer(sizes, members).reshape(-1)
        ways = np.add.outer(ways, choose).reshape(-1)
    return totals, sizes, ways
