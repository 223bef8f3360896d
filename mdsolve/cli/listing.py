"""`mdsolve list` and `mdsolve show`: what there is, and one thing in detail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import Json, print_json

ENDINGS = (".yaml", ".yml", ".json", ".toml")
"""Names that are instance files."""


def list_mechanisms(as_json: Json = False) -> None:
    """List the mechanisms, families and protocols that instances may name."""
    from mdsolve.study.catalogue import catalogue

    listing = catalogue()
    if as_json:
        print_json(listing)
        return
    from mdsolve.report.text.catalogue import catalogue_view
    from mdsolve.report.text.console import console_for

    console_for().print(catalogue_view(listing))


def show(
    name: Annotated[
        str, typer.Argument(help="Name of a mechanism, family or protocol, or an instance file.")
    ],
    hashed: Annotated[
        bool,
        typer.Option("--hash", help="Print the SHA-256 of an instance's data, and nothing else."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one mechanism, family or protocol in detail.

    Its rule, source, promises and options; or how big an instance is, and the hashes of its data
    and its files.
    """
    if hashed or Path(name).suffix.lower() in ENDINGS:
        _show_instance(Path(name), hashed, as_json)
        return
    from mdsolve.study.catalogue import entries_named

    entries = entries_named(name)
    if as_json:
        print_json(entries[0] if len(entries) == 1 else entries)
        return
    from mdsolve.report.text.catalogue import entry_view
    from mdsolve.report.text.console import console_for

    for entry in entries:
        console_for().print(entry_view(entry))


def _show_instance(file: Path, hashed: bool, as_json: bool) -> None:
    from mdsolve.instance import load
    from mdsolve.instance.canonical import data_sha256
    from mdsolve.instance.summary import summary

    instance = load(file)
    digest = data_sha256(instance)
    if as_json:
        found = {"instance": instance.name, "data_sha256": digest, "sha256": instance.sha256}
        print_json(found)
    elif hashed:
        typer.echo(digest)
    else:
        typer.echo(f"{file}: {summary(instance)}")
        typer.echo(f"SHA-256 of the data:  {digest}\nSHA-256 of the files: {instance.sha256}")
