"""What agents can afford: the budgets of a game in which contributions cost the others, too.

With a budget B_i agent i chooses among the contributions that leave money over. Under every rule
solved here that reads

    borne_i(s_i) + sum_{j != i} levy_j(s_j) <= B_i,

borne_i being what is borne of the own cost (net of what the rule pays for it) and levy_j what
agent j's contribution costs each of the others. borne_i is convex and the accuracy does not fall,
so only the upper end of the interval of affordable contributions ever holds anybody back. An agent
without a budget has B_i = infinity here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

DOUBLINGS = 1100
NEWTON_STEPS = 200


@dataclass(frozen=True)
class Spending:
    """The budgets of a game under a rule, split into own spending and levies.

    Parameters
    ----------
    stakes : AccuracyStakes
        Its `borne` is what the agents bear of their own contributions.
    levy : Costs
        What one agent's contribution costs each of the others.
    measure : Costs
        A cost with borne_i - levy_i = factor * measure_i.
    factor : float
        Not negative where the equilibrium can be found by one equation; 0 where all agents spend
        the same whoever contributes.
    coupled : bool
        Whether contributions cost the others anything.
    """

    stakes: AccuracyStakes
    levy: Costs
    measure: Costs
    factor: float
    coupled: bool

    @property
    def budget(self) -> Floats:
        """Money the agents can spend, infinite where there is no limit, shape (n,)."""
        return self.stakes.game.budget

    def levies(self, s: Floats) -> float:
        """Return T = sum_j levy_j(s_j), in money."""
        return float(self.levy.value(s).sum())

    def available(self, s: Floats) -> Floats:
        """Return what each agent has left for own spending, the others as in s, shape (n,)."""
        levies = self.levy.value(s)
        return np.asarray(self.budget - (levies.sum() - levies))

    def affordable(self, s: Floats, most: Floats, agents: Indices | None = None) -> Floats:
        """Return the largest contributions that agents can pay for, the others as in s.

        Parameters
        ----------
        most : (n,)
            Contributions beyond which nobody looks, in samples.
        agents : (k,) of int or None
            Whose; None: everybody's.

        Returns
        -------
        (k,)
            NaN where every contribution costs more than is left.
        """
        which = np.arange(len(s)) if agents is None else agents
        money = self.available(s)[which]
        noise = np.abs(self.budget[which]) + self.levies(s)
        return affordable(self.stakes.borne.take(which), money, most[which], noise)

    def left(self, s: Floats) -> Floats:
        """Return the money left, b_i = B_i - borne_i(s_i) - sum_{j != i} levy_j(s_j)."""
        return np.asarray(self.available(s) - self.stakes.borne.value(s))

    def monotone(self) -> bool:
        """Tell whether more money, levies given, always buys a larger contribution."""
        idle = self.stakes.game.nothing()
        return self.factor >= 0 and bool(np.all(self.measure.slope(idle) >= 0))


def within_own_means(game: SharingGame) -> SharingGame:
    """Return the game with capacities cut to what each agent can pay for alone.

    Who cannot even pay their fixed cost contributes nothing.
    """
    if not game.budgeted:
        return game
    limits = affordable(game.costs, game.budget, game.capacity)
    return replace(game, capacity=np.nan_to_num(limits, nan=0.0, posinf=np.inf))


def affordable(
    costs: Costs, money: Floats, capacity: Floats, magnitude: Floats | float = 0.0
) -> Floats:
    """Return the largest contributions in [0, capacity] that cost no more than the money.

    Parameters
    ----------
    costs : Costs
        Convex; may fall at first.
    money, capacity : (n,)
        Infinite where there is no limit.
    magnitude : (n,) or number
        Size of the amounts whose difference the money is, which its rounding is relative to.

    Returns
    -------
    (n,)
        NaN where every contribution costs more. Newton's method from above: on a convex function
        it falls monotonically onto the largest root, in one step where the cost is linear.

    Examples
    --------
    >>> costs = Costs.linear([2.0, 2.0, 2.0])
    >>> affordable(costs, np.array([3.0, 3.0, -1.0]), np.array([np.inf, 1.0, 1.0])).tolist()
    [1.5, 1.0, nan]
    """
    cheapest = np.minimum(costs.supply(np.zeros_like(money), "low"), capacity)
    endless = ~np.isfinite(capacity) & (costs.free_at_last | np.isposinf(money))
    known = np.where(np.isfinite(cheapest), cheapest, 0.0)
    top = np.where(np.isfinite(capacity), capacity, np.maximum(1.0, 2 * known))
    for _ in range(DOUBLINGS):
        short = ~np.isfinite(capacity) & ~endless & (costs.value(top) <= money)
        if not short.any():
            break
        top = np.where(short, 2 * top, top)
    found = top
    for _ in range(NEWTON_STEPS):
        excess = costs.value(found) - money
        slope = costs.slope(found, "left")
        moving = (excess > 0) & (slope > 0) & (found > known)
        step = np.divide(excess, slope, out=np.zeros_like(found), where=moving)
        trial = np.maximum(found - step, known)
        if np.array_equal(trial, found):
            break
        found = trial
    slack = ROUND_OFF * np.maximum(magnitude, np.abs(costs.value(known)))
    nothing_left = np.isfinite(cheapest) & (costs.value(known) > money + slack)
    unbounded = endless & (np.isinf(cheapest) | (costs.value(known) <= money))
    found = np.where(unbounded, np.inf, found)
    return np.where(nothing_left, np.nan, found)
