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

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError, SolveError
from mdsolve.game.lottery import LotteryMarket, certain_markets
from mdsolve.game.market import QualityMarket, own_first
from mdsolve.progress import Monitor
from mdsolve.tolerance import PROGRAM_FEASIBILITY

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

NEIGHBOURS = 4
"""Lies beside one that binds that are added with it, to either side."""

ROUNDS = 500
"""Most programs solved."""

ENTRY_LIMIT = 40_000_000
"""Most values of lies under all outcomes, 8 bytes each."""

ROUNDING_BITS = 40
"""Chances are multiples of 2**-ROUNDING_BITS, so that they sum to one exactly."""


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
    """

    market: LotteryMarket
    payments: Floats
    value: float
    bound: float
    revenue: Floats
    lies: Floats
    rounds: int


@dataclass
class _Agent:
    """Values of one agent under every outcome, by column: own types first.

    Parameters
    ----------
    places : (m, columns)
        Profiles by their place in the table.
    truth : (outcomes, m, columns)
    lies : list of (outcomes, m - r - 1, columns)
        By report r: values at higher true types.
    """

    places: Integers
    truth: Floats
    outside: Floats
    lies: list[Floats]
    used: set[tuple[int, int, int]] = field(default_factory=set)

    def paths(self, chances: Floats) -> tuple[Floats, Integers]:
        """Return the highest payments, and the report behind each, -1 for staying out."""
        told = chances[:, self.places]
        truth = (told * self.truth).sum(axis=0)
        utility, reports = self.outside.copy(), np.full(truth.shape, -1)
        for report, values in enumerate(self.lies):
            worth = (told[:, report, None] * values).sum(axis=0)
            worth = worth - (truth[report] - utility[report])
            better = worth > utility[report + 1 :]
            utility[report + 1 :] = np.where(better, worth, utility[report + 1 :])
            reports[report + 1 :] = np.where(better, report, reports[report + 1 :])
        return truth - utility, reports

    def add(self, own: int, column: int, reports: Integers) -> bool:
        """Add the lies on the path of a payment, and those beside them; tell whether any is new."""
        before = len(self.used)
        while reports[own, column] >= 0:
            report = int(reports[own, column])
            least, most = max(0, report - NEIGHBOURS), min(own - 1, report + NEIGHBOURS)
            self.used.update((own, near, column) for near in range(least, most + 1))
            own = report
        return len(self.used) > before


class _Program:
    """The linear program with the lies added so far; money in units of the largest value."""

    def __init__(self, base: QualityMarket, monitor: Monitor) -> None:
        self.base, self.monitor = base, monitor
        self.size, self.count = len(base.agents), base.profile_count
        _require_room(base)
        markets = certain_markets(base)
        self.outcomes = len(markets)
        numbers = np.arange(self.count).reshape(base.shape)
        self.agents = [self._agent(markets, numbers, agent) for agent in range(self.size)]
        values = np.stack([self._flat(agent.truth, agent) for agent in self.agents])
        self.values: Floats = values
        outside = [self._flat(agent.outside[None], agent)[0] for agent in self.agents]
        self.outside: Floats = np.stack(outside)
        self.unit = float(max(np.abs(values).max(), np.abs(self.outside).max())) or 1.0
        self.goal: Floats = base.weights.ravel() * values.sum(axis=0)

    def _agent(self, markets: Sequence[QualityMarket], numbers: Integers, agent: int) -> _Agent:
        def columns(table: Any, start: int = 0) -> Floats:
            full = np.broadcast_to(table, self.base.shape) if start == 0 else table
            front = own_first(full, agent) if start == 0 else full
            return np.asarray(front, dtype=float).reshape(front.shape[0], -1)

        lies = []
        for report in range(self.base.shape[agent] - 1):
            rows = [market.report_values(agent, report)[1:] for market in markets]
            lies.append(np.stack([columns(row, 1) for row in rows]))
            self.monitor.check_time()
        places = own_first(numbers, agent).reshape(self.base.shape[agent], -1)
        truth = np.stack([columns(market.truthful_values(agent)) for market in markets])
        return _Agent(places, truth, columns(self.base.outside_values(agent)), lies)

    def _flat(self, tables: Floats, agent: _Agent) -> Floats:
        """Return tables by column as tables by place."""
        found = np.empty((len(tables), self.count))
        found[:, agent.places] = tables
        return found

    def efficient(self) -> Floats:
        """Return the lottery that hands out the model where the total value is largest, surely."""
        chances = np.zeros((self.outcomes, self.count))
        totals = self.values.sum(axis=0)
        # Of ties the set with the most recipients.
        best = self.outcomes - 1 - np.argmax(totals[::-1], axis=0)
        chances[best, np.arange(self.count)] = 1.0
        return chances

    def payments(self, chances: Floats) -> tuple[Floats, list[Integers]]:
        """Return the highest payments by place, and the reports behind them by column."""
        paid, reports = np.empty((self.size, self.count)), []
        for number, agent in enumerate(self.agents):
            found, behind = agent.paths(chances)
            paid[number, agent.places] = found
            reports.append(behind)
        return paid, reports

    def cut(self, losing: Integers, reports: Sequence[Integers]) -> bool:
        """Add the lies behind payments at some profiles; tell whether any is new."""
        new = False
        for agent, behind in zip(self.agents, reports, strict=True):
            own, column = np.empty(self.count, dtype=int), np.empty(self.count, dtype=int)
            own[agent.places] = np.arange(len(agent.places))[:, None]
            column[agent.places] = np.arange(agent.places.shape[1])[None, :]
            for place in losing:
                new = agent.add(int(own[place]), int(column[place]), behind) or new
        return new

    def rows(self) -> tuple[Any, Floats, Integers]:
        """Return the inequalities A z <= b, and which lies they are: agent, own, report, column."""
        from scipy.sparse import vstack

        parts, bounds, marks = [], [], []
        place = np.arange(self.count)
        width = (self.outcomes + self.size) * self.count
        for number, agent in enumerate(self.agents):
            chosen = np.array(sorted(agent.used), dtype=np.intp).reshape(-1, 3)
            own, report, column = chosen.T
            true, told = agent.places[own, column], agent.places[report, column]
            values = np.array(
                [agent.lies[r][:, t - r - 1, c] for t, r, c in chosen.tolist()]
            ).reshape(-1, self.outcomes)
            columns, entries = [], []
            for s in range(self.outcomes):
                columns += [s * self.count + true, s * self.count + told]
                entries += [-self.values[number, s, true], values[:, s]]
            paid = (self.outcomes + number) * self.count
            columns += [paid + true, paid + told]
            one = np.full(len(true), self.unit)
            entries += [one, -one]
            parts.append(_matrix(columns, entries, width) / self.unit)
            bounds.append(np.zeros(len(true)))
            marks.append(np.column_stack([np.full(len(true), number), chosen]))
            rational = [s * self.count + place for s in range(self.outcomes)] + [paid + place]
            gains = [-self.values[number, s] for s in range(self.outcomes)]
            parts.append(
                _matrix(rational, [*gains, np.full(self.count, self.unit)], width) / self.unit
            )
            bounds.append(-self.outside[number] / self.unit)
            marks.append(np.full((self.count, 4), -1))
        everybody = [(self.outcomes + i) * self.count + place for i in range(self.size)]
        parts.append(_matrix(everybody, [-np.ones(self.count)] * self.size, width))
        bounds.append(np.zeros(self.count))
        marks.append(np.full((self.count, 4), -2))
        return vstack(parts).tocsr(), np.concatenate(bounds), np.concatenate(marks)

    def solved(self, *, whole: bool) -> tuple[Floats, Any, Integers]:
        """Return the best chances, what the solver says, and which lies its rows are."""
        from scipy.optimize import linprog

        matrix, bounds, marks = self.rows()
        chances = self.outcomes * self.count
        payments = self.size * self.count
        goal = np.concatenate([-self.goal.ravel() / self.unit, np.zeros(payments)])
        place = np.arange(self.count)
        columns = [s * self.count + place for s in range(self.outcomes)]
        sums = _matrix(columns, [np.ones(self.count)] * self.outcomes, chances + payments)
        free = [(0, 1 if whole else None)] * chances + [(None, None)] * payments
        options = {
            "primal_feasibility_tolerance": PROGRAM_FEASIBILITY,
            "dual_feasibility_tolerance": PROGRAM_FEASIBILITY,
        }
        found = linprog(
            goal,
            matrix,
            bounds,
            sums,
            np.ones(self.count),
            bounds=free,
            method="highs",
            options={} if whole else options,
            integrality=np.array([1] * chances + [0] * payments) if whole else None,
        )
        if found.status != 0:
            message = f"the linear programming solver stopped: {found.message}"
            raise SolveError(message)
        return rounded(found.x[:chances].reshape(self.outcomes, -1)), found, marks


def second_best(base: QualityMarket, monitor: Monitor, *, whole: bool = False) -> SecondBest:
    """Return the lottery with the largest expected welfare, or the best single outcomes.

    Parameters
    ----------
    whole : bool
        One outcome per profile instead of a lottery: an integer program. The bound is that of
        lotteries.

    Raises
    ------
    MemoryLimitError
        If there are too many lies and outcomes.
    SolveError
        If the solver ends without a usable answer.
    """
    program = _Program(base, monitor)
    chances, found, marks, rounds = _searched(program, program.efficient(), whole=False)
    dual = _multipliers(program, found, marks)
    bound = float(program.goal.max(axis=0).sum() if found is None else -found.fun * program.unit)
    if whole and not np.isin(chances, (0.0, 1.0)).all():
        start, _, _ = program.solved(whole=True)
        chances, _, _, more = _searched(program, start, whole=True)
        rounds += 1 + more
    paid, _ = program.payments(chances)
    return SecondBest(
        LotteryMarket.of(base, chances.reshape(-1, *base.shape)),
        paid.reshape(-1, *base.shape),
        float((program.goal * chances).sum()),
        bound,
        *dual,
        rounds,
    )


def _searched(
    program: _Program, chances: Floats, *, whole: bool
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


def _multipliers(program: _Program, found: Any, marks: Integers) -> tuple[Floats, Floats]:
    """Return the multipliers of sums of payments, and of lies: agent, place, report, weight."""
    if found is None:
        return np.zeros(program.base.shape), np.zeros((0, 4))
    weights = np.maximum(-found.ineqlin.marginals, 0.0)
    revenue = weights[marks[:, 0] == -2].reshape(program.base.shape)
    kept = (marks[:, 0] >= 0) & (weights > 0)
    chosen = marks[kept]
    places = [program.agents[i].places[t, c] for i, t, _, c in chosen.tolist()]
    lies = np.column_stack([chosen[:, 0], places, chosen[:, 2], weights[kept]])
    return revenue, np.asarray(lies, dtype=float).reshape(-1, 4)


def rounded(chances: Floats) -> Floats:
    """Return chances that are doubles with few bits and sum to one exactly.

    Examples
    --------
    >>> rounded(np.array([[0.3], [0.7]])).sum(axis=0) == 1
    array([ True])
    """
    grid = 2.0**ROUNDING_BITS
    units = np.rint(np.maximum(chances, 0.0) / chances.sum(axis=0) * grid)
    place = np.arange(units.shape[1])
    largest = np.argmax(units, axis=0)
    units[largest, place] += grid - units.sum(axis=0)
    found: Floats = units / grid
    return found


def _matrix(columns: Sequence[Integers], entries: Sequence[Floats], width: int) -> Any:
    """Return a sparse matrix with one entry per row in each of some columns."""
    from scipy.sparse import csr_matrix

    rows = np.tile(np.arange(len(columns[0])), len(columns))
    shape = (len(columns[0]), width)
    data = (np.concatenate(list(entries)), (rows, np.concatenate(list(columns))))
    return csr_matrix(data, shape)


def _require_room(base: QualityMarket) -> None:
    lies = sum(base.profile_count * (m - 1) // 2 for m in base.shape)
    need = lies * 2 ** len(base.agents)
    if need > ENTRY_LIMIT:
        raise MemoryLimitError.single(
            "types",
            f"{lies:,} lies under {2 ** len(base.agents):,} outcomes",
            f"at most {ENTRY_LIMIT:,} values of lies",
            "use coarser grids",
        )
