"""Only one equilibrium under Shapley payments: a strictly concave potential has one maximiser.

d phi_i / d s_i = dP / d s_i for the Hart-Mas-Colell potential P, an average of A over coalitions in
which every coalition has a positive weight. With concave accuracies P is concave; its term of the
coalition {i} alone is a function of s_i. If every agent's own data alone raise A strictly
concavely, P is strictly concave on the whole box, and so is P less convex costs. The same holds for
Banzhaf shares, whose potential weighs coalitions alike. With weights m_i (`shares.arrivals`)
d phi_i / d s_i = m_i dP / d s_i for the average P over coalitions in which agent i is with chance
y^m_i: equilibria maximise P less the convex costs c_i / m_i, and {i} still has a positive weight.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.sharing_context import SharingContext


def only_one_shared(context: SharingContext) -> str:
    """Return why the equilibrium is not proved to be the only one; empty if it is."""
    reading, arithmetic = context.reading, context.arithmetic
    together = reading.accuracy.together(reading.value)
    if together is None or not reading.accuracy.concave:
        return "accuracies are not known to be concave"
    every = np.arange(context.size)
    strict = np.zeros(context.size, dtype=np.bool_)
    for decay in together.decays:
        positive = arithmetic.lower(decay.money) > 0
        strict |= positive & (arithmetic.lower(decay.weights) > 0)
    for part in together.curves:
        if part.curve.strict:
            positive = arithmetic.lower(part.money) > 0
            strict |= positive & (arithmetic.lower(part.weights) > 0)
    products = together.products
    if products is not None and products.strict:
        nothing = arithmetic.zeros(context.size)
        steep = arithmetic.lower(products.falls(every, nothing, nothing)[1])
        strict |= ((steep > 0) & (arithmetic.lower(products.money) > 0)).any(axis=1)
    if strict.all():
        return ""
    name = reading.names[int(np.argmin(strict))]
    return f"data of agent {name} alone are not known to help strictly less the more there are"
