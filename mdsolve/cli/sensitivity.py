"""`mdsolve sensitivity`: what moves when costs, values, capacities or weights do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes, heed
from mdsolve.cli.common import Json, Quiet, TimeLimit, output_file, print_json, progress_monitor
from mdsolve.cli.streams import note
from mdsolve.errors import UsageError


def sensitivity(
    file: Annotated[Path, typer.Argument(help="Instance file of a sharing game.")],
    solution: Annotated[Path, typer.Argument(help="Solution file (JSON), from any source.")],
    mechanism: Annotated[
        str | None,
        typer.Option("--mechanism", "-m", help="Take the solution as one under this mechanism."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", help="cost, value, capacity or weight; may be repeated."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a row per parameter and agent: .csv, ..."),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
) -> None:
    """Show how an equilibrium moves with the numbers of its instance, and how far that holds."""
    from mdsolve.instance import load
    from mdsolve.solution_files import entries_of, read_solution_data
    from mdsolve.study.sensitivity import KINDS
    from mdsolve.study.sensitivity import sensitivity as derivatives
    from mdsolve.table import Table, require_table

    wanted = tuple(kind for kind in KINDS if parameter is None or kind in parameter)
    unknown = [word for word in parameter or () if word not in KINDS]
    if unknown:
        raise UsageError.single("--parameter", repr(unknown[0]), "one of " + ", ".join(KINDS))
    if output is not None:
        require_table(output)
        output_file(output, file, solution)
    instance = load(file)
    heed(instance, yes)
    with progress_monitor(quiet, time_limit) as monitor:
        found = [
            derivatives(instance, entry, mechanism=mechanism, kinds=wanted, monitor=monitor)
            for _, entry in entries_of(read_solution_data(solution), str(solution))
        ]
    if output is not None:
        Table.stacked(one.table() for one in found).write(output)
        if not quiet:
            note(f"wrote {output}")
    if as_json:
        documents = [one.to_dict() for one in found]
        print_json(documents[0] if len(documents) == 1 else {"solutions": documents})
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.sensitivity import sensitivity_view
        from mdsolve.report.units import Units

        for one in found:
            console_for().print(sensitivity_view(one, Units.of(instance)))
