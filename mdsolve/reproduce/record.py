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

from mdsolve.conditions import Condition
from mdsolve.progress import Monitor
from mdsolve.report.pictures.panels import Panel
from mdsolve.solution import Solution, plain

BUNDLED = "digits"
"""The data that items train on where no others are named."""


@dataclass(frozen=True)
class Row:
    """One published statement and what recomputing gives.

    Parameters
    ----------
    what : str
    published : str
        As printed; empty where the paper says nothing.
    recomputed : str or number
    agrees : bool or None
        None where there is nothing to compare with.
    note : str
        Under which reading or assumption, or by which methods.
    """

    what: str
    published: str
    recomputed: Any
    agrees: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Reproduction:
    """A recomputed example, table or figure.

    Parameters
    ----------
    name, title, source : str
    rows : tuple of Row
    notes : tuple of str
        What a reader must know, in plain words.
    series : mapping
        The numbers behind the picture; empty where there is none.
    """

    name: str
    title: str
    source: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    series: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the reproduction as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "rows": [plain(vars(row)) for row in self.rows],
            "notes": list(self.notes),
            "series": {key: plain(_stored(entry)) for key, entry in self.series.items()},
        }


def _stored(entry: Any) -> Any:
    """Return records inside a list as plain data."""
    if isinstance(entry, list):
        return [part.to_dict() if hasattr(part, "to_dict") else part for part in entry]
    return entry


@dataclass(frozen=True)
class Statement:
    """The words around a number; each may name fields, such as ``{gap:.3g}``.

    Parameters
    ----------
    what, published, recomputed, note : str
        As in `Row`.
    """

    what: str
    published: str = ""
    recomputed: str = "{value}"
    note: str = ""


@dataclass(frozen=True)
class Item:
    """One reproducible thing as printed: what is recomputed, the paper's words and numbers.

    Parameters
    ----------
    name : str
        ``PAPER/THING``.
    module, function : str
        Where it is recomputed: a function that receives a `Recomputation`.
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
        notes = tuple(filled(note, run.words) for note in self.notes)
        return Reproduction(self.name, self.title, self.source, tuple(run.rows), notes, run.series)


@dataclass
class Recomputation:
    """A recomputation under way: what it may use, and what it has found.

    Parameters
    ----------
    words : dict
        Fields of the notes.
    """

    item: Item
    seed: int
    monitor: Monitor
    data: str = BUNDLED
    rows: list[Row] = field(default_factory=list)
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
        self,
        name: str,
        value: Any = None,
        agrees: bool | None = None,
        *,
        rounds: float | Iterable[float] | None = None,
        **fields: Any,
    ) -> None:
        """Set what was found beside a statement.

        Parameters
        ----------
        name : str
            Of the statement.
        agrees : bool or None
            None where there is nothing to compare with.
        rounds : number or numbers
            These must also round to the numbers published.
        """
        said = self.item.statements[name]
        fields |= {"value": value}
        what, published, note = (
            filled(text, fields) for text in (said.what, said.published, said.note)
        )
        if rounds is not None:
            agrees = agrees is not False and rounds_to(rounds, published)
        bare = said.recomputed == "{value}"
        recomputed = value if bare else filled(said.recomputed, fields)
        verdict = None if agrees is None else bool(agrees)
        self.rows.append(Row(what, published, recomputed, verdict, note))


def checked(solution: Solution, name: str) -> Condition:
    """Return what the checker found about one condition of a solution."""
    assert solution.certificate is not None
    return solution.certificate.condition(name)


def passes(solution: Solution, name: str) -> bool:
    """Tell whether the checker passes one condition of a solution."""
    return checked(solution, name).verdict == "pass"


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
    >>> rounds_to([2.996, 1.169], "(3.00, 1.17)")
    True
    """
    texts = re.findall(r"\d+(?:\.\d+)?", printed)
    pairs = zip(np.atleast_1d(values), texts, strict=True)
    return all(_rounds_to(Fraction(float(value)), text) for value, text in pairs)


def _rounds_to(value: Fraction, text: str) -> bool:
    unit = Fraction(1, 10 ** len(text.partition(".")[2]))
    return -unit / 2 <= value - Fraction(text) < unit
