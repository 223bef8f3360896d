"""What contributing costs: c_i(s_i) for all agents at once, and which family each of them has.

Every family is non-decreasing and convex on [0, inf). Contributions are in samples, costs in money.
Families that are sums of a line, a parabola and a power share one formula, whose parameters are
arrays of shape (n,), so that a million agents cost a few array operations. Other families bring a
form of their own. One file per family, found by its name, offers

    terms(spec)     the parameters of the common formula, or
    forms(agents)   forms of the costs of agents who have the family, many agents to a form
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.cost_laws import cost_law
from mdsolve.game.costs.base import CostForm, Forms, Terms
from mdsolve.game.costs.piecewise_linear import Pieces
from mdsolve.instance.common import family_file
from mdsolve.instance.sharing_agents import AgentSpec
from mdsolve.tolerance import DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def _times(factor: Floats, s: Floats) -> Floats:
    """Return products in which 0 times an endless amount is 0: what costs nothing never does."""
    if np.isfinite(s).all():
        return np.asarray(factor * s)
    with np.errstate(invalid="ignore"):
        return np.where(factor == 0, 0.0, factor * s)


@dataclass(frozen=True)
class Costs:
    """Costs of n agents: fixed + rate s + curvature s^2 / 2 + power_rate s^power_exponent.

    Parameters
    ----------
    fixed, rate, curvature, power_rate, power_exponent : (n,)
        Money, money per sample, money per sample squared, and the power family; unused terms are 0
        (with exponent 1).
    shapes : tuple of (int or (k,) of int, CostForm)
        Agents whose cost has another form instead; their `fixed` is what no contribution costs.

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
    shapes: tuple[tuple[Any, CostForm], ...] = ()

    @classmethod
    def linear(cls, rates: Sequence[float] | Floats) -> Costs:
        """Return linear costs without a fixed part."""
        rate = np.asarray(rates, dtype=np.float64)
        zero = np.zeros_like(rate)
        return cls(zero, rate, zero, zero, zero + 1)

    @property
    def is_linear(self) -> bool:
        """Tell whether every agent's marginal cost is constant."""
        if self.shapes:
            return False
        return not self.curvature.any() and not self._has_power

    @property
    def free_at_last(self) -> npt.NDArray[np.bool_]:
        """Tell for each agent whether far samples cost nothing (or pay), shape (n,)."""
        free: npt.NDArray[np.bool_] = np.asarray(
            (self.rate <= 0) & (self.curvature == 0) & (self.power_rate == 0)
        )
        for agents, form in self.shapes:
            free[agents] = ~np.isfinite(form.supply(np.zeros(np.shape(agents))))
        return free

    @cached_property
    def pieces(self) -> tuple[tuple[int, Pieces], ...]:
        """Agents with a piecewise-linear cost, one by one."""
        return tuple((k, form) for k, form in self._one_by_one() if isinstance(form, Pieces))

    @cached_property
    def functions(self) -> tuple[tuple[int, CostForm], ...]:
        """Agents whose cost is neither piecewise linear nor given by the columns, one by one."""
        return tuple((k, form) for k, form in self._one_by_one() if not isinstance(form, Pieces))

    def _one_by_one(self) -> Iterator[tuple[int, CostForm]]:
        for agents, form in self.shapes:
            for place, agent in enumerate(np.atleast_1d(agents).tolist()):
                yield agent, form if form.shared else form.take(np.array([place]))

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
        for agents, form in self.shapes:
            keys = [form.key(place) for place in range(1 if form.shared else np.size(agents))]
            numbers = [1 + known.setdefault((type(form), key), len(known)) for key in keys]
            shape[agents] = numbers[0] if form.shared else numbers
        table = np.column_stack([*self.columns, shape])
        return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)

    @cached_property
    def _has_power(self) -> bool:
        return bool(self.power_rate.any())

    def value(self, s: Floats) -> Floats:
        """Return c_i(s_i), in money, shape (n,)."""
        cost = self.fixed + _times(self.rate + _times(0.5 * self.curvature, s), s)
        if self._has_power:
            cost = cost + _times(self.power_rate, s**self.power_exponent)
        for agents, form in self.shapes:
            cost[agents] = form.value(s[agents])
        return cost

    def slope(self, s: Floats, side: Literal["left", "right"] = "right") -> Floats:
        """Return c_i'(s_i) in money per sample; at a kink the derivative of the side asked for."""
        slope = self.rate + _times(self.curvature, s)
        if self._has_power:
            e = self.power_exponent
            slope = slope + _times(self.power_rate * e, s ** (e - 1))
        for agents, form in self.shapes:
            slope[agents] = form.slope(s[agents], side)
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
        for agents, form in self.shapes:
            second[agents] = form.second(s[agents])
        return second

    def along(self, agent: int, own: Floats) -> Floats:
        """Return one agent's cost at many contributions of their."""
        form = self._form(agent)
        if form is not None:
            return form.value(own)
        cost = self.fixed[agent] + own * (self.rate[agent] + 0.5 * self.curvature[agent] * own)
        return np.asarray(cost + self.power_rate[agent] * own ** self.power_exponent[agent])

    def slope_along(self, agent: int, own: Floats) -> Floats:
        """Return one agent's right marginal cost at many contributions of their."""
        form = self._form(agent)
        if form is not None:
            return form.slope(own)
        e = self.power_exponent[agent]
        slope = self.rate[agent] + self.curvature[agent] * own
        return np.asarray(slope + self.power_rate[agent] * e * own ** (e - 1))

    def kinks(self, agent: int) -> Floats:
        """Return contributions where the agent's marginal cost jumps."""
        form = self._form(agent)
        return np.empty(0) if form is None else form.kinks

    def _form(self, agent: int) -> CostForm | None:
        """Return the form of one agent's cost, None where the columns give it."""
        if not self.shapes:
            return None
        numbers, places = self._whose
        if numbers[agent] < 0:
            return None
        form: CostForm = self.shapes[numbers[agent]][1]
        return form if form.shared else form.take(places[agent : agent + 1])

    @cached_property
    def _whose(self) -> tuple[Indices, Indices]:
        """Number of everybody's form, -1 for none, and the place in it, shapes (n,)."""
        numbers = np.full(len(self.rate), -1, dtype=np.intp)
        places = np.zeros(len(self.rate), dtype=np.intp)
        for number, (agents, _) in enumerate(self.shapes):
            numbers[agents] = number
            places[agents] = np.arange(np.size(agents)).reshape(np.shape(agents))
        return numbers, places

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
        for agents, form in self.shapes:
            amount[agents] = form.supply(price[agents], side)
        return amount

    def transformed(self, factor: float, shift: float = 0.0) -> Costs:
        """Return factor c_i(s) + shift s: an agent's part of their cost under a transfer rule."""
        return Costs(
            factor * self.fixed,
            factor * self.rate + shift,
            factor * self.curvature,
            factor * self.power_rate,
            self.power_exponent,
            tuple((agents, form.transformed(factor, shift)) for agents, form in self.shapes),
        )

    def steeper(self, agent: int, by: float) -> Costs:
        """Return the costs with c_i(s) + by s for one agent.

        Examples
        --------
        >>> Costs.linear([1.0, 2.0]).steeper(1, 0.5).rate.tolist()
        [1.0, 2.5]
        """
        rate = self.rate.copy()
        shapes = self.shapes
        if self._form(agent) is None:
            rate[agent] += by
        else:
            shapes = tuple(
                (k, form.transformed(1.0, by if k == agent else 0.0))
                for k, form in self._one_by_one()
            )
        return replace(self, rate=rate, shapes=shapes)

    def divided(self, weights: Floats) -> Costs:
        """Return c_i / w_i for positive weights, shape (n,).

        Examples
        --------
        >>> Costs.linear([1.0, 2.0]).divided(np.array([1, 4])).rate.tolist()
        [1.0, 0.5]
        """
        parts = 1.0 / np.asarray(weights, dtype=np.float64)
        return Costs(
            parts * self.fixed,
            parts * self.rate,
            parts * self.curvature,
            parts * self.power_rate,
            self.power_exponent,
            tuple(
                (agent, form.transformed(float(parts[agent]), 0.0))
                for agent, form in self._one_by_one()
            ),
        )

    def take(self, agents: npt.NDArray[np.intp]) -> Costs:
        """Return the costs of some of the agents, in the order given."""
        fixed, rate, curvature, power_rate, power_exponent = (
            column[agents] for column in self.columns
        )
        if not self.shapes or not len(agents):
            return Costs(fixed, rate, curvature, power_rate, power_exponent)
        numbers, places = self._whose[0][agents], self._whose[1][agents]
        order = np.argsort(numbers, kind="stable")
        present, starts = np.unique(numbers[order], return_index=True)
        shapes = []
        for number, here in zip(present, np.split(order, starts[1:]), strict=True):
            if number >= 0:
                form = self.shapes[number][1].take(places[here])
                shapes.append((_named(here, form), form))
        return Costs(fixed, rate, curvature, power_rate, power_exponent, tuple(shapes))


