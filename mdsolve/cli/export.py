"""`mdsolve export`: the program behind an answer, or a sharing game on a grid, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes, heed
from mdsolve.cli.common import (
    Json,
    Quiet,
    Settings,
    TimeLimit,
    output_file,
    parse_settings,
    print_json,
    progress_monitor,
)
from mdsolve.cli.streams import note


def export(
    file: Annotated[Path, typer.Argument(help="Instance file; - reads standard input.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help=".lp or .mps (linear programs), .nfg (a sharing game on a grid, for Gambit), or "
            ".json (either).",
        ),
    ],
    mechanism: Annotated[
        str | None, typer.Option("--mechanism", "-m", help="Mechanism; see mdsolve list.")
    ] = None,
    settings: Settings = None,
    grid: Annotated[
        int, typer.Option("--grid", help="Contributions of each agent in a game on a grid.", min=2)
    ] = 5,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
) -> None:
    """Write the program behind an answer, or a game, for other programs to read."""
    from mdsolve.instance import load
    from mdsolve.study.export import export as written
    from mdsolve.study.export import require_export
    from mdsolve.study.linear_program import LinearProgram

    require_export(output)
    output_file(output, file)
    instance = load(file)
    heed(instance, yes)
    with progress_monitor(quiet, time_limit) as monitor:
        found = written(
            instance,
            output,
            mechanism=mechanism,
            options=parse_settings(settings),
            points=grid,
            monitor=monitor,
        )
    summary = (
        {"variables": len(found.variables), "rows": len(found.rows), "about": found.about}
        if isinstance(found, LinearProgram)
        else {"agents": len(found.agents), "profiles": found.utilities[..., 0].size}
    )
    if as_json:
        print_json({"export": str(output), **summary})
    elif not quiet:
        words = ", ".join(f"{size:,} {key}" for key, size in summary.items() if key != "about")
        note(f"wrote {output}: {words}")
