"""Finished pieces on disk: one line each, appended as they come, so that no stop loses any.

The first line says what work the pieces belong to: a digest of everything that decides results.
Every line carries a digest of its own; a line that a stop tore, or that is damaged, is not counted,
and its piece is done again. Nothing is ever pickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from mdsolve.errors import UsageError

FORMAT = "mdsolve-pieces/1"

DIGEST = 16
"""Characters of the digest at the beginning of a line."""

SYNC_EVERY = 1.0
"""Seconds between two flushes to the disk itself; a killed program loses nothing either way."""


def key_of(command: str, **settings: Any) -> str:
    """Return the digest of a command and everything that decides its results.

    Examples
    --------
    >>> key_of("sweep", seed=1) == key_of("sweep", seed=1), key_of("sweep", seed=2) == key_of("x")
    (True, False)
    """
    text = json.dumps([FORMAT, version("mdsolve"), command, settings], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def line_of(payload: Any) -> bytes:
    """Return a line: digest, blank, JSON."""
    text = json.dumps(payload, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()[:DIGEST].encode() + b" " + text + b"\n"


def payload_of(line: bytes) -> Any:
    """Return what a line holds; None if it is torn or damaged.

    Examples
    --------
    >>> payload_of(line_of({"number": 3})), payload_of(line_of({"number": 3})[:-2])
    ({'number': 3}, None)
    """
    digest, blank, text = line.rstrip(b"\n").partition(b" ")
    whole = line.endswith(b"\n") and bool(blank)
    if not whole or hashlib.sha256(text).hexdigest()[:DIGEST].encode() != digest:
        return None
    return json.loads(text)


@dataclass
class Store:
    """A file of finished pieces of one work.

    Parameters
    ----------
    path : Path or None
        None keeps nothing.
    key : str
        Of `key_of`.
    done : dict
        Results by number of piece, from an earlier run.
    trouble : str
        Why nothing more is kept, if so.
    """

    path: Path | None = None
    key: str = ""
    done: dict[int, Any] = field(default_factory=dict)
    trouble: str = ""
    _stream: IO[bytes] | None = field(default=None, repr=False)
    _synced: float = 0.0

    @classmethod
    def opened(cls, path: Path | None, key: str, *, resume: bool) -> Store:
        """Return the store with what an earlier run has finished.

        Raises
        ------
        UsageError
            The file holds unfinished work and `resume` is not asked for, or it holds other work.
        """
        store = cls(path, key)
        if path is None or not _exists(path):
            return store
        if path.is_dir() or not path.is_file():
            raise UsageError.single(str(path), "no ordinary file", "finished pieces, or nothing")
        lines = _payloads(path)
        head = next(lines, None)
        if head is None:  # stopped before the first piece
            return store
        if not isinstance(head, Mapping) or head.get("format") != FORMAT:
            raise UsageError.single(str(path), "another file", "finished pieces, or nothing")
        if head.get("key") != key:
            got = "unfinished work on another instance, or with other options or another version"
            fix = f"delete {path.name}, or use another -o"
            raise UsageError.single(str(path), got, "pieces of this work, or none", fix)
        if not resume:
            got, fix = "an unfinished run", f"add --resume, or delete {path.name}"
            raise UsageError.single(str(path), got, "to go on with it, or none", fix)
        store.done = {entry["number"]: entry["result"] for entry in lines}
        return store

    def keep(self, number: int, result: Any) -> None:
        """Append a finished piece.

        Parameters
        ----------
        result : plain data
        """
        if self.path is None or self.trouble:
            return
        try:
            if self._stream is None:
                self._stream = self._begun(self.path)
            self._stream.write(line_of({"number": number, "result": result}))
            self._stream.flush()
            if time.monotonic() - self._synced > SYNC_EVERY:
                os.fsync(self._stream.fileno())
                self._synced = time.monotonic()
        except OSError as error:  # the work itself is in order: it goes on
            self.trouble = f"{self.path}: {error.strerror or error}"

    def _begun(self, path: Path) -> IO[bytes]:
        """Return the file to append to, with everything that is done and nothing torn in it."""
        known = [{"number": number, "result": found} for number, found in self.done.items()]
        fresh = path.with_name(f"{path.name}.new")
        with fresh.open("wb") as stream:
            for entry in ({"format": FORMAT, "key": self.key}, *known):
                stream.write(line_of(entry))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
        return path.open("ab")

    def close(self) -> None:
        """Put what was kept on the disk itself."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            with stream:
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            self.trouble = f"{self.path}: {error.strerror or error}"

    def remove(self) -> None:
        """Delete the file of work that has come to its end."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path.with_name(f"{self.path.name}.new").unlink(missing_ok=True)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _payloads(path: Path) -> Iterator[Any]:
    """Yield what the whole lines of a file hold."""
    with path.open("rb") as stream:
        for line in stream:
            found = payload_of(line)
            if found is not None:
                yield found
