"""Who receives the best model: the choice with the largest total value of those who take part.

Whether a better model for one participant raises the total is often known for all profiles: a
linear part by the sign of its column sum, a growth part by the sign of a derivative. Where every
participant is decided so, the allocation is the same everywhere. The others are enumerated, most
recipients first, so that ties give the model; totals are compared in intervals, what these leave
open in balls, where fractions stay fractions. Choices that differ by an exchange of agents who are
alike, or in agents who own all the data, tie exactly; so do those whose totals are functions of the
same fractions. What is then still open is nobody's allocation, and is said so.

The outcome is a fact about the instance: all number systems of the checker share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import (
    BALLS,
    EXACT,
    INTERVALS,
    Arithmetic,
    Booleans,
    Quantity,
)
from mdsolve.certificate.rationals import IrrationalError
from mdsolve.certificate.reading.market_formulas import Formulas
from mdsolve.certificate.reading.market_sizes import Integers, Profiles, Sizes

Mask = Any
"""Whether an agent receives the model: one bool for all profiles, or an array of them."""

OPEN_LIMIT = 12
"""Most participants whose models are enumerated."""

CHUNK = 200_000
"""Totals that are compared at a time."""


@dataclass
class Allocation:
    """The allocation rule of an instance.

    Parameters
    ----------
    sizes : Sizes
    efficient : bool
        Otherwise the best model goes to all who take part.
    formulas : callable
        The instance's formulas in a number system.
    """

    sizes: Sizes
    efficient: bool
    formulas: Callable[[Arithmetic], Formulas]
    _decided: dict[tuple[int, ...], dict[int, bool | None]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.sizes.counts)

    def recipients(self, participants: Sequence[int], profiles: Profiles) -> list[Mask]:
        """Return for every agent where they receive the best model of the participants.

        Raises
        ------
        NoRouteError
            Where totals are too many, or equal to within everything that is known.
        """
        known = self.everywhere(participants)
        undecided = [j for j, receives in known.items() if receives is None]
        if undecided:
            found = self._enumerated(list(participants), known, undecided, profiles)
            return [found.get(j, known.get(j, False)) for j in range(self.size)]
        return [bool(known.get(j, False)) for j in range(self.size)]

    def everywhere(self, participants: Sequence[int]) -> dict[int, bool | None]:
        """Return for every participant whether they receive the model at all profiles, or None."""
        key = tuple(participants)
        if key not in self._decided:
            valuation = self.formulas(INTERVALS).valuation
            outsiders = len(participants) < self.size
            self._decided[key] = {
                j: valuation.influence(j, key, outsiders=outsiders).receives
                if self.efficient
                else True
                for j in participants
            }
        return self._decided[key]

    def choices(self, participants: Sequence[int]) -> list[frozenset[int]]:
        """Return the sets of recipients among which the efficient one is, most recipients first.

        Whether the instance's own rule is efficient or not.
        """
        valuation = self.formulas(INTERVALS).valuation
        outsiders = len(participants) < self.size
        known = {
            j: valuation.influence(j, participants, outsiders=outsiders).receives
            for j in participants
        }
        return _ordered(known, [j for j, receives in known.items() if receives is None])

    def _enumerated(
        self,
        participants: list[int],
        known: dict[int, bool | None],
        undecided: list[int],
        profiles: Profiles,
    ) -> dict[int, Booleans]:
        """Return where each undecided participant receives the model."""
        choices = _ordered(known, undecided)
        shape = np.broadcast_shapes(*(np.shape(numbers) for numbers in profiles))
        flat = [np.broadcast_to(numbers, shape).ravel() for numbers in profiles]
        rows, step = len(flat[0]), max(1, CHUNK // len(choices))
        winner = np.empty(rows, dtype=np.intp)
        for start in range(0, rows, step):
            part = [numbers[start : start + step] for numbers in flat]
            winner[start : start + step] = self._winners(participants, choices, part)
        holds = {j: np.array([j in choice for choice in choices]) for j in undecided}
        return {j: holds[j][winner].reshape(shape) for j in undecided}

    def _winners(
        self, participants: list[int], choices: list[frozenset[int]], profiles: Profiles
    ) -> Integers:
        winner, open_rows = self._compared(INTERVALS, participants, choices, profiles)
        rows = np.flatnonzero(open_rows)
        if rows.size:
            part = [numbers[rows] for numbers in profiles]
            winner[rows], still_open = self._compared(BALLS, participants, choices, part)
            if still_open.any():
                message = (
                    f"which choice of recipients is efficient is not decided at "
                    f"{int(still_open.sum()):,} profiles: totals agree in all known digits"
                )
                raise NoRouteError(message)
        return winner

    def _compared(
        self,
        arithmetic: Arithmetic,
        participants: list[int],
        choices: list[frozenset[int]],
        profiles: Profiles,
    ) -> tuple[Integers, Booleans]:
        """Return the first best choice at each profile, and where that is not certain."""
        with arithmetic.context():
            totals = self.totals(arithmetic, participants, choices, profiles)
            best = next(totals)
            winner = np.zeros(best.shape[0], dtype=np.intp)
            open_rows = np.zeros(best.shape[0], dtype=np.bool_)
            for number, total in enumerate(totals, start=1):
                less = arithmetic.less(best, total)
                for row in np.flatnonzero(~(less.holds | less.fails) & ~open_rows).tolist():
                    here = [int(numbers[row]) for numbers in profiles]
                    rivals = choices[number], choices[winner[row]]
                    alike = self._alike(participants, *rivals, here)
                    if not alike and arithmetic is BALLS:
                        alike = self._agree(participants, *rivals, here)
                    open_rows[row] = not alike
                winner = np.where(less.holds, number, winner)
                best = arithmetic.where(less.holds, total, best)
        return winner, open_rows

    def totals(
        self,
        arithmetic: Arithmetic,
        participants: Sequence[int],
        choices: Sequence[frozenset[int]],
        profiles: Profiles,
    ) -> Any:
        """Yield the participants' total value under each choice, shape of the profiles."""
        formulas = self.formulas(arithmetic)
        own = [formulas.own(j, profiles[j]) for j in range(self.size)]
        best = formulas.model(self.sizes.total(list(participants), profiles))
        for choice in choices:
            used: list[Quantity] = [best if j in choice else own[j] for j in range(self.size)]
            yield formulas.valuation.together(participants, used)

    def _alike(
        self, participants: list[int], left: frozenset[int], right: frozenset[int], here: list[int]
    ) -> bool:
        """Tell whether two choices come to the same here.

        Who owns all the data uses the same model either way; beyond that they may differ by an
        exchange of agents who are alike.
        """
        valuation = self.formulas(INTERVALS).valuation
        own = {j: int(self.sizes.own(j, here[j])) for j in participants}
        everything = sum(own.values())
        mine, theirs = (
            sorted((j for j in choice if own[j] < everything), key=lambda j: own[j])
            for choice in (left - right, right - left)
        )
        return len(mine) == len(theirs) and all(
            own[a] == own[b] and valuation.interchangeable(a, b)
            for a, b in zip(mine, theirs, strict=True)
        )

    def _agree(
        self, participants: list[int], left: frozenset[int], right: frozenset[int], here: list[int]
    ) -> bool:
        """Tell whether totals are functions of the same fractions under both choices here."""
        formulas = self.formulas(EXACT)
        profiles = [np.array([number]) for number in here]
        try:
            own = [formulas.own(j, profiles[j]) for j in range(self.size)]
            best = formulas.model(self.sizes.total(participants, profiles))
            mine, theirs = (
                formulas.valuation.summary(
                    participants, [best if j in choice else own[j] for j in range(self.size)]
                )
                for choice in (left, right)
            )
        except IrrationalError:
            return False
        return all(bool(np.all(a == b)) for a, b in zip(mine, theirs, strict=True))


def _ordered(known: dict[int, bool | None], undecided: list[int]) -> list[frozenset[int]]:
    """Return all choices in the order in which ties are given: most recipients, then the first."""
    if len(undecided) > OPEN_LIMIT:
        message = f"2^{len(undecided)} choices of recipients; at most 2^{OPEN_LIMIT} are compared"
        raise NoRouteError(message)
    always = frozenset(j for j, receives in known.items() if receives)
    subsets = sorted(range(1 << len(undecided)), key=lambda bits: (-bits.bit_count(), bits))
    return [always | {j for k, j in enumerate(undecided) if bits >> k & 1} for bits in subsets]
