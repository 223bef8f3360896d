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

Bytes = npt.NDArray[np.uint8]


def mnist(folder: ArrayFolder, name: str) -> Dataset:
    """Return the examples of a folder of IDX files; its t10k files are the test set.

    Raises
    ------
    ValueError
        Files are missing (all are named), outside the folder, truncated, or of another format.
    """
    paths = find_files(folder, name, [file for file, _ in FILES.values()], (".gz", ""))
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
    folder: ArrayFolder, name: str, files: list[str], endings: tuple[str, ...]
) -> list[Path]:
    """Return one path per file, trying the endings in order; raises naming all missing ones."""
    found, missing, reasons = [], [], []
    for file in files:
        for ending in endings:
            try:
                found.append(folder.locate(f"{name}/{file}{ending}"))
                break
            except ValueError as error:
                reasons.append(str(error))
        else:
            missing.append(file)
    if missing:
        plainly_absent = all(reason.startswith("there is no file") for reason in reasons)
        message = f"{name} lacks {', '.join(missing)}" if plainly_absent else reasons[0]
        raise ValueError(message)
    return found


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
