"""Warnings about input that is valid but looks like a slip, and a question where one is there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mdsolve.cli.stops import StoppedError
from mdsolve.cli.streams import note
from mdsolve.errors import FINDINGS_SHOWN, Finding
from mdsolve.report.legible import legible_lines

if TYPE_CHECKING:
    from mdsolve.instance import Instance

Yes = Annotated[
    bool, typer.Option("--yes", help="Go on without asking where the input looks like a slip.")
]


def heed(instance: Instance, yes: bool) -> None:
    """Warn of what looks like a slip; on a terminal, ask whether to go on.

    Raises
    ------
    StoppedError
        If the answer is no.
    """
    found = warn(instance)
    if not found or yes or not _on_a_terminal():
        return
    if not _agreed("Go on all the same?"):
        message = "stopped before anything was done; --yes goes on without asking"
        raise StoppedError(message)


def warn(instance: Instance) -> Sequence[Finding]:
    """Write what looks like a slip on stderr, and return it."""
    from mdsolve.instance.suspicions import suspicions

    found = suspicions(instance)
    for finding in found[:FINDINGS_SHOWN]:
        note(legible_lines(f"warning: {finding}"))
    left = len(found) - FINDINGS_SHOWN
    if left > 0:
        note(f"warning: and {left:,} more")
    return found


def _agreed(question: str) -> bool:
    """Ask on stderr, so that stdout holds the result only; no answer is a no."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _on_a_terminal() -> bool:
    """Tell whether somebody can read a question and answer it."""
    streams = (sys.stdin, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams)
