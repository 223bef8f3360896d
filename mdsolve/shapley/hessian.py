"""The Hessian of the Shapley potential as a few columns and a diagonal.

Every node (weight, x) of the quadrature adds -weight x product f f', with
f_j = (dq_j / ds_j) / (1 - x q_j), plus a diagonal. The many node columns of one payoff row are
samples of one smooth function of the agent's weighted data, so about twenty columns span them to
rounding: they are found from the Gram matrix at Chebyshev points. Entries are right to about eight
digits, more than Newton's method can use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import ProductRows
from mdsolve.shapley.compression import FIRST_TOP, panels_per_octave, sort_into_panels
from mdsolve.shapley.kernels import gram_root, node_gram, power_sums
from mdsolve.shapley.power_rows import PowerRows
from mdsolve.shapley.power_shares import Crowd, crowd, exact_order
from mdsolve.shapley.product_shares import product_shares
from mdsolve.shapley.rules import (
    LARGEST_ORDER,
    ORDERS_PER_UNIT,
    PRECISION,
    CoalitionRule,
    RateRule,
    rate_rule,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

ENTRY_ERROR = math.sqrt(PRECISION)
"""Relative error that entries of the Hessian aim at."""

FEW = 72
"""Up to so many agents are their own interpolation points."""

MERGE_FROM = 4
"""Columns are merged when there are this many times more of them than agents."""


@dataclass(frozen=True)
class HessianFactors:
    """H = F diag(w) F' + diag(d).

    Parameters
    ----------
    columns : (n, r)
        F.
    weights : (r,)
        w, negative.
    diagonal : (n,)
        d, negative for concave payoffs.

    Examples
    --------
    >>> factors = HessianFactors(np.ones((2, 1)), np.array([-1.0]), np.array([-1.0, -2.0]))
    >>> factors.dense().tolist()
    [[-2.0, -1.0], [-1.0, -3.0]]
    >>> factors.solve(np.array([-3.0, -4.0])).round(12).tolist()
    [1.0, 1.0]
    """

    columns: Floats
    weights: Floats
    diagonal: Floats

    def dense(self) -> Floats:
        """Return H, shape (n, n)."""
        scaled = self.columns * np.sqrt(-self.weights)
        matrix = -(scaled @ scaled.T)
        matrix[np.diag_indices_from(matrix)] += self.diagonal
        return np.asarray(matrix)

    def times(self, vector: Floats) -> Floats:
        """Return H v, shape (n,)."""
        inner = self.weights * (self.columns.T @ vector)
        return np.asarray(self.columns @ inner + self.diagonal * vector)

    def restricted(self, agents: Ints) -> HessianFactors:
        """Return the block of some agents."""
        return HessianFactors(self.columns[agents], self.weights, self.diagonal[agents])

    def solve(self, right: Floats, extra: Floats | None = None) -> Floats:
        """Return (H + diag(extra))^-1 right, by Woodbury's formula where F has fewer columns.

        Parameters
        ----------
        right : (n,)
        extra : (n,)
            Non-positive, for example -c_i''(s_i).
        """
        diagonal = self.diagonal if extra is None else self.diagonal + extra
        if self.columns.shape[1] >= len(right) or np.any(diagonal == 0):
            matrix = HessianFactors(self.columns, self.weights, diagonal).dense()
            return np.asarray(np.linalg.solve(matrix, right))
        scaled = self.columns / diagonal[:, None]
        core = np.diag(1 / self.weights) + self.columns.T @ scaled
        start = right / diagonal
        return np.asarray(start - scaled @ np.linalg.solve(core, self.columns.T @ start))


def linear_hessian(agents: int) -> HessianFactors:
    """Return the Hessian of a linear payoff, zero."""
    return HessianFactors(np.zeros((agents, 0)), np.zeros(0), np.zeros(agents))


def product_hessian(rows: ProductRows, diagonal: Floats, rule: CoalitionRule) -> HessianFactors:
    """Return the Hessian of a product payoff; `diagonal` comes from `product_shares`."""
    number, x, strength = product_nodes(rows, rule)
    columns = rows.pace[number] / ((1 - x) + x * rows.missed[number])
    return HessianFactors(columns.T.copy(), -strength, diagonal)


def product_nodes(rows: ProductRows, rule: CoalitionRule) -> tuple[Ints, Floats, Floats]:
    """Return row numbers (k,), chances x (k, 1) and weight x product (k,) of every node."""
    count, size = rows.missed.shape
    record = np.empty((count * min(exact_order(size), LARGEST_ORDER), 3))
    record[:, 2] = 0.0
    product_shares(rows, rule, record=record)
    used = record[record[:, 2] > 0]
    return used[:, 0].astype(np.intp), used[:, 1, None], used[:, 1] * used[:, 2]


def power_hessian(
    rows: PowerRows, s: Floats, diagonal: Floats, rule: CoalitionRule
) -> HessianFactors:
    """Return the Hessian of power payoffs; `diagonal` comes from `power_shares`."""
    amounts = rows.units * s
    rates = rate_rule(rows.exponents, rows.largest(amounts), ENTRY_ERROR)
    weights = rows.mixture(rates.weights)
    members = crowd(rows, amounts, ENTRY_ERROR)
    fineness = panels_per_octave(float(rows.exponents[-1]) + 2, ENTRY_ERROR)
    blocks: list[Floats] = []
    for number in range(len(rows.table)):
        nodes = row_nodes(rows.table[number], members, rates, weights[number], rows.size, rule)
        pace = rows.table[number][rows.kinds]
        columns = _spanning_columns(nodes, pace * amounts, fineness)
        blocks.append((pace * rows.units)[:, None] * columns)
        if sum(block.shape[1] for block in blocks) > MERGE_FROM * rows.size:
            blocks = [_merged(blocks)]
    columns = _merged(blocks)
    return HessianFactors(columns, np.full(columns.shape[1], -1.0), diagonal)


def _merged(blocks: list[Floats]) -> Floats:
    """Return at most n columns C with C C' = sum of B B' over the blocks."""
    columns = np.concatenate(blocks, axis=1)
    if columns.shape[1] <= len(columns):
        return columns
    return gram_root(columns @ columns.T, PRECISION)


def row_nodes(
    row: Floats,
    members: Crowd,
    rates: RateRule,
    weights: Floats,
    agents: int,
    rule: CoalitionRule,
) -> Floats:
    """Return (u, x, weight times product) of every node of one payoff row."""
    record = np.zeros((weights.size * LARGEST_ORDER, 3))
    *_, count = power_sums(
        row[None, :],
        members.kinds,
        members.amounts,
        members.masses,
        members.plain,
        rates.starts,
        weights[None],
        rule.nodes,
        rule.weights,
        rule.orders,
        ORDERS_PER_UNIT,
        rule.cutoff,
        exact_order(agents),
        False,
        record,
    )
    found = record[:count]
    strength = found[:, 2] * found[:, 1] * found[:, 0] ** 2
    return np.asarray(found[strength > PRECISION**2 * strength.max(initial=0.0)])


def _spanning_columns(nodes: Floats, z: Floats, fineness: int) -> Floats:
    """Return columns C with C C' = sum over nodes of weight x f f', f = u e / (1 - x q) at z."""
    if len(z) <= FEW:
        return _square_root(nodes, z)
    one_kind = np.zeros(len(z), dtype=np.int64)
    found = sort_into_panels(one_kind, z, np.array([FIRST_TOP]), fineness, 0)
    assert found is not None
    points = found.amounts
    root = _square_root(nodes, points.ravel()).reshape(*points.shape, -1)
    columns = np.empty((len(z), root.shape[2]))
    columns[found.crowded] = found.columns(root)
    return columns


def _square_root(nodes: Floats, z: Floats) -> Floats:
    """Return the same columns at given points, those that matter to rounding."""
    return gram_root(node_gram(np.ascontiguousarray(nodes), z), PRECISION)
