"""How Shapley shares react to everybody's contributions: d phi_i / d s_j.

Every node (weight, x) of the quadrature adds, for i and j apart,

    -weight x product [q_i / (1 - x q_i)] [(dq_j / ds_j) / (1 - x q_j)],

q being what an agent adds to a factor. Own slopes are those of the potential. Where payoffs are no
products, shares are differenced.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.hessian import ENTRY_ERROR, product_nodes, row_nodes
from mdsolve.shapley.potential import ShapleyPotential
from mdsolve.shapley.power_rows import PowerRows, power_rows
from mdsolve.shapley.power_shares import crowd
from mdsolve.shapley.product_shares import product_rows
from mdsolve.shapley.routes import shapley
from mdsolve.shapley.rules import rate_rule, shapley_rule
from mdsolve.tolerance import DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]


def share_slopes(game: SharingGame, s: Floats) -> Floats:
    """Return d phi_i / d s_j at contributions s, in money per sample, shape (n, n).

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> spec = {"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}}
    >>> share_slopes(sharing_game(parse(spec)), np.array([3.0, 1.0])).round(6).tolist()
    [[0.1025, -0.21], [-0.0225, 0.29]]
    """
    rows = power_rows(game)
    if rows is not None:
        found = _of_powers(rows, s)
    else:
        amounts = game.accuracy.of_amounts
        if amounts is not None and amounts.curve.straight:
            return np.diag(amounts.weights.transposed(game.value))
        products = product_rows(game, s)
        if products is None:
            return _differences(game, s)
        numbers, x, strength = product_nodes(products, shapley_rule())
        missed, met = products.missed[numbers], products.met[numbers]
        left = 1 / ((1 - x) + x * missed)
        found = -(met * left * strength[:, None]).T @ (products.pace[numbers] * left)
    found[np.diag_indices(game.size)] = ShapleyPotential(game).at(s).gradient
    return np.asarray(found)


def _of_powers(rows: PowerRows, s: Floats) -> Floats:
    """Return the sum over the nodes of every row of weights."""
    amounts = rows.units * s
    rates = rate_rule(rows.exponents, rows.largest(amounts), ENTRY_ERROR)
    weights = rows.mixture(rates.weights)
    members = crowd(rows, amounts, ENTRY_ERROR)
    found = np.zeros((rows.size, rows.size))
    for number in range(len(rows.table)):
        row = rows.table[number]
        nodes = row_nodes(row, members, rates, weights[number], rows.size, shapley_rule())
        u, x, strength = nodes[:, 0, None], nodes[:, 1, None], nodes[:, 2, None]
        pace = u * row[rows.kinds]
        kept = np.exp(-pace * amounts)
        met = -np.expm1(-pace * amounts)
        left = 1 / (1 - x * met)
        found -= (met * left * strength * x).T @ (pace * rows.units * kept * left)
    return found


def _differences(game: SharingGame, s: Floats) -> Floats:
    """Return central differences of shares, to about ten digits."""
    step = math.sqrt(DIFFERENCE_STEP) * 1e-2
    found = np.empty((game.size, game.size))
    largest = float(s.max(initial=0.0))
    for agent in range(game.size):
        size = step * max(float(s[agent]), 1e-3 * largest, np.finfo(np.float64).tiny)
        above, below = s.copy(), s.copy()
        above[agent] += size
        below[agent] = max(0.0, below[agent] - size)
        rise = shapley(game, above).shares - shapley(game, below).shares
        found[:, agent] = rise / (above[agent] - below[agent])
    return found
