"""All equilibria of games in which everybody gets a model of all data, worth 0 below a threshold.

Below the threshold m0 data are worth nothing, so at most nobody contributes: an equilibrium iff
nobody would contribute alone. Above it the value is strictly concave, and the marginal conditions
leave one amount of data y. A split of it is an equilibrium iff nobody gains by giving nothing:

    s_i <= y - m0   (the others alone reach the threshold)   or   c_i(s_i) - c_i(0) <= value_i v(y).

So agents tied in cost can carry together what is too dear for each of them alone, beside the
equilibrium in which nobody contributes ([K22] Theorem III overlooks these).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.bisection import boundaries
from mdsolve.solver.equilibrium.total import Supply, even_split, supply_equilibrium
from mdsolve.solver.record import Equilibrium
from mdsolve.solver.shaping.standalone_value import optimum_alone, viability_threshold
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


def is_clipped(game: SharingGame, borne: Costs) -> bool:
    """Tell whether the game is of this kind: one clipped curve of the sum, data never free."""
    accuracy = game.accuracy
    return (
        isinstance(accuracy, WeightedAccuracy)
        and accuracy.of_all_data
        and isinstance(accuracy.curve, PacCurve | ThresholdPowerCurve)
        and np.ndim(accuracy.curve.threshold) == 0
        and bool(np.all(borne.slope(game.nothing()) > 0))
    )


def clipped_equilibrium(game: SharingGame, borne: Costs) -> Equilibrium | None:
    """Return an equilibrium with the most data, agents bearing the given costs; None without any.

    Its totals are those of all equilibria, at most two; tied agents are as even as they can be.
    """
    accuracy, platform = game.accuracy, game.platform_data
    assert isinstance(accuracy, WeightedAccuracy)
    positive = _above_threshold(game, borne)
    idle = False
    if platform < viability_threshold(accuracy.curve):
        alone, _ = optimum_alone(accuracy.curve, game.value, borne, game.capacity, platform)
        idle = not alone.any()
    if positive is None and not idle:
        return None
    s, continuum = positive or (game.nothing(), False)
    return Equilibrium(
        s,
        "monotone equation above the threshold",
        "continuum" if continuum else "unique",
        (0.0, float(s.sum())) if positive is not None and idle else (float(s.sum()),),
    )


def _above_threshold(game: SharingGame, borne: Costs) -> tuple[Floats, bool] | None:
    """Return an equilibrium above the threshold and whether it is one of many, or None."""
    accuracy, platform = game.accuracy, game.platform_data
    assert isinstance(accuracy, WeightedAccuracy)
    curve = accuracy.curve
    threshold = viability_threshold(curve)
    side = Supply(curve, borne, np.ones(game.size), game.value, game.capacity, game.agents)
    begin = max(platform, float(np.nextafter(threshold, np.inf)))
    if platform + float(side.ends(begin)[1].sum()) < begin:
        return None
    found = supply_equilibrium(side, platform, begin)
    y = found.total
    worth = game.value * float(curve.value(np.float64(y)))  # type: ignore[arg-type]
    most = np.minimum(found.most, y - platform)
    bearable = np.maximum(y - max(threshold, platform), _affordable(borne, worth, most))
    most = np.minimum(most, bearable)
    slack = ROUND_OFF * y
    wanted = y - platform
    if np.any(found.least > most + slack) or float(most.sum()) < wanted - slack:
        return None
    most = np.maximum(most, found.least)
    s = even_split(found.least, most, np.ones(game.size), min(wanted, float(most.sum())))
    room = most - found.least > slack
    forced = float(most.sum()) <= wanted + slack or float(found.least.sum()) >= wanted - slack
    return s, int(room.sum()) > 1 and not forced


def _affordable(borne: Costs, money: Floats, most: Floats) -> Floats:
    """Return the largest contributions up to `most` that cost at most so much, in samples."""
    if borne.is_linear:
        return np.minimum(most, money / borne.rate)
    nothing = borne.value(np.zeros(len(most)))

    def within(amounts: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(borne.value(amounts) - nothing <= money)

    return boundaries(within, np.where(within(most), most, 0.0), most)[0]
