"""`mdsolve payments`: maximal-revenue payments of a market, with side constraints if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mdsolve.cli.caution import Yes, heed
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
    print_json,
    progress_monitor,
)
from mdsolve.errors import UsageError


def payments(
    file: Annotated[Path, typer.Argument(help="Market or sharing instance file.")],
    mechanism: Annotated[
        str | None,
        typer.Option("--mechanism", "-m", help="Sharing games: the mechanism whose payments."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Sharing games: contributions, as 3,1.17 or a solution file."),
    ] = None,
    side: Annotated[
        list[str] | None,
        typer.Option(
            "--side",
            help="Side constraint: budget-balance, deficit-allowed, expected-balance, "
            "subsidy=X, cap=X, cap.NAME=X, floor=X, revenue-floor=X, spread=X, coalitions, "
            "interim; may be repeated.",
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            help="Revenue (default), least-subsidy or smallest-cap; with side constraints also "
            "fairness or spread."
        ),
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
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    tolerance: Tolerance = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
) -> None:
    """Compute maximal-revenue payments, or prove that there are none.

    On a sharing game: the payments of a mechanism at contributions given with --at.
    """
    from mdsolve.cli.solving import Request, solve_and_show

    options = parse_settings(settings)
    if mechanism is not None or at is not None:
        _payments_at(file, mechanism, at, options, yes, as_json, quiet)
        return
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
        yes=yes,
    )
    with progress_monitor(quiet, time_limit) as monitor:
        code = solve_and_show(request, monitor)
    raise typer.Exit(code)


def _payments_at(
    file: Path,
    mechanism: str | None,
    at: str | None,
    options: dict[str, Any],
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show a sharing mechanism's payments at given contributions."""
    from mdsolve.instance import load
    from mdsolve.instance.sharing import SharingInstance
    from mdsolve.solution import plain
    from mdsolve.study.payments_at import payments_at

    instance = load(file)
    if not isinstance(instance, SharingInstance):
        raise UsageError.single("-m, --at", f"a {instance.kind} instance", "a sharing game")
    if at is None:
        raise UsageError.single(
            "--at", "nothing", "contributions, one per agent", "for example --at 3,1.17"
        )
    heed(instance, yes)
    found = payments_at(instance, mechanism, at, options=options)
    if as_json:
        print_json(plain(found))
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.payments_at import payments_at_view
        from mdsolve.report.units import Units

        console_for().print(payments_at_view(found, Units.of(instance)))
