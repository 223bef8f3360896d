"""Best responses of single agents, and sweeps of them.

Along an agent's own contribution his utility is concave between kinks, whatever the family: below
the threshold of a clipped curve he only pays, above it the curve is concave. So the global best
response is the best of the pieces' maxima, each found by bisection on the slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

DOUBLINGS = 300
"""Of contributions in search of an end; slopes of free data vanish in rounding beyond."""
BISECTIONS = 1100


def best_response(stakes: AccuracyStakes, agent: int, s: Floats) -> float:
    """Return the agent's best contribution against the others' in `s`; the least among equals.

    Raises
    ------
    UnsupportedError
        If it is unbounded.
    """
    capacity = float(stakes.game.capacity[agent])
    kinks = np.concatenate(
        [stakes.game.accuracy.own_kinks(agent, s), stakes.borne.kinks(agent), [0.0, capacity]]
    )
    ends = np.unique(kinks[kinks <= capacity])
    candidates = [
        _piece_maximum(stakes, agent, s, float(low), float(high)) for low, high in pairwise(ends)
    ]
    points = np.unique(np.array([0.0, *candidates]))
    utilities = stakes.utility_along(agent, s, points)
    best = float(utilities.max())
    scale = max(float(stakes.game.value[agent]), abs(best))
    close = utilities >= best - DEFAULT.solve * scale
    return float(points[close][0])


def _piece_maximum(stakes: AccuracyStakes, agent: int, s: Floats, low: float, high: float) -> float:
    """Return the maximiser on an interval on which the utility is concave."""

    def slope(own: float) -> float:
        return float(stakes.slope_along(agent, s, np.array([own]))[0])

    if slope(low) <= 0:
        return low
    if np.isfinite(high) and slope(float(np.nextafter(high, low))) > 0:
        return high
    if not np.isfinite(high):
        high = max(1.0, 2 * low)  # a guess: doubled here, narrowed to the last digit below
        for _ in range(DOUBLINGS):
            if slope(high) <= 0:
                break
            low, high = high, 2 * high
        else:
            raise UnsupportedError.single(
                f"agent {stakes.game.agents[agent]}",
                "no capacity, and every further sample is worth more than it costs him",
                "a bounded best contribution",
                "give the agent a capacity or a positive marginal cost",
            )
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return high


@dataclass(frozen=True)
class Sweeps:
    """Outcome of repeated best responses.

    Parameters
    ----------
    contributions : (n,)
        The last profile.
    rounds : int
        Sweeps over all agents.
    converged : bool
        Whether nobody moved in the last sweep by more than the solving tolerance.
    cycle : (length, n) or None
        Profiles that repeat, where the sweeps came back to a profile seen before.
    """

    contributions: Floats
    rounds: int
    converged: bool
    cycle: Floats | None = None


def best_response_sweeps(
    stakes: AccuracyStakes, start: Floats, monitor: Monitor, limit: int = 1000
) -> Sweeps:
    """Let the agents answer each other one after the other until nobody moves.

    Work O(n) best responses per sweep. A profile that returns ends the sweeps with the cycle.
    """
    s = start.copy()
    reach = float(s.max(initial=0.0))
    seen: dict[tuple[str, ...], int] = {}
    path: list[Floats] = []
    for rounds in range(1, limit + 1):
        key = tuple(f"{amount:.{CYCLE_DIGITS}g}" for amount in s.tolist())
        if seen.get(key, rounds - 1) < rounds - 2:
            return Sweeps(s, rounds - 1, False, np.array(path[seen[key] :]))
        seen[key] = len(path)
        path.append(s.copy())
        moved = 0.0
        for agent in range(len(s)):
            answer = best_response(stakes, agent, s)
            moved = max(moved, abs(answer - s[agent]))
            s[agent] = answer
        monitor.advance("best responses", rounds, limit)
        reach = max(reach, float(s.max(initial=0.0)))
        if moved <= allowed_movement(stakes, s, reach):
            return Sweeps(s, rounds, True)
    return Sweeps(s, limit, False)


def allowed_movement(stakes: AccuracyStakes, s: Floats, reach: float) -> float:
    """Return by how much agents at rest may still move, in samples.

    Parameters
    ----------
    reach : float
        The largest contribution met on the way. Slopes may not tell apart contributions that are
        small beside the amounts of data over which they change.
    """
    return DEFAULT.solve * max(reach, float(stakes.game.accuracy.own_span(s).max(initial=0.0)))


CYCLE_DIGITS = 10
"""Significant digits to which two profiles must agree to count as the same."""
