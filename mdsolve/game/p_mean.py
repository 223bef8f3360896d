"""The normalised p-mean of utilities, M_p(u) = (1/n sum_i u_i^p)^(1/p), for every p <= 1.

p = 1 is the average, p = 0 the geometric mean, p = -inf the minimum. [M23] (19) writes the sum
without 1/n, which has no limit at p = 0; the maximisers are the same for every other p.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def p_mean(u: Floats, p: float) -> float:  # noqa: PLR0911 - one return per case
    """Return M_p(u), in the units of u.

    Written as ref exp(log(mean((u / ref)^p)) / p) with `expm1` and `log1p`, so that no p, however
    close to 0 or however negative, loses digits or overflows.

    Returns
    -------
    float
        -inf where p < 1 and some u_i is negative: the mean is not defined there.

    Examples
    --------
    >>> u = np.array([1.0, 2.0, 4.0])
    >>> [round(p_mean(u, p), 6) for p in (1, 0, -1, -math.inf)]
    [2.333333, 2.0, 1.714286, 1.0]
    >>> [p_mean(np.array([1.0, math.inf]), p) for p in (0.5, 0, -1)]
    [inf, inf, 2.0]
    """
    if p == 1:
        return float(np.mean(u))
    least, largest = float(u.min()), float(u.max())
    if least < 0:
        return -math.inf
    if p == -math.inf or largest == 0 or least == math.inf:
        return least
    if least == 0 and p <= 0:
        return 0.0
    if largest == math.inf and p >= 0:
        return largest
    reference = largest if p > 0 else least
    with np.errstate(divide="ignore"):
        logs = np.log(u / reference)
    if p == 0:
        return reference * math.exp(float(np.mean(logs)))
    return reference * math.exp(math.log1p(float(np.mean(np.expm1(p * logs)))) / p)


def conjugate_exponent(p: float) -> float:
    """Return p' = p / (p - 1), the exponent of the reverse Hoelder inequality.

    Examples
    --------
    >>> [conjugate_exponent(p) for p in (1, 0.5, 0, -1, -math.inf)]
    [-inf, -1.0, 0.0, 0.5, 1.0]
    """
    if p == 1:
        return -math.inf
    if p == -math.inf:
        return 1.0
    return 0.0 if p == 0 else p / (p - 1)
