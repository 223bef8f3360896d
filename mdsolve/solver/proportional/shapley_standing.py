"""The third measure of how an agent stands beside the leader: Shapley values, [K22] (14).

Psi_i is the Shapley value of the game X -> v(platform data + s(X)) - v(platform data). Coalitions
of others are counted by level, so agents at one level need one coalition per size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.solver.proportional.agent_types import AgentTypes
from mdsolve.solver.proportional.coalitions import share_weights
from mdsolve.solver.proportional.progression import DIRECT, progression_rule
from mdsolve.solver.proportional.standing import Ratio, Standing

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

FEW = 128
"""Coalitions up to which levels stay apart though some are equal: more profiles fit one array."""

CHUNK = 500_000
"""Most values of the curve in one array."""


@dataclass(frozen=True)
class Shares:
    """Shapley values of the agent and of a leader at r profiles, as sums over C coalitions.

    Parameters
    ----------
    curve : Curve
    rows : (r,) of int
        The profiles among all.
    totals : (r, C)
        Data of each coalition of others and the platform, samples.
    weights : (r or 1, C, 2)
        Of what the agent adds to each coalition: for their value, and for the leader's.
    alone : (r, 1)
        The leader's value where the agent brings nothing, in accuracy.
    """

    curve: Curve
    rows: Indices
    totals: Floats
    weights: Floats
    alone: Floats

    @cached_property
    def worth(self) -> Floats:
        """Accuracy of each coalition, shape (r, C)."""
        return self.curve.value(self.totals)

    def value(self, own: Floats) -> tuple[Floats, Floats]:
        """Return the agent's and the leader's value, at own contributions (r, k)."""
        at = self.totals[:, None, :] + own[:, :, None]
        added = (self.curve.value(at) - self.worth[:, None, :]) @ self.weights
        return added[..., 0], self.alone + added[..., 1]

    def slope(self, own: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of both."""
        rises = self.curve.slope(self.totals[:, None, :] + own[:, :, None]) @ self.weights
        return rises[..., 0], rises[..., 1]

    def parts(self, width: int) -> list[Shares]:
        """Return pieces few enough rows long for so many own contributions in each row."""
        size = max(1, CHUNK // (width * self.totals.shape[1]))
        if size >= len(self.rows):
            return [self]
        every = self.weights.shape[0] == 1
        cuts = [slice(begin, begin + size) for begin in range(0, len(self.rows), size)]
        return [
            Shares(
                self.curve,
                self.rows[cut],
                self.totals[cut],
                self.weights if every else self.weights[cut],
                self.alone[cut],
            )
            for cut in cuts
        ]


@dataclass(frozen=True)
class ShapleyRatio(Ratio):
    """Shapley value of the agent over the leader's, both depending on the own data.

    Parameters
    ----------
    lead : (B, 1)
    groups : tuple of Shares
        Together every row in which somebody else contributes, once.
    bends : (B, any)
        Where some coalition with the agent reaches a kink of the curve.
    """

    lead: Floats
    groups: tuple[Shares, ...]
    bends: Floats

    def value(self, own: Floats) -> Floats:
        """Return the ratio; 1 where the leader's data are worth nothing."""
        ratio = np.ones_like(own)
        for group in self.groups:
            for part in group.parts(own.shape[1]):
                mine, leading = part.value(own[part.rows])
                ratio[part.rows] = _quotient(mine, leading, 1.0)
        return np.minimum(ratio, 1.0)

    def slope(self, own: Floats) -> tuple[Floats, Floats]:
        """Return the ratio and its derivative."""
        ratio, slope = np.ones_like(own), np.zeros_like(own)
        for group in self.groups:
            for part in group.parts(own.shape[1]):
                at = own[part.rows]
                mine, leading = part.value(at)
                rise, change = part.slope(at)
                stands = _quotient(mine, leading, 1.0)
                ratio[part.rows] = stands
                slope[part.rows] = _quotient(rise - stands * change, leading, 0.0)
        return np.minimum(ratio, 1.0), slope

    @property
    def kinks(self) -> Floats:
        """Where some coalition with the agent reaches a kink of the curve."""
        return self.bends


def _quotient(upper: Floats, lower: Floats, otherwise: float) -> Floats:
    """Return upper / lower, something else where the lower one is not positive."""
    good = lower > 0
    return np.where(good, upper / np.where(good, lower, 1.0), otherwise)


class ShapleyStanding(Standing):
    """Psi_i = Shapley value of the game X -> v(platform data + s(X)) - v(platform data), (14)."""

    name = "shapley"
    many = 16

    def beside(self, types: AgentTypes, levels: Floats, kind: int) -> Ratio:
        """Return the ratio of Shapley values."""
        lead = types.leading(levels, kind)[:, None]
        groups, kinks = [], []
        for rows, each, counts in _alike(levels, types.others(kind)):
            if len(counts) == 1:
                with np.errstate(over="ignore"):  # levels of almost nothing reach no kink
                    groups.append(_even(types, rows, each[:, 0], counts[0]))
                    kinks.append(_even_kinks(types, each, counts[0]))
            else:
                groups.append(_mixed(types, rows, each, counts))
                kinks.append(_reached(types, groups[-1].totals, each[:, :1]))
        bends = np.zeros((len(levels), max((part.shape[1] for part in kinks), default=0)))
        for group, part in zip(groups, kinks, strict=True):
            bends[group.rows, : part.shape[1]] = part
        return ShapleyRatio(lead, tuple(groups), bends)


def _alike(levels: Floats, counts: Floats) -> list[tuple[Indices, Floats, tuple[int, ...]]]:
    """Return rows that have the same numbers of others at falling levels.

    Each entry has the rows (r,), the levels (r, l) from the leaders' down, and how many others are
    at each. Others without data change no coalition; where many coalitions would be left, equal
    levels are merged and levels without data left out.
    """
    used = counts > 0
    order = np.argsort(-levels[:, used], axis=1, kind="stable")
    each, many = np.take_along_axis(levels[:, used], order, axis=1), counts[used][order]
    some = np.flatnonzero(levels[:, used].max(axis=1, initial=0.0) > 0)
    begins = np.ones(each.shape, dtype=bool)
    if np.prod(counts[used] + 1) > FEW:
        begins[:, 1:] = each[:, 1:] < each[:, :-1]
    kept = (each > 0) if np.prod(counts[used] + 1) > FEW else np.ones(each.shape, dtype=bool)
    marks = np.concatenate([many, begins, kept], axis=1)[some]
    patterns, which = np.unique(marks, axis=0, return_inverse=True)
    size = each.shape[1]
    found = []
    for number, pattern in enumerate(patterns):
        rows = some[which.reshape(-1) == number]
        inside = pattern[2 * size :] > 0
        starts = np.flatnonzero(pattern[size : 2 * size][inside])
        merged = np.add.reduceat(pattern[:size][inside], starts)
        found.append((rows, each[rows][:, starts], tuple(int(count) for count in merged)))
    return found


def _even(types: AgentTypes, rows: Indices, level: Floats, count: int) -> Shares:
    """Return the shares where all N others contribute the same m, at r levels (r,).

    phi_i = 1/(N + 1) sum_{k=0}^{N} v(k m + x) - v(k m); the others share the rest.
    """
    rules = _progressions(types, level, count)
    longest = max(len(nodes) for nodes, _ in rules)
    nodes, sums = np.zeros((len(rules), longest)), np.zeros((len(rules), longest))
    for row, (places, parts) in enumerate(rules):
        nodes[row, : len(places)] = places
        sums[row, : len(places)] = parts
    whole = np.full((len(rules), 1), float(count))
    totals = types.platform + level[:, None] * np.concatenate([nodes, whole], axis=1)
    mine = np.concatenate([sums / (count + 1), np.zeros_like(whole)], axis=1)
    theirs = np.concatenate([-sums / (count + 1) / count, np.ones_like(whole) / count], axis=1)
    nothing = types.curve.value(np.array([types.platform]))[0]
    alone = (types.curve.value(totals[:, -1:]) - nothing) / count
    if np.all(mine == mine[0]):
        mine, theirs = mine[:1], theirs[:1]
    return Shares(types.curve, rows, totals, np.stack([mine, theirs], axis=2), alone)


def _progressions(types: AgentTypes, level: Floats, count: int) -> list[tuple[Floats, Floats]]:
    """Return nodes and weights of the sum over k, for each level."""
    everyone = np.arange(count + 1, dtype=np.float64), np.ones(count + 1)
    if count <= DIRECT or len(types.curve.kinks) > 1:
        return [everyone] * len(level)
    begin = np.zeros(len(level))
    for kink in types.curve.kinks:
        # Below the kink a clipped curve is 0; the sum starts where the agent may lift data past it.
        begin = np.clip(np.floor((float(kink) - types.platform - level) / level), 0, count)
    rules = []
    for first in begin.tolist():
        nodes, weights = progression_rule(count + 1 - int(first))
        rules.append((first + nodes, weights))
    return rules


def _even_kinks(types: AgentTypes, level: Floats, count: int) -> Floats:
    """Return where the agent lifts k others at the level (r, 1) to a kink, shape (r, any)."""
    kinks = np.array([float(kink) - types.platform for kink in types.curve.kinks])
    step = np.floor(kinks / level)
    ends = [kinks - np.clip(step - more, 0, count) * level for more in (0, 1)]
    return np.concatenate(ends, axis=1)


def _mixed(types: AgentTypes, rows: Indices, each: Floats, counts: tuple[int, ...]) -> Shares:
    """Return the shares where the others contribute at falling levels (r, l)."""
    members, weights, alone = share_weights(counts)
    totals = types.platform + each @ members.T
    worth = types.curve.value(totals)
    return Shares(types.curve, rows, totals, weights[None], (worth @ alone)[:, None])


def _reached(types: AgentTypes, totals: Floats, lead: Floats) -> Floats:
    """Return where the agent lifts a coalition to a kink, 0 for none below the leading level."""
    kinks = np.array([float(kink) for kink in types.curve.kinks])
    ends = (kinks[:, None] - totals[:, None, :]).reshape(len(totals), -1)
    return np.where((ends > 0) & (ends < lead), ends, 0.0)
