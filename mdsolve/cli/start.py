"""Where the program begins: signals are heeded before anything else is imported.

Ctrl-C, and being asked to end (TERM) or left alone (HUP), all mean: stop, keep the best so far.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

STOPPED = 4
"""Exit code of a run that was stopped before its answer, as in `mdsolve.errors`."""

ASKED_TO_STOP = ("SIGINT", "SIGTERM", "SIGHUP")


def stop(number: int, frame: FrameType | None) -> None:
    """Turn a signal into what Ctrl-C is in Python."""
    del number, frame
    raise KeyboardInterrupt


def heed_signals() -> None:
    """Let every way of asking the program to stop be the same; ignored ones stay ignored.

    What was started in the background of a shell ignores Ctrl-C, and what `nohup` starts HUP.
    """
    for name in ASKED_TO_STOP:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def ignore_signals() -> None:
    """Let nothing disturb a program that has said everything and is about to end."""
    for name in ASKED_TO_STOP:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def run() -> None:
    """Run the command line."""
    heed_signals()
    try:
        from mdsolve.cli.main import run as program

        try:
            program()
        finally:
            ignore_signals()
    except KeyboardInterrupt:
        sys.stderr.write("mdsolve: interrupted before there was a result\n")
        sys.stderr.flush()
        os._exit(STOPPED)
