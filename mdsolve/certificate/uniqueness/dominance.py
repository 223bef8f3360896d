"""Only one equilibrium because everybody has one contribution that is best whatever others do.

Data never lower an accuracy, so where a sample earns more than the last one costs,
price > borne c_i'(capacity_i), all of the capacity is strictly best. Where own data add nothing to
the accuracy and the first sample costs more than it earns, nothing is.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.numbers import Booleans
from mdsolve.certificate.sharing_context import SharingContext


def dominant(context: SharingContext) -> bool:
    """Tell whether everybody certainly has one best contribution, the same for all profiles."""
    reading, terms, arithmetic = context.reading, context.terms, context.arithmetic
    if terms.shares is not None or reading.limited.any() or not reading.accuracy.rising:
        return False
    zero = arithmetic.zeros(context.size)
    ends = arithmetic.where(reading.bounded, reading.capacity, zero)
    last = terms.borne * reading.costs.slope(ends, "left") - terms.price
    first = terms.borne * reading.costs.slope(zero, "right") - terms.price
    full = reading.bounded & arithmetic.less(last, zero).holds
    idle = _adds_nothing(context) & arithmetic.less(zero, first).holds
    return bool((full | idle).all())


def _adds_nothing(context: SharingContext) -> Booleans:
    """Tell whose accuracy certainly is the same whatever data there are, shape (n,)."""
    accuracy = context.reading.accuracy.of_amounts
    if accuracy is None:
        return np.zeros(context.size, dtype=np.bool_)
    flat = [
        curve.rate is not None and bool(context.arithmetic.upper(curve.rate) <= 0)
        for curve in accuracy.curves
    ]
    return np.array(flat, dtype=np.bool_)[accuracy.label]
