"""Generalised Nash equilibria: what agents can afford depends on what the others contribute.

With T = sum_j levy_j(s_j), the money all agents cost each other, agent i can afford s_i iff

    factor * measure_i(s_i) <= B_i - T                                  (see `spending`),

a cap that falls as T rises. Given T the game is an ordinary one with capacities, so equilibria are
the zeros of one scalar function: what those capped agents cost each other, less T. The unknown is
the room t = (T_max - T) / factor, T_max being the largest T at which everybody can afford to do
nothing: caps are then measure_i(s_i) - measure_i(0) <= spare_i / factor + t, which has a limit for
factor 0 (beta = 1 - 1/n). There all agents spend alike, T stops at T_max, and t splits what is left
evenly among the agents with the least budget, one point of a continuum.

Where more money does not always buy more (transfers above the marginal cost), sweeps of best
responses within the affordable intervals are the method. Nothing is an equilibrium here until the
checker says so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.weights import CommonWeights
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.spending import Spending, affordable
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.iterate import Ending, iterate
from mdsolve.solver.own_payoff import OwnPayoff
from mdsolve.solver.record import Budgets, Equilibrium, Uniqueness
from mdsolve.solver.sweeps import Sweeps
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

SWEEP_LIMIT = 500
SCAN_POINTS = 24
ROOT_STEPS = 300


def budgeted_equilibrium(spending: Spending, monitor: Monitor) -> Equilibrium:
    """Return an equilibrium in which nobody spends more than their budget.

    Raises
    ------
    UnsupportedError, MemoryLimitError
        As `accuracy_equilibrium` does.
    """
    game = spending.stakes.game
    idle = game.nothing()
    most = spending.affordable(idle, game.capacity)
    if np.isnan(most).any():
        # Levies only grow and are least at 0, so the money is lacking at every profile.
        penniless = int(np.argmax(np.isnan(most)))
        falls = spending.stakes.borne.slope(idle)[penniless] < 0
        lacking = -float(spending.left(idle)[penniless])
        clear = lacking > DEFAULT.verify * float(spending.budget[penniless] + lacking)
        return Equilibrium(
            idle,
            "what everybody can afford at best",
            ending=Ending.STALLED,
            budgets=Budgets(0, penniless, clear and not falls),
        )
    outer = _Game(spending, most, monitor)
    free = outer.within(most)
    if not spending.coupled or np.all(spending.left(free.contributions) >= 0):
        return outer.reported(free)
    if not spending.monotone():
        return _by_sweeps(spending, most, monitor)
    return _by_room(outer, free)


class _Game:
    """The game with caps on the contributions, and the room that its equilibrium leaves."""

    def __init__(self, spending: Spending, most: Floats, monitor: Monitor) -> None:
        self.spending = spending
        self.most = most
        self.monitor = monitor
        idle = spending.stakes.game.nothing()
        self.idle = spending.measure.value(idle)
        room = spending.budget - spending.factor * self.idle
        self.poorest = int(np.argmin(room))
        self.limit = float(room[self.poorest])
        self.least = spending.levies(idle)
        spare = np.maximum(room - self.limit, 0.0)
        if spending.factor > 0:
            self.spare = spare / spending.factor
        else:
            same = spare <= ROUND_OFF * float(spending.budget[self.poorest])
            self.spare = np.where(same, 0.0, np.inf)

    def within(self, caps: Floats) -> Equilibrium:
        """Return the equilibrium with capacities replaced by caps."""
        stakes = self.spending.stakes
        capped = AccuracyStakes(replace(stakes.game, capacity=caps), stakes.borne)
        return accuracy_equilibrium(capped, self.monitor)

    def at(self, room: float) -> Equilibrium:
        """Return the equilibrium at a room t, caps following from it."""
        return self.within(self.caps(room))

    def caps(self, room: float) -> Floats:
        """Return what each agent can afford at a room t, in samples."""
        money = self.idle + self.spare + room
        return affordable(self.spending.measure, money, self.most)

    def excess(self, room: float) -> float:
        """Return what the agents cost each other less T, in money; zero at an equilibrium."""
        levies = self.spending.levies(self.at(room).contributions)
        return levies - self.limit + self.spending.factor * room

    def reported(self, found: Equilibrium) -> Equilibrium:
        """Return a candidate with the number of agents held back and what is known of others."""
        s, stakes = found.contributions, self.spending.stakes
        free = s < stakes.game.capacity
        held = np.count_nonzero(stakes.game.limited & free & _pushing(stakes, s))
        return replace(found, uniqueness=_uniqueness(self, found), budgets=Budgets(int(held)))


def _by_room(game: _Game, free: Equilibrium) -> Equilibrium:
    """Solve for the room between the poorest agent's budget and what all cost each other."""
    from scipy.optimize import brentq

    spending = game.spending
    top = _widest(game, free)
    lower, upper = _bracket(game, top)
    if lower is None:
        short = Budgets(0, game.poorest)
        return replace(game.at(0.0), uniqueness="unknown", ending=Ending.STALLED, budgets=short)
    tiny = float(np.finfo(float).tiny)
    machine = 4 * float(np.finfo(float).eps)
    room = (
        lower
        if lower == upper
        else float(brentq(game.excess, lower, upper, xtol=tiny, rtol=machine, maxiter=ROOT_STEPS))
    )
    found = game.at(room)
    method = f"room within the budgets by Brent's method, then: {found.method}"
    s = found.contributions
    accurate = abs(game.excess(room)) <= DEFAULT.solve * (abs(game.limit) + spending.levies(s))
    if not accurate or not found.rested:
        return _by_sweeps(spending, game.most, game.monitor, s)
    return game.reported(replace(found, method=method))


