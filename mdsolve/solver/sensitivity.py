"""How an equilibrium moves with a parameter: the implicit function theorem, bounds included.

With F_i(s, theta) = du_i / ds_i, free agents f (strictly between 0 and capacity) have F_f = 0 and

    ds_f = -(F_ss)_ff^-1 (F_theta)_f dtheta,

while agents held at a bound stay there. That holds up to the nearest kink: where an agent at a
bound stops being held (F_i reaches 0), or a free one reaches a bound, or a kink of cost or curve.
F_ss is exact; F_theta and the derivatives of payments and utilities along the path are central
differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.equilibrium.stakes import Stakes
from mdsolve.tolerance import EQUILIBRIUM_SLACK, INDISTINCT, ROUND_OFF

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

STEP = float(np.cbrt(np.finfo(np.float64).eps))
"""Relative step of central differences, with which rounding and curvature err alike."""


@dataclass(frozen=True)
class Played:
    """A rule applied to a game: own slopes, and money at given contributions.

    Parameters
    ----------
    stakes : callable
        From a game to what its agents gain and bear.
    payments : callable
        From a game and contributions (n,) to money received (n,).
    """

    stakes: Callable[[SharingGame], Stakes]
    payments: Callable[[SharingGame, Floats], Floats]


@dataclass(frozen=True)
class Move:
    """What a unit more of one parameter does.

    Parameters
    ----------
    contributions, payments, utilities : (n,)
        Derivatives: samples or money per unit of the parameter.
    below, above : float
        How far the parameter may fall or rise before a kink, infinite where there is none.
    kink_below, kink_above : str
        What happens there.
    """

    contributions: Floats
    payments: Floats
    utilities: Floats
    below: float
    above: float
    kink_below: str
    kink_above: str


class Equilibrium:
    """An equilibrium whose neighbours are asked for.

    Parameters
    ----------
    game : SharingGame
    rule : Played
    s : (n,)
        Its contributions.

    Raises
    ------
    UnsupportedError
        Where somebody rests at a kink, or the equilibrium is not isolated.
    """

    def __init__(self, game: SharingGame, rule: Played, s: Floats) -> None:
        self.game, self.rule, self.s = game, rule, s
        stakes = rule.stakes(game)
        self.marginal = stakes.marginal(s)
        magnitude = stakes.magnitude(s)
        sizes = np.where(np.isfinite(game.capacity), game.capacity, float(s.max(initial=0.0)))
        near = EQUILIBRIUM_SLACK * sizes
        self.low: Booleans = np.asarray(s <= near)
        self.high: Booleans = np.asarray(s >= game.capacity - near)
        self.free: Booleans = np.asarray(~self.low & ~self.high)
        jacobian = stakes.jacobian(s)
        self.jacobian: Floats = np.asarray(jacobian)
        self._refuse_kinks(magnitude)
        block = self.jacobian[np.ix_(self.free, self.free)]
        scaled = np.linalg.svd(block / max(np.abs(block).max(initial=0.0), np.finfo(float).tiny))[1]
        if scaled.size and scaled[-1] <= INDISTINCT * scaled[0]:
            got = "an equilibrium that is not isolated: others are as near as one likes"
            raise UnsupportedError.single("solution", got, "a strict equilibrium")

    def _refuse_kinks(self, magnitude: Floats) -> None:
        """Raise where a free agent's slope is not zero at the precision of an equilibrium."""
        curvature = np.abs(np.diag(self.jacobian)) * self.s
        allowed = EQUILIBRIUM_SLACK * np.maximum(magnitude, curvature)
        held = self.free & (np.abs(self.marginal) > allowed)
        if held.any():
            name = self.game.agents[int(np.argmax(held))]
            got = f"{name} at a kink of cost or accuracy, or not at rest"
            raise UnsupportedError.single("solution", got, "an equilibrium between kinks")

    def capacity_move(self, agent: int) -> Floats:
        """Return ds of a sample more of capacity for an agent who is held by it, shape (n,)."""
        moved = np.zeros(self.game.size)
        if self.high[agent]:
            moved[agent] = 1.0
            moved[self.free] = self._solve(self.jacobian[self.free, agent])
        return moved

    def _solve(self, forces: Floats) -> Floats:
        """Return -(F_ss)_ff^-1 forces, shape (free,)."""
        block = self.jacobian[np.ix_(self.free, self.free)]
        return -np.asarray(np.linalg.solve(block, forces)) if self.free.any() else np.zeros(0)

    def move(self, at: Callable[[float], SharingGame], scale: float) -> Move:
        """Return what a unit more of a parameter does.

        Parameters
        ----------
        at : callable
            The game with so much more of the parameter.
        scale : float
            Size of the parameter, positive.
        """
        h = STEP * scale
        forces = [self.rule.stakes(at(x)).marginal(self.s) for x in (-h, h)]
        by_parameter = (forces[1] - forces[0]) / (2 * h)
        ds = np.zeros(self.game.size)
        ds[self.free] = self._solve(by_parameter[self.free])
        return self._followed(at, h, ds, by_parameter + self.jacobian @ ds)

    def capacity(self, agent: int, at: Callable[[float], SharingGame], scale: float) -> Move:
        """Return what a sample more of an agent's capacity does."""
        ds = self.capacity_move(agent)
        found = self._followed(at, STEP * scale, ds, self.jacobian @ ds, moving=agent)
        if self.high[agent]:
            return found
        room = float(self.game.capacity[agent] - self.s[agent])
        name = self.game.agents[agent]
        return replace(
            found, below=room, above=np.inf, kink_below=f"capacity holds {name} back", kink_above=""
        )

    def _followed(
        self,
        at: Callable[[float], SharingGame],
        h: float,
        ds: Floats,
        force: Floats,
        moving: int | None = None,
    ) -> Move:
        """Return derivatives along the path (theta + x, s + x ds), and where it ends."""
        ends = []
        for x in (-h, h):
            game, s = at(x), self.s + x * ds
            paid = self.rule.payments(game, s)
            ends.append((paid, game.utilities(s, paid)))
        dp, du = ((after - before) / (2 * h) for before, after in zip(*ends, strict=True))
        kinks = list(self._kinks(ds, force, moving))
        below = min((x for x in kinks if x[0] < 0), key=lambda x: -x[0], default=(-np.inf, ""))
        above = min((x for x in kinks if x[0] > 0), key=lambda x: x[0], default=(np.inf, ""))
        return Move(ds, dp, du, -below[0], above[0], below[1], above[1])

    def _kinks(self, ds: Floats, force: Floats, moving: int | None) -> Iterator[tuple[float, str]]:
        """Yield changes of the parameter at which the path bends, and what happens there."""
        game, names = self.game, self.game.agents
        small = ROUND_OFF * float(np.abs(force).max(initial=0.0))
        for k in np.flatnonzero(~self.free).tolist():
            if abs(force[k]) > small and self.marginal[k] != 0:
                words = "begins to contribute" if self.low[k] else "leaves the capacity"
                yield float(-self.marginal[k] / force[k]), f"{names[k]} {words}"
        still = ROUND_OFF * float(np.abs(ds).max(initial=0.0))
        for k in np.flatnonzero(np.abs(ds) > still).tolist():
            yield float(-self.s[k] / ds[k]), f"{names[k]} stops contributing"
            if k != moving and np.isfinite(game.capacity[k]):
                yield float((game.capacity[k] - self.s[k]) / ds[k]), f"{names[k]} brings all data"
            for kink in game.costs.kinks(k):
                yield float((kink - self.s[k]) / ds[k]), f"the marginal cost of {names[k]} jumps"
        yield from self._curve_kinks(ds)

    def _curve_kinks(self, ds: Floats) -> Iterator[tuple[float, str]]:
        accuracy = self.game.accuracy
        if not isinstance(accuracy, WeightedAccuracy) or accuracy.smooth:
            return
        index, moved = accuracy.index(self.s), accuracy.weights.apply(ds)
        for k in np.flatnonzero(moved).tolist():
            for kink in accuracy.curve.of(k).kinks:
                change = float((float(kink) - index[k]) / moved[k])
                yield change, f"the accuracy of {self.game.agents[k]} has a kink"


def elasticity(derivative: Floats, parameter: float, value: Floats) -> list[float | None]:
    """Return percent more of a value for a percent more of a parameter; None where it is 0.

    Examples
    --------
    >>> elasticity(np.array([-2.0, 1.0]), 0.5, np.array([4.0, 0.0]))
    [-0.25, None]
    """
    pairs = zip(derivative.tolist(), value.tolist(), strict=True)
    return [None if size == 0 else change * parameter / size for change, size in pairs]


def plain_rule(rule: Any, options: Mapping[str, Any]) -> Played:
    """Return a mechanism with its options as what is asked of it here."""
    return Played(
        lambda game: rule.stakes(game, options), lambda game, s: rule.payments(game, s, options)
    )
