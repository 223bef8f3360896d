"""Simulated dynamics: the path is followed anew, step by step.

A path s <- clip(s + step du/ds, 0, cap) is followed where its iterates stand one step apart:
whoever moved has to have moved by the step times their own slope. Totals, distances and the last
iterate follow from the path; that the goal is an equilibrium is proved. Slopes are those of floats,
in which the path was computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import FLOAT, Quantity
from mdsolve.certificate.registry import registered
from mdsolve.certificate.shares.stakes import ShareStakes
from mdsolve.certificate.sharing_claim import SharingClaim
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute, Said
from mdsolve.certificate.stated.words import one_of, positive, text, unwhole, whole
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

FOLLOWED = 64
"""Iterates at which slopes on shares are computed where there are many; evenly spaced."""

FEW = 3000
"""Most entries of a path of which every iterate is looked at, whatever slopes cost."""


def dynamics(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the figures of simulated dynamics, by path."""
    if context.claim.at("dynamics") is None:
        return {}
    path = Path(context)
    n = context.size
    scale = context.scales.samples
    return {
        "dynamics.step_size": positive,
        "dynamics.step_rule": lambda: one_of("auto", "given"),
        "dynamics.step_limit": lambda: whole(1),
        "dynamics.steps": lambda: Said(path.steps_problem),
        "dynamics.agents_per_step": lambda: whole(1, n),
        "dynamics.gradient_target": positive,
        "dynamics.cycle_length": lambda: Said(path.cycle_problem),
        "dynamics.unproved": lambda: Said(text),
        "dynamics.rested": lambda: Said.exactly(path.rested),
        "dynamics.start": lambda: path.start,
        "dynamics.cap": lambda: Judged((), path.below),
        "dynamics.trajectory.steps": lambda: Said(path.numbers_problem),
        "dynamics.trajectory.contributions": lambda: Judged(path.shape, path.moves),
        "dynamics.trajectory.total_data": lambda: Figure.exactly(
            context.arithmetic.stored(path.iterates.sum(axis=1)), scale.sum()
        ),
        "dynamics.trajectory.gradient_norm": lambda: path.norms,
        "dynamics.gradient_norm": lambda: path.last_norm,
        "dynamics.equilibrium": lambda: Judged((n,), lambda s: _equilibrium(context, s)),
        "dynamics.distance": lambda: path.distance,
        "dynamics.rest_point": lambda: Judged((n,), path.rest),
        "dynamics.trajectory.distance": lambda: path.distances,
    }


