"""Shapley values of payoffs that are products over agents: coverage of items, union of efforts.

A(s) - A(0) = sum_k weight_k (1 - prod_j e_kj): row k is an item (or a neighbourhood), e_kj the
chance that agent j misses it. No integral over rates is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError
from mdsolve.game.accuracy import CoverageAccuracy, UnionAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.kernels import product_sums
from mdsolve.shapley.power_shares import Sums, exact_order
from mdsolve.shapley.rules import (
    LARGEST_ORDER,
    ORDERS_PER_UNIT,
    PRECISION,
    CoalitionRule,
    shapley_rule,
)

Floats = npt.NDArray[np.float64]

FACTOR_LIMIT = 30_000_000
"""Most factors e_kj; four tables of them take a gigabyte."""


@dataclass(frozen=True)
class ProductRows:
    """Factors of a payoff at given contributions.

    Parameters
    ----------
    missed : (rows, n)
        e_kj, the chance that agent j misses row k.
    met : (rows, n)
        1 - e_kj, without cancellation.
    pace, bending : (rows, n)
        First and second derivatives of `met` in s_j.
    weights : (rows,)
        Money.
    """

    missed: Floats
    met: Floats
    pace: Floats
    bending: Floats
    weights: Floats


def product_rows(game: SharingGame, s: Floats) -> ProductRows | None:
    """Return the factors of a game's payoffs at s, or None if they are no products.

    Raises
    ------
    MemoryLimitError
        If there are too many factors.
    """
    accuracy = game.accuracy
    if isinstance(accuracy, CoverageAccuracy | UnionAccuracy):
        _check_size(accuracy)
    if isinstance(accuracy, CoverageAccuracy):
        return _coverage(accuracy, game.value, s)
    if isinstance(accuracy, UnionAccuracy):
        return _union(accuracy, game.value, s)
    return None


def _check_size(accuracy: CoverageAccuracy | UnionAccuracy) -> None:
    items = (
        accuracy.distributions.shape[1]
        if isinstance(accuracy, CoverageAccuracy)
        else accuracy.agents
    )
    if items * accuracy.agents > FACTOR_LIMIT:
        raise MemoryLimitError.single(
            "accuracy",
            f"{items:,} products of {accuracy.agents:,} factors",
            f"at most {FACTOR_LIMIT:,} factors",
            "use fewer items or agents",
        )


def _coverage(accuracy: CoverageAccuracy, value: Floats, s: Floats) -> ProductRows:
    chance = accuracy.distributions.T
    with np.errstate(divide="ignore", over="ignore"):
        # A sample that surely is the item has an infinite rate, kept finite for s = 0.
        rate = np.minimum(-np.log1p(-chance), np.finfo(float).max)
        exponent = rate * s
        missed = np.exp(-exponent)
        pace = rate * missed
        bending = -rate * pace
    weights = 0.5 * (value @ accuracy.distributions)
    return ProductRows(missed, -np.expm1(-exponent), pace, bending, weights)


def _union(accuracy: UnionAccuracy, value: Floats, s: Floats) -> ProductRows:
    near = np.zeros((accuracy.agents, accuracy.agents))
    for agent, row in enumerate(accuracy.neighbours):
        near[agent, list(row)] = 1.0
    met = near * accuracy.effort(s)
    return ProductRows(1 - met, met, near * accuracy.effort_slope(s), np.zeros_like(met), value)


def product_shares(
    rows: ProductRows,
    rule: CoalitionRule | None = None,
    bend: bool = False,
    record: Floats | None = None,
) -> Sums:
    """Return the shares of a product payoff; arguments as for `power_shares`."""
    chosen = rule or shapley_rule()
    size = rows.missed.shape[1]
    potential, shares, slopes, diagonal, _ = product_sums(
        np.ascontiguousarray(rows.missed),
        np.ascontiguousarray(rows.met),
        np.ascontiguousarray(rows.pace),
        np.ascontiguousarray(rows.bending),
        rows.weights,
        chosen.nodes,
        chosen.weights,
        chosen.orders,
        ORDERS_PER_UNIT,
        chosen.cutoff,
        exact_order(size),
        bend,
        np.empty((0, 3)) if record is None else record,
    )
    return Sums(potential, shares, slopes, diagonal, PRECISION * (LARGEST_ORDER + size))
