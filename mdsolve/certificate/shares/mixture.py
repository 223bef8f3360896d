r"""Shares of powers of an amount of data, as mixtures of products, by a trapezoidal sum.

With c = offset + w.s over a coalition and w_i s_i = d,

    c^-b - (c + d)^-b = 1/Gamma(b) int_0^oo u^(b-1) e^(-u c) (1 - e^(-u d)) du,        (share)
    b w_i (c + d)^-(b+1) = 1/Gamma(b) int_0^oo u^b w_i e^(-u (c + d)) du,              (slope)

and the average over coalitions of e^(-u w.s) is a product for every u (`rules`).

**In u** put u = e^t and add up at t = k h, all integers k. The Fourier transform of
e^(a t) e^(-c e^t) at frequency f is Gamma(a - i f) c^-(a - i f), so by Poisson's formula the
infinite sum is Gamma(a) c^-a (1 + r) with the same bound for *every* coalition's c,

    |r| <= E(a) = 2 sum_{m >= 1} |Gamma(a + 2 pi i m / h)| / Gamma(a).

Turning the path of Euler's integral by an angle t < pi/2 gives |Gamma(a + i f)| <= Gamma(a)
e^(-f t) cos(t)^-a, hence E(a) <= 2 cos(t)^-a g / (1 - g) with g = exp(-2 pi t / h).
A slope is a positive mixture of such powers with a = b + 1: relative error E(b + 1). A share is a
difference of two mixtures with a = b, each at most offset^-b: absolute error 2 E(b) offset^-b.

**Cut ends.** All terms are positive, G_i <= 1 and 1 - e^(-u d) <= min(1, u d). Up to the factor
h / Gamma(b), the nodes left of the first, u_0, add at most w_i u_0^(b+1) / (e^(h(b+1)) - 1) to a
slope, and s_i times that to a share. To the right, with C the offset, u^p e^(-u C) falls from node
to node at least by the factor r = e^(hp) e^(-C u_1 (e^h - 1)) < 1 from the first node left out,
u_1, on, which leaves at most u_1^p e^(-C u_1) / (1 - r); p = b + 1, times w_i, for a slope and
p = b for a share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.intervals import ELEMENTARY, widened
from mdsolve.certificate.numbers import BALLS, INTERVALS, Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.together import DecayPart
from mdsolve.certificate.shares.alike import Alike, alike, once
from mdsolve.certificate.shares.arrivals import Arrivals
from mdsolve.certificate.shares.averages import averages, work
from mdsolve.certificate.shares.base import ConcavePart, Index
from mdsolve.certificate.shares.ends import at_ends
from mdsolve.certificate.shares.rules import CHUNK, accuracy_bits, enclosed

Indices = npt.NDArray[np.intp]

STEPS_PER_FOLD = range(2, 64)
"""Nodes per factor e in u that may be chosen."""


@dataclass(frozen=True)
class Nodes:
    """Where a power's integral is added up, and what is left out.

    Parameters
    ----------
    points, densities, slope_densities : (nodes,)
        u_k, h u^b e^(-u offset) / Gamma(b), and u times that.
    slope_error : quantity of shape ()
        Enclosure of 1 / (1 + r).
    slope_rest, share_rest_left, share_rest_right : quantities of shape ()
        What the cut ends add at most, per unit of weight, of weighted data, and at all.
    share_error : quantity of shape ()
        Absolute error of a share, per unit of money.
    """

    points: Quantity
    densities: Quantity
    slope_densities: Quantity
    slope_error: Quantity
    slope_rest: Quantity
    share_rest_left: Quantity
    share_rest_right: Quantity
    share_error: Quantity


def step_error(power: Any, step: Any) -> Any:
    """Return the bound E(a) on the relative error of the sum with step h, a ball.

    Examples
    --------
    >>> bool(step_error(flint.fmpq(2), flint.fmpq(1, 8)) < 1e-29)
    True
    """
    # Any angle between 0 and pi/2 gives a valid bound; this one is nearly the best.
    angle = flint.arb(math.atan(2 * math.pi / float(step) / float(power)))
    fall = (-2 * flint.arb.pi() * angle / flint.arb(step)).exp()
    return 2 * angle.cos() ** (-flint.arb(power)) * fall / (1 - fall)


def nodes_for(
    arithmetic: Arithmetic, exponent: Fraction, offset: Quantity, reach: float, agents: int
) -> Nodes:
    """Return the nodes for an exponent b.

    The error of a share is one of the whole, so that it has to be small even among many agents.

    Parameters
    ----------
    offset : quantity of shape ()
        The least amount of data of any coalition, positive.
    reach : float
        About the largest weighted amount that contributions add.
    """
    base = _ball(arithmetic, offset)
    if not base > 0:
        message = "without any data an accuracy is unbounded, and so are Shapley shares"
        raise NoRouteError(message)
    bits = accuracy_bits(arithmetic) + agents.bit_length()
    b = flint.fmpq(exponent.numerator, exponent.denominator)
    folds = next(
        (k for k in STEPS_PER_FOLD if float(step_error(b + 1, flint.fmpq(1, k))) < 2.0**-bits),
        STEPS_PER_FOLD[-1],
    )
    h = flint.fmpq(1, folds)
    scale, power, depth = float(base), float(b + 1), bits * math.log(2)
    far = math.log(scale + reach)
    first = math.floor(folds * (-depth / power - far))
    top = (depth + power * max(far, 0.0) + power) / scale
    while power * math.log(top) - scale * top > -depth - power * far:
        top *= 1.25
    last = math.ceil(folds * math.log(top))
    fold = flint.arb(h).exp()
    points = [(flint.arb(h) * k).exp() for k in range(first, last + 1)]
    gamma = flint.arb(b).gamma()
    densities = [flint.arb(h) * u ** flint.arb(b) * (-u * base).exp() / gamma for u in points]
    left = flint.arb(h) * points[0] ** flint.arb(b + 1) / gamma / (fold ** flint.arb(b + 1) - 1)
    beyond = points[-1] * fold

    def right(p: Any) -> Any:
        ratio = fold ** flint.arb(p) * (-base * beyond * (fold - 1)).exp()
        assert ratio < 1
        return flint.arb(h) * beyond ** flint.arb(p) * (-base * beyond).exp() / gamma / (1 - ratio)

    relative = step_error(b + 1, h).upper()
    absolute = 2 * step_error(b, h) * base ** (-flint.arb(b))

    def one(value: Any) -> Quantity:
        return enclosed(arithmetic, [value])[0:1].reshape(())

    return Nodes(
        enclosed(arithmetic, points),
        enclosed(arithmetic, densities),
        enclosed(arithmetic, [u * density for u, density in zip(points, densities, strict=True)]),
        one(1 / (1 + flint.arb(0, relative))),
        one(flint.arb(0).union(left + right(b + 1))),
        one(flint.arb(0).union(left)),
        one(flint.arb(0).union(right(b))),
        one(flint.arb(0, absolute.upper())),
    )


def _ball(arithmetic: Arithmetic, number: Quantity) -> Any:
    if arithmetic is BALLS:
        return flint.arb(np.asarray(number, dtype=object).item())
    low, high = float(arithmetic.lower(number)), float(arithmetic.upper(number))
    return flint.arb(low).union(flint.arb(high))


@dataclass(frozen=True)
class MixturePart(ConcavePart):
    """Shares of -sum_r money_r (offset + w_r.s)^-b.

    Parameters
    ----------
    decays : sequence of DecayPart
    nodes : sequence of Nodes
        Of each of them.
    kinds : Alike
        Agents with equal weights in all of them, and equal contributions.
    averages : sequence of (kinds, nodes)
        G of every kind at every node.
    """

    arithmetic: Arithmetic
    decays: Sequence[DecayPart]
    nodes: Sequence[Nodes]
    kinds: Alike
    averages: Sequence[Quantity]

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return sum over rows of int (1 - e^(-u d)) G."""
        return once(self.kinds, agents, [own], self._shares)

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return sum over rows of int u w e^(-u d) G; G does not see the own contribution."""
        del side
        return once(self.kinds, agents, [own], self._slopes)

    def _shares(self, agents: Indices, own: Quantity) -> Quantity:
        kind = self.kinds.kind[agents]
        found = self.arithmetic.zeros(len(agents))
        for decay, nodes, joined in zip(self.decays, self.nodes, self.averages, strict=True):
            data = decay.weights[agents] * own
            summed = _mixed(self.arithmetic, nodes.densities, nodes.points, data, joined, kind)
            rest = nodes.share_rest_left * data + nodes.share_rest_right + nodes.share_error
            silent = (self.arithmetic.lower(data) == 0) & (self.arithmetic.upper(data) == 0)
            rest = self.arithmetic.where(silent, 0 * rest, rest)
            found = found + decay.money * (summed + rest)
        return found

    def _slopes(self, agents: Indices, own: Quantity) -> Quantity:
        kind = self.kinds.kind[agents]
        found = self.arithmetic.zeros(len(agents))
        for decay, nodes, joined in zip(self.decays, self.nodes, self.averages, strict=True):
            weight = decay.weights[agents]
            summed = _mixed(
                self.arithmetic,
                nodes.slope_densities,
                nodes.points,
                weight * own,
                joined,
                kind,
                falling=True,
            )
            rise = (summed + nodes.slope_rest) * nodes.slope_error
            found = found + decay.money * weight * rise
        return found


def _mixed(
    arithmetic: Arithmetic,
    densities: Quantity,
    points: Quantity,
    data: Quantity,
    joined: Quantity,
    kind: Indices,
    *,
    falling: bool = False,
) -> Quantity:
    """Return sum_k density_k G_k (1 - e^(-u_k d)), or e^(-u_k d) where falling, shape (m,)."""

    def fall(system: Arithmetic, data: Any, points: Any, densities: Any, joined: Any) -> Any:
        decayed = system.exponential(-(data[:, None] * points))
        return np.sum(decayed * joined * densities, axis=1)

    def rise(system: Arithmetic, data: Any, points: Any, densities: Any, joined: Any) -> Any:
        left = -system.exponential_less_one(-(data[:, None] * points))
        return np.sum(left * joined * densities, axis=1)

    nodes = points.shape[0]
    units = ELEMENTARY + nodes + 16
    points = _for_products(arithmetic, points)
    found = []
    step = max(1, CHUNK // nodes)
    for begin in range(0, len(kind), step):
        there = slice(begin, begin + step)
        own, averaged = data[there], joined[kind[there]]
        if falling:
            found.append(
                at_ends(
                    arithmetic,
                    fall,
                    falling=(own, points),
                    rising=(densities, averaged),
                    units=units,
                )
            )
        else:
            rising = (own, points, densities, averaged)
            found.append(at_ends(arithmetic, rise, rising=rising, units=units))
    return arithmetic.concatenate(found) if found else arithmetic.zeros(0)


def _decayed(arithmetic: Arithmetic, data: Quantity, points: Quantity) -> Quantity:
    """Return e^(-u d), shape (nodes, m)."""

    def formula(system: Arithmetic, data: Any, points: Any) -> Any:
        return system.exponential(-(points[:, None] * data))

    falling = data, _for_products(arithmetic, points)
    return at_ends(arithmetic, formula, falling=falling, units=ELEMENTARY)


def _for_products(arithmetic: Arithmetic, points: Quantity) -> Quantity:
    """Return nodes two units wider, which takes care of how the product u d is rounded."""
    return widened(points.low, points.high, 2) if arithmetic is INTERVALS else points


def mixture_part(
    arithmetic: Arithmetic,
    decays: Sequence[DecayPart],
    s: Quantity,
    index: Index,
    limit: int,
    arrivals: Arrivals | None = None,
) -> MixturePart:
    """Return the shares of powers of data at a profile.

    Raises
    ------
    NoRouteError
        If there are too many agents, rows and nodes.
    """
    weighted = [] if arrivals is None else [np.array(arrivals, dtype=np.float64)]
    kinds = alike([*(decay.weights for decay in decays), s, *weighted])
    own = None if arrivals is None else tuple(arrivals[k] for k in kinds.first)
    known: dict[Any, Nodes] = {}
    nodes = []
    reaches = [float(arithmetic.nearest(arithmetic.total(d.weights * s))) for d in decays]
    with BALLS.context():
        for decay in decays:
            key = decay.exponent, float(arithmetic.nearest(decay.offset))
            if key not in known:
                known[key] = nodes_for(
                    arithmetic, decay.exponent, decay.offset, max(reaches), int(s.shape[0])
                )
            nodes.append(known[key])
    needed = sum(work(each.points.shape[0], kinds.counts, own) for each in nodes)
    if needed > limit:
        message = f"the shares need {needed:,} products; at most {limit:,} are tried"
        raise NoRouteError(message)
    found = []
    for decay, each in zip(decays, nodes, strict=True):
        data = (decay.weights * s)[kinds.first]
        kept = _decayed(arithmetic, data, each.points)
        found.append(averages(arithmetic, None, kept, kinds.counts, index, own))
    return MixturePart(arithmetic, decays, nodes, kinds, found)
