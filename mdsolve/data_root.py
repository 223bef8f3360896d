"""The data root: a folder, named once by the user, in which data of many instances may lie."""

from __future__ import annotations

import os
from pathlib import Path

from mdsolve.errors import UsageError

DATA_ROOT = "MDSOLVE_DATA_ROOT"
"""Environment variable that names it; `--data-root` sets it for one command."""


def data_root() -> Path | None:
    """Return the data root; None where nobody named one.

    Raises
    ------
    UsageError
        There is no such folder.
    """
    named = os.environ.get(DATA_ROOT, "")
    if not named:
        return None
    root = Path(named).expanduser()
    if not root.is_dir():
        where = f"--data-root or {DATA_ROOT}"
        raise UsageError.single(where, f"{named}, which is no folder", "an existing folder")
    return root.resolve()
