"""A protocol that moves contributions and a model in rounds ([D25]): followed anew, in floats.

    s <- s + gamma g(w, s),   w <- w + eta (gradient in w of the mean accuracy),

g the own marginal utilities, 0 where they lead out at a bound; contributions are cut to [0,
capacity] unless the options say otherwise. The path starts where the options say and takes the step
sizes stated; every state that was kept has to lie on it, and it has to end as it is said to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.checks.stationarity import parameter_scales
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.accuracies.quadratic_fit import JointAccuracy, joint_accuracy
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Judged, Recompute, Said
from mdsolve.certificate.stated.learned import own_slopes
from mdsolve.certificate.stated.words import unwhole

Floats = npt.NDArray[np.float64]

ROUNDS = 100_000
"""Most rounds unless the options say otherwise."""

WORK_LIMIT = 20_000_000
"""Most rounds times agents that are followed."""


@dataclass(frozen=True)
class Phase:
    """One run of rounds that a solution shows.

    Parameters
    ----------
    context : SharingContext
    key : str
        Prefix of its paths, such as ``phase_one.``; empty where there is one phase.
    gamma, eta : float
        Step sizes.
    price : float
        Money per own sample.
    start, model : (n,), (m,) or None
        Where it begins.
    """

    context: SharingContext
    key: str
    gamma: float
    eta: float
    price: float
    start: Floats
    model: Floats | None

    def sources(self) -> Mapping[str, Recompute]:
        """Return the figures of this phase, by path."""
        course = f"{self.key}course"
        found: dict[str, Recompute] = {
            f"{self.key}rounds": lambda: Said(self._rounds_problem),
            f"{course}.rounds": lambda: Said(self._kept_problem),
            f"{course}.contributions": lambda: Judged(self._shape, self._away),
            f"{course}.ending": lambda: Said(self._ending_problem),
            f"{course}.left_box_at": lambda: Said(self._left_problem),
        }
        if self.model is not None:
            found[f"{course}.parameters"] = lambda: self._models
        return found

    @property
    def limit(self) -> float:
        """Most rounds that the options allow."""
        asked = self.context.options.get("steps")
        return ROUNDS if asked is None else float(asked)

    @cached_property
    def rounds(self) -> int:
        """Rounds that are said to have been taken."""
        stated = self.context.claim.at(f"{self.key}rounds")
        if unwhole(stated) or stated < 0:
            raise NoRouteError("the solution does not say how many rounds were taken")
        return int(stated)

    @cached_property
    def kept(self) -> npt.NDArray[np.int64]:
        """After how many rounds each state was kept, shape (k,)."""
        stated = self.context.claim.at(f"{self.key}course.rounds")
        if isinstance(stated, np.ndarray):
            stated = stated.tolist()
        if not isinstance(stated, list | tuple) or not stated or any(map(unwhole, stated)):
            raise NoRouteError("the solution does not say after how many rounds states were kept")
        return np.array([int(step) for step in stated], dtype=np.int64)

    @cached_property
    def parameters(self) -> Floats:
        """What tolerances of the model's parameters are relative to, shape (m,)."""
        joint = joint_accuracy(self.context.reading)
        assert joint is not None
        return parameter_scales(self.context, joint)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.kept), self.context.size

    @cached_property
    def path(self) -> Path:
        """The path, followed for the rounds stated and one more slope."""
        context = self.context
        if self.rounds * max(1, context.size) > WORK_LIMIT:
            message = f"{self.rounds:,} rounds of {context.size:,} agents are too many to follow"
            raise NoRouteError(message)
        return follow(self, set(self.kept.tolist()) | {0, self.rounds})

    def _rounds_problem(self, stated: Any) -> str:
        if stated > self.limit:
            return "more than the options allow"
        return "" if self.path.rounds == stated else f"the path ends after {self.path.rounds}"

    def _kept_problem(self, stated: Any) -> str:
        del stated
        rising = bool(np.all(np.diff(self.kept) > 0))
        whole = self.kept[0] == 0 and self.kept[-1] == self.rounds
        return "" if rising and whole else f"they rise from 0 to {self.rounds}"

    def _ending_problem(self, stated: Any) -> str:
        right = self.path.ending
        words = " or ".join(sorted(right)) or "at no end"
        return "" if stated in right else f"the path is {words} then"

    def _left_problem(self, stated: Any) -> str:
        right = self.path.left_at
        return "" if stated == right else f"contributions first leave [0, capacity] at {right}"

    def _away(self, states: Floats) -> tuple[Quantity, Floats]:
        """Return how far states are from the path, in samples."""
        right = np.array([self.path.states[k] for k in self.kept.tolist()])
        scale = np.maximum(self.context.scales.samples, np.abs(right).max(axis=0))
        off = np.abs(states - right).max(axis=0)
        return self.context.arithmetic.stored(off), scale

    @property
    def _models(self) -> Judged:
        right = np.array([self.path.models[k] for k in self.kept.tolist()])
        scale = np.maximum(self.parameters, np.abs(right).max(axis=0))

        def away(models: Floats) -> tuple[Quantity, Floats]:
            return self.context.arithmetic.stored(np.abs(models - right).max(axis=0)), scale

        return Judged(right.shape, away)


@dataclass(frozen=True)
class Path:
    """States by round, and how the path ended.

    Parameters
    ----------
    rounds : int
    ending : frozenset of str
        What it may be called: at rest and out of rounds can be the same.
    left_at : int or None
        First round after which a contribution lay outside [0, capacity].
    states, models : mapping of int to array
    """

    rounds: int
    ending: frozenset[str]
    left_at: int | None
    states: Mapping[int, Floats]
    models: Mapping[int, Floats]


