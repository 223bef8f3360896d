"""Plain data: read key by key with every problem collected, and exact numbers written back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.errors import Finding
from mdsolve.instance.numbers import exact_number, written_number

Read = Callable[[Any, str], Sequence[Any]]
"""Turns what stands for a table, such as the name of a file, into its entries."""

SHOWN = 60
"""Most characters of a wrong value in an error."""


class Fields:
    """One mapping of plain data.

    Parameters
    ----------
    data : mapping
    where : str
        Names it in errors.
    findings : list of Finding
        Receives the problems.
    read : callable or None
        Reads tables that lie in a file beside the data.
    """

    def __init__(
        self, data: Mapping[str, Any], where: str, findings: list[Finding], read: Read | None = None
    ) -> None:
        self.data, self.where, self.findings, self._read = data, where, findings, read

    def wrong(self, key: str, got: Any, expected: str) -> None:
        """Note a problem."""
        self.findings.append(Finding(f"{self.where}.{key}", repr(got)[:SHOWN], expected))

    def closed(self, *known: str) -> None:
        """Note every key that is not among the known ones."""
        for key in self.data:
            if key not in known:
                self.wrong(str(key)[:SHOWN], self.data[key], "one of the keys " + ", ".join(known))

    def has(self, key: str) -> bool:
        """Tell whether something stands there."""
        return self.data.get(key) is not None

    def exact(self, key: str, value: Any) -> Fraction:
        """Return a number as written; 0, with a finding, if it is none."""
        try:
            return exact_number(value)
        except (TypeError, ValueError):
            self.wrong(key, value, "a finite number")
            return Fraction(0)

    def number(self, key: str) -> Fraction:
        """Return the number under a key."""
        return self.exact(key, self.data.get(key))

    def maybe(self, key: str) -> Fraction | None:
        """Return the number under a key, None where nothing stands."""
        return self.number(key) if self.has(key) else None

    def text(self, key: str) -> str:
        """Return the text under a key."""
        found = self.data.get(key)
        if not isinstance(found, str):
            self.wrong(key, found, "text")
            return ""
        return found

    def list(self, key: str) -> Sequence[Any]:
        """Return the list under a key, wherever its entries lie."""
        found = self.data.get(key)
        if isinstance(found, Mapping) and self._read is not None:
            found = self._read(found, f"{self.where}.{key}")
        if isinstance(found, np.ndarray):
            found = found.tolist()
        if not isinstance(found, list | tuple):
            self.wrong(key, found, "a list")
            return ()
        return found

    def numbers(self, key: str) -> tuple[Fraction, ...]:
        """Return the numbers under a key."""
        return tuple(self.exact(f"{key}[{k}]", entry) for k, entry in enumerate(self.list(key)))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts under a key."""
        found = self.list(key)
        for number, entry in enumerate(found):
            if not isinstance(entry, str):
                self.wrong(f"{key}[{number}]", entry, "text")
        return tuple(str(entry) for entry in found)

    def types(self, key: str) -> dict[str, Fraction]:
        """Return the numbers by name under a key."""
        inner = self.inside(key)
        return {str(name): inner.number(name) for name in inner.data}

    def inside(self, key: str) -> Fields:
        """Return the mapping under a key."""
        return self._mapping(key, self.data.get(key))

    def entries(self, key: str) -> Iterator[Fields]:
        """Return the mappings in the list under a key."""
        for number, entry in enumerate(self.list(key)):
            yield self._mapping(f"{key}[{number}]", entry)

    def _mapping(self, key: str, found: Any) -> Fields:
        if not isinstance(found, Mapping):
            self.wrong(key, found, "a mapping")
            found = {}
        return Fields(found, f"{self.where}.{key}", self.findings, self._read)


WHOLE = 2**53
"""Integers below are the same in every reader of JSON."""


def shown_number(value: Fraction) -> int | float | str:
    """Return a number as JSON holds it, so that `exact_number` reads the same one back.

    Examples
    --------
    >>> shown_number(Fraction(3)), shown_number(Fraction(1, 10)), shown_number(Fraction(1, 3))
    (3, 0.1, '1/3')
    """
    if value.denominator == 1 and abs(value.numerator) < WHOLE:
        return int(value)
    written = written_number(value)
    return str(written) if isinstance(written, Fraction) else written


def shown_numbers(values: Sequence[Fraction]) -> list[int | float | str]:
    """Return numbers as JSON holds them."""
    return [shown_number(value) for value in values]


def shown_types(profile: Mapping[str, Fraction]) -> dict[str, int | float | str]:
    """Return numbers by name as JSON holds them."""
    return {name: shown_number(value) for name, value in profile.items()}
