"""Outputs of commands: tried and claimed first, written undisturbed, never worse than before."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mdsolve.cli.streams import note
from mdsolve.outputs import Claim, claim, require_writable

if TYPE_CHECKING:
    from mdsolve.solution import Solution

_CLAIMS: list[Claim] = []
"""What this run writes to."""


def output_file(target: Path | None, *sources: Path) -> None:
    """Raise `UsageError` if a result could not be written there, before any work is done.

    The file is claimed until the command ends.

    Parameters
    ----------
    sources : Path
        Files that were read, which the output must not overwrite.
    """
    if target is None:
        return
    require_writable(target, *sources)
    claimed = claim(target)
    if claimed is not None:
        _CLAIMS.append(claimed)


def release_outputs() -> None:
    """Let others write to what this run has claimed."""
    while _CLAIMS:
        _CLAIMS.pop().release()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait while results are written; they arrive when the block ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    waiting = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def keep_solutions(solutions: Sequence[Solution], target: Path, *, quiet: bool = False) -> None:
    """Write solutions, beside the file where that already holds a better answer; say where."""
    from mdsolve.solution_writing import place_for, write_solutions

    place = place_for(solutions, target)
    with undisturbed():
        write_solutions(solutions, place)
        if place == target:
            partial_of(target).unlink(missing_ok=True)
    if place != target:
        note(f"{target} holds a better answer to the same question and stays as it is")
    if not quiet:
        note(f"wrote {place}")


def keep_table(solutions: Sequence[Solution], target: Path, *, quiet: bool = False) -> None:
    """Write a row per agent of every solution in place of the file; say where."""
    from mdsolve.solution_table import solutions_table

    with undisturbed():
        solutions_table(solutions).write(target)
    if not quiet:
        note(f"wrote {target}")


def partial_of(target: Path) -> Path:
    """Return where what is not complete is written.

    Examples
    --------
    >>> str(partial_of(Path("a/table.csv")))
    'a/table.partial.csv'
    """
    return target.with_name(f"{target.stem}.partial{target.suffix}")
