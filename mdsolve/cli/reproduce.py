"""`mdsolve reproduce`: a published example or figure, recomputed beside the published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdsolve.cli.common import DataRoot, Json, Quiet, Seed, TimeLimit, print_json, progress_monitor
from mdsolve.cli.streams import note
from mdsolve.errors import UsageError

OFFER = {
    True: "Add -o FOLDER for the picture and the numbers.",
    False: "Add -o FOLDER for the numbers.",
}
LONG = 10
"""Seconds from which on a reproduction says beforehand how long it takes."""


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
    data_root: DataRoot = None,
    as_json: Json = False,
    quiet: Quiet = False,
    time_limit: TimeLimit = None,
    seed: Seed = None,
) -> None:
    """Recompute a published example or figure.

    The published numbers stand beside the recomputed ones.
    """
    del data_root  # named in the environment while the command runs
    from mdsolve.reproduce.record import BUNDLED, ITEMS, item_named

    if name is None:
        if as_json:
            keys = ("name", "title", "seconds")
            print_json([{key: getattr(item, key) for key in keys} for item in ITEMS.values()])
        else:
            width = max(map(len, ITEMS))
            for item in ITEMS.values():
                typer.echo(f"{item.name:{width}}  {item.title}")
        return
    item = item_named(name)
    if data is not None and not item.takes_data:
        able = ", ".join(other.name for other in ITEMS.values() if other.takes_data)
        raise UsageError.single("--data", f"with {name}", f"only with {able}")
    if output is not None:
        _make_folder(output)
    if item.seconds >= LONG and not quiet:
        longer = "" if data is None else " with the bundled digits, and longer with more data"
        typer.echo(f"This takes about {_duration(item.seconds)}{longer}.", err=True)
    with progress_monitor(quiet, time_limit) as monitor:
        found = item.recompute(seed or 0, monitor, data or BUNDLED)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        from mdsolve.report.text.console import console_for
        from mdsolve.reproduce.shown import reproduction_view

        console_for().print(reproduction_view(found))
        if output is None:
            note(OFFER[bool(item.panels)])
    if output is not None:
        from mdsolve.reproduce.shown import write_reproduction

        for file in write_reproduction(found, output):
            note(f"wrote {file}")


def _duration(seconds: float) -> str:
    """Return a duration in words.

    Examples
    --------
    >>> _duration(10), _duration(60), _duration(120)
    ('10 seconds', 'a minute', '2 minutes')
    """
    if seconds < 60:
        return f"{seconds:g} seconds"
    minutes = round(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        got = str(error.strerror)
        raise UsageError.single(str(folder), got, "a folder that can be made") from None
