"""The growth rate from which a desirable mechanism exists however unequal the agents are.

With z the reported share of the own type and everybody else negligible, a mechanism exists for
every D iff

    psi(z) = (1 + (n-1) z)^a + (n-1) n^a z^(1+a) <= n^(1+a)   for 0 < z < 1.

Sufficiency is an induction along chains of lies: h(r) <= n^(1+a) (r + tau)^(1+a) - E(r), E the
others' outside values, carries over to s because psi bounds the lie and E falls in s; the start
h = O holds because outside values never sum to more than n^(1+a) S^(1+a). Necessity: in the column
of negligible others h(s) / s^(1+a) tends to the supremum of ((1 + c z)^a - n^a z^(1+a)) /
(1 - z^(1+a)), which exceeds n^(1+a) iff psi does. Both steps hold for either outside option.
"""

from __future__ import annotations

from functools import cache

import flint
import numpy as np

PRECISION_BITS = 160
NEWTON_STEPS = 60
SMALLEST_SHARE = 2.0**-20
"""Of the shares searched for two agents; for more, psi touches near n ** -1.2, so it shrinks."""


@cache
def existence_threshold(agents: int) -> float:
    """Return alpha*_n, the least growth exponent with a mechanism for every D.

    Parameters
    ----------
    agents : int
        n >= 2.

    Returns
    -------
    float
        In (-1, 0), correctly rounded: where the interior maximum of psi equals n^(1+a).

    Examples
    --------
    >>> f"{existence_threshold(2):.12f}"
    '-0.660911032319'
    """
    exponent, share = _start(agents)
    with flint.ctx.workprec(PRECISION_BITS):
        a, z, n, c = flint.arb(exponent), flint.arb(share), flint.arb(agents), flint.arb(agents - 1)
        for _ in range(NEWTON_STEPS):
            log_n, base = n.log(), 1 + c * z
            first, second = base**a, c * n**a * z ** (1 + a)
            top = n ** (1 + a)
            # The two equations and their derivatives: psi = n^(1+a) and psi_z = 0.
            gap = first + second - top
            slope = a * c * base ** (a - 1) + c * n**a * (1 + a) * z**a
            gap_a = first * base.log() + second * (log_n + z.log()) - top * log_n
            slope_z = a * (a - 1) * c**2 * base ** (a - 2) + c * n**a * (1 + a) * a * z ** (a - 1)
            slope_a = c * base ** (a - 1) * (1 + a * base.log()) + c * n**a * z**a * (
                1 + (1 + a) * (log_n + z.log())
            )
            determinant = gap_a * slope_z - slope * slope_a
            step_a = (gap * slope_z - slope * slope) / determinant
            step_z = (gap_a * slope - slope_a * gap) / determinant
            a, z = (a - step_a).mid(), (z - step_z).mid()
        return float(a)


def _start(agents: int) -> tuple[float, float]:
    """Return a rough threshold and the share where psi touches, by bisection on a grid."""
    n, c = float(agents), float(agents - 1)
    shares = np.concatenate(
        [np.geomspace(SMALLEST_SHARE / c**1.5, 0.05, 2000), np.linspace(0.05, 0.98, 4000)]
    )

    def excess(a: float) -> tuple[float, float]:
        psi = (1 + c * shares) ** a + c * n**a * shares ** (1 + a)
        relative = (psi - n ** (1 + a)) / (1 - shares)
        best = int(np.argmax(relative))
        return float(relative[best]), float(shares[best])

    low, high = -1.0, 0.0
    for _ in range(40):
        middle = (low + high) / 2
        if excess(middle)[0] > 0:
            low = middle
        else:
            high = middle
    return high, excess(high)[1]
