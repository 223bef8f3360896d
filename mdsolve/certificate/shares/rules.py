r"""Averages over coalitions of products: G_i = int_0^1 prod_{j != i} (a_j - x q_j) dx.

a_j is agent j's factor outside a coalition and k_j = a_j - q_j inside, 0 <= k_j <= a_j <= 1. If
everybody is in with chance x, the factors multiply in expectation, and averaging x over [0, 1] is
what the Shapley value does with coalitions; the Banzhaf value takes x = 1/2.

The integrand is a polynomial of degree n - 1: ceil(n/2) Gauss nodes are exact. Fewer suffice where
Q = sum_j q_j is small, and where it is large almost nothing is left beyond X = D/Q:

    0 <= int_0^X - Gauss_K <= X (XQ)^2K (K!)^4 / ((2K+1) (2K)!^3),
    0 <= int_X^1 <= e^(-X (Q-1)) / (Q-1),

since derivatives of even order are positive and fall, from (2K)! e_2K(q) <= Q^2K at 0, and
a - x q <= e^-xq. In exact arithmetic n equidistant nodes have rational weights and are exact too.
Factors are written (1-x) a + x k: sums of positive numbers, so that no digit is lost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from mdsolve.certificate.intervals import UNIT
from mdsolve.certificate.numbers import BALLS, FLOAT, Arithmetic, Quantity
from mdsolve.certificate.rationals import IrrationalError
from mdsolve.certificate.shares.base import Index
from mdsolve.certificate.shares.ends import at_ends

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

COUNTS = (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 36, 40, 48, 56, 64)
"""Numbers of Gauss nodes to choose from."""

CHUNK = 1 << 18
"""Most factors held at once."""

MARGIN = 1.01
"""Factor that covers the rounding of bounds computed in doubles."""


def accuracy_bits(arithmetic: Arithmetic) -> int:
    """Return the relative accuracy that nodes are chosen for; what is reached is proved."""
    return 80 if arithmetic is BALLS else 45


def enclosed(arithmetic: Arithmetic, balls: Any) -> Quantity:
    """Return balls as numbers of a system.

    Raises
    ------
    IrrationalError
        In exact arithmetic.
    """
    if arithmetic.exact:
        message = "a node of a quadrature"
        raise IrrationalError(message)
    array = np.asarray(balls, dtype=object)
    if arithmetic is BALLS:
        return array
    low, high = BALLS.lower(array), BALLS.upper(array)
    return arithmetic.between(arithmetic.stored(low), arithmetic.stored(high))


@dataclass(frozen=True)
class Rule:
    """Nodes z on [0, 1], 1 - z, and weights, shape (nodes,) each."""

    node: Quantity
    rest: Quantity
    weight: Quantity


@cache
def gauss(arithmetic: Arithmetic, count: int) -> Rule:
    """Return Gauss's rule, exact up to degree 2 count - 1."""
    with BALLS.context():
        roots = [flint.arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        node = [(1 + x) / 2 for x, _ in roots]
        rest = [(1 - x) / 2 for x, _ in roots]
        return Rule(
            enclosed(arithmetic, node),
            enclosed(arithmetic, rest),
            enclosed(arithmetic, [weight / 2 for _, weight in roots]),
        )


@cache
def equidistant(count: int) -> Rule:
    """Return the rule of fractions with nodes (2k+1)/(2 count), exact up to degree count - 1.

    Examples
    --------
    >>> equidistant(3).weight.tolist()
    [3/8, 1/4, 3/8]
    """
    nodes = [flint.fmpq(2 * k + 1, 2 * count) for k in range(count)]
    every = flint.fmpq_poly([1])
    for node in nodes:
        every *= flint.fmpq_poly([-node, 1])
    weights = []
    for node in nodes:
        others = every // flint.fmpq_poly([-node, 1])
        weights.append(others.integral()(flint.fmpq(1)) / others(node))
    column = np.array(nodes, dtype=object)
    return Rule(column, 1 - column, np.array(weights, dtype=object))


def middle(arithmetic: Arithmetic) -> Rule:
    """Return the one node of the Banzhaf value."""
    half = arithmetic.constant(Fraction(1, 2)).reshape(1)
    return Rule(half, half, arithmetic.constant(1).reshape(1))


def averages(
    arithmetic: Arithmetic,
    absent: Quantity | None,
    kept: Quantity,
    counts: Indices,
    index: Index,
) -> Quantity:
    """Return G of every kind of agent in every row, shape (kinds, rows).

    Parameters
    ----------
    absent, kept : (rows, kinds)
        a and k; a row is one product. None: a = 1.
    counts : (kinds,) of int
        Agents of each kind.
    """
    found: list[Quantity] = []
    places: list[Indices] = []
    for rows, rule, reach, left_out in _plan(arithmetic, absent, kept, counts, index):
        step = max(1, CHUNK // (len(counts) * rule.node.shape[0]))
        for begin in range(0, len(rows), step):
            part = rows[begin : begin + step]
            there = slice(begin, begin + step)
            outside = None if absent is None else absent[part]
            summed = _summed(arithmetic, rule, reach[there], outside, kept[part], counts)
            if arithmetic is not FLOAT and left_out[there].any():
                most = arithmetic.stored(left_out[there])
                summed = summed + arithmetic.between(0 * most, most).reshape(-1, 1)
            found.append(summed)
            places.append(part)
    order = np.argsort(np.concatenate(places), kind="stable")
    joined = arithmetic.concatenate(found)[order]
    return arithmetic.mapped(joined, lambda ends: np.ascontiguousarray(ends.T))


def work(rows: int, counts: Indices) -> int:
    """Return about how many factors the averages of so many rows take."""
    return rows * len(counts) * min(COUNTS[-1] // 2, int(counts.sum() + 1) // 2)


def _summed(
    arithmetic: Arithmetic,
    rule: Rule,
    reach: Floats,
    absent: Quantity | None,
    kept: Quantity,
    counts: Indices,
) -> Quantity:
    """Return the rule's sum of products without each kind's own factor, shape (rows, kinds)."""
    width = arithmetic.stored(reach).reshape(-1, 1)
    whole = bool(np.all(reach == 1))
    node = rule.node.reshape(1, -1) if whole else width * rule.node
    rest = rule.rest.reshape(1, -1) if whole else (1 - width) + width * rule.rest
    weight = rule.weight.reshape(1, -1) if whole else width * rule.weight
    repeated = bool(np.any(counts > 1))
    exponents = counts.reshape(-1, 1, 1)

    def formula(
        system: Arithmetic, rest: Any, node: Any, weight: Any, kept: Any, *absent: Any
    ) -> Any:
        del system
        # Kinds first: products then run along memory.
        factors = node * kept.T[:, :, None]
        factors += rest * absent[0].T[:, :, None] if absent else rest
        product = np.multiply.reduce(factors**exponents if repeated else factors, axis=0)
        np.divide(weight * product, factors, out=factors)
        return np.sum(factors, axis=-1).T

    kinds, agents, nodes = len(counts), int(counts.sum()), rule.node.shape[0]
    units = 3 * agents + 4 * kinds + nodes + 16
    rising = [rest, node, weight, kept, *([] if absent is None else [absent])]
    return at_ends(arithmetic, formula, rising=rising, units=units)


def _plan(
    arithmetic: Arithmetic, absent: Quantity | None, kept: Quantity, counts: Indices, index: Index
) -> Iterator[tuple[Indices, Rule, Floats, Floats]]:
    """Return rows, their rule, the ends X and what is left out at most, by numbers of nodes."""
    rows, agents = kept.shape[0], int(counts.sum())
    every, ones, none = np.arange(rows), np.ones(rows), np.zeros(rows)
    if index == "banzhaf":
        yield every, middle(arithmetic), ones, none
        return
    if arithmetic.exact:
        yield every, equidistant(agents), ones, none
        return
    exact = (agents + 1) // 2
    least, most = _mass(arithmetic, absent, kept, counts)
    goal = 2.0 ** -accuracy_bits(arithmetic)
    depth = 1 - math.log(goal)
    reach = depth / np.maximum(most, depth)
    short = reach < 1
    beyond = np.maximum(least - 1, 1.0)
    tail = np.where(least > 2, MARGIN * np.exp(-reach * beyond) / beyond, 1.0)
    tail = np.where(short, tail, 0.0)
    open_rows = np.ones(rows, dtype=np.bool_)
    for count in COUNTS:
        if count >= exact:
            break
        left_out = MARGIN * reach * (reach * most) ** (2 * count) * _gauss_error(count)
        last = count == COUNTS[-1]
        fits = open_rows & (last | (left_out <= goal / (1 + most)))
        if fits.any():
            chosen = np.flatnonzero(fits)
            yield chosen, gauss(arithmetic, count), reach[chosen], (left_out + tail)[chosen]
        open_rows &= ~fits
    if open_rows.any():
        chosen = np.flatnonzero(open_rows)
        yield chosen, gauss(arithmetic, exact), ones[chosen], none[chosen]


def _mass(
    arithmetic: Arithmetic, absent: Quantity | None, kept: Quantity, counts: Indices
) -> tuple[Floats, Floats]:
    """Return bounds of Q = sum_j q_j of every row, computed in doubles."""
    some, all_of_it = np.ones(1), np.ones(1)
    if absent is not None:
        some, all_of_it = arithmetic.lower(absent), arithmetic.upper(absent)
    least = np.maximum(some - arithmetic.upper(kept), 0.0) @ counts
    most = np.maximum(all_of_it - arithmetic.lower(kept), 0.0) @ counts
    # Differences of numbers up to 1 are off by one unit each, and so is every addition.
    off = (counts.sum() + len(counts)) * UNIT
    return least * (1 - off) - off, most * (1 + off) + off


@cache
def _gauss_error(count: int) -> float:
    """Return (K!)^4 / ((2K+1) (2K)!^3), rounded."""
    above = math.factorial(count) ** 4
    return float(Fraction(above, (2 * count + 1) * math.factorial(2 * count) ** 3))
