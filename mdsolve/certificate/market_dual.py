"""That no admissible payments have a smaller spread, or sum to more: inequalities added up.

All inequalities together are A p - s D <= b in the payments p and the spread D. Multipliers y >= 0
with A'y = 0 and s'y = 1 give D >= -b'y. Multipliers are looked for among the inequalities that the
payments of the solution attain, by non-negative least squares; they are hints, and any y proves
D >= -(b'y + |A'y|'P) / s'y, where P bounds the payments. What rounding leaves of A'y costs next to
nothing then. Where A'y = 1 instead, all payments together are at most (b + D s)'y.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from mdsolve.certificate.intervals import Intervals
from mdsolve.certificate.market_coalition import coalition_bounds
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_side import CAPPED, EVEN
from mdsolve.certificate.numbers import INTERVALS, Floats
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.tolerance import PROGRAM_FEASIBILITY

PAYMENT_LIMIT = 400
"""Most payments for which multipliers are looked for."""

ROW_LIMIT = 4000
"""Most inequalities that may be attained."""

LOOSE = 1000
"""How many times what solvers aim at a row may be away from being attained, for a hint."""


@dataclass
class Attained:
    """Inequalities that payments attain: sums of payments with signs, less the spread, <= bound.

    Parameters
    ----------
    paid : (n, profiles)
        The payments, nearly.
    near : float
        Slack up to which an inequality counts as attained, in money.
    """

    paid: Floats
    near: float
    _cells: list[Integers] = field(default_factory=list)
    _signs: list[Floats] = field(default_factory=list)
    bounds: list[Floats] = field(default_factory=list)
    _spreads: list[Floats] = field(default_factory=list)

    def add(
        self, cells: list[Integers], signs: list[int], bounds: Floats, spread: float | None = None
    ) -> None:
        """Take in inequalities of one form, those that are attained.

        Parameters
        ----------
        cells : list of (rows,) of int
            Payments by number, one array per term.
        bounds : (rows,)
            Rounded upwards.
        spread : float or None
            The spread itself, where the inequality has it on its right.
        """
        flat = self.paid.ravel()
        left = sum(sign * flat[cell] for sign, cell in zip(signs, cells, strict=True))
        slack = bounds + (spread or 0.0) - left
        rows = np.flatnonzero(slack <= self.near)
        if not rows.size:
            return
        width = len(self.paid)
        padded = np.zeros((len(rows), max(width, 2)), dtype=np.intp)
        weights = np.zeros(padded.shape)
        for k, (sign, cell) in enumerate(zip(signs, cells, strict=True)):
            padded[:, k], weights[:, k] = cell[rows], sign
        self._cells.append(padded)
        self._signs.append(weights)
        self.bounds.append(bounds[rows])
        self._spreads.append(np.full(len(rows), 0.0 if spread is None else 1.0))

    def arrays(self) -> tuple[Integers, Floats, Floats, Floats]:
        """Return cells and signs, (rows, terms), bounds and coefficients of the spread, (rows,)."""
        return (
            np.concatenate(self._cells),
            np.concatenate(self._signs),
            np.concatenate(self.bounds),
            np.concatenate(self._spreads),
        )


def attained(
    context: MarketContext,
    paid: Floats,
    spread: float | None,
    worth: Floats,
    steps: list[Floats],
    ahead: Floats,
) -> Attained:
    """Return the inequalities that payments attain.

    Parameters
    ----------
    paid, worth : (n, profiles)
        Payments, and bounds on them by rationality.
    steps : list of (columns, m, m)
        Bounds on p(t) - p(r), [column, r, t].
    ahead : (n, n, profiles)
        Bounds on p_i - p_j, the spread left out.
    spread : float or None
        What the objective made small, a spread or a limit on payments; None where it has neither.
    """
    near = LOOSE * PROGRAM_FEASIBILITY * float(context.money.max())
    found, side = Attained(paid, near), context.claim.side
    size, count = paid.shape
    cells = np.arange(size * count).reshape(size, count)
    one = np.ones(count)
    objective = context.options.get("objective")
    for agent in range(size):
        found.add([cells[agent]], [1], worth[agent])
        _add_steps(context, found, cells[agent], agent, steps[agent])
        _add_limits(context, found, cells[agent], agent)
        if objective == CAPPED:
            for sign in (1, -1):
                found.add([cells[agent]], [sign], 0 * one, spread)
    for first, second in permutations(range(size), 2):
        pair = [cells[first], cells[second]]
        if objective in EVEN:
            found.add(pair, [1, -1], ahead[first, second], spread)
        if "spread" in side.amounts:
            most = np.nextafter(float(side.amounts["spread"]), np.inf)
            found.add(pair, [1, -1], most * one)
    everybody = [cells[agent] for agent in range(size)]
    if side.least_sum is not None:
        least = -float(side.least_sum)
        found.add(everybody, [-1] * size, (np.nextafter(least, np.inf) if least else 0.0) * one)
    if side.balanced:
        found.add(everybody, [1] * size, 0 * one)
    if side.coalitions:
        for members, lost in coalition_bounds(context):
            found.add([cells[agent] for agent in members], [1] * len(members), lost)
    return found


def _add_limits(context: MarketContext, found: Attained, cells: Integers, agent: int) -> None:
    """Take in the cap and the floor of an agent's payments."""
    side = context.claim.side
    amounts = side.cap_of(context.names[agent]), side.amounts.get("floor")
    for amount, sign in zip(amounts, (1, -1), strict=True):
        if amount is not None:
            bound = np.nextafter(sign * float(amount), np.inf)
            found.add([cells], [sign], np.full(cells.shape, bound))


