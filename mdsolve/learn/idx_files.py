"""MNIST and look-alikes (FashionMNIST ...): four IDX files in a folder, plain or gzipped.

An IDX file is a magic number (two zero bytes, a type code, the number of axes), one big-endian
32-bit length per axis, and the values. Only unsigned bytes occur here: 0x803 marks images
(examples, rows, columns) and 0x801 labels (examples,).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mdsolve.instance.arrays import ArrayFolder
from mdsolve.learn.dataset import Dataset

IMAGES, LABELS = 0x803, 0x801
SIZE_LIMIT = 2**30
"""Most values of one file."""

FILES = {
    "train images": ("train-images-idx3-ubyte", IMAGES),
    "train labels": ("train-labels-idx1-ubyte", LABELS),
    "test images": ("t10k-images-idx3-ubyte", IMAGES),
    "test labels": ("t10k-labels-idx1-ubyte", LABELS),
}

INNER = ("raw", "MNIST/raw", "FashionMNIST/raw")
"""Where torchvision puts them inside the folder it is given."""

NAMES_SHOWN = 8
"""Most entries of a folder that a message names."""

Bytes = npt.NDArray[np.uint8]


def mnist(folder: ArrayFolder, name: str) -> Dataset:
    """Return the examples of a folder of IDX files; its t10k files are the test set.

    Raises
    ------
    ValueError
        Files are missing (all are named), outside the folder, truncated, or of another format.
    """
    paths = find_files(folder, name, [file for file, _ in FILES.values()], (".gz", ""), INNER)
    arrays = [read_idx(path, magic) for path, (_, magic) in zip(paths, FILES.values(), strict=True)]
    for images, labels, part in ((arrays[0], arrays[1], "train"), (arrays[2], arrays[3], "t10k")):
        if len(images) != len(labels):
            message = f"{name}: {len(images)} {part} images but {len(labels)} labels"
            raise ValueError(message)
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        message = f"{name}: training and test images differ in size"
        raise ValueError(message)
    pixels = np.concatenate([arrays[0], arrays[2]])[:, None].astype(np.float32) / np.float32(255)
    digits = np.concatenate([arrays[1], arrays[3]]).astype(np.int64)
    test = np.arange(len(digits)) >= len(arrays[1])
    classes = tuple(str(k) for k in range(int(digits.max(initial=0)) + 1))
    return Dataset(pixels, digits, classes, own_test=test)


def find_files(
    folder: ArrayFolder,
    name: str,
    files: list[str],
    endings: tuple[str, ...],
    inner: tuple[str, ...] = (),
) -> list[Path]:
    """Return one path per file, in the named folder or in one of the usual folders inside it.

    Parameters
    ----------
    endings : tuple of str
        Tried in order for each file.
    inner : tuple of str
        Folders inside the named one that libraries lay the files into.

    Raises
    ------
    ValueError
        There is no such folder, it lies outside, or it lacks files (all are named, and what there
        is instead).
    """
    place = folder.place(name)
    if place is None:
        message = f"there is no folder {name} {folder.where}"
        raise ValueError(message)
    if not place.is_dir():
        message = f"{name} is a file, not a folder with {', '.join(files)}"
        raise ValueError(message)
    missing: list[str] = []
    for layout in (name, *(f"{name}/{part}" for part in inner)):
        names = ([f"{layout}/{file}{ending}" for ending in endings] for file in files)
        found = [_first(folder, each) for each in names]
        if all(found):
            return [path for path in found if path is not None]
        lacking = [file for file, path in zip(files, found, strict=True) if path is None]
        if not missing or len(lacking) < len(missing):
            missing = lacking
    message = f"{name} lacks {', '.join(missing)}; {_contents(place)}"
    raise ValueError(message)


def _first(folder: ArrayFolder, names: list[str]) -> Path | None:
    """Return the first of these files that exists; raises where one lies outside or is no file."""
    return next((folder.locate(name) for name in names if folder.place(name) is not None), None)


def _contents(place: Path) -> str:
    """Return what a folder holds, in words."""
    names = sorted(f"{entry.name}{'/' * entry.is_dir()}" for entry in place.iterdir())
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"it holds {', '.join(names[:NAMES_SHOWN])}{more}" if names else "it is empty"


def read_idx(path: Path, magic: int) -> Bytes:
    """Return the array of an IDX file of unsigned bytes.

    Raises
    ------
    ValueError
        The magic number is another one, more is announced than is read, or the content is shorter
        or longer than announced.
    """
    axes = magic & 0xFF
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            head = stream.read(4 + 4 * axes)
            shape = _announced(head, path, magic)
            expected = math.prod(shape)
            content = stream.read(expected + 1)
    except (OSError, EOFError, zlib.error) as error:
        message = f"{path.name} is truncated or damaged ({error})"
        raise ValueError(message) from None
    if len(content) < expected:
        message = (
            f"{path.name} is truncated: {len(content):,} values where {expected:,} are announced"
        )
        raise ValueError(message)
    if len(content) > expected:
        message = f"{path.name} is too long: it goes on after the {expected:,} values announced"
        raise ValueError(message)
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _announced(head: bytes, path: Path, magic: int) -> tuple[int, ...]:
    """Return the shape in a header, before anything of that size is read."""
    found = int.from_bytes(head[:4], "big")
    if len(head) < 4 or found != magic:
        message = f"{path.name} starts with 0x{found:08x}, not with the magic 0x{magic:08x}"
        raise ValueError(message)
    axes = magic & 0xFF
    if len(head) < 4 + 4 * axes:
        message = f"{path.name} is truncated inside its header"
        raise ValueError(message)
    shape = struct.unpack(f">{axes}I", head[4:])
    if math.prod(shape) > SIZE_LIMIT:
        message = (
            f"{path.name} announces {math.prod(shape):,} values; at most {SIZE_LIMIT:,} are read"
        )
        raise ValueError(message)
    return shape
