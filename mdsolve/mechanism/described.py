"""What every mechanism says of itself, whatever kind of game it is for."""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.mechanism.options import Option, describe_options


class DescribedMechanism(ABC):
    """Name, source, promises and options of a rule; the docstring of its class states the rule."""

    kind: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    summary: ClassVar[str]
    maturity: ClassVar[str]
    promises: ClassVar[Mapping[str, str]]
    """Condition -> when it is promised; `claims` decides it on a game."""
    options: ClassVar[tuple[Option, ...]] = ()

    def describe(self) -> dict[str, Any]:
        """Return what `mdsolve list` and `mdsolve show` print."""
        return {
            "name": self.name,
            "kind": self.kind,
            "title": self.title,
            "source": self.citation,
            "summary": self.summary,
            "maturity": self.maturity,
            "rule": inspect.getdoc(type(self)) or "",
            "promises": dict(self.promises),
            "options": describe_options(self.options),
        }
