"""What millions of agents do alone on the PAC curve: polynomials in the logarithm of the price.

The best amount m(c) of v(m) - c m and its value u(c) depend on the price c of a sample alone. Both
are smooth in log c, so a table of polynomials on short intervals gives them to rounding; Newton's
method on log b'(m) against log m, where the function is almost a straight line, makes the table.
An agent then costs one logarithm and two polynomials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mdsolve.errors import SolveError
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.kernel import kernel
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

WIDTH = 1 / 256
"""Largest width of an interval in log price: with NODES points the error is below rounding."""

NODES = 5
BLOCK = 1024
"""Agents worked on at once: their logarithms stay in the processor's cache."""

NEWTON_STEPS = 50
ROUGH = 4096
"""Points between which Newton's starting points are interpolated."""


@dataclass(frozen=True)
class OptimumTable:
    """Best amounts and utilities by price, from `lowest` to the slope at the threshold.

    Parameters
    ----------
    lowest, spacing : float
        Log price at the first interval's left end, and the width of each.
    steepest : float
        b' at the threshold, in accuracy per sample; dearer samples are not worth more than it.
    begin, value : float
        The threshold in samples, and the value there.
    powers : (intervals, 2, NODES)
        Coefficients of m and u, the highest power of the place in [-1, 1] first.
    """

    lowest: float
    spacing: float
    steepest: float
    begin: float
    value: float
    powers: Floats


def pac_optima(
    curve: PacCurve, rate: Floats, value: Floats, capacity: Floats, cutoff: float, platform: float
) -> tuple[Floats, Floats]:
    """Return argmax and maximum of value v(m + P) - rate m over [0, capacity], (n,) each.

    Parameters
    ----------
    rate, value, capacity : (n,)
        Money per sample, money per accuracy, samples.
    cutoff : float
        Accuracy per sample: price from which on nothing is best.
    platform : float
        P, in samples.

    Returns
    -------
    amount, worth : (n,)
        Samples (infinite where samples are free and there is no capacity), and money.
    """
    nothing = float(curve.value(np.float64(platform)))  # type: ignore[arg-type]
    amount, worth, held = _filled(curve, rate, value, capacity, (cutoff, platform, nothing))
    if held:
        ended = np.flatnonzero(np.isnan(worth) & np.isfinite(amount))
        own = amount[ended]
        reached = value[ended] * curve.value(own + platform) - rate[ended] * own
        least = value[ended] * nothing
        amount[ended] = np.where(reached > least, own, 0.0)
        worth[ended] = np.maximum(reached, least)
    return amount, worth


def pac_amounts(curve: PacCurve, price: Floats) -> Floats:
    """Return the amount of data at which b' is the price; the threshold where b' is lower."""
    free = np.full(price.shape, np.inf)
    return _filled(curve, price, np.ones(price.shape), free, (np.inf, 0.0, -np.inf))[0]


def _filled(
    curve: PacCurve,
    rate: Floats,
    value: Floats,
    capacity: Floats,
    rule: tuple[float, float, float],
) -> tuple[Floats, Floats, int]:
    """Return amounts, utilities, and for how many agents a capacity ends before the optimum."""
    amount, worth = np.empty(len(rate)), np.empty(len(rate))
    steepest = float(curve.slope(np.float64(curve.threshold)))  # type: ignore[arg-type]
    least = min(_least_price(rate, value), steepest)
    table = _table(curve, math.floor(math.log(least)) - 1)
    form = (table.lowest, 1 / table.spacing, table.steepest, table.begin, table.value)
    held = _fill(rate, value, capacity, rule, form, table.powers, amount, worth)
    return amount, worth, int(held)


@kernel()
def _least_price(rate: Floats, value: Floats) -> float:
    """Return the least positive rate / value."""
    least = np.inf
    for i in range(len(rate)):
        if rate[i] > 0 and rate[i] < least * value[i]:
            least = rate[i] / value[i]
    return least


