"""What contributing costs: c_i(s_i) for all agents at once.

Every family is non-decreasing and convex on [0, inf). Contributions are in samples, costs in money.
An agent has one family; parameters are arrays of shape (n,), so that a million agents cost a few
array operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.functions import FunctionCost
from mdsolve.tolerance import DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pieces:
    """A convex piecewise-linear cost: break points from 0 on; the last slope continues."""

    samples: Floats
    costs: Floats

    @cached_property
    def slopes(self) -> Floats:
        """Slope of each piece, shape (points - 1,), non-decreasing."""
        return np.diff(self.costs) / np.diff(self.samples)

    def value(self, s: Floats) -> Floats:
        """Return the cost at contributions of any shape."""
        beyond = np.maximum(s - self.samples[-1], 0.0) * self.slopes[-1]
        return np.asarray(np.interp(s, self.samples, self.costs) + beyond)

    def slope(self, s: Floats, side: Literal["left", "right"] = "right") -> Floats:
        """Return the right (or left) derivative."""
        piece = np.searchsorted(self.samples, s, side="right" if side == "right" else "left") - 1
        return self.slopes[np.clip(piece, 0, len(self.slopes) - 1)]


@dataclass(frozen=True)
class Costs:
    """Costs of n agents: fixed + rate s + curvature s^2 / 2 + power_rate s^power_exponent.

    Parameters
    ----------
    fixed, rate, curvature, power_rate, power_exponent : (n,)
        Money, money per sample, money per sample squared, and the power family; unused terms are 0
        (with exponent 1).
    pieces : tuple of (agent, Pieces)
        Agents with a piecewise-linear cost instead.
    functions : tuple of (agent, FunctionCost)
        Agents whose cost is a Python object instead.

    Examples
    --------
    >>> costs = Costs.linear([0.1, 0.2])
    >>> costs.value(np.array([10.0, 10.0])).tolist()
    [1.0, 2.0]
    """

    fixed: Floats
    rate: Floats
    curvature: Floats
    power_rate: Floats
    power_exponent: Floats
    pieces: tuple[tuple[int, Pieces], ...] = ()
    functions: tuple[tuple[int, FunctionCost], ...] = ()

    @classmethod
    def linear(cls, rates: Sequence[float] | Floats) -> Costs:
        """Return linear costs without a fixed part."""
        rate = np.asarray(rates, dtype=np.float64)
        zero = np.zeros_like(rate)
        return cls(zero, rate, zero, zero, zero + 1)

    @property
    def is_linear(self) -> bool:
        """Tell whether every agent's marginal cost is constant."""
        if self.pieces or self.functions:
            return False
        return not self.curvature.any() and not self._has_power

    @property
    def free_at_last(self) -> npt.NDArray[np.bool_]:
        """Tell for each agent whether far samples cost nothing (or pay), shape (n,)."""
        free: npt.NDArray[np.bool_] = np.asarray(
            (self.rate <= 0) & (self.curvature == 0) & (self.power_rate == 0)
        )
        for agent, piece in self.pieces:
            free[agent] = piece.slopes[-1] <= 0
        for agent, function in self.functions:
            free[agent] = not np.isfinite(function.supply(0.0, "high"))
        return free

    @cached_property
    def shapes(self) -> dict[int, Pieces | FunctionCost]:
        """Agents whose cost is not given by the columns."""
        return {**dict(self.pieces), **dict(self.functions)}

    @property
    def columns(self) -> tuple[Floats, ...]:
        """Parameters of the costs given by columns, each of shape (n,)."""
        return self.fixed, self.rate, self.curvature, self.power_rate, self.power_exponent

    @cached_property
    def kinds(self) -> npt.NDArray[np.intp]:
        """Numbers of the different costs: equal for agents who have the same one, shape (n,).

        Examples
        --------
        >>> Costs.linear([0.1, 0.2, 0.1]).kinds.tolist()
        [0, 1, 0]
        """
        shape = np.zeros(len(self.rate))
        known: dict[object, int] = {}
        for agent, own in self.shapes.items():
            # Functions are opaque: only the same object is certain to be the same cost.
            key: tuple[float, ...] = (
                (*own.samples.tolist(), *own.costs.tolist())
                if isinstance(own, Pieces)
                else (id(own.function), own.factor, own.shift)
            )
            shape[agent] = 1 + known.setdefault((type(own), key), len(known))
        table = np.column_stack([*self.columns, shape])
        return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)

    @cached_property
    def _has_power(self) -> bool:
        return bool(self.power_rate.any())

    def value(self, s: Floats) -> Floats:
        """Return c_i(s_i), in money, shape (n,)."""
        cost = self.fixed + s * (self.rate + 0.5 * self.curvature * s)
        if self._has_power:
            cost = cost + self.power_rate * s**self.power_exponent
        for agent, piece in self.pieces:
            cost[agent] = piece.value(s[agent])
        for agent, function in self.functions:
            cost[agent] = function.value(s[agent])
        return cost

    def slope(self, s: Floats, side: Literal["left", "right"] = "right") -> Floats:
        """Return c_i'(s_i) in money per sample; at a kink the derivative of the side asked for."""
        slope = self.rate + self.curvature * s
        if self._has_power:
            e = self.power_exponent
            slope = slope + self.power_rate * e * s ** (e - 1)
        for agent, piece in self.pieces:
            slope[agent] = piece.slope(s[agent], side)
        for agent, function in self.functions:
            slope[agent] = function.slope(s[agent])
        return slope

    def second(self, s: Floats, price: Floats | None = None) -> Floats:
        """Return c_i''(s_i), money per sample squared, shape (n,).

        Parameters
        ----------
        price : (n,) or None
            Marginal benefits, money per sample. The second derivative of a power below 2, infinite
            at 0, is taken at a small part of what such a price asks for, at least.
        """
        second = self.curvature + 0.0 * s
        if self._has_power:
            e = self.power_exponent
            used = (self.power_rate > 0) & (e > 1)
            beside = s[used]
            if price is not None:
                asked = self.supply(price)[used]
                asked = np.where(np.isfinite(asked), asked, 0.0)
                beside = np.maximum(beside, DIFFERENCE_STEP * asked)
            # Where nothing is contributed and nothing asked for, it decides nothing: 0 will do.
            some = np.flatnonzero(used)[beside > 0]
            bend = (self.power_rate * e * (e - 1))[some]
            second[some] += bend * beside[beside > 0] ** (e[some] - 2)
        for agent, function in self.functions:
            second[agent] = function.second(float(s[agent]))
        return second

    def along(self, agent: int, own: Floats) -> Floats:
        """Return one agent's cost at many contributions of his."""
        shape = self.shapes.get(agent)
        if shape is not None:
            return shape.value(own)
        cost = self.fixed[agent] + own * (self.rate[agent] + 0.5 * self.curvature[agent] * own)
        return np.asarray(cost + self.power_rate[agent] * own ** self.power_exponent[agent])

    def slope_along(self, agent: int, own: Floats) -> Floats:
        """Return one agent's right marginal cost at many contributions of his."""
        shape = self.shapes.get(agent)
        if shape is not None:
            return shape.slope(own)
        e = self.power_exponent[agent]
        slope = self.rate[agent] + self.curvature[agent] * own
        return np.asarray(slope + self.power_rate[agent] * e * own ** (e - 1))

    def kinks(self, agent: int) -> Floats:
        """Return contributions where the agent's marginal cost jumps."""
        found = [piece.samples[1:-1] for k, piece in self.pieces if k == agent]
        return found[0] if found else np.empty(0)

    def supply(self, price: Floats, side: Literal["low", "high"] = "high") -> Floats:
        """Return the contribution whose marginal cost meets a marginal benefit.

        Parameters
        ----------
        price : (n,)
            Marginal benefit, in money per sample.
        side : {"high", "low"}
            Where marginal cost equals the price on an interval, its far end or its near end.

        Returns
        -------
        (n,)
            argmax over s >= 0 of price s - c(s); infinite where every sample is worth its cost.
        """
        above = price > self.rate if side == "low" else price >= self.rate
        amount = np.where(above, np.inf, 0.0)
        if self.curvature.any():
            curved = self.curvature > 0
            amount[curved] = np.maximum(price - self.rate, 0.0)[curved] / self.curvature[curved]
        if self._has_power:
            e = self.power_exponent
            bent = (self.power_rate > 0) & (e > 1)
            ratio = np.maximum(price - self.rate, 0.0)[bent] / (self.power_rate * e)[bent]
            amount[bent] = ratio ** (1 / (e[bent] - 1))
            straight = (self.power_rate > 0) & (e == 1)
            rate = (self.rate + self.power_rate)[straight]
            reached = price[straight] > rate if side == "low" else price[straight] >= rate
            amount[straight] = np.where(reached, np.inf, 0.0)
        for agent, piece in self.pieces:
            found = np.searchsorted(
                piece.slopes, price[agent], side="left" if side == "low" else "right"
            )
            amount[agent] = np.inf if found == len(piece.slopes) else piece.samples[found]
        for agent, function in self.functions:
            amount[agent] = function.supply(float(price[agent]), side)
        return amount

    def transformed(self, factor: float, shift: float = 0.0) -> Costs:
        """Return factor c_i(s) + shift s: what an agent bears of his cost under a transfer rule."""
        pieces = tuple(
            (agent, Pieces(p.samples, factor * p.costs + shift * p.samples))
            for agent, p in self.pieces
        )
        return Costs(
            factor * self.fixed,
            factor * self.rate + shift,
            factor * self.curvature,
            factor * self.power_rate,
            self.power_exponent,
            pieces,
            tuple(
                (agent, replace(f, factor=factor * f.factor, shift=factor * f.shift + shift))
                for agent, f in self.functions
            ),
        )

    def take(self, agents: npt.NDArray[np.intp]) -> Costs:
        """Return the costs of some of the agents, in the order given."""
        place = {int(agent): k for k, agent in enumerate(agents)} if self.shapes else {}
        kept = tuple((place[agent], piece) for agent, piece in self.pieces if agent in place)
        functions = tuple((place[agent], f) for agent, f in self.functions if agent in place)
        return Costs(
            self.fixed[agents],
            self.rate[agents],
            self.curvature[agents],
            self.power_rate[agents],
            self.power_exponent[agents],
            kept,
            functions,
        )
