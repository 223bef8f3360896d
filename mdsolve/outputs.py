"""Files that are written: tried before the work, claimed while it lasts, moved into place whole."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mdsolve.errors import Finding, SolutionFileError, UsageError

LOCKS: Any = import_module("fcntl") if os.name == "posix" else None
"""The system's locks; without them runs do not notice each other."""

COMPANION = 40
"""Bytes left for the names of files beside an output."""

LONGEST_NAME = 255 - COMPANION
"""Most bytes of an output's name."""

PREFIX = ".mdsolve-"
"""How names of files that are being written begin."""


def require_writable(target: Path, *sources: Path) -> None:
    """Raise `UsageError` if a result could not be written there, before any work is done.

    Parameters
    ----------
    sources : Path
        Files that were read, which the output must not overwrite.
    """
    size = len(os.fsencode(target.name))
    if size > LONGEST_NAME:
        got = f"a name of {size} bytes, too long"
        shown = Path(target.parent, target.name[:40] + "...")
        raise UsageError.single(str(shown), got, f"at most {LONGEST_NAME} bytes")
    try:
        mode = target.stat().st_mode if target.exists() else None
        missing = not target.resolve().parent.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        got = getattr(error, "strerror", None) or str(error)
        raise UsageError.single(str(target)[:200], got, "the name of a file") from None
    if mode is not None and stat.S_ISDIR(mode):
        raise UsageError.single(str(target), "a folder", "the name of a file")
    if mode is not None and not stat.S_ISREG(mode):
        fix = "--json writes the result to standard output"
        raise UsageError.single(str(target), "a pipe or device", "the name of a file", fix)
    if missing:
        fix = f"mkdir -p {target.parent}"
        raise UsageError.single(str(target), "a missing folder", "a folder that exists", fix)
    for source in sources:
        if mode is not None and source.exists() and target.samefile(source):
            raise UsageError.single(str(target), "the input file", "another name")
    if mode is not None and not os.access(target, os.W_OK):
        raise UsageError.single(str(target), "a write-protected file", "another name")
    try:
        handle, name = tempfile.mkstemp(dir=target.resolve().parent, prefix=PREFIX)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        got = error.strerror or str(error)
        expected = "a folder that is writable and has room"
        raise UsageError.single(str(target), got, expected) from None


def write_atomically(target: Path, write: Callable[[Any], Any]) -> None:
    """Write a file under a temporary name in the same folder, then move it into place.

    A link stays a link: what it leads to is replaced.

    Raises
    ------
    SolutionFileError
        If the folder does not exist, cannot be written, or is full; the old file is kept.
    """

    def refuse(error: OSError) -> SolutionFileError:
        expected = "a folder that exists, is writable and has room"
        return SolutionFileError([Finding(str(target), str(error.strerror or error), expected)])

    try:
        place = target.resolve()
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=PREFIX)
    except OSError as error:
        raise refuse(error) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(place)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise refuse(error) from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Claim:
    """An output that this run alone writes to, as long as it lasts.

    The lock belongs to the process: one that was killed leaves a file behind and no lock.
    """

    lock: Path
    descriptor: int

    def release(self) -> None:
        """Let others write there."""
        with suppress(OSError):
            self.lock.unlink(missing_ok=True)
        os.close(self.descriptor)


def claim(target: Path) -> Claim | None:
    """Claim an output; None where the system has no locks.

    Raises
    ------
    UsageError
        Another run writes there; the process is named.
    """
    if LOCKS is None:
        return None
    place = target.resolve()
    lock = place.with_name(f".{place.name}.lock")
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            LOCKS.flock(descriptor, LOCKS.LOCK_EX | LOCKS.LOCK_NB)
        except OSError:
            owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "not known"
            os.close(descriptor)
            got = f"the output of another run, process {owner}"
            fix = "wait for it, or use another name"
            raise UsageError.single(str(target), got, "a file that nobody writes to", fix) from None
        if _is_at(descriptor, lock):
            break
        os.close(descriptor)  # its owner had just let it go
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return Claim(lock, descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
