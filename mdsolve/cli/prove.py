"""`mdsolve prove`: an answer's claims as proof objects for a checker that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.caution import Yes, heed
from mdsolve.cli.common import (
    Json,
    Quiet,
    TimeLimit,
    output_file,
    print_json,
    progress_monitor,
)
from mdsolve.cli.streams import note
from mdsolve.errors import EXIT_SOLVED


def prove(
    file: Annotated[Path, typer.Argument(help="Instance file.")],
    solution: Annotated[Path, typer.Argument(help="Solution file (JSON), from any source.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write the proofs here; SOLUTION.proof.json if absent."
        ),
    ] = None,
    mechanism: Annotated[
        str | None,
        typer.Option(
            "--mechanism", "-m", help="Judge the solution as this rule, whatever it says."
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
) -> None:
    """Write proofs that check_proof.py checks. Exits 4 if a claim has none, 1 if one is refuted."""
    target = solution.with_suffix(".proof.json") if output is None else output
    output_file(target, file, solution)

    from mdsolve.instance import load
    from mdsolve.proving.prove import prove_file
    from mdsolve.proving.record import write_proofs

    heed(load(file), yes)
    with progress_monitor(quiet, time_limit) as monitor:
        found = prove_file(file, solution, mechanism=mechanism, monitor=monitor)
    proved = any(one.entries for one in found)
    size = write_proofs(found, target) if proved else 0
    if as_json:
        summaries = [one.summary() for one in found]
        single = len(summaries) == 1
        print_json(summaries[0] if single else {"solutions": summaries})
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.report.text.prove import prove_view

        for one in found:
            console_for().print(prove_view(one))
        if proved:
            note(f"wrote {target} ({size:,} bytes); check it with: python3 check_proof.py {target}")
        else:
            note(f"nothing has a proof object, so {target} was not written")
    codes = [one.exit_code for one in found]
    raise typer.Exit(min((code for code in codes if code), default=EXIT_SOLVED))
