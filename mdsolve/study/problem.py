"""What is to be solved: an instance, the rule applied to it, and the rule's effective options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.mechanism.chosen import Rule, name_and_options
from mdsolve.mechanism.described import Mechanism
from mdsolve.mechanism.options import effective_options, options_by_mechanism
from mdsolve.mechanism.outcome import Outcome
from mdsolve.mechanism.registry import mechanism_named, mechanisms

Game = TypeVar("Game")
Found = TypeVar("Found", bound=Outcome)


@dataclass(frozen=True)
class Problem(ABC, Generic[Game, Found]):
    """One instance under one mechanism.

    Parameters
    ----------
    instance : Instance
    rule : Mechanism
    options : mapping
        Every option of the rule, defaults included.
    """

    instance: Instance
    rule: Any
    options: Mapping[str, Any]

    @abstractmethod
    def build(self) -> Game:
        """Return the game that the instance describes.

        Raises
        ------
        UnsupportedError
            If the rule is not for such a game.
        """

    @abstractmethod
    def outcome(self, game: Game, context: Context) -> Found:
        """Apply the rule."""

    @abstractmethod
    def without_answer(self, game: Game, outcome: Outcome) -> Found:
        """Return the outcome of a computation that was stopped before there was an answer."""

    @abstractmethod
    def names(self, game: Game) -> tuple[str, ...]:
        """Return the agents' names."""

    @abstractmethod
    def answers(self, game: Game, outcome: Found, context: Context) -> dict[str, Any]:
        """Return the keys of the solution: what was computed, and what people ask of it."""


def problem_of(
    instance: Instance, mechanism: str | Rule | None, options: Mapping[str, Any] | None = None
) -> Problem[Any, Any]:
    """Return the problem that an instance and a mechanism's name make.

    Parameters
    ----------
    mechanism : str, Rule or None
        None takes the one named in the instance.
    options : mapping or None
        They win over those in the instance.

    Raises
    ------
    UsageError
        No or an unknown mechanism or option.
    UnsupportedError
        For a training run, whose protocol is part of the instance.
    """
    from mdsolve.study.market_problem import MarketProblem
    from mdsolve.study.sharing_problem import SharingProblem

    if instance.kind == "training":
        raise UnsupportedError.single(
            f"{instance.label}: kind",
            instance.kind,
            "market or sharing",
            "train it with: mdsolve train FILE",
        )
    chosen, asked = name_and_options(mechanism, options)
    name, given = chosen_mechanism(instance, chosen, asked)
    rule: Mechanism = mechanism_named(instance.kind, name)
    effective = effective_options(name, rule.options, given)
    kind = MarketProblem if isinstance(instance, MarketInstance) else SharingProblem
    return kind(instance, rule, effective)


def chosen_mechanism(
    instance: Instance, mechanism: str | None, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the mechanism's name and the options given for it; the caller's win."""
    default = instance.mechanism
    if mechanism is None and default is None:
        raise UsageError.single(
            f"{instance.label}: mechanism",
            "none named",
            "one of " + ", ".join(mechanisms(instance.kind)),
            "name one with -m, or add mechanism: {name: ...} to the instance",
        )
    name = mechanism if mechanism is not None else default.name if default else ""
    inherited = default.options if default and default.name == name else {}
    return name, {**inherited, **options}


def options_for(
    instance: Instance, names: Sequence[str | None], given: Mapping[str, Any]
) -> dict[str | None, dict[str, Any]]:
    """Return what is given for each mechanism: all of it for a single one.

    Raises
    ------
    UsageError
        For a mechanism named twice, or an option that none of several mechanisms has.
    """
    if len(set(names)) < len(names):
        raise UsageError.single("mechanism", ", ".join(map(str, names)), "each mechanism once")
    if len(names) == 1:
        own = f"{names[0]}."
        return {names[0]: {key.removeprefix(own): value for key, value in given.items()}}
    known = mechanisms(instance.kind)
    rules = {name: known[name].options if name in known else () for name in names if name}
    return dict(options_by_mechanism(given, rules).items())
