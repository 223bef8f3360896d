"""What every mechanism says of itself, and the facts about it that others ask for."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.context import Context
from mdsolve.mechanism.options import Option, describe_options
from mdsolve.mechanism.outcome import Outcome


class Mechanism(ABC):
    """Name, source, promises and options of a rule; the docstring of its class states the rule."""

    kind: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    summary: ClassVar[str]
    maturity: ClassVar[str]
    promises: ClassVar[Mapping[str, str]]
    """Condition -> when it is promised; the checker decides that on an instance."""
    options: ClassVar[tuple[Option, ...]] = ()

    private_costs: ClassVar[bool] = False
    """Whether the rule is for agents whose costs only they know (a prior instead of a cost)."""
    learns: ClassVar[bool] = False
    """Whether the rule says how a model is learned, for games whose accuracy depends on it."""
    shapes_models: ClassVar[bool] = False
    """Whether it hands out models that are worth less than the full one, instead of paying."""
    pays_by_contributions: ClassVar[bool] = False
    """Whether payments follow from contributions alone, everybody receiving the full model."""
    simulable: ClassVar[bool] = False
    """Whether best-response dynamics can be simulated under it."""
    compared: ClassVar[bool] = False
    """Whether it is compared where no mechanism is named: it needs no option."""

    @abstractmethod
    def outcome(self, game: Any, options: Mapping[str, Any], context: Context) -> Outcome:
        """Apply the rule to a game."""

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
