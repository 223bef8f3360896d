"""What agents gain by changing their own contribution alone: the best on every concave branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.means import Means
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.peaks import Concave, Peak, earlier, peak
from mdsolve.certificate.reading.accuracy import Branch
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.sharing import SharingReading

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Responses:
    """Best responses of all agents.

    Parameters
    ----------
    best : Peak
        Over all branches: the largest value, and where the best of them is.
    near : Peak
        On the branch that each guess lies on.
    """

    best: Peak
    near: Peak


def own_utility(
    reading: SharingReading,
    branch: Branch,
    borne: Quantity,
    price: Quantity,
    means: Means | None,
) -> Concave:
    """Return value_i a_i(x) - borne c_i(x) + price x on a branch, as far as agents can go."""
    arithmetic, value, costs = reading.arithmetic, reading.value, reading.costs

    def worth(x: Quantity) -> Quantity:
        return value * branch.value(x) - borne * costs.value(x) + price * x

    def slope(x: Quantity, side: Side) -> Quantity:
        return value * branch.slope(x, side) - borne * costs.slope(x, side) + price

    end = reading.capacity, reading.bounded
    if branch.end is not None:
        end = earlier(arithmetic, end, (branch.end, np.ones(reading.size, dtype=np.bool_)))
    if means is not None and means.held.any():
        end = earlier(arithmetic, end, (means.beyond, means.held))
    return Concave(arithmetic, branch.start, end[0], end[1], worth, slope)


def best_responses(
    reading: SharingReading,
    branches: Sequence[Branch],
    rounded: Sequence[Branch],
    *,
    borne: Quantity,
    price: Quantity,
    means: Means | None,
    guess: Floats,
    width: Floats,
) -> Responses:
    """Return where everybody's own utility is largest, the others as the branches have them.

    Parameters
    ----------
    branches, rounded : sequences of Branch
        Of the same accuracies, in the reading's arithmetic and in floats.
    guess, width : (n,)
        Contributions that are claimed to be best, and how far from them the best may be.
    """
    arithmetic, game = reading.arithmetic, reading.rounded
    near = arithmetic.nearest
    share, rate = near(borne), near(price)
    hint_means = None
    if means is not None:
        hint_means = Means(near(means.within), near(means.beyond), means.held)
    home = _home(game, rounded, share, rate, guess)
    best: Peak | None = None
    at_home: Peak | None = None
    for number, (branch, plain) in enumerate(zip(branches, rounded, strict=True)):
        function = own_utility(reading, branch, borne, price, means)
        hint = own_utility(game, plain, share, rate, hint_means)
        start, end = hint.limits()
        there = branch.present & (start <= end)
        here = home == number
        place = np.where(here, guess, np.nan)
        found = peak(function, hint, place, width)
        found = replace(found, found=found.found | ~there)
        at_home = found if at_home is None else picked(arithmetic, here, found, at_home)
        best = found if best is None else better(arithmetic, best, found, there)
    assert best is not None
    assert at_home is not None
    return Responses(best, at_home)


def _home(
    game: SharingReading, branches: Sequence[Branch], borne: Floats, price: Floats, guess: Floats
) -> npt.NDArray[np.intp]:
    """Return the branch that each guess lies on: of those that reach there, the best one."""
    values = []
    for branch in branches:
        with np.errstate(all="ignore"):
            worth = own_utility(game, branch, borne, price, None).value(
                np.maximum(guess, np.asarray(branch.start))
            )
        inside = branch.present & (np.asarray(branch.start) <= guess)
        if branch.end is not None:
            inside = inside & (guess <= np.asarray(branch.end))
        values.append(np.where(inside & ~np.isnan(worth), worth, -np.inf))
    return np.asarray(np.argmax(np.array(values), axis=0), dtype=np.intp)


def picked(arithmetic: Arithmetic, mask: Booleans, first: Peak, second: Peak) -> Peak:
    """Return one of two maxima of every agent, by a mask."""
    return Peak(
        arithmetic.where(mask, first.value, second.value),
        arithmetic.where(mask, first.reached, second.reached),
        arithmetic.where(mask, first.low, second.low),
        arithmetic.where(mask, first.high, second.high),
        np.where(mask, first.found, second.found),
        np.where(mask, first.only, second.only),
    )


def better(arithmetic: Arithmetic, known: Peak, new: Peak, there: Booleans) -> Peak:
    """Return the larger of two maxima; places are those of the one that looks larger."""
    larger = arithmetic.nearest(new.value) > arithmetic.nearest(known.value)
    chosen = picked(arithmetic, larger & there, new, known)
    value = arithmetic.where(there, arithmetic.maximum(known.value, new.value), known.value)
    reached = arithmetic.where(there, arithmetic.maximum(known.reached, new.reached), known.reached)
    found = known.found & (new.found | ~there)
    return replace(chosen, value=value, reached=reached, found=found)
