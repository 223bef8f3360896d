"""Where finished pieces are kept: beside the output, or in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from mdsolve.pieces.store import Store

ENDING = ".pieces"

NAMED = 16
"""Characters of the key that name a file in the cache."""


def store_for(command: str, output: Path | None, key: str | None, *, resume: bool) -> Store:
    """Return the store of a command's work.

    With an output it lies beside that, and an unfinished one is never overwritten unasked. Without
    one it lies in the cache under its key, and is taken up only by `resume`.

    Raises
    ------
    UsageError
        See `Store.opened`.
    """
    if key is None:
        return Store()
    if output is not None:
        return Store.opened(output.with_name(output.name + ENDING), key, resume=resume)
    path = cache_folder() / f"{command}-{key[:NAMED]}{ENDING}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Store(None, key, trouble=f"{path.parent}: {error.strerror or error}")
    return Store.opened(path, key, resume=True) if resume else Store(path, key)


def cache_folder() -> Path:
    """Return the folder for unfinished work without an output."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "mdsolve" / "unfinished"
