"""When wanted contributions can be agreed on: one inequality decides it.

With payments that sum to zero and never ask agent i for more than L_i, contributions s can be made
an equilibrium in which everybody has at least out_i and r times their Shapley share iff

    sum_i max{ c_i(s_i) + D_i - L_i,  c_i(s_i) + out_i,  r phi_i(s) + value_i a_i(0) } <= A(s),

D_i the largest value_i a_i(z, s_-i) - c_i(z): what a free deviation yields. The largest entry is
the least that y_i = value_i a_i(s) + x_i, benefit and lump sum together, may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.routes import shapley
from mdsolve.solver.best_response import best_responses
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.target.requirements import Requirements
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


ENTRIES = ("deviation", "alone", "share")
"""What the entries of the inequality stand for."""


@dataclass(frozen=True)
class Deviations:
    """Free deviations: best own contributions, the others as they are, no payments.

    Parameters
    ----------
    own : (n,)
        Samples.
    utilities : (n,)
        D_i, in money.
    """

    own: Floats
    utilities: Floats


def free_deviations(game: SharingGame, s: Floats) -> Deviations:
    """Return what everybody would do, and have, without any payments.

    Raises
    ------
    UnsupportedError
        If somebody would contribute without end.
    """
    own = best_responses(AccuracyStakes(game, game.costs), s)
    benefits = game.value * game.accuracy.unilateral_values(s, own)
    return Deviations(own, benefits - game.costs.value(own))


@dataclass(frozen=True)
class Inequality:
    """The inequality at one profile of contributions.

    Parameters
    ----------
    game : SharingGame
    requirements : Requirements
    alone : (n,)
        out_i without the margin, in money.
    s : (n,)
        Wanted contributions.
    """

    game: SharingGame
    requirements: Requirements
    alone: Floats
    s: Floats

    @cached_property
    def costs(self) -> Floats:
        """c_i(s_i), shape (n,)."""
        return self.game.costs.value(self.s)

    @cached_property
    def benefits(self) -> Floats:
        """value_i a_i(s), shape (n,)."""
        return self.game.benefits(self.s)

    @cached_property
    def deviations(self) -> Deviations:
        """What everybody would do, and have, without payments."""
        return free_deviations(self.game, self.s)

    @cached_property
    def temptations(self) -> Floats:
        """D_i - u_i without payments at s: what must be taken from whoever deviates, shape (n,).

        For dominant strategies the most that deviating gains whatever the others do.
        """
        if self.requirements.dominant:
            return dominance_gains(self.game, self.s)
        tempting = self.deviations.utilities - (self.benefits - self.costs)
        return np.maximum(tempting, 0.0)

    @cached_property
    def shares(self) -> Floats:
        """Shapley shares phi_i(s), shape (n,)."""
        if not self.s.any():
            return np.zeros(self.game.size)
        return shapley(self.game, self.s).shares

    @cached_property
    def entries(self) -> Floats:
        """What y_i must reach at least, for each reason in `ENTRIES`, shape (3, n).

        -inf where nothing is asked for.
        """
        asked, game = self.requirements, self.game
        nothing = np.full(game.size, -np.inf)
        limited = np.isfinite(asked.limits)
        deviation, alone, share = nothing.copy(), nothing.copy(), nothing.copy()
        if limited.any():
            kept = self.benefits + self.temptations - asked.limits
            deviation = np.where(limited, kept, -np.inf)
        if asked.margin is not None:
            alone = self.costs + self.alone + asked.margin
        if asked.reciprocity > 0:
            counted = self.shares > ROUND_OFF * float(np.abs(self.shares).max(initial=0.0))
            earned = asked.reciprocity * self.shares + game.benefits(game.nothing())
            share = np.where(counted, earned, -np.inf)
        return np.stack([deviation, alone, share])

    @cached_property
    def needs(self) -> Floats:
        """Least lump sums, the largest entry less the benefit, shape (n,)."""
        return np.asarray(self.entries.max(axis=0) - self.benefits)

    @property
    def slack(self) -> float:
        """A(s) less the sum of the largest entries, in money: payments exist iff not negative."""
        return -float(self.needs.sum())

    @property
    def scale(self) -> float:
        """What the inequality is a difference of, in money."""
        finite = np.where(np.isfinite(self.entries), np.abs(self.entries), 0.0).max(axis=0)
        return float(np.abs(self.benefits).sum() + finite.sum())

    @property
    def holds(self) -> bool:
        """Whether payments exist, up to rounding."""
        return self.slack >= -ROUND_OFF * self.scale

    @property
    def binding(self) -> list[str]:
        """Which entry is the largest for each agent; none where nothing is asked of or for them."""
        largest = self.entries.argmax(axis=0)
        asked = np.isfinite(self.entries.max(axis=0))
        return [ENTRIES[k] if any_ else "none" for k, any_ in zip(largest, asked, strict=True)]


def dominance_gains(game: SharingGame, s: Floats) -> Floats:
    """Return R_i: the most that leaving s_i gains whatever the others do, in money, shape (n,).

    For accuracies f_i(w_i.s), f_i concave: less than s_i gains most where the others bring all
    they can, more than s_i where they bring nothing.
    """
    full, nothing = game.capacity, game.nothing()
    accuracy = game.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    best = np.zeros(game.size)
    for others, below in ((full, True), (nothing, False)):
        at = game.value * accuracy.unilateral_values(others, s) - game.costs.value(s)
        own = free_deviations(game, others).own
        own = np.minimum(own, s) if below else np.maximum(own, s)
        gained = game.value * accuracy.unilateral_values(others, own) - game.costs.value(own) - at
        best = np.maximum(best, gained)
    return best


def alone_utilities(game: SharingGame) -> Floats:
    """Return out_i: the best that own data alone give everybody, budgets left out, shape (n,)."""
    apart = game.by_themselves()
    return free_deviations(apart, apart.nothing()).utilities
