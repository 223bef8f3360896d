"""How an agent stands beside the leading contributor: the ratio psi_i / max_j psi_j of [K22].

Three measures psi of a contribution: the data themselves (12), the value they would have on their
own (13), their Shapley value (14). Each gives, along one agent's own contribution x and up to the
largest contribution of the others, the ratio and its derivative; from there on the agent leads and
the ratio is 1. Where nobody's contribution has any measure, nobody stands behind anybody: ratio 1.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import roots_legendre

from mdsolve.errors import UnsupportedError
from mdsolve.solver.proportional.agent_types import AgentTypes
from mdsolve.solver.proportional.progression import progression_rule

Floats = npt.NDArray[np.float64]

COALITION_LIMIT = 4_000_000
"""Most distinct coalitions of others, times nodes of the integral, in a Shapley value."""


class Standing(ABC):
    """The ratio of one measure."""

    name: ClassVar[str]

    @abstractmethod
    def below(
        self, types: AgentTypes, levels: Floats, kind: int, own: Floats
    ) -> tuple[Floats, Floats]:
        """Return ratio and derivative for own contributions up to the leading one.

        Parameters
        ----------
        levels : (T,)
            Contributions of the others, by type.
        kind : int
            The agent's type.
        own : (k,)
            His contributions, samples.

        Returns
        -------
        (k,), (k,)
            The ratio, without unit, and its derivative per sample, from the left at the leader's.
        """

    def kinks(self, types: AgentTypes, levels: Floats, kind: int) -> Floats:  # noqa: ARG002
        """Return own contributions at which the ratio's derivative jumps."""
        return np.empty(0)


class DataStanding(Standing):
    """Psi_i = s_i, [K22] (12)."""

    name = "data"

    def below(
        self, types: AgentTypes, levels: Floats, kind: int, own: Floats
    ) -> tuple[Floats, Floats]:
        """Return own / leading; 1 where nobody else contributes."""
        lead = types.leading(levels, kind)
        if lead <= 0:
            return np.ones_like(own), np.zeros_like(own)
        return own / lead, np.full_like(own, 1 / lead)


class ValueStanding(Standing):
    """Psi_i = v(s_i + platform data) - v(platform data), [K22] (13)."""

    name = "value"

    def below(
        self, types: AgentTypes, levels: Floats, kind: int, own: Floats
    ) -> tuple[Floats, Floats]:
        """Return the ratio of own values; 1 where nobody's data have a value on their own."""
        curve, platform = types.curve, types.platform
        lead = types.leading(levels, kind)
        nothing, best = curve.value(np.array([platform, platform + lead]))
        if best <= nothing:
            return np.ones_like(own), np.zeros_like(own)
        at = platform + own
        return (curve.value(at) - nothing) / (best - nothing), curve.slope(at) / (best - nothing)

    def kinks(self, types: AgentTypes, levels: Floats, kind: int) -> Floats:
        """Return where the agent's own data begin to have a value."""
        del levels, kind
        return np.array([float(kink) - types.platform for kink in types.curve.kinks])


class ShapleyStanding(Standing):
    """Psi_i = Shapley value of the game X -> v(platform data + s(X)) - v(platform data), (14)."""

    name = "shapley"

    def below(
        self, types: AgentTypes, levels: Floats, kind: int, own: Floats
    ) -> tuple[Floats, Floats]:
        """Return phi_i / phi_lead with their derivatives, both depending on the own data."""
        others = others_of(types, levels, kind)
        if not len(others.levels):
            return np.ones_like(own), np.zeros_like(own)
        share, slope = (_even if len(others.levels) == 1 else _mixed)(types, others, own)
        good = share[1] > 0
        leading = np.where(good, share[1], 1.0)
        ratio = np.where(good, share[0] / leading, 1.0)
        change = np.where(good, (slope[0] - ratio * slope[1]) / leading, 0.0)
        return np.minimum(ratio, 1.0), change

    def kinks(self, types: AgentTypes, levels: Floats, kind: int) -> Floats:
        """Return where some coalition with the agent reaches a kink of the curve."""
        others = others_of(types, levels, kind)
        kinks = [float(kink) - types.platform for kink in types.curve.kinks]
        if not len(others.levels) or not kinks:
            return np.array(kinks)
        if len(others.levels) == 1:
            level, count = float(others.levels[0]), int(others.counts[0])
            step = [math.floor(kink / level) for kink in kinks]
            ends = [
                kink - min(max(k - more, 0), count) * level
                for kink, k in zip(kinks, step, strict=True)
                for more in (0, 1)
            ]
            return np.array(ends)
        totals, _ = coalitions(others)
        reached = np.array(kinks)[:, None] - totals
        lead = float(others.levels.max())
        return np.unique(reached[(reached > 0) & (reached < lead)])


@dataclass(frozen=True)
class Others:
    """Contributors other than one agent, by level; those without data change no coalition."""

    levels: Floats
    counts: Floats


def others_of(types: AgentTypes, levels: Floats, kind: int) -> Others:
    """Return who contributes besides one agent of the type."""
    counts = types.counts.copy()
    counts[kind] -= 1
    used = (counts > 0) & (levels > 0)
    each, place = np.unique(levels[used], return_inverse=True)
    return Others(each, np.bincount(place, counts[used], len(each)).astype(np.float64))


