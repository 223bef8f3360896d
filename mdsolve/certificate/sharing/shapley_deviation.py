"""Nash equilibrium under Shapley payments of payoffs that are not concave, by bounds on pieces.

An agent's utility phi_i(x) - c_i(x) along his own contribution x is concave between the points
where the data of some coalition with him reach a kink. On such a piece it lies below its tangents
at both ends; where the tangents meet bounds the piece. Pieces whose bound is too high are cut there
until every bound is low enough, or a point with a real gain is found. Nothing is maximised, so that
nothing depends on how well.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.payment_rules import Rule
from mdsolve.certificate.sharing.shares import EnumeratedShares
from mdsolve.conditions import Condition
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import EQUILIBRIUM_SLACK

Floats = npt.NDArray[np.float64]
NAME = "nash"

ROUNDS = 200
DOUBLINGS = 200
WORK_LIMIT = 300_000_000
"""Most values of accuracies for one agent's bounds."""


class OwnUtility(ABC):
    """An agent's Shapley share less his cost, as a function of his own contribution."""

    def __init__(self, game: SharingGame, s: Floats, agent: int, rule: Rule) -> None:
        self.game, self.s, self.agent, self.rule = game, s, agent, rule

    @property
    @abstractmethod
    def kinks(self) -> Floats:
        """Own contributions between which the share is concave."""

    @abstractmethod
    def share(self, own: Floats) -> Floats:
        """Return phi_i at each own contribution."""

    @abstractmethod
    def share_slope(self, own: Floats) -> Floats:
        """Return the right derivative of phi_i at each own contribution."""

    def value(self, own: Floats) -> Floats:
        """Return what the agent's utility depends on, in money."""
        costs = self.game.costs.along(self.agent, own)
        return self.share(own) - self.rule.borne * costs + self.rule.price * own

    def slope(self, own: Floats) -> Floats:
        """Return its right derivative."""
        marginal = self.game.costs.slope_along(self.agent, own)
        return self.share_slope(own) - self.rule.borne * marginal + self.rule.price


class WeightedUtility(OwnUtility):
    """For accuracies that look at weighted totals: all coalitions of the others at once."""

    @cached_property
    def _rows(self) -> list[tuple[int, float, float, Floats]]:
        """Return (an agent, money, own weight, coalitions' totals) per different accuracy."""
        accuracy = self.game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        others = np.delete(np.arange(self.game.size), self.agent)
        members = (np.arange(1 << len(others))[:, None] >> np.arange(len(others))) & 1
        found: dict[tuple[object, ...], list[int]] = {}
        for k in range(self.game.size):
            row = accuracy.weights.row(k)
            found.setdefault((accuracy.curve.of(k), *row.tolist()), []).append(k)
        rows = []
        for alike in found.values():
            row = accuracy.weights.row(alike[0])
            totals = members @ (row[others] * self.s[others]) + accuracy.platform_data
            money = float(self.game.value[alike].sum())
            rows.append((alike[0], money, float(row[self.agent]), totals))
        return rows

    @cached_property
    def _chances(self) -> Floats:
        n = self.game.size
        sizes = [number.bit_count() for number in range(1 << (n - 1))]
        return np.array([1 / (n * math.comb(n - 1, k)) for k in sizes])

    @property
    def work(self) -> int:
        """Number of values of accuracies in one pass over all pieces."""
        return (len(self.kinks) + 2) * len(self._rows) * len(self._chances)

    @cached_property
    def kinks(self) -> Floats:
        """Return where some coalition's total reaches a kink of an accuracy."""
        accuracy = self.game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        found = [
            (float(kink) - totals) / weight
            for k, _, weight, totals in self._rows
            if weight > 0
            for kink in accuracy.curve.of(k).kinks
        ]
        points = np.unique(np.concatenate(found)) if found else np.empty(0)
        return np.asarray(points[points > 0])

    def share(self, own: Floats) -> Floats:
        """Return the mean gain over coalitions."""
        return self._mean(own, "value")

    def share_slope(self, own: Floats) -> Floats:
        """Return the mean slope over coalitions."""
        return self._mean(own, "slope")

    def _mean(self, own: Floats, what: str) -> Floats:
        accuracy = self.game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        mean = np.zeros(len(own))
        for k, money, weight, totals in self._rows:
            curve = accuracy.curve.of(k)
            factor = money * (weight if what == "slope" else 1.0)
            before = 0.0 if what == "slope" else float(self._chances @ curve.value(totals))
            for place, x in enumerate(own.tolist()):
                reached = totals + weight * x
                gained = curve.slope(reached) if what == "slope" else curve.value(reached)
                mean[place] += factor * (float(self._chances @ gained) - before)
        return mean


class EnumeratedUtility(OwnUtility):
    """For other payoffs: the shares enumerated anew at every contribution."""

    @property
    def kinks(self) -> Floats:
        """Return the kinks of the agent's own accuracy; union efforts bend nowhere else."""
        return self.game.accuracy.own_kinks(self.agent, self.s)

    def share(self, own: Floats) -> Floats:
        """Return phi_i by enumeration."""
        return np.array([self._at(x).shares[self.agent] for x in own.tolist()])

    def share_slope(self, own: Floats) -> Floats:
        """Return its derivative by enumeration."""
        slopes = []
        for x in own.tolist():
            shares = self._at(x)
            slopes.append(float(shares.slopes(shares.s)[self.agent]))
        return np.array(slopes)

    def _at(self, own: float) -> EnumeratedShares:
        moved = self.s.copy()
        moved[self.agent] = own
        return EnumeratedShares(self.game, moved)


