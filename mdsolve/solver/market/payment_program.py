"""Payments under side constraints that couple agents: a linear program, or a proof that none exist.

Variables are all payments; rows are those of `payment_rows`. Objectives: the most revenue in
total over all profiles; the least spread, over profiles, between agents' gains from taking part
(fairness) or between their payments (spread), or the largest payment made or received
(smallest-cap), and then the most revenue at that number.

No status is taken on trust. A solution goes to the independent checker and its side constraints are
re-checked here. An infeasible program is explained by the elastic program "relax every row by e,
minimise e": its dual weights, rounded to small fractions, combine rows into 0 <= negative, which
is checked exactly before it is called a proof.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.errors import MemoryLimitError, SolveError, UnsupportedError
from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market, QualityMarket
from mdsolve.game.side_constraints import SMALLEST_CAP, SideConstraints
from mdsolve.progress import Monitor
from mdsolve.solver.market.payment_rows import Cell, Row, all_rows, count_rows, table_of
from mdsolve.solver.market.routes import MEMORY_LIMIT, readable
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT, PROGRAM_FEASIBILITY

if TYPE_CHECKING:
    import pulp

BYTES_PER_ROW = 2500
SECONDS_PER_ROW = 4e-5
ROW_LIMIT = 1_000_000
DENOMINATOR_LIMIT = 10_000
"""Largest denominator tried when dual weights are rounded to fractions."""

PARALLEL_COLUMNS = 1 << 13
"""HiGHS's presolve rule for duplicate rows and columns, whose undoing prints to standard output."""

METHOD = "linear program (PuLP, HiGHS)"


@dataclass(frozen=True)
class ProgramResult:
    """Outcome of the linear program.

    Parameters
    ----------
    payments : array of shape (n, m_1, ..., m_n) or None
    spread : float or None
        The least spread for the objectives fairness and spread, in money.
    proof : list of mappings
        Rows with multipliers that contradict each other, where infeasible.
    proved : bool
        Whether the combination was verified exactly.
    """

    payments: Array | None
    termination: Termination
    message: str
    side: SideConstraints
    objective: str
    rows: int
    spread: float | None = None
    proof: Sequence[Mapping[str, Any]] = ()
    proved: bool = False

    @property
    def method(self) -> str:
        """How the payments were found."""
        return f"{METHOD}, {self.rows:,} rows"

    def findings(self) -> dict[str, Any]:
        """Return the mechanism-specific keys of the solution."""
        found: dict[str, Any] = {
            "exists": self.payments is not None,
            "side_constraints": self.side.words(),
            "objective": self.objective,
        }
        if self.spread is not None:
            found["cap" if self.objective == SMALLEST_CAP else "least_spread"] = self.spread
        if self.proof:
            found["witness"] = {"side_constraints": self.side.words(), "rows": list(self.proof)}
        return found