def costs_of(agents: Sequence[AgentSpec]) -> Costs:
    """Return the costs of agents given as a list; an entry stands for `count` agents.

    An agent whose cost is private has the expected rate here.

    Raises
    ------
    UsageError
        For a Python object whose gradient is wrong.
    """
    counts = np.array([agent.count for agent in agents])
    first = np.cumsum(counts) - counts
    rows = np.tile(np.array(Terms()), (len(agents), 1))
    others: dict[str, list[int]] = {}
    for k, agent in enumerate(agents):
        if agent.prior is not None:
            rows[k] = Terms(rate=cost_law(agent.prior).mean)
            continue
        name = family_file(agent.cost)
        if hasattr(_family(name), "terms"):
            rows[k] = _family(name).terms(agent.cost)
        else:
            others.setdefault(name, []).append(k)
    shapes: list[tuple[Any, CostForm]] = []
    for name, entries in others.items():
        found: Forms = _family(name).forms([agents[k] for k in entries])
        numbers = np.array(entries)
        for places, form in found:
            chosen = numbers[places]
            rows[chosen, 0] = form.value(np.zeros(len(chosen)))
            each = counts[chosen]
            inside = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
            everybody = np.repeat(first[chosen], each) + inside
            taken = form.take(np.repeat(np.arange(len(chosen)), each))
            shapes.append((_named(everybody, taken), taken))
    fixed, rate, curvature, power_rate, power_exponent = np.repeat(rows, counts, axis=0).T.copy()
    return Costs(fixed, rate, curvature, power_rate, power_exponent, tuple(shapes))


def _named(agents: Indices, form: CostForm) -> Any:
    """Return a single agent as a number where nothing differs: it indexes faster than an array."""
    return int(agents[0]) if len(agents) == 1 and form.shared else agents


@cache
def _family(name: str) -> ModuleType:
    """Return the file of a family."""
    return import_module(f"{__name__}.{name}")
