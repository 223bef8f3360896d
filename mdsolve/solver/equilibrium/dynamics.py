"""Best-response dynamics: agents follow the slopes of their own utilities ([M23] (4), [M25] (8)).

    s_i <- clip(s_i + step * d u_i / d s_i, 0, top_i)      for the agents of this step

Deterministic (everybody moves) or stochastic (k agents drawn anew in each step, [M25] (11)). The
measure of rest is the papers' g: the slope, shortened to what the bounds let the agent do in one
step. A step that is too large ends in a loop; with everybody moving, loops are found by comparing
with an earlier iterate that is renewed after 1, 2, 4, 8, ... steps (Brent), so no history is kept.

This is what agents might do, not how mdsolve computes equilibria.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solver.equilibrium.stakes import Stakes
from mdsolve.solver.iterate import Ending, Method, Run, iterate
from mdsolve.solver.path_records import PathRecords
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

RECORDS = 1000
"""Most iterates that are kept, beside the last one."""

RECORDED_ENTRIES = 4_000_000
"""Most numbers in the kept iterates."""


@dataclass(frozen=True)
class Trajectory:
    """What the agents did.

    Parameters
    ----------
    contributions : (n,)
        The last iterate, in samples.
    steps : int
        Steps taken.
    step_size : float
        Samples squared per money.
    agents_per_step : int
    kept : (k,) of int
        Numbers of the iterates that were kept: evenly spaced from 0, and the last one.
    iterates : (k, n)
        Contributions after so many steps.
    gradient_norms : (k,)
        ||g|| after so many steps, money per sample.
    target : float
        ||g|| at which the agents count as being at rest.
    rested : bool
    cycle_length : int or None
        Steps after which a profile came back, where one did.
    stop : exception or None
        A time limit or Ctrl-C that ended the run; everything up to there is kept.
    """

    contributions: Floats
    steps: int
    step_size: float
    agents_per_step: int
    kept: npt.NDArray[np.intp]
    iterates: Floats
    gradient_norms: Floats
    target: float
    rested: bool
    cycle_length: int | None = None
    stop: StopRequested | KeyboardInterrupt | None = None


class _Loop:
    """Finds out that an iterate has come back, from one remembered iterate."""

    def __init__(self, s: Floats) -> None:
        self.remembered = s
        self.age = 0
        self.span = 1
        self.farthest = 0.0

    def length(self, s: Floats) -> int | None:
        """Return the number of steps since the remembered iterate if `s` is it again."""
        self.age += 1
        away = float(np.max(np.abs(s - self.remembered)))
        self.farthest = max(self.farthest, away)
        noise = ROUND_OFF * float(np.max(np.abs(s)))
        if self.farthest > noise and away <= DEFAULT.solve * self.farthest:
            return self.age
        if self.age == self.span:
            self.remembered, self.age, self.farthest = s, 0, 0.0
            self.span *= 2
        return None


def simulate_dynamics(
    stakes: Stakes,
    start: Floats,
    top: Floats,
    step_size: float,
    *,
    steps: int,
    agents_per_step: int,
    seed: int = 0,
    monitor: Monitor | None = None,
) -> Trajectory:
    """Return the path of the dynamics; a time limit or Ctrl-C ends it early.

    Parameters
    ----------
    stakes : Stakes
        What the agents gain and bear.
    start, top : (n,)
        First contributions and the largest ones, in samples; `top` may be infinite.
    step_size : float
        Samples squared per money, positive.
    steps : int
        Steps to take unless the agents come to rest, or to a loop, before.
    agents_per_step : int
        Agents who move in one step; n for all.
    seed : int
        Of the draws, where not everybody moves.

    Raises
    ------
    UnsupportedError
        If a marginal utility is infinite on the way.

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> from mdsolve.solver.equilibrium.stakes import ShapleyStakes
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> game = sharing_game(
    ...     parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    ... )
    >>> path = simulate_dynamics(
    ...     ShapleyStakes(game, game.costs), np.zeros(2), game.capacity, 1.0,
    ...     steps=1000, agents_per_step=2,
    ... )
    >>> path.rested, path.contributions.round(6).tolist()
    (True, [2.998393, 1.169048])
    """
    moves = _Dynamics(stakes, start, top, step_size, steps, agents_per_step, seed)
    # What overflows on a far too large step is refused by name where it makes a slope infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        return iterate(moves, monitor or Monitor())


@dataclass(frozen=True)
class _Profile:
    """Contributions after so many steps, their marginal utilities (n,), and the norm of g."""

    s: Floats
    slope: Floats
    norm: float
    step: int = 0


class _Dynamics(Method[_Profile, Trajectory]):
    label = "steps"
    keeps_at = (StopRequested, KeyboardInterrupt)

    def __init__(
        self,
        stakes: Stakes,
        start: Floats,
        top: Floats,
        step_size: float,
        steps: int,
        agents_per_step: int,
        seed: int,
    ) -> None:
        self.stakes, self.start, self.top, self.step_size = stakes, start, top, step_size
        self.limit, self.movers = steps, agents_per_step
        self.draws = np.random.default_rng(seed)
        self.records = PathRecords(steps, max(1, min(RECORDS, RECORDED_ENTRIES // len(start))))
        self.loop = _Loop(start)
        self.cycle: int | None = None
        self.small = self.target = 0.0

    def init(self) -> _Profile:
        self.small = DEFAULT.solve * _marginal_scale(self.stakes, self.start)
        return self._at(self.start.copy(), 0)

    def step(self, state: _Profile) -> _Profile:
        s, everybody = state.s, self.movers >= len(state.s)
        moved = np.clip(s + self.step_size * state.slope, 0.0, self.top)
        if not everybody:
            movers = self.draws.choice(len(s), self.movers, replace=False)
            moved, wished = s.copy(), moved
            moved[movers] = wished[movers]
        return self._at(moved, state.step + 1)

    def terminate(self, state: _Profile) -> Ending | None:
        # Where slopes hardly change, small ones may still lead far: the next step has to be small.
        reach = float(state.s.max(initial=0.0))
        near = DEFAULT.solve * reach / self.step_size if reach > 0 else self.small
        self.target = min(self.small, near)
        return Ending.RESTED if state.norm <= self.target else None

    def recurs(self, state: _Profile) -> bool:
        if self.movers >= len(state.s):
            self.cycle = self.loop.length(state.s)
        return self.cycle is not None

    def finish(self, run: Run[_Profile]) -> Trajectory:
        kept, iterates, norms = self.records.columns()
        return Trajectory(
            run.state.s,
            run.steps,
            self.step_size,
            self.movers,
            kept,
            iterates,
            norms,
            self.target,
            run.state.norm <= self.target,
            self.cycle,
            run.stop,
        )

    def _at(self, s: Floats, step: int) -> _Profile:
        slope, norm = _projected(self.stakes, s, self.top, self.step_size)
        found = _Profile(s, slope, norm, step)
        self.records.note(step, s, norm)
        return found


def _projected(stakes: Stakes, s: Floats, top: Floats, step_size: float) -> tuple[Floats, float]:
    """Return the marginal utilities and the norm of g, which the bounds shorten."""
    slope = stakes.marginal(s)
    norm = float(np.linalg.norm(np.clip(slope, -s / step_size, (top - s) / step_size)))
    if not np.isfinite(norm):
        agent = stakes.game.agents[int(np.argmin(np.isfinite(slope)))]
        raise UnsupportedError.single(
            f"agent {agent}",
            "an infinite marginal utility on the way",
            "finite slopes at every profile that is visited",
            "start elsewhere, or take a smaller step size",
        )
    return slope, norm


def _marginal_scale(stakes: Stakes, s: Floats) -> float:
    """Return the size of the marginal benefits and costs that rest makes cancel."""
    parts = np.abs(stakes.benefit_slopes(s)) + np.abs(stakes.borne.slope(s))
    return float(np.linalg.norm(parts))