def _widest(game: _Game, free: Equilibrium) -> float:
    """Return a room at which the agents cost each other at least T, where budgets leave it."""
    if game.spending.factor > 0:
        return (game.limit - game.least) / game.spending.factor
    spent = game.spending.measure.value(free.contributions) - game.idle
    return float(spent[game.spare == 0].max())


def _bracket(game: _Game, top: float) -> tuple[float | None, float]:
    """Return two rooms with an excess of opposite signs, None where no sign change was seen."""
    if game.excess(top) <= 0:
        return top, top
    if game.excess(0.0) <= 0:
        return 0.0, top
    for k, room in enumerate(np.linspace(0.0, top, SCAN_POINTS + 1)[1:-1].tolist()):
        game.monitor.advance("rooms within the budgets", k, SCAN_POINTS)
        if game.excess(room) <= 0:
            return room, top
    return None, top


def _uniqueness(game: _Game, found: Equilibrium) -> Uniqueness:
    """Return what is proved about further equilibria.

    Caps that do not depend on the others leave the verdict of the ordinary game. Elsewhere there is
    one equilibrium if what the agents cost each other cannot rise with T by more than T: an agent
    whose cap falls is replaced, at most, by agents with the largest levy per unit of data. Several
    poorest agents who are all held back at factor 0 can split the rest in any proportion.
    """
    spending = game.spending
    if not spending.coupled:
        return found.uniqueness
    s = found.contributions
    levies = spending.levies(s)
    near = game.limit - DEFAULT.solve * (abs(game.limit) + levies)
    if spending.factor == 0 and levies >= near:
        poorest = game.spare == 0
        held = poorest & (s > 0) & _pushing(spending.stakes, s)
        if np.count_nonzero(held) > 1 and game.excess(0.0) < 0:
            return "continuum"
        if np.count_nonzero(poorest) > 1:
            return "unknown"
    return found.uniqueness if _one_root(spending) else "unknown"


def _pushing(stakes: AccuracyStakes, s: Floats) -> npt.NDArray[np.bool_]:
    """Tell who would contribute more if they could, by more than rounding."""
    benefit = stakes.benefit_slopes(s)
    return np.asarray(stakes.marginal(s) > DEFAULT.solve * np.abs(benefit))


def _one_root(spending: Spending) -> bool:
    """Tell whether linear costs prove that the scalar equation has one solution at most."""
    accuracy = spending.stakes.game.accuracy
    if (
        not isinstance(accuracy, WeightedAccuracy)
        or not isinstance(accuracy.weights, CommonWeights)
        or not isinstance(accuracy.curve, PowerCurve)
        or not spending.measure.is_linear
    ):
        return False
    weight, per_sample = accuracy.weights.vector, spending.measure.rate
    if weight.min() <= 0 or per_sample.min() <= 0:
        return False
    levy, limited = spending.levy.rate, spending.stakes.game.limited
    replaced = np.maximum(float((levy / weight).max()) * weight - levy, 0.0)
    replaced = np.where(limited, replaced, 0.0)  # nobody else has a cap that could fall
    negligible = replaced <= ROUND_OFF * float(levy.max())
    if spending.factor == 0:
        return bool(negligible.all())
    gained = float(np.where(negligible, 0.0, replaced / per_sample).sum())
    return gained < spending.factor * (1 - ROUND_OFF)


def _by_sweeps(
    spending: Spending, most: Floats, monitor: Monitor, start: Floats | None = None
) -> Equilibrium:
    """Let agents answer each other one after the other, each within what money allows."""
    stakes, game = spending.stakes, spending.stakes.game
    caps, short = most.copy(), np.zeros(game.size, dtype=bool)

    def own(s: Floats, agent: int) -> OwnPayoff:
        limit = float(spending.affordable(s, most, np.array([agent]))[0])
        short[agent] = np.isnan(limit)
        caps[agent] = 0.0 if short[agent] else limit
        return replace(stakes.own(s, agent), capacity=float(caps[agent]))

    begin = game.nothing() if start is None else start
    words = "best responses within the budgets"
    found = iterate(Sweeps(own, begin, stakes.span, words, SWEEP_LIMIT, label=words), monitor)
    s = found.contributions
    held = int(np.count_nonzero((s >= caps) & (s < game.capacity)))
    if not short.any():
        return replace(found, budgets=Budgets(held))
    penniless = int(np.flatnonzero(short)[-1])
    return replace(found, ending=Ending.STALLED, budgets=Budgets(held, penniless))
