"""`mdsolve reproduce`: a published example or figure, recomputed beside the published numbers."""

from __future__ import annotations

import typer


def reproduce() -> None:
    """List what can be reproduced."""
    raise typer.Exit
