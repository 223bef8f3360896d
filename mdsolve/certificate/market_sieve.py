"""Rows by the thousand million: which ones bounds in doubles settle, and which are left to look at.

Every violation is bounded from below and from above. Rows whose upper bound is within the
tolerance hold; one whose lower bound is not fails, and no other row matters then. The rest, and
the row with the largest bound, are kept by number and decided one by one in the number system of
the check.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mdsolve.certificate.numbers import Floats
from mdsolve.certificate.reading.market_sizes import Integers

LEFT_LIMIT = 2_000_000
"""Most rows that are kept to be decided one by one."""


@dataclass
class Sieve:
    """Rows of one kind with one tolerance.

    Parameters
    ----------
    allowed : float
        Largest accepted violation.
    count : int
        Rows looked at so far.
    left : int
        Rows that bounds did not settle.
    """

    allowed: float
    count: int = 0
    left: int = 0
    largest: float = -np.inf
    failing: float = -np.inf
    _largest_row: int = -1
    _failing_row: int = -1
    _rows: list[Integers] = field(default_factory=list)

    def add(self, rows: Integers, low: Floats, high: Floats) -> None:
        """Take in rows by number, with bounds on their violations; all arrays of one shape."""
        if low.size == 0:
            return
        self.count += low.size
        place = int(np.argmax(high))
        top = float(high.ravel()[place])
        # What is not a number is nowhere settled.
        if not top <= self.largest:
            self.largest, self._largest_row = top, int(rows.ravel()[place])
        if top <= self.allowed:
            return
        place = int(np.argmax(low))
        if float(low.ravel()[place]) > max(self.failing, self.allowed):
            self.failing, self._failing_row = float(low.ravel()[place]), int(rows.ravel()[place])
        unsettled = rows[~(high <= self.allowed)]
        if self.left + len(unsettled) <= LEFT_LIMIT:
            self._rows.append(unsettled)
        self.left += len(unsettled)

    @property
    def fails(self) -> bool:
        """Tell whether a row certainly fails."""
        return self._failing_row >= 0

    @property
    def closeness(self) -> float:
        """Largest bound in units of what is allowed."""
        if self.count == 0:
            return -np.inf
        return self.largest / self.allowed if self.allowed > 0 else self.largest

    @property
    def worst(self) -> Integers:
        """Number of the row with the largest bound, if there is a row."""
        return np.array([self._largest_row] if self.count else [], dtype=np.intp)

    def rows(self) -> Integers:
        """Return the numbers of the rows that decide."""
        if self.fails:
            return np.array([self._failing_row])
        return np.unique(np.concatenate([*self._rows, self.worst])).astype(np.intp)
