"""Shapley values of power payoffs by quadrature, for one agent to a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor, silent
from mdsolve.shapley.compression import Panels, panels
from mdsolve.shapley.kernels import power_sums
from mdsolve.shapley.power_rows import PowerRows
from mdsolve.shapley.rules import (
    LARGEST_ORDER,
    ORDERS_PER_UNIT,
    PRECISION,
    CoalitionRule,
    rate_rule,
    shapley_rule,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK_ENTRIES = 30_000
"""Weights per call of the kernel: about a tenth of a second between signs of life."""


@dataclass(frozen=True)
class Sums:
    """What one pass over the nodes gives.

    Parameters
    ----------
    potential : float
        Money.
    shares : (n,)
        Money.
    slopes : (n,)
        d share_i / d s_i, money per sample.
    diagonal : (n,)
        Diagonal part d of the Hessian -F diag(w) F' + diag(d), money per sample squared; zeros
        unless asked for.
    error : float
        Bound on the relative error of every share and slope, plus the interpolation's estimate.
    """

    potential: float
    shares: Floats
    slopes: Floats
    diagonal: Floats
    error: float


@dataclass(frozen=True)
class Crowd:
    """The agents that enter the products: real ones first, then pseudo-agents with masses."""

    kinds: Ints
    amounts: Floats
    masses: Floats
    plain: int
    panels: Panels | None


def crowd(rows: PowerRows, amounts: Floats, tolerance: float) -> Crowd:
    """Return the agents of a game, compressed where there are many."""
    found = panels(rows, amounts, tolerance)
    if found is None:
        return Crowd(rows.kinds, amounts, np.ones(len(amounts)), len(amounts), None)
    nodes = found.amounts
    kinds = np.repeat(found.kinds, nodes.shape[1])
    ones = np.ones(len(found.plain))
    return Crowd(
        np.concatenate([rows.kinds[found.plain], kinds]),
        np.concatenate([amounts[found.plain], nodes.ravel()]),
        np.concatenate([ones, found.masses.ravel()]),
        len(found.plain),
        found,
    )


def power_shares(
    rows: PowerRows,
    s: Floats,
    tolerance: float,
    rule: CoalitionRule | None = None,
    bend: bool = False,
    monitor: Monitor | None = None,
) -> Sums:
    """Return the shares of power payoffs at contributions s.

    Parameters
    ----------
    rule : CoalitionRule
        Shapley by default; with the one-point rule, Banzhaf values and their potential.
    bend : bool
        Whether to compute the diagonal part of the Hessian too.
    """
    chosen = rule or shapley_rule()
    watch = monitor or silent()
    amounts = rows.units * s
    rates = rate_rule(rows.exponents, rows.largest(amounts), tolerance)
    members = crowd(rows, amounts, tolerance)
    weights = rows.mixture(rates.weights)
    potential, sums = 0.0, np.zeros((3, len(members.amounts)))
    count = len(rows.table)
    block = max(1, BLOCK_ENTRIES // len(members.amounts))
    for start in range(0, count, block):
        part, shares, slopes, diagonal, _ = power_sums(
            rows.table[start : start + block],
            members.kinds,
            members.amounts,
            members.masses,
            members.plain,
            rates.starts,
            weights[start : start + block],
            chosen.nodes,
            chosen.weights,
            chosen.orders,
            ORDERS_PER_UNIT,
            chosen.cutoff,
            exact_order(len(amounts)),
            bend,
            np.empty((0, 3)),
        )
        potential += part
        sums += np.stack([shares, slopes, diagonal])
        watch.advance("rows of weights", min(start + block, count), count)
    error = rates.error + PRECISION * (LARGEST_ORDER + members.plain)
    if members.panels is not None:
        sums, spread = _spread(members, members.panels, amounts, sums)
        error += spread
    return Sums(potential, sums[0], sums[1] * rows.units, sums[2] * rows.units**2, error)


def exact_order(agents: int) -> int:
    """Return the number of Gauss-Legendre nodes that is exact for products of n - 1 factors."""
    return min(max(1, (agents + 1) // 2), LARGEST_ORDER)


def _spread(members: Crowd, found: Panels, amounts: Floats, sums: Floats) -> tuple[Floats, float]:
    """Return shares, slopes and diagonal of all agents from those of the representatives."""
    plain, nodes = members.plain, found.amounts
    # A share divided by the amount is smooth down to 0, and so keeps its relative accuracy there.
    values = sums[:, plain:].reshape(3, *nodes.shape).copy()
    values[0] /= nodes
    crowded, error = found.spread(values)
    crowded[0] *= amounts[found.crowded]
    every = np.empty((3, len(amounts)))
    every[:, found.plain] = sums[:, :plain]
    every[:, found.crowded] = crowded
    return every, error
