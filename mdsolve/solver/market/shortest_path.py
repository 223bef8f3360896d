"""Maximal payments of any market: shortest paths by one sweep through the reports.

For agent i and fixed types of the others, IR and IC are difference constraints ([C20] A.1)::

    p(t)        <= v(truth t) - v(outside t)            base vertex -> t
    p(t) - p(r) <= v(truth t) - v(report r; true t)     r -> t, for all r < t

Agents only under-report, so the graph is acyclic in the order of types and one relaxation per edge
is enough. In terms of the truthful utility h = v(truth) - p the shortest path is the recursion::

    h(t) = max(v(outside t), max_{r < t} v(report r; true t) - p(r))

A cap on the agent's payments, p(t) <= c, is one more edge base -> t: h(t) >= v(truth t) - c.

The sweep takes the reports r in rising order; when r is reached, p(r) is final. Each step is
vectorised over all higher true types and all profiles of the others. Work: n * m / 2 valuations
per profile; memory: one table per agent plus temporaries of the same size.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market, own_back, own_first
from mdsolve.kernel import kernel
from mdsolve.progress import Monitor


@kernel()
def _relax(utility: Array, values: Array, payment: Array) -> None:
    """Raise utility[k, c] to values[k, c] - payment[c] where that is larger."""
    for k in range(utility.shape[0]):
        for c in range(utility.shape[1]):
            candidate = values[k, c] - payment[c]
            utility[k, c] = max(utility[k, c], candidate)


def maximal_payments_of(
    market: Market, agent: int, monitor: Monitor, cap: Fraction | None = None
) -> Array:
    """Return the agent's maximal payments under IR and IC, by the general sweep.

    Parameters
    ----------
    market : Market
        In float or exact arithmetic; exact markets are swept with exact comparisons.
    agent : int
        Number of the agent.
    cap : Fraction or None
        What no payment of the agent may exceed, in money.

    Returns
    -------
    array of shape (m_1, ..., m_n)
        p_agent^max at every profile, in money.

    Notes
    -----
    [C20] Theorem 6: every IR and IC payment is at most this one, entry by entry.
    """
    truth = _columns(market.truthful_values(agent), agent)
    utility = _columns(market.outside_values(agent), agent).copy()
    if cap is not None:
        limit = market.arithmetic.number(cap)
        utility = market.arithmetic.maximum(utility, truth - limit)
    return _swept(market, agent, truth, utility, monitor)


def rises_above_caps(market: Market, agent: int, monitor: Monitor) -> Array:
    """Return by how much payments may rise above a cap of the agent's, at most 0.

    Payments without staying out, but for a cap c on each, are c plus these: the shortest paths
    that begin at a cap. The maximal ones under a cap are the smaller of the two.
    """
    truth = _columns(market.truthful_values(agent), agent)
    return _swept(market, agent, truth, truth.copy(), monitor)


def _swept(market: Market, agent: int, truth: Array, utility: Array, monitor: Monitor) -> Array:
    """Return the payments that leave at least some utilities, and make no lie pay.

    Parameters
    ----------
    truth, utility : (own types, profiles of the others)
        What the truth is worth; the least utilities, which are raised in place.
    """
    own = market.shape[agent]
    compiled = truth.dtype == np.float64
    for report in range(own - 1):
        payment = truth[report] - utility[report]
        values = market.report_values(agent, report)[1:].reshape(own - report - 1, -1)
        higher = utility[report + 1 :]
        if compiled:
            _relax(higher, np.ascontiguousarray(values), payment)
        else:
            higher[:] = market.arithmetic.maximum(higher, values - payment)
        monitor.advance(f"payments of {market.agents[agent]}", report + 1, own - 1)
    others = [size for j, size in enumerate(market.shape) if j != agent]
    return own_back((truth - utility).reshape(own, *others), agent)


def _columns(table: Array, agent: int) -> Array:
    """Return a table over profiles as (own types, profiles of the others), contiguous."""
    front = own_first(table, agent)
    return np.ascontiguousarray(front.reshape(front.shape[0], -1))
