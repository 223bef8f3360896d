"""Weighted Shapley values of payoffs that are mixtures of products, with slopes and the potential.

A payoff constant - sum_k weight_k prod_{j in X} e_kj has, with q = 1 - e, agents of whole weights
a_j (`agent_weights`) and everybody in the coalition with chance y^a_j,

    phi_j = a_j sum_k weight_k q_kj int_0^1 y^(a_j - 1) prod_{l != j} (1 - y^a_l q_kl) dy,
    P     = sum_k weight_k int_0^1 (1 - prod_l (1 - y^a_l q_kl)) / y dy                (potential)

and d phi_j / d s_j = a_j dP / d s_j. Integrands are polynomials of degree sum_j a_j - 1, so that
half as many Gauss-Legendre nodes are exact up to rounding. Powers of an amount of data are mixtures
of exponentials (`rules`), and so of products.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import ProductRows
from mdsolve.kernel import kernel
from mdsolve.progress import Monitor
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.hessian import ENTRY_ERROR, HessianFactors
from mdsolve.shapley.kernels import FLAGS, gram_root
from mdsolve.shapley.power_rows import PowerRows
from mdsolve.shapley.power_shares import Sums
from mdsolve.shapley.rules import PRECISION, gauss_legendre, rate_rule

Floats = npt.NDArray[np.float64]

BLOCK_ENTRIES = 1 << 18
"""Most factors held at once."""


@dataclass(frozen=True)
class ArrivalRule:
    """Nodes of the integral over y, and everybody's chance to have arrived there.

    Parameters
    ----------
    ratios : (n,)
        a_j.
    weights : (nodes,)
        Of int f(y) / y dy.
    joined, apart : (nodes, n)
        y^a_j and 1 - y^a_j, without cancellation.
    """

    ratios: Floats
    weights: Floats
    joined: Floats
    apart: Floats

    @property
    def error(self) -> float:
        """Bound on the relative rounding error of a share."""
        return PRECISION * (len(self.weights) + 2 * len(self.ratios))


def arrival_rule(ratios: Ratios) -> ArrivalRule:
    """Return the rule that is exact for products over agents with these weights."""
    nodes, weights = gauss_legendre((sum(ratios) + 1) // 2)
    # Nodes are symmetric about 1/2: the distance to 1 is the mirrored node, to its own precision.
    logs = np.where(nodes < 0.5, np.log(nodes), np.log1p(-nodes[::-1]))
    exponents = np.multiply.outer(logs, np.array(ratios, dtype=np.float64))
    return ArrivalRule(
        np.array(ratios, dtype=np.float64),
        weights / nodes,
        np.exp(exponents),
        -np.expm1(exponents),
    )


def weighted_power_sums(
    rows: PowerRows,
    s: Floats,
    ratios: Ratios,
    tolerance: float,
    monitor: Monitor,
    bend: bool = False,
) -> Sums:
    """Return weighted shares of power payoffs; arguments otherwise as for `power_shares`.

    The slopes are d phi_i / d s_i, the diagonal is that of the potential's Hessian.
    """
    rule, potential, sums = arrival_rule(ratios), 0.0, np.zeros((3, rows.size))
    error = rate_rule(rows.exponents, rows.largest(rows.units * s), tolerance).error
    for products in _products(rows, s, tolerance):
        part = _sums(products, rule, bend)
        potential += part.potential
        sums += np.stack([part.shares, part.slopes, part.diagonal])
        monitor.check_time()
    return Sums(potential, sums[0], sums[1], sums[2], error + rule.error)


def weighted_product_sums(products: ProductRows, ratios: Ratios, bend: bool = False) -> Sums:
    """Return weighted shares of a product payoff."""
    return _sums(products, arrival_rule(ratios), bend)


def weighted_power_hessian(
    rows: PowerRows, s: Floats, ratios: Ratios, diagonal: Floats
) -> HessianFactors:
    """Return the potential's Hessian; `diagonal` comes from `weighted_power_sums`."""
    rule = arrival_rule(ratios)
    gram = np.zeros((rows.size, rows.size))
    for products in _products(rows, s, ENTRY_ERROR):
        gram += _gram(products, rule)
    return _factors(gram, diagonal)


def weighted_product_hessian(
    products: ProductRows, ratios: Ratios, diagonal: Floats
) -> HessianFactors:
    """Return the potential's Hessian; `diagonal` comes from `weighted_product_sums`."""
    return _factors(_gram(products, arrival_rule(ratios)), diagonal)