def payment_program(
    market: Market,
    side: SideConstraints,
    objective: str,
    *,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> ProgramResult:
    """Return the best payments under side constraints, or the proof that there are none.

    Raises
    ------
    UnsupportedError
        In exact arithmetic, which the linear program does not offer.
    MemoryLimitError
        If the program has too many rows; nothing is built then.
    SolveError
        If the solver ends without a usable answer.
    """
    if side.coalitions and not isinstance(market, QualityMarket):
        raise UnsupportedError.single(
            "side constraint coalitions",
            "a valuation given as a table",
            "a valuation in qualities",
            "a table of values does not say what agents have who leave together",
        )
    if market.arithmetic.name != "float":
        raise UnsupportedError.single(
            "option arithmetic",
            "exact, with side constraints",
            "float",
            "the linear program computes in floats; its answer can be verified in any arithmetic",
        )
    count = count_rows(market, side, objective)
    if count > ROW_LIMIT or count * BYTES_PER_ROW > memory_limit:
        raise MemoryLimitError.single(
            "side constraints",
            f"a program of {count:,} rows, about {readable(count * BYTES_PER_ROW)} and "
            f"{count * SECONDS_PER_ROW:,.0f} s to build",
            f"at most {min(ROW_LIMIT, memory_limit // BYTES_PER_ROW):,} rows",
            "use coarser grids, or solve without side constraints",
        )
    watch = monitor or Monitor()
    rows = list(all_rows(market, side, objective))
    watch.check_time()
    capped = objective == SMALLEST_CAP
    even = capped or (objective != "revenue" and len(market.agents) > 1)
    table, spread = _solve(market, rows, "spread" if even else None, None)
    feasible = table is not None
    if feasible and even:
        table, _ = _solve(market, rows, None, spread)
    words = ", ".join(side.words()) or "no side constraint"
    if not feasible:
        proof, proved = _contradiction(market, rows)
        certain = "verified exactly" if proved else "found in floats, not verified exactly"
        message = (
            f"No payments satisfy rationality, truthfulness and {words}: {len(proof)} of the "
            f"{count:,} inequalities contradict each other ({certain})."
        )
        ended = Termination.INFEASIBLE if proved else Termination.FAILED
        return ProgramResult(
            None,
            ended,
            message,
            side,
            objective,
            count,
            proof=proof,
            proved=proved,
        )
    if table is None:
        message = "the second stage of the linear program found no payments at the least spread"
        raise SolveError(message)
    _recheck(rows, table, spread)
    message = f"These payments are the best for the objective {objective} under {words}."
    if capped:
        message = (
            f"No payment, made or received, is above {spread or 0.0:.6g}; no rational and truthful "
            f"rule under {words} keeps to less."
        )
    if side.coalitions:
        message += " All together lose nothing by leaving: payments sum to at most 0."
    return ProgramResult(
        table,
        Termination.SOLVED,
        message,
        side,
        objective,
        count,
        spread=None if objective == "revenue" else spread or 0.0,
    )


def _solve(
    market: Market, rows: Sequence[Row], minimise: str | None, spread: float | None
) -> tuple[Array | None, float | None]:
    """Maximise revenue, or minimise the spread; None for infeasible."""
    import pulp

    sense, unit = pulp.LpMinimize if minimise else pulp.LpMaximize, _unit(rows)
    problem = pulp.LpProblem("payments", sense)
    variables: dict[Cell, pulp.LpVariable] = {
        cell: problem.add_variable("p_" + "_".join(map(str, cell)))
        for cell in np.ndindex(len(market.agents), *market.shape)
    }
    largest = problem.add_variable("spread", 0) if any(row.spread for row in rows) else None
    problem += largest if minimise else pulp.lpSum(variables.values())
    for number, row in enumerate(rows):
        terms = [(variables[cell], sign) for cell, sign in row.terms]
        if row.spread and largest is not None:
            terms.append((largest, row.spread))
        problem += pulp.LpAffineExpression(terms) <= row.bound / unit, f"r{number}"
    if spread is not None and largest is not None:
        problem += largest <= spread / unit + DEFAULT.solve, "least"
    status = _run(problem)
    if status == "Infeasible":
        return None, None
    values = {cell: unit * float(variable.value() or 0.0) for cell, variable in variables.items()}
    least = None if largest is None else unit * float(largest.value())
    return table_of(values, market), least


def _unit(rows: Sequence[Row]) -> float:
    """Return the money that one unit of the program stands for: its largest bound."""
    return max((abs(row.bound) for row in rows), default=0.0) or 1.0


def _run(problem: Any) -> str:
    """Solve and return ``Optimal`` or ``Infeasible``; anything else is a failure, not an answer."""
    import pulp

    solver = pulp.HiGHS(
        msg=False,
        presolve_rule_off=PARALLEL_COLUMNS,
        primal_feasibility_tolerance=PROGRAM_FEASIBILITY,
        dual_feasibility_tolerance=PROGRAM_FEASIBILITY,
    )
    problem.solve(solver)
    status = str(pulp.LpStatus[problem.status])
    if status not in ("Optimal", "Infeasible"):
        message = f"the linear programming solver stopped with status {status!r}"
        raise SolveError(message)
    return status


def _recheck(rows: Sequence[Row], table: Array, spread: float | None) -> None:
    """Raise `SolveError` unless every row holds within the verifying tolerance."""
    allowance = DEFAULT.verify * max(float(np.max(np.abs(table))), _unit(rows))
    for row in rows:
        left = sum(sign * float(table[cell]) for cell, sign in row.terms)
        left += row.spread * (spread or 0.0)
        if left - row.bound > allowance:
            message = f"a {row.kind} row is violated by {left - row.bound:.2g} in the LP's answer"
            raise SolveError(message)


def _contradiction(market: Market, rows: Sequence[Row]) -> tuple[list[dict[str, Any]], bool]:
    """Return rows whose combination reads 0 <= negative, and whether that was verified exactly."""
    import pulp

    hard = [row for row in rows if not row.spread]
    unit = _unit(hard)
    problem = pulp.LpProblem("elastic", pulp.LpMinimize)
    relax = problem.add_variable("relax", 0)
    variables: dict[Cell, pulp.LpVariable] = {}
    problem += relax
    for number, row in enumerate(hard):
        terms = []
        for cell, sign in row.terms:
            if cell not in variables:
                variables[cell] = problem.add_variable("p_" + "_".join(map(str, cell)))
            terms.append((variables[cell], sign))
        terms.append((relax, -1))
        problem += pulp.LpAffineExpression(terms) <= row.bound / unit, f"r{number}"
    if _run(problem) != "Optimal":
        return [], False
    weights = {c.name: abs(c.pi or 0.0) for c in problem.constraints()}
    used = [
        (row, Fraction(weights[f"r{number}"]).limit_denominator(DENOMINATOR_LIMIT))
        for number, row in enumerate(hard)
        if weights[f"r{number}"] > DEFAULT.verify
    ]
    balance: dict[Cell, Fraction] = defaultdict(Fraction)
    total = Fraction(0)
    for row, weight in used:
        total += weight * Fraction(row.bound)
        for cell, sign in row.terms:
            balance[cell] += weight * sign
    proved = total < 0 and all(value == 0 for value in balance.values())
    return [row.describe(market, weight) for row, weight in used], proved
