"""Expected figures of a market: what values, and payments, sum to on average by the prior."""

from __future__ import annotations

import math

import numpy as np

from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_lottery_bound import EPS, weights
from mdsolve.certificate.market_rows import PIECE
from mdsolve.certificate.numbers import Floats


def expected_welfare(context: MarketContext) -> tuple[float, float]:
    """Return bounds on the expected sum of values under the models that are handed out."""
    screen = context.screen
    if "expected_welfare" not in screen.scratch:
        screen.scratch["expected_welfare"] = _welfare(screen)
    found: tuple[float, float] = screen.scratch["expected_welfare"]
    return found


def _welfare(screen: MarketContext) -> tuple[float, float]:
    low, high = np.zeros(screen.profiles), np.zeros(screen.profiles)
    size = np.zeros(screen.profiles)
    for start in range(0, screen.profiles, PIECE):
        rows = np.arange(start, min(start + PIECE, screen.profiles))
        for agent in range(screen.size):
            others = screen.profile(rows)
            own = others.pop(agent)
            value = screen.reading.truth(agent, own, others)
            full = screen.arithmetic.broadcast(value, rows.shape)
            ends = screen.arithmetic.lower(full), screen.arithmetic.upper(full)
            low[rows] += ends[0]
            high[rows] += ends[1]
            size[rows] += np.maximum(np.abs(ends[0]), np.abs(ends[1]))
        screen.monitor.check_time()
    return expectation(screen, (low, high), size)


def expectation(
    context: MarketContext, ends: tuple[Floats, Floats], size: Floats
) -> tuple[float, float]:
    """Return bounds on the expectation of numbers by profile.

    Parameters
    ----------
    ends : two (profiles,)
        Doubles around the numbers.
    size : (profiles,)
        Sums of absolute values that went into them.
    """
    likely = weights(context)
    slack = (context.size + 8) * EPS * math.fsum((likely * size).tolist())
    low, high = (math.fsum((likely * end).tolist()) for end in ends)
    return low - slack, high + slack
