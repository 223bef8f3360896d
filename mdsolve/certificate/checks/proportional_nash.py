"""`nash` of the proportional rules: nobody gains by standing elsewhere, behind the leader or ahead.

From the leading contribution of the others on, everybody gets the full model, and the best lies on
concave branches (`shaped.leading`). Below it nothing is concave: intervals of own contributions are
bounded and halved until no utility there can exceed what the agent has (`shaped.deviations`). That
contributions are where they should be is shown by slopes: on either side, within delta, the utility
must not certainly rise away from the claim.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.checks.nash import impossible, overspending
from mdsolve.certificate.intervals import Intervals
from mdsolve.certificate.registry import condition
from mdsolve.certificate.rules.proportional import PROPORTIONAL
from mdsolve.certificate.shaped.deviations import goals, search
from mdsolve.certificate.shaped.leading import best_leading, plain_of, reach
from mdsolve.certificate.shaped.ranked import Ranked, ranked
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.tolerance import ROUND_OFF

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NAME = "nash"


@condition(
    NAME,
    "sharing",
    about="nobody gains by another contribution, with the model it would bring",
    rules=PROPORTIONAL,
    arithmetics=("enclosure", "float"),
)
def nash(context: SharingContext) -> Condition:
    """Check every agent's contribution against all others they could make."""
    if context.outside.any():
        return impossible(context)
    overspent = overspending(context)
    if overspent is not None:
        return overspent
    context.cover(NAME, ["contributions", "regret"])
    game = context.derived(ranked)
    found = context.derived(gains)
    words = (
        "no unilateral change pays, shown by bounds on intervals",
        found.wrong or "a unilateral change pays",
    )
    names = context.reading.names
    return context.decided(
        NAME,
        context.arithmetic.stored(found.gain),
        context.scales.money[game.first],
        words=words,
        scope=f"{game.size:,} different agents, {found.intervals:,} intervals of contributions",
        witness=lambda k: {
            "agent": names[int(game.first[k])],
            "contribution": float(game.given[k]),
            "best_response": float(found.best[k]),
            "gain": float(found.gain[k]),
        },
        refuted=found.refuted,
        undecided=found.undecided,
    )


@dataclass(frozen=True)
class Gains:
    """What every kind of agent can gain, (kinds,) each.

    Parameters
    ----------
    gain : (kinds,)
        A bound; where somebody certainly gains, what that is at least. In money.
    best : (kinds,)
        The best contribution seen, in samples.
    wrong : str
        Why contributions are refuted although nobody gains much; empty where they are not.
    """

    gain: Floats
    best: Floats
    refuted: Booleans
    undecided: Booleans
    intervals: int
    wrong: str


def gains(context: SharingContext) -> Gains:
    """Return what agents can gain; use `context.derived(gains)`."""
    game = context.derived(ranked)
    arithmetic = context.arithmetic
    delta = context.tolerance * context.scales.samples[game.first]
    goal, hopeless = goals(game)
    end, ended = reach(game)
    far = np.where(ended, np.asarray(arithmetic.upper(end)), np.inf)
    behind = search(game, far, goal, hopeless)
    guess = np.maximum(game.given, game.lead)
    top, able = best_leading(game, plain_of(game), guess, delta)
    ahead = Intervals(
        np.where(able, arithmetic.lower(top.value), -np.inf),
        np.where(able, arithmetic.upper(top.value), -np.inf),
    )
    own = Intervals(arithmetic.lower(game.utilities), arithmetic.upper(game.utilities))
    most = np.maximum(behind.bound, ahead.high)
    least = np.maximum(behind.utility, ahead.low)
    gained = (behind.utility > hopeless) | (ahead.low > hopeless)
    away = moves_away(game, delta)
    leading = game.given >= game.lead
    apart = (np.asarray(arithmetic.lower(top.low)) > game.given + delta) | (
        np.asarray(arithmetic.upper(top.high)) < game.given - delta
    )
    elsewhere = leading & able & top.found & top.only & apart
    with np.errstate(invalid="ignore"):
        bound = np.where(gained, least - own.high, most - own.low)
    better = ahead.low > behind.utility
    best = np.where(better, arithmetic.nearest(top.low), behind.best)
    return Gains(
        np.where(np.isnan(bound), np.inf, bound),
        best,
        gained | away | elsewhere,
        ~gained & (~behind.done | (able & ~top.found)),
        behind.intervals,
        "" if gained.any() else _words(away, elsewhere),
    )


def _words(away: Booleans, elsewhere: Booleans) -> str:
    if away.any():
        return "an agent's utility certainly rises away from their contribution"
    return "a leader's best contribution lies elsewhere" if elsewhere.any() else ""


def moves_away(game: Ranked, delta: Floats) -> Booleans:
    """Tell whose utility is certainly larger delta away than anywhere nearer, (kinds,).

    It rises on the outer half of the step, and by more than it may fall on the inner one: where the
    model handed out jumps at the claim, nothing is known of the inner half, and nobody is refuted.
    """
    found = np.zeros(game.size, dtype=np.bool_)
    s = game.given
    every = np.arange(game.size)
    below = (s > 0) & (s <= game.lead) & (delta > 0)
    rows = every[below]
    if rows.size:
        low = np.maximum(s[rows] - delta[rows], 0.0)
        high = np.maximum(s[rows] - 0.5 * delta[rows], low)
        outer = game.slopes(rows, low, high)[0].high
        inner = game.slopes(rows, high, s[rows])[0].high
        found[rows] |= _outweighs(-outer, high - low, -inner, s[rows] - high)
    end, ended = reach(game)
    far = np.where(ended, np.asarray(game.arithmetic.lower(end)), np.inf)
    above = (s + delta <= np.minimum(game.lead, far)) & (delta > 0)
    rows = every[above]
    if rows.size:
        low, high = s[rows] + 0.5 * delta[rows], s[rows] + delta[rows]
        outer = game.slopes(rows, low, high)[0].low
        inner = game.slopes(rows, s[rows], low)[0].low
        found[rows] |= _outweighs(outer, high - low, inner, low - s[rows])
    return found


def _outweighs(outer: Floats, far: Floats, inner: Floats, near: Floats) -> Booleans:
    """Tell where a utility rises by more on the way out than it may fall on the way there."""
    with np.errstate(invalid="ignore"):
        fall = np.where(near > 0, np.minimum(inner, 0.0) * near, 0.0)
        return np.asarray(
            (outer > 0) & (outer * far * (1 - ROUND_OFF) + fall * (1 + ROUND_OFF) > 0)
        )
