"""Tables of numbers in solutions, from nested lists or from array files beside them."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding
from mdsolve.instance.arrays import DAMAGED, ENTRY_LIMIT, read_header, require_finite
from mdsolve.instance.numbers import exact_number

Array = npt.NDArray[Any]
Doubles = npt.NDArray[np.float64]


def names_match(agents: Any, names: Sequence[str]) -> bool:
    """Tell whether a solution lists the instance's agents in the instance's order."""
    return isinstance(agents, list | tuple) and list(agents) == list(names)


def agents_problem(data: Mapping[str, Any], names: Sequence[str], label: str) -> Finding | None:
    """Return the finding for a solution whose agents are not the instance's, in its order."""
    agents = data.get("agents")
    if agents is None or names_match(agents, names):
        return None
    instance = data.get("instance")
    other = instance.get("name") if isinstance(instance, Mapping) else None
    fix = f"it says it answers the instance {str(other)[:60]!r}" if other else ""
    got = f"{len(agents)} names" if isinstance(agents, list | tuple) else str(agents)[:60]
    return Finding(f"{label}: agents", got, "the instance's agents, in its order", fix)


def read_table(
    raw: Any, shape: tuple[int, ...], folder: Path | None, where: str, findings: list[Finding]
) -> Array | None:
    """Return a table of numbers from nested lists or a file; a problem becomes a finding."""
    try:
        array = _from_file(raw, shape, folder) if isinstance(raw, Mapping) else _from_list(raw)
    except (ValueError, OSError) as error:
        findings.append(Finding(where, str(error), f"numbers in shape {shape}"))
        return None
    if array.shape != shape:
        expected = f"shape {shape}" + (
            ": agents, then each agent's types" if len(shape) > 1 else ", one entry per agent"
        )
        findings.append(Finding(where, f"shape {array.shape}", expected))
        return None
    return array


def read_doubles(
    raw: Any, shape: tuple[int, ...], folder: Path | None, where: str, findings: list[Finding]
) -> Doubles | None:
    """Return a table of numbers as the nearest doubles; a problem becomes a finding."""
    plain = _plain_doubles(raw) if isinstance(raw, list) else None
    if plain is not None and plain.shape == shape:
        return plain
    found = read_table(raw, shape, folder, where, findings)
    return None if found is None else np.asarray(found, dtype=np.float64)


def _plain_doubles(raw: list[Any]) -> Doubles | None:
    """Return nested lists of finite doubles, which are the nearest to their decimals already."""
    try:
        entries = np.array(raw, dtype=object)
    except ValueError:
        return None
    if not all(type(entry) is float for entry in entries.ravel().tolist()):
        return None
    found = entries.astype(np.float64)
    return found if np.isfinite(found).all() else None


def is_reference(value: Any) -> bool:
    """Tell whether something names an array file beside the solution."""
    if not isinstance(value, Mapping) or not isinstance(value.get("file"), str):
        return False
    return set(value) <= {"file", "key"}


def array_beside(reference: Mapping[str, Any], folder: Path) -> Array | None:
    """Return the numbers of an array file beside a solution, of any shape; None if unusable."""
    try:
        return _from_file(reference, None, folder)
    except (ValueError, OSError):
        return None


def _from_list(raw: Any) -> Array:
    """Return nested lists of numbers or fraction strings as an array of exact numbers."""
    if isinstance(raw, np.ndarray) and raw.dtype != object:
        return require_finite(np.asarray(raw, dtype=np.float64), "the array")
    try:
        entries = np.array(raw, dtype=object)
    except ValueError:
        message = "a ragged list"
        raise ValueError(message) from None
    flat = [_number(entry) for entry in entries.ravel()]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(entries.shape)


def _number(entry: Any) -> Fraction:
    if isinstance(entry, float) and math.isfinite(entry):
        return exact_number(entry)
    if isinstance(entry, list):
        message = "a ragged list"
        raise ValueError(message)
    try:
        found = exact_number(entry)
        float(found)
    except TypeError:
        message = f"{entry!r}, which is not a number"
        raise ValueError(message) from None
    except OverflowError:
        message = "a number outside the range of doubles"
        raise ValueError(message) from None
    return found


def _from_file(
    reference: Mapping[str, Any], shape: tuple[int, ...] | None, folder: Path | None
) -> Array:
    """Return a table stored in .npy or .npz beside the solution, its header checked first."""
    name = reference.get("file")
    if not isinstance(name, str) or folder is None:
        message = "a mapping without a usable file name"
        raise ValueError(message)
    root = folder.resolve()
    path = (root / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(root):
        message = f"{name}, which lies outside the solution's folder"
        raise ValueError(message)
    if not path.is_file():
        message = f"{name}, which does not exist"
        raise ValueError(message)
    if path.suffix == ".npz":
        try:
            with zipfile.ZipFile(path) as archive:
                member = f"{reference.get('key', 'payments')}.npy"
                if member not in archive.namelist():
                    message = f"{name}, which has no array {member!r}"
                    raise ValueError(message)
                with archive.open(member) as stream:
                    return _read_numbers(stream, name, shape)
        except ValueError:
            raise
        except DAMAGED:
            message = f"{name}, which is not an .npz file"
            raise ValueError(message) from None
    with path.open("rb") as stream:
        return _read_numbers(stream, name, shape)


def _read_numbers(stream: IO[bytes], name: str, shape: tuple[int, ...] | None) -> Array:
    found, dtype = read_header(stream, name)
    if shape is not None and found != shape:
        message = f"{name} with shape {found}"
        raise ValueError(message)
    if math.prod(found) > ENTRY_LIMIT or dtype.kind not in "biufU":
        message = f"{name} with {math.prod(found):,} entries of type {dtype}"
        raise ValueError(message)
    stream.seek(0)
    try:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    except DAMAGED as error:
        message = f"{name}, which is truncated or damaged ({error})"
        raise ValueError(message) from None
    if dtype.kind == "U":
        return _from_list(array.tolist())
    return require_finite(np.asarray(array, dtype=np.float64), name)
