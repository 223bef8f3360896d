"""`mdsolve solve`: solve an instance under one or several mechanisms and certify the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes
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
    dynamics_options,
    memory_bytes,
    one_place,
    parse_settings,
    progress_monitor,
)


def solve(
    file: Annotated[Path, typer.Argument(help="Instance file (YAML, JSON or TOML), - for stdin.")],
    mechanism: Annotated[
        list[str] | None,
        typer.Option("--mechanism", "-m", help="Mechanism; may be repeated. See mdsolve list."),
    ] = None,
    settings: Settings = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Write the solution to this JSON file; .csv, .parquet or .tex: a row per agent.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            help="Draw a market's outcome, shaped models or simulated dynamics into this PNG or "
            "SVG file.",
        ),
    ] = None,
    dynamics: Annotated[
        bool,
        typer.Option("--dynamics", help="Simulate best-response dynamics of a sharing game."),
    ] = False,
    step_size: Annotated[
        str | None,
        typer.Option("--step-size", help="Of the dynamics: a number, or auto (proved to be safe)."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Most steps of the dynamics; 1000 by default.")
    ] = None,
    agents_per_step: Annotated[
        int | None,
        typer.Option("--agents-per-step", help="Agents drawn for each step; all by default."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", help="First contributions: a number, one per agent, or capacity."),
    ] = None,
    cap: Annotated[
        str | None, typer.Option("--cap", help="Largest contribution in the dynamics.")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option("--draws", help="Solve at so many draws of fitted parameters; see fitting."),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    seed: Seed = None,
    tolerance: Tolerance = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
    resume: Resume = False,
    jobs: Jobs = 1,
    cluster: Cluster = None,
) -> None:
    """Solve an instance and prove the answer.

    The mechanism is the one named in the file, or those named with -m. With --dynamics the agents
    of a sharing game follow their own slopes step by step, instead of the equilibrium's being
    computed.
    """
    from mdsolve.cli.solving import Request, solve_and_show
    from mdsolve.errors import UsageError

    names: list[str | None] = list(mechanism) if mechanism else [None]
    options = parse_settings(settings)
    one_place(jobs, cluster)
    if resume and draws is None:
        raise UsageError.single("--resume", "given without --draws", "only with it")
    given = {
        "step_size": step_size,
        "steps": steps,
        "agents_per_step": agents_per_step,
        "start": start,
        "cap": cap,
    }
    request = Request(
        file=file,
        mechanisms=names,
        options=options,
        output=output,
        plot=plot,
        as_json=as_json,
        quiet=quiet,
        memory_limit=memory_bytes(memory_limit),
        tolerance=tolerance,
        seed=seed,
        dynamics=dynamics_options(dynamics, given),
        draws=draws,
        jobs=jobs,
        yes=yes,
        resume=resume,
        cluster=cluster,
    )
    with progress_monitor(quiet, time_limit) as monitor:
        code = solve_and_show(request, monitor)
    raise typer.Exit(code)
