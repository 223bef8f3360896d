"""`mdsolve report`: a solution, or a sweep, as one page for readers who do not run programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
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

TABLES = (".csv", ".parquet")

PARTS = ("rules", "scenarios", "sensitivity")

BUDGET = 60.0
"""Seconds for what stands beside an answer."""

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def report(
    solution: Annotated[
        Path, typer.Argument(help="Solution file (JSON), from any source; with --explore a table.")
    ],
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
    explore: Annotated[
        bool,
        typer.Option("--explore", help="Make the table of a sweep a page to look around in."),
    ] = False,
    title: Annotated[
        str | None, typer.Option("--title", help="Headline, in the language of the readers.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Language of the headline, e.g. de or pt-BR.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help=f"Leave this out: {', '.join(PARTS)}, or all of them."),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar='"NAME: change; change"',
            help="What may happen, as in sweep, instead of the usual cases. May be repeated.",
        ),
    ] = None,
    budget: Annotated[
        float,
        typer.Option("--budget", help="Seconds for what is computed beside the answer.", min=0.0),
    ] = BUDGET,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
) -> None:
    """Write a self-contained report. Exits 1 if a claimed condition fails when checked again.

    Beside a single answer stand the other rules, scenarios and what moves the answer, as far as
    the budget of seconds goes; the page says what it did not come to.
    """
    parts = _parts(without or (), scenario or ())
    if lang is not None and not LANGUAGE.fullmatch(lang):
        raise UsageError.single("--lang", repr(lang)[:40], "a language such as de or pt-BR")
    target = solution.with_suffix(".html") if output is None else output
    output_file(target, *(file for file in (solution, instance) if file is not None))
    if not explore and solution.suffix in TABLES:
        fix = "for the table of a sweep add --explore"
        raise UsageError.single(str(solution), "a table", "a solution file (JSON)", fix)
    if target.suffix.lower() not in ENDINGS:
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", ".html")

    if explore:
        _explore(solution, instance, target, title=title, lang=lang, as_json=as_json, quiet=quiet)
        return

    from mdsolve.outputs import write_atomically
    from mdsolve.progress import Monitor
    from mdsolve.report.page.document import report_page
    from mdsolve.report.page.source import read_subjects, with_outlook

    with progress_monitor(quiet, time_limit) as monitor:
        subjects = read_subjects(solution, instance, monitor)
        if len(subjects) == 1 and parts:
            limit = budget if time_limit is None else min(budget, time_limit)
            watch = Monitor(monitor.listener, limit)
            subjects = [with_outlook(subjects[0], parts, scenario or (), watch)]
        content = report_page(subjects, title=title, lang=lang).encode()
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


def _parts(without: Sequence[str], scenarios: Sequence[str]) -> tuple[str, ...]:
    """Return the parts that are wanted beside the answer.

    Raises
    ------
    UsageError
        For an unknown part, or scenarios that are left out.
    """
    unknown = [part for part in without if part not in (*PARTS, "all")]
    if unknown:
        raise UsageError.single("--without", unknown[0], f"one of {', '.join(PARTS)}, all")
    kept = tuple(part for part in PARTS if part not in without and "all" not in without)
    if scenarios and "scenarios" not in kept:
        got, expected = "scenarios left out by --without", "either of the two"
        raise UsageError.single("--scenario", got, expected)
    return kept


def _explore(
    file: Path,
    instance_file: Path | None,
    target: Path,
    *,
    title: str | None,
    lang: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the page of a sweep; the instance, if given, lends title and units."""
    from mdsolve.instance import load
    from mdsolve.outputs import write_atomically
    from mdsolve.report.explorer.document import explorer_page
    from mdsolve.report.units import Units
    from mdsolve.study.sweep_reading import read_sweep

    instance = None if instance_file is None else load(instance_file)
    table = read_sweep(file)
    named = title or (None if instance is None else instance.title)
    page = explorer_page(table, title=named, lang=lang, units=Units.of(instance)).encode()
    write_atomically(target, lambda stream: stream.write(page))
    if as_json:
        print_json({"report": str(target), "bytes": len(page), "rows": len(table.rows)})
    if not quiet:
        note(f"wrote {target} ({len(page):,} bytes, {len(table.rows):,} rows)")
