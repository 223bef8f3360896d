"""Power payoffs as few rows: A(s) - A(0) = sum_r F_r(sum_j table[r, kind_j] amount_j).

Agents whose models see the same weighted data share a row; agents whose data counts alike for
everybody share a kind. Platform data D is scaled away: (1 + D + y)^-b = (1 + D)^-b (1 + y')^-b with
y' = y / (1 + D).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PowerRows:
    """The total of all power payoffs of a game.

    Parameters
    ----------
    table : (rows, kinds)
        Weight of one unit of each kind in each row, divided by 1 + platform data.
    kinds : (n,) of int
    units : (n,)
        Units per sample: agent j brings amounts units_j s_j.
    rows, exponent_numbers, coefficients : (terms,)
        Payoff term t is coefficient (1 - (1 + y_row)^-exponent), in money.
    exponents : (E,)
        Rising.
    """

    table: Floats
    kinds: Ints
    units: Floats
    rows: Ints
    exponent_numbers: Ints
    coefficients: Floats
    exponents: Floats

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.kinds)

    def largest(self, amounts: Floats) -> float:
        """Return the largest scaled amount of data that any row sees."""
        totals = np.bincount(self.kinds, weights=amounts, minlength=self.table.shape[1])
        return float(np.max(self.table @ totals, initial=0.0))

    def mixture(self, rates: Floats) -> Floats:
        """Return the weights of each row's exponentials from those of each exponent.

        Parameters
        ----------
        rates : (E, steps, chains)

        Returns
        -------
        (rows, steps, chains)
        """
        weights = np.zeros((len(self.table), *rates.shape[1:]))
        for number in range(len(self.exponents)):
            chosen = self.exponent_numbers == number
            weights[self.rows[chosen]] += self.coefficients[chosen, None, None] * rates[number]
        return weights

    def total(self, amounts: Floats) -> float:
        """Return A(s) - A(0), in money."""
        totals = np.bincount(self.kinds, weights=amounts, minlength=self.table.shape[1])
        y = (self.table @ totals)[self.rows]
        gained = -np.expm1(-self.exponents[self.exponent_numbers] * np.log1p(y))
        return float(self.coefficients @ gained)


def power_rows(game: SharingGame) -> PowerRows | None:
    """Return the payoffs of a game as rows, or None if some payoff is no power."""
    accuracy = game.accuracy.of_amounts
    if accuracy is None:
        return None
    parameters = power_parameters(accuracy.curve, game.size)
    if parameters is None:
        return None
    scale, exponent = parameters
    offset = 1 + accuracy.platform_data
    coefficients = game.value * scale * offset**-exponent
    blocks = accuracy.weights.blocks
    table, kinds = blocks.table, blocks.kinds.astype(np.int64)
    exponents, numbers = _distinct(exponent)
    keys = kinds * len(exponents) + numbers
    terms, place = distinct_keys(keys, len(table) * len(exponents))
    return PowerRows(
        np.ascontiguousarray(table / offset),
        kinds,
        blocks.units,
        terms // len(exponents),
        terms % len(exponents),
        np.asarray(np.bincount(place, weights=coefficients), dtype=np.float64),
        exponents,
    )


def power_parameters(curve: Curve, n: int) -> tuple[Floats, Floats] | None:
    """Return scale and exponent per agent, shapes (n,), or None if some curve is no power."""
    scale, exponent = np.empty(n), np.empty(n)
    for agents, part in curve.parted(n):
        if part.decay is None:
            return None
        scale[agents], exponent[agents] = part.decay
    return scale, exponent


def _distinct(exponent: Floats) -> tuple[Floats, Ints]:
    if np.all(exponent == exponent[0]):
        return exponent[:1].copy(), np.zeros(len(exponent), dtype=np.int64)
    values, numbers = np.unique(exponent, return_inverse=True)
    return values, numbers.astype(np.int64)


def distinct_keys(keys: Ints, bound: int) -> tuple[Ints, Ints]:
    """Return the keys that occur, rising, and the place of each entry among them."""
    if bound <= len(keys):
        used = np.flatnonzero(np.bincount(keys, minlength=bound))
        place = np.empty(bound, dtype=np.int64)
        place[used] = np.arange(len(used))
        return used.astype(np.int64), place[keys]
    values, place = np.unique(keys, return_inverse=True)
    return values, place.astype(np.int64)
