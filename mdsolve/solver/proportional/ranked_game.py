"""What an agent earns by his own contribution when his model depends on how he stands.

The model received is worth ratio(x)^p v(total): [K22] (12)-(14). Between kinks the utility is
smooth, not always concave; the global best response is searched on every piece.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.solver.proportional.agent_types import AgentTypes, last_true
from mdsolve.solver.proportional.standing import Standing, leader_rate

Floats = npt.NDArray[np.float64]

GRID = 33
"""Points per piece from which the best response is searched."""

PIECES = 3
"""Pieces with the best points that are searched further."""

ZOOMS = 6
"""Rounds of refinement by utility, each by a factor of 8; flat tops show no more digits."""

ROUGH = 2
"""Rounds of these before slopes take over: rounding hides the top from utilities later."""

SECTIONS, PARTS = 9, 64
"""Rounds of refinement by slope and parts in each: to the last bits of a double."""

FAR = float(np.finfo(np.float64).max) / 8
"""An amount of data that nobody has."""


@dataclass(frozen=True)
class RankedGame:
    """Agents of several types whose models are worth (psi_i / max_j psi_j)^p v(total).

    Parameters
    ----------
    types : AgentTypes
    standing : Standing
        The measure psi.
    power : float
        The exponent p in [0, 1].
    """

    types: AgentTypes
    standing: Standing
    power: float

    def factors(self, levels: Floats, kind: int, own: Floats) -> Floats:
        """Return ratio^p at own contributions of an agent of the type, shape (k,)."""
        lead = self.types.leading(levels, kind)
        if self.power == 0:
            return np.ones_like(own)
        ratio, _ = self.standing.below(self.types, levels, kind, np.minimum(own, lead))
        return np.where(own >= lead, 1.0, np.maximum(ratio, 0.0) ** self.power)

    def utilities(self, levels: Floats, kind: int, own: Floats) -> Floats:
        """Return the utility of one agent of the type, in money, shape (k,)."""
        types = self.types
        rest = types.total(levels) - float(levels[kind])
        value = types.curve.value(np.maximum(rest, types.platform) + own)
        benefit = types.value[kind] * self.factors(levels, kind, own) * value
        return np.asarray(benefit - types.cost(kind, own))

    def received(self, levels: Floats) -> Floats:
        """Return the value of each type's model, in accuracy, shape (T,)."""
        full = float(self.types.curve.value(np.array([self.types.total(levels)]))[0])
        each = [
            self.factors(levels, kind, levels[kind : kind + 1])[0]
            for kind in range(self.types.size)
        ]
        return np.array(each) * full

    def at(self, levels: Floats) -> Floats:
        """Return the utility of one agent of every type, shape (T,)."""
        received = self.types.value * self.received(levels)
        return np.asarray(received - self.types.costs.value(levels))

    def stake(self, levels: Floats, kind: int, own: float) -> float:
        """Return the money that a utility is a difference of, at an own contribution."""
        types = self.types
        total = np.array([types.total(levels) - float(levels[kind]) + own])
        benefit = float(types.value[kind] * np.abs(types.curve.value(total))[0])
        return benefit + float(types.cost(kind, np.array([own]))[0])

    @cached_property
    def reach(self) -> Floats:
        """Contributions beyond which a leader only loses, whatever the others do, shape (T,).

        Beyond the kinks of the curve the slope falls with the total, so the others' data only
        shorten the reach.
        """
        return np.array([self._reach(kind) for kind in range(self.types.size)])

    def _reach(self, kind: int) -> float:
        types = self.types
        start = types.beyond_kinks

        def gains(x: float) -> bool:
            price = types.value[kind] * types.curve.slope(np.array([types.platform + x]))[0]
            return bool(price > types.costs.slope_along(kind, np.array([x]))[0])

        capacity = float(types.capacity[kind])
        if np.isfinite(capacity):
            start = min(start, capacity)
        far = start
        while far < min(capacity, FAR) and gains(far):
            far = min(2 * far, capacity)
        if FAR <= far < capacity:
            raise UnsupportedError.single(
                f"agent {types.names[kind]}",
                "no capacity, and every further sample is worth more than it costs him",
                "a bounded best contribution",
                "give the agent a capacity or a positive marginal cost",
            )
        return last_true(gains, start, far) if far > start and gains(start) else far

    def alone(self, kind: int) -> float:
        """Return the best utility of training alone on the own data, in money."""
        own = replace(self, types=replace(self.types, platform=0.0))
        return own.best_response(np.zeros(self.types.size), kind, refine=True)[1]

    def _ends(self, levels: Floats, kind: int) -> Floats:
        types = self.types
        rest = types.total(levels) - float(levels[kind])
        lead = types.leading(levels, kind)
        top = min(max(lead, float(self.reach[kind])), float(types.capacity[kind]))
        marks = np.concatenate(
            [
                [0.0, lead, top],
                [float(kink) - rest for kink in types.curve.kinks],
                self.standing.kinks(types, levels, kind) if self.power > 0 else [],
                types.costs.kinks(kind),
            ]
        )
        return np.unique(marks[(marks >= 0) & (marks <= top)])

    def best_response(self, levels: Floats, kind: int, refine: bool = True) -> tuple[float, float]:
        """Return a best contribution against the others, and its utility.

        Parameters
        ----------
        levels : (T,)
            Contributions by type; one agent of type `kind` moves, his fellows stay.
        refine : bool
            Whether to find the contribution to the last bits, not only its utility.
        """
        steps = (1 - np.cos(np.pi * np.arange(GRID) / (GRID - 1))) / 2
        places = [
            low + (high - low) * steps for low, high in pairwise(self._ends(levels, kind).tolist())
        ]
        if not places:
            return 0.0, float(self.utilities(levels, kind, np.zeros(1))[0])
        found = self.utilities(levels, kind, np.concatenate(places)).reshape(-1, GRID)
        tops = [
            self._zoom(levels, kind, places[piece], found[piece], ROUGH if refine else ZOOMS)
            for piece in np.argsort(-found.max(axis=1))[:PIECES]
        ]
        low, own, high, utility = max(tops, key=lambda top: top[3])
        if refine:
            own = self._stationary(levels, kind, low, high, own)
            utility = float(self.utilities(levels, kind, np.array([own]))[0])
        return own, utility

    def _zoom(
        self, levels: Floats, kind: int, points: Floats, utilities: Floats, rounds: int
    ) -> tuple[float, float, float, float]:
        """Return the best of some points on finer and finer grids: (before, it, after, utility)."""
        for _ in range(rounds):
            top = int(np.argmax(utilities))
            low, high = points[max(top - 1, 0)], points[min(top + 1, len(points) - 1)]
            points = np.unique(np.append(np.linspace(low, high, 17), points[top]))
            utilities = self.utilities(levels, kind, points)
        top = int(np.argmax(utilities))
        low, high = points[max(top - 1, 0)], points[min(top + 1, len(points) - 1)]
        return float(low), float(points[top]), float(high), float(utilities[top])

    def _stationary(
        self, levels: Floats, kind: int, low: float, high: float, otherwise: float
    ) -> float:
        """Return where the marginal utility changes sign between two points, or the better end."""
        left, right = low, high
        for section in range(SECTIONS):
            points = np.linspace(low, high, PARTS + 1)[1:-1]
            rising = self.slopes(levels, kind, points) > 0
            last = np.count_nonzero(rising)
            if not np.all(rising[:last]):
                if section == 0:
                    return otherwise
                break  # Only rounding is left.
            low, high = (
                points[last - 1] if last else low,
                points[last] if last < len(points) else high,
            )
        if right in (low, high):
            return right
        return left if left in (low, high) else float(0.5 * (low + high))

    def slopes(self, levels: Floats, kind: int, own: Floats) -> Floats:
        """Return marginal utilities at own contributions inside pieces, money per sample."""
        types = self.types
        total = types.total(levels) - float(levels[kind]) + own
        value, slope = types.curve.value(total), types.curve.slope(total)
        lead = types.leading(levels, kind)
        ratio, rise = self.standing.below(types, levels, kind, np.minimum(own, lead))
        behind = (own < lead) & (ratio > 0)
        base = np.where(behind, ratio, 1.0)
        power = self.power
        change = np.where(behind, power * base ** (power - 1) * rise, 0.0)
        benefit = change * value + np.where(own < lead, ratio**power, 1.0) * slope
        return np.asarray(types.value[kind] * benefit - types.costs.slope_along(kind, own))

    def leader_slopes(self, levels: Floats, kind: int) -> tuple[float, float]:
        """Return the marginal utilities just below and just above a leading contribution."""
        types = self.types
        total = types.total(levels)
        value, slope = (
            types.curve.value(np.array([total]))[0],
            types.curve.slope(np.array([total]))[0],
        )
        own = levels[kind : kind + 1]
        quality = float(types.value[kind])
        costs = types.costs.take(np.array([kind], dtype=np.intp))
        beside = self.power > 0 and own[0] <= types.leading(levels, kind)
        rate = leader_rate(self.standing, types, levels, kind) if beside else 0.0
        below = quality * (slope + self.power * rate * value) - costs.slope(own, "left")[0]
        return float(below), float(quality * slope - costs.slope(own, "right")[0])