def _add_steps(
    context: MarketContext, found: Attained, cells: Integers, agent: int, steps: Floats
) -> None:
    """Take in truthfulness."""
    shape = context.ruled.shape
    types = shape[agent]
    table = np.moveaxis(cells.reshape(shape), agent, -1).reshape(-1, types)
    for report in range(types - 1):
        told = np.repeat(table[:, report], types - 1 - report)
        true = table[:, report + 1 :].ravel()
        found.add([true, told], [1, -1], steps[:, report, report + 1 :].ravel())


def spread_bound(rows: Attained, most: Floats) -> float:
    """Return a number below which no spread of admissible payments is; -infinity where unknown.

    Parameters
    ----------
    most : (n, profiles)
        Bounds on the size of payments.
    """
    if not _small(rows, most):
        return -np.inf
    _, _, bounds, spreads = rows.arrays()
    matrix = np.vstack([_matrix(rows), spreads])
    target = np.zeros(len(matrix))
    target[-1] = 1.0
    y = nonnegative(matrix, target)
    total = INTERVALS.total(Intervals.point(spreads) * Intervals.point(y))
    if float(total.low) <= 0:
        return -np.inf
    left = INTERVALS.total(Intervals.point(matrix[:-1]) * Intervals.point(y)[None, :], axis=1)
    rest = INTERVALS.total(abs(left) * Intervals.point(most.ravel()))
    paid = INTERVALS.total(Intervals.point(bounds) * Intervals.point(y))
    return float((-(paid + rest) / total).low)


def revenue_bound(rows: Attained, most: Floats, spread: float) -> float:
    """Return a number above which admissible payments never sum, infinity where unknown.

    Parameters
    ----------
    spread : float
        What inequalities with the spread on their right allow besides, rounded upwards.
    """
    if not _small(rows, most):
        return np.inf
    _, _, bounds, spreads = rows.arrays()
    matrix = _matrix(rows)
    y = Intervals.point(nonnegative(matrix, np.ones(len(matrix))))
    left = 1 - INTERVALS.total(Intervals.point(matrix) * y[None, :], axis=1)
    rest = INTERVALS.total(abs(left) * Intervals.point(most.ravel()))
    right = Intervals.point(bounds) + Intervals.point(spreads) * Intervals.point(np.array(spread))
    return float((INTERVALS.total(right * y) + rest).high)


def _small(rows: Attained, most: Floats) -> bool:
    """Tell whether multipliers are looked for, and prove something where they are found."""
    count = sum(len(part) for part in rows.bounds)
    return (
        0 < count <= ROW_LIMIT
        and rows.paid.size <= PAYMENT_LIMIT
        and bool(np.all(np.isfinite(most)))
    )


def _matrix(rows: Attained) -> Floats:
    """Return the coefficients of all payments, (payments, rows)."""
    cells, signs, bounds, _ = rows.arrays()
    matrix = np.zeros((rows.paid.size, len(bounds)))
    for k in range(cells.shape[1]):
        np.add.at(matrix, (cells[:, k], np.arange(len(bounds))), signs[:, k])
    return matrix


def nonnegative(matrix: Floats, target: Floats) -> Floats:
    """Return y >= 0 with small |matrix y - target|, by the active sets of Lawson and Hanson."""
    count = matrix.shape[1]
    y, used = np.zeros(count), np.zeros(count, dtype=np.bool_)
    small = count * float(np.finfo(np.float64).eps)
    for _ in range(3 * count):
        pull = matrix.T @ (target - matrix @ y)
        pull[used] = -np.inf
        best = int(np.argmax(pull))
        if pull[best] <= small:
            break
        used[best] = True
        while True:
            solved = np.zeros(count)
            solved[used] = np.linalg.lstsq(matrix[:, used], target, rcond=None)[0]
            wrong = used & (solved <= 0)
            if not wrong.any():
                break
            step = (y[wrong] / (y[wrong] - solved[wrong])).min()
            y = y + step * (solved - y)
            used &= y > small
            y[~used] = 0.0
        y = solved
    return np.maximum(y, 0.0)
