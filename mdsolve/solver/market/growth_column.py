"""Truthful utilities of a growth market, column by column, by monotone search.

In the market v_i = (sum_j q_j)^a q_i with -1 <= a < 0, Q(t) = t and the best model for everybody,
an agent's maximal payment depends on the others only through the sum tau of their types. Write
c = n - 1 and, for own type s and y = r + tau the total after the report r,

    W(y) = n^a y^(1+a)        value of the truth at total y,
    phi(s, y) = s (s + c y)^a value of a lie that leaves s > y the better model,
    O(s)                      value outside: s (s + c tau)^a pooled, s (s + tau)^a separate.

The truthful utility at maximal payments, h = W - p, satisfies

    h(s) = max(O(s), max over reports r with y = r + tau < s of h(r) - W(y) + phi(s, y)).

Lies with y >= s only say that h is non-decreasing, which holds anyway: O and phi rise with s.

Search. phi has increasing differences below the ray y = p s, p = |a| / c, so there the best report
rises with s and depends only on rows known long before: rows are taken in blocks [k0, k1) whose
reports below the ray all lie before k0, and each block is one monotone divide and conquer. Above
the ray (p s <= y < s) no lie is useful once h rises fast enough: with

    K = sup over p <= z < 1 of ((1 + c z)^a - n^a z^(1+a)) / integral_z^1 w^a dw,

h(x') - h(x) >= K * integral_x^x' w^a dw on every step between p s and s rules all of them out,
since h(r) <= h(y). Rows for which that test has failed inside the window scan it. No lie at all is
useful while s <= kappa tau (`useful_ratio`). Per column of m rows: O(m log m) where the test holds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from mdsolve.kernel import kernel
from mdsolve.tolerance import SEARCH_MARGIN

Floats = npt.NDArray[np.float64]

SHORT = 24
"""Ranges of reports up to this length are searched without chunks, and their rows in turn."""


RATIO_STEP = 1.03
RATIO_PARTS = 80
"""Grid on which the first useful lie is searched: factor of types, parts of each set of reports."""

REMEMBERED = 256
"""Exponents whose constants are kept: finding one takes longer than a column."""


@kernel(fastmath={"nnan", "ninf", "nsz", "reassoc", "contract"})
def _best_report(
    scale: float, powers: Floats, offset: int, stride: int, gains: Floats, low: int, high: int
) -> tuple[float, int]:
    """Return max and argmax of scale * powers[offset + stride * r] + gains[r], low <= r < high.

    In long ranges the maximum is taken over chunks without tracking the place, so that it
    vectorises; the place is found afterwards inside the best chunk.
    """
    best = -1e300
    place = low
    if high - low <= SHORT:
        for r in range(low, high):
            value = scale * powers[offset + stride * r] + gains[r]
            if value > best:
                best = value
                place = r
        return best, place
    chunk = 256
    start = low
    while start < high:
        stop = min(start + chunk, high)
        top = -1e300
        if stride == 1:
            for r in range(start, stop):
                top = max(top, scale * powers[offset + r] + gains[r])
        else:
            for r in range(start, stop):
                top = max(top, scale * powers[offset + stride * r] + gains[r])
        if top > best:
            best = top
            place = start
        start = stop
    found = place
    top = -1e300
    for r in range(place, min(place + chunk, high)):
        value = scale * powers[offset + stride * r] + gains[r]
        if value > top:
            top = value
            found = r
    return best, found


@kernel(inline="always")
def _reports_below(row: int, ray: float, start: float, shift: float) -> int:
    """Return the number of reports with y < ray * s at a row, for ray <= 1."""
    count = int(np.ceil(ray * (row + start) - shift))
    return max(0, min(count, row))


@kernel()
def _solve_block(
    first: int,
    last: int,
    ray: float,
    start: float,
    shift: float,
    step: float,
    powers: Floats,
    stride: int,
    gains: Floats,
    utility: Floats,
    stack: npt.NDArray[np.int64],
) -> None:
    """Raise utility on rows [first, last) by the best report below the ray, divide and conquer."""
    top = 0
    stack[0, 0], stack[0, 1], stack[0, 2] = first, last, 0
    stack[0, 3] = _reports_below(last - 1, ray, start, shift)
    # the outermost rows first: their best reports enclose all others and narrow every level
    for side, row in ((2, first), (3, last - 1)):
        limit = _reports_below(row, ray, start, shift)
        if limit > 0:
            own = (start + row) * step
            _, place = _best_report(own, powers, row, stride, gains, stack[0, 2], limit)
            stack[0, side] = place + side - 2
    while top >= 0:
        low, high, left, right = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
        top -= 1
        if right - left <= SHORT:
            for row in range(low, high):
                limit = min(right, _reports_below(row, ray, start, shift))
                if left < limit:
                    own = (start + row) * step
                    value, left = _best_report(own, powers, row, stride, gains, left, limit)
                    utility[row] = max(utility[row], value)
            continue
        middle = (low + high) // 2
        limit = min(right, _reports_below(middle, ray, start, shift))
        place = left
        if left < limit:
            own = (start + middle) * step
            value, place = _best_report(own, powers, middle, stride, gains, left, limit)
            utility[middle] = max(utility[middle], value)
        if low < middle:
            top += 1
            stack[top, 0], stack[top, 1] = low, middle
            stack[top, 2], stack[top, 3] = left, min(right, place + 1)
        if middle + 1 < high:
            top += 1
            stack[top, 0], stack[top, 1] = middle + 1, high
            stack[top, 2], stack[top, 3] = place, right


@kernel()
def solve_column(
    ray: float,
    start: float,
    shift: float,
    step: float,
    powers: Floats,
    stride: int,
    level: Floats,
    first: int,
    utility: Floats,
    gains: Floats,
) -> None:
    """Turn utility = O into the truthful utility h, for one column of m rows.

    Parameters
    ----------
    ray : float
        p = |a| / c, at most 1.
    start, shift : float
        First own type, and first total own + tau, in steps: ``y < s`` iff
        ``r + shift < k + start``.
    step : float
        Distance of types, in samples.
    powers : array
        ``powers[k + stride * r] = (s_k + c y_r)^a``.
    level : (m,)
        K * integral of w^a up to s_k; only differences matter.
    first : int
        First row with a lie that may be useful.
    utility : (m,)
        In: O; out: h.
    gains : (m,)
        In: W(y_k); out: h - W.
    """
    m = utility.shape[0]
    stack = np.empty((128, 4), dtype=np.int64)
    failed = -1
    for k in range(min(first, m)):
        gains[k] = utility[k] - gains[k]
        if k > 0 and utility[k] - utility[k - 1] < level[k] - level[k - 1]:
            failed = k - 1
    low = first
    while low < m:
        high = low + 1
        while high < m and _reports_below(high, ray, start, shift) <= low:
            high += 1
        if _reports_below(high - 1, ray, start, shift) > 0:
            _solve_block(low, high, ray, start, shift, step, powers, stride, gains, utility, stack)
        for k in range(low, high):
            window = max(int(np.floor(ray * (k + start) - start)), 0)
            slow = k > 0 and utility[k] - utility[k - 1] < level[k] - level[k - 1]
            if slow or failed >= window:
                below = _reports_below(k, ray, start, shift)
                inside = _reports_below(k, 1.0, start, shift)
                if below < inside:
                    own = (start + k) * step
                    value, _ = _best_report(own, powers, k, stride, gains, below, inside)
                    utility[k] = max(utility[k], value)
            gains[k] = utility[k] - gains[k]
            if k > 0 and utility[k] - utility[k - 1] < level[k] - level[k - 1]:
                failed = k - 1
        low = high


@lru_cache(maxsize=REMEMBERED)
def rise_constant(exponent: float, agents: int) -> float:
    """Return K of the module docstring, rounded up.

    The quotient is smooth on [p, 1) with the limit n^a (1 + a) - a c n^(a-1) at 1.
    """
    c = agents - 1
    ray = abs(exponent) / c
    limit: float = agents**exponent * (1 + exponent) - exponent * c * agents ** (exponent - 1)
    if ray >= 1:
        return limit * (1 + SEARCH_MARGIN)
    z = ray + (1 - ray) * np.linspace(0.0, 1.0, 1025)[:-1]
    above = (1 + c * z) ** exponent - agents**exponent * z ** (1 + exponent)
    quotient = above / _integral(z, exponent)
    return max(float(quotient.max()), limit) * (1 + SEARCH_MARGIN)


def _integral(z: Floats, exponent: float) -> Floats:
    """Return the integral of w^a from z to 1."""
    if exponent == -1:
        return -np.log(z)
    return np.asarray((1 - z ** (1 + exponent)) / (1 + exponent))


@lru_cache(maxsize=REMEMBERED)
def useful_ratio(exponent: float, agents: int, outside: str, largest: float) -> float:
    """Return a ratio s / tau up to which no lie is useful (at most `largest`), rounded down.

    While h = O, a lie r is useful iff O(r) - W(r + 1) + phi(s, r + 1) > O(s) (tau = 1). The first
    s with such an r is searched on a grid and reduced by a margin; tests compare with full search.
    """
    weight = agents - 1 if outside == "pooled" else 1
    return float(_useful_ratio(float(exponent), agents, weight, max(largest, 2.0)))


@kernel()
def _useful_ratio(exponent: float, agents: int, weight: int, largest: float) -> float:
    c = agents - 1
    s = 1.0
    while s < largest:
        for part in range(2 * RATIO_PARTS + 1):
            share = part / (2 * RATIO_PARTS)
            # even parts are spaced evenly, odd ones geometrically
            y = 1 + (s - 1) * share if part % 2 == 0 else s**share
            r = y - 1
            lie = s * (s + c * y) ** exponent - agents**exponent * y ** (1 + exponent)
            if r * (r + weight) ** exponent + lie > s * (s + weight) ** exponent:
                return float(max(s / RATIO_STEP**2, 1.0))
        s *= RATIO_STEP
    return float(max(largest / RATIO_STEP**2, 1.0))


def growth_payments(
    own_first: float,
    own_count: int,
    others_first: float,
    others_count: int,
    step: float,
    agents: int,
    exponent: float,
    outside: str,
) -> Floats:
    """Return the maximal payment W - h for every own type and every sum of the others' types.

    Parameters
    ----------
    own_first, own_count, step
        Own types own_first + k * step, in samples.
    others_first, others_count
        Sums tau = others_first + j * step.
    agents : int
        n >= 2.
    exponent : float
        a in [-1, 0).
    outside : str
        ``pooled`` or ``separate``.

    Returns
    -------
    array of shape (own_count, others_count)
        p(s_k, tau_j), in units of the market's scale.

    Notes
    -----
    All powers come from lattice tables, so the work per entry is one product where no lie is
    useful. Memory: the result and a few vectors.
    """
    c = agents - 1
    types: Floats = own_first + step * np.arange(own_count, dtype=np.float64)
    weight = c if outside == "pooled" else 1
    outside_powers = lattice_powers(
        own_first + weight * others_first, step, own_count + weight * others_count, exponent
    )
    table = types * _windows(outside_powers, weight, (others_count, own_count))
    largest = types[-1] / max(others_first, step)
    ratio = useful_ratio(exponent, agents, outside, largest)
    base = own_first + c * (own_first + others_first)
    lie_powers = lattice_powers(base, step, (own_count + others_count) * (1 + c), exponent)
    totals = own_first + others_first + step * np.arange(own_count + others_count)
    truths = (
        agents**exponent
        * totals
        * lattice_powers(own_first + others_first, step, own_count + others_count, exponent)
    )
    own_powers: Floats = lattice_powers(own_first, step, own_count, exponent)
    level = rise_level(types, own_powers, exponent, agents)
    ray = abs(exponent) / c
    for column in range(others_count):
        tau = others_first + step * column
        first = int(np.searchsorted(types, ratio * tau, side="right"))
        if first >= own_count:
            break
        start = own_first / step
        solve_column(
            ray,
            start,
            start + tau / step,
            step,
            lie_powers[c * column :],
            c,
            level,
            first,
            table[column],
            truths[column : column + own_count].copy(),
        )
    np.subtract(_windows(truths, 1, table.shape), table, out=table)
    return table.T


def _windows(values: Floats, stride: int, shape: tuple[int, ...]) -> Floats:
    """Return a view whose row j begins at entry stride * j of a vector."""
    steps = (stride * values.strides[0], values.strides[0])
    return as_strided(values, shape, steps, writeable=False)


def lattice_powers(base: float, step: float, count: int, exponent: float) -> Floats:
    """Return (base + i * step)^exponent for i < count, with 0 at a base of 0."""
    values = base + step * np.arange(count)
    zero = values[0] == 0
    if zero:
        values[0] = 1.0
    powers: Floats = np.reciprocal(values) if exponent == -1 else np.power(values, exponent)
    if zero:
        powers[0] = 0.0
    return powers


def rise_level(types: Floats, powers: Floats, exponent: float, agents: int) -> Floats:
    """Return K * integral of w^a up to each type (from 0, or from 1 for exponent -1).

    ``powers`` holds types ** exponent, so that no further power is needed.
    """
    constant = rise_constant(exponent, agents)
    if exponent == -1:
        return np.asarray(np.log(np.maximum(types, np.finfo(float).tiny)) * constant)
    level = types * powers
    level *= constant / (1 + exponent)
    return level
