"""`mdsolve validate`: check instance files without solving them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import warn
from mdsolve.cli.common import Json, print_json
from mdsolve.cli.streams import note
from mdsolve.errors import EXIT_BAD_INPUT, EXIT_SOLVED, InstanceError
from mdsolve.report.legible import legible, legible_lines


def validate(
    files: Annotated[list[Path], typer.Argument(help="Instance files.")],
    as_json: Json = False,
) -> None:
    """Check instance files without solving them.

    Everything that is wrong with each of them is reported, and what looks like a slip is warned of.
    """
    from mdsolve.instance import load
    from mdsolve.instance.summary import summary

    reports = []
    for file in files:
        try:
            instance = load(file)
        except InstanceError as error:
            findings = [vars(finding) for finding in error.findings]
            found = {"valid": False, "findings": findings, "more": error.more}
            reports.append({"file": str(file), **found})
            if not as_json:
                note(legible_lines(error.typed))
            continue
        warnings = [vars(finding) for finding in warn(instance)]
        found = {"valid": True, "summary": summary(instance), "warnings": warnings}
        reports.append({"file": str(file), **found})
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            if report["valid"]:
                typer.echo(legible(f"{report['file']}: valid {report['summary']}"))
    valid = all(report["valid"] for report in reports)
    raise typer.Exit(EXIT_SOLVED if valid else EXIT_BAD_INPUT)
