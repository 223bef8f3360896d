"""What an agent does alone with data of diminishing value: threshold, cut-off cost, optimum.

An agent maximises v(m + P) - c m over the own amount of data m; P is 0 for who trains alone, and
the platform's data for who takes part while nobody else contributes. Curves are 0 up to a
threshold and concave from there on (or concave throughout), so the optimum is either 0 or where
v' meets the cost; it jumps to 0 at the cut-off cost, the slope of the steepest line through
(0, v(P)) that touches the curve ([K22] Theorem I).

Work for n agents: one comparison each against the cut-off, and for those below it one inversion of
v'. That is a closed form for the power families, and a table for `pac` (`pac_optimum`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.game.costs import Costs
from mdsolve.game.curves import BISECTIONS, Curve, MixedCurve
from mdsolve.solver.bisection import boundaries, boundary
from mdsolve.solver.own_payoff import unbounded
from mdsolve.solver.shaping.pac_optimum import pac_amounts, pac_optima

Floats = npt.NDArray[np.float64]

CHUNK = 1 << 15
"""Agents worked on at once: a few arrays of this length stay in the processor's cache."""


def viability_threshold(curve: Curve) -> float:
    """Return m0, the least amount of data from which on more data raise the value, in samples.

    Examples
    --------
    >>> viability_threshold(ThresholdPowerCurve(ceiling=1.0, threshold=30.0, exponent=0.5))
    30.0
    """
    _single(curve)
    return 0.0 if curve.concave else float(curve.kinks[0])


def cutoff_cost(curve: Curve, platform_data: float = 0.0) -> float:
    """Return sup over m > 0 of (v(m + P) - v(P)) / m, in accuracy per sample.

    Agents with a higher cost per unit of accuracy contribute nothing on their own.

    Parameters
    ----------
    platform_data : float
        P, samples that everybody has already.

    Examples
    --------
    >>> curve = ThresholdPowerCurve(ceiling=1.0, threshold=1.0, exponent=1.0)
    >>> round(cutoff_cost(curve), 12)  # (1 - 1/m) / m is largest at m = 2
    0.25
    """
    _single(curve)
    if platform_data >= viability_threshold(curve):
        return float(curve.slope(np.float64(platform_data)))  # type: ignore[arg-type]
    return float(curve.slope(np.float64(_tangent_point(curve, platform_data))))  # type: ignore[arg-type]


