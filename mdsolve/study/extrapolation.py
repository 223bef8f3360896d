"""Warnings where an answer relies on measured curves outside the amounts of data measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import EQUILIBRIUM_SLACK

Floats = npt.NDArray[np.float64]


def extrapolation_warnings(game: SharingGame, s: Floats) -> list[str]:
    """Return a sentence per measured curve that was used where nothing was measured.

    Beyond its last point a curve is continued flat, before its first point with its first slope.
    Equilibria often lie at the last point itself; they are known up to the slack of the checker.

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> curve = {"family": "curve", "points": [[0, 0.1], [10, 0.5]]}
    >>> spec = {"kind": "sharing", "agents": [{"name": "A", "cost": 0.1}], "accuracy": curve}
    >>> extrapolation_warnings(sharing_game(parse(spec)), np.array([12.0]))[0]
    'A sees 12 samples, the curve was measured up to 10 and is continued flat'
    """
    accuracy = game.accuracy.of_amounts
    if accuracy is None:
        return []
    seen = accuracy.index(s)
    warnings = []
    for agents, part in accuracy.curve.parted(game.size):
        if part.measured is None:
            continue
        first, last = part.measured
        most = agents[int(np.argmax(seen[agents]))]
        least = agents[int(np.argmin(seen[agents]))]
        if seen[most] > (1 + EQUILIBRIUM_SLACK) * last:
            warnings.append(
                f"{game.agents[most]} sees {seen[most]:.6g} samples, the curve was measured up to "
                f"{last:.6g} and is continued flat"
            )
        if seen[least] < (1 - EQUILIBRIUM_SLACK) * first:
            warnings.append(
                f"{game.agents[least]} sees {seen[least]:.6g} samples, the curve was measured from "
                f"{first:.6g} on and is continued with its first slope"
            )
    return warnings
