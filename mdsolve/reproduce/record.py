"""What a reproduction is: published statements, what recomputing gives, and whether they agree."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

import mdsolve as md
from mdsolve.progress import Monitor
from mdsolve.report.pictures.panels import Panel
from mdsolve.solution import plain

Floats = npt.NDArray[np.float64]

BUNDLED = "digits"
"""The data that items train on where no others are named."""


@dataclass(frozen=True)
class Statement:
    """One published statement, with what recomputing gives, under which reading, by which methods.

    As data of a paper these are texts whose fields, such as ``{gap:.3g}``, are filled in later.
    """

    what: str
    published: str = ""
    recomputed: Any = "{value}"
    agrees: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Reproduction:
    """A recomputed example, table or figure; `series` holds the numbers behind its picture."""

    name: str
    title: str
    source: str
    rows: Sequence[Statement]
    notes: Sequence[str] = ()
    series: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the reproduction as plain data."""
        rows, series = [plain(vars(row)) for row in self.rows], self.series.items()
        stored = {key: plain(_stored(entry)) for key, entry in series}
        return {**vars(self), "rows": rows, "notes": list(self.notes), "series": stored}


def _stored(entry: Any) -> Any:
    """Return records inside a list as plain data."""
    if isinstance(entry, list):
        return [part.to_dict() if hasattr(part, "to_dict") else part for part in entry]
    return entry


@dataclass(frozen=True)
class Item:
    """One reproducible thing: what the paper says, and how it is recomputed.

    Parameters
    ----------
    name : str
        ``PAPER/THING``.
    module, function : str
        Where it is recomputed: a function of a `Recomputation`.
    statements : mapping
        By a short name.
    printed : mapping
        Published tables, as text.
    seconds : float
        About how long it takes.
    takes_data : bool
        Whether it can be recomputed on other data than those bundled.
    """

    name: str
    title: str
    source: str
    module: str
    function: str
    statements: Mapping[str, Statement]
    notes: Sequence[str] = ()
    panels: Sequence[Panel] = ()
    printed: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 5.0
    takes_data: bool = False

    def recompute(
        self, seed: int = 0, monitor: Monitor | None = None, data: str = BUNDLED
    ) -> Reproduction:
        """Recompute the item; random draws depend on the seed alone.

        Parameters
        ----------
        data : str
            For items that train: ``digits``, or a folder such as ``mnist:DIR``.
        """
        run = Recomputation(self, seed, monitor or Monitor(), data)
        getattr(import_module(self.module), self.function)(run)
        notes = [filled(note, run.words) for note in self.notes]
        return Reproduction(self.name, self.title, self.source, run.rows, notes, run.series)


@dataclass
class Recomputation:
    """A recomputation under way: what it may use and what it has found; `words` are for notes."""

    item: Item
    seed: int
    monitor: Monitor
    data: str = BUNDLED
    rows: list[Statement] = field(default_factory=list)
    series: dict[str, Any] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)

    def random(self, *keys: int) -> np.random.Generator:
        """Return the random numbers of the seed, or of one part of it."""
        return np.random.default_rng([self.seed, *keys] if keys else self.seed)

    def each(self, label: str, pieces: Iterable[Any]) -> Iterator[Any]:
        """Go through pieces of work, with a sign of life after each."""
        listed = list(pieces)
        for done, piece in enumerate(listed):
            yield piece
            self.monitor.advance(label, done + 1, len(listed))

    def say(
        self, name: str, value: Any = None, agrees: Any = None, *, rounds: Any = None, **fields: Any
    ) -> None:
        """Set beside a published statement what was found, and whether it agrees.

        Parameters
        ----------
        rounds : number or numbers
            These must also round to the numbers published.
        fields
            What the statement's texts name, beside `value`.
        """
        said, fields = self.item.statements[name], {**fields, "value": value}
        what, published, note = (
            filled(text, fields) for text in (said.what, said.published, said.note)
        )
        if rounds is not None:
            agrees = agrees is not False and rounds_to(rounds, published)
        found = value if said.recomputed == "{value}" else filled(said.recomputed, fields)
        verdict = None if agrees is None else bool(agrees)
        self.rows.append(Statement(what, published, found, verdict, note))


class _Filler(string.Formatter):
    """Formats numbers in a row one by one: ``{s:.2f}`` with commas, ``{s:/.2f}`` with strokes."""

    def format_field(self, value: Any, spec: str) -> str:
        between, spec = (" / ", spec[1:]) if spec.startswith("/") else (", ", spec)
        if isinstance(value, list | tuple | np.ndarray):
            return between.join(format(entry, spec) for entry in value)
        return format(value, spec)


def filled(text: str, fields: Mapping[str, Any]) -> str:
    """Return a text with its fields filled in.

    Examples
    --------
    >>> filled("({s:.2f}), gap {gap}", {"s": [1, 2], "gap": 3})
    '(1.00, 2.00), gap 3'
    """
    return _Filler().vformat(text, (), fields)


def rounds_to(values: float | Iterable[float], printed: str) -> bool:
    """Tell whether numbers round, or are cut off, to the non-negative decimals in a text.

    Examples
    --------
    >>> rounds_to(0.9537002, "0.9537"), rounds_to(0.86566, "0.8656"), rounds_to(0.77762, "0.7772")
    (True, True, False)
    """
    texts = re.findall(r"\d+(?:\.\d+)?", printed)
    units = [Fraction(1, 10 ** len(text.partition(".")[2])) for text in texts]
    found = [Fraction(float(value)) for value in np.atleast_1d(values)]
    trios = zip(found, texts, units, strict=True)
    return all(-unit / 2 <= value - Fraction(text) < unit for value, text, unit in trios)


def checked(solution: md.Solution, name: str) -> md.Condition:
    """Return what the checker found about one condition of a solution."""
    assert solution.certificate is not None
    return solution.certificate.condition(name)


def passes(solution: md.Solution, name: str) -> bool:
    """Tell whether the checker passes one condition of a solution."""
    return checked(solution, name).verdict == "pass"


def sharing(
    accuracy: Mapping[str, Any], cost: Iterable[Any], platform_data: float = 0, **columns: Any
) -> md.SharingInstance:
    """Return a sharing game; costs and further columns, such as capacity, have an entry per agent.

    Examples
    --------
    >>> md.solve(sharing({"family": "power"}, [0.1], capacity=[1]), "none").contributions.tolist()
    [1.0]
    """
    rows = zip(cost, *columns.values(), strict=True)
    agents = [
        {"name": str(k + 1), **dict(zip(("cost", *columns), row, strict=True))}
        for k, row in enumerate(rows)
    ]
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy}
    instance = md.parse({**data, "platform_data": platform_data})
    assert isinstance(instance, md.SharingInstance)
    return instance
