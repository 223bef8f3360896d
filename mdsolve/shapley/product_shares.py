"""Shapley values of payoffs that are products over agents: coverage of items, union of efforts.

A(s) - A(0) = sum_k weight_k (1 - prod_j e_kj): row k is an item (or a neighbourhood), e_kj the
chance that agent j misses it. No integral over rates is needed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError
from mdsolve.game.accuracy import ProductRows
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


def product_rows(game: SharingGame, s: Floats) -> ProductRows | None:
    """Return the factors of a game's payoffs at s, or None if they are no products.

    Raises
    ------
    MemoryLimitError
        If there are too many factors.
    """
    accuracy = game.accuracy
    count = accuracy.product_count
    if count * accuracy.agents > FACTOR_LIMIT:
        raise MemoryLimitError.single(
            "accuracy",
            f"{count:,} products of {accuracy.agents:,} factors",
            f"at most {FACTOR_LIMIT:,} factors",
            "use fewer items or agents",
        )
    return accuracy.products(game.value, s)


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
