"""`mdsolve check`: solve instances and compare with the known answers they carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import (
    Cluster,
    Jobs,
    Json,
    Quiet,
    Resume,
    TimeLimit,
    one_place,
    print_json,
    progress_monitor,
)
from mdsolve.cli.streams import note
from mdsolve.errors import EXIT_CONDITION_FAILS, EXIT_SOLVED, EXIT_STOPPED


def check(
    files: Annotated[list[Path], typer.Argument(help="Instance files with an expected: section.")],
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    resume: Resume = False,
    jobs: Jobs = 1,
    cluster: Cluster = None,
) -> None:
    """Solve each file and compare the result with its known answers."""
    from mdsolve.study.check import check_files

    one_place(jobs, cluster)
    with progress_monitor(quiet, time_limit) as monitor:
        reports = check_files(files, monitor=monitor, jobs=jobs, cluster=cluster, resume=resume)
    if as_json:
        print_json([report.to_dict() for report in reports])
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.known_answers import known_answers_view

        for report in reports:
            console_for().print(known_answers_view(report))
    if len(reports) < len(files):
        note(f"stopped early: {len(reports)} of {len(files)} files are done; --resume goes on")
        raise typer.Exit(EXIT_STOPPED)
    agree = all(report.agrees for report in reports)
    raise typer.Exit(EXIT_SOLVED if agree else EXIT_CONDITION_FAILS)
