"""The best pair of contracts for one agent whose cost rate is low or high, known only to them.

The platform offers (m_l, V_l) and (m_h, V_h): contribute m, receive a model worth V. With
w(m) the (expected) worth of all data if the agent brings m, F_t(m) = w(m) - c_t m and u_t* what
type t earns alone, the menus that the agent accepts and does not misuse are those with

    F_h(m_h) >= u_h*,   F_l(m_l) >= u_l*,   m_h <= g(m_l) = (F_l(m_l) - u_h*) / (c_h - c_l),

up to dominated ones (docs/mechanisms/value-shaping-private.md has the proof), and m_l is at least
the largest m with F_h(m) >= u_h*. So p m_l + (1 - p) m_h is maximised over one number, m_l, on
pieces where w is concave; the stationary point is w'(m_l) = c_l - p/(1-p) (c_h - c_l).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.curves import Curve
from mdsolve.solver.shaping.others_data import OthersData
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

DOUBLINGS = 1000
RELATIVE_END = 4 * float(np.finfo(np.float64).eps)
SMALLEST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class PrivateAgent:
    """One agent as the platform knows them.

    Parameters
    ----------
    curve : Curve
        Accuracy of a model trained on an amount of data.
    value : float
        Money per unit of accuracy.
    low, high : float
        Possible cost rates, money per sample; 0 < low < high.
    probability_low : float
        Chance of the low one, strictly between 0 and 1.
    capacity : float
        Most samples they can bring; may be infinite.
    platform_data : float
        Samples of the platform in every model that it hands out.
    """

    curve: Curve
    value: float
    low: float
    high: float
    probability_low: float
    capacity: float = math.inf
    platform_data: float = 0.0

    def alone(self) -> Worth:
        """Return the worth of models that the agent trains on the own data only."""
        return Worth(replace(self, platform_data=0.0), OthersData.certain(0.0))


@dataclass(frozen=True)
class Contract:
    """What one agent is offered, and what it is worth to them.

    Parameters
    ----------
    low, high : float
        Contributions of the two types, in samples.
    low_worth, high_worth : float
        Worth of the models they receive, in money.
    alone_low, alone_high : (2,)
        What each type does on their own data alone: contribution in samples, utility in money.
    alone_worth : float
        Worth of the model of the high-cost type alone, in money.
    expected : float
        Expected contribution.
    excess : float
        By how much the high-cost type's model is worth more than all data allow, in money; above
        zero only under the published rule.
    """

    low: float
    high: float
    low_worth: float
    high_worth: float
    alone_low: Interval
    alone_high: Interval
    alone_worth: float
    expected: float
    excess: float = 0.0


@dataclass(frozen=True)
class Worth:
    """w(m) = value E[a(m + others + platform)] of one agent, in money, and its slope."""

    agent: PrivateAgent
    others: OthersData

    def __call__(self, m: float) -> float:
        """Return w(m)."""
        return self.agent.value * float(self.others.probabilities @ self.curve_at("value", m))

    def slope(self, m: float) -> float:
        """Return w'(m), from the right."""
        return self.agent.value * float(self.others.probabilities @ self.curve_at("slope", m))

    def curve_at(self, what: str, m: float) -> Floats:
        """Return values or slopes of the accuracy at every possible total."""
        total = m + self.agent.platform_data + self.others.amounts
        return np.asarray(getattr(self.agent.curve, what)(total))

    def magnitude(self, m: float) -> float:
        """Return the size of the totals around m, which rounding is relative to."""
        return m + self.agent.platform_data + float(self.others.amounts.max())

    def pieces(self, start: float, end: float) -> list[Interval]:
        """Return the intervals between kinks on which w is concave, covering [start, end]."""
        if self.agent.curve.concave:
            return [(start, end)]
        thresholds = np.array([float(kink) for kink in self.agent.curve.kinks])
        kinks = np.unique(thresholds[:, None] - self.others.amounts - self.agent.platform_data)
        inside = kinks[(kinks > start) & (kinks < end)]
        return list(pairwise([start, *inside.tolist(), end]))


