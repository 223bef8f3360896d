"""Sweeps: an instance solved at every point of a plan under every mechanism, as one table.

A row is one point under one mechanism, with the verdict of its own certificate. Every row is solved
from the start, so that neither the number of processes nor an interruption changes a bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.context import MEMORY_LIMIT
from mdsolve.errors import InputError, SolveError, UnsupportedError
from mdsolve.instance import Instance
from mdsolve.instance.canonical import data_sha256
from mdsolve.mechanism.chosen import Rule, names_and_options
from mdsolve.pieces.engine import Lost, Work
from mdsolve.pieces.place import store_for
from mdsolve.pieces.store import key_of
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.study.problem import options_for, problem_of
from mdsolve.study.solve import solve
from mdsolve.study.stopping import stop_termination
from mdsolve.study.sweep_plan import Plan, Point, plan_of, require_instances
from mdsolve.study.sweep_table import Row, SweepTable, columns_of
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT, Tolerances


@dataclass(frozen=True)
class _Piece:
    """One row to come: a point, a mechanism, and how it is solved."""

    base: Instance
    point: Point
    mechanism: str
    options: Mapping[str, Any]
    tolerances: Tolerances
    memory_limit: int
    seed: int | None
    per_agent: bool


@verb
def sweep(
    instance: Instance,
    vary: Mapping[str, Any] | Sequence[str] = (),
    mechanisms: Sequence[str | Rule] | str | Rule = (),
    *,
    scenarios: Mapping[str, Any] | Sequence[str] = (),
    sample: int | None = None,
    options: Mapping[str, Any] | None = None,
    per_agent: bool = False,
    seed: int | None = None,
    monitor: Monitor | None = None,
    tolerances: Tolerances = DEFAULT,
    memory_limit: int = MEMORY_LIMIT,
    jobs: int = 1,
    cluster: str | None = None,
    output: Path | None = None,
    resume: bool = False,
    time_limit: float | None = None,
    throw: bool = True,
) -> SweepTable:
    """Solve an instance at every point of a grid or a sample, under several mechanisms.

    Parameters
    ----------
    vary : mapping, or sequence of str
        From path to values or ``"FROM:TO:COUNT"``: ``{"agents.city.cost": [1, 2]}``. Paths are
        those of `Instance.replace`, and options of mechanisms such as ``mechanism.beta``.
    mechanisms : sequence of str or Rule
        Empty takes the one named in the instance.
    scenarios : mapping, or sequence of str
        Changes by name: ``{"dear": "cost*=1.2", "without county": "remove agents.county"}``. A
        scenario without changes is the instance as it is.
    sample : int or None
        So many points of a Latin hypercube, drawn with `seed`, instead of the grid.
    per_agent : bool
        Whether rows hold contribution, payment (received) and utility of every agent.
    jobs : int
        Processes; they change nothing in the table.
    cluster : str or None
        Address of a dask scheduler to use instead (extra `cluster`).
    output : Path or None
        Finished rows are kept beside this file while the sweep lasts; None keeps them only where
        `resume` is asked for.
    resume : bool
        Go on with an earlier sweep of the same points, which was stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    SweepTable

    Raises
    ------
    UsageError
        With every finding: paths, ranges, mechanisms and options.
    InstanceError
        For points that are no instances.

    Examples
    --------
    >>> import mdsolve as md
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> table = md.sweep(game, {"agents.B.cost": "0.15:0.25:3"}, ["none", "shapley"])
    >>> [round(x, 3) for x in table.column("total_data")][:4]
    [2.162, 4.698, 2.162, 4.371]
    """
    del throw  # `verb` reads it
    if instance.kind == "training":
        got, expected = instance.kind, "a market or a sharing game"
        raise UnsupportedError.single(f"{instance.label}: kind", got, expected)
    plan = plan_of(vary, scenarios, sample=sample, seed=seed)
    require_instances(instance, plan)
    names, given = names_and_options(mechanisms, options)
    if not names:
        names = [problem_of(instance, None, {}).rule.name]
    pieces = [
        _Piece(instance, point, name, chosen, tolerances, memory_limit, seed, per_agent)
        for point in plan.points()
        for name, chosen in _options(instance, names, given, point).items()
    ]
    for piece in pieces[: len(names)]:
        problem_of(instance, piece.mechanism, piece.options)
    watch = monitor or Monitor(time_limit=time_limit)
    work: Work[_Piece, Row] = Work(
        task=_row,
        pieces=pieces,
        label="points",
        monitor=watch,
        jobs=jobs,
        cluster=cluster,
        store=store_for("sweep", output, _key(instance, plan, names, given, pieces), resume=resume),
        encode=Row.to_list,
        decode=Row.from_list,
        settings=lambda piece: f"{piece.point.words}, {piece.mechanism}",
    )
    return _carried_out(work, plan, instance, per_agent=per_agent)


def _options(
    instance: Instance, names: Sequence[str], given: Mapping[str, Any], point: Point
) -> dict[str, dict[str, Any]]:
    """Return the options of every mechanism at a point."""
    chosen = options_for(instance, names, {**given, **point.options()})
    return {str(name): found for name, found in chosen.items()}


def _key(
    instance: Instance,
    plan: Plan,
    names: Sequence[str],
    given: Mapping[str, Any],
    pieces: Sequence[_Piece],
) -> str | None:
    """Return what decides every row; None where the instance holds Python objects."""
    data = data_sha256(instance)
    if data is None:
        return None
    first = pieces[0]
    own = None if instance.mechanism is None else instance.mechanism.model_dump(mode="json")
    return key_of(
        "sweep",
        data=data,
        axes=[[axis.path, list(map(str, axis.values))] for axis in plan.axes],
        scenarios=[[x.name, list(map(str, x.changes))] for x in plan.scenarios],
        sample=plan.sample,
        seed=first.seed,
        mechanisms=list(names),
        options={key: str(value) for key, value in given.items()},
        own=own,
        tolerances=str(first.tolerances),
        memory_limit=first.memory_limit,
        per_agent=first.per_agent,
    )


def _carried_out(
    work: Work[_Piece, Row], plan: Plan, instance: Instance, *, per_agent: bool
) -> SweepTable:
    """Return the table of what was finished."""
    found: dict[int, Row] = {}
    stopped: Termination | None = None
    lost = False
    try:
        for number, row in work.completed():
            lost = lost or isinstance(row, Lost)
            found[number] = _lost(work.pieces[number], row) if isinstance(row, Lost) else row
    except (StopRequested, KeyboardInterrupt) as stop:
        stopped = stop_termination(stop)
    rows = tuple(found[number] for number in sorted(found))
    if len(rows) == len(work.pieces) and not lost:  # lost rows are tried again by --resume
        work.store.remove()
    return SweepTable(
        paths=plan.paths,
        columns=columns_of(plan.paths, instance.kind, rows, per_agent=per_agent),
        rows=rows,
        asked=len(work.pieces),
        sampled=plan.sample is not None,
        name=instance.name,
        stopped=stopped,
        trouble=work.store.trouble,
    )


def _row(piece: _Piece, monitor: Monitor) -> Row:
    """Return the row of one point under one mechanism.

    Raises
    ------
    StopRequested, KeyboardInterrupt
        Stopped: the whole sweep ends, and this row is done again when it goes on.
    """
    try:
        solution = solve(
            piece.point.instance(piece.base),
            piece.mechanism,
            options=piece.options,
            monitor=monitor,
            tolerances=piece.tolerances,
            memory_limit=piece.memory_limit,
            seed=piece.seed,
        )
    except (InputError, SolveError) as error:
        return _without_answer(piece, _reason(error))
    if solution.termination is Termination.INTERRUPTED:
        raise KeyboardInterrupt
    if solution.termination is Termination.LIMIT:
        monitor.check_time()
    return _row_of(piece, solution)


def _reason(error: InputError | SolveError) -> str:
    if isinstance(error, InputError):
        return "; ".join(f"{x.where}: {x.got}, expected {x.expected}" for x in error.findings)
    return str(error)


def _lost(piece: _Piece, lost: Lost) -> Row:
    return _without_answer(piece, lost.reason, Termination.LIMIT)


def _without_answer(
    piece: _Piece, reason: str, termination: Termination = Termination.FAILED
) -> Row:
    point = piece.point
    settings = tuple(_plain(value) for _, value in point.settings)
    words = (point.scenario.name, piece.mechanism, termination.label)
    return Row(point.number, settings, *words, "", {}, {}, reason)


def _row_of(piece: _Piece, solution: Solution) -> Row:
    """Return the row of a solution."""
    point, answers = piece.point, solution.answers
    certificate = solution.certificate
    numbers: dict[str, Any] = dict(answers.get("metrics", {}))
    utilities = answers.get("utilities")
    if utilities is not None and len(utilities):
        numbers["least_utility"] = min(float(x) for x in utilities)
    numbers |= {
        key: answers[key] for key in ("exists", "revenue", "minimal_revenue") if key in answers
    }
    return Row(
        point.number,
        tuple(_plain(value) for _, value in point.settings),
        point.scenario.name,
        piece.mechanism,
        solution.termination.label,
        "" if certificate is None else certificate.verdict,
        {key: x for key in Row.NUMBERS if (x := _number(numbers.get(key))) is not None},
        _by_agent(solution) if piece.per_agent else {},
        "" if solution.termination is Termination.SOLVED else solution.message,
    )


def _by_agent(solution: Solution) -> dict[str, list[Any]]:
    """Return contribution, payment received and utility of every agent, as far as known."""
    market = "contributions" not in solution.answers
    found: dict[str, list[Any]] = {}
    for key in ("contributions", "payments", "utilities"):
        column = solution.answers.get(key)
        if column is None or len(column) != len(solution.agents):
            continue
        sign = -1.0 if market and key == "payments" else 1.0
        found[key] = [sign * float(x) + 0.0 for x in column]
    return {} if not found else {"agents": list(solution.agents), **found}


def _number(value: Any) -> float | bool | None:
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    return float(value)


def _plain(value: Any) -> float | str | None:
    return value if value is None or isinstance(value, str) else float(value)
