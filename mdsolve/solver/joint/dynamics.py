"""Contributions and a model that move together: Algorithms 1 and 2 of [D25], step by step.

    s <- s + gamma g(w, s),   w <- w + eta (gradient in w of the mean accuracy),

g being the own marginal utilities. Algorithm 1 moves both from the state before the round.
Contributions are cut to [0, capacity]. The paper does not cut: it only stops those that sit exactly
on a bound, so that they step over it; that version is there for comparison (`projected=False`).
Algorithm 2 first moves the contributions alone at the first model, then the model alone.

This is what the protocol does, not how mdsolve computes equilibria.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.iterate import Ending, Method, Run, iterate
from mdsolve.solver.joint.equilibrium import is_singular, located
from mdsolve.solver.path_records import PathRecords
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

RECORDS = 500
"""Most states that are kept, beside the last one."""


@dataclass(frozen=True)
class JointPath:
    """What the protocol did.

    Parameters
    ----------
    contributions : (n,)
        The last ones, in samples.
    parameters : (m,) or None
        The last model.
    steps : int
        Rounds.
    ending : Ending
        RESTED, LIMIT, DIVERGED, or SINGULAR: no data left, so that the gradient in w does not
        exist.
    left_at : int or None
        First round after which a contribution lay outside [0, capacity].
    kept : (k,) of int
        Rounds after which the state was kept.
    states : (k, n), models : (k, m)
        Contributions and models there.
    """

    contributions: Floats
    parameters: Floats | None
    steps: int
    ending: Ending
    left_at: int | None
    kept: npt.NDArray[np.intp]
    states: Floats
    models: Floats


@dataclass(frozen=True)
class Motion:
    """Step sizes and which blocks move.

    Parameters
    ----------
    gamma : float
        Step of the contributions, samples squared per money; 0 holds them.
    eta : float
        Step of the model, squared units of the parameters per accuracy; 0 holds it.
    price : float
        Money per own sample.
    projected : bool
        Whether contributions are cut to [0, capacity].
    """

    gamma: float
    eta: float
    price: float = 0.0
    projected: bool = True


def follow(
    game: SharingGame,
    s: Floats,
    w: Floats | None,
    motion: Motion,
    steps: int,
    monitor: Monitor,
) -> JointPath:
    """Return the path from contributions s and a model w, until rest or for so many rounds.

    Raises
    ------
    StopRequested
        At a time limit.

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> game = sharing_game(parse({
    ...     "kind": "sharing",
    ...     "agents": [{"name": "A", "cost": 0.04, "capacity": 5},
    ...                {"name": "B", "cost": 0.02, "capacity": 5}],
    ...     "accuracy": {"family": "quadratic-fit", "target": [1, 2]},
    ... }))
    >>> start = np.array([5.0, 5.0]), np.array([0.5, 1.5])
    >>> path = follow(game, *start, Motion(0.25, 0.25), 10_000, Monitor())
    >>> path.ending.value, path.contributions.tolist(), path.parameters.tolist()
    ('singular', [0.0, 0.0], [1.0, 2.0])
    """
    return iterate(_Rounds(game, s, w, motion, steps), monitor)


@dataclass(frozen=True)
class _Round:
    """Contributions and model after so many rounds, and those of the next round.

    There are no next ones where the gradient in the model does not exist.
    """

    s: Floats
    w: Floats | None
    number: int
    left_at: int | None
    following: tuple[Floats, Floats | None] | None
    resting: bool


class _Rounds(Method[_Round, JointPath]):
    label = "rounds"

    def __init__(
        self, game: SharingGame, s: Floats, w: Floats | None, motion: Motion, steps: int
    ) -> None:
        self.game, self.start, self.motion, self.limit = game, (s, w), motion, steps
        self.blur = 0.0 if w is None else model_allowance(game, w)
        self.records = PathRecords(steps, RECORDS)

    def init(self) -> _Round:
        return self._at(*self.start, 0, None)

    def step(self, state: _Round) -> _Round:
        assert state.following is not None
        return self._at(*state.following, state.number + 1, state.left_at)

    def terminate(self, state: _Round) -> Ending | None:
        if state.following is None:
            return Ending.SINGULAR
        s, w = state.following
        if not (np.all(np.isfinite(s)) and (w is None or np.all(np.isfinite(w)))):
            return Ending.DIVERGED
        return Ending.RESTED if state.resting else None

    def finish(self, run: Run[_Round]) -> JointPath:
        last = run.state
        rows = self.records.columns()
        return JointPath(last.s, last.w, run.steps, run.ending, last.left_at, *rows)

    def _at(self, s: Floats, w: Floats | None, number: int, left_at: int | None) -> _Round:
        game, motion = self.game, self.motion
        self.records.note(number, s, np.empty(0) if w is None else w)
        if number and left_at is None and np.any((s < 0) | (s > game.capacity)):
            left_at = number
        if is_singular(game, s) and motion.eta > 0:
            return _Round(s, w, number, left_at, None, False)
        with np.errstate(over="ignore", invalid="ignore"):
            slope, model_slope, resting = _slopes(game, s, w, motion, self.blur)
            moved = s + motion.gamma * slope
            if motion.projected:
                moved = np.clip(moved, 0.0, game.capacity)
            model = None if w is None else w + motion.eta * model_slope
        return _Round(s, w, number, left_at, (moved, model), resting)


def model_allowance(game: SharingGame, start: Floats) -> float:
    """Return the distance between models that counts as none, in units of their parameters.

    Parameters
    ----------
    start : (m,)
        The first model of a path; beside the targets it says how large models are.
    """
    assert game.learning is not None
    sizes = np.abs(start).max(), np.abs(game.learning.targets).max()
    return DEFAULT.solve * float(max(sizes))


def _slopes(
    game: SharingGame, s: Floats, w: Floats | None, motion: Motion, blur: float
) -> tuple[Floats, Floats, bool]:
    """Return g, with the paper's mu on the bounds, the mean gradient in w, and whether both rest.

    A slope rests where it is small beside the benefits and costs that cancel in it, the model where
    it is close to the one that its gradient points to.
    """
    slope, resting = np.zeros_like(s), True
    if motion.gamma > 0:
        stakes = AccuracyStakes(located(game, w), game.costs.transformed(1.0, -motion.price))
        benefit, borne = stakes.benefit_slopes(s), stakes.borne.slope(s)
        slope = benefit - borne
        blocked = ((s == 0) & (slope < 0)) | ((s == game.capacity) & (slope > 0))
        slope = np.where(blocked, 0.0, slope)
        resting = bool(np.all(np.abs(slope) <= DEFAULT.solve * (np.abs(benefit) + np.abs(borne))))
    if w is None or motion.eta == 0:
        return slope, np.zeros(0 if w is None else len(w)), resting
    assert game.learning is not None
    away = np.abs(w - game.learning.optimum)
    resting = resting and bool(np.all(away <= blur))
    y = float(s.sum()) + game.platform_data
    return slope, game.learning.mean_gradient(w, y), resting
