"""Individual rates per sample without lump sums: p_i = b_i s_i - mean over the others of b_j s_j.

With y_i = b_i s_i and Y their sum, p_i = (n y_i - Y) / (n - 1) must reach what agent i needs. Who
gives all their capacity may be paid more per sample than keeps them there, so their y_i is free
from k_i = b_i tau_i upwards; everybody else's is what the equilibrium fixes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.solver.target.inequality import Inequality
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


def rate_sums(inequality: Inequality, rates: Floats) -> tuple[Floats, Floats] | None:
    """Return what rates pay at the wanted contributions, and the rates; None where none do.

    Parameters
    ----------
    rates : (n,)
        b_i, those nearest to zero at which the wanted contributions are an equilibrium.
    """
    game, s = inequality.game, inequality.s
    n, needs = game.size, inequality.needs
    if n < 2:
        return None
    small = ROUND_OFF * inequality.scale
    free = (s >= game.capacity) & (s > 0)
    least = rates * s
    asked = np.where(np.isfinite(needs), needs, -inequality.scale)
    if free.all():
        if asked.sum() > small:
            return None
        # Lump sums that sum to zero and reach what is needed; then the least Y that keeps all y up.
        sums = asked - asked.sum() / n
        total = float((n * least - (n - 1) * sums).max())
        amounts = ((n - 1) * sums + total) / n
    elif free.any():
        total = float((n * least - (n - 1) * asked)[~free].min())
        reach = np.maximum(least, ((n - 1) * asked + total) / n)
        given = float(reach[free].sum() + least[~free].sum())
        if given > total + small:
            return None
        amounts = np.where(free, reach + max(0.0, total - given) / free.sum(), least)
    else:
        amounts = least
        paid = (n * amounts - amounts.sum()) / (n - 1)
        if np.any(paid < asked - small):
            return None
    paid = (n * amounts - amounts.sum()) / (n - 1)
    found = np.divide(amounts, s, out=rates.copy(), where=s > 0)
    return np.asarray(paid), np.asarray(found)
