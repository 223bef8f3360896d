"""The linear program of lotteries over recipients, with the lies added so far.

Its variables are chances of every set of recipients and payments, at every profile; `second_best`
says what they satisfy. Lies are added where the payments under a lottery lose money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError, SolveError
from mdsolve.game.lottery import certain_markets
from mdsolve.game.market import QualityMarket, own_first
from mdsolve.progress import Monitor
from mdsolve.tolerance import PROGRAM_FEASIBILITY

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]

NEIGHBOURS = 4
"""Lies beside one that binds that are added with it, to either side."""

ENTRY_LIMIT = 40_000_000
"""Most values of lies under all outcomes, 8 bytes each."""

ROUNDING_BITS = 40
"""Chances are multiples of 2**-ROUNDING_BITS, so that they sum to one exactly."""


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


class OutcomeProgram:
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
        chances, found, marks = self._optimum(None, None, whole=whole)
        if found.status != 0:
            message = f"the linear programming solver stopped: {found.message}"
            raise SolveError(message)
        return rounded(chances), found, marks

    def relaxed(self, allowed: Booleans, price: float | None) -> tuple[Floats, Any, Integers]:
        """Return the best chances of some outcomes, what the solver says, and which rows are lies.

        Parameters
        ----------
        allowed : (outcomes, profiles) of bool
        price : float or None
            What lacking money at the worst profile costs; None does not allow it.
        """
        return self._optimum(allowed, price, whole=False)

    def _optimum(
        self, allowed: Booleans | None, price: float | None, *, whole: bool
    ) -> tuple[Floats, Any, Integers]:
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix, hstack

        matrix, bounds, marks = self.rows()
        chances = self.outcomes * self.count
        payments = self.size * self.count
        goal = np.concatenate([-self.goal.ravel() / self.unit, np.zeros(payments)])
        place = np.arange(self.count)
        columns = [s * self.count + place for s in range(self.outcomes)]
        sums = _matrix(columns, [np.ones(self.count)] * self.outcomes, chances + payments)
        most = [1 if whole else None] * chances
        if allowed is not None:
            most = [None if entry else 0 for entry in allowed.ravel().tolist()]
        free = [(0, upper) for upper in most] + [(None, None)] * payments
        if price is not None:
            lacking = csr_matrix(-(marks[:, :1] == -2).astype(float))
            matrix, goal = hstack([matrix, lacking]).tocsr(), np.append(goal, price)
            sums = hstack([sums, csr_matrix((self.count, 1))]).tocsr()
            free.append((0, None))
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
        solution = np.zeros(chances) if found.x is None else found.x[:chances]
        return solution.reshape(self.outcomes, -1), found, marks


def multipliers(program: OutcomeProgram, found: Any, marks: Integers) -> tuple[Floats, Floats]:
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


def lie_values(base: QualityMarket) -> int:
    """Return how many values lies have, under all outcomes."""
    lies = sum(base.profile_count * (m - 1) // 2 for m in base.shape)
    return int(lies * 2 ** len(base.agents))


def _require_room(base: QualityMarket) -> None:
    need = lie_values(base)
    if need > ENTRY_LIMIT:
        outcomes = 2 ** len(base.agents)
        raise MemoryLimitError.single(
            "types",
            f"{need // outcomes:,} lies under {outcomes:,} outcomes",
            f"at most {ENTRY_LIMIT:,} values of lies",
            "use coarser grids",
        )
