"""What the others may bring together where each holds one of several contracts by chance.

Contracts that ask for the same amount count as one. Numbers of holders are multinomial: coefficient
times powers of the chances, every possible numbers one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.shaped.chances import products

ENTRY_LIMIT = 2_000_000
"""Most entries of the table of who holds which contract."""


@dataclass(frozen=True)
class Crowd:
    """A distribution of who holds which contract, and of what that brings.

    Parameters
    ----------
    counts : (atoms, K)
        Numbers of the others per contract.
    chances : (atoms,)
    amounts : (atoms,)
        Samples.
    """

    counts: npt.NDArray[np.float64]
    chances: Quantity
    amounts: Quantity


def crowd_of(
    arithmetic: Arithmetic,
    others: int,
    contributions: Quantity,
    chances: Quantity,
    stored: npt.NDArray[np.float64],
) -> Crowd:
    """Return what so many others bring, each with a contract by chance.

    Parameters
    ----------
    contributions, chances : (K,)
    stored : (K,)
        Contributions as doubles: equal ones are one contract.

    Raises
    ------
    NoRouteError
        If there are too many possibilities.
    """
    _, first, label = np.unique(stored, return_index=True, return_inverse=True)
    merged = [
        arithmetic.total(chances[np.flatnonzero(label == k)]).reshape(1) for k in range(len(first))
    ]
    distinct = numbers_of(others, len(first))
    held = _probabilities(arithmetic, others, distinct, merged)
    amounts = arithmetic.total(arithmetic.stored(distinct) * contributions[first], axis=1)
    return Crowd(distinct, held, amounts)


def crowd_of_types(
    arithmetic: Arithmetic, others: int, chances: Quantity
) -> tuple[npt.NDArray[np.float64], Quantity]:
    """Return all numbers of others per type, (atoms, K), and their probabilities, (atoms,)."""
    size = chances.shape[0]
    counts = numbers_of(others, size)
    parts = [chances[k : k + 1] for k in range(size)]
    return counts, _probabilities(arithmetic, others, counts, parts)


def numbers_of(others: int, kinds: int) -> npt.NDArray[np.float64]:
    """Return all numbers of holders that sum to the others, shape (atoms, kinds).

    Raises
    ------
    NoRouteError
        If there are too many of them.
    """
    if comb(others + kinds - 1, kinds - 1) * kinds > ENTRY_LIMIT:
        message = f"{others} others with {kinds} contracts: too many possibilities to go through"
        raise NoRouteError(message)
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([others])
    for _ in range(kinds - 1):
        taken = np.concatenate([np.arange(rest + 1) for rest in left])
        repeated = np.repeat(np.arange(len(left)), left + 1)
        rows, left = np.column_stack([rows[repeated], taken]), left[repeated] - taken
    return np.column_stack([rows, left]).astype(np.float64)


def _probabilities(
    arithmetic: Arithmetic,
    others: int,
    counts: npt.NDArray[np.float64],
    chances: list[Quantity],
) -> Quantity:
    """Return multinomial probabilities, shape (atoms,)."""
    whole = counts.astype(np.int64)
    coefficients = np.empty(len(whole), dtype=object)
    for row, numbers in enumerate(whole.tolist()):
        left, found = others, 1
        for number in numbers:
            found *= comb(left, number)
            left -= number
        coefficients[row] = Fraction(found)
    result = arithmetic.stored(coefficients)
    for kind, chance in enumerate(chances):
        if others == 0:
            break
        one = 1 + arithmetic.zeros(1)
        powers = arithmetic.concatenate(
            [one, products(arithmetic, arithmetic.concatenate([chance] * others))]
        )
        result = result * powers[whole[:, kind]]
    return result
