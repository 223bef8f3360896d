"""The lottery over recipients with the largest expected welfare, by cutting planes.

Chances x_S(t) of every set S of recipients and payments p_i(t) satisfy, at every profile,

    sum_S x_S(t) = 1,    sum_i p_i(t) >= 0,
    p_i(t)        <= sum_S x_S(t) v_i^S(t) - out_i(t)
    p_i(t) - p_i(r) <= sum_S x_S(t) v_i^S(t) - sum_S x_S(r) v_i^S(report r; true t)   for r < t,

of which the last are too many to write down. A program with some of them proposes a lottery; given
a lottery, the highest payments are shortest paths. Where these sum to less than zero, the lies on
their paths, and those near them, are added. A lottery whose highest payments never lose money is
the best, since the program that proposed it asks for less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.errors import SolveError
from mdsolve.game.lottery import LotteryMarket
from mdsolve.game.market import QualityMarket
from mdsolve.progress import Monitor
from mdsolve.solver.market.outcome_branches import VALUE_LIMIT, branched
from mdsolve.solver.market.outcome_program import (
    Floats,
    Integers,
    OutcomeProgram,
    lie_values,
    multipliers,
)
from mdsolve.tolerance import PROGRAM_FEASIBILITY

ROUNDS = 500
"""Most programs solved."""


@dataclass(frozen=True)
class SecondBest:
    """A lottery, its payments, and what proves how good it is.

    Parameters
    ----------
    market : LotteryMarket
        The market under the lottery.
    payments : array of shape (n, m_1, ..., m_n)
        The highest payments that rationality and truthfulness allow under the lottery.
    value, bound : float
        Its expected welfare, and what none has more than (nearly: the checker computes it anew).
    revenue : array of shape (m_1, ..., m_n)
        Multipliers of the sums of payments.
    lies : array of shape (lies, 4)
        Multipliers of lies: agent, place of the true profile, report, weight.
    rounds : int
        Programs solved.
    branches : list of mappings
        For single outcomes: where they were split, and multipliers of what was not.
    """

    market: LotteryMarket
    payments: Floats
    value: float
    bound: float
    revenue: Floats
    lies: Floats
    rounds: int
    branches: list[dict[str, Any]]

    @property
    def first_best(self) -> float:
        """Expected welfare of an efficient allocation, which need not be truthful."""
        agents = range(len(self.market.agents))
        values = [[market.truthful_values(i) for i in agents] for market in self.market.certain]
        totals = np.stack(values).sum(axis=1)
        return float((self.market.weights * totals.max(axis=0)).sum())


def second_best(base: QualityMarket, monitor: Monitor, *, whole: bool = False) -> SecondBest:
    """Return the lottery with the largest expected welfare, or the best single outcomes.

    Parameters
    ----------
    whole : bool
        One outcome per profile instead of a lottery: an integer program. The bound is that of
        lotteries, or of branches where values are few.

    Raises
    ------
    MemoryLimitError
        If there are too many lies and outcomes.
    SolveError
        If the solver ends without a usable answer.
    """
    program = OutcomeProgram(base, monitor)
    chances, found, marks, rounds = _searched(program, program.efficient(), whole=False)
    dual = multipliers(program, found, marks)
    bound = float(program.goal.max(axis=0).sum() if found is None else -found.fun * program.unit)
    branches: list[dict[str, Any]] = []
    if whole and not np.isin(chances, (0.0, 1.0)).all():
        start, _, _ = program.solved(whole=True)
        chances, _, _, more = _searched(program, start, whole=True)
        rounds += 1 + more
        if lie_values(base) <= VALUE_LIMIT:
            proved = branched(program, chances, monitor)
            chances, bound, branches = proved.chances, min(bound, proved.bound), proved.tree
    paid, _ = program.payments(chances)
    return SecondBest(
        LotteryMarket.of(base, chances.reshape(-1, *base.shape)),
        paid.reshape(-1, *base.shape),
        float((program.goal * chances).sum()),
        bound,
        *dual,
        rounds,
        branches,
    )


def _searched(
    program: OutcomeProgram, chances: Floats, *, whole: bool
) -> tuple[Floats, Any, Integers, int]:
    """Return the best chances, the last program's answer and rows, and how many were solved."""
    found, marks = None, np.zeros((0, 4), dtype=np.intp)
    allowed = 2 * PROGRAM_FEASIBILITY * program.unit
    for number in range(ROUNDS):
        paid, reports = program.payments(chances)
        losing = np.flatnonzero(paid.sum(axis=0) < -allowed)
        if not losing.size or not program.cut(losing, reports):
            return chances, found, marks, number
        program.monitor.advance("programs", number + 1, ROUNDS)
        chances, found, marks = program.solved(whole=whole)
    message = f"after {ROUNDS} programs the lottery still loses money somewhere"
    raise SolveError(message)
