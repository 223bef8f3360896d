"""All reproductions by name, read from the files of the papers."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

import yaml

from mdsolve.errors import UsageError
from mdsolve.report.pictures.panels import panel_from
from mdsolve.reproduce.record import Item, Statement

PAPERS = ("chen2020", "doshi2025", "karimireddy2022", "murhekar2023", "murhekar2025")


def items_of(paper: str) -> Iterator[Item]:
    """Yield the items of one paper; all scalars of its file are text, so numbers stay as printed."""
    text = files("mdsolve.reproduce").joinpath(f"{paper}.yaml").read_text(encoding="utf-8")
    for key, data in yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader)).items():
        yield _item(paper, key, data)


def _item(paper: str, key: str, data: dict[str, Any]) -> Item:
    said = data.pop("statements").items()
    panels = [made for panel in data.pop("panels", ()) for made in panel_from(panel)]
    return Item(
        name=f"{paper}/{key}",
        module="mdsolve.reproduce." + data.pop("module", paper),
        function=key.replace("-", "_"),
        statements={name: Statement(**words) for name, words in said},
        notes=[" ".join(note.split()) for note in data.pop("notes", "").split("\n\n") if note],
        panels=panels,
        seconds=float(data.pop("seconds", 5)),
        takes_data=data.pop("takes_data", "no") == "yes",
        **data,
    )


ITEMS: dict[str, Item] = {item.name: item for paper in PAPERS for item in items_of(paper)}


def item_named(name: str) -> Item:
    """Return the reproduction of that name; raises `UsageError` naming the nearest one."""
    if name in ITEMS:
        return ITEMS[name]
    close = get_close_matches(name, ITEMS, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "see mdsolve reproduce"
    raise UsageError.single("NAME", repr(name), "one of " + ", ".join(ITEMS), fix)
