"""What a solve returns and what a solution file holds: a frozen record.

The top level of a solution file is flat: the common keys (instance, mechanism, status, agents,
certificate, provenance) beside the keys of the mechanism (`answers`, for example ``table`` or
``contributions``). `mdsolve.solution_writing` writes it, `mdsolve.solution_files` reads it.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mdsolve.conditions import Certificate
from mdsolve.status import Termination
from mdsolve.table import Library

FORMAT = "mdsolve-solution/1"
INLINE_ENTRIES = 10_000
"""Largest array, in entries, that is written into the JSON file itself."""


@dataclass(frozen=True)
class InstanceReference:
    """Which instance a solution belongs to.

    Parameters
    ----------
    name : str or None
    sha256 : str or None
        Of the instance's files.
    data_sha256 : str or None
        Of its data, whatever the files look like.
    """

    name: str | None
    sha256: str | None
    data_sha256: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as plain data."""
        found = {"name": self.name, "sha256": self.sha256}
        return found if self.data_sha256 is None else found | {"data_sha256": self.data_sha256}


@dataclass(frozen=True)
class MechanismUsed:
    """The mechanism and its effective options, defaults included; an agreement has no name, ""."""

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


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """A certified answer to an instance under one mechanism. Its arrays are read-only.

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

    __hash__ = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Make every array and mapping of the answers read-only."""
        object.__setattr__(self, "answers", _sealed(self.answers))
        options = _sealed(self.mechanism.options)
        object.__setattr__(self, "mechanism", replace(self.mechanism, options=options))

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

    def __dir__(self) -> list[str]:
        """Return attributes and answers."""
        return sorted({*super().__dir__(), *self.answers})

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels between processes: plain mappings instead of sealed ones."""
        state = dict(self.__dict__)
        state["answers"] = _opened(self.answers)
        state["mechanism"] = replace(self.mechanism, options=_opened(self.mechanism.options))
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take the state in and seal it again."""
        for key, value in state.items():
            object.__setattr__(self, key, value)
        self.__post_init__()

    def __eq__(self, other: object) -> bool:
        """Compare everything but provenance, numbers as numbers."""
        if not isinstance(other, Solution):
            return NotImplemented
        mine, theirs = (x.to_dict(lambda _, array: array) for x in (self, other))
        return all(
            _same(mine.get(key), theirs.get(key))
            for key in mine.keys() | theirs.keys()
            if key != "provenance"
        )

    def __repr__(self) -> str:
        """Return one line: mechanism, outcome, verdict, and the names of the answers."""
        verdict = "unchecked" if self.certificate is None else self.certificate.verdict
        return (
            f"<Solution of {self.instance.name or 'an instance'} under {self.mechanism.name}: "
            f"{self.termination.label}, certificate {verdict}; {', '.join(self.answers)}>"
        )

    def __getitem__(self, agent: str) -> dict[str, Any]:
        """Return the numbers of one agent: contribution, payment, utility and what else there is.

        Raises `KeyError`, naming the agents there are.
        """
        from mdsolve.solution_table import agent_row

        return agent_row(self, agent)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return str(_later("mdsolve.report.public").html_of(self))

    def to_frame(self, library: Library | None = None) -> Any:
        """Return a data frame with a row per agent.

        Parameters
        ----------
        library : {"pandas", "polars"} or None
            None takes pandas, or polars where only that is installed.

        Raises
        ------
        UsageError
            Where the library is not installed.
        """
        from mdsolve.solution_table import agents_table

        return agents_table(self).to_frame(library)

    def to_table(self, path: str | Path) -> None:
        """Write a row per agent as .csv, .parquet or .tex; raises `UsageError` for others."""
        from mdsolve.solution_table import agents_table

        agents_table(self).write(Path(path))

    def plot(self, path: str | Path, instance: Any = None) -> None:
        """Draw the outcome into a PNG or SVG file; the instance adds what only it knows."""
        _later("mdsolve.report.public").plot(self, path, instance)

    def report(self, path: str | Path, instance: Any = None) -> None:
        """Write a self-contained page; without the instance nothing on it is checked again."""
        _later("mdsolve.report.public").report(instance, self, path)

    def explain(self, instance: Any, agent: str | None = None) -> Any:
        """Return in words where the numbers come from; see `mdsolve.explain`."""
        return _later("mdsolve.report.explain").explain(instance, self, agent)

    @property
    def exit_code(self) -> int:
        """Exit code of the command that produced this solution."""
        if self.termination is not Termination.SOLVED:
            return self.termination.exit_code
        failed = self.certificate is not None and self.certificate.verdict == "fail"
        return 1 if failed else Termination.SOLVED.exit_code

    @property
    def transfers(self) -> np.ndarray | None:
        """Money that each agent receives (negative: pays), whatever the kind of instance.

        Shape (n,), or (n, m_1, ..., m_n) for a market's table; None where nobody pays. The key
        ``payments`` is money received in sharing games and money paid in markets.
        """
        table = self.answers.get("table")
        source = self.answers if table is None else table
        paid = self.answers.get("payments", source.get("payments"))
        if paid is None:
            return None
        money = np.asarray(paid).astype(np.float64)
        return money if table is None else -money

    def with_certificate(self, certificate: Certificate, seconds: float) -> Solution:
        """Return a copy that carries the checker's findings and the time they took."""
        timed = {**self.provenance.seconds, "verify": seconds}
        provenance = replace(self.provenance, seconds=timed)
        return replace(self, certificate=certificate, provenance=provenance)

    def claim(self) -> dict[str, Any]:
        """Return what the solution claims, as its file would hold it but with arrays in place."""
        return self._plain(lambda _, array: array, certified=False)

    def to_dict(self, store: Callable[[str, np.ndarray], Any] | None = None) -> dict[str, Any]:
        """Return the solution as plain data.

        Parameters
        ----------
        store : callable or None
            Receives (path, array) for each array above `INLINE_ENTRIES`, with a path such as
            ``table.payments``, and returns what stands in its place; without it such arrays are
            left out and named under ``"omitted"``.
        """
        return self._plain(store)

    def _plain(
        self, store: Callable[[str, np.ndarray], Any] | None, *, certified: bool = True
    ) -> dict[str, Any]:
        omitted: list[str] = []

        def place(key: str, array: np.ndarray) -> Any:
            if array.size <= INLINE_ENTRIES:
                return plain(array)
            if store is not None:
                return store(key, array)
            omitted.append(key)
            return None

        data: dict[str, Any] = {"format": FORMAT, "instance": self.instance.to_dict()}
        if self.mechanism.name:
            options = plain(dict(self.mechanism.options))
            data["mechanism"] = {"name": self.mechanism.name, "options": options}
        data["status"] = {"termination": self.termination.label, "message": self.message}
        data["agents"] = list(self.agents)
        for key, value in self.answers.items():
            data[key] = _plain_tree(key, value, place)
        if certified:
            found = None if self.certificate is None else self.certificate.to_dict()
            data["certificate"] = plain(found)
        data["provenance"] = self.provenance.to_dict()
        if omitted:
            data["omitted"] = omitted
        return data

    def to_json(self, path: str | Path) -> None:
        """Write the solution atomically, large arrays as ``<stem>.<path>.npy`` beside it."""
        from mdsolve.solution_writing import write_solutions

        write_solutions([self], path)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], folder: Path | None = None) -> Solution:
        """Return the solution in plain data, as `to_dict` or a file holds it.

        Parameters
        ----------
        folder : Path or None
            Where array files named in the data lie.

        Raises
        ------
        SolutionFileError
            With every key that is not what it should be.
        """
        from mdsolve.solution_files import solution_from

        return solution_from(data, folder, "solution")

    @classmethod
    def load(cls, path: str | Path) -> Solution:
        """Return the solution in a file; raises `SolutionFileError` if it holds none, or several.

        The certificate is the stored one: check it again with `mdsolve.verify`.
        """
        from mdsolve.solution_files import load_solutions

        found = load_solutions(path)
        if len(found) > 1:
            from mdsolve.errors import SolutionFileError

            expected = "one solution; read several with mdsolve.solution_files.load_solutions"
            raise SolutionFileError.single(str(path), f"{len(found)} solutions", expected)
        return found[0]


