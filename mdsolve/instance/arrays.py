"""Array files beside an instance: CSV columns, .npy, .npz; never pickled, sized before reading."""

from __future__ import annotations

import csv
import hashlib
import lzma
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

ENTRY_LIMIT = 50_000_000
"""Most entries of one array file (400 MB of doubles)."""

FILE_LIMIT = 2**33
"""Largest file beside an instance, in bytes; larger ones are refused unread."""

DOUBLE = 8
"""Bytes of the largest numbers that are read."""

CSV_LIMIT = 2**30
"""Largest CSV file, in bytes."""

ROW_LIMIT = 10_000_000
"""Most rows of a CSV file."""

LINE_LIMIT = 2**20
"""Longest line of a CSV file, in characters."""

DAMAGED = (
    ValueError,
    TypeError,
    KeyError,
    OSError,
    EOFError,
    OverflowError,
    MemoryError,
    RuntimeError,  # encrypted or unsupported archives, headers nested too deeply
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)
"""What NumPy and zipfile raise on files that are no arrays, or no longer are."""


@dataclass
class ArrayFolder:
    """The folder of an instance: resolves references, remembers what was read.

    Parameters
    ----------
    folder : Path or None
        None for instances made in Python, which cannot refer to files.
    implied : dict
        What the keys read so far say about the sizes of further ones: ``agents``, ``table``.
    data_root : Path or None
        A second folder in which files may lie, named by the user and never by an instance.
    """

    folder: Path | None = None
    digests: dict[str, str] = field(default_factory=dict)
    implied: dict[str, int] = field(default_factory=dict)
    data_root: Path | None = None

    def read(self, reference: Mapping[str, Any], most: int | None = None) -> np.ndarray:
        """Return the array behind ``{file: ..., column: ...}`` or ``{file: ..., key: ...}``.

        Parameters
        ----------
        most : int or None
            Most entries that can be of use here; a larger array is refused before it is read.

        Raises
        ------
        ValueError
            With a message that says what is wrong.
        """
        name = reference.get("file")
        unknown = set(reference) - {"file", "column", "key"}
        if not isinstance(name, str) or unknown:
            message = "a reference needs file: and optionally column: or key:, nothing else"
            raise ValueError(message)
        path = self.locate(name)
        try:
            return self._read(path, reference, ENTRY_LIMIT if most is None else most)
        except OSError as error:
            message = f"{name} cannot be read ({error.strerror})"
            raise ValueError(message) from None

    def _read(self, path: Path, reference: Mapping[str, Any], most: int) -> np.ndarray:
        ending = path.suffix.lower()
        allowed = {".csv": "column", ".npz": "key"}.get(ending)
        for key in ("column", "key"):
            if key in reference and key != allowed:
                message = f"{path.name} has no {key}s; leave {key}: out"
                raise ValueError(message)
        if ending == ".csv":
            return read_csv_column(path, reference.get("column"), most)
        if ending == ".npz":
            return read_npz(path, reference.get("key"), most)
        if ending == ".npy":
            with path.open("rb") as stream:
                return read_npy(stream, path.name, most)
        message = f"{path.name}: arrays are read from .csv, .npy and .npz files"
        raise ValueError(message)

    @property
    def where(self) -> str:
        """Where relative names are looked for, in words."""
        root = "" if self.data_root is None else f" or in the data root {self.data_root}"
        return f"beside the instance{root}"

    def place(self, name: str) -> Path | None:
        """Return the existing file or folder of that name, None without one.

        Raises
        ------
        ValueError
            The name is unusable, or leads outside the folder and the data root.
        """
        if self.folder is None and self.data_root is None:
            message = "an instance made in Python cannot refer to a file; pass the array itself"
            raise ValueError(message)
        roots = [Path(each).resolve() for each in (self.folder, self.data_root) if each is not None]
        try:
            written = Path(name).expanduser()
            paths = [(root / written).resolve() for root in roots]
            inside = [path for path in paths if any(path.is_relative_to(root) for root in roots)]
            found = next((path for path in inside if path.exists()), None)
            leads_out = found is None and any(path.exists() for path in paths)
        except (OSError, ValueError, RuntimeError):
            message = f"{name[:60]!r} is not a usable file name"
            raise ValueError(message) from None
        if leads_out or not inside:
            root = "" if self.data_root is None else f" and the data root {self.data_root}"
            message = f"{name} lies outside the instance's folder{root}; move it there"
            raise ValueError(message)
        return found

    def locate(self, name: str) -> Path:
        """Return a file inside the folder or the data root; raises `ValueError`.

        Names are relative to the folder, then to the data root; absolute ones, ``~`` and links are
        followed, and must end inside one of them.
        """
        path = self.place(name)
        if path is None:
            message = f"there is no file {name} {self.where}"
            raise ValueError(message)
        if not path.is_file():
            message = f"{name} is no file"
            raise ValueError(message)
        if path.stat().st_size > FILE_LIMIT:
            message = f"{name} is larger than {FILE_LIMIT:,} bytes"
            raise ValueError(message)
        try:
            with path.open("rb") as stream:
                self.digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            message = f"{name} cannot be read ({error.strerror})"
            raise ValueError(message) from None
        return path