def individual_optimum(
    curve: Curve,
    cost: Floats,
    platform_data: float = 0.0,
    capacity: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return what agents with linear costs do alone, and what that is worth to them.

    Parameters
    ----------
    curve : Curve
        One curve for everybody.
    cost : (n,)
        Cost rate divided by the value of accuracy: accuracy per sample.
    platform_data : float
    capacity : (n,) or None
        Largest amounts of own data, in samples.

    Returns
    -------
    m_star : (n,)
        argmax over m of v(m + P) - cost m, in samples; 0 where that is among the best.
    u_star : (n,)
        The maximum, in accuracy.

    Raises
    ------
    UnsupportedError
        If data cost nothing, always help, and there is no capacity.

    Examples
    --------
    >>> curve = ThresholdPowerCurve(ceiling=1.0, threshold=1.0, exponent=1.0)
    >>> m, u = individual_optimum(curve, np.array([0.04, 0.3]))
    >>> m.round(12).tolist(), u.round(12).tolist()
    ([5.0, 0.0], [0.6, 0.0])
    """
    rate = np.asarray(cost, dtype=np.float64)
    top = np.full(rate.shape, np.inf) if capacity is None else capacity
    if isinstance(curve, PacCurve):
        return _pac_optimum(curve, np.ones(rate.shape), rate, top, platform_data)
    nothing = float(curve.value(np.float64(platform_data))) + 0.0  # type: ignore[arg-type]
    amount, worth = np.zeros(rate.shape), np.full(rate.shape, nothing)
    viable = np.flatnonzero(rate < cutoff_cost(curve, platform_data))
    for start in range(0, viable.size, CHUNK):
        agents = viable[start : start + CHUNK]
        price, limit = rate[agents], top[agents]
        own = np.minimum(np.maximum(inverse_slope(curve, price) - platform_data, 0.0), limit)
        if not np.all(np.isfinite(own)):
            raise unbounded(f"number {int(agents[int(np.argmax(own))]) + 1}")
        utility = curve.value(own + platform_data) - price * own
        better = utility > nothing  # a capacity may end below what makes the data worth it
        amount[agents] = np.where(better, own, 0.0)
        worth[agents] = np.where(better, utility, nothing)
    return amount, worth


def optimum_alone(
    curve: Curve, value: Floats, costs: Costs, capacity: Floats, platform_data: float = 0.0
) -> tuple[Floats, Floats]:
    """Return argmax and maximum of value v(m + P) - (c(m) - c(0)), in samples and money.

    Any convex costs; linear ones take the fast route of `individual_optimum`. The fixed cost is
    left out of the maximum: it is borne either way.

    Parameters
    ----------
    value, capacity : (n,)
        Money per accuracy; samples.
    platform_data : float
        P; 0 for agents on their own.
    """
    if costs.is_linear and isinstance(curve, PacCurve):
        return _pac_optimum(curve, value, costs.rate, capacity, platform_data)
    if costs.is_linear:
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(value > 0, costs.rate / value, np.inf)
        amount, worth = individual_optimum(curve, rate, platform_data, capacity)
        return amount, value * worth
    _single(curve)
    begin = min(max(0.0, viability_threshold(curve) - platform_data), float(capacity.max()))

    def slope(own: Floats) -> Floats:
        return np.asarray(value * curve.slope(own + platform_data) - costs.slope(own))

    low = np.minimum(np.full(len(value), begin), capacity)
    high = np.where(np.isfinite(capacity), capacity, np.maximum(1.0, 2 * low))
    for _ in range(BISECTIONS):
        open_ended = ~np.isfinite(capacity) & (slope(high) > 0)
        if not open_ended.any():
            break
        high = np.where(open_ended, 2 * high, high)
    else:
        raise unbounded(f"number {int(np.argmax(open_ended)) + 1}")
    _, high = boundaries(lambda own: slope(own) > 0, low, high)
    gross = value * curve.value(high + platform_data) - (costs.value(high) - costs.fixed)
    nothing = value * float(curve.value(np.float64(platform_data)))  # type: ignore[arg-type]
    better = gross > nothing
    return np.where(better, high, 0.0), np.where(better, gross, nothing)


def _pac_optimum(
    curve: PacCurve, value: Floats, rate: Floats, capacity: Floats, platform_data: float
) -> tuple[Floats, Floats]:
    _single(curve)
    cutoff = cutoff_cost(curve, platform_data)
    amount, worth = pac_optima(curve, rate, value, capacity, cutoff, platform_data)
    most = int(np.argmax(amount))
    if not np.isfinite(amount[most]):
        raise unbounded(f"number {most + 1}")
    return amount, worth


def inverse_slope(curve: Curve, price: Floats) -> Floats:
    """Return the amount of data y at which v'(y) = price; the threshold where v' is lower.

    Parameters
    ----------
    price : (n,)
        Accuracy per sample, 0 or more; 0 asks for infinitely much.

    Returns
    -------
    (n,)
        Samples; at jumps of v' the amount at which it falls below the price.
    """
    begin = viability_threshold(curve)
    if isinstance(curve, PacCurve):
        return pac_amounts(curve, price)
    with np.errstate(divide="ignore", over="ignore"):
        if isinstance(curve, ThresholdPowerCurve):
            e = curve.exponent
            ratio = curve.ceiling * e / (curve.threshold * price)
            return np.asarray(np.maximum(curve.threshold * ratio ** (1 / (e + 1)), begin))
        if isinstance(curve, PowerCurve):
            e = curve.exponent
            return np.asarray(np.maximum((curve.scale * e / price) ** (1 / (e + 1)) - 1, 0.0))
    if isinstance(curve, LinearCurve):
        return np.where(price <= 1, np.inf, 0.0)
    if curve.measured is None:
        return _searched_slope(curve, price, begin)
    kinks = np.array([0.0, *(float(kink) for kink in curve.kinks)])
    slopes = curve.slope(kinks)
    return np.append(kinks, np.inf)[np.searchsorted(-slopes, -price, side="left")]


def _searched_slope(curve: Curve, price: Floats, begin: float) -> Floats:
    """Return `inverse_slope` of any curve that is concave from `begin` on, by bisection."""
    low = np.full(price.shape, begin)
    high = np.maximum(2 * low, 1.0)
    for _ in range(BISECTIONS):
        rising = (price > 0) & (curve.slope(high) > price)
        if not rising.any():
            break
        high = np.where(rising, 2 * high, high)
    _, found = boundaries(lambda y: curve.slope(y) > price, low, high)
    return np.where(price > 0, np.where(curve.slope(low) > price, found, low), np.inf)


def _tangent_point(curve: Curve, platform_data: float) -> float:
    """Return y > m0 with v'(y) (y - P) = v(y) - v(P), for P below the threshold."""

    def above(y: float) -> bool:
        at = np.float64(y)
        rise = float(curve.slope(at)) * (y - platform_data)  # type: ignore[arg-type]
        return rise > float(curve.value(at))  # type: ignore[arg-type]

    low = viability_threshold(curve)
    high = 2 * low
    while above(high):
        low, high = high, 2 * high
    return boundary(above, low, high)[1]


def _single(curve: Curve) -> None:
    """Raise unless the curve is one for everybody."""
    if isinstance(curve, MixedCurve) or any(np.ndim(kink) for kink in curve.kinks):
        raise UnsupportedError.single(
            "accuracy", "different curves for different agents", "one curve for everybody"
        )
