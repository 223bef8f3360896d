"""`mdsolve reproduce`: a published example or figure, recomputed beside the published numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mdsolve.cli.common import Json, Quiet, Seed, TimeLimit, print_json, progress_monitor
from mdsolve.cli.streams import note
from mdsolve.errors import UsageError

if TYPE_CHECKING:
    from mdsolve.progress import Monitor
    from mdsolve.study.reproduce.record import Item, Reproduction

OFFER = {
    True: "Add -o FOLDER for the picture and the numbers.",
    False: "Add -o FOLDER for the numbers.",
}


def reproduce(
    name: Annotated[
        str | None, typer.Argument(help="What to recompute; without it, the list.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the picture and the numbers."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", help="Other data, where it can be: mnist:DIR or cifar10:DIR."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    seed: Seed = None,
) -> None:
    """Recompute a published example or figure.

    The published numbers stand beside the recomputed ones.
    """
    from mdsolve.study.reproduce.registry import ITEMS, item_named

    if name is None:
        if as_json:
            print_json([{"name": item.name, "title": item.title} for item in ITEMS.values()])
        else:
            width = max(map(len, ITEMS))
            for item in ITEMS.values():
                typer.echo(f"{item.name:{width}}  {item.title}")
        return
    item = item_named(name)
    recompute = item.recompute if data is None else _on_data(item, data)
    if output is not None:
        _make_folder(output)
    with progress_monitor(quiet, time_limit) as monitor:
        found = recompute(seed or 0, monitor)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        from mdsolve.report.reproductions.shown import FIGURES, reproduction_view
        from mdsolve.report.text.console import console_for

        console_for().print(reproduction_view(found))
        if output is None:
            note(OFFER[item.name in FIGURES])
    if output is not None:
        from mdsolve.report.reproductions.shown import write_reproduction

        for file in write_reproduction(found, output):
            note(f"wrote {file}")


def _on_data(item: Item, source: str) -> Callable[[int, Monitor], Reproduction]:
    """Return how an item is recomputed on other data; raises `UsageError` where it cannot be."""
    from mdsolve.study.reproduce.registry import ITEMS

    elsewhere = item.recompute_on
    if elsewhere is None:
        able = ", ".join(other.name for other in ITEMS.values() if other.recompute_on is not None)
        raise UsageError.single("--data", f"with {item.name}", f"only with {able}")
    return lambda seed, monitor: elsewhere(seed, monitor, source)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        got = str(error.strerror)
        raise UsageError.single(str(folder), got, "a folder that can be made") from None
