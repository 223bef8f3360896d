"""The work behind `solve` and `payments`: load, solve, store, show, and choose the exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mdsolve.cli.caution import heed
from mdsolve.cli.common import print_json
from mdsolve.cli.outputs import keep_solutions, keep_table, output_file
from mdsolve.cli.streams import note
from mdsolve.instance import Instance, load
from mdsolve.pieces.engine import results_of
from mdsolve.progress import Monitor
from mdsolve.report.legible import legible
from mdsolve.report.pictures.style import require_picture
from mdsolve.report.text.console import console_for
from mdsolve.report.text.solution import solution_view
from mdsolve.report.units import Units
from mdsolve.solution import Solution
from mdsolve.study.draws import with_bands
from mdsolve.study.dynamics import simulate
from mdsolve.study.explain import STORED, explain_payments, profile_numbers
from mdsolve.study.problem import options_for
from mdsolve.study.solve import solve
from mdsolve.table import is_tabular, require_table
from mdsolve.tolerance import DEFAULT, Tolerances


@dataclass(frozen=True)
class Request:
    """What the user asked for, once parsed; the fields are the command's options."""

    file: Path
    mechanisms: Sequence[str | None]
    options: Mapping[str, Any]
    output: Path | None
    as_json: bool
    quiet: bool
    memory_limit: int
    seed: int | None = None
    tolerance: float | None = None
    explain: str | None = None
    plot: Path | None = None
    dynamics: Mapping[str, Any] | None = None
    jobs: int = 1
    draws: int | None = None
    yes: bool = False
    resume: bool = False
    cluster: str | None = None


def solve_and_show(request: Request, monitor: Monitor) -> int:
    """Carry out a request; return the exit code, the worst one where several mechanisms ran."""
    output_file(request.output, request.file)
    if is_tabular(request.output):
        assert request.output is not None
        require_table(request.output)
    output_file(request.plot)
    if request.plot is not None:
        require_picture(request.plot)
    instance = load(request.file)
    heed(instance, request.yes)
    if request.explain is not None and request.explain not in STORED:
        profile_numbers(instance, request.explain.split(","))
    verify = DEFAULT.verify if request.tolerance is None else request.tolerance
    chosen = options_for(instance, request.mechanisms, request.options)
    task = partial(_solution, instance, request, Tolerances(verify=verify))
    solved = results_of(
        task, list(chosen.items()), jobs=request.jobs, monitor=monitor, label="mechanisms"
    )
    solutions = list(solved)
    if request.output is not None:  # before anything is printed: stdout may be closed or full
        keep = keep_table if is_tabular(request.output) else keep_solutions
        keep(solutions, request.output, quiet=request.quiet)
    if not request.quiet and not request.as_json:
        for solution in solutions:
            console_for().print(solution_view(solution, units=Units.of(instance)))
    if request.explain is not None:
        _explain(instance, solutions[0], request)
    if request.plot is not None:
        _draw(instance, solutions, request.plot, request.quiet)
    if request.as_json:
        print_json(_document([solution.to_dict() for solution in solutions]))
    return max(solution.exit_code for solution in solutions)


def _solution(
    instance: Instance,
    request: Request,
    tolerances: Tolerances,
    chosen: tuple[str | None, Mapping[str, Any]],
    monitor: Monitor,
) -> Solution:
    """Solve under one mechanism with its options, or simulate it."""
    name, options = chosen
    if request.dynamics is not None:
        return simulate(
            instance,
            name,
            options=options,
            seed=request.seed,
            monitor=monitor,
            tolerances=tolerances,
            **request.dynamics,
        )
    solution = solve(
        instance,
        name,
        options=options,
        monitor=monitor,
        tolerances=tolerances,
        memory_limit=request.memory_limit,
        seed=request.seed,
    )
    if request.draws is None:
        return solution
    return with_bands(
        instance,
        solution,
        request.draws,
        seed=request.seed,
        monitor=monitor,
        jobs=request.jobs,
        cluster=request.cluster,
        output=request.output,
        resume=request.resume,
    )


def _document(solutions: list[dict[str, Any]]) -> dict[str, Any]:
    return solutions[0] if len(solutions) == 1 else {"solutions": solutions}


def _draw(instance: Instance, solutions: Sequence[Solution], target: Path, quiet: bool) -> None:
    """Draw each solution, the mechanism's name in the file's where there are several."""
    from mdsolve.report.pictures.solution import draw_solution

    for solution in solutions:
        name = solution.mechanism.name
        file = target.with_name(f"{target.stem}.{name}{target.suffix}")
        file = file if len(solutions) > 1 else target
        reason = draw_solution(solution, file, instance)
        if not quiet:
            note(f"no picture: {reason}" if reason else f"wrote {file}")


def _explain(instance: Instance, solution: Solution, request: Request) -> None:
    assert request.explain is not None
    if request.explain in STORED and STORED[request.explain] not in solution.answers:
        note(f"nothing to explain: the solution names no {request.explain} profile")
        return
    for sentence in map(legible, explain_payments(instance, solution, request.explain)):
        if request.as_json:
            note(sentence)
        else:
            sys.stdout.write(sentence + "\n")
