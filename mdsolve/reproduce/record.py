"""What a reproduction is: a paper's statements as data, and what recomputing sets beside them.

``PAPER.yaml`` holds words and numbers as printed, all of them text, so that they stay as printed.
The module of the same name, or the one an item names, has a function per item, which computes.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.progress import Monitor
from mdsolve.report.pictures.panels import Panel, panels_from
from mdsolve.solution import plain

Floats = npt.NDArray[np.float64]

PAPERS = ("chen2020", "doshi2025", "karimireddy2022", "murhekar2023", "murhekar2025")
BUNDLED = "digits"  # trained on where no other data are named


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
        rows = [plain(vars(row)) for row in self.rows]
        return {**vars(self), "rows": rows, "series": plain(_stored(self.series))}


def _stored(entry: Any) -> Any:
    """Return records inside mappings and lists as plain data."""
    if isinstance(entry, Mapping):
        return {key: _stored(part) for key, part in entry.items()}
    if isinstance(entry, list):
        return [_stored(part) for part in entry]
    return entry.to_dict() if hasattr(entry, "to_dict") else entry


@dataclass(frozen=True)
class Item:
    """One reproducible thing, ``PAPER/THING``: what the paper says, and how it is recomputed.

    A function of the module, named as the thing is, receives a `Recomputation`; it takes about so
    many seconds, on other data than the bundled ones where `takes_data` says so. Tables as printed
    are in `printed`.
    """

    name: str
    title: str
    source: str
    module: str
    statements: Mapping[str, Statement]
    notes: Sequence[str] = ()
    panels: Sequence[Panel] = ()
    printed: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 5.0
    takes_data: bool = False

    def recompute(
        self, seed: int = 0, monitor: Monitor | None = None, data: str = BUNDLED
    ) -> Reproduction:
        """Recompute the item, on data such as ``mnist:DIR``; all draws depend on the seed alone."""
        module = import_module(f"mdsolve.reproduce.{self.module}")
        words = {**vars(module), "data": data}
        run = Recomputation(self, seed, monitor or Monitor(), data, words)
        getattr(module, self.name.partition("/")[2].replace("-", "_"))(run)
        notes = [filled(note, run.words) for note in self.notes]
        return Reproduction(self.name, self.title, self.source, run.rows, notes, run.series)


@dataclass
class Recomputation:
    """A recomputation under way: what it may use and what it has found.

    Texts may name what is in `words`, at first the module's constants.
    """

    item: Item
    seed: int
    monitor: Monitor
    data: str
    words: dict[str, Any]
    rows: list[Statement] = field(default_factory=list)
    series: dict[str, Any] = field(default_factory=dict)

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
        self, key: str, /, value: Any = None, agrees: Any = None, rounds: Any = None, **fields: Any
    ) -> None:
        """Set beside a published statement what was found, and whether it agrees.

        Parameters
        ----------
        rounds : number or numbers
            These must also round to the numbers published.
        fields
            What the statement's texts name, beside `value` and `words`.
        """
        said, fields = self.item.statements[key], {**self.words, **fields, "value": value}
        texts = (said.what, said.published, said.note)
        what, published, note = (filled(text, fields) for text in texts)
        if rounds is not None:
            agrees = agrees is not False and rounds_to(rounds, published)
        found = value if said.recomputed == "{value}" else filled(said.recomputed, fields)
        verdict = None if agrees is None else bool(agrees)
        self.rows.append(Statement(what, published, found, verdict, note))


class _Filler(string.Formatter):
    def format_field(self, value: Any, spec: str) -> str:
        between, spec = (" / ", spec[1:]) if spec.startswith("/") else (", ", spec)
        if isinstance(value, list | tuple | np.ndarray):
            return between.join(format(entry, spec) for entry in value)
        if spec and isinstance(value, str):
            value = float(Fraction(value))  # exact arithmetic says its numbers as fractions
        return format(value, spec)


def filled(text: str, fields: Mapping[str, Any]) -> str:
    """Return a text with its fields; of several numbers each, between commas or strokes.

    Examples
    --------
    >>> filled("({s:.2f}), that is {s:/.1f}", {"s": [1, 2]})
    '(1.00, 2.00), that is 1.0 / 2.0'
    """
    return _Filler().vformat(text, (), fields)


def rounds_to(values: float | Sequence[float] | Floats, printed: str) -> bool:
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
    accuracy: Mapping[str, Any], cost: Iterable[Any], *, platform_data: Any = 0, **columns: Any
) -> md.SharingInstance:
    """Return a sharing game; costs and further columns, such as capacity, list the agents'."""
    keys, rows = ("cost", *columns), zip(cost, *columns.values(), strict=True)
    agents = [
        {"name": str(k + 1), **dict(zip(keys, row, strict=True))} for k, row in enumerate(rows)
    ]
    game = {"kind": "sharing", "agents": agents, "accuracy": accuracy}
    instance = md.parse({**game, "platform_data": platform_data})
    assert isinstance(instance, md.SharingInstance)
    return instance


def _items(paper: str) -> Iterator[Item]:
    text = files("mdsolve.reproduce").joinpath(f"{paper}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # makes nothing but text
    for key, data in yaml.load(text, loader).items():  # noqa: S506
        said = {name: Statement(**words) for name, words in data.pop("statements").items()}
        panels = panels_from(data.pop("panels", ()))
        flags = {"takes_data": "takes_data" in data, "seconds": float(data.pop("seconds", 5))}
        given = {"module": paper, "panels": panels, "statements": said}
        yield Item(name=f"{paper}/{key}", **{**given, **data, **flags})


ITEMS = {item.name: item for paper in PAPERS for item in _items(paper)}


def item_named(name: str) -> Item:
    """Return the reproduction of that name; raises `UsageError` naming the nearest one."""
    if name in ITEMS:
        return ITEMS[name]
    close = get_close_matches(name, ITEMS, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "see mdsolve reproduce"
    raise UsageError.single("NAME", repr(name), "one of " + ", ".join(ITEMS), fix)
