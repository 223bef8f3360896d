r"""Shapley shares and slopes by rigorous quadrature: enclosures for any number of agents.

For a power payoff, with c = 1 + platform + w.s over a coalition and w_i s_i = d,

    c^-b - (c + d)^-b = 1/Gamma(b) int_0^oo u^(b-1) e^(-u c) (1 - e^(-u d)) du,        (share)
    b w_i (c + d)^-(b+1) = 1/Gamma(b) int_0^oo u^b w_i e^(-u (c + d)) du.              (slope)

The average over coalitions of e^(-u w.s) factorises given the chance x that an agent is in:

    G_i(u) = int_0^1 prod_{j != i} (1 - x q_j(u)) dx,     q_j(u) = 1 - exp(-u w_j s_j).

**In x** the integrand is a polynomial of degree n - 1, and Gauss-Legendre with ceil(n/2) nodes is
exact for degree 2 ceil(n/2) - 1 >= n - 1. Nodes and weights are balls around the true ones.

**In u** put u = e^t and add up at t = k h, all integers k. The Fourier transform of
e^(a t) e^(-c e^t) at frequency f is Gamma(a - i f) c^-(a - i f), so by Poisson's formula the
infinite sum is Gamma(a) c^-a (1 + r) with the same bound for *every* coalition's c,

    |r| <= E(a) = 2 sum_{m >= 1} |Gamma(a + 2 pi i m / h)| / Gamma(a).

Turning the path of Euler's integral by an angle t < pi/2 gives |Gamma(a + i f)| <= Gamma(a)
e^(-f t) cos(t)^-a, hence E(a) <= 2 cos(t)^-a g / (1 - g) with g = exp(-2 pi t / h).
A slope is a positive mixture of such powers with a = b + 1: relative error E(b + 1). A share is a
difference of two mixtures with a = b, each at most (1 + platform)^-b: absolute error
2 E(b) (1 + platform)^-b.

**Cut ends.** All terms are positive, G_i <= 1 and 1 - e^(-u d) <= min(1, u d). Up to the factor
h / Gamma(b), the nodes left of the first, u_0, add at most w_i u_0^(b+1) / (e^(h(b+1)) - 1) to a
slope, and s_i times that to a share. To the right, with C = 1 + platform, u^p e^(-u C) falls from
node to node at least by the factor r = e^(hp) e^(-C u_1 (e^h - 1)) < 1 from the first node left
out, u_1, on, which leaves at most u_1^p e^(-C u_1) / (1 - r); p = b + 1, times w_i, for a slope and
p = b for a share.

Items of `coverage` are products already: one node each, without integral and without error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import flint

from mdsolve.certificate.rigorous.coalitions import ItemRow, Row, SumRow
from mdsolve.certificate.rigorous.costs import Side
from mdsolve.certificate.rigorous.curves import PowerCurve
from mdsolve.certificate.rigorous.numbers import ZERO, Number

Numbers = Sequence[Number]

ACCURACY_BITS = 70
"""Relative accuracy that steps and ends are chosen for; what is reached is computed."""

WORK_LIMIT = 20_000_000
"""Most products of (nodes in u, nodes in x, agents), about 0.6 microseconds each."""

STEPS_PER_FOLD = range(4, 64)
"""Nodes per factor e in u that may be chosen."""


@dataclass(frozen=True)
class Nodes:
    """Where a power payoff's integral is added up, and what is left out.

    Parameters
    ----------
    points : numbers u_k
    densities : numbers
        h u^b e^(-u (1 + platform)) / Gamma(b).
    slope_error : number
        Enclosure of 1 / (1 + r).
    slope_rest, share_rest_left, share_rest_right : numbers
        What the cut ends add at most, per unit of weight, of weighted data, and at all.
    share_error : number
        Absolute error of a share, per unit of money.
    """

    points: Numbers
    densities: Numbers
    slope_error: Number
    slope_rest: Number
    share_rest_left: Number
    share_rest_right: Number
    share_error: Number


def step_error(power: Number, step: Number) -> Number:
    """Return the bound E(a) on the relative error of the sum with step h.

    Examples
    --------
    >>> bool(step_error(flint.fmpq(2), flint.fmpq(1, 8)) < 1e-29)
    True
    """
    angle = _angle(float(power), float(step))
    fall = (-2 * flint.arb.pi() * angle / flint.arb(step)).exp()
    return 2 * angle.cos() ** (-flint.arb(power)) * fall / (1 - fall)


def _angle(power: float, step: float) -> Number:
    """Return a good angle; any between 0 and pi/2 gives a valid bound."""
    return flint.arb(math.atan(2 * math.pi / step / power))


def nodes_for(exponent: Number, nobody: Number, reach: Number) -> Nodes:
    """Return the nodes for a payoff with that exponent b.

    Parameters
    ----------
    nobody, reach : number
        The least and the largest amount of data of any coalition.
    """
    b, base = exponent, 1 + nobody
    wanted = 2.0**-ACCURACY_BITS
    folds = next(
        (k for k in STEPS_PER_FOLD if float(step_error(b + 1, flint.fmpq(1, k))) < wanted),
        STEPS_PER_FOLD[-1],
    )
    h = flint.fmpq(1, folds)
    far = math.log(float(1 + reach))
    depth = ACCURACY_BITS * math.log(2)
    first = math.floor(folds * (-depth / float(b + 1) - far))
    power = float(b + 1)
    scale, top = float(base), (depth + power * far + power) / float(base)
    while power * math.log(top) - scale * top > -depth - power * far:
        top *= 1.25
    last = math.ceil(folds * math.log(top))
    fold = flint.arb(h).exp()
    points = [(flint.arb(h) * k).exp() for k in range(first, last + 1)]
    gamma = flint.arb(b).gamma()
    densities = [flint.arb(h) * u ** flint.arb(b) * (-u * base).exp() / gamma for u in points]
    left = flint.arb(h) * points[0] ** flint.arb(b + 1) / gamma / (fold ** flint.arb(b + 1) - 1)
    beyond = points[-1] * fold

    def right(p: Number) -> Number:
        ratio = fold ** flint.arb(p) * (-base * beyond * (fold - 1)).exp()
        assert ratio < 1
        return flint.arb(h) * beyond ** flint.arb(p) * (-base * beyond).exp() / gamma / (1 - ratio)

    relative = step_error(b + 1, h).upper()
    absolute = 2 * step_error(b, h) * flint.arb(base) ** flint.arb(-b)
    return Nodes(
        points,
        densities,
        1 / (1 + flint.arb(0, relative)),
        left + right(b + 1),
        left,
        right(b),
        absolute.upper(),
    )


class QuadratureShares:
    """Shapley shares of power and coverage payoffs at a profile."""

    def __init__(self, rows: Sequence[Row], s: Numbers) -> None:
        self.rows, self.s = rows, s

    @cached_property
    def _nodes(self) -> list[Nodes | None]:
        found: list[Nodes | None] = []
        for row in self.rows:
            if not isinstance(row, SumRow):
                found.append(None)
                continue
            assert isinstance(row.curve, PowerCurve)
            parts = [row.part(agent, amount) for agent, amount in enumerate(self.s)]
            reach = sum(parts, row.nobody) + max(row.weights)
            found.append(nodes_for(row.curve.exponent, row.nobody, reach))
        return found

    @property
    def work(self) -> int:
        """Number of products in the sums."""
        points = sum(1 if nodes is None else len(nodes.points) for nodes in self._nodes)
        return points * ((len(self.s) + 1) // 2) * len(self.s)

    @cached_property
    def _gauss(self) -> list[tuple[Number, Number]]:
        """Nodes and weights on [0, 1]."""
        count = (len(self.s) + 1) // 2
        found = [flint.arb.legendre_p_root(count, k, weight=True) for k in range(count)]
        return [((1 + x) / 2, weight / 2) for x, weight in found]

    def _averages(self, kept: Numbers) -> list[Number]:
        """Return G_i for chances `kept` = 1 - q_j, in (0, 1]."""
        lost = [1 - keep for keep in kept]
        averages = [flint.arb(0)] * len(kept)
        for x, weight in self._gauss:
            factors = [1 - x * q for q in lost]
            product = weight
            for factor in factors:
                product = product * factor
            averages = [a + product / f for a, f in zip(averages, factors, strict=True)]
        return averages

    @cached_property
    def _joined(self) -> list[list[list[Number]]]:
        """Return per row, node and agent: money times density times G_i."""
        result = []
        for row, nodes in zip(self.rows, self._nodes, strict=True):
            if nodes is None:
                assert isinstance(row, ItemRow)
                kept = [row.part(agent, amount) for agent, amount in enumerate(self.s)]
                result.append([[row.money * average for average in self._averages(kept)]])
                continue
            assert isinstance(row, SumRow)
            assert isinstance(row.curve, PowerCurve)
            money = row.money * row.curve.scale
            parts = [row.part(agent, amount) for agent, amount in enumerate(self.s)]
            table = []
            for u, density in zip(nodes.points, nodes.densities, strict=True):
                averages = self._averages([(-u * part).exp() for part in parts])
                table.append([money * density * average for average in averages])
            result.append(table)
        return result

    @cached_property
    def shares(self) -> list[Number]:
        """phi_i(s), in money."""
        return [self._share(agent) for agent in range(len(self.s))]

    def _share(self, agent: int) -> Number:
        found = flint.arb(0)
        for row, nodes, table in zip(self.rows, self._nodes, self._joined, strict=True):
            part = row.part(agent, self.s[agent])
            if nodes is None:
                found += (1 - part) * table[0][agent]
                continue
            assert isinstance(row, SumRow)
            assert isinstance(row.curve, PowerCurve)
            if part == 0:
                continue
            for u, averages in zip(nodes.points, table, strict=True):
                found -= (-u * part).expm1() * averages[agent]
            rest = nodes.share_rest_left * part + nodes.share_rest_right
            slack = flint.arb(0).union(rest) + flint.arb(0, nodes.share_error)
            found += row.money * row.curve.scale * slack
        return found

    def slope(self, agent: int, own: Number, side: Side) -> Number:  # noqa: ARG002 - smooth
        """Return d phi_i / d s_i at another own contribution."""
        found = flint.arb(0)
        for row, nodes, table in zip(self.rows, self._nodes, self._joined, strict=True):
            if nodes is None:
                assert isinstance(row, ItemRow)
                rate = row.accuracy.rate(agent, row.item)
                found += ZERO if rate == 0 else rate * row.part(agent, own) * table[0][agent]
                continue
            assert isinstance(row, SumRow)
            assert isinstance(row.curve, PowerCurve)
            weight = row.weights[agent]
            if weight == 0:
                continue
            summed = flint.arb(0)
            for u, averages in zip(nodes.points, table, strict=True):
                summed += u * (-u * (weight * own)).exp() * averages[agent]
            rest = flint.arb(0).union(nodes.slope_rest) * row.money * row.curve.scale
            found += weight * (summed + rest) * nodes.slope_error
        return found


def has_quadrature(rows: Sequence[Row]) -> bool:
    """Tell whether every row is a product or an integral of products."""
    return all(
        isinstance(row, ItemRow) or (isinstance(row, SumRow) and isinstance(row.curve, PowerCurve))
        for row in rows
    )
