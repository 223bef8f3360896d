"""From a fitted accuracy function to the quality curve of a market."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mdsolve.errors import UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance.sharing import SharingInstance

DIGITS = 9
"""Significant digits of a quality; a fit knows fewer."""


def market_quality(
    instance: SharingInstance, sizes: Sequence[float], agent: str | None = None
) -> dict[str, Any]:
    """Return a market's `quality`: how much better than nothing a model on so many data is.

    Q(t) = a(t) - a(0), with a the accuracy of one agent who brings t and everybody else nothing;
    linear between the sizes. With it `types` of a market are amounts of data, and the quality of a
    model trained on some of them gives the amount back: t = Q^-1(q) ([C20] section 2.2).

    Parameters
    ----------
    instance : SharingInstance
        For example what `fit` returns.
    sizes : sequence of float
        Positive, rising, up to the total of the largest types.
    agent : str or None
        Whose accuracy; the first agent's by default.

    Returns
    -------
    dict
        `{"family": "table", "points": [[0, 0], [size, quality], ...]}`.

    Raises
    ------
    UsageError
        There is no such agent, sizes do not rise from above 0, or quality does not rise with them.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}]
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> market_quality(game, [1, 4])
    {'family': 'table', 'points': [[0, 0], [1.0, 0.5], [4.0, 0.8]]}
    """
    game = sharing_game(instance)
    names = list(game.agents)
    if agent is not None and agent not in names:
        raise UsageError.single("agent", repr(agent), f"one of {', '.join(names[:8])}")
    who = 0 if agent is None else names.index(agent)
    grid = [0.0, *(float(size) for size in sizes)]
    if len(grid) < 2 or not np.isfinite(grid).all() or not _rise(grid):
        raise UsageError.single("sizes", _shown(sizes), "positive sizes that rise")
    brought = np.zeros((len(grid), len(names)))
    brought[:, who] = grid
    accuracies = np.array([game.accuracies(s)[who] for s in brought])
    qualities = [float(f"{q:.{DIGITS}g}") for q in accuracies - accuracies[0]]
    if not _rise(qualities):
        flat = next(k for k, (a, b) in enumerate(pairwise(qualities)) if b <= a)
        got = f"no more quality at {grid[flat + 1]:g} than at {grid[flat]:g}"
        raise UsageError.single("sizes", got, "an accuracy that rises with data", "fewer sizes")
    rising = zip(grid[1:], qualities[1:], strict=True)
    return {"family": "table", "points": [[0, 0], *([size, q] for size, q in rising)]}


def _rise(numbers: Sequence[float]) -> bool:
    return all(later > earlier for earlier, later in pairwise(numbers))


def _shown(sizes: Sequence[float]) -> str:
    """Return sizes as a message names them."""
    return ", ".join(f"{size:g}" for size in list(sizes)[:8]) or "none"
