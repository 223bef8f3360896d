"""Payments between agents: a rate times what somebody has above the others' average.

sum_i (x_i - 1/(n-1) sum_{j != i} x_j) = 0 for all amounts x, so that the budget balances. [M23]
pays on costs, [D25] (7) on contributions.
"""

from __future__ import annotations

import numpy as np

from mdsolve.learn.schedule import Doubles
from mdsolve.solver.welfare.payments import exactly_balanced


def transfers(rate: float, amounts: Doubles) -> Doubles:
    """Return payments on a binary grid, with sum exactly zero; 0 for a single agent.

    Parameters
    ----------
    rate : float
        Money per unit of the amounts.
    amounts : ndarray, shape (agents,)

    Examples
    --------
    >>> transfers(2.0, np.array([3.0, 1.0, 2.0])).tolist()
    [3.0, -3.0, 0.0]
    """
    n = len(amounts)
    if n == 1:
        return np.zeros(1)
    return exactly_balanced(rate * (amounts - (amounts.sum() - amounts) / (n - 1)))
