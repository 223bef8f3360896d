"""That no rule which is rational and truthful on average has more expected revenue.

With independent types what a report costs on average is one number, whoever makes it. If each of
these numbers is bounded by staying out, or by a lie to which another is bounded, none can rise.
Where types depend on each other only the whole gain from taking part is a bound that is known.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_interim import Averages, beliefs_of, lies_of
from mdsolve.certificate.numbers import Floats


def interim_problem(context: MarketContext) -> str:
    """Return what speaks against payments having the most expected revenue, "" if nothing does.

    Raises
    ------
    NoRouteError
        Where neither was proved.
    """
    if context.claim.side.balanced:
        return ""
    screen, beliefs = context.screen, beliefs_of(context)
    open_question = False
    for agent in range(screen.size):
        allowed = context.tolerance * float(context.money[agent])
        low, high = _room(screen, agent, lying=beliefs.independent)
        possible = beliefs.possible(agent)
        if beliefs.independent and bool(np.any(low[possible] > allowed)):
            return "an expected payment could be higher"
        open_question = open_question or bool(np.any(high[possible] > allowed))
    if open_question:
        message = "whether expected payments could be higher is neither proved nor refuted"
        raise NoRouteError(message)
    return ""


def _room(screen: MarketContext, agent: int, *, lying: bool) -> tuple[Floats, Floats]:
    """Return bounds on how far each type's expected payment may rise alone, (m,)."""
    averages, arithmetic = Averages(screen, agent), screen.arithmetic
    own = np.arange(screen.ruled.shape[agent])
    possible = beliefs_of(screen).possible(agent)
    own = own[possible]
    truth = averages.reporting(own, own, paying=True)
    gain = truth - averages.staying_out(own)
    low, high = (np.full(len(possible), np.inf) for _ in range(2))
    low[possible], high[possible] = arithmetic.lower(gain), arithmetic.upper(gain)
    if lying:
        report, true = lies_of(len(possible))
        kept = possible[true]
        report, true = report[kept], true[kept]
        better = averages.reporting(true, true, paying=True)
        better = better - averages.reporting(report, true, paying=True)
        np.minimum.at(low, true, arithmetic.lower(better))
        np.minimum.at(high, true, arithmetic.upper(better))
    return low, high
