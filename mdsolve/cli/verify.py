"""`mdsolve verify`: check a solution, whoever made it, against the instance."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from mdsolve.errors import EXIT_CONDITION_FAILS, EXIT_SOLVED, EXIT_STOPPED, Finding, UsageError

if TYPE_CHECKING:
    from fractions import Fraction


class ArithmeticChoice(StrEnum):
    """Number systems of the checker."""

    AUTO = "auto"
    FLOAT = "float"
    ENCLOSURE = "enclosure"
    EXACT = "exact"


def verify(
    file: Annotated[Path, typer.Argument(help="Instance file.")],
    solution: Annotated[
        Path,
        typer.Argument(
            help="Solution file (JSON) from any source, - for stdin, or a table of agents, "
            "contributions and payments (CSV, XLSX)."
        ),
    ],
    arithmetic: Annotated[
        ArithmeticChoice,
        typer.Option(
            help="auto (rigorous, exact where that is possible and small), float, enclosure "
            "(intervals and balls) or exact (fractions)."
        ),
    ] = ArithmeticChoice.AUTO,
    condition: Annotated[
        list[str] | None,
        typer.Option("--condition", help="Condition that must hold as well; may be repeated."),
    ] = None,
    mechanism: Annotated[
        str | None,
        typer.Option(
            "--mechanism", "-m", help="Judge the solution as this rule, whatever it says."
        ),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="AMOUNT|NAME=AMOUNT",
            help="Most that agents, or one agent, may be asked to pay; may be repeated.",
        ),
    ] = None,
    any_instance: Annotated[
        bool,
        typer.Option(
            "--any-instance", help="Accept a solution made for an instance with other data."
        ),
    ] = False,
    decimal_comma: Annotated[
        bool,
        typer.Option("--decimal-comma", help="Numbers of a table are written 1,5 and not 1.5."),
    ] = False,
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
            mechanism=mechanism,
            limits=_limits(limit or []),
            any_instance=any_instance,
            decimal_comma=decimal_comma,
            tolerance=tolerance,
            monitor=monitor,
        )
    for checked in verifications:
        for remark in checked.certificate.remarks:
            note(f"note: {remark}")
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


def _limits(words: list[str]) -> dict[str, Fraction]:
    """Return limits by agent, the empty name being everybody; all bad words are named at once."""
    from mdsolve.instance.numbers import exact_number

    found: dict[str, Fraction] = {}
    findings = []
    for word in words:
        name, _, amount = word.rpartition("=")
        try:
            value = exact_number(amount.strip())
        except (TypeError, ValueError):
            expected = "AMOUNT or NAME=AMOUNT, with an amount of money"
            findings.append(Finding("--limit", repr(word)[:60], expected))
            continue
        if name in found:
            findings.append(Finding("--limit", repr(word)[:60], "each agent once"))
        found[name] = value
    if findings:
        raise UsageError(findings)
    return found
