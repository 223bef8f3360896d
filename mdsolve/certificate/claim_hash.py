"""The hash of what a solution claims: the same however its numbers are written.

A number is the double whose shortest decimal it is, else a fraction; lists of doubles are hashed
as their eight bytes each, whether they stand in the file as numbers or texts, or beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.tables import array_beside, is_reference
from mdsolve.instance.numbers import exact_number, written_number

Doubles = npt.NDArray[np.float64]

LEFT_OUT = ("provenance", "certificate")
"""Where the answer came from, and what somebody else said of it."""

NUMERIC = ("+", "-", ".", *"0123456789")
"""How texts that may be numbers begin."""

EXACT = 1 << 53
"""Whole numbers below it are doubles."""

DEEPEST = 4
"""Nested lists that are read as one array."""


def claim_sha256(data: Mapping[str, Any], folder: Path | None = None) -> str:
    """Return the SHA-256 of what a solution claims.

    Examples
    --------
    >>> one, other = {"payments": [0.1]}, {"payments": ["1/10"], "provenance": {"seed": 1}}
    >>> claim_sha256(one) == claim_sha256(other)
    True
    """
    digest = hashlib.sha256()
    kept = {key: value for key, value in data.items() if key not in LEFT_OUT}
    for piece in _pieces(_canonical(kept, folder)):
        digest.update(piece)
    return digest.hexdigest()


def _canonical(value: Any, folder: Path | None) -> Any:
    """Return arrays of doubles where there are such, else nested mappings, lists and texts."""
    if isinstance(value, Mapping):
        beside = array_beside(value, folder) if folder is not None and is_reference(value) else None
        if beside is not None:
            return _canonical(beside, folder)
        return {str(key): _canonical(entry, folder) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        if value.dtype == np.float64 and value.ndim and value.size and np.isfinite(value).all():
            return value + 0.0  # a negative zero is a zero
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return _single(value)
    array = _array(value)
    if array is not None:
        return array
    entries = [_canonical(entry, folder) for entry in value]
    alike = {np.shape(entry) if isinstance(entry, np.ndarray) else None for entry in entries}
    return np.stack(entries) if len(alike) == 1 and None not in alike else entries


def _array(entries: Sequence[Any]) -> Doubles | None:
    """Return nested lists of doubles as an array, None where they hold anything else."""
    flat, shape = entries, [len(entries)]
    while flat and isinstance(flat[0], list | tuple) and len(shape) < DEEPEST:
        if not {type(row) for row in flat} <= {list, tuple} or len({len(row) for row in flat}) > 1:
            return None
        shape.append(len(flat[0]))
        flat = list(chain.from_iterable(flat))
    if not flat or not {type(entry) for entry in flat} <= {float, int}:
        return None
    try:
        array = np.array(flat, dtype=np.float64)
    except OverflowError:
        return None
    whole = int in {type(entry) for entry in flat}
    if not np.isfinite(array).all() or (whole and np.abs(array).max() >= EXACT):
        return None
    return array.reshape(shape) + 0.0


def _single(value: Any) -> Any:
    """Return a number as a double without axes, else as a text; anything else as it is."""
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, str) and not value.strip().startswith(NUMERIC):
        return value
    try:
        number = written_number(exact_number(value))
    except (TypeError, ValueError, OverflowError):
        return str(value)
    return np.array(number + 0.0) if isinstance(number, float) else str(number)


def _pieces(tree: Any) -> Iterator[bytes]:
    """Yield what is hashed: a mark of the kind, how much there is of it, the thing itself."""
    if isinstance(tree, np.ndarray):
        yield f"doubles {tree.shape} ".encode()
        yield np.ascontiguousarray(tree, dtype="<f8").tobytes()
    elif isinstance(tree, dict):
        yield f"mapping {len(tree)} ".encode()
        for key in sorted(tree):
            yield from _pieces(key)
            yield from _pieces(tree[key])
    elif isinstance(tree, list):
        yield f"list {len(tree)} ".encode()
        for entry in tree:
            yield from _pieces(entry)
    else:
        text = str(tree).encode(errors="surrogatepass")
        yield f"{type(tree).__name__} {len(text)} ".encode() + text
