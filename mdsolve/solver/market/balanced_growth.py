"""Payments that sum to zero in a growth market, without a program: the largest is paid by the rest.

Everybody but the agent with most data pays what taking part is worth to them, and the agent with
most data receives the sum; who have equally much share it. Rational wherever the market grows. From
the exponent on from which a mechanism exists for every disparity (`existence_threshold`) no lie
pays either; with less growth that depends on the types, so that it is looked at.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market, QualityMarket, own_first
from mdsolve.game.valuations.growth import GrowthValuation
from mdsolve.progress import Monitor
from mdsolve.tolerance import ROUND_OFF

METHOD = "closed form: the agent with most data is paid by the others"


def balanced_growth_payments(market: Market, monitor: Monitor) -> Array | None:
    """Return these payments, shape (n, m_1, ..., m_n), if they are rational and truthful.

    None in other markets, and where they are not.
    """
    if not isinstance(market, QualityMarket) or not isinstance(market.valuation, GrowthValuation):
        return None
    agents = range(len(market.agents))
    truth = [market.truthful_values(agent) for agent in agents]
    gains = np.stack([truth[agent] - market.outside_values(agent) for agent in agents])
    sizes = np.stack([np.broadcast_to(size, market.shape) for size in market.sizes])
    top = np.asarray(sizes == reduce(np.maximum, sizes), dtype=bool)
    payments = np.where(top, 0 * gains, gains)
    payments = np.where(top, 0 - payments.sum(axis=0) / top.sum(axis=0), payments)
    exact = market.arithmetic.name == "exact"
    allowed = 0 if exact else ROUND_OFF * max(float(np.max(np.abs(table))) for table in truth)
    if np.any(payments - gains > allowed):
        return None
    for agent in agents:
        paid = own_first(payments[agent], agent)
        utility = own_first(truth[agent], agent) - paid
        for report in range(market.shape[agent] - 1):
            told = market.report_values(agent, report)[1:] - paid[report]
            if np.any(told - utility[report + 1 :] > allowed):
                return None
            monitor.advance(f"lies of {market.agents[agent]}", report + 1, market.shape[agent] - 1)
    return payments
