r"""Weighted shares: agent j arrives before time y with chance y^m_j, m_j whole numbers.

Weights that are fractions stand in the ratios of whole numbers m_j, and only ratios matter. The
share of agent i averages over the others who have arrived when i does, of density m_i y^(m_i - 1):

    a coalition of k_t of the other o_t agents of every kind t has the chance
        prod_t C(o_t, k_t) m_i int_0^1 y^(m_i - 1 + sum m_t k_t) prod_t (1 - y^m_t)^(o_t - k_t) dy,
    a product of factors a_j outside and k_j inside a coalition has the average
        G_i = m_i int_0^1 y^(m_i - 1) prod_{j != i} ((1 - y^m_j) a_j + y^m_j k_j) dy.

Both integrands are polynomials in y of degree sum_j m_j - 1. The first is integrated term by term,
in fractions. The second is too where numbers are fractions; elsewhere Gauss's rule with half as
many nodes as the degree is exact, enclosures of nodes and weights enclose the integral, and all
numbers added are positive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import BALLS, Arithmetic, Quantity
from mdsolve.certificate.shares.ends import at_ends
from mdsolve.certificate.shares.rules import CHUNK, enclosed

Indices = npt.NDArray[np.intp]

Arrivals = tuple[int, ...]
"""m_j of every agent; 1 for all is the Shapley value."""

LARGEST_DEGREE = 4000
"""Largest sum of whole weights."""

TERMS = 4_000_000
"""Most terms of polynomials of one table of chances: some seconds."""


def in_whole_numbers(weights: Sequence[Fraction]) -> Arrivals:
    """Return positive weights as whole numbers in the same ratios.

    Raises
    ------
    NoRouteError
        If these are too large.

    Examples
    --------
    >>> in_whole_numbers([Fraction(1, 2), Fraction(3, 4)])
    (2, 3)
    """
    denominator = 1
    for weight in weights:
        denominator = denominator * weight.denominator // math.gcd(denominator, weight.denominator)
    whole = [weight.numerator * (denominator // weight.denominator) for weight in weights]
    common = math.gcd(*whole)
    found = tuple(entry // common for entry in whole)
    if len(set(found)) > 1 and sum(found) > LARGEST_DEGREE:
        message = f"weights are in the ratios of whole numbers that sum to {sum(found):,}"
        raise NoRouteError(message)
    return found


def chances_of_others(
    others: Sequence[int], own: int, counts: Sequence[int], weights: Arrivals
) -> list[Fraction]:
    """Return the chances of the others' coalitions when an agent of one kind arrives.

    Parameters
    ----------
    others : sequence of int
        Agents of each kind without the arriving one; the first kind's number changes fastest.
    own : int
        The kind of whoever arrives.
    counts, weights : (kinds,)
        Agents of each kind, and m of each.

    Examples
    --------
    >>> chances_of_others([0, 1], 0, [1, 1], (1, 2))
    [Fraction(2, 3), Fraction(1, 3)]
    """
    table = _integrals(tuple(counts), weights)
    ways, places, stride = [1], [0], 1
    for kind, count in enumerate(others):
        ways = [way * math.comb(count, k) for k in range(count + 1) for way in ways]
        shift = stride if kind == own else 0
        places = [place + shift + stride * k for k in range(count + 1) for place in places]
        stride *= counts[kind] + 1
    found = []
    for way, place in zip(ways, places, strict=True):
        chance = table[place] * (way * weights[own])
        found.append(Fraction(int(chance.p), int(chance.q)))
    return found


@lru_cache(maxsize=8)
def _integrals(counts: tuple[int, ...], weights: Arrivals) -> list[Any]:
    """Return int y^(sum m_t k_t - 1) prod_t (1 - y^m_t)^(n_t - k_t) dy for all numbers k, k != 0.

    Raises
    ------
    NoRouteError
        If the polynomials have too many terms.
    """
    degree = sum(count * weight for count, weight in zip(counts, weights, strict=True))
    terms = degree * math.prod(count + 1 for count in counts)
    if terms > TERMS:
        message = f"chances of coalitions need {terms:,} terms; at most {TERMS:,} are tried"
        raise NoRouteError(message)
    polynomials, powers = [flint.fmpz_poly([1])], [0]
    for count, weight in zip(counts, weights, strict=True):
        away = 1 - flint.fmpz_poly([0] * weight + [1])
        kept = [away ** (count - k) for k in range(count + 1)]
        polynomials = [p * kept[k] for k in range(count + 1) for p in polynomials]
        powers = [power + weight * k for k in range(count + 1) for power in powers]
    return [
        _integral(polynomial, power - 1) if power else flint.fmpq(0)
        for polynomial, power in zip(polynomials, powers, strict=True)
    ]


def _integral(polynomial: Any, power: int) -> Any:
    """Return int_0^1 y^power p(y) dy of a polynomial with whole coefficients."""
    moved = flint.fmpq_poly(polynomial) * flint.fmpq_poly([0] * power + [1])
    return moved.integral()(flint.fmpq(1))


@dataclass(frozen=True)
class ArrivalRule:
    """Gauss's rule for averages over arrivals, shape (kinds, nodes) each.

    Parameters
    ----------
    joined, away : quantities
        y^m and 1 - y^m.
    weight : quantity
        The rule's weight times m y^(m - 1).
    """

    joined: Quantity
    away: Quantity
    weight: Quantity


@cache
def arrival_rule(arithmetic: Arithmetic, weights: Arrivals, degree: int) -> ArrivalRule:
    """Return the rule that is exact for polynomials of this degree, less one."""
    count = (degree + 1) // 2
    with BALLS.context():
        roots = [flint.arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        nodes = [((1 + x) / 2, (1 - x) / 2, w / 2) for x, w in roots]
        joined = [[y**m for y, _, _ in nodes] for m in weights]
        # (1 - y)(1 + y + ... + y^(m-1)) keeps the digits of 1 - y.
        away = [[rest * _geometric(y, m) for y, rest, _ in nodes] for m in weights]
        scaled = [[m * y ** (m - 1) * w for y, _, w in nodes] for m in weights]
        shape = (len(weights), count)
        flat = ([entry for row in rows for entry in row] for rows in (joined, away, scaled))
        return ArrivalRule(*(enclosed(arithmetic, column).reshape(*shape) for column in flat))


def _geometric(y: Any, terms: int) -> Any:
    total = flint.arb(0)
    for _ in range(terms):
        total = total * y + 1
    return total


def arrival_work(rows: int, counts: Indices, weights: Arrivals) -> int:
    """Return about how many factors the averages of so many rows take."""
    return rows * len(counts) * (_degree(counts, weights) + 1) // 2


def _degree(counts: Indices, weights: Arrivals) -> int:
    return int(sum(int(n) * m for n, m in zip(counts, weights, strict=True)))


def arrival_averages(
    arithmetic: Arithmetic,
    absent: Quantity | None,
    kept: Quantity,
    counts: Indices,
    weights: Arrivals,
) -> Quantity:
    """Return G of every kind of agent in every row, shape (kinds, rows).

    Parameters
    ----------
    absent, kept : (rows, kinds)
        Factors outside and inside a coalition; None: 1 outside.
    counts, weights : (kinds,)
        Agents of each kind, and m of each.
    """
    if arithmetic.exact:
        return _by_terms(absent, kept, counts, weights)
    rule = arrival_rule(arithmetic, weights, _degree(counts, weights))
    kinds, nodes = rule.joined.shape
    step = max(1, CHUNK // (kinds * nodes))
    found = [
        _summed(
            arithmetic,
            rule,
            None if absent is None else absent[begin : begin + step],
            kept[begin : begin + step],
            counts,
        )
        for begin in range(0, kept.shape[0], step)
    ]
    joined = arithmetic.concatenate(found)
    return arithmetic.mapped(joined, lambda ends: np.ascontiguousarray(ends.T))


def _summed(
    arithmetic: Arithmetic,
    rule: ArrivalRule,
    absent: Quantity | None,
    kept: Quantity,
    counts: Indices,
) -> Quantity:
    """Return the rule's sums of products without each kind's own factor, shape (rows, kinds)."""
    exponents = counts.reshape(-1, 1, 1)

    def formula(system: Arithmetic, away: Any, join: Any, weight: Any, kept: Any, *out: Any) -> Any:
        del system
        # Kinds first: products then run along memory.
        factors = join[:, None, :] * kept.T[:, :, None]
        factors = factors + away[:, None, :] * (out[0].T[:, :, None] if out else 1)
        product = np.multiply.reduce(factors**exponents, axis=0)
        return np.sum(weight[:, None, :] * product / factors, axis=-1).T

    kinds, nodes = rule.joined.shape
    units = 3 * int(counts.sum()) + 4 * kinds + nodes + 16
    rising = [rule.away, rule.joined, rule.weight, kept, *([] if absent is None else [absent])]
    return at_ends(arithmetic, formula, rising=rising, units=units)


def _by_terms(
    absent: Quantity | None, kept: Quantity, counts: Indices, weights: Arrivals
) -> Quantity:
    """Return the same in fractions: products of polynomials, integrated term by term."""
    rows, kinds = kept.shape
    found = np.empty((kinds, rows), dtype=object)
    one = flint.fmpq(1)
    for row in range(rows):
        factors = []
        for kind, m in enumerate(weights):
            outside = one if absent is None else absent[row, kind]
            inside = flint.fmpq_poly([0] * m + [kept[row, kind] - outside])
            factors.append(flint.fmpq_poly([outside]) + inside)
        for kind, m in enumerate(weights):
            product = flint.fmpq_poly([0] * (m - 1) + [m])
            for other, factor in enumerate(factors):
                product *= factor ** int(counts[other] - (other == kind))
            found[kind, row] = product.integral()(one)
    return found
