"""What a solve returns and what a solution file holds: a frozen record and its JSON round trip.

The top level of a solution file is flat: the common keys (instance, mechanism, status, agents,
certificate, provenance) beside the keys of the mechanism (`answers`, for example ``table`` or
``contributions``). Arrays with more than `INLINE_ENTRIES` entries go into ``.npy`` files beside the
JSON file, so that they can be memory-mapped; nothing is ever pickled, and every file is written
under a temporary name and then moved into place.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.conditions import Certificate
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.status import Termination

FORMAT = "mdsolve-solution/1"
INLINE_ENTRIES = 10_000
"""Largest array, in entries, that is written into the JSON file itself."""


@dataclass(frozen=True)
class InstanceReference:
    """Which instance a solution belongs to: its name and the SHA-256 of its files."""

    name: str | None
    sha256: str | None


@dataclass(frozen=True)
class MechanismUsed:
    """The mechanism and its effective options, defaults included."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """How the answer came about: versions, the method actually used, seconds per phase, seed."""

    solver: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    mdsolve: str = field(default_factory=lambda: version("mdsolve"))
    python: str = field(default_factory=platform.python_version)

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance as plain data."""
        return {
            "mdsolve": self.mdsolve,
            "python": self.python,
            "solver": self.solver,
            "seconds": dict(self.seconds),
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Solution:
    """A certified answer to an instance under one mechanism.

    Parameters
    ----------
    answers : mapping
        The mechanism's own results under the names of the interface; also reachable as
        attributes, for example ``solution.minimal_revenue``.
    certificate : Certificate or None
        What the independent checker found.
    """

    instance: InstanceReference
    mechanism: MechanismUsed
    termination: Termination
    message: str
    agents: tuple[str, ...]
    answers: Mapping[str, Any]
    provenance: Provenance
    certificate: Certificate | None = None

    def __getattr__(self, name: str) -> Any:
        """Return one of `answers` as an attribute."""
        if name.startswith("_") or name == "answers":
            raise AttributeError(name)
        try:
            return self.answers[name]
        except KeyError:
            known = ", ".join(sorted(self.answers))
            message = f"this {self.mechanism.name} solution has no {name!r}; it has: {known}"
            raise AttributeError(message) from None

    @property
    def exit_code(self) -> int:
        """Exit code of the command that produced this solution."""
        if self.termination is not Termination.SOLVED:
            return self.termination.exit_code
        failed = self.certificate is not None and self.certificate.verdict == "fail"
        return 1 if failed else Termination.SOLVED.exit_code

    def with_certificate(self, certificate: Certificate, seconds: float) -> Solution:
        """Return a copy that carries the checker's findings and the time they took."""
        timed = {**self.provenance.seconds, "verify": seconds}
        provenance = replace(self.provenance, seconds=timed)
        return replace(self, certificate=certificate, provenance=provenance)

    def to_dict(self, store: Callable[[str, np.ndarray], Any] | None = None) -> dict[str, Any]:
        """Return the solution as plain data.

        Parameters
        ----------
        store : callable or None
            Receives (path, array) for each array above `INLINE_ENTRIES`, with a path such as
            ``table.payments``, and returns what stands in its place; without it such arrays are
            left out and named under ``"omitted"``.
        """
        omitted: list[str] = []

        def place(key: str, array: np.ndarray) -> Any:
            if array.size <= INLINE_ENTRIES:
                return plain(array)
            if store is not None:
                return store(key, array)
            omitted.append(key)
            return None

        data: dict[str, Any] = {
            "format": FORMAT,
            "instance": {"name": self.instance.name, "sha256": self.instance.sha256},
            "mechanism": {
                "name": self.mechanism.name,
                "options": plain(dict(self.mechanism.options)),
            },
            "status": {"termination": self.termination.label, "message": self.message},
            "agents": list(self.agents),
        }
        for key, value in self.answers.items():
            data[key] = _plain_tree(key, value, place)
        data["certificate"] = self.certificate.to_dict() if self.certificate else None
        data["provenance"] = self.provenance.to_dict()
        if omitted:
            data["omitted"] = omitted
        return data

    def to_json(self, path: str | Path) -> None:
        """Write the solution atomically, large arrays as ``<stem>.<path>.npy`` beside it."""
        write_solutions([self], path)


def write_solutions(solutions: Sequence[Solution], path: str | Path) -> None:
    """Write one solution, or several as ``{"solutions": [...]}``, atomically.

    Large arrays go beside the file as ``<stem>.<path>.npy``, for example ``s.table.payments.npy``,
    with the mechanism's name in between where there are several solutions.
    """
    target = Path(path)

    def document(solution: Solution) -> dict[str, Any]:
        infix = f".{solution.mechanism.name}" if len(solutions) > 1 else ""

        def store(key: str, array: np.ndarray) -> dict[str, str]:
            side = target.with_name(f"{target.stem}{infix}.{key}.npy")
            storable = array.astype(str) if array.dtype == object else np.ascontiguousarray(array)
            write_atomically(side, lambda handle: np.save(handle, storable, allow_pickle=False))
            return {"file": side.name}

        return solution.to_dict(store)

    documents = [document(solution) for solution in solutions]
    data = documents[0] if len(documents) == 1 else {"solutions": documents}
    text = json.dumps(data, indent=1, allow_nan=False) + "\n"
    write_atomically(target, lambda handle: handle.write(text.encode()))


def plain(value: Any) -> Any:
    """Return NumPy arrays, fractions and mappings as data that JSON can hold.

    Fractions become strings such as ``"1/3"``, so that nothing is rounded.
    """
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def _plain_tree(key: str, value: Any, place: Callable[[str, np.ndarray], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return place(key, value)
    if isinstance(value, Mapping):
        return {name: _plain_tree(f"{key}.{name}", entry, place) for name, entry in value.items()}
    return plain(value)


def write_atomically(target: Path, write: Callable[[Any], Any]) -> None:
    """Write a file under a temporary name in the same folder, then move it into place.

    Raises
    ------
    SolutionFileError
        If the folder does not exist, cannot be written, or is full; the old file is kept.
    """

    def refuse(error: OSError) -> SolutionFileError:
        expected = "a folder that exists, is writable and has room"
        return SolutionFileError([Finding(str(target), str(error.strerror or error), expected)])

    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise refuse(error) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise refuse(error) from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


SOLUTION_SIZE_LIMIT = 64 * 2**20
"""Largest solution file that is read, in bytes; bigger tables live in .npy files beside it."""


def read_solution_data(path: str | Path) -> dict[str, Any]:
    """Return the content of a solution file as plain data, decimals kept as fractions.

    Raises
    ------
    SolutionFileError
        If the file is missing, too large, not JSON, or not a mapping.
    """
    source = Path(path)

    def refuse(got: str, expected: str, fix: str = "") -> SolutionFileError:
        return SolutionFileError([Finding(str(source), got, expected, fix)])

    try:
        if source.exists() and not source.is_file():
            kind = "a folder" if source.is_dir() else "a pipe or device"
            raise refuse(kind, "a solution file")
        size = source.stat().st_size
        if size > SOLUTION_SIZE_LIMIT:
            limit = f"at most {SOLUTION_SIZE_LIMIT:,} bytes"
            raise refuse(f"{size:,} bytes", limit, "put large tables into .npy files")
        text = source.read_text(encoding="utf-8-sig")
        data = json.loads(
            text,
            parse_float=_written_decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_each_key_once,
        )
    except OSError as error:
        raise refuse(str(error.strerror), "a readable solution file") from None
    except UnicodeDecodeError:
        raise refuse("bytes that are not UTF-8 text", "a JSON file") from None
    except RecursionError:
        raise refuse("brackets nested too deeply", "a solution file") from None
    except ValueError as error:
        raise refuse(str(error), "valid JSON") from None
    if not isinstance(data, dict):
        raise refuse(f"a {type(data).__name__}", "a JSON object with the solution's keys")
    if data.get("format", FORMAT) != FORMAT:
        raise refuse(f"the format {str(data['format'])[:60]!r}", FORMAT)
    return data


DECIMAL_EXPONENT_LIMIT = 400
"""Largest power of ten accepted in a number; a bigger one would not fit a double anyway."""


def _written_decimal(text: str) -> Fraction:
    try:
        decimal = Decimal(text)
    except InvalidOperation:
        decimal = Decimal("1E999999")
    if decimal and abs(decimal.adjusted()) > DECIMAL_EXPONENT_LIMIT:
        message = f"the number {text[:40]}, outside the range of doubles"
        raise ValueError(message)
    return Fraction(decimal)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        message = f"the key {key[:60]!r} twice"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> None:
    message = f"the number {name}"
    raise ValueError(message)