def follow(phase: Phase, wanted: set[int]) -> Path:
    """Return the path of a phase at the rounds wanted."""
    game = phase.context.reading.rounded
    joint = joint_accuracy(game)
    ends = game.ends
    projected = phase.context.options.get("projection", "box") != "none"
    s, w = phase.start, phase.model
    states, models = {0: s}, {0: np.empty(0) if w is None else w}
    left_at = None
    done = 0
    for step in range(1, phase.rounds + 1):
        phase.context.monitor.check_time()
        if joint is not None and not float(s.sum()) + float(joint.platform) >= 0:
            raise NoRouteError("with less than no data an accuracy is not defined")
        move, pull, _ = _slopes(game, joint, phase, s, w)
        with np.errstate(over="ignore", invalid="ignore"):
            s = s + phase.gamma * move
            s = np.clip(s, 0.0, ends) if projected else s
            w = None if w is None else w + phase.eta * pull
        if not np.all(np.isfinite(s)):
            break
        done = step
        if left_at is None and np.any((s < 0) | (s > ends)):
            left_at = step
        if step in wanted:
            states[step], models[step] = s, np.empty(0) if w is None else w
    return Path(done, _ending(game, joint, phase, s, w), left_at, states, models)


def _slopes(
    game: SharingReading,
    joint: JointAccuracy | None,
    phase: Phase,
    s: Floats,
    w: Floats | None,
) -> tuple[Floats, Floats, bool]:
    """Return both blocks' slopes, and whether they are as small as rounding."""
    tolerance = phase.context.tolerance
    move, resting = np.zeros_like(s), True
    if phase.gamma > 0:
        with np.errstate(all="ignore"):
            if joint is not None and w is not None:
                benefit = np.asarray(game.value * joint.own_slopes_at(w, s))
            else:
                benefit = np.asarray(_slopes_anywhere(game, s))
            cost = np.asarray(game.costs.slope(s, "right"))
            move = benefit - cost + phase.price
        blocked = ((s == 0) & (move < 0)) | ((s == game.ends) & (move > 0))
        move = np.where(blocked, 0.0, move)
        size = np.abs(benefit) + np.abs(cost) + phase.price
        resting = bool(np.all(np.abs(move) <= tolerance * size))
    if joint is None or w is None or phase.eta == 0:
        return move, np.zeros(0 if w is None else len(w)), resting
    y = float(s.sum()) + float(joint.platform)
    away = w - joint.best_doubles
    near = np.abs(away) <= tolerance * phase.parameters
    with np.errstate(all="ignore"):
        pull = -2 * np.asarray(joint.curvature) * away / y
    return move, pull, resting and bool(np.all(near))


def _slopes_anywhere(reading: SharingReading, s: Floats) -> Floats:
    """Return own slopes of accuracies of amounts of data, at contributions below 0 as well."""
    accuracy = reading.accuracy.of_amounts
    if accuracy is None or not accuracy.concave:
        return np.asarray(own_slopes(reading, s))
    seen = accuracy.index(s)
    slopes = accuracy.by_curve(seen, lambda curve, y: curve.pieces[0].slope(y, "right"))
    return np.asarray(reading.value * accuracy.weights.own * slopes)


def _ending(
    game: SharingReading, joint: JointAccuracy | None, phase: Phase, s: Floats, w: Floats | None
) -> frozenset[str]:
    """Return what the state after the last round may be called, nothing if it is not an end."""
    if joint is not None and phase.eta > 0 and float(s.sum()) + float(joint.platform) == 0:
        return frozenset({"singular"})
    move, pull, resting = _slopes(game, joint, phase, s, w)
    with np.errstate(over="ignore", invalid="ignore"):
        ahead = s + phase.gamma * move
        model = np.zeros(0) if w is None else w + phase.eta * pull
    if not (np.all(np.isfinite(ahead)) and np.all(np.isfinite(model))):
        return frozenset({"diverged"})
    names = {"rested"} if resting else set()
    return frozenset(names | ({"limit"} if phase.rounds >= phase.limit else set()))


def first_contributions(context: SharingContext) -> Floats:
    """Return where the options let contributions begin, shape (n,)."""
    asked, ends = context.options.get("start"), context.reading.ends
    shares = {None: 0.5, "half": 0.5, "capacity": 1.0, "zero": 0.0}
    if asked is None or isinstance(asked, str):
        share = shares.get(asked)
        if share is None or (share > 0 and not np.all(np.isfinite(ends))):
            raise NoRouteError("the options name no first contributions")
        return ends * share if share > 0 else np.zeros(context.size)
    return _numbers(asked, context.size, "start")


def first_model(context: SharingContext) -> Floats | None:
    """Return where the options let the model begin, shape (m,); None where none is learned."""
    joint = joint_accuracy(context.reading)
    if joint is None:
        return None
    size, asked = len(joint.best_doubles), context.options.get("model_start")
    if asked in (None, "zero"):
        return np.zeros(size)
    return _numbers(asked, size, "model_start")


def _numbers(asked: Any, size: int, name: str) -> Floats:
    try:
        found = np.array([float(x) for x in asked])
    except (TypeError, ValueError):
        message = f"{name} is not a list of numbers"
        raise NoRouteError(message) from None
    if found.shape not in ((1,), (size,)):
        message = f"{name} has {found.size} numbers, not {size}"
        raise NoRouteError(message)
    return np.broadcast_to(found, (size,)).copy()
