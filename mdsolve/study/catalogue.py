"""What there is: mechanisms, protocols, and the families of instance files with their formulas.

Read from `catalogue.json`, so that a list needs none of the modules that it names.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from mdsolve.errors import UsageError

FILE = Path(__file__).with_name("catalogue.json")
"""The entries of `mdsolve.study.catalogue_entries`."""


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """Return all mechanisms, families and protocols as plain data.

    Examples
    --------
    >>> [entry["name"] for entry in catalogue()["mechanism"]][:4]
    ['free', 'vcg', 'mep', 'desirable']
    """
    return cast("dict[str, list[dict[str, Any]]]", json.loads(FILE.read_text(encoding="utf-8")))


def entries_named(name: str) -> list[dict[str, Any]]:
    """Return all entries of that name; raises `UsageError` naming the nearest."""
    listing = catalogue()
    entries = [entry for group in listing.values() for entry in group]
    found = [entry for entry in entries if entry["name"] == name]
    if not found:
        names = sorted({entry["name"] for entry in entries})
        close = get_close_matches(name, names, n=1)
        fix = f"did you mean {close[0]!r}?" if close else "see mdsolve list"
        raise UsageError.single("NAME", repr(name), "one of " + ", ".join(names), fix)
    return found
