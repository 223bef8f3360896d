"""`mdsolve new`: a commented starter file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.schema import Kind
from mdsolve.cli.streams import note
from mdsolve.errors import UsageError


def new(
    kind: Annotated[Kind, typer.Argument(help="Kind of instance.")] = Kind.MARKET,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: stdout.")
    ] = None,
) -> None:
    """Print or write a commented starter file that loads as it is."""
    from mdsolve.instance.starter import STARTERS

    text = STARTERS[kind.value]
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError.single(
            str(output), "a file that exists", "a new name", "choose another name or remove it"
        ) from None
    except OSError as error:
        raise UsageError.single(str(output), str(error.strerror), "a writable place") from None
    note(
        f"wrote {output}; editors complete and check it once the schema lies beside it: "
        f"mdsolve schema {kind.value} > mdsolve-{kind.value}.schema.json"
    )