def _factors(gram: Floats, diagonal: Floats) -> HessianFactors:
    columns = gram_root(gram, PRECISION)
    return HessianFactors(columns, np.full(columns.shape[1], -1.0), diagonal)


def _products(rows: PowerRows, s: Floats, tolerance: float) -> Iterator[ProductRows]:
    """Yield the products that power payoffs are mixtures of, some rates of one row at a time."""
    amounts = rows.units * s
    rule = rate_rule(rows.exponents, rows.largest(amounts), tolerance)
    rates = np.multiply.outer(np.exp2(np.arange(rule.steps)), rule.starts).ravel()
    mixture = rows.mixture(rule.weights).reshape(len(rows.table), -1)
    step = max(1, BLOCK_ENTRIES // rows.size)
    for number, row in enumerate(rows.table):
        pace = row[rows.kinds] * rows.units
        for begin in range(0, len(rates), step):
            there = slice(begin, begin + step)
            slopes = np.multiply.outer(rates[there], pace)
            missed = np.exp(-slopes * s)
            yield ProductRows(
                missed,
                -np.expm1(-slopes * s),
                slopes * missed,
                -(slopes**2) * missed,
                mixture[number, there],
            )


def _sums(products: ProductRows, rule: ArrivalRule, bend: bool) -> Sums:
    potential, shares, slopes, diagonal = arrival_sums(
        np.ascontiguousarray(products.missed),
        np.ascontiguousarray(products.met),
        np.ascontiguousarray(products.pace),
        np.ascontiguousarray(products.bending),
        products.weights,
        rule.weights,
        rule.joined,
        rule.apart,
        bend,
    )
    return Sums(potential, rule.ratios * shares, rule.ratios * slopes, diagonal, rule.error)


@kernel(fastmath=FLAGS)
def arrival_sums(
    e: Floats,
    q: Floats,
    pace: Floats,
    bending: Floats,
    weights: Floats,
    node_weights: Floats,
    joined: Floats,
    apart: Floats,
    bend: bool,
) -> tuple[float, Floats, Floats, Floats]:
    """Return the potential, shares and slopes over a_j, and the Hessian's diagonal part.

    Parameters
    ----------
    e, q, pace, bending : (rows, n)
        Factors, 1 - e, and the first two derivatives of q in s_j.
    weights : (rows,)
    node_weights, joined, apart
        Of an `ArrivalRule`.
    """
    rows, size = e.shape
    potential = 0.0
    shares, slopes, diagonal = np.zeros(size), np.zeros(size), np.zeros(size)
    gain, turn, left = np.empty(size), np.empty(size), np.empty(size)
    for r in range(rows):
        gain[:] = 0.0
        turn[:] = 0.0
        for k in range(len(node_weights)):
            loss, product = 0.0, 1.0
            for j in range(size):
                # 1 - prod_j (1 - y^a_j q_j) as a sum of positive terms.
                loss += joined[k, j] * q[r, j] * product
                factor = apart[k, j] + joined[k, j] * e[r, j]
                product *= factor
                left[j] = joined[k, j] / factor
            scale = weights[r] * node_weights[k]
            potential += scale * loss
            part = scale * product
            for j in range(size):
                gain[j] += part * left[j]
            if bend:
                for j in range(size):
                    turn[j] += part * left[j] * left[j]
        for j in range(size):
            shares[j] += q[r, j] * gain[j]
            slopes[j] += pace[r, j] * gain[j]
            diagonal[j] += bending[r, j] * gain[j] + pace[r, j] * pace[r, j] * turn[j]
    return potential, shares, slopes, diagonal


def _gram(products: ProductRows, rule: ArrivalRule) -> Floats:
    """Return the sum over rows and nodes of part f f', f_j = y^a_j (dq_j / ds_j) / (1 - y^a_j q_j).

    part is the product with its weights.
    """
    count, size = products.missed.shape
    step = max(1, BLOCK_ENTRIES // (size * len(rule.weights)))
    gram = np.zeros((size, size))
    for begin in range(0, count, step):
        there = slice(begin, begin + step)
        factors = rule.apart + rule.joined * products.missed[there, None, :]
        part = products.weights[there, None] * rule.weights * np.prod(factors, axis=2)
        columns = rule.joined / factors * products.pace[there, None, :]
        columns *= np.sqrt(part)[:, :, None]
        flat = columns.reshape(-1, size)
        gram += flat.T @ flat
    return gram
