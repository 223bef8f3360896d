"""Piecewise-linear functions over any number system: concave ones are minima of lines.

No piece has to be found: a concave function is the least of its lines, a convex one the largest, so
amounts that are only known between bounds need no care. One-sided slopes take the last line whose
start is certainly reached, and everything between two where that is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side


@dataclass(frozen=True)
class Lines:
    """Lines through points (x_k, y_k), x rising; concave or convex.

    Parameters
    ----------
    points : sequence of (x, y)
        Exact numbers.
    flat_end : bool
        Whether the function is constant beyond the last point, or goes on.
    """

    arithmetic: Arithmetic
    points: Sequence[tuple[object, object]]
    flat_end: bool

    @cached_property
    def knots(self) -> Quantity:
        """Where lines start, shape (lines,)."""
        x = self.arithmetic.written([x for x, _ in self.points])
        return x if self.flat_end else x[:-1]

    @cached_property
    def _heights(self) -> Quantity:
        y = self.arithmetic.written([y for _, y in self.points])
        return y if self.flat_end else y[:-1]

    @cached_property
    def slopes(self) -> Quantity:
        """Slope of each line, shape (lines,)."""
        x, y = (self.arithmetic.written([p[k] for p in self.points]) for k in (0, 1))
        rises = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
        if not self.flat_end:
            return rises
        return self.arithmetic.concatenate([rises, self.arithmetic.zeros(1)])

    def least(self, x: Quantity) -> Quantity:
        """Return the least of all lines: the function, where it is concave."""
        return self._extreme(x, least=True)

    def largest(self, x: Quantity) -> Quantity:
        """Return the largest of all lines: the function, where it is convex."""
        return self._extreme(x, least=False)

    def _extreme(self, x: Quantity, *, least: bool) -> Quantity:
        choose = self.arithmetic.minimum if least else self.arithmetic.maximum
        found = self._heights[0] + self.slopes[0] * (x - self.knots[0])
        for k in range(1, len(self.slopes)):
            line = self._heights[k] + self.slopes[k] * (x - self.knots[k])
            found = choose(found, line)
        return found

    def slope(self, x: Quantity, side: Side) -> Quantity:
        """Return the one-sided derivative; before the first point that of the first line."""
        arithmetic = self.arithmetic
        found = self.slopes[0] + 0 * x
        for k in range(1, len(self.slopes)):
            reached = (
                arithmetic.at_most(self.knots[k], x)
                if side == "right"
                else arithmetic.less(self.knots[k], x)
            )
            here = self.slopes[k] + 0 * x
            if not (reached.holds | reached.fails).all():
                either = arithmetic.between(
                    arithmetic.where(reached.fails, found, here),
                    arithmetic.where(reached.holds, here, found),
                )
                found = either
            else:
                found = arithmetic.where(reached.holds, here, found)
        return found
