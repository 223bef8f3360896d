"""The equilibrium without payments, which gains in data and accuracy are compared with.

A solution states its contributions under ``baseline``; they are proved to be a Nash equilibrium of
`none` like any claim. Files of the first stage state none: then agents are let move to their best
responses, in floats, and where they come to rest is proved in the same way. Such a search can only
fail to find one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.checks.nash import nash
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.means import affordable
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.own import own_utility
from mdsolve.certificate.peaks import DOUBLINGS, Concave
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.rules.none import NoPayments
from mdsolve.certificate.scales import Scales
from mdsolve.certificate.sharing_claim import SharingClaim
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

PATH = "baseline.contributions"

SEARCHED = 50
"""Most agents for whom an equilibrium without payments is searched."""

SWEEPS = 100
"""Most rounds of that search."""

HALVINGS = 64
"""How often an interval is halved around a best response."""


def baseline(context: SharingContext) -> Quantity:
    """Return contributions of a proved equilibrium without payments, in samples, shape (n,).

    Raises
    ------
    NoRouteError
        If none is stated and none was found, or what is stated could not be proved.
    """
    return context.derived(_proved)


def _proved(context: SharingContext) -> Quantity:
    if context.claim.at(PATH) is not None:
        stated = context.claim.stored(PATH, (context.size,))
        if isinstance(stated, str):
            raise NoRouteError(stated)
        return _accepted(context, stated)
    if unpaid(context) and context.decided_as("nash").verdict == "pass":
        return context.s
    found = search(context.reading.rounded, context.scales)
    if found is None:
        message = "no equilibrium without payments was found; it can be stated under baseline"
        raise NoRouteError(message)
    return _accepted(context, found)


def unpaid(context: SharingContext) -> bool:
    """Tell whether the mechanism is the one without payments."""
    return context.rule is not None and context.rule.name == NoPayments.name


def _accepted(context: SharingContext, contributions: Floats) -> Quantity:
    alone = without_payments(context, contributions)
    found = nash(alone)
    if found.verdict != "pass":
        message = f"the equilibrium without payments is not proved: {found.detail}"
        raise NoRouteError(message)
    return alone.s


def stated_baseline(context: SharingContext, contributions: Floats) -> Condition:
    """Return whether contributions are an equilibrium without payments."""
    found: Condition = nash(without_payments(context, contributions))
    return found


def without_payments(context: SharingContext, contributions: Floats) -> SharingContext:
    """Return the same game with other contributions, where nobody pays."""
    claim = SharingClaim(mechanism=NoPayments.name, contributions=contributions)
    found = replace(context, claim=claim, rule=NoPayments(), options={}, ask=None)
    # The scales are the instance's: no need to compute them again.
    found.__dict__["scales"] = context.scales
    return found


def search(game: SharingReading, scales: Scales) -> Floats | None:
    """Return about where best responses without payments rest, in samples, shape (n,), or None.

    Agent after agent moves to their best response, until nobody moves any more.

    Parameters
    ----------
    game : SharingReading
        In floats.
    """
    if game.size > SEARCHED:
        return None
    s = np.zeros(game.size)
    unit = np.where(scales.samples > 0, scales.samples, 1.0)
    for _ in range(SWEEPS):
        before = s.copy()
        for agent in range(game.size):
            s[agent] = wished(game, s, unit)[agent]
        if not np.isfinite(s).all():
            return None
        if float(np.max(np.abs(s - before) / unit, initial=0.0)) <= DEFAULT.solve:
            return s
    return None


def wished(game: SharingReading, s: Floats, unit: Floats) -> Floats:
    """Return best responses without payments in floats, the others as in s, shape (n,)."""
    one, nothing = game.arithmetic.constant(1), game.arithmetic.constant(0)
    means = None
    if game.limited.any():
        means = affordable(game, one, nothing, game.budget, game.limited)
    best, most = np.zeros(game.size), np.full(game.size, -np.inf)
    for branch in game.accuracy.branches(s):
        function = own_utility(game, branch, one, nothing, means)
        start, end = function.limits()
        with np.errstate(all="ignore"):
            place = _top(function, unit)
            worth = np.where(branch.present & (start <= end), function.value(place), -np.inf)
        better = worth > most
        best, most = np.where(better, place, best), np.where(better, worth, most)
    return best


def _top(function: Concave, unit: Floats) -> Floats:
    """Return about where concave functions are largest; the start where they do not rise there."""
    start, end = function.limits()
    low = np.asarray(start, dtype=np.float64)
    rising = (np.asarray(function.slope(low, "right")) > 0) & (low < end)
    high = np.where(np.isfinite(end), end, low + unit)
    for _ in range(DOUBLINGS):
        on = rising & (high < end) & (np.asarray(function.slope(high, "right")) > 0)
        if not on.any():
            break
        high = np.minimum(np.where(on, low + 2 * (high - low), high), end)
    for _ in range(HALVINGS):
        middle = low + 0.5 * (high - low)
        climbs = np.asarray(function.slope(middle, "right")) > 0
        low, high = np.where(climbs, middle, low), np.where(climbs, high, middle)
    return np.where(rising, high, np.asarray(start))
