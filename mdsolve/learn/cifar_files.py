"""CIFAR-10 in its binary version: records of one label byte and 3072 pixel bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mdsolve.instance.arrays import ArrayFolder
from mdsolve.learn.dataset import Dataset
from mdsolve.learn.idx_files import find_files

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
TRAINING = [f"data_batch_{k}.bin" for k in range(1, 6)]
TEST = "test_batch.bin"
INNER = "cifar-10-batches-bin"
"""The folder that the archive of the binary version unpacks to."""
PYTHON_VERSION = ("", "cifar-10-batches-py/")
"""Where the files of the version made for Python lie inside the folder."""
RECORD_LIMIT = 100_000
"""Most examples of one file."""


def cifar10(folder: ArrayFolder, name: str) -> Dataset:
    """Return the examples of a folder with the six ``.bin`` files of CIFAR-10.

    Raises
    ------
    ValueError
        Files are missing (all are named) or damaged, or the folder holds the version made for
        Python, whose pickles would run code of whoever made them.
    """
    try:
        paths = find_files(folder, name, [*TRAINING, TEST], ("",), (INNER,))
    except ValueError:
        _refuse_pickles(folder, name)
        raise
    parts = [read_records(path) for path in paths]
    records = np.concatenate(parts)
    labels = records[:, 0].astype(np.int64)
    images = records[:, 1:].reshape(-1, *SHAPE).astype(np.float32) / np.float32(255)
    test = np.arange(len(labels)) >= len(labels) - len(parts[-1])
    return Dataset(images, labels, CLASSES, own_test=test)


def read_records(path: Path) -> npt.NDArray[np.uint8]:
    """Return the records (examples, 3073) of one file; raises `ValueError` on a damaged one."""
    size = path.stat().st_size
    if size == 0 or size % RECORD:
        message = f"{path.name} is truncated: {size:,} bytes are no whole number of {RECORD}"
        raise ValueError(message)
    if size // RECORD > RECORD_LIMIT:
        message = (
            f"{path.name} holds {size // RECORD:,} examples; at most {RECORD_LIMIT:,} are read"
        )
        raise ValueError(message)
    records = np.fromfile(path, dtype=np.uint8).reshape(-1, RECORD)
    if records[:, 0].max() >= len(CLASSES):
        row = int(np.argmax(records[:, 0] >= len(CLASSES)))
        message = f"{path.name}: record {row} has the label {records[row, 0]}, not 0 to 9"
        raise ValueError(message)
    return records


def _refuse_pickles(folder: ArrayFolder, name: str) -> None:
    try:
        if all(folder.place(f"{name}/{part}data_batch_1") is None for part in PYTHON_VERSION):
            return
    except ValueError:
        return
    message = (
        f"{name} holds the version made for Python, whose files are pickles: reading them would "
        "run whatever code they contain. Get the binary version (data_batch_1.bin ...)"
    )
    raise ValueError(message)
