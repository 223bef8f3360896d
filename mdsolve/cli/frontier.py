"""`mdsolve frontier`: the largest type disparity with a desirable mechanism."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import (
    DEFAULT_MEMORY,
    Cluster,
    Jobs,
    Json,
    MemoryLimit,
    Quiet,
    Resume,
    TimeLimit,
    memory_bytes,
    one_place,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import output_file


class GridChoice(StrEnum):
    """Integer grids 1..D and 0..D."""

    ONE = "one"
    ZERO = "zero"


class OutsideChoice(StrEnum):
    """What the others do when somebody stays out."""

    POOLED = "pooled"
    SEPARATE = "separate"


def frontier(
    agents: Annotated[str, typer.Option(help="Number of agents: 2, or 2,3,4, or 2:4.")],
    exponent: Annotated[
        str, typer.Option(help="Growth exponent: -0.8, or -0.9,-0.8, or -1:-0.668:0.002.")
    ],
    grid: Annotated[GridChoice, typer.Option(help="Types 1..D (one) or 0..D (zero).")] = (
        GridChoice.ONE
    ),
    outside: Annotated[
        OutsideChoice, typer.Option(help="Whether the others still pool when one stays out.")
    ] = OutsideChoice.POOLED,
    limit: Annotated[int, typer.Option(help="Largest D to decide.", min=1)] = 10**6,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the sweep into this PNG or SVG file.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = DEFAULT_MEMORY,
    resume: Resume = False,
    jobs: Jobs = 1,
    cluster: Cluster = None,
) -> None:
    """Find the largest disparity with a desirable mechanism.

    That is the largest D such that one exists on the types up to D.
    """
    from mdsolve.study.frontier import parse_agents, parse_exponents, sweep

    one_place(jobs, cluster)
    output_file(plot)
    counts, exponents = parse_agents(agents), parse_exponents(exponent)
    with progress_monitor(quiet, time_limit) as monitor:
        points, termination = sweep(
            counts,
            exponents,
            grid.value,
            outside.value,
            limit=limit,
            monitor=monitor,
            memory_limit=memory_bytes(memory_limit),
            jobs=jobs,
            cluster=cluster,
            resume=resume,
        )
    if plot is not None:
        from mdsolve.report.pictures.frontier import draw_frontier

        draw_frontier(points, plot)
    if as_json:
        documents = [point.to_dict() for point in points]
        single = len(counts) * len(exponents) == 1 and len(documents) == 1
        print_json(documents[0] if single else documents)
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.frontier import frontier_view

        console_for().print(frontier_view(points, len(counts) * len(exponents)))
    raise typer.Exit(termination.exit_code)
