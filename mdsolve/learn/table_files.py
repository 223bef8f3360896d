"""Your own examples: a CSV table, or the arrays of an ``.npz`` file.

CSV: a header line, a column ``label``, optionally a column ``agent`` (whose example it is, by name
or number), every other column a numeric feature. ``.npz``: ``inputs`` (examples, features),
(examples, height, width) or (examples, channels, height, width), ``labels`` (examples,),
optionally ``agent`` (examples,).
"""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.instance.arrays import (
    ROW_LIMIT,
    ArrayFolder,
    read_npz,
    require_finite,
)
from mdsolve.learn.dataset import Dataset, Integers

LABEL, AGENT = "label", "agent"

TABLE_LIMIT = 2**28
"""Largest CSV file, in bytes; cells take some ten times as much memory while it is read."""


def csv_table(folder: ArrayFolder, name: str) -> Dataset:
    """Return the examples of a CSV file.

    Raises
    ------
    ValueError
        The file is missing or not such a table; the line is named where there is one.
    """
    path = folder.locate(name)
    header, lines, rows = _rows(path)
    if header.count(LABEL) != 1:
        message = f"{path.name} needs one column called {LABEL}; it has: {', '.join(header)}"
        raise ValueError(message)
    features = [k for k, column in enumerate(header) if column not in (LABEL, AGENT)]
    if not features:
        message = f"{path.name} has no feature columns beside {LABEL}"
        raise ValueError(message)
    numbers = np.empty((len(rows), len(features)), dtype=np.float64)
    for k, row in enumerate(rows):
        try:
            numbers[k] = [float(row[feature]) for feature in features]
        except ValueError:
            bad = next(f for f in features if not _is_number(row[f]))
            place = f"{path.name}, line {lines[k]}, column {header[bad]}"
            message = f"{place}: {row[bad]!r} is no number"
            raise ValueError(message) from None
    labels, classes = numbered([row[header.index(LABEL)] for row in rows])
    owners: Integers | None = None
    names: tuple[str, ...] = ()
    if AGENT in header:
        owners, names = numbered([row[header.index(AGENT)] for row in rows])
    inputs = require_finite(numbers, path.name).astype(np.float32)
    return Dataset(inputs, labels, classes, owners=owners, owner_names=names)


def _rows(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """Return the header, and the line number and cells of every row that is not empty."""
    if path.stat().st_size > TABLE_LIMIT:
        message = f"{path.name} is larger than {TABLE_LIMIT:,} bytes; use .npz"
        raise ValueError(message)
    lines: list[int] = []
    rows: list[list[str]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            header = [column.strip() for column in next(reader, [])]
            for row in islice(reader, ROW_LIMIT + 1):
                if row:
                    lines.append(reader.line_num)
                    rows.append([cell.strip() for cell in row])
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"{path.name} is not a CSV file ({error})"
        raise ValueError(message) from None
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            message = f"{path.name}, line {line}: {len(row)} cells where {len(header)} belong"
            raise ValueError(message)
    if len(rows) > ROW_LIMIT:
        message = f"{path.name} has over {ROW_LIMIT:,} rows; use .npz"
        raise ValueError(message)
    return header, lines, rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def numbered(names: list[str]) -> tuple[Integers, tuple[str, ...]]:
    """Return each name's number and the names in order: by value if all are numbers.

    Examples
    --------
    >>> numbers, names = numbered(["10", "9", "10"])
    >>> numbers.tolist(), names
    ([1, 0, 1], ('9', '10'))
    """
    different = set(names)
    numeric = all(_is_number(name) for name in different)
    ordered = sorted(different, key=(lambda name: (float(name), name)) if numeric else None)
    place = {name: k for k, name in enumerate(ordered)}
    return np.array([place[name] for name in names], dtype=np.int64), tuple(ordered)


def npz_arrays(folder: ArrayFolder, name: str) -> Dataset:
    """Return the examples of an ``.npz`` file; integer images are scaled from bytes to [0, 1].

    Raises
    ------
    ValueError
        The file is missing, or an array in it is missing or of another shape.
    """
    path = folder.locate(name)
    inputs = read_npz(path, "inputs")
    labels = _whole(read_npz(path, "labels"), f"{path.name}[labels]")
    if inputs.ndim not in (2, 3, 4) or labels.shape != inputs.shape[:1]:
        message = f"{path.name}: inputs {inputs.shape} and labels {labels.shape} do not fit"
        raise ValueError(message)
    if inputs.ndim == 3:
        inputs = inputs[:, None]
    if inputs.ndim == 4:
        inputs = _unit_pixels(inputs, path.name)
    owners: Integers | None = None
    names: tuple[str, ...] = ()
    if _has(path, AGENT):
        named = _whole(read_npz(path, AGENT), f"{path.name}[{AGENT}]")
        if named.shape != labels.shape:
            message = f"{path.name}: {AGENT} {named.shape} and labels {labels.shape} do not fit"
            raise ValueError(message)
        owners, names = numbered([str(agent) for agent in named])
    values, numbers = np.unique(labels, return_inverse=True)
    classes = tuple(str(value) for value in values)
    return Dataset(
        inputs.astype(np.float32),
        numbers.astype(np.int64),
        classes,
        owners=owners,
        owner_names=names,
    )


def _has(path: Path, key: str) -> bool:
    with np.load(path, allow_pickle=False) as archive:
        return key in archive.files


def _whole(array: npt.NDArray[Any], name: str) -> Integers:
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array):
        message = f"{name} holds numbers that are not whole"
        raise ValueError(message)
    return whole


def _unit_pixels(images: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Return pixels in [0, 1]; values above 1 are taken as bytes 0 .. 255."""
    low, high = float(images.min(initial=0)), float(images.max(initial=0))
    if low < 0 or high > 255:
        message = f"{name}: pixels from {low:g} to {high:g}; they belong in [0, 1] or 0 .. 255"
        raise ValueError(message)
    return images / 255 if high > 1 else images