def _even(types: AgentTypes, others: Others, own: Floats) -> tuple[list[Floats], list[Floats]]:
    """Return shares and slopes of the agent and of a leader, all others contributing the same.

    phi_i = 1/(N + 1) sum_{k=0}^{N} v(k m + x) - v(k m) with N others at m; they share the rest.
    """
    level, count = float(others.levels[0]), int(others.counts[0])
    curve, platform = types.curve, types.platform
    begin = 0
    rule = (np.arange(count + 1, dtype=np.float64), np.ones(count + 1))
    if len(curve.kinks) <= 1:
        # Below the kink a clipped curve is 0; the sum starts where the largest deviation passes it.
        for kink in curve.kinks:
            first = math.floor((float(kink) - platform - float(own.max(initial=0.0))) / level)
            begin = min(max(first, 0), count)
        nodes, weights = progression_rule(count + 1 - begin)
        rule = (begin + nodes, weights)
    totals = platform + level * rule[0][:, None]
    mine = rule[1] @ (curve.value(totals + own) - curve.value(totals)) / (count + 1)
    rise = rule[1] @ curve.slope(totals + own) / (count + 1)
    whole = platform + count * level + own
    nothing = curve.value(np.array([platform]))[0]
    theirs = (curve.value(whole) - nothing - mine) / count
    return [mine, theirs], [rise, (curve.slope(whole) - rise) / count]


def _mixed(types: AgentTypes, others: Others, own: Floats) -> tuple[list[Floats], list[Floats]]:
    """Return shares and slopes of the agent and of a leader, the others at several levels."""
    curve, platform = types.curve, types.platform
    totals, chance = coalitions(others)
    at = platform + totals[:, None]
    mine = chance @ (curve.value(at + own) - curve.value(at))
    rise = chance @ curve.slope(at + own)
    lead = int(np.argmax(others.levels))
    fewer = others.counts.copy()
    fewer[lead] -= 1
    level = others.levels[lead]
    totals, without, with_agent = coalitions_with(Others(others.levels, fewer))
    at = platform + totals[:, None]
    alone = without @ (curve.value(at[:, 0] + level) - curve.value(at[:, 0]))
    beside = curve.value(at + own + level) - curve.value(at + own)
    change = curve.slope(at + own + level) - curve.slope(at + own)
    return [mine, alone + with_agent @ beside], [rise, with_agent @ change]


def coalitions(others: Others) -> tuple[Floats, Floats]:
    """Return total and Shapley probability of every coalition of others, counted by level.

    The probability that exactly these come before the agent in a random order, by Owen's formula
    int_0^1 prod_t C(n_t, k_t) x^k_t (1 - x)^(n_t - k_t) dx, a polynomial that Gauss-Legendre
    integrates exactly.
    """
    totals, without, with_agent = coalitions_with(others)
    return totals, without + with_agent


def coalitions_with(others: Others) -> tuple[Floats, Floats, Floats]:
    """Return totals and probabilities, split by whether one more agent has come before too."""
    members, without, with_agent = _chances(tuple(others.counts.astype(int).tolist()))
    return members @ others.levels, without, with_agent


@lru_cache(maxsize=64)
def _chances(counts: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    """Return the coalitions, counted by level (coalitions, levels), and their probabilities."""
    order = sum(counts) // 2 + 2
    shapes = float(np.prod(np.array(counts) + 1.0))
    if shapes * order > COALITION_LIMIT:
        raise UnsupportedError.single(
            "mechanism proportional-shapley",
            f"{shapes:,.0f} different coalitions of agents at {len(counts)} levels",
            f"at most {COALITION_LIMIT // order:,}",
            "make more agents alike, or use proportional-data",
        )
    nodes, weights = roots_legendre(order)
    x, weights = (nodes + 1) / 2, weights / 2
    chances = np.ones((1, len(x)))
    for count in counts:
        k = np.arange(count + 1)
        ways = [
            math.lgamma(count + 1) - math.lgamma(part + 1) - math.lgamma(count - part + 1)
            for part in k
        ]
        bets = k[:, None] * np.log(x) + (count - k)[:, None] * np.log1p(-x)
        part = np.exp(np.array(ways)[:, None] + bets)
        chances = (chances[:, None, :] * part).reshape(-1, len(x))
    members = np.indices([count + 1 for count in counts]).reshape(len(counts), -1).T
    return members.astype(np.float64), chances @ (weights * (1 - x)), chances @ (weights * x)


STANDINGS: dict[str, Standing] = {
    standing.name: standing for standing in (DataStanding(), ValueStanding(), ShapleyStanding())
}


def leader_rate(standing: Standing, types: AgentTypes, levels: Floats, kind: int) -> float:
    """Return d ratio / dx just below the leading contribution: rho of the equilibrium condition."""
    lead = types.leading(levels, kind)
    if lead <= 0:
        return 0.0
    return float(standing.below(types, levels, kind, np.array([lead]))[1][0])


__all__ = [
    "STANDINGS",
    "DataStanding",
    "ShapleyStanding",
    "Standing",
    "ValueStanding",
    "leader_rate",
]
