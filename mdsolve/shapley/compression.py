"""Many agents as few: pseudo-agents at Chebyshev points of the amounts of data.

Sums over agents of one kind, sum_j g(a_j), only meet functions g that are smooth in the amount a:
they equal sum_m mass_m g(node_m) with mass_m = sum_j L_m(a_j), L_m being the Lagrange polynomials
of Chebyshev points. Amounts are cut into a panel [0, top] and panels of constant ratio above: there
e^(-u a) is interpolated to rounding for every rate u at once, and so are logarithms and quotients
of it. Panels with few agents keep them as they are. Results at the nodes, which fall like powers of
the amount, are interpolated back to the agents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mdsolve.kernel import kernel
from mdsolve.shapley.power_rows import PowerRows, distinct_keys

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

POINTS = 18
"""Chebyshev points per panel: e^(-u a) on a panel of ratio 2 is met to 2e-15 for every u."""

CROWD = 4 * POINTS
"""Panels with more agents than this are replaced by pseudo-agents."""

FIRST_TOP = 0.1
"""Upper end of the first panel, as weighted data: where 1 + y begins to move."""

FINEST = 16
"""Most panels per doubling of the amount."""


@dataclass(frozen=True)
class Panels:
    """Agents sorted into panels of their kind.

    Parameters
    ----------
    plain : (k,) of int
        Agents kept as they are.
    crowded : (m,) of int
        Agents represented by pseudo-agents.
    place : (m,) of int
        Panel of each crowded agent.
    position : (m,)
        Their position in the panel, in [-1, 1].
    kinds, lows, highs : (panels,)
        Kind and range of amounts of each panel.
    """

    plain: Ints
    crowded: Ints
    place: Ints
    position: Floats
    kinds: Ints
    lows: Floats
    highs: Floats

    @property
    def amounts(self) -> Floats:
        """Amounts of the pseudo-agents, shape (panels, POINTS)."""
        middle, half = 0.5 * (self.lows + self.highs), 0.5 * (self.highs - self.lows)
        return np.asarray(middle[:, None] + half[:, None] * chebyshev_points())

    @property
    def masses(self) -> Floats:
        """How many agents each pseudo-agent stands for, shape (panels, POINTS)."""
        moments = _moments(self.place, self.position, len(self.lows))
        return np.asarray(moments @ _lagrange())

    def spread(self, values: Floats) -> tuple[Floats, float]:
        """Return functions of the amount at the crowded agents, from their values at the nodes.

        Parameters
        ----------
        values : (functions, panels, POINTS)

        Returns
        -------
        (functions, m)
        float
            Size of the last Chebyshev coefficients relative to the least value, an error estimate.
        """
        coefficients = values @ _lagrange().T
        last = np.max(np.abs(coefficients[:, :, -2:]), axis=2)
        least = np.min(np.abs(values), axis=2)
        error = float(np.max(last[least > 0] / least[least > 0], initial=0.0))
        return _clenshaw(np.ascontiguousarray(coefficients), self.place, self.position), error

    def columns(self, values: Floats) -> Floats:
        """Return functions at the crowded agents, shape (m, functions), one row per agent.

        Parameters
        ----------
        values : (panels, POINTS, functions)
        """
        coefficients = np.ascontiguousarray(np.einsum("km,pmf->pkf", _lagrange(), values))
        return _rows_at(coefficients, self.place, self.position)


def panels(rows: PowerRows, amounts: Floats, tolerance: float) -> Panels | None:
    """Return the panels of a game at given amounts, or None where nothing is gained."""
    scale = np.max(rows.table, axis=0)
    tops = FIRST_TOP / np.where(scale > 0, scale, 1.0)
    fineness = panels_per_octave(float(rows.exponents[-1]) + 1, tolerance)
    return sort_into_panels(rows.kinds, amounts, tops, fineness, CROWD)


@cache
def panels_per_octave(order: float, tolerance: float) -> int:
    """Return how many panels per doubling interpolate amount^-order to a relative tolerance.

    The Chebyshev coefficient of degree k of (x0 - x)^-order falls like binom(k + order - 1, k)
    rho^-k, with rho = (sqrt(r) + 1) / (sqrt(r) - 1) for a panel of ratio r.
    """
    growth = math.lgamma(POINTS + order) - math.lgamma(POINTS + 1) - math.lgamma(order)
    for count in range(1, FINEST):
        root = 2 ** (0.5 / count)
        if growth - POINTS * math.log((root + 1) / (root - 1)) <= math.log(tolerance):
            return count
    return FINEST


def sort_into_panels(
    kinds: Ints, amounts: Floats, tops: Floats, per_octave: int, crowd: int
) -> Panels | None:
    """Sort amounts into panels [0, top] and above; panels of up to `crowd` agents stay plain."""
    if len(amounts) <= crowd:
        return None
    with np.errstate(divide="ignore"):
        octaves = np.log2(amounts / tops[kinds])
    level = np.floor(np.maximum(per_octave * octaves, -1.0)).astype(np.int64) + 1
    count = int(level.max()) + 1
    used, place = distinct_keys(kinds * count + level, count * len(tops))
    busy = np.bincount(place) > crowd
    if not busy.any():
        return None
    inside = busy[place]
    number = np.cumsum(busy) - 1
    kind, level = used[busy] // count, used[busy] % count
    highs = tops[kind] * np.exp2(level / per_octave)
    lows = np.where(level > 0, tops[kind] * np.exp2((level - 1) / per_octave), 0.0)
    crowded = np.flatnonzero(inside)
    panel = number[place[crowded]]
    low, high = lows[panel], highs[panel]
    position = ((amounts[crowded] - low) - (high - amounts[crowded])) / (high - low)
    return Panels(np.flatnonzero(~inside), crowded, panel, position, kind, lows, highs)


@cache
def chebyshev_points() -> Floats:
    """Return the Chebyshev points of the first kind in (-1, 1)."""
    return np.asarray(-np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS))


@cache
def _lagrange() -> Floats:
    """Return c with L_m(t) = sum_k c[k, m] T_k(t) for the points above."""
    degree = np.arange(POINTS)
    table = np.cos(np.outer(degree, np.arccos(chebyshev_points()))) * (2 / POINTS)
    table[0] *= 0.5
    return np.asarray(table)


@kernel()
def _moments(place: Ints, position: Floats, count: int) -> Floats:
    """Return sum_j T_k(position_j) per panel, shape (count, POINTS)."""
    moments = np.zeros((count, POINTS))
    for j in range(len(place)):
        t, p = position[j], place[j]
        before, now = 1.0, t
        moments[p, 0] += 1.0
        for k in range(1, POINTS):
            moments[p, k] += now
            before, now = now, 2.0 * t * now - before
    return moments


@kernel()
def _clenshaw(coefficients: Floats, place: Ints, position: Floats) -> Floats:
    """Return sum_k coefficients[f, panel, k] T_k(position), shape (functions, agents)."""
    functions = coefficients.shape[0]
    result = np.empty((functions, len(place)))
    for f in range(functions):
        for j in range(len(place)):
            t, p = position[j], place[j]
            first, second = 0.0, 0.0
            for k in range(POINTS - 1, 0, -1):
                first, second = 2.0 * t * first - second + coefficients[f, p, k], first
            result[f, j] = t * first - second + coefficients[f, p, 0]
    return result


@kernel()
def _rows_at(coefficients: Floats, place: Ints, position: Floats) -> Floats:
    """Return sum_k coefficients[panel, k, f] T_k(position), shape (agents, functions)."""
    functions = coefficients.shape[2]
    result = np.zeros((len(place), functions))
    for j in range(len(place)):
        t, p = position[j], place[j]
        before, now = t, 1.0
        for k in range(POINTS):
            for f in range(functions):
                result[j, f] += now * coefficients[p, k, f]
            before, now = now, 2.0 * t * now - before
    return result