@dataclass(frozen=True)
class Path:
    """The iterates that a solution of simulated dynamics shows."""

    context: SharingContext

    def number(self, key: str) -> float:
        """Return one number of the record; raises `NoRouteError` if it is none."""
        found = self.context.claim.stored(f"dynamics.{key}", ())
        if isinstance(found, str):
            raise NoRouteError(found)
        return float(found)

    @cached_property
    def steps(self) -> npt.NDArray[np.int64]:
        """After how many steps each iterate was kept, shape (k,)."""
        stated = self.context.claim.at("dynamics.trajectory.steps")
        if isinstance(stated, np.ndarray):
            stated = stated.tolist()
        if not isinstance(stated, list | tuple) or not stated or any(map(unwhole, stated)):
            message = "the solution does not say after how many steps iterates were kept"
            raise NoRouteError(message)
        return np.array([int(step) for step in stated], dtype=np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the kept iterates."""
        return len(self.steps), self.context.size

    @cached_property
    def iterates(self) -> Floats:
        """Kept contributions, shape (k, n)."""
        found = self.context.claim.stored("dynamics.trajectory.contributions", self.shape)
        if isinstance(found, str):
            raise NoRouteError(found)
        return found

    @cached_property
    def top(self) -> Floats:
        """Most that each agent contributes in the simulation, shape (n,)."""
        cap = self.context.claim.at("dynamics.cap")
        ends = self.context.reading.ends
        return ends if cap is None else np.minimum(ends, self.number("cap"))

    @cached_property
    def _first(self) -> SharingContext:
        return _moved(self.context, self.iterates[0], plain=True)

    @property
    def shared(self) -> bool:
        """Whether shares are what agents earn."""
        return self._first.terms.shares is not None

    @property
    def plain(self) -> bool:
        """Whether agents earn their accuracy, or all of their Shapley share without weights."""
        terms = self._first.terms
        shares = terms.shares
        if shares is None:
            return True
        return shares.index == "shapley" and shares.arrivals is None and terms.part is None

    @property
    def borne(self) -> float:
        """Part of the own cost that agents bear."""
        return float(np.asarray(self._first.terms.borne))

    @property
    def rested(self) -> bool:
        """Whether slopes are as small as what counts as rest."""
        return self.number("gradient_norm") <= self.number("gradient_target")

    @property
    def start(self) -> Figure:
        """The first iterate: one number where all are equal."""
        first = self.iterates[0]
        stated = self.context.claim.at("dynamics.start")
        single = not isinstance(stated, list | tuple | np.ndarray)
        if single and np.ptp(first) > 0:
            message = "agents do not start alike"
            raise NoRouteError(message)
        value = self.context.arithmetic.stored(first[0] if single else first)
        scale = self.context.scales.samples
        return Figure.exactly(value, scale.max() if single else scale)

    def steps_problem(self, stated: Any) -> str:
        """Return what is wrong with the number of steps taken."""
        most = self.number("step_limit")
        fits = not unwhole(stated) and int(stated) == int(self.steps[-1]) <= most
        return "" if fits else f"the last iterate is that of step {int(self.steps[-1])}"

    def cycle_problem(self, stated: Any) -> str:
        """Return what is wrong with the length of a loop: the last iterate was there before."""
        last = int(self.steps[-1])
        if unwhole(stated) or not 1 <= int(stated) <= last:
            return f"at most the {last} steps taken"
        before = np.flatnonzero(self.steps == last - int(stated))
        away = np.abs(self.iterates[before] - self.iterates[-1])
        allowed = self.context.tolerance * self.context.scales.samples
        return "" if np.all(away <= allowed) else "the agents were elsewhere then"

    def numbers_problem(self, stated: Any) -> str:
        """Return what is wrong with the numbers of the kept iterates."""
        del stated
        rising = bool(np.all(np.diff(self.steps) > 0))
        return "" if self.steps[0] == 0 and rising else "they rise from 0"

    def below(self, cap: Floats) -> tuple[Quantity, float]:
        """Return how far iterates are above a cap, in samples."""
        over = self.context.arithmetic.stored(self.iterates.max(axis=0) - float(cap))
        return over, float(self.context.scales.samples.max(initial=0.0))

    def slopes(self, row: int) -> Floats:
        """Return everybody's own slope at a kept iterate, in floats, shape (n,)."""
        here = _moved(self.context, self.iterates[row], plain=True)
        reading, terms = here.reading, here.terms
        s = np.asarray(here.s)
        if terms.shares is not None:
            stakes = ShareStakes(reading, terms.shares, terms.borne, terms.price, terms.part)
            return np.asarray(stakes.slope(terms.shares.everybody, s, "right"), dtype=np.float64)
        (branch,) = _single(reading.accuracy.branches(s))
        gained = reading.value * branch.slope(s, "right")
        costs = np.asarray(terms.borne) * np.asarray(reading.costs.slope(s, "right"))
        return np.asarray(gained - costs + terms.price, dtype=np.float64)

    @cached_property
    def followed(self) -> dict[int, Floats]:
        """Own slopes at the iterates that are looked at, by row."""
        rows = len(self.steps)
        chosen = np.arange(rows)
        if self.shared and self.iterates.size > FEW:
            chosen = np.unique(np.linspace(0, rows - 1, min(rows, FOLLOWED)).round().astype(int))
        found = {}
        for row in chosen.tolist():
            self.context.monitor.check_time()
            found[row] = self.slopes(row)
        return found

    def moves(self, iterates: Floats) -> tuple[Quantity, Floats]:
        """Return how far steps and bounds are missed, in samples."""
        context, scale = self.context, self.context.scales.samples
        outside = np.maximum(-iterates, iterates - self.top).max(axis=0)
        last = np.abs(iterates[-1] - context.given)
        rows = [outside, last, *self._misses(iterates)]
        return context.arithmetic.stored(np.concatenate(rows)), np.tile(scale, len(rows))

    def _misses(self, iterates: Floats) -> list[Floats]:
        """Return by how much each step that can be followed is missed, (n,) each."""
        step, n = self.number("step_size"), self.context.size
        movers = int(self.number("agents_per_step"))
        found = []
        for row, slope in self.followed.items():
            if row + 1 >= len(self.steps) or self.steps[row + 1] != self.steps[row] + 1:
                continue
            wished = np.clip(iterates[row] + step * slope, 0.0, self.top)
            missed = np.abs(iterates[row + 1] - wished)
            if movers < n:
                stayed = np.abs(iterates[row + 1] - iterates[row])
                missed = np.minimum(missed, stayed)
                moved = int(np.count_nonzero(stayed > 0))
                missed = missed if moved <= movers else stayed
            # A step that is far too large for a slope loses what doubles cannot hold of it.
            found.append(np.maximum(missed - ROUND_OFF * np.abs(step * slope), 0.0))
        return found

    def norm(self, row: int) -> float:
        """Return the norm of the slopes, cut to what bounds let agents do in one step."""
        step, s = self.number("step_size"), self.iterates[row]
        cut = np.clip(self.followed[row], -s / step, (self.top - s) / step)
        return float(np.linalg.norm(cut))

    @property
    def slope_scale(self) -> float:
        """Money per sample at stake: what slopes are relative to."""
        samples, money = self.context.scales.samples, self.context.scales.money
        usable = samples > 0
        return float(np.linalg.norm(money[usable] / samples[usable]))

    @property
    def norms(self) -> Figure:
        """Norms of slopes at the kept iterates; as reported where slopes are not computed."""
        stated = self.context.claim.stored("dynamics.trajectory.gradient_norm", self.shape[:1])
        if isinstance(stated, str):
            raise NoRouteError(stated)
        # A step is the cut slopes times its size: all of them where everybody moves.
        one_apart = np.append(np.diff(self.steps) == 1, False)
        lengths = np.append(np.linalg.norm(np.diff(self.iterates, axis=0), axis=1), 0.0)
        least = np.where(one_apart, lengths / self.number("step_size"), 0.0)
        everybody = int(self.number("agents_per_step")) >= self.context.size
        right = np.where(one_apart & everybody, least, np.maximum(stated, least))
        for row in self.followed:
            right[row] = self.norm(row)
        arithmetic = self.context.arithmetic
        return Figure.exactly(arithmetic.stored(right), self.slope_scale, ROUND_OFF * np.abs(right))

    @property
    def last_norm(self) -> Figure:
        """Norm of the slopes at the last iterate."""
        right = self.norm(len(self.steps) - 1)
        return Figure.exactly(
            self.context.arithmetic.stored(np.array(right)), self.slope_scale, ROUND_OFF * right
        )

    def _column(self, key: str) -> Floats:
        found = self.context.claim.stored(f"dynamics.{key}", (self.context.size,))
        if isinstance(found, str):
            raise NoRouteError(found)
        return found

    @property
    def distance(self) -> Figure:
        """How far the last iterate is from the equilibrium."""
        away = np.linalg.norm(self.context.given - self._column("equilibrium"))
        return self._away(np.asarray(away))

    @property
    def distances(self) -> Figure:
        """How far each iterate is from the point of rest."""
        return self._away(np.linalg.norm(self.iterates - self._column("rest_point"), axis=1))

    def _away(self, lengths: Floats) -> Figure:
        scale = float(np.linalg.norm(self.context.scales.samples))
        return Figure.exactly(self.context.arithmetic.stored(lengths), scale)

    def rest(self, point: Floats) -> tuple[Quantity, Floats]:
        """Return how far slopes at a point of rest lead away from it, in one step, in samples."""
        inner = replace(self.context.claim, data={})
        here = Path(replace(self.context, claim=inner))
        here.__dict__["iterates"] = point[None]
        step = self.number("step_size")
        slope = here.slopes(0)
        away = np.clip(point + step * slope, 0.0, self.top) - point
        noise = ROUND_OFF * np.abs(step * slope)
        rows = np.maximum(np.abs(away) - noise, 0.0)
        bound = np.maximum(-point, point - self.top)
        scale = self.context.scales.samples
        return self.context.arithmetic.stored(np.concatenate([rows, bound])), np.tile(scale, 2)


def _moved(context: SharingContext, profile: Floats, *, plain: bool = False) -> SharingContext:
    """Return the same mechanism at another profile, in floats where slopes need no proof."""
    claim = SharingClaim(mechanism=context.claim.mechanism, contributions=profile)
    if not plain:
        return replace(context, claim=claim, ask=None)
    return replace(
        context, arithmetic=FLOAT, reading=context.reading.rounded, claim=claim, ask=None
    )


def _single(branches: list[Any]) -> list[Any]:
    if len(branches) != 1:
        message = "slopes of accuracies that are not smooth"
        raise NoRouteError(message)
    return branches


def _equilibrium(context: SharingContext, profile: Floats) -> tuple[Quantity, Floats]:
    """Return one row: 0 where a profile is an equilibrium under the mechanism, else 1."""
    entry = registered("sharing", "nash", None if context.rule is None else context.rule.name)
    assert entry is not None
    found = entry.decide(_moved(context, profile))
    if found.verdict == "not-checked":
        message = f"that the dynamics have this equilibrium is open: {found.detail}"
        raise NoRouteError(message)
    return context.arithmetic.stored(np.array([float(found.verdict == "fail")])), np.zeros(1)