def read_npy(stream: IO[bytes], name: str, most: int = ENTRY_LIMIT) -> np.ndarray:
    """Return a numeric .npy array of acceptable size, known from its header.

    Raises
    ------
    ValueError
        It is damaged, has more entries than can be of use, or takes more bytes than doubles do.
    """
    shape, dtype = read_header(stream, name)
    if dtype.kind not in "iuf":
        message = f"{name} holds {dtype}, not numbers"
        raise ValueError(message)
    if math.prod(shape) > min(most, ENTRY_LIMIT):
        limit = min(most, ENTRY_LIMIT)
        message = f"{name} has {math.prod(shape):,} entries; at most {limit:,} are read here"
        raise ValueError(message)
    if dtype.itemsize > DOUBLE:
        message = f"{name} holds {dtype}; use float64"
        raise ValueError(message)
    stream.seek(0)
    try:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    except DAMAGED as error:
        message = f"{name} is truncated or damaged ({error})"
        raise ValueError(message) from None
    return require_finite(np.asarray(array, dtype=np.float64), name)


def read_header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of a .npy stream without reading its data; raises `ValueError`."""
    try:
        version = np.lib.format.read_magic(stream)
        reader = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # headers of Python 2 that need repair
            shape, _, dtype = reader(stream)
    except (*DAMAGED, Warning):
        message = f"{name} is not a NumPy array file"
        raise ValueError(message) from None
    if any(length < 0 for length in shape):
        message = f"{name} has the impossible shape {shape}"
        raise ValueError(message)
    return tuple(shape), dtype


def read_npz(path: Path, key: Any, most: int = ENTRY_LIMIT) -> np.ndarray:
    """Return one array of a .npz file; raises `ValueError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            chosen = names[0] if key is None and len(names) == 1 else key
            if chosen not in names:
                message = f"{path.name} has no array {chosen!r}; it has: {', '.join(names)}"
                raise ValueError(message)
            with archive.open(f"{chosen}.npy") as stream:
                return read_npy(stream, f"{path.name}[{chosen}]", most)
    except ValueError:
        raise
    except DAMAGED as error:
        message = f"{path.name} is not an .npz file ({error})"
        raise ValueError(message) from None


def read_csv_column(path: Path, column: Any, most: int = ROW_LIMIT) -> np.ndarray:
    """Return one column of a CSV file with a header line; text columns stay text."""
    size = path.stat().st_size
    if size > CSV_LIMIT:
        message = f"{path.name} has {size:,} bytes; at most {CSV_LIMIT:,} are read from a CSV file"
        raise ValueError(message)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(_short_lines(stream, path.name))
            header = [name.strip() for name in next(rows, [])]
            chosen = header[0] if column is None and len(header) == 1 else column
            if chosen not in header:
                message = f"{path.name} has no column {chosen!r}; it has: {', '.join(header)}"
                raise ValueError(message)
            if header.count(chosen) > 1:
                message = f"{path.name} has {header.count(chosen)} columns called {chosen!r}"
                raise ValueError(message)
            position = header.index(chosen)
            cells = (_cell(row, position, path, rows.line_num) for row in rows if row)
            entries = list(islice(cells, min(most, ROW_LIMIT) + 1))
    except UnicodeDecodeError:
        message = f"{path.name} is not UTF-8 text"
        raise ValueError(message) from None
    except csv.Error as error:
        message = f"{path.name} is not a CSV file ({error})"
        raise ValueError(message) from None
    if len(entries) > min(most, ROW_LIMIT):
        fix = "; longer columns belong into .npy files" if most >= ROW_LIMIT else ""
        message = f"{path.name} has over {min(most, ROW_LIMIT):,} rows{fix}"
        raise ValueError(message)
    try:
        numbers = np.array([float(entry) for entry in entries], dtype=np.float64)
    except ValueError:
        return np.array(entries, dtype=str)
    return require_finite(numbers, path.name)


def _short_lines(stream: IO[str], name: str) -> Iterator[str]:
    while line := stream.readline(LINE_LIMIT):
        if len(line) == LINE_LIMIT and not line.endswith("\n"):
            message = f"{name} has a line of over {LINE_LIMIT:,} characters"
            raise ValueError(message)
        yield line


def _cell(row: list[str], position: int, path: Path, line: int) -> str:
    if position >= len(row):
        message = f"{path.name}, line {line}: {len(row)} cells where at least {position + 1} belong"
        raise ValueError(message)
    return row[position].strip()


def require_finite(array: np.ndarray, name: str) -> np.ndarray:
    """Return the array, or raise `ValueError` naming the first entry that is not finite."""
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(k) for k in np.argwhere(bad)[0])
        message = f"{name}: entry {list(first)} is {array[first]}, not a finite number"
        raise ValueError(message)
    return array


def sha256_of(content: bytes, folder: ArrayFolder) -> str:
    """Return the digest of an instance file together with the array files it refers to."""
    digest = hashlib.sha256(content)
    for name in sorted(folder.digests):
        digest.update(f"\n{name}:{folder.digests[name]}".encode())
    return digest.hexdigest()
