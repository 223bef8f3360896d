"""What a designed rule has to respect, and what it should make as large as possible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.p_mean import p_mean
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]

Aim = Literal["welfare", "data", "accuracy", "least-utility", "p-mean"]


@dataclass(frozen=True)
class Goal:
    """What is made as large as possible.

    Parameters
    ----------
    aim : str
        welfare, data (the sum of contributions), accuracy (sum_i value_i a_i), least-utility, or
        p-mean of utilities.
    exponent : float
        p of the p-mean, below 1.
    """

    aim: Aim = "welfare"
    exponent: float = 1.0

    @property
    def of_utilities(self) -> bool:
        """Whether it depends on who pays whom."""
        return self.aim in ("least-utility", "p-mean")

    @property
    def weighing(self) -> Weighing:
        """What the planner weighs; fair means of utilities grow with welfare."""
        data, accuracy = self.aim == "data", self.aim == "accuracy"
        return Weighing(float(data), float(not data), float(not data and not accuracy))

    def value(self, game: SharingGame, s: Floats, utilities: Floats) -> float:
        """Return the goal at contributions and utilities, in its own unit."""
        if self.aim == "least-utility":
            return float(utilities.min())
        if self.aim == "p-mean":
            return float(p_mean(utilities, self.exponent))
        return self.weighing.value(game, s)


@dataclass(frozen=True)
class Weighing:
    """data sum_i s_i + benefit A(s) - cost sum_i c_i(s_i).

    Examples
    --------
    >>> Weighing(1, 0, 0).plus(Weighing(0, 1, 1), 2.0)
    Weighing(data=1.0, benefit=2.0, cost=2.0)
    """

    data: float
    benefit: float
    cost: float

    def plus(self, other: Weighing, times: float) -> Weighing:
        """Return this and a multiple of another."""
        return Weighing(
            self.data + times * other.data,
            self.benefit + times * other.benefit,
            self.cost + times * other.cost,
        )

    def value(self, game: SharingGame, s: Floats) -> float:
        """Return the weighed sum at contributions s."""
        found = self.data * float(s.sum())
        if self.benefit:
            found += self.benefit * game.total_benefit(s)
        if self.cost:
            found -= self.cost * float(game.costs.value(s).sum())
        return found


WELFARE = Weighing(0.0, 1.0, 1.0)
DATA = Weighing(1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Requirements:
    """What is asked of contributions and payments.

    Parameters
    ----------
    goal : Goal
    margin : float or None
        How much better than alone everybody must be, in money; None: that is not asked for.
    limits : (n,)
        Most that each agent can ever be asked to pay, in money; infinite where that is not limited.
    reciprocity : float
        r: everybody earns at least r times their Shapley share; 0 asks for nothing.
    least : (n,)
        Least contributions, in samples.
    least_total : float
        Least sum of contributions, in samples.
    fixed : (n,) or None
        Contributions that are wanted whatever the goal.
    dominant : bool
        Whether everybody's contribution is to be best whatever the others do.
    rates : bool
        Whether payments are individual rates per sample without lump sums.
    """

    goal: Goal
    margin: float | None
    limits: Floats
    reciprocity: float
    least: Floats
    least_total: float = 0.0
    fixed: Floats | None = None
    dominant: bool = False
    rates: bool = False

    @property
    def limited(self) -> bool:
        """Whether anybody's payments are limited."""
        return bool(np.isfinite(self.limits).any())

    @property
    def convex(self) -> bool:
        """Whether what is asked for keeps the set of contributions convex."""
        return not (self.limited or self.reciprocity > 0 or self.rates)

    def relaxed(self) -> Requirements:
        """Return what is left without limits, shares and forms: a convex set that holds more."""
        return replace(
            self,
            limits=np.full_like(self.limits, np.inf),
            reciprocity=0.0,
            dominant=False,
            rates=False,
        )
