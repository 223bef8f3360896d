"""Looking for contributions with a larger p-mean, in floats: what refutes a claim of optimality.

The search follows the slope of the mean, agent by agent on the scale of what they contribute or
could contribute, halving steps until they help and stay within budgets. Whatever it finds is only
a proposal: whether it is feasible and better is decided by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.p_means import Exponent
from mdsolve.certificate.welfare_program import Program

Floats = npt.NDArray[np.float64]

ROUNDS = 60
HALVINGS = 40

TRIALS = (0.0, 0.5, 0.9, 0.99, 1.01, 1.1, 2.0)
"""Factors on all contributions that are tried first."""


def better_choice(program: Program, s: Floats) -> Floats | None:
    """Return feasible contributions of a larger mean than s has, None if none are found.

    Parameters
    ----------
    program : Program
        In floats.
    s : (n,)
        Contributions within capacities.
    """
    start = np.maximum(s, 0.0)
    trials = [np.minimum(factor * start, program.tops) for factor in TRIALS]
    point = max([start, *trials], key=lambda trial: _value(program, trial))
    # Far out, smooth means stand for the minimum.
    powers = [replace(program, p=power) for power in SOFT] if program.p is None else [program]
    for smooth in powers:
        place, known = point, _value(smooth, point)
        for _ in range(ROUNDS):
            found = _step(smooth, place, known)
            if found is None:
                break
            place, known = found
            point = max(point, place, key=lambda trial: _value(program, trial))
    return point if _value(program, point) > _value(program, start) else None


def _step(program: Program, s: Floats, known: float) -> tuple[Floats, float] | None:
    """Return a better point along the slope of the mean, None if no step helps."""
    slope = _slope(program, s)
    if slope is None:
        return None
    tops = np.asarray(program.tops, dtype=np.float64)
    reach = np.where(slope > 0, np.maximum(tops - s, 0.0), s)
    gains = np.abs(slope) * reach
    if not gains.max(initial=0.0) > 0:
        return None
    best: tuple[Floats, float] | None = None
    for direction in _directions(np.sign(slope) * reach, gains):
        size = 1.0
        for _ in range(HALVINGS):
            trial = np.clip(s + size * direction, 0.0, tops)
            value = _value(program, trial)
            if value > (known if best is None else best[1]):
                best = trial, value
                break
            size /= 2
    return best


def _directions(moves: Floats, gains: Floats) -> Iterator[Floats]:
    """Return everybody's moves at once, then those of single agents, who may stop each other."""
    yield moves * gains / gains.max()
    for agent in np.argsort(-gains)[:ALONE]:
        if gains[agent] > 0:
            yield np.where(np.arange(len(moves)) == agent, moves, 0.0)


ALONE = 20
"""Most agents who are moved one by one."""


def _value(program: Program, s: Floats) -> float:
    """Return the mean at contributions, -inf where a budget is overdrawn or the mean undefined."""
    limited = program.reading.limited
    left = np.asarray(program.left(s))
    if np.any(left[limited] < 0):
        return -math.inf
    utilities = np.asarray(left + program.reading.benefits(s))
    return _mean(utilities, program.p)


def _mean(u: Floats, p: Exponent) -> float:
    """Return M_p with differences from 1 kept, so that any p near 0 loses no digits."""
    if p == 1:
        return float(u.mean())
    if p is None:
        return float(u.min())
    if not u.min() > 0:
        return -math.inf
    power = float(p)
    reference = float(u.min())
    logs = np.log(u / reference)
    if power == 0:
        return reference * math.exp(float(logs.mean()))
    return reference * math.exp(math.log1p(float(np.expm1(power * logs).mean())) / power)


SOFT = tuple(-(Fraction(10) ** k) for k in range(1, 7))
"""Exponents that stand for the minimum, one after the other."""


def _slope(program: Program, s: Floats) -> Floats | None:
    """Return about the gradient of the mean in the contributions, shape (n,)."""
    utilities = np.asarray(program.utilities(s))
    assert program.p is not None
    power = float(program.p)
    if power == 1:
        shares = np.full(len(s), 1 / len(s))
    elif utilities.min() > 0:
        shares = (utilities / utilities.min()) ** (power - 1)
        shares = shares / shares.sum()
    else:
        shares = (utilities == utilities.min()).astype(np.float64)
    y = program.accuracy.index(s)[:1]
    gain = float(program.benefit_slope(shares, y, "right")[0])
    costs = np.asarray(program.reading.costs.slope(s, "right"))
    slope = gain * np.asarray(program.data) - np.asarray(program.borne(shares)) * costs
    return slope if np.isfinite(slope).all() else None
