"""Shapley values by antithetic sampling, with standard errors: any payoff, any number of agents.

Shapley: random orders, each with its reverse; agents arrive one by one and are credited with what
they add. Banzhaf: random coalitions, each with its complement. The mean of a pair is one
observation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.coalitions import AdditiveRow, additive_rows

Floats = npt.NDArray[np.float64]

BLOCK_ENTRIES = 1 << 18
"""Numbers per block of orders: blocks of this size stay in the cache."""


@dataclass(frozen=True)
class SampledShares:
    """Means of the sampled shares and slopes, and their standard errors, each of shape (n,)."""

    shares: Floats
    slopes: Floats
    standard_errors: Floats
    pairs: int


def sampled_shares(
    game: SharingGame,
    s: Floats,
    samples: int,
    seed: int | None,
    banzhaf: bool,
    monitor: Monitor,
) -> SampledShares:
    """Return estimates from `samples` random orders (or coalitions), rounded up to pairs.

    Parameters
    ----------
    samples : int
        At least 4.
    seed : int or None
        None draws fresh randomness.
    """
    n = game.size
    pairs = (samples + 1) // 2
    block = max(1, BLOCK_ENTRIES // max(n, 1))
    random = np.random.default_rng(seed)
    rows = list(additive_rows(game, s))
    observe = _arrivals if not banzhaf else _swings
    total, squares, slopes = np.zeros(n), np.zeros(n), np.zeros(n)
    pivot = np.zeros(n)
    done = 0
    while done < pairs:
        count = min(block, pairs - done)
        shares, steep = observe(rows, n, count, random)
        if done == 0:
            pivot = shares.mean(axis=0)
        total += (shares - pivot).sum(axis=0)
        squares += ((shares - pivot) ** 2).sum(axis=0)
        slopes += steep.sum(axis=0)
        done += count
        monitor.advance("pairs of random orders", done, pairs)
    mean = total / pairs
    variance = np.maximum(squares / pairs - mean**2, 0.0) * pairs / max(1, pairs - 1)
    return SampledShares(pivot + mean, slopes / pairs, np.sqrt(variance / pairs), pairs)


def _arrivals(
    rows: list[AdditiveRow], n: int, count: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return what agents add on arrival, averaged over an order and its reverse, (count, n)."""
    order = np.argsort(random.random((count, n)), axis=1)
    shares, slopes = np.zeros((count, n)), np.zeros((count, n))
    for way in (order, order[:, ::-1]):
        gained, steep = np.zeros((count, n)), np.zeros((count, n))
        for row in rows:
            totals = np.cumsum(row.amounts[way], axis=1)
            values = row.value(totals)
            gained += np.diff(values, axis=1, prepend=float(row.value(np.zeros(1))[0]))
            steep += row.slope(totals) * row.rates[way]
        places = np.argsort(way, axis=1)
        shares += 0.5 * np.take_along_axis(gained, places, axis=1)
        slopes += 0.5 * np.take_along_axis(steep, places, axis=1)
    return shares, slopes


def _swings(
    rows: list[AdditiveRow], n: int, count: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return what agents add to a random coalition and to its complement, averaged, (count, n)."""
    coalition = random.random((count, n)) < 0.5
    shares, slopes = np.zeros((count, n)), np.zeros((count, n))
    for members in (coalition, ~coalition):
        for row in rows:
            own = np.where(members, row.amounts, 0.0)
            others = np.maximum(own.sum(axis=1, keepdims=True) - own, 0.0)
            shares += 0.5 * (row.value(others + row.amounts) - row.value(others))
            slopes += 0.5 * row.slope(others + row.amounts) * row.rates
    return shares, slopes
