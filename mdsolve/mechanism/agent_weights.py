"""Weights of agents as an option: positive numbers, exact, one per agent or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from mdsolve.errors import Finding, UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.instance.numbers import exact_number, written_number
from mdsolve.mechanism.options import Option
from mdsolve.shapley.agent_weights import Ratios, whole_ratios

EXPECTED = "positive numbers separated by commas, or a number by agent"
Exact = float | Fraction
"""A number whose written form has its exact value."""


@dataclass(frozen=True)
class WeightsOption(Option):
    """A list in agent order, or numbers by name; whoever is not named has the empty name's, or 1.

    Examples
    --------
    >>> option = WeightsOption("weights", None, "")
    >>> option.parse("1, 1/3", "weights"), option.parse({"A": 2}, "weights")
    ((1.0, Fraction(1, 3)), {'A': 2.0})
    """

    by_agent: bool = True
    numbers: bool = True

    def parse(self, value: Any, where: str) -> Any | Finding:
        """Return the weights, each as it is written, or the finding that says what is wrong."""
        if value is None:
            return None
        if isinstance(value, Mapping):
            found: dict[str, Exact] = {}
            for agent, entry in value.items():
                weight = _positive(entry, f"{where}.{agent}" if agent else where)
                if isinstance(weight, Finding):
                    return weight
                found[str(agent)] = weight
            return found
        parts = value.split(",") if isinstance(value, str) else value
        entries = parts if isinstance(parts, Sequence) else [parts]
        weights = []
        for entry in entries:
            weight = _positive(entry, where)
            if isinstance(weight, Finding):
                return weight
            weights.append(weight)
        return tuple(weights)


def _positive(entry: Any, where: str) -> Exact | Finding:
    try:
        number = exact_number(entry)
    except (TypeError, ValueError):
        return Finding(where, repr(entry)[:60], EXPECTED)
    if number <= 0:
        return Finding(where, str(entry)[:60], "a number greater than 0")
    return written_number(number)


def ratios_of(game: SharingGame, weights: Any) -> Ratios | None:
    """Return the whole weights that the option's effective value stands for; None: all equal.

    Raises
    ------
    UsageError
        For a list of another length, or for names that are nobody's.
    UnsupportedError
        For ratios of too large whole numbers.
    """
    if weights is None:
        return None
    if not isinstance(weights, Mapping):
        if len(weights) != game.size:
            got, expected = f"{len(weights)} numbers", f"{game.size}, one per agent in their order"
            fix = "or name agents: weights.NAME=2, everybody else having 1"
            raise UsageError.single("option weights", got, expected, fix)
        return whole_ratios([exact_number(weight) for weight in weights])
    unknown = [agent for agent in weights if agent and agent not in set(game.agents)]
    if unknown:
        raise UsageError(
            Finding(
                f"option weights.{agent}",
                repr(agent),
                "an agent of the instance",
                _near(game, agent),
            )
            for agent in unknown[:5]
        )
    otherwise = weights.get("", 1)
    return whole_ratios([exact_number(weights.get(agent, otherwise)) for agent in game.agents])


def _near(game: SharingGame, agent: str) -> str:
    close = get_close_matches(agent, game.agents, n=1)
    return f"did you mean {close[0]!r}?" if close else ""
