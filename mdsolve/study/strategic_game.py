"""A sharing game on a grid of contributions as a strategic game: Gambit's file, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError

FORMAT = "mdsolve-strategic-game/1"

MOST_PROFILES = 200_000
"""Largest table that is written."""


@dataclass(frozen=True)
class StrategicGame:
    """Utilities at every profile of a grid.

    Parameters
    ----------
    name : str
    agents : tuple of str
    strategies : sequence of (m_i,) arrays
        Contributions each agent may choose, in samples.
    utilities : array of shape (m_1, ..., m_n, n)
        Money.
    """

    name: str
    agents: tuple[str, ...]
    strategies: Sequence[npt.NDArray[np.float64]]
    utilities: npt.NDArray[np.float64]

    def __repr__(self) -> str:
        """Return one line: the name and the size."""
        size = " x ".join(str(len(column)) for column in self.strategies)
        return f"<StrategicGame {self.name}: {size} profiles>"

    def text(self) -> str:
        """Return Gambit's .nfg file: payoffs by profile, the first agent's strategy fastest."""
        players = " ".join(map(_quoted, self.agents))
        labels = (" ".join(_quoted(f"{x:g}") for x in column) for column in self.strategies)
        lists = "\n".join(f"{{ {words} }}" for words in labels)
        body = "\n".join(" ".join(map(repr, payoffs)) for payoffs in self._payoffs())
        return f'NFG 1 R {_quoted(self.name)} {{ {players} }}\n\n{{ {lists}\n}}\n""\n\n{body}\n'

    def _payoffs(self) -> Iterator[list[float]]:
        """Yield everybody's utility by profile, the first agent's strategy changing fastest."""
        sizes = [len(column) for column in self.strategies]
        for numbers in product(*map(range, reversed(sizes))):
            yield [float(x) for x in self.utilities[tuple(reversed(numbers))]]

    def to_dict(self) -> dict[str, Any]:
        """Return the game as plain data; utilities nested by strategy, the last axis the agents."""
        return {
            "format": FORMAT,
            "name": self.name,
            "agents": list(self.agents),
            "contributions": [column.tolist() for column in self.strategies],
            "utilities": self.utilities.tolist(),
        }


def require_size(agents: int, points: int) -> None:
    """Raise `MemoryLimitError` where a grid has too many profiles."""
    if points**agents > MOST_PROFILES:
        got = f"{points} contributions for each of {agents} agents"
        expected = f"at most {MOST_PROFILES:,} profiles"
        raise MemoryLimitError.single("grid", got, expected, "use fewer points, or fewer agents")


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
