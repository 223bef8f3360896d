"""The best that own data alone can give each agent: no others, no platform, no payments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mdsolve.certificate.means import affordable
from mdsolve.certificate.own import best_responses
from mdsolve.certificate.peaks import Peak
from mdsolve.certificate.reading.sharing import SharingReading


def best_alone(reading: SharingReading) -> Peak:
    """Return the largest value_i a_i(x) - c_i(x) + B_i over x in [0, capacity_i], own data only.

    With a budget nobody spends more than it on their own costs.
    """
    arithmetic = reading.arithmetic
    one, nothing = arithmetic.constant(1), reading.nothing
    means = affordable(reading, one, arithmetic.constant(0), reading.budget, reading.limited)
    found = best_responses(
        reading,
        reading.accuracy.branches(nothing, alone=True),
        reading.rounded.accuracy.branches(reading.rounded.nothing, alone=True),
        borne=one,
        price=arithmetic.constant(0),
        means=means,
        guess=np.zeros(reading.size),
        width=np.zeros(reading.size),
    )
    best = found.best
    budget = reading.budget
    return replace(best, value=best.value + budget, reached=best.reached + budget)
