"""What an agent earns by his own contribution when his model depends on how he stands.

The model received is worth ratio(x)^p v(total): [K22] (12)-(14). Between kinks the utility is
smooth, not always concave; the global best response is searched on every piece.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.solver.best_response import best_response
from mdsolve.solver.bisection import last_true
from mdsolve.solver.own_payoff import Benefit, OwnPayoff, unbounded
from mdsolve.solver.proportional.agent_types import AgentTypes
from mdsolve.solver.proportional.standing import Standing, leader_rate

Floats = npt.NDArray[np.float64]

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

    def benefits(self, levels: Floats, kind: int, own: Floats) -> Floats:
        """Return the value of the model at own contributions, in money, shape (k,)."""
        types = self.types
        rest = types.total(levels) - float(levels[kind])
        value = types.curve.value(np.maximum(rest, types.platform) + own)
        return np.asarray(types.value[kind] * self.factors(levels, kind, own) * value)

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
            raise unbounded(types.names[kind])
        return last_true(gains, start, far) if far > start and gains(start) else far

    def alone(self, kind: int) -> float:
        """Return the best utility of training alone on the own data, in money."""
        apart = replace(self, types=replace(self.types, platform=0.0))
        payoff = apart.own(np.zeros(self.types.size), kind)
        return float(payoff.value(np.array([best_response(payoff)]))[0])

    def own(self, levels: Floats, kind: int) -> OwnPayoff:
        """Return the payoff of one agent of type `kind` who moves, his fellows staying.

        It ends where nothing more can be gained.
        """
        types = self.types
        lead = types.leading(levels, kind)
        top = min(max(lead, float(self.reach[kind])), float(types.capacity[kind]))
        return OwnPayoff(RankedBenefit(self, levels, kind), types.costs, kind, top, "")

    def benefit_slopes(self, levels: Floats, kind: int, own: Floats) -> Floats:
        """Return the derivative of the benefit inside pieces, money per sample, shape (k,)."""
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
        return np.asarray(types.value[kind] * benefit)

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


@dataclass(frozen=True)
class RankedBenefit(Benefit):
    """The value of one agent's model along the own contribution; not concave between kinks."""

    game: RankedGame
    levels: Floats
    kind: int
    concave: ClassVar[bool] = False

    @property
    def kinks(self) -> Floats:
        """Where the agent takes the lead, and where a curve or the measure has a kink."""
        game, types = self.game, self.game.types
        rest = types.total(self.levels) - float(self.levels[self.kind])
        marks = [types.leading(self.levels, self.kind)]
        marks += [float(kink) - rest for kink in types.curve.kinks]
        if game.power > 0:
            marks += game.standing.kinks(types, self.levels, self.kind).tolist()
        return np.array(marks)

    def value(self, own: Floats) -> Floats:
        """Return the value of the model."""
        return self.game.benefits(self.levels, self.kind, own)

    def slope(self, own: Floats) -> Floats:
        """Return its derivative inside pieces."""
        return self.game.benefit_slopes(self.levels, self.kind, own)
