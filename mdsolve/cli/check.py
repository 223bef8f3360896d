"""`mdsolve check`: solve instances and compare with the known answers they carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import Jobs, Json, Quiet, TimeLimit, print_json, progress_monitor
from mdsolve.errors import EXIT_CONDITION_FAILS, EXIT_SOLVED


def check(
    files: Annotated[list[Path], typer.Argument(help="Instance files with an expected: section.")],
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    jobs: Jobs = 1,
) -> None:
    """Solve each file and compare the result with its known answers."""
    from mdsolve.pieces.engine import results_of
    from mdsolve.study.check import check_instance

    with progress_monitor(quiet, time_limit) as monitor:
        found = results_of(check_instance, files, jobs=jobs, monitor=monitor, label="files")
        reports = list(found)
    if as_json:
        print_json([report.to_dict() for report in reports])
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.known_answers import known_answers_view

        for report in reports:
            console_for().print(known_answers_view(report))
    agree = all(report.agrees for report in reports)
    raise typer.Exit(EXIT_SOLVED if agree else EXIT_CONDITION_FAILS)
