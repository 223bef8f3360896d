"""Standard output and error: encodings without our signs, streams that are closed or full."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys

from mdsolve.errors import EXIT_BAD_INPUT, EXIT_INTERNAL, EXIT_STOPPED

PLAIN = "mdsolve-plain"
"""Name of the error handler that spells out what an encoding lacks."""

SUBSTITUTES = {
    "✓": "+",
    "✗": "x",
    "≈": "~",
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "│": "|",
    "─": "-",
}
"""Signs of our tables and sentences -> the same in ASCII."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of a device that has no room or does not work; the command itself is in order."""

UNUSABLE = frozenset({errno.EBADF, errno.EINVAL})
"""Errors of a stream that is closed or was never open for writing."""


def prepare_streams() -> None:
    """Make both streams usable: closed ones fail when written to, no character is refused."""
    codecs.register_error(PLAIN, _spelt_out)
    if sys.stdout is None:
        sys.stdout = _unwritable()
    if sys.stderr is None:
        sys.stderr = _swallowing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "backslashreplace"):
            stream.reconfigure(errors=PLAIN)


def _spelt_out(error: UnicodeError) -> tuple[str, int]:
    """Return ASCII in place of what cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    plain = "".join(
        SUBSTITUTES.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in lost
    )
    return plain, error.end


def _unwritable() -> io.TextIOWrapper:
    """Return a stream in the place of a closed stdout, to which nothing can be written.

    Its number is taken, so that no file that is opened later becomes the standard output.
    """
    return _in_place(1, os.O_RDONLY)


def _swallowing() -> io.TextIOWrapper:
    """Return a stream in the place of a closed stderr that forgets what is written to it."""
    return _in_place(2, os.O_WRONLY)


def _in_place(number: int, mode: int) -> io.TextIOWrapper:
    opened = os.open(os.devnull, mode)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding="utf-8")


def note(words: str) -> None:
    """Write a line on stderr; where that cannot be written there is nobody to tell."""
    try:
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        _let_go(2)


def flush_output() -> OSError | None:
    """Write out what is buffered; return why that failed, if it did."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go(1)
    except OSError as error:
        _let_go(1)
        return error
    return None


def _let_go(number: int) -> None:
    """Drop what is buffered for a stream, which Python would write once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def code_of(error: Exception) -> int:
    """Return the exit code for a file or stream that cannot be used, 5 for any other error.

    Examples
    --------
    >>> code_of(OSError(errno.ENOSPC, "full")), code_of(OSError(errno.EBADF, "closed"))
    (4, 2)
    >>> code_of(PermissionError(errno.EACCES, "locked", "a/b.json")), code_of(ValueError())
    (2, 5)
    """
    if not isinstance(error, OSError):
        return EXIT_INTERNAL
    if error.errno in FULL:
        return EXIT_STOPPED
    if error.filename is not None or error.errno in UNUSABLE:
        return EXIT_BAD_INPUT
    return EXIT_INTERNAL


def sentence_of(error: Exception) -> str:
    """Return what happened to which file or stream."""
    assert isinstance(error, OSError)
    return f"{error.filename or 'standard output'}: {error.strerror or error}"