def _later(module: str) -> Any:
    """Return a module of a later layer, which solutions do not depend on."""
    return import_module(module)


def plain(value: Any) -> Any:
    """Return NumPy arrays, fractions and mappings as data that JSON can hold.

    Fractions become strings such as ``"1/3"``, so that nothing is rounded.
    """
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in "fiubU" else plain(value.tolist())
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


def _sealed(value: Any) -> Any:
    """Return answers that nobody can write to: arrays as read-only views, mappings as proxies."""
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if isinstance(value, Mapping):
        return MappingProxyType({key: _sealed(entry) for key, entry in value.items()})
    if isinstance(value, list | tuple):
        return tuple(map(_sealed, value)) if isinstance(value, tuple) else list(map(_sealed, value))
    return value


def _opened(value: Any) -> Any:
    """Return answers with plain mappings, which other processes can read."""
    if isinstance(value, Mapping):
        return {key: _opened(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_opened, value))
    return value


def _same(mine: Any, theirs: Any) -> bool:
    """Compare plain data, numbers by their value."""
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return mine.keys() == theirs.keys() and all(_same(mine[k], theirs[k]) for k in mine)
    if isinstance(mine, np.ndarray) or isinstance(theirs, np.ndarray):
        return bool(np.array_equal(np.asarray(mine), np.asarray(theirs)))
    if isinstance(mine, list) and isinstance(theirs, list):
        pairs: Iterator[tuple[Any, Any]] = zip(mine, theirs, strict=False)
        return len(mine) == len(theirs) and all(_same(a, b) for a, b in pairs)
    return bool(mine == theirs)
