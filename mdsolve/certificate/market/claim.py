"""What somebody claims about a market: payments, an allocation, or that no mechanism exists.

A claim is read from any solution file, ours or foreign; nothing of a solver's inner state enters.
Numbers keep their written decimal value, so that exact arithmetic checks what the file says.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np

from mdsolve.errors import Finding, SolutionFileError, UsageError
from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market
from mdsolve.game.side_constraints import SideConstraints, parse_side_constraints
from mdsolve.instance.arrays import DAMAGED, ENTRY_LIMIT, read_header, require_finite
from mdsolve.instance.numbers import exact_number


@dataclass(frozen=True)
class MarketClaim:
    """What is to be checked.

    Parameters
    ----------
    mechanism : str or None
        Name of the rule, if the solution names one.
    payments : array of shape (n, m_1, ..., m_n) or None
        What each agent pays at every profile; floats, or exact numbers in an object array.
    allocation : array of the same shape or None
        Quality of the model handed to each agent, 0 for none; None is the instance's rule.
    exists : bool or None
        False where the solution claims that no mechanism exists.
    witness : mapping or None
        The proof of that: a profile and one rising chain of reports per agent, or rows.
    side : SideConstraints
        What the payments satisfy besides, or what no payments satisfy.
    """

    mechanism: str | None = None
    payments: Array | None = None
    allocation: Array | None = None
    exists: bool | None = None
    witness: Mapping[str, Any] | None = None
    side: SideConstraints = field(default_factory=SideConstraints)


def claim_from(
    data: Mapping[str, Any], market: Market, folder: Path | None, label: str
) -> MarketClaim:
    """Return the claim in a solution's plain data.

    Raises
    ------
    SolutionFileError
        With every problem found: wrong shapes, ragged lists, numbers that are none, bad files.
    """
    findings: list[Finding] = []
    shape = (len(market.agents), *market.shape)
    table = data.get("table")
    tables: dict[str, Array | None] = {"payments": None, "allocation": None}
    if table is not None and not isinstance(table, Mapping):
        expected = "a mapping with payments and perhaps allocation"
        findings.append(Finding(f"{label}: table", type(table).__name__, expected))
    elif table is not None:
        for key in tables:
            if table.get(key) is not None:
                where = f"{label}: table.{key}"
                tables[key] = read_table(table[key], shape, folder, where, findings)
    agents = data.get("agents")
    if agents is not None and not names_match(agents, market.agents):
        names = ", ".join(market.agents)
        findings.append(Finding(f"{label}: agents", str(agents), f"the instance's agents: {names}"))
    exists = data.get("exists")
    if not isinstance(exists, bool | None):
        findings.append(Finding(f"{label}: exists", repr(exists), "true or false"))
    mechanism = data.get("mechanism")
    name = mechanism.get("name") if isinstance(mechanism, Mapping) else mechanism
    side = _side_constraints(mechanism, f"{label}: mechanism.options.side", findings)
    if findings:
        raise SolutionFileError(findings)
    witness = data.get("witness")
    return MarketClaim(
        mechanism=name if isinstance(name, str) else None,
        payments=tables["payments"],
        allocation=tables["allocation"],
        exists=exists,
        witness=witness if isinstance(witness, Mapping) else None,
        side=side,
    )


def names_match(agents: Any, names: Sequence[str]) -> bool:
    """Tell whether a solution lists the instance's agents in the instance's order."""
    return isinstance(agents, list | tuple) and list(agents) == list(names)


def _side_constraints(mechanism: Any, where: str, findings: list[Finding]) -> SideConstraints:
    options = mechanism.get("options") if isinstance(mechanism, Mapping) else None
    words = options.get("side", ()) if isinstance(options, Mapping) else ()
    if isinstance(words, str) or not isinstance(words, Sequence):
        findings.append(Finding(where, repr(words), "a list of words, for example [cap=2]"))
        return SideConstraints()
    try:
        return parse_side_constraints([str(word) for word in words])
    except UsageError as error:
        findings.extend(Finding(where, entry.got, entry.expected) for entry in error.findings)
        return SideConstraints()


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


def _from_list(raw: Any) -> Array:
    """Return nested lists of numbers or fraction strings as an array of exact numbers."""
    if isinstance(raw, np.ndarray):
        return raw if raw.dtype == object else np.asarray(raw, dtype=np.float64)
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
    if isinstance(entry, list):
        message = "a ragged list"
        raise ValueError(message)
    try:
        return exact_number(entry)
    except TypeError:
        message = f"{entry!r}, which is not a number"
        raise ValueError(message) from None


def _from_file(reference: Mapping[str, Any], shape: tuple[int, ...], folder: Path | None) -> Array:
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


def _read_numbers(stream: IO[bytes], name: str, shape: tuple[int, ...]) -> Array:
    found, dtype = read_header(stream, name)
    if found != shape:
        message = f"{name} with shape {found}"
        raise ValueError(message)
    if math.prod(found) > ENTRY_LIMIT or dtype.kind not in "iufU":
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


def in_arithmetic(table: Array, market: Market) -> Array:
    """Return a table of numbers in the market's number system, taking floats as written."""
    if market.arithmetic.name == "float":
        return np.asarray(table, dtype=np.float64)
    number = market.arithmetic.number
    converted = np.frompyfunc(lambda entry: number(exact_number(entry)), 1, 1)(
        np.asarray(table, dtype=object)
    )
    return np.asarray(converted, dtype=object)
