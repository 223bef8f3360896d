"""Where the followers come to rest at given leading contributions, by best responses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor
from mdsolve.solver.bisection import crossings
from mdsolve.solver.iterate import Ending, Method, Run, iterate
from mdsolve.solver.proportional.answers import best_answers
from mdsolve.solver.proportional.deviations import Deviations
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

STARTS = 4
"""Most groups of types that are tried as leaders."""

SWEEPS = 60

SMOOTH_AFTER = 8
"""Sweeps after which followers only move half way, so that alternating answers settle."""


def leader_order(game: RankedGame) -> tuple[Indices, list[float]]:
    """Return types by rising cost per value, and how many agents the first 1, 2, ... have."""
    slopes, worth = game.types.costs.slope(np.zeros(game.types.size)), game.types.value
    rates = np.divide(slopes, worth, out=np.full(len(worth), np.inf), where=worth > 0)
    order = np.argsort(rates, kind="stable")
    return order, np.cumsum(game.types.counts[order]).tolist()


def leader_groups(game: RankedGame) -> list[int]:
    """Return how many of the types, the cheapest first, are tried as leaders."""
    size = game.types.size
    return sorted({round(k) for k in np.linspace(1, size, min(size, STARTS))}, reverse=True)


def followed(game: RankedGame, leads: Floats, leaders: Indices, monitor: Monitor) -> Floats:
    """Return the profiles (B, T) that go with leading contributions; followers answer.

    Parameters
    ----------
    leads : (B,)
        Samples.
    leaders : (B,) of int
        How many of the types, the cheapest first, start at the leading contribution.

    Returns
    -------
    (B, T)
        Rows of nan where the followers do not come to rest or nobody keeps the lead.
    """
    types = game.types
    caps = np.minimum(leads[:, None], types.capacity)
    if types.size == 1:
        return caps
    rank = np.argsort(leader_order(game)[0])
    start = np.where(rank < leaders[:, None], caps, 0.0)
    return settled(game, start, caps, caps.max(axis=1), monitor)


def settled(
    game: RankedGame, start: Floats, caps: Floats, lead: Floats, monitor: Monitor
) -> Floats:
    """Return where best responses come to rest, rows of nan where nowhere.

    Parameters
    ----------
    start, caps : (B, T)
        Where they begin, and the most that each type contributes, samples.
    lead : (B,)
        A row is given up once nobody contributes as much.
    """
    return iterate(_Settling(game, start, caps, lead, monitor), monitor)


@dataclass(frozen=True)
class _Levels:
    """B profiles after so many sweeps, the last of which moved them by `moved` (B,).

    ``reach`` (B,) is the largest contribution met, ``rough`` (B,) what an early sweep moved.
    ``found`` (B, T) has what has come to rest, ``rows`` the profiles still on the move.
    """

    levels: Floats
    found: Floats
    rows: Indices
    reach: Floats
    rough: Floats
    sweeps: int = 0


@dataclass
class _Settling(Method[_Levels, Floats]):
    """Sweeps of best responses of the types, damped after a while."""

    game: RankedGame
    start: Floats
    caps: Floats
    lead: Floats
    monitor: Monitor
    label: str = "followers"
    limit: int = SWEEPS

    def init(self) -> _Levels:
        rows, nothing = np.arange(len(self.start)), np.full_like(self.start, np.nan)
        reach = self.start.max(axis=1, initial=0.0)
        return _Levels(self.start, nothing, rows, reach, np.full(len(rows), np.inf))

    def step(self, state: _Levels) -> _Levels:
        rows, levels = state.rows, state.levels.copy()
        moved = np.zeros(len(levels))
        for kind in range(self.game.types.size):
            self.monitor.check_time()
            now = levels[rows, kind]
            own = self._answers(levels[rows], rows, kind, damped=state.sweeps >= SMOOTH_AFTER)
            moved[rows] = np.maximum(moved[rows], np.abs(own - now))
            levels[rows, kind] = own
            rows = rows[levels[rows].max(axis=1) >= self.lead[rows]]
            if not len(rows):
                break
        rough = moved if state.sweeps == SMOOTH_AFTER else state.rough
        reach = np.maximum(state.reach, levels.max(axis=1))
        rests = moved[rows] <= DEFAULT.solve * reach[rows]
        found = state.found.copy()
        found[rows[rests]] = levels[rows[rests]]
        rows = rows[~rests]
        if state.sweeps == 2 * SMOOTH_AFTER:
            rows = rows[moved[rows] <= 0.5 * rough[rows]]  # others go round in a circle
        return _Levels(levels, found, rows, reach, rough, state.sweeps + 1)

    def _answers(self, levels: Floats, rows: Indices, kind: int, *, damped: bool) -> Floats:
        """Return the contributions of a type in answer to the others, at some of the profiles."""
        game, cap, now = self.game, self.caps[rows, kind], levels[:, kind]
        payoff = game.deviations(levels, kind)
        best, utility = best_answers(payoff)
        own = np.minimum(best, cap)
        kept = (now == 0) | (now == cap) | (now == payoff.ratio.lead[:, 0])
        if kept.any():
            own = np.where(kept & _stays(payoff, now, best, utility), now, own)
        inside = (own > 0) & (own < cap) & (own != now)
        if game.types.counts[kind] > 1:
            together = np.flatnonzero(inside)
            if len(together):
                own[together] = _together(game, levels[together], kind, own[together])
        elif damped:
            own = np.where(inside, 0.5 * (own + now), own)
        return np.asarray(own)

    def terminate(self, state: _Levels) -> Ending | None:
        return None if len(state.rows) else Ending.RESTED

    def finish(self, run: Run[_Levels]) -> Floats:
        return run.state.found


def _stays(payoff: Deviations, now: Floats, best: Floats, utility: Floats) -> Flags:
    """Tell where an agent at a kink stays, though another contribution is as good; all (B,).

    At a kink the utility peaks sharply: staying wins over an equal elsewhere. Not where the slope
    leads away: near a flat top utilities tell contributions apart to half the digits only.
    """
    slack = DEFAULT.solve * payoff.stake(best[:, None])[:, 0]
    equal = payoff.value(now[:, None])[:, 0] >= utility - slack
    slope = payoff.slope(np.nextafter(now, best)[:, None])[:, 0] * np.sign(best - now)
    marginal = np.abs(payoff.types.costs.slope_along(payoff.kind, now))
    return np.asarray(equal & ((now == 0) | (slope <= ROUND_OFF * marginal)))


def _together(game: RankedGame, levels: Floats, kind: int, own: Floats) -> Floats:
    """Return where agents alike rest when all of them move, between two of their contributions.

    One agent's answer to fellows who stay is no answer to fellows who move with them, and repeated
    answers may swing for ever; the point at which nobody's marginal utility is left is in between.

    Parameters
    ----------
    levels : (B, T)
        Contributions now.
    own : (B,)
        One agent's answers.
    """

    def gain(each: Floats) -> Floats:
        fellows = levels.copy()
        fellows[:, kind] = each
        return game.deviations(fellows, kind).slope(each[:, None])[:, 0]

    now = levels[:, kind]
    low, high = np.minimum(now, own), np.maximum(now, own)
    between = (gain(low) > 0) & (gain(high) <= 0)
    if not between.any():
        return own
    low, high = np.where(between, low, own), np.where(between, high, own)
    return np.where(between, crossings(gain, low, high, ROUND_OFF), own)
