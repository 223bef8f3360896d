"""`mdsolve validate`: check instance files without solving them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import Json, print_json
from mdsolve.errors import EXIT_BAD_INPUT, EXIT_SOLVED, InstanceError


def validate(
    files: Annotated[list[Path], typer.Argument(help="Instance files.")],
    as_json: Json = False,
) -> None:
    """Check instance files without solving them.

    Everything that is wrong with each of them is reported.
    """
    from mdsolve.instance import load
    from mdsolve.instance.summary import summary

    reports = []
    for file in files:
        try:
            reports.append({"file": str(file), "valid": True, "summary": summary(load(file))})
        except InstanceError as error:
            findings = [vars(finding) for finding in error.findings]
            found = {"valid": False, "findings": findings, "more": error.more}
            reports.append({"file": str(file), **found})
            if not as_json:
                typer.echo(f"{error}", err=True)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            if report["valid"]:
                typer.echo(f"{report['file']}: valid {report['summary']}")
    valid = all(report["valid"] for report in reports)
    raise typer.Exit(EXIT_SOLVED if valid else EXIT_BAD_INPUT)
