"""Where the methods start: contributions strictly inside every bound, with positive utilities."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor
from mdsolve.solver.welfare.kinks import solve_over_pieces
from mdsolve.solver.welfare.model import WelfareModel, contributions_within, worthwhile
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

HALVINGS = 40


def positive_start(model: WelfareModel, monitor: Monitor) -> Floats:
    """Return an interior point of the sources, with positive utilities where M_p needs them.

    Raises
    ------
    UnsupportedError
        If p < 1 is finite and some agent can have no positive utility.
    """
    start = _interior_start(model)
    if model.p in (1, -math.inf) or _least(model, start) > 0:
        return start
    fairest = solve_over_pieces(model.with_exponent(-math.inf), start, monitor).sources
    require_positive(model, model.utilities(model.spread(fairest)))
    share = 0.5
    for _ in range(HALVINGS):
        mixture = (1 - share) * fairest + share * start
        if _least(model, mixture) > 0:
            break
        share /= 2
    return np.asarray(mixture)


def _least(model: WelfareModel, sources: Floats) -> float:
    return float(model.utilities(model.spread(sources)).min())


def require_positive(model: WelfareModel, utilities: Floats) -> None:
    """Refuse utilities of which M_p is zero or undefined, naming the agent who has the least."""
    if model.p in (1, -math.inf):
        return
    worst = int(np.argmin(utilities))
    if utilities[worst] <= ROUND_OFF * float(np.abs(utilities).max()):
        raise UnsupportedError.single(
            f"agent {model.game.agents[worst]}",
            "no positive utility whatever everybody contributes",
            f"positive utilities, which the mean with p = {model.p:g} needs",
            "raise the agent's budget, or use p = 1 or p = -inf",
        )


def _interior_start(model: WelfareModel) -> Floats:
    """Return contributions that leave at least half of every budget and of every capacity."""
    sources, game = model.sources, model.game
    limit = np.minimum(sources.limit, model.reach[sources.owner])
    idle = np.where(game.limited, model.money_left(game.nothing()), np.inf)
    pieces = np.bincount(sources.owner, minlength=game.size)[sources.owner]
    s = np.minimum(0.5 * limit, contributions_within(sources.costs, 0.5 * idle[sources.owner]))
    # However large the budgets are, an equal part of all data that is worth its cost is enough.
    most = min(worthwhile(model, np.isinf(sources.limit)), float(sources.weight @ limit))
    s = np.minimum(s, most / (sources.size * sources.weight)) / pieces
    cost = sources.costs.value(s)
    spent = model.own * model.spread(cost) + model.shared * float(cost.sum())
    rows = model.spends & (spent > 0)
    scale = float(np.min(0.5 * idle[rows] / spent[rows], initial=1.0))
    return np.asarray(s * scale)
