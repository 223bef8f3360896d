"""Shapley values of power payoffs by quadrature, for one agent to a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


def crowd(rows: PowerRows, amounts: Floats) -> Crowd:
    """Return the agents of a game, compressed where there are many."""
    found = panels(rows, amounts)
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
) -> Sums:
    """Return the shares of power payoffs at contributions s.

    Parameters
    ----------
    rule : CoalitionRule
        Shapley by default; with the one-point rule, Banzhaf values (and no potential).
    bend : bool
        Whether to compute the diagonal part of the Hessian too.
    """
    chosen = rule or shapley_rule()
    amounts = rows.units * s
    rates = rate_rule(rows.exponents, rows.largest(amounts), tolerance)
    members = crowd(rows, amounts)
    potential, shares, slopes, diagonal, _ = power_sums(
        rows.table,
        members.kinds,
        members.amounts,
        members.masses,
        members.plain,
        rates.starts,
        rows.mixture(rates.weights),
        chosen.nodes,
        chosen.weights,
        chosen.orders,
        ORDERS_PER_UNIT,
        chosen.cutoff,
        exact_order(len(amounts)),
        bend,
        np.empty((0, 3)),
    )
    error = rates.error + PRECISION * (LARGEST_ORDER + members.plain)
    if members.panels is not None:
        shares, slopes, diagonal, spread = _spread(members, amounts, shares, slopes, diagonal)
        error += spread
    return Sums(potential, shares, slopes * rows.units, diagonal * rows.units**2, error)


def exact_order(agents: int) -> int:
    """Return the number of Gauss-Legendre nodes that is exact for products of n - 1 factors."""
    return min(max(1, (agents + 1) // 2), LARGEST_ORDER)


def _spread(
    members: Crowd, amounts: Floats, shares: Floats, slopes: Floats, diagonal: Floats
) -> tuple[Floats, Floats, Floats, float]:
    """Return shares, slopes and diagonal of all agents from those of the representatives."""
    found = members.panels
    assert found is not None
    plain = members.plain
    nodes = found.amounts
    # A share divided by the amount is smooth down to 0, and so keeps its relative accuracy there.
    values = np.stack([shares[plain:], slopes[plain:], diagonal[plain:]])
    values = values.reshape(3, *nodes.shape)
    values[0] /= nodes
    crowded, error = found.spread(values)
    crowded[0] *= amounts[found.crowded]
    every = np.empty((3, len(amounts)))
    every[:, found.plain] = np.stack([shares[:plain], slopes[:plain], diagonal[:plain]])
    every[:, found.crowded] = crowded
    return every[0], every[1], every[2], error
