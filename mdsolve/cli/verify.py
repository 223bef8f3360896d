"""`mdsolve verify`: check a solution, whoever made it, against the instance."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes, heed
from mdsolve.cli.common import (
    Json,
    Quiet,
    TimeLimit,
    Tolerance,
    print_json,
    progress_monitor,
)
from mdsolve.cli.streams import note
from mdsolve.errors import EXIT_CONDITION_FAILS, EXIT_SOLVED, EXIT_STOPPED


class ArithmeticChoice(StrEnum):
    """Number systems of the checker."""

    FLOAT = "float"
    ENCLOSURE = "enclosure"
    EXACT = "exact"


def verify(
    file: Annotated[Path, typer.Argument(help="Instance file.")],
    solution: Annotated[Path, typer.Argument(help="Solution file (JSON), from any source.")],
    arithmetic: Annotated[
        ArithmeticChoice,
        typer.Option(help="float, enclosure (rigorous balls) or exact (fractions)."),
    ] = ArithmeticChoice.FLOAT,
    condition: Annotated[
        list[str] | None,
        typer.Option("--condition", help="Condition that must hold as well; may be repeated."),
    ] = None,
    tolerance: Tolerance = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
) -> None:
    """Check a solution against the instance. Exits 1 if a claimed condition fails."""
    from mdsolve.instance import load
    from mdsolve.study.verify import verify_file

    heed(load(file), yes)
    with progress_monitor(quiet, time_limit) as monitor:
        verifications = verify_file(
            file,
            solution,
            arithmetic=arithmetic.value,
            conditions=condition or (),
            tolerance=tolerance,
            monitor=monitor,
        )
    for checked in verifications:
        if checked.warning:
            note(f"note: {checked.warning}")
    if as_json:
        documents = [checked.certificate.to_dict() for checked in verifications]
        single = len(documents) == 1
        print_json(documents[0] if single else {"certificates": documents})
    elif not quiet:
        from mdsolve.report.text.certificate import verification_view
        from mdsolve.report.text.console import console_for

        for checked in verifications:
            title = f"Certificate of {checked.title}"
            console_for().print(verification_view(checked.certificate, title))
    verdicts = {checked.certificate.verdict for checked in verifications}
    if "fail" in verdicts:
        raise typer.Exit(EXIT_CONDITION_FAILS)
    raise typer.Exit(EXIT_STOPPED if "not-checked" in verdicts else EXIT_SOLVED)
