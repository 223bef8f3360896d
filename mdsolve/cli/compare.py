"""`mdsolve compare`: several mechanisms on one instance, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes, heed
from mdsolve.cli.common import (
    DEFAULT_MEMORY,
    Cluster,
    Jobs,
    Json,
    MemoryLimit,
    Quiet,
    Resume,
    Settings,
    TimeLimit,
    memory_bytes,
    one_place,
    parse_settings,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import output_file
from mdsolve.errors import EXIT_SOLVED, EXIT_STOPPED


def compare(
    file: Annotated[Path, typer.Argument(help="Instance file.")],
    mechanism: Annotated[
        list[str] | None,
        typer.Option(
            "--mechanism",
            "-m",
            help="Mechanism; may be repeated. Default: those that need no option.",
        ),
    ] = None,
    settings: Settings = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw contributions and utilities into this PNG or SVG file."),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
    resume: Resume = False,
    jobs: Jobs = 1,
    cluster: Cluster = None,
) -> None:
    """Solve an instance under several mechanisms and show all metrics in one table."""
    from mdsolve.instance import load
    from mdsolve.study.compare import compare as compare_mechanisms

    one_place(jobs, cluster)
    output_file(plot)
    instance = load(file)
    heed(instance, yes)
    with progress_monitor(quiet, time_limit) as monitor:
        found = compare_mechanisms(
            instance,
            mechanism or (),
            options=parse_settings(settings),
            monitor=monitor,
            memory_limit=memory_bytes(memory_limit),
            jobs=jobs,
            cluster=cluster,
            resume=resume,
        )
    if plot is not None:
        from mdsolve.report.pictures.comparison import draw_comparison
        from mdsolve.report.units import Units

        draw_comparison(found, plot, Units.of(instance))
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        from mdsolve.report.text.comparison import comparison_view
        from mdsolve.report.text.console import console_for
        from mdsolve.report.units import Units

        console_for().print(comparison_view(found, Units.of(instance)))
    codes = [solution.exit_code for solution in found.solutions.values()]
    stopped = bool(found.missing) or EXIT_STOPPED in codes
    raise typer.Exit(EXIT_STOPPED if stopped else EXIT_SOLVED)