@kernel(error_model="numpy", fastmath={"contract"})
def _fill(
    rate: Floats,
    value: Floats,
    capacity: Floats,
    rule: tuple[float, float, float],
    form: tuple[float, float, float, float, float],
    powers: Floats,
    amount: Floats,
    worth: Floats,
) -> int:
    """Write optima and utilities, NaN as utility where a capacity ends before; count those."""
    cutoff, platform, nothing = rule
    lowest, scale, steepest, begin, start = form
    last, nodes = powers.shape[0] - 1, powers.shape[2]
    held = 0
    places, viable = np.empty(BLOCK), np.empty(BLOCK, np.int64)
    for first in range(0, len(rate), BLOCK):
        size = min(BLOCK, len(rate) - first)
        # Logarithms of all, in vector instructions, cost less than asking who needs one.
        for j in range(size):
            places[j] = (math.log(rate[first + j] / value[first + j]) - lowest) * scale
        count = 0
        for j in range(size):
            i = first + j
            amount[i], worth[i] = 0.0, value[i] * nothing
            viable[count] = j
            count += rate[i] < cutoff * value[i]
        for entry in range(count):
            j = viable[entry]
            i = first + j
            price = rate[i] / value[i]
            if price <= 0:
                own, utility = np.inf, np.inf
            elif price >= steepest:
                own, utility = begin, start - price * begin
            else:
                k = min(int(places[j]), last)
                z = 2 * (places[j] - k) - 1
                own, utility = powers[k, 0, 0], powers[k, 1, 0]
                for power in range(1, nodes):
                    own = own * z + powers[k, 0, power]
                    utility = utility * z + powers[k, 1, power]
            own, utility = own - platform, utility + price * platform
            if own > capacity[i] or own == np.inf:
                amount[i], worth[i] = capacity[i], np.nan
                held += 1
            elif own > 0 and utility > nothing:
                amount[i], worth[i] = own, value[i] * utility
    return held


@lru_cache(maxsize=16)
def _table(curve: PacCurve, lowest: int) -> OptimumTable:
    """Return the table from a log price of `lowest` on."""
    k, begin = float(curve.complexity), float(curve.threshold)
    steepest = float(curve.slope(np.float64(begin)))  # type: ignore[arg-type]
    top = math.log(steepest)
    intervals = math.ceil((top - lowest) / WIDTH)
    spacing = (top - lowest) / intervals
    places = np.cos(np.pi * (2 * np.arange(NODES) + 1) / (2 * NODES))
    target = lowest + spacing * (np.arange(intervals)[:, None] + (places + 1) / 2)
    amounts = np.exp(_log_amounts(curve, k, begin, target.reshape(-1))).reshape(target.shape)
    utilities = curve.bound(amounts) - np.exp(target) * amounts
    solve = np.linalg.inv(np.vander(places, NODES)).T
    powers = np.stack([amounts @ solve, utilities @ solve], axis=1)
    value = float(curve.bound(np.float64(begin)))  # type: ignore[arg-type]
    return OptimumTable(lowest, spacing, steepest, begin, value, np.ascontiguousarray(powers))


def _log_amounts(curve: PacCurve, k: float, begin: float, target: Floats) -> Floats:
    """Return log m with log b'(m) = target, by Newton's method.

    Errors are squared at every step, with a factor below 1, so a small step was the last.
    """
    start = math.log(begin)
    end = start + 1.0
    while math.log(float(curve.slope(np.float64(math.exp(end))))) > target.min():  # type: ignore[arg-type]
        end = start + 2 * (end - start)
    grid = np.linspace(start, end, ROUGH)
    x = np.interp(-target, -np.log(curve.slope(np.exp(grid) * (1 + ROUND_OFF))), grid)
    offset = 2 - math.log(k)
    for _ in range(NEWTON_STEPS):
        root = np.sqrt(2 * k * (offset + x))
        share = k / root
        inner = 2 + 0.5 * root - share
        bend = (0.5 + share / root) * share / inner - 1.5
        step = (np.log(inner) - 1.5 * x - target) / bend
        x = np.maximum(x - step, start)
        if float(np.max(np.abs(step), initial=0.0)) ** 2 <= ROUND_OFF:
            return x
    message = "Newton's method for the individual optimum did not converge"
    raise SolveError(message)
