"""`mdsolve report`: a solution as one self-contained page for readers who do not run programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import (
    Json,
    Quiet,
    TimeLimit,
    print_json,
    progress_monitor,
)
from mdsolve.cli.outputs import output_file
from mdsolve.cli.streams import note
from mdsolve.errors import EXIT_CONDITION_FAILS, EXIT_SOLVED, UsageError

ENDINGS = (".html", ".htm")


def report(
    solution: Annotated[Path, typer.Argument(help="Solution file (JSON), from any source.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the page here; SOLUTION.html if left out."),
    ] = None,
    instance: Annotated[
        Path | None,
        typer.Option(
            "--instance",
            help="Instance file to check against; else it is looked for, by its recorded content, "
            "beside the solution and in the present folder.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
) -> None:
    """Write a self-contained report. Exits 1 if a claimed condition fails when checked again."""
    target = solution.with_suffix(".html") if output is None else output
    output_file(target, *(file for file in (solution, instance) if file is not None))
    if target.suffix.lower() not in ENDINGS:
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", ".html")

    from mdsolve.outputs import write_atomically
    from mdsolve.report.page.document import report_page
    from mdsolve.report.page.source import read_subjects

    with progress_monitor(quiet, time_limit) as monitor:
        subjects = read_subjects(solution, instance, monitor)
        content = report_page(subjects).encode()
    write_atomically(target, lambda stream: stream.write(content))
    checked = [subject for subject in subjects if subject.checked]
    if not quiet:
        note(f"wrote {target} ({len(content):,} bytes)")
        for subject in subjects:
            for remark in subject.notes:
                note(f"note: {remark}")
        if len(checked) < len(subjects):
            words = "the instance is not at hand, so nothing was checked again; see --instance"
            note(f"note: {words}")
    verdicts = [
        None if subject.solution.certificate is None else subject.solution.certificate.verdict
        for subject in subjects
    ]
    if as_json:
        print_json(
            {
                "report": str(target),
                "bytes": len(content),
                "solutions": [
                    {
                        "mechanism": subject.solution.mechanism.name,
                        "checked": subject.checked,
                        "verdict": verdict,
                    }
                    for subject, verdict in zip(subjects, verdicts, strict=True)
                ],
            }
        )
    failed = any(
        subject.checked and verdict == "fail"
        for subject, verdict in zip(subjects, verdicts, strict=True)
    )
    raise typer.Exit(EXIT_CONDITION_FAILS if failed else EXIT_SOLVED)
