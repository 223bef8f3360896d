"""The bound by lines above the shares of costs, and the menu of at most two contracts it names.

For every line A + s c >= F(c), s >= 0, over the costs, no menu collects more from one agent than

    max over M of  A M + s (v(M + D) - u),        u what the largest cost has alone,

since contributions fall in cost: with m from M = m(low) to m(high) >= 0,
sum f m = m(high) + sum F(c) (-dm) <= A M + s (c_low M + integral of m dc), and the integral is what
U falls by, U(low) <= v(M + D) - c_low M, U(high) >= u. The least bound over s is where the line
rests on F at costs around (v(M + D) - u)/M; its touching points are the two ends of the contracts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mdsolve.game.cost_laws import Contact
from mdsolve.solver.bisection import boundary
from mdsolve.solver.menu.terms import MenuTerms
from mdsolve.solver.shaping.standalone_value import cutoff_cost, inverse_slope
from mdsolve.tolerance import ROUND_OFF

ROUNDS = 60
"""Most steps down to what the others bring on average."""


@dataclass(frozen=True)
class Line:
    """A line above the shares F, and the amount at which its bound is tight.

    Parameters
    ----------
    slope : float
        Share per money per sample, at least 0.
    at : float
        Amount of data where the worth is replaced by its tangent, in samples.
    """

    slope: float
    at: float


@dataclass(frozen=True)
class Ironed:
    """What the bound says of the best menu of one agent, others' data being certain.

    Parameters
    ----------
    bound : float
        Most that any menu collects from the agent in expectation, in samples.
    most : float
        M, the contribution of the lowest costs.
    first, last : float
        Costs up to which M is asked for, and up to which `part` of it is.
    part : float
        Between 0 and 1.
    line : Line
    """

    bound: float
    most: float
    first: float
    last: float
    part: float
    line: Line


def ironed(terms: MenuTerms) -> Ironed | None:
    """Return the least bound by lines for a single agent; None where nobody would bring anything.

    Examples
    --------
    One cost for certain: as much as is accepted.

    >>> from mdsolve.game.accuracies.power import PowerCurve
    >>> from mdsolve.game.cost_laws import CostTypes
    >>> found = ironed(MenuTerms(PowerCurve(), 1.0, CostTypes((0.02,), (1.0,)), 1, 20.0, 500.0))
    >>> round(found.most, 9), found.part
    (11.608807552, 0.0)
    """
    law = terms.law
    level = terms.alone_at(law.high)
    top = terms.largest(law.low, level, 1)
    if top <= 0:
        return None

    def reached(m: float) -> float:
        """Return the cost that is worth bringing m for the full model."""
        return (terms.worth_at(m + terms.platform) - level) / m

    def steep(slope: float) -> tuple[Contact, float]:
        contact = law.contact(slope)
        return contact, _best(terms, contact.height, slope, top)

    def short(slope: float) -> bool:
        """Tell whether M is so large that the full model is worth less than the contact costs."""
        contact, m = steep(slope)
        return m > 0 and reached(m) < contact.first

    small, large = 0.0, 2 / law.low
    if not short(small):
        return _vertex(terms, level, law.high)
    while short(large):
        large *= 2
        if not np.isfinite(large):
            return None
    low, high = boundary(short, small, large)
    first, last = law.contact(high).first, law.contact(low).last
    contact, m = steep(high)
    # M may be held by what a cost accepts, at an end of an edge or where there is none.
    held = [cost for cost in (last, first) if m > 0 and _near(reached(m), cost)]
    if _near(first, last) or held:
        return _vertex(terms, level, [*held, last][0])
    if m <= 0:
        return None
    part = min(max((last - reached(m)) / (last - first), 0.0), 1.0)
    bound = contact.height * m + high * (terms.worth_at(m + terms.platform) - level)
    line = Line(high, m + terms.platform)
    return Ironed(bound, m, first, last, 1 - part, line)


def _near(one: float, two: float) -> bool:
    """Tell whether two costs cannot be told apart."""
    return abs(one - two) <= 10 * ROUND_OFF * two


def _vertex(terms: MenuTerms, level: float, cost: float) -> Ironed:
    """Return the menu that asks costs up to one for as much as that cost accepts."""
    m = terms.largest(cost, level, 1)
    share, slope = terms.law.share(cost), terms.slope_at(m + terms.platform)
    # A + s v'(M + D) = 0 with A = F(c) - s c; where all of the capacity is given, s is 0.
    steep = share / (cost - slope) if m < terms.capacity and slope < cost else 0.0
    return Ironed(share * m, m, cost, cost, 0.0, Line(steep, m + terms.platform))


def pooled(terms: MenuTerms) -> Ironed | None:
    """Return the bound by lines where all bring the same, for any number of agents."""
    n, cost = terms.agents, terms.law.high
    m = terms.largest(cost, terms.alone_at(cost), n)
    if m <= 0:
        return None
    y = n * m + terms.platform
    slope = terms.slope_at(y)
    steep = 0.0 if m >= terms.capacity else 1 / (cost - slope)
    line = Line(steep, y)
    return Ironed(line_bound(terms, line), m, cost, cost, 0.0, line)


def on_average(terms: MenuTerms) -> Ironed | None:
    """Return the bound by lines for agents whose others bring their mean for certain.

    The more the others bring, the more an agent does: from the most that anybody could bring
    downwards, what is collected on average falls to the largest amount that bounds itself.
    """
    total, found = terms.most(terms.law.low), None
    if not np.isfinite(total):
        return None
    for _ in range(ROUNDS):
        others = (terms.agents - 1) * total + terms.platform
        found = ironed(replace(terms, agents=1, platform=others))
        if found is None or found.bound >= total * (1 - ROUND_OFF):
            break
        total = found.bound
    return None if found is None else replace(found, bound=line_bound(terms, found.line))


def line_bound(terms: MenuTerms, line: Line) -> float:
    """Return what a line and a tangent prove for n agents; infinite where they prove nothing.

    What the others bring is replaced by its mean, which only helps: v is concave.

        J (1 - s v'(y) (n - 1)) <= rest + s (v(y) + v'(y) (platform - y) - u)
    """
    slope = terms.slope_at(line.at)
    left = 1 - line.slope * slope * (terms.agents - 1)
    worth = terms.worth_at(line.at) + slope * (terms.platform - line.at)
    if left <= 0 or (terms.platform < terms.threshold and worth < 0):
        return float("inf")
    height = terms.law.contact(line.slope).height
    rest = max(height + line.slope * slope, 0.0) * terms.most(terms.law.low)
    return (rest + line.slope * (worth - terms.alone_at(terms.law.high))) / left


def nothing(terms: MenuTerms) -> Line | None:
    """Return a line that proves that no menu collects anything; None where it proves nothing.

    With r the slope of the steepest line from (platform, v) that touches v, and s at least
    F(low) / (low - r), nothing is left: A + s r <= 0.
    """
    rate = cutoff_cost(terms.curve, terms.platform)
    steepest = rate * terms.value
    low, n = terms.law.low, terms.agents
    if terms.platform >= terms.threshold or steepest >= low or terms.alone_at(terms.law.high) > 0:
        return None
    slope = max(terms.law.share(low), ROUND_OFF) / (low - steepest) * (1 + ROUND_OFF)
    while terms.law.contact(slope).height + slope * steepest > 0:
        slope *= 2
    if slope * steepest * (n - 1) >= 1:
        return None
    # A little further out, where rounding does not let the tangent cut off the threshold.
    touch = float(inverse_slope(terms.curve, np.array([rate]))[0])
    return Line(slope, touch * (1 + 10 * ROUND_OFF))


def _best(terms: MenuTerms, height: float, slope: float, top: float) -> float:
    """Return the M up to `top` that maximises height M + slope v(M + D)."""
    start = max(terms.threshold - terms.platform, 0.0)

    def rising(m: float) -> bool:
        return height + slope * terms.slope_at(m + terms.platform) > 0

    if start >= top:
        return top
    if not rising(start):
        return start if height >= 0 or start == 0 else 0.0
    m = top if rising(top) else boundary(rising, start, top)[0]
    hopeless = start > 0 and height * m + slope * terms.worth_at(m + terms.platform) <= 0
    return 0.0 if hopeless else m
