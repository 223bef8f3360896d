"""Integration rules of the quadrature route, with bounds on their relative errors.

Two integrals stand between a power payoff and its Shapley values. Over the chance x that an agent
is in the coalition: Gauss-Legendre on [0, X]. Over the rate u of the exponentials that a power is
made of, (1 + y)^-b = 1 / Gamma(b) int u^(b-1) e^(-u (1+y)) du: the trapezoid rule in log u.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial.legendre import leggauss

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CUTOFF = 33.0
"""Integrals over x stop where x times the expected number of effective agents reaches this: beyond,
products of (1 - x q_j) are below e^-33."""

LARGEST_ORDER = 24
ORDERS_PER_UNIT = 4

PRECISION = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class CoalitionRule:
    """Gauss-Legendre rules on [0, 1], and which of them integrates which product.

    Parameters
    ----------
    nodes, weights : (LARGEST_ORDER + 1, LARGEST_ORDER)
        Row K holds the rule with K nodes, padded by zeros.
    orders : (m,) of int
        orders[k] nodes integrate prod_j (1 - x q_j) to rounding if sum_j q_j <= k / 4.
    cutoff : float
        Upper limit of x sum_j q_j; infinite where x must reach 1.
    """

    nodes: Floats
    weights: Floats
    orders: Ints
    cutoff: float


@cache
def shapley_rule() -> CoalitionRule:
    """Return the rule for averages over x in [0, 1], which give Shapley values."""
    nodes, weights = _legendre()
    steps = int(CUTOFF * ORDERS_PER_UNIT) + 2
    orders = [_order(k / ORDERS_PER_UNIT) for k in range(steps)]
    return CoalitionRule(nodes, weights, np.array(orders, dtype=np.int64), CUTOFF)


@cache
def banzhaf_rule() -> CoalitionRule:
    """Return the rule that looks at x = 1/2 alone: the one-point rule."""
    nodes, weights = _legendre()
    return CoalitionRule(nodes, weights, np.ones(1, dtype=np.int64), math.inf)


def _legendre() -> tuple[Floats, Floats]:
    nodes = np.zeros((LARGEST_ORDER + 1, LARGEST_ORDER))
    weights = np.zeros_like(nodes)
    for order in range(1, LARGEST_ORDER + 1):
        nodes[order, :order], weights[order, :order] = gauss_legendre(order)
    return nodes, weights


@cache
def gauss_legendre(order: int) -> tuple[Floats, Floats]:
    """Return nodes and weights on [0, 1], exact for polynomials of degree 2 order - 1."""
    x, w = leggauss(order)
    return 0.5 * (1 + x), 0.5 * w


def _order(effective: float) -> int:
    """Return the least number of nodes that integrates any product with sum q_j <= effective.

    On the Bernstein ellipse rho around [0, 1] each factor is at most 1 + q_j a <= e^(q_j a), with
    a = (rho + 1 / rho - 2) / 4, so the error of K nodes is at most
    32 / 15 e^(effective a) rho^(-2 K) / (1 - rho^-2); the integral is at least 1/(1 + effective).
    """
    rho = 1 + np.geomspace(0.1, 400, 800)
    growth = effective * (rho + 1 / rho - 2) / 4 - np.log1p(-(rho**-2.0))
    for order in range(1, LARGEST_ORDER):
        error = 32 / 15 * math.exp(float(np.min(growth - 2 * order * np.log(rho))))
        if error * (1 + effective) <= PRECISION:
            return order
    return LARGEST_ORDER


@dataclass(frozen=True)
class RateRule:
    """Trapezoid nodes u = 2^(k / chains), so that doubling u runs through them in few chains.

    Parameters
    ----------
    starts : (chains,)
        Least node of each chain.
    steps : int
        Nodes per chain; node k of chain c is starts[c] 2^k.
    weights : (exponents, steps, chains)
        Weights of (1 + y)^-b = sum weight e^(-u y), one table per exponent b.
    error : float
        Bound on the relative error of (1 + y)^-b, of its first two derivatives, and of every
        positive mixture of them.
    """

    starts: Floats
    steps: int
    weights: Floats
    error: float


def rate_rule(exponents: Floats, largest: float, tolerance: float) -> RateRule:
    """Return nodes and weights for powers with these exponents and data up to `largest`.

    The trapezoid rule in log u has the same relative error for every amount of data: with step h
    and a = b + 2 for second derivatives it is at most 2 sum_m |Gamma(a + 2 pi i m / h)| / Gamma(a).

    Parameters
    ----------
    exponents : (E,)
    largest : float
        Largest weighted amount of data any coalition has.
    tolerance : float
        Relative error aimed at.
    """
    part = 0.25 * max(tolerance, PRECISION)
    ends = float(exponents.min()), float(exponents.max())
    chains = 1
    while _periodic_error(ends[1] + 2, chains) > part:
        chains += 1
    step = math.log(2) / chains
    low = min(_lower_end(b + 1, part) for b in ends) - math.log1p(largest)
    high = max(_upper_end(b + 2, part) for b in ends)
    first = math.floor(low / step)
    steps = math.ceil((math.ceil(high / step) - first + 1) / chains)
    number = first + np.arange(steps * chains)
    u = np.exp2(number / chains)
    gammas = np.array([math.lgamma(b) for b in exponents])
    log_weights = np.multiply.outer(exponents, step * number) - u - gammas[:, None]
    weights = (step * np.exp(log_weights)).reshape(len(exponents), steps, chains)
    error = _periodic_error(ends[1] + 2, chains) + 2 * part
    return RateRule(u[:chains].copy(), steps, weights, error)


@cache
def _periodic_error(shape: float, chains: int) -> float:
    """Return 2 sum_m |Gamma(shape + i m w)| / Gamma(shape), w = 2 pi chains / log 2, from above.

    |Gamma(a + i w)| <= Gamma(a) e^(-w t) cos(t)^-a for every angle t below a right one.
    """
    total = term = 0.0
    for m in range(1, 4):
        wave = 2 * math.pi * m * chains / math.log(2)
        angle = math.atan(wave / shape)
        term = 2 * math.exp(-wave * angle - shape * math.log(math.cos(angle)))
        total += term
    return total + term  # the terms left out fall faster than a geometric series


@cache
def _lower_end(shape: float, part: float) -> float:
    """Return log u below which int u^(shape - 1) e^-u du is at most `part` of Gamma(shape)."""
    return (math.log(part) + math.lgamma(shape + 1)) / shape


@cache
def _upper_end(shape: float, part: float) -> float:
    """Return log u above which the same integral is at most `part` of Gamma(shape)."""
    goal = -math.log(part) - math.lgamma(shape)
    u = max(2 * shape, 1.0)
    for _ in range(60):
        u = max(goal + shape * math.log(u), 2 * shape, 1.0)
    return math.log(u)
