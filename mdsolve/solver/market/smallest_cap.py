"""The smallest limit on all payments, received or made, under which admissible payments exist.

With p_i <= c for everybody the highest payments are min(P_i, c + g_i): shortest paths from staying
out, and from the cap (g_i <= 0). They rise with c, so that whether they reach -c, and the least sum
that is asked for, turns from no to yes once. Where it turns is a formula at each profile:

    c >= -P_i,    c >= -g_i / 2,    sum_{i in S} P_i + sum_{i not in S} (c + g_i) >= least sum

for every set S of agents that are not all; of the sets, those matter that hold the agents with the
smallest P_i - g_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market
from mdsolve.progress import Monitor
from mdsolve.solver.market.shortest_path import rises_above_caps


@dataclass(frozen=True)
class SmallestCap:
    """The smallest limit and the highest payments under it.

    Parameters
    ----------
    cap : number of the market's arithmetic
        Largest absolute payment, in money.
    payments : array of shape (n, m_1, ..., m_n)
    """

    cap: Any
    payments: Array


def smallest_cap(
    market: Market, highest: Array, least: Fraction | None, monitor: Monitor
) -> SmallestCap:
    """Return the smallest limit on payments.

    Parameters
    ----------
    highest : array of shape (n, m_1, ..., m_n)
        The highest payments without a limit; their sums must be at least `least`.
    least : Fraction or None
        Least sum of payments at every profile; None asks for none.
    """
    agents = range(len(market.agents))
    rises = np.stack([rises_above_caps(market, agent, monitor) for agent in agents])
    needs = [(-highest).max(), ((-rises) / 2).max()]
    if least is not None:
        needs.append(_for_sums(highest, rises, market.arithmetic.number(least)))
    cap = max(needs)
    return SmallestCap(cap, np.minimum(highest, rises + cap))


def _for_sums(highest: Array, rises: Array, least: Any) -> Any:
    """Return the smallest cap under which payments sum to at least a number everywhere."""
    size = len(highest)
    above, capped = highest.reshape(size, -1), rises.reshape(size, -1)
    order = np.argsort(above - capped, axis=0, kind="stable")
    above = np.take_along_axis(above, order, axis=0)
    capped = np.take_along_axis(capped, order, axis=0)
    # With the first k agents at their highest payments the others pay the cap, less what is lost.
    lost = capped.sum(axis=0)
    needs = []
    for k in range(size):
        needs.append(((least - lost) / (size - k)).max())
        lost = lost - capped[k] + above[k]
    return max(needs)
