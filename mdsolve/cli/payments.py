"""`mdsolve payments`: maximal-revenue payments of a market, with side constraints if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import (
    DEFAULT_MEMORY,
    Json,
    MemoryLimit,
    Quiet,
    Settings,
    TimeLimit,
    Tolerance,
    memory_bytes,
    parse_settings,
    progress_monitor,
)
from mdsolve.errors import UsageError


def payments(
    file: Annotated[Path, typer.Argument(help="Market instance file.")],
    side: Annotated[
        list[str] | None,
        typer.Option(
            "--side",
            help="Side constraint: budget-balance, deficit-allowed, cap=X, floor=X, "
            "revenue-floor=X, spread=X; may be repeated.",
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="With side constraints: revenue (default), fairness or spread."),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            help="Explain the payments at these types, e.g. 10,1 (or 'profile', 'minimal').",
        ),
    ] = None,
    settings: Settings = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the solution to this JSON file.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    tolerance: Tolerance = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
) -> None:
    """Compute maximal-revenue payments, or prove that there are none."""
    from mdsolve.cli.solving import Request, solve_and_show

    options = parse_settings(settings)
    for key, value in (("side", side), ("objective", objective)):
        if value:
            if key in options:
                raise UsageError.single(f"--{key}", f"also given by --set {key}", "one of the two")
            options[key] = value
    request = Request(
        file=file,
        mechanisms=["desirable"],
        options=options,
        output=output,
        as_json=as_json,
        quiet=quiet,
        memory_limit=memory_bytes(memory_limit),
        tolerance=tolerance,
        explain=explain,
    )
    with progress_monitor(quiet, time_limit) as monitor:
        code = solve_and_show(request, monitor)
    raise typer.Exit(code)