def best_contract(agent: PrivateAgent, others: OthersData) -> Contract:
    """Return the contracts with the largest expected contribution p m_l + (1 - p) m_h.

    Raises
    ------
    UnsupportedError
        If a type would contribute without limit.

    Examples
    --------
    >>> from mdsolve.game.accuracies.power import PowerCurve
    >>> agent = PrivateAgent(PowerCurve(), 1.0, low=0.01, high=0.02, probability_low=0.6)
    >>> found = best_contract(agent, OthersData.certain(5.0))
    >>> round(found.low, 6), round(found.high, 6)
    (14.0, 7.284271)
    """
    worth, alone = Worth(agent, others), agent.alone()
    alone_low, alone_high = best_alone(alone, agent.low), best_alone(alone, agent.high)
    accepted = accepted_amounts(worth, agent.high, 0.0, alone_high)
    largest = accepted[-1][1]
    spread, p = agent.high - agent.low, agent.probability_low
    target = agent.low - p / (1 - p) * spread
    needed = (alone_low[1] - alone_high[1]) / spread
    best: tuple[float, float, float] | None = None
    for piece in worth.pieces(largest, agent.capacity):
        for start, end in accepted:
            level = alone_high[1] + spread * max(start, needed)
            usable = superlevel(worth, agent.low, piece, level)
            if usable is None:
                continue
            capped = superlevel(worth, agent.low, piece, alone_high[1] + spread * end)
            first = usable[0] if capped is None else min(capped[1], usable[1])
            m_low = min(max(top(worth, target, piece), first), usable[1])
            allowed = (worth(m_low) - agent.low * m_low - alone_high[1]) / spread
            m_high = min(max(start, min(end, allowed)), m_low)
            expected = p * m_low + (1 - p) * m_high
            if best is None or expected > best[0]:
                best = expected, m_low, m_high
    assert best is not None
    _, m_low, m_high = best
    # Both are at least what the high-cost type does alone (rents are areas under m*); where money
    # is flat, roots may fall short of that by rounding.
    m_low = max(m_low, alone_high[0])
    m_high = min(max(m_high, alone_high[0]), m_low)
    if m_low - m_high <= ROUND_OFF * m_low:
        m_low = m_high
    low_worth = worth(m_low)
    high_worth = min(worth(m_high), low_worth - agent.low * (m_low - m_high))
    return Contract(
        m_low,
        m_high,
        low_worth,
        high_worth,
        alone_low,
        alone_high,
        alone(alone_high[0]),
        p * m_low + (1 - p) * m_high,
    )


def published_contract(agent: PrivateAgent, others: OthersData) -> Contract:
    """Return the contracts of [K22] (16)-(17) as printed, with what they lack.

    The slope at m_l is c_l - p/(1-p) c_h, clamped to the two full-information contributions, and
    m_h is where the two lines meet. Nothing keeps the high-cost type's model within what all data
    allow: `excess` says by how much it is worth more.

    Raises
    ------
    UnsupportedError
        With a capacity, which the paper does not have.
    """
    if math.isfinite(agent.capacity):
        raise UnsupportedError.single(
            "mechanism value-shaping-private: option rule",
            f"published, and an agent with a capacity of {agent.capacity:g}",
            "agents without capacities, as in the paper",
            "use rule: exact",
        )
    worth, alone = Worth(agent, others), agent.alone()
    alone_low, alone_high = best_alone(alone, agent.low), best_alone(alone, agent.high)
    least = accepted_amounts(worth, agent.high, 0.0, alone_high)[-1][1]
    most = accepted_amounts(worth, agent.low, 0.0, alone_low)[-1][1]
    p = agent.probability_low
    target = agent.low - p / (1 - p) * agent.high
    stationary = max(top(worth, target, piece) for piece in worth.pieces(least, most))
    m_low = min(max(stationary, least), most)
    low_worth = worth(m_low)
    m_high = (low_worth - agent.low * m_low - alone_high[1]) / (agent.high - agent.low)
    high_worth = alone_high[1] + agent.high * m_high
    excess = high_worth - worth(m_high)
    if excess <= ROUND_OFF * abs(high_worth):
        excess = 0.0
    return Contract(
        m_low,
        m_high,
        low_worth,
        high_worth,
        alone_low,
        alone_high,
        alone(alone_high[0]),
        p * m_low + (1 - p) * m_high,
        excess,
    )


