"""Shapley values of any payoff of one total, through the totals that coalitions can have.

With every agent in the coalition with chance x, phi_i is the integral over x of what agent i adds
on average, a polynomial in x of degree n - 1: ceil(n / 2) Gauss-Legendre nodes are exact. At one x,
agents are taken in turn: p_i(t) is the chance that the agents before i total t, and G_i(t) the mean
payoff when the agents after i join a total t. Then agent i adds
sum_t p_i(t) (G_i(t + s_i) - G_i(t)). All terms are positive where the payoff rises.

Whole contributions are exact, and so are multiples of the least one. Others are split between the
two nearest lattice points, which keeps their mean; the error falls with the square of the lattice's
step and is estimated by doubling it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.kernel import kernel
from mdsolve.progress import Monitor
from mdsolve.shapley.coalitions import AdditiveRow, additive_rows
from mdsolve.shapley.power_shares import Sums
from mdsolve.shapley.rules import PRECISION, gauss_legendre

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LATTICE_STEPS = 20_000_000_000
"""Most elementary steps: about ten seconds."""

LATTICE_POINTS = 30_000_000
"""Most numbers held in memory, a quarter of a gigabyte."""

SPLIT_POINTS = 16_384
"""Lattice points over the total of contributions that are not whole."""


@dataclass(frozen=True)
class Lattice:
    """Contributions as lattice points: agent j adds whole_j steps, and one more with chance part_j.

    Parameters
    ----------
    step : float
        Weighted samples per lattice step.
    whole : (n,) of int
    part : (n,)
        In [0, 1).
    """

    step: float
    whole: Ints
    part: Floats

    @property
    def exact(self) -> bool:
        """Tell whether all contributions lie on the lattice."""
        return not self.part.any()

    @property
    def points(self) -> int:
        """Number of totals from 0 on."""
        return int(self.whole.sum() + np.count_nonzero(self.part)) + 1

    @property
    def work(self) -> int:
        """Number of elementary steps."""
        return 4 * ((len(self.whole) + 1) // 2) * len(self.whole) * self.points

    @property
    def memory(self) -> int:
        """Number of chances held at once."""
        return len(self.whole) * self.points

    @property
    def fits(self) -> bool:
        """Tell whether the lattice stays within the limits."""
        return self.memory <= LATTICE_POINTS and self.work <= LATTICE_STEPS

    def coarser(self) -> Lattice:
        """Return the lattice with twice the step."""
        half = 0.5 * (self.whole + self.part)
        whole = np.floor(half).astype(np.int64)
        return Lattice(2 * self.step, whole, half - whole)


def weighted_contributions(game: SharingGame, s: Floats) -> Floats | None:
    """Return w_j s_j if every payoff looks at their sum, else None."""
    accuracy = game.accuracy.of_amounts
    if accuracy is None or not accuracy.weights.common:
        return None
    return accuracy.weights.row(0) * s


def whole_lattice(game: SharingGame, s: Floats) -> Lattice | None:
    """Return the lattice on which all contributions lie, or None where there is no such one.

    They are whole, or all of them multiples of the least one, as those of agents alike are.
    """
    amounts = weighted_contributions(game, s)
    if amounts is None:
        return None
    unit = 1.0
    if np.any(amounts != np.floor(amounts)):
        unit = float(amounts[amounts > 0].min())
    if float(amounts.sum()) > LATTICE_POINTS * len(amounts) * unit:
        return None
    whole = np.rint(amounts / unit).astype(np.int64)
    if np.any(whole * unit != amounts):
        return None
    step = max(1, int(np.gcd.reduce(whole)))
    return Lattice(step * unit, whole // step, np.zeros(len(s)))


def split_lattice(game: SharingGame, s: Floats) -> Lattice | None:
    """Return a fine lattice for any contributions, or None if there is not one total."""
    amounts = weighted_contributions(game, s)
    if amounts is None:
        return None
    total = float(amounts.sum())
    step = total / SPLIT_POINTS if total > 0 else 1.0
    steps = amounts / step
    whole = np.floor(steps).astype(np.int64)
    return Lattice(step, whole, steps - whole)


def lattice_shares(
    game: SharingGame, s: Floats, lattice: Lattice | None, banzhaf: bool, monitor: Monitor
) -> Sums:
    """Return shares from the totals of coalitions.

    Shares on a split lattice are scaled to sum to A(s) - A(0), which moves them by less than their
    error.

    Raises
    ------
    UnsupportedError
        If `lattice` is None: payoffs look at several totals, or contributions are not whole.
    MemoryLimitError
        If there are too many totals.
    """
    if lattice is None:
        raise UnsupportedError.single(
            "route",
            "lattice",
            "payoffs of one total, with contributions that are whole or multiples of the least",
            "round the contributions, use split-lattice, or another route",
        )
    if not lattice.fits:
        raise MemoryLimitError.single(
            "route",
            f"lattice with {lattice.points:,} totals of {game.size:,} agents, "
            f"{lattice.work:,} steps",
            f"at most {LATTICE_POINTS:,} numbers and {LATTICE_STEPS:,} steps",
            "use sampling",
        )
    (row,) = additive_rows(game, s)
    fine = _sums(row, lattice, banzhaf, monitor)
    if lattice.exact:
        return fine
    coarse = _sums(row, lattice.coarser(), banzhaf, monitor)
    shares = fine.shares
    if not banzhaf and shares.sum() > 0:
        shares = shares * (float(row.value(np.array([row.amounts.sum()]))[0]) - _nothing(row))
        shares /= fine.shares.sum()
    error = float(np.max(np.abs(fine.shares - coarse.shares), initial=0.0)) / _largest(shares)
    return Sums(fine.potential, shares, fine.slopes, fine.diagonal, fine.error + error)


def _nothing(row: AdditiveRow) -> float:
    return float(row.value(np.zeros(1))[0])


def _largest(shares: Floats) -> float:
    return max(float(np.max(np.abs(shares), initial=0.0)), float(np.finfo(float).tiny))


def _sums(row: AdditiveRow, lattice: Lattice, banzhaf: bool, monitor: Monitor) -> Sums:
    """Return the sums on one lattice."""
    totals = lattice.step * np.arange(lattice.points + 2, dtype=np.float64)
    value = row.value(totals)
    slope = row.slope(totals) if lattice.exact else _central_slopes(row, value, lattice.step)
    size = len(lattice.whole)
    order = 1 if banzhaf else (size + 1) // 2
    shares, slopes, potential = np.zeros(size), np.zeros(size), 0.0
    for k, (x, weight) in enumerate(zip(*gauss_legendre(order), strict=True)):
        mean = _at_chance(
            float(x), float(weight), lattice.whole, lattice.part, value, slope, shares, slopes
        )
        potential += weight * mean / x
        monitor.advance("chances of joining", k + 1, order)
    error = PRECISION * size * float(np.max(np.abs(value))) / _largest(shares)
    return Sums(potential, shares, slopes * row.rates, np.zeros(size), error)


def _central_slopes(row: AdditiveRow, value: Floats, step: float) -> Floats:
    """Return central differences on the lattice; before 0 the payoff is continued straight."""
    before = 2 * value[0] - value[1] if row.slope(np.zeros(1))[0] > 0 else value[0]
    padded = np.concatenate([[before], value, [2 * value[-1] - value[-2]]])
    return np.asarray((padded[2:] - padded[:-2]) / (2 * step))


@kernel()
def _at_chance(
    x: float,
    weight: float,
    whole: Ints,
    part: Floats,
    value: Floats,
    slope: Floats,
    shares: Floats,
    slopes: Floats,
) -> float:
    """Add the shares and slopes at one x, times its weight; return the mean payoff above 0."""
    size, points = len(whole), len(value)
    chance = np.zeros((size, points))
    chance[0, 0] = 1.0
    tops = np.zeros(size, dtype=np.int64)
    for i in range(size - 1):
        low, more = x * (1.0 - part[i]), x * part[i]
        shift, stay = whole[i], 1.0 - x
        for t in range(tops[i] + 1):
            chance[i + 1, t] += stay * chance[i, t]
            chance[i + 1, t + shift] += low * chance[i, t]
        if more > 0.0:
            for t in range(tops[i] + 1):
                chance[i + 1, t + shift + 1] += more * chance[i, t]
        tops[i + 1] = tops[i] + shift + (1 if more > 0.0 else 0)
    payoff, steep = value - value[0], slope.copy()
    for i in range(size - 1, -1, -1):
        shift, one = whole[i], 1 if part[i] > 0.0 else 0
        near, far = 1.0 - part[i], part[i]
        gained, rising = 0.0, 0.0
        for t in range(tops[i] + 1):
            high = near * payoff[t + shift] + far * payoff[t + shift + one]
            rate = near * steep[t + shift] + far * steep[t + shift + one]
            gained += chance[i, t] * (high - payoff[t])
            rising += chance[i, t] * rate
            payoff[t] = (1.0 - x) * payoff[t] + x * high
            steep[t] = (1.0 - x) * steep[t] + x * rate
        shares[i] += weight * gained
        slopes[i] += weight * rising
    return float(payoff[0])
