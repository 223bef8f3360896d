"""Shapley values of any payoff of a total of whole samples, through the totals of coalitions.

With every agent in the coalition with chance x, the total of the others has a distribution r_i on
0 .. T, and phi_i = int_0^1 sum_t r_i(t) (F(t + s_i) - F(t)) dx: a polynomial in x of degree n - 1,
which ceil(n / 2) Gauss-Legendre nodes integrate exactly. The distribution without agent i follows
from that of all agents by undoing one step, in the direction in which errors shrink.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.progress import Monitor
from mdsolve.shapley.coalitions import additive_rows
from mdsolve.shapley.power_shares import Sums
from mdsolve.shapley.rules import PRECISION, gauss_legendre

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LATTICE_STEPS = 5_000_000_000
"""Most elementary steps: some ten seconds."""

LATTICE_POINTS = 50_000_000
"""Most totals held in memory, a few hundred megabytes."""


def whole_amounts(game: SharingGame, s: Floats) -> Ints | None:
    """Return the weighted contributions if all are whole and everybody sees their sum."""
    accuracy = game.accuracy
    if not isinstance(accuracy, WeightedAccuracy):
        return None
    if not isinstance(accuracy.weights, CommonWeights):
        return None
    amounts = accuracy.weights.vector * s
    if np.any(amounts != np.floor(amounts)) or float(amounts.sum()) >= 2.0**53:
        return None
    return amounts.astype(np.int64)


def lattice_steps(amounts: Ints) -> int:
    """Return the number of elementary steps the route takes."""
    unit = max(1, int(np.gcd.reduce(amounts)))
    totals = int(amounts.sum()) // unit + 1
    work = int(np.count_nonzero(amounts)) + 2 * len(np.unique(amounts))
    return (len(amounts) + 1) // 2 * totals * work


def lattice_fits(amounts: Ints) -> bool:
    """Tell whether the route stays within its limits of steps and memory."""
    return int(amounts.sum()) < LATTICE_POINTS and lattice_steps(amounts) <= LATTICE_STEPS


def lattice_shares(game: SharingGame, s: Floats, banzhaf: bool, monitor: Monitor) -> Sums:
    """Return shares from the distributions of coalition totals.

    Raises
    ------
    UnsupportedError
        If contributions are not whole or payoffs look at more than one total.
    MemoryLimitError
        If there are too many totals.
    """
    amounts = whole_amounts(game, s)
    if amounts is None:
        raise UnsupportedError.single(
            "route",
            "lattice",
            "payoffs of one total, with whole contributions",
            "round the contributions, or use another route",
        )
    if not lattice_fits(amounts):
        raise MemoryLimitError.single(
            "route",
            f"lattice with {int(amounts.sum()) + 1:,} totals, {lattice_steps(amounts):,} steps",
            f"at most {LATTICE_POINTS:,} totals and {LATTICE_STEPS:,} steps",
            "use sampling",
        )
    (row,) = additive_rows(game, s)
    unit = max(1, int(np.gcd.reduce(amounts)))
    sizes = amounts // unit
    totals = unit * np.arange(int(sizes.sum()) + 1, dtype=np.float64)
    value, slope = row.value(totals), row.slope(totals)
    distinct, place = np.unique(sizes, return_inverse=True)
    order = 1 if banzhaf else (len(sizes) + 1) // 2
    shares, slopes, potential = np.zeros(len(distinct)), np.zeros(len(distinct)), 0.0
    for k, (x, weight) in enumerate(zip(*gauss_legendre(order), strict=True)):
        gained, steep, mean = _at_chance(float(x), sizes[sizes > 0], distinct, value, slope)
        shares += weight * gained
        slopes += weight * steep
        potential += weight * mean / x
        monitor.advance("chances of joining", k + 1, order)
    scale = float(np.max(np.abs(value - value[0]), initial=0.0))
    largest = max(float(np.max(np.abs(shares), initial=0.0)), float(np.finfo(float).tiny))
    error = PRECISION * (len(sizes) + 1) * scale / largest
    return Sums(potential, shares[place], slopes[place] * row.rates, np.zeros(len(sizes)), error)


@njit(cache=True, nogil=True)
def _at_chance(
    x: float, sizes: Ints, distinct: Ints, value: Floats, slope: Floats
) -> tuple[Floats, Floats, float]:
    """Return expected gains and slopes per distinct size, and the mean of the payoff above 0."""
    points = len(value)
    stay = 1.0 - x
    chance = np.zeros(points)
    chance[0] = 1.0
    top = 0
    for size in sizes:
        for t in range(top, -1, -1):
            moved = x * chance[t]
            chance[t] *= stay
            chance[t + size] += moved
        top += size
    mean = 0.0
    for t in range(points):
        mean += chance[t] * (value[t] - value[0])
    gained, steep = np.zeros(len(distinct)), np.zeros(len(distinct))
    rest = np.empty(points)
    for k in range(len(distinct)):
        size = distinct[k]
        last = points - 1 - size
        if size == 0:
            for t in range(points):
                rest[t] = chance[t]
        elif x <= 0.5:
            for t in range(last + 1):
                back = rest[t - size] if t >= size else 0.0
                rest[t] = (chance[t] - x * back) / stay
        else:
            for t in range(last, -1, -1):
                ahead = rest[t + size] if t + size <= last else 0.0
                rest[t] = (chance[t + size] - stay * ahead) / x
        for t in range(last + 1):
            gained[k] += rest[t] * (value[t + size] - value[t])
            steep[k] += rest[t] * slope[t + size]
    return gained, steep, mean
