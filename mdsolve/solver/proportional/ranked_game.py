"""Games in which the model received depends on how one stands beside the leader.

The model received is worth ratio(x)^p v(total): [K22] (12)-(14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.solver.bisection import boundaries
from mdsolve.solver.own_payoff import unbounded
from mdsolve.solver.proportional.agent_types import AgentTypes
from mdsolve.solver.proportional.answers import best_answers
from mdsolve.solver.proportional.deviations import Deviations
from mdsolve.solver.proportional.standing import Standing

Floats = npt.NDArray[np.float64]

FAR = float(np.finfo(np.float64).max) / 8
"""An amount of data that nobody has."""

DOUBLINGS = 16
"""Numbers tried at once, each twice the one before."""


def doubled(
    holds: Callable[[Floats], npt.NDArray[np.bool_]], start: Floats, most: Floats
) -> Floats:
    """Return the first of the numbers start, 2 start, 4 start, ... up to `most` that fails.

    Parameters
    ----------
    holds : callable
        Whether a statement holds for each type, at numbers (k, T).
    start, most : (T,)
        Positive.
    """
    rungs, last = np.arange(DOUBLINGS)[:, None], start
    while True:
        with np.errstate(over="ignore"):  # of numbers and costs far beyond the one looked for
            numbers = np.minimum(np.ldexp(last, rungs), most)
            fails = ~holds(numbers) | (numbers >= most)
        if fails.any(axis=0).all():
            return np.asarray(np.take_along_axis(numbers, np.argmax(fails, axis=0)[None], 0)[0])
        # Types that are done stay where they are.
        last = np.where(fails.any(axis=0), last, numbers[-1])


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

    def deviations(self, levels: Floats, kind: int) -> Deviations:
        """Return what one agent of type `kind` earns who moves, their fellows staying.

        Parameters
        ----------
        levels : (B, T)
            Contributions by type at B profiles, samples.
        """
        types = self.types
        ratio = self.standing.beside(types, levels, kind)
        rest = (types.total(levels) - levels[:, kind])[:, None]
        top = np.minimum(np.maximum(ratio.lead, self.reach[kind]), types.capacity[kind])
        return Deviations(types, kind, ratio, self.power, np.maximum(rest, types.platform), top)

    def factors(self, levels: Floats, kind: int, own: Floats) -> Floats:
        """Return ratio^p at one profile (T,) and own contributions of an agent (k,)."""
        return np.asarray(self.deviations(levels[None, :], kind).factor(own[None, :])[0])

    def received(self, levels: Floats) -> Floats:
        """Return the value of each type's model, in accuracy, shape (..., T)."""
        table = np.atleast_2d(levels)
        full = self.types.curve.value(self.types.total(table))
        each = [
            self.deviations(table, kind).factor(table[:, kind : kind + 1])[:, 0] * full
            for kind in range(self.types.size)
        ]
        return np.asarray(np.stack(each, axis=1).reshape(levels.shape))

    def at(self, levels: Floats) -> Floats:
        """Return the utility of one agent of every type, shape (..., T)."""
        types = self.types
        costs = [types.cost(kind, levels[..., kind]) for kind in range(types.size)]
        return np.asarray(types.value * self.received(levels) - np.stack(costs, axis=-1))

    @cached_property
    def reach(self) -> Floats:
        """Contributions beyond which a leader only loses, whatever the others do, shape (T,).

        Beyond the kinks of the curve the slope falls with the total, so the others' data only
        shorten the reach.
        """
        types = self.types

        def gains(x: Floats) -> npt.NDArray[np.bool_]:
            price = types.value * types.curve.slope(types.platform + x)
            return np.asarray(price > types.marginal_costs(x))

        start = np.minimum(types.beyond_kinks, types.capacity)
        far = doubled(gains, start, np.minimum(types.capacity, FAR))
        endless = (far >= FAR) & (far < types.capacity)
        if endless.any():
            raise unbounded(types.names[int(np.argmax(endless))])
        return np.where(gains(start) & ~gains(far), boundaries(gains, start, far)[0], far)

    @cached_property
    def alone(self) -> Floats:
        """Best utility of training alone on the own data, in money, shape (T,)."""
        apart = replace(self, types=replace(self.types, platform=0.0))
        nothing = np.zeros((1, self.types.size))
        kinds = range(self.types.size)
        return np.array([best_answers(apart.deviations(nothing, kind))[1][0] for kind in kinds])

    def leader_slopes(self, levels: Floats, kind: int) -> tuple[Floats, Floats]:
        """Return the marginal utilities just below and just above leading contributions.

        Parameters
        ----------
        levels : (B, T)
            Profiles in which no other contributes more than an agent of the type.

        Returns
        -------
        (B,), (B,)
        """
        types, own = self.types, levels[:, kind]
        total = types.total(levels)
        value, slope = types.curve.value(total), types.curve.slope(total)
        rate = np.zeros(len(levels))
        if self.power > 0:
            ratio = self.standing.beside(types, levels, kind)
            shares = (own <= ratio.lead[:, 0]) & (own > 0)
            rate[shares] = ratio.slope(ratio.lead)[1][shares, 0]
        costs = types.costs.take(np.full(len(levels), kind, dtype=np.intp))
        below = slope + self.power * rate * value
        return (
            np.asarray(types.value[kind] * below - costs.slope(own, "left")),
            np.asarray(types.value[kind] * slope - costs.slope(own, "right")),
        )
