"""Single payments, looked at in the number system of a check: one agent, one profile each.

The best lie of a type is found in two steps: bounds in doubles leave a few reports that may be the
best, and those alone are compared in the number system of the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.reading.market_sizes import Integers

PIECE = 1 << 18
"""Lies that are bounded at a time."""


@dataclass(frozen=True)
class Cells:
    """Some payments of one agent.

    Parameters
    ----------
    own, columns : (cells,) of int
        The agent's type numbers, and places of the others' in their table.
    """

    context: MarketContext
    agent: int
    own: Integers
    columns: Integers

    @classmethod
    def of(cls, context: MarketContext, agent: int, rows: Integers) -> Cells:
        """Return cells by number: the column times the number of own types, plus the type."""
        types = context.ruled.shape[agent]
        return cls(context, agent, rows % types, rows // types)

    @cached_property
    def others(self) -> list[Integers]:
        """Type numbers of the others, in agent order."""
        shape = [m for j, m in enumerate(self.context.ruled.shape) if j != self.agent]
        return list(np.unravel_index(self.columns, shape)) if shape else []

    @property
    def profile(self) -> list[Integers]:
        """Type numbers of everybody."""
        found = list(self.others)
        found.insert(self.agent, self.own)
        return found

    @cached_property
    def charge(self) -> Quantity:
        """What the agent pays."""
        return self.context.payment(self.agent, self.own, self.others)

    @cached_property
    def truth(self) -> Quantity:
        """What the truth is worth."""
        return self._flat(self.context.reading.truth(self.agent, self.own, self.others))

    @cached_property
    def outside(self) -> Quantity:
        """What staying out is worth."""
        return self._flat(self.context.reading.outside(self.agent, self.own, self.others))

    @cached_property
    def utility(self) -> Quantity:
        """What is left of the truth's worth after paying."""
        return self.truth - self.charge

    def _flat(self, values: Quantity) -> Quantity:
        return self.context.arithmetic.broadcast(values, self.own.shape)

    @cached_property
    def _best(self) -> tuple[Quantity, Integers]:
        """Utility of the best lie, and its report; cells of the lowest type have none."""
        arithmetic = self.context.arithmetic
        types = self.context.ruled.shape[self.agent]
        parts, reports = [], []
        step = max(1, PIECE // types)
        for start in range(0, len(self.own), step):
            value, report = self._best_of(slice(start, start + step))
            parts.append(value)
            reports.append(report)
            self.context.monitor.check_time()
        return arithmetic.concatenate(parts), np.concatenate(reports)

    def _best_of(self, part: slice) -> tuple[Quantity, Integers]:
        context, agent = self.context, self.agent
        own, others = self.own[part], [numbers[part] for numbers in self.others]
        low, high = self.bounds(own, others)
        may_win = high >= low.max(axis=1)[:, None]
        may_win[~np.isfinite(low).any(axis=1), 0] = True
        with np.errstate(invalid="ignore"):
            near = np.where(may_win, low + 0.5 * (high - low), -np.inf)
        report = np.argmax(near, axis=1)
        width = int(may_win.sum(axis=1).max(initial=1))
        # The first columns of each row are the reports that may be the best; repeated if few.
        order = np.argsort(~may_win, axis=1, kind="stable")[:, :width]
        order = np.where(np.take_along_axis(may_win, order, axis=1), order, report[:, None])
        best: Quantity | None = None
        for k in range(width):
            told = order[:, k]
            value = context.reading.value(agent, told, own, others)
            value = context.arithmetic.broadcast(value, own.shape)
            worth = value - context.payment(agent, told, others)
            best = worth if best is None else context.arithmetic.maximum(best, worth)
        assert best is not None
        return best, report

    def bounds(self, own: Integers, others: list[Integers]) -> tuple[Floats, Floats]:
        """Return doubles around the utility of every lie, (cells, m); -inf where it is none."""
        screen, agent = self.context.screen, self.agent
        told = np.arange(screen.ruled.shape[agent])[None, :]
        beside = [numbers[:, None] for numbers in others]
        value = screen.reading.value(agent, np.minimum(told, own[:, None]), own[:, None], beside)
        charge = screen.payment(agent, told, beside)
        worth = value - charge
        is_lie = told < own[:, None]
        return (
            np.where(is_lie, screen.arithmetic.lower(worth), -np.inf),
            np.where(is_lie, screen.arithmetic.upper(worth), -np.inf),
        )

    @property
    def best_lie(self) -> Quantity:
        """Utility of the best lie; of cells with lies only."""
        return self._best[0]

    @property
    def best_report(self) -> Integers:
        """Report of the best lie, by number."""
        return self._best[1]

    def witness(self, cell: int, **numbers: Quantity) -> Mapping[str, Any]:
        """Return one cell in words: agent, types, and entries of some columns."""
        context = self.context
        others = [j for j in range(context.size) if j != self.agent]
        return {
            "agent": context.names[self.agent],
            "type": context.type_of(self.agent, self.own[cell]),
            "others": {
                context.names[j]: context.type_of(j, numbers_of[cell])
                for j, numbers_of in zip(others, self.others, strict=True)
            },
            **context.numbers(**{key: column[cell] for key, column in numbers.items()}),
        }
