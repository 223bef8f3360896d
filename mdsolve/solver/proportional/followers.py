"""Where the followers come to rest at a given leading contribution, by best responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor
from mdsolve.solver.best_response import best_response
from mdsolve.solver.bisection import last_true
from mdsolve.solver.iterate import Ending, Method, Run, iterate
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
    slopes, worth = game.types.costs.slope(np.zeros(game.types.size)), game.types.value
    rates = np.divide(slopes, worth, out=np.full(len(worth), np.inf), where=worth > 0)
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
    return iterate(_Settling(game, start, caps, lead), Monitor())


@dataclass(frozen=True)
class _Levels:
    """Contributions by type (T,), after so many sweeps, the last of which moved them by `moved`.

    ``reach`` is the largest contribution met, ``rough`` what an early sweep moved.
    """

    levels: Floats
    reach: float
    sweeps: int = 0
    moved: float = np.inf
    rough: float = np.inf


@dataclass
class _Settling(Method[_Levels, Floats | None]):
    """Sweeps of best responses of the types, damped after a while."""

    game: RankedGame
    start: Floats
    caps: Floats
    lead: float
    label: str = "followers"
    limit: int = SWEEPS

    def init(self) -> _Levels:
        return _Levels(self.start, float(self.start.max()))

    def step(self, state: _Levels) -> _Levels | None:
        levels, moved = state.levels.copy(), 0.0
        for kind in range(self.game.types.size):
            now = float(levels[kind])
            own = self._answer(levels, kind, damped=state.sweeps >= SMOOTH_AFTER)
            moved = max(moved, abs(own - now))
            levels[kind] = own
            if levels.max() < self.lead:
                return None
        rough = moved if state.sweeps == SMOOTH_AFTER else state.rough
        reach = max(state.reach, float(levels.max()))
        return _Levels(levels, reach, state.sweeps + 1, moved, rough)

    def _answer(self, levels: Floats, kind: int, *, damped: bool) -> float:
        """Return the contribution of a type in answer to the others."""
        game, cap, now = self.game, float(self.caps[kind]), float(levels[kind])
        payoff = game.own(levels, kind)
        best = best_response(payoff)
        own = min(best, cap)
        if now in (0.0, cap, game.types.leading(levels, kind)):
            # At a kink the utility peaks sharply: staying wins over an equal elsewhere.
            stays, utility = payoff.value(np.array([now]))[0], payoff.value(np.array([best]))[0]
            if stays >= utility - DEFAULT.solve * game.stake(levels, kind, own):
                own = now
        if not 0 < own < cap or own == now:
            return own
        if game.types.counts[kind] > 1:
            return _together(game, levels, kind, now, own)
        return 0.5 * (own + now) if damped else own

    def terminate(self, state: _Levels) -> Ending | None:
        if state.moved <= DEFAULT.solve * state.reach:
            return Ending.RESTED
        if state.sweeps == 2 * SMOOTH_AFTER + 1 and state.moved > 0.5 * state.rough:
            return Ending.CYCLE  # answers go round in a circle
        return None

    def finish(self, run: Run[_Levels]) -> Floats | None:
        return run.state.levels if run.ending is Ending.RESTED else None


def _together(game: RankedGame, levels: Floats, kind: int, now: float, own: float) -> float:
    """Return where agents alike rest when all of them move, between two of their contributions.

    One agent's answer to fellows who stay is no answer to fellows who move with him, and repeated
    answers may swing for ever; the point at which nobody's marginal utility is left is in between.
    """

    def gains(x: float) -> bool:
        fellows = levels.copy()
        fellows[kind] = x
        return game.own(fellows, kind).rises(x)

    low, high = min(now, own), max(now, own)
    if not gains(low) or gains(high):
        return own
    return last_true(gains, low, high, ROUND_OFF)
