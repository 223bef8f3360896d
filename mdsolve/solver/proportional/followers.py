"""Where the followers come to rest at a given leading contribution, by best responses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mdsolve.solver.proportional.agent_types import last_true
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

Follow = Callable[[float], Floats | None]
"""The profile that goes with a leading contribution, None where there is none."""

STARTS = 4
"""Most groups of types that are tried as leaders."""

SWEEPS = 60

SMOOTH_AFTER = 8
"""Sweeps after which followers only move half way, so that alternating answers settle."""


def leader_order(game: RankedGame) -> tuple[npt.NDArray[np.intp], list[float]]:
    """Return types by rising cost per value, and how many agents the first 1, 2, ... have."""
    rates = game.types.costs.slope(np.zeros(game.types.size)) / game.types.value
    order = np.argsort(rates, kind="stable")
    return order, np.cumsum(game.types.counts[order]).tolist()


def leader_groups(game: RankedGame) -> list[int]:
    """Return how many of the types, the cheapest first, are tried as leaders."""
    size = game.types.size
    return sorted({round(k) for k in np.linspace(1, size, min(size, STARTS))}, reverse=True)


def following(game: RankedGame, leaders: int) -> Follow:
    """Return the profile as a function of the leading contribution; followers answer."""
    types = game.types
    order, _ = leader_order(game)

    def profile(lead: float) -> Floats | None:
        caps = np.minimum(lead, types.capacity)
        if types.size == 1:
            return caps
        start = np.zeros(types.size)
        start[order[:leaders]] = caps[order[:leaders]]
        return settled(game, start, caps, float(caps.max()))

    return profile


def settled(game: RankedGame, start: Floats, caps: Floats, lead: float = 0.0) -> Floats | None:
    """Return where best responses come to rest; None where nowhere or nobody keeps the lead."""
    levels = start.copy()
    rough, reach = np.inf, float(start.max())
    for sweep in range(SWEEPS):
        moved = 0.0
        for kind in range(game.types.size):
            now = float(levels[kind])
            own, utility = game.best_response(levels, kind)
            own = min(own, float(caps[kind]))
            if now in (0.0, float(caps[kind]), game.types.leading(levels, kind)):
                # At a kink the utility peaks sharply: staying wins over an equal elsewhere.
                stays = game.utilities(levels, kind, np.array([now]))[0]
                if stays >= utility - DEFAULT.solve * game.stake(levels, kind, own):
                    own = now
            inside = 0 < own < caps[kind] and own != now
            if inside and game.types.counts[kind] > 1:
                own = _together(game, levels, kind, now, own)
            elif inside and sweep >= SMOOTH_AFTER:
                own = 0.5 * (own + now)
            moved = max(moved, abs(own - now))
            levels[kind] = own
            if levels.max() < lead:
                return None
        reach = max(reach, float(levels.max()))
        if moved <= DEFAULT.solve * reach:
            return levels
        if sweep == SMOOTH_AFTER:
            rough = moved
        if sweep == 2 * SMOOTH_AFTER and moved > 0.5 * rough:
            return None  # Answers go round in a circle.
    return None


def _together(game: RankedGame, levels: Floats, kind: int, now: float, own: float) -> float:
    """Return where agents alike rest when all of them move, between two of their contributions.

    One agent's answer to fellows who stay is no answer to fellows who move with him, and repeated
    answers may swing for ever; the point at which nobody's marginal utility is left is in between.
    """

    def gains(x: float) -> bool:
        fellows = levels.copy()
        fellows[kind] = x
        return bool(game.slopes(fellows, kind, np.array([x]))[0] > 0)

    low, high = min(now, own), max(now, own)
    if not gains(low) or gains(high):
        return own
    return last_true(gains, low, high, ROUND_OFF)
