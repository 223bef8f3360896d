"""`mdsolve list` and `mdsolve show`: what there is, and one thing in detail."""

from __future__ import annotations

from typing import Annotated

import typer

from mdsolve.cli.common import Json, print_json


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
    name: Annotated[str, typer.Argument(help="Name of a mechanism, family or protocol.")],
    as_json: Json = False,
) -> None:
    """Show one mechanism, family or protocol in detail.

    Its rule, source, promises and options.
    """
    from mdsolve.study.catalogue import entries_named

    entries = entries_named(name)
    if as_json:
        print_json(entries[0] if len(entries) == 1 else entries)
        return
    from mdsolve.report.text.catalogue import entry_view
    from mdsolve.report.text.console import console_for

    for entry in entries:
        console_for().print(entry_view(entry))
