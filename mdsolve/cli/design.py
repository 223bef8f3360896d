"""`mdsolve design`: a rule for a goal and requirements, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mdsolve.cli.caution import Yes
from mdsolve.cli.common import (
    DEFAULT_MEMORY,
    Json,
    MemoryLimit,
    Quiet,
    TimeLimit,
    Tolerance,
    memory_bytes,
    output_file,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import keep_solutions
from mdsolve.errors import Finding, UsageError

FLAGS = {
    "dominant": "yes",
    "budget-balance": "yes",
    "deficit-allowed": "yes",
    "expected-balance": "yes",
    "coalitions": "yes",
    "interim": "yes",
}
"""Requirements that may be named without a value."""


def design(
    file: Annotated[Path, typer.Argument(help="Instance file of a market or a sharing game.")],
    maximize: Annotated[
        str | None,
        typer.Option(
            "--maximize",
            metavar="GOAL",
            help="Sharing games: welfare (default), data, accuracy, least-utility or p-mean=P. "
            "Markets: revenue (default), fairness, spread, least-subsidy, smallest-cap, "
            "expected-revenue or expected-welfare.",
        ),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="NAME[=VALUE]",
            help="Sharing games: alone=MARGIN|no, payment-limit=L, reciprocity=R, least-share=F, "
            "least-total=T, contributions=S1,S2,..., dominant, form=rates. Markets: subsidy=S, "
            "cap=X, floor=X, revenue-floor=X, spread=X, "
            "balanced=profile|weak|expected|none, coalitions, interim; "
            "with expected-welfare outcomes=lottery|single. "
            "NAME.AGENT=VALUE is one agent's. May be repeated.",
        ),
    ] = None,
    trade_off: Annotated[
        str | None,
        typer.Option(
            "--trade-off",
            metavar="NAME=FROM:TO:COUNT",
            help="Design at so many points of one requirement, ends included. Markets: subsidy, "
            "cap, spread, floor or revenue-floor.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the solution to this JSON file.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", help="Draw the outcome, or the trade-off, into this PNG or SVG file."
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    tolerance: Tolerance = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
) -> None:
    """Design payments for a goal under requirements, and prove the answer.

    Exits 3 with a proof and the smallest concessions where no rule exists.
    """
    from mdsolve.cli.caution import heed
    from mdsolve.cli.streams import note
    from mdsolve.instance import load
    from mdsolve.report.pictures.style import require_picture
    from mdsolve.report.text.console import console_for
    from mdsolve.report.text.solution import solution_view
    from mdsolve.report.units import Units
    from mdsolve.study.design import design as designed
    from mdsolve.tolerance import DEFAULT, Tolerances

    wanted, walked = _requirements(require or ()), _range(trade_off)
    output_file(output, file)
    output_file(plot)
    if plot is not None:
        require_picture(plot)
    instance = load(file)
    heed(instance, yes)
    verify = DEFAULT.verify if tolerance is None else tolerance
    with progress_monitor(quiet, time_limit) as monitor:
        solution = designed(
            instance,
            maximize=maximize,
            require=wanted,
            trade_off=walked,
            monitor=monitor,
            tolerances=Tolerances(verify=verify),
            memory_limit=memory_bytes(memory_limit),
        )
    if output is not None:  # before anything is printed: stdout may be closed or full
        keep_solutions([solution], output, quiet=quiet)
    if as_json:
        print_json(solution.to_dict())
    elif not quiet:
        console_for().print(solution_view(solution, units=Units.of(instance)))
    if plot is not None:
        from mdsolve.report.pictures.solution import draw_solution

        reason = draw_solution(solution, plot, instance)
        if not quiet:
            note(f"no picture: {reason}" if reason else f"wrote {plot}")
    raise typer.Exit(solution.exit_code)


def _requirements(words: Sequence[str]) -> dict[str, Any]:
    """Return requirements by name; all that are malformed are reported at once."""
    found: dict[str, Any] = {}
    findings = []
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals and name not in FLAGS:
            expected = f"NAME=VALUE; only {', '.join(FLAGS)} need no value"
            findings.append(Finding("--require", repr(word)[:60], expected))
        elif not name or name in found:
            findings.append(Finding("--require", repr(word)[:60], "each requirement once"))
        else:
            found[name] = value.strip() if equals else FLAGS[name]
    if findings:
        raise UsageError(findings)
    return found


def _range(text: str | None) -> dict[str, Any] | None:
    """Return the trade-off's requirement and its range."""
    if text is None:
        return None
    name, equals, ends = text.partition("=")
    parts = ends.split(":")
    if not equals or len(parts) != 3:
        expected = "NAME=FROM:TO:COUNT, for example reciprocity=0:1:21"
        raise UsageError.single("--trade-off", repr(text)[:60], expected)
    return {name.strip(): tuple(part.strip() for part in parts)}