@dataclass(frozen=True)
class Deviation:
    """What is proved of one agent.

    Parameters
    ----------
    gain : float
        No deviation gains more, in money; where `real`, a deviation gains this much.
    answer : float
        Where the gain is, or where the bound was taken.
    real : bool
        Whether some deviation gains more than allowed.
    settled : bool
        Whether the bound came down to what is allowed.
    elsewhere : bool
        Whether the utility rises on leaving the claimed contribution by delta.
    """

    gain: float
    answer: float
    real: bool
    settled: bool
    elsewhere: bool


def shapley_nash(
    game: SharingGame, s: Floats, rule: Rule, allowed: float, scale: float, claimed: bool
) -> Condition:
    """Check that nobody gains by any change of his own contribution."""
    weighted = isinstance(game.accuracy, WeightedAccuracy)
    found = []
    for agent in range(game.size):
        kind = WeightedUtility if weighted else EnumeratedUtility
        utility = kind(game, s, agent, rule)
        if isinstance(utility, WeightedUtility) and utility.work > WORK_LIMIT:
            reason = f"bounds need {utility.work:,} values; the checker takes {WORK_LIMIT:,}"
            return Condition(NAME, claimed, "not-checked", detail=reason)
        found.append(bounded_deviation(utility, float(s[agent]), allowed))
    order = [(d.real, not d.settled, d.elsewhere, d.gain) for d in found]
    worst = max(range(game.size), key=lambda k: order[k])
    one = found[worst]
    fails = one.real or one.elsewhere
    witness = {
        "agent": game.agents[worst],
        "contribution": float(s[worst]),
        "best_response": one.answer,
        "gain": one.gain,
    }
    if not fails and not one.settled:
        reason = f"the bound on what {game.agents[worst]} gains did not fall below {allowed:.1e}"
        return Condition(NAME, claimed, "not-checked", detail=reason, witness=witness)
    return Condition(
        NAME,
        claimed,
        "fail" if fails else "pass",
        violation=max(one.gain, 0.0),
        scale=scale,
        tolerance=allowed,
        scope=f"{game.size:,} agents, every piece between kinks; "
        f"a best response within {EQUILIBRIUM_SLACK:.0e}",
        detail=(
            "an agent's best response lies elsewhere"
            if fails
            else "no unilateral change pays, and a best response lies within delta"
        ),
        witness=witness,
    )


def bounded_deviation(utility: OwnUtility, now: float, allowed: float) -> Deviation:
    """Return a proved bound on what one agent gains by leaving `now`."""
    top = float(utility.game.capacity[utility.agent])
    ends = np.concatenate([utility.kinks, utility.game.costs.kinks(utility.agent), [0.0]])
    ends = np.unique(ends[ends < top])
    if not np.isfinite(top):
        top = max(1.0, 2 * float(ends[-1]))
        for _ in range(DOUBLINGS):
            if float(utility.slope(np.array([top]))[0]) <= 0:
                break
            top *= 2
    ends = np.append(ends, top)
    here = float(utility.value(np.array([now]))[0])
    delta = EQUILIBRIUM_SLACK * max(1.0, now)
    around = np.array([max(now - delta, 0.0), min(now + delta, top)])
    below, above = utility.slope(around).tolist()
    elsewhere = (now - delta > 0 and below < 0) or (now + delta < top and above > 0)
    low, high = ends[:-1], ends[1:]
    low_value, high_value = utility.value(low), utility.value(high)
    low_slope = utility.slope(low)
    high_slope = utility.slope(np.maximum(np.nextafter(high, 0.0), low))
    worst, answer, settled = -math.inf, now, True
    for _ in range(ROUNDS):
        values = np.concatenate([low_value, high_value])
        best = int(np.argmax(values))
        gain = float(values[best]) - here
        if gain > allowed:
            return Deviation(gain, float(np.concatenate([low, high])[best]), True, True, elsewhere)
        bound, meet = _tangents_meet(low, high, low_value, high_value, low_slope, high_slope)
        top_bound = int(np.argmax(bound))
        worst, answer = float(bound[top_bound]) - here, float(meet[top_bound])
        open_pieces = bound - here > allowed
        settled = not open_pieces.any()
        if settled:
            break
        cut = meet[open_pieces]
        value, slope = utility.value(cut), utility.slope(cut)
        left = utility.slope(np.maximum(np.nextafter(cut, 0.0), 0.0))
        low = np.concatenate([low[open_pieces], cut])
        high = np.concatenate([cut, high[open_pieces]])
        low_value = np.concatenate([low_value[open_pieces], value])
        high_value = np.concatenate([value, high_value[open_pieces]])
        low_slope = np.concatenate([low_slope[open_pieces], slope])
        high_slope = np.concatenate([left, high_slope[open_pieces]])
    return Deviation(worst, answer, False, settled, elsewhere)


def _tangents_meet(
    low: Floats,
    high: Floats,
    low_value: Floats,
    high_value: Floats,
    low_slope: Floats,
    high_slope: Floats,
) -> tuple[Floats, Floats]:
    """Return per piece an upper bound of a concave function, and where it is taken."""
    rises, falls = low_slope > 0, high_slope < 0
    both = rises & falls
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = high_value - low_value - high_slope * (high - low)
        meet = np.where(both, low + gap / (low_slope - high_slope), np.where(rises, high, low))
    meet = np.clip(np.nan_to_num(meet, nan=0.0), low, high)
    bound = np.minimum(
        low_value + low_slope * (meet - low), high_value + high_slope * (meet - high)
    )
    bound = np.where(both, bound, np.maximum(low_value, high_value))
    inside = (meet > low) & (meet < high)
    return bound, np.where(inside, meet, 0.5 * (low + high))
