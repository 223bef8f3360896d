"""[M25] section 5.1 and Table 1, lumpy skin disease: whether the printed equilibria can be any.

Two agents have the payoffs a_i = 1 - 1/(1 + w_i1 s_1 + w_i2 s_2) with the printed weights, linear
costs gamma_i s_i and capacities tau_i; costs and capacities are not printed. Contributions are
printed as shares of capacities, x without payments and y under Shapley payments, all strictly
between 0 and 1. At such equilibria the slope of each agent's share of the payoffs is gamma_i in
both. So, with s = x tau and r = y tau,

    D_i(tau) = 1/2 sum_k w_ki (1/(1 + w_ki r_i)^2 + 1/(1 + w_k r)^2) - w_ii / (1 + w_i s)^2

would have to vanish for i = 1, 2 and some tau >= 0. Multiplied by its denominators, D_1 is a
polynomial in (tau_1, tau_2). All its coefficients are exact fractions; where none is negative and
the constant one is positive, D_1 > 0 everywhere, and no costs and capacities have these equilibria.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from mdsolve.reproduce.record import Floats, Recomputation

Pair = tuple[Fraction, Fraction]
Polynomial = Mapping[tuple[int, int], Fraction]
"""Coefficients by the powers of tau_1 and tau_2."""

ROUNDING = Fraction(1, 2000)
"""Half a unit in the last digit of a printed share, 0.1 %."""

CAPACITIES = 10.0 ** np.arange(-3, 9.25, 0.25)
"""Capacities that are tried as well, in batches."""


def times(first: Polynomial, second: Polynomial) -> Polynomial:
    """Return the product of two polynomials."""
    found: dict[tuple[int, int], Fraction] = {}
    for (a, b), left in first.items():
        for (c, d), right in second.items():
            found[a + c, b + d] = found.get((a + c, b + d), Fraction(0)) + left * right
    return found


def _one_plus(first: Fraction, second: Fraction) -> Polynomial:
    return {(0, 0): Fraction(1), (1, 0): first, (0, 1): second}


def difference(
    weights: Sequence[Pair], unpaid: Pair, shapley: Pair, agent: int
) -> tuple[Polynomial, Sequence[tuple[Fraction, Polynomial]]]:
    """Return D_i times its denominators, and its terms c / q^2 as pairs (c, q).

    Parameters
    ----------
    weights : pairs (w_i1, w_i2)
    unpaid, shapley : pairs
        Shares of capacities without payments and under Shapley payments.
    """
    half, terms = Fraction(1, 2), []
    for row in weights:
        alone = [Fraction(0), Fraction(0)]
        alone[agent] = row[agent] * shapley[agent]
        terms.append((half * row[agent], _one_plus(*alone)))
        terms.append((half * row[agent], _one_plus(row[0] * shapley[0], row[1] * shapley[1])))
    own = weights[agent]
    terms.append((-own[agent], _one_plus(own[0] * unpaid[0], own[1] * unpaid[1])))
    whole: dict[tuple[int, int], Fraction] = {}
    for place, (coefficient, _) in enumerate(terms):
        part: Polynomial = {(0, 0): coefficient}
        for other, (_, base) in enumerate(terms):
            if other != place:
                part = times(times(part, base), base)
        for power, value in part.items():
            whole[power] = whole.get(power, Fraction(0)) + value
    return whole, terms


def never_zero(polynomial: Polynomial) -> bool:
    """Tell whether its coefficients show that it is positive for all tau >= 0."""
    return polynomial[0, 0] > 0 and min(polynomial.values()) >= 0


def ratios(weights: Floats, unpaid: Floats, shapley: Floats, agent: int) -> Floats:
    """Return the slope under Shapley payments over the one without, on a grid of capacities."""
    tau = np.stack(np.meshgrid(CAPACITIES, CAPACITIES, indexing="ij"), axis=-1)
    s, r = unpaid * tau, shapley * tau
    column = weights[:, agent]
    alone = (column / (1 + column * r[..., agent, None]) ** 2).sum(axis=-1)
    together = (column / (1 + r @ weights.T) ** 2).sum(axis=-1)
    without = weights[agent, agent] / (1 + s @ weights[agent]) ** 2
    return np.asarray((alone + together) / 2 / without)


def lumpy_skin(run: Recomputation) -> None:
    """Show that no costs and capacities have the printed equilibria."""
    printed = run.item.printed
    weights = [(Fraction(row[0]), Fraction(row[1])) for row in printed["weights"]]
    shares = {
        key: (Fraction(printed[key][0]) / 100, Fraction(printed[key][1]) / 100)
        for key in ("unpaid", "shapley")
    }
    polynomial, _ = difference(weights, shares["unpaid"], shares["shapley"], 0)
    low = (shares["unpaid"][0] - ROUNDING, shares["unpaid"][1] - ROUNDING)
    high = (shares["shapley"][0] + ROUNDING, shares["shapley"][1] + ROUNDING)
    rounded, _ = difference(weights, low, high, 0)  # where D is least within the rounding
    impossible = never_zero(polynomial) and never_zero(rounded)
    run.say("equilibria", "impossible" if impossible else "not excluded", not impossible)
    matrix = np.array(weights, dtype=float)
    x, y = (np.array(shares[key], dtype=float) for key in ("unpaid", "shapley"))
    run.say("slopes", [ratios(matrix, x, y, agent).min() for agent in range(2)])
    unit = np.array([[float(each) for each in row] for row in printed["units"]])
    corners = [
        matrix + unit / 2 * np.reshape(signs, (2, 2)) for signs in product((-1, 1), repeat=4)
    ]
    run.say("rounded", min(float(ratios(each, x, y, 0).min()) for each in corners))
    for name in ("unpaid", "shapley"):
        whole = float(printed["share"][name]) / 100
        least, most = float(min(shares[name])), float(max(shares[name]))
        run.say(name, [100 * least, 100 * most], least <= whole <= most, printed=100 * whole)