Rule = Callable[[PrivateAgent, OthersData], Contract]
RULES: dict[str, Rule] = {"exact": best_contract, "published": published_contract}


def best_alone(alone: Worth, rate: float) -> Interval:
    """Return the contribution and the utility of a type that trains on their own data."""
    candidates = [top(alone, rate, piece) for piece in alone.pieces(0.0, alone.agent.capacity)]
    finite = [m for m in (0.0, *candidates) if math.isfinite(m)]
    if len(finite) <= len(candidates):
        raise _unlimited(alone.agent)
    utilities = [alone(m) - rate * m for m in finite]
    best = int(np.argmax(utilities))
    return finite[best], utilities[best]


def accepted_amounts(worth: Worth, rate: float, start: float, alone: Interval) -> list[Interval]:
    """Return where the full model is worth the cost: w(m) - rate m >= what they earn alone.

    The intervals rise; their own best amount alone is always in one of them.
    """
    found: list[Interval] = []
    for piece in worth.pieces(start, worth.agent.capacity):
        part = superlevel(worth, rate, piece, alone[1])
        if part is None:
            continue
        if found and part[0] <= found[-1][1]:
            found[-1] = found[-1][0], part[1]
        else:
            found.append(part)
    return found or [(alone[0], alone[0])]


def superlevel(worth: Worth, rate: float, piece: Interval, level: float) -> Interval | None:
    """Return the interval of a concave piece on which w(m) - rate m >= level, None if empty."""
    start, end = piece

    def above(m: float) -> float:
        return worth(m) - rate * m - level

    peak = top(worth, rate, piece)
    if not math.isfinite(peak):
        raise _unlimited(worth.agent)
    size = abs(worth(peak)) + abs(rate * peak) + abs(level)  # what `above` is a difference of
    if above(peak) < -ROUND_OFF * size:
        return None
    if above(peak) <= RELATIVE_END * size:
        return peak, peak
    left = start if above(start) >= 0 else _root(above, start, peak)
    if math.isinf(end):
        end = max(1.0, 2 * peak)
        while above(end) > 0:
            end *= 2
    right = end if above(end) >= 0 else _root(above, peak, end)
    return left, right


def top(worth: Worth, rate: float, piece: Interval) -> float:
    """Return where w(m) - rate m is largest on a concave piece; infinite if it always rises."""
    start, end = piece
    if rate <= 0:
        return end

    def climbing(m: float) -> float:
        return worth.slope(m) - rate

    # At the ends of a piece rounding decides which side of a kink a total falls on.
    inside = ROUND_OFF * worth.magnitude(start)
    if end - start <= 2 * inside or climbing(start + inside) <= 0:
        return start
    if math.isinf(end):
        end = max(1.0, 2 * start)
        for _ in range(DOUBLINGS):
            if climbing(end) <= 0:
                return _root(climbing, start + inside, end)
            end *= 2
        return math.inf
    return end if climbing(end - inside) >= 0 else _root(climbing, start + inside, end - inside)


def _root(function: Callable[[float], float], start: float, end: float) -> float:
    """Return a zero between two points of different sign, to the last digits."""
    from scipy.optimize import brentq

    if function(end) == 0:
        return end
    return float(brentq(function, start, end, xtol=SMALLEST, rtol=RELATIVE_END))


def _unlimited(agent: PrivateAgent) -> UnsupportedError:
    return UnsupportedError.single(
        "accuracy",
        f"a curve that rises by more than a cost rate of {agent.low:g} for ever",
        "a curve that flattens, or agents with a capacity",
        "give the agents a capacity",
    )
