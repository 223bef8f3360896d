"""`mdsolve sweep`: an instance solved over ranges, lists and scenarios, as one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    Seed,
    Settings,
    TimeLimit,
    Tolerance,
    memory_bytes,
    one_place,
    parse_settings,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import output_file, partial_of, undisturbed
from mdsolve.cli.streams import note

if TYPE_CHECKING:
    from mdsolve.study.sweep_table import SweepTable

METRICS = ("total_data", "welfare", "least_utility", "alone_margin", "revenue", "minimal_revenue")


def sweep(
    file: Annotated[Path, typer.Argument(help="Instance file of a sharing game or a market.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="PATH=VALUES",
            help="FROM:TO:COUNT (COUNT points, ends included) or A,B,C; PATH such as cost, "
            "agents.city.cost, accuracy.exponent or mechanism.beta. May be repeated: a grid.",
        ),
    ] = None,
    mechanism: Annotated[
        list[str] | None,
        typer.Option("--mechanism", "-m", help="Mechanism; may be repeated."),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar='"NAME: change; change"',
            help="What may happen, e.g. 'dear: cost*=1.2' or 'alone: remove agents.county'; "
            "'now:' is the instance as it is. May be repeated.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", help="So many points of a Latin hypercube, not the grid.", min=1),
    ] = None,
    settings: Settings = None,
    per_agent: Annotated[
        bool,
        typer.Option("--per-agent", help="Contribution, payment and utility of every agent too."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the table: .csv, .parquet or .json."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw a metric into this PNG or SVG file.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="What --plot draws; " + ", ".join(METRICS) + "."),
    ] = None,
    resume: Resume = False,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    tolerance: Tolerance = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
    seed: Seed = None,
) -> None:
    """Solve an instance at every point of a grid, a list or a sample; each answer is certified.

    Finished points are kept: a sweep that was stopped goes on with --resume.
    """
    from mdsolve.errors import UsageError
    from mdsolve.instance import load
    from mdsolve.report.pictures.style import require_picture
    from mdsolve.study.sweep import sweep as swept
    from mdsolve.study.sweep_table import JSON
    from mdsolve.table import require_table
    from mdsolve.tolerance import DEFAULT, Tolerances

    one_place(jobs, cluster)
    output_file(output, file)
    output_file(plot)
    if output is not None:
        require_table(output, JSON)
    if plot is not None:
        require_picture(plot)
    if metric is not None and metric not in METRICS:
        raise UsageError.single("--metric", repr(metric), "one of " + ", ".join(METRICS))
    instance = load(file)
    heed(instance, yes)
    verify = DEFAULT.verify if tolerance is None else tolerance
    with progress_monitor(quiet, time_limit) as monitor:
        table = swept(
            instance,
            vary or (),
            mechanism or (),
            scenarios=scenario or (),
            sample=sample,
            options=parse_settings(settings),
            per_agent=per_agent,
            seed=seed,
            monitor=monitor,
            tolerances=Tolerances(verify=verify),
            memory_limit=memory_bytes(memory_limit),
            jobs=jobs,
            cluster=cluster,
            output=output,
            resume=resume,
        )
    if table.trouble:
        note(f"warning: finished points could not be kept: {table.trouble}")
    if output is not None:  # before anything is printed: stdout may be closed or full
        written = _stored(table, output)
        if not quiet:
            note(f"wrote {written}")
    if as_json:
        print_json(table.to_dict())
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.sweep import sweep_view

        console_for().print(sweep_view(table))
    if plot is not None:
        from mdsolve.report.pictures.sweep import draw_sweep
        from mdsolve.report.units import Units

        draw_sweep(table, plot, metric, units=Units.of(instance))
        if not quiet:
            note(f"wrote {plot}")
    raise typer.Exit(table.exit_code)


def _stored(table: SweepTable, output: Path) -> Path:
    """Write a table; one that is not complete goes beside the name that a complete one gets."""
    partial = partial_of(output)
    with undisturbed():
        if not table.complete:
            table.write(partial)
            return partial
        table.write(output)
        partial.unlink(missing_ok=True)
    return output
