"""What a reproduction is: published statements beside recomputed ones, notes, a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mdsolve.progress import Monitor
from mdsolve.solution import plain


@dataclass(frozen=True)
class Row:
    """One published statement and what recomputing gives.

    Parameters
    ----------
    what : str
    published : str or number
        As printed; empty where the paper says nothing.
    recomputed : str or number
    agrees : bool or None
        None where there is nothing to compare with.
    note : str
        Under which reading or assumption, or by which methods.
    """

    what: str
    published: Any
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


def rounds_to(value: float, printed: str) -> bool:
    """Tell whether a number rounds, or is cut off, to a printed non-negative decimal.

    Examples
    --------
    >>> rounds_to(0.9537002, "0.9537"), rounds_to(0.86566, "0.8656"), rounds_to(0.77762, "0.7772")
    (True, True, False)
    """
    unit = Fraction(1, 10 ** len(printed.partition(".")[2]))
    return -unit / 2 <= Fraction(value) - Fraction(printed) < unit


@dataclass(frozen=True)
class Item:
    """One reproducible thing: its name, what it is, and how to recompute it from a seed.

    Parameters
    ----------
    recompute : callable
        (seed, monitor) -> Reproduction.
    recompute_on : callable or None
        (seed, monitor, source) -> Reproduction on other data, for example ``mnist:DIR``.
    """

    name: str
    title: str
    recompute: Callable[[int, Monitor], Reproduction]
    recompute_on: Callable[[int, Monitor, str], Reproduction] | None = None
