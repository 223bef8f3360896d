"""`mdsolve new`: a commented starter file, an instance from a table, or an empty proposal."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.streams import note
from mdsolve.errors import UsageError


class Start(StrEnum):
    """What a new file is."""

    MARKET = "market"
    SHARING = "sharing"
    TRAINING = "training"
    PROPOSAL = "proposal"


def new(
    kind: Annotated[Start, typer.Argument(help="Kind of instance, or proposal.")] = Start.MARKET,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: stdout.")
    ] = None,
    instance: Annotated[
        Path | None,
        typer.Option("--instance", help="Sharing game whose agents a proposal is for."),
    ] = None,
    agents: Annotated[
        Path | None,
        typer.Option("--agents", help="Table of agents (CSV, XLSX) for a sharing game."),
    ] = None,
    decimal_comma: Annotated[
        bool,
        typer.Option("--decimal-comma", help="Numbers of a table are written 1,5 and not 1.5."),
    ] = False,
) -> None:
    """Print or write a commented starter file that loads as it is, or a table to fill in."""
    text = _text(kind, instance, agents, decimal_comma)
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
    schema = (
        ""
        if kind is Start.PROPOSAL
        else "; editors complete and check it once the schema lies beside it: "
        f"mdsolve schema {kind.value} > mdsolve-{kind.value}.schema.json"
    )
    note(f"wrote {output}{schema}")


def _text(kind: Start, instance: Path | None, agents: Path | None, decimal_comma: bool) -> str:
    from mdsolve.instance import load
    from mdsolve.instance.sharing import SharingInstance
    from mdsolve.instance.starter import STARTERS, sharing_starter
    from mdsolve.study.people_table import agents_from, proposal_lines

    if instance is not None and kind is not Start.PROPOSAL:
        raise UsageError.single("--instance", f"given for {kind.value}", "only for proposal")
    if agents is not None and kind is not Start.SHARING:
        raise UsageError.single("--agents", f"given for {kind.value}", "only for sharing")
    if agents is not None:
        return sharing_starter(agents_from(agents, decimal_comma=decimal_comma))
    if kind is not Start.PROPOSAL:
        return STARTERS[kind.value]
    game = None if instance is None else load(instance)
    if game is not None and not isinstance(game, SharingInstance):
        raise UsageError.single("--instance", f"a {game.kind} instance", "a sharing game")
    return proposal_lines(game)
