"""The best menu where costs have a density: closed form, or programs on a grid of costs.

A grid cuts the range into cells. Costs moved up to the ends of their cells give a menu: whoever has
less takes a contract that asks for as much or more, so that it can be kept, and participation at
both ends of every cell is participation everywhere in it. Costs moved down to the starts of their
cells give a bound: every menu asks the start of a cell for at least as much as anybody inside.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.cost_laws import CostLaw, CostTypes
from mdsolve.progress import Monitor
from mdsolve.solver.bisection import boundary
from mdsolve.solver.menu.answer import Design, Offer, line_proof, ranged_offer
from mdsolve.solver.menu.ironing import Ironed, ironed, nothing, on_average, pooled
from mdsolve.solver.menu.others import possibilities
from mdsolve.solver.menu.program import MenuProgram, Participation
from mdsolve.solver.menu.terms import MenuTerms
from mdsolve.solver.menu.typed import CLOSED, NOTHING, POOLED, PROGRAM, exact, majorised, programs
from mdsolve.tolerance import DEFAULT, INDISTINCT, SEARCH_MARGIN

Floats = npt.NDArray[np.float64]

CELLS = 100
"""Cells of the grid for one agent."""

CELLS_TOGETHER = 40
"""Most cells of the grid for several."""

ENTRIES = 20_000
"""Most entries of the table of the others' costs that a grid may lead to."""

SIZES = 4
"""Most numbers of cells with a contract that are tried where some may have none."""


def best_for_density(terms: MenuTerms, monitor: Monitor) -> Design:
    """Return the best menu found, and the least bound.

    Raises
    ------
    UnsupportedError
        If the others' possible totals are too many.
    """
    found = ironed(terms) if terms.agents == 1 else pooled(terms)
    if found is not None:
        offer = recovered(terms, found)
        if offer.expected >= found.bound * (1 - DEFAULT.solve) and offer.keeps(terms):
            method = CLOSED if terms.agents == 1 else POOLED
            return Design(offer, found.bound, line_proof(found.line), method)
    line = nothing(terms)
    if line is not None:
        law = terms.law
        none = ranged_offer(law, np.zeros(1), np.zeros(1), np.array([law.high]))
        return Design(none, 0.0, line_proof(line), NOTHING)
    return _on_a_grid(terms, found, monitor)


def recovered(terms: MenuTerms, found: Ironed) -> Offer:
    """Return the contracts that the bound names: all of M, a part of it, or nothing."""
    law, level = terms.law, terms.alone_at(terms.law.high)
    part = found.part * found.most
    ends = np.array([found.first, found.last, law.high])
    amounts = np.array([found.most, part, 0.0])
    middle = level + found.last * part
    values = np.array([middle + found.first * (found.most - part), middle, level])
    return ranged_offer(law, amounts, values, ends)


def _on_a_grid(terms: MenuTerms, closed: Ironed | None, monitor: Monitor) -> Design:
    edges = grid_of(terms)
    shares = np.diff([terms.law.share(float(cost)) for cost in edges])
    below = CostTypes(tuple(edges[:-1].tolist()), tuple(shares.tolist()))
    best = _kept(terms, edges, shares, monitor)
    moved = replace(terms, law=below)
    if exact(terms):
        found = programs(moved, below, monitor)
        bound, proof = found.bound, dict(found.proof)
    else:
        bound, proof = majorised(moved, below, best.expected)
    if terms.agents > 1:
        closed = on_average(terms)
    if closed is not None and closed.bound < bound:
        bound, proof = closed.bound, line_proof(closed.line)
    return Design(best, max(bound, best.expected), proof, f"{PROGRAM}, on a grid of costs", edges)


def grid_of(terms: MenuTerms) -> Floats:
    """Return the ends of cells, shape (N + 1,): half of them as wide, half as likely as another."""
    cells = CELLS if terms.agents == 1 else CELLS_TOGETHER
    while cells > 2 and possibilities(terms.agents - 1, cells) * cells > ENTRIES:
        cells -= 1
    law = terms.law
    wide, likely = cells - cells // 2, cells // 2
    places = [_quantile(law, k / likely) for k in range(1, likely)]
    edges = np.unique(np.concatenate([np.linspace(law.low, law.high, wide + 1), places]))
    shares = np.array([law.share(float(cost)) for cost in edges])
    # Cells too narrow to tell apart, or that nobody is in, are joined to the next.
    least = SEARCH_MARGIN / cells
    kept = [0]
    for k in range(1, len(edges) - 1):
        if shares[k] - shares[kept[-1]] > least and 1 - shares[k] > least:
            kept.append(k)
    return edges[[*kept, len(edges) - 1]]


def _quantile(law: CostLaw, share: float) -> float:
    """Return the cost up to which a share of all costs lies."""
    return boundary(lambda cost: law.share(cost) < share, law.low, law.high)[1]


def _kept(terms: MenuTerms, edges: Floats, shares: Floats, monitor: Monitor) -> Offer:
    """Return the best menu found that can be kept: costs moved up, or what everybody has alone."""
    costs, starts = edges[1:], edges[:-1]
    above = CostTypes(tuple(costs.tolist()), tuple(shares.tolist()))
    levels = terms.alone(np.concatenate([costs, starts]))[1]
    upper, lower = np.split(levels, 2)
    best = _alone(terms, edges)
    number = len(costs)
    sizes = [number]
    if terms.platform < terms.threshold:
        free = [size for size in range(1, number) if upper[size] <= 0]
        sizes += free[:: max(1, len(free) // SIZES)]
    for place, size in enumerate(sizes):
        monitor.advance("costs that have a contract", place, len(sizes))
        rows = Participation(
            np.tile(np.arange(size), 2),
            np.concatenate([costs[:size], starts[:size]]),
            np.concatenate([upper[:size], lower[:size]]),
        )
        reached = 0.0 if best is None else best.expected
        found = MenuProgram(terms, above, size, rows).solve(reached)
        offer = chosen(terms.law, found.contributions, found.values, with_none=size < number)
        if (best is None or offer.expected > best.expected) and offer.keeps(terms):
            best = offer
    if best is None:
        raise UnsupportedError.single(
            "prior",
            "a density, and so few data besides an agent's own that no contracts were found which "
            "everybody accepts",
            "more agents, or more platform_data",
            "or several costs: prior: {costs: [...], probabilities: [...]}",
        )
    return best


def _alone(terms: MenuTerms, edges: Floats) -> Offer | None:
    """Return contracts under which everybody is as well off as alone, if there are any."""
    costs = edges[1:]
    amounts, levels = terms.alone(edges)
    starts = np.maximum(levels[:-1] + edges[:-1] * amounts[1:], levels[1:] + costs * amounts[1:])
    offer = chosen(terms.law, amounts[1:], starts, with_none=False)
    return offer if offer.keeps(terms) else None


def chosen(law: CostLaw, contributions: Floats, values: Floats, *, with_none: bool) -> Offer:
    """Return the contracts with the costs that prefer each: from the cheapest costs on."""
    most = float(contributions.max(initial=0.0))
    m = [max(float(x), 0.0) for x in contributions]
    v = [float(x) for x in values]
    if with_none:
        m, v = [*m, 0.0], [*v, 0.0]
    amounts, worths = [m[0]], [v[0]]
    ends: list[float] = []
    for amount, worth in zip(m[1:], v[1:], strict=True):
        if amounts[-1] - amount <= INDISTINCT * most:
            worths[-1] = max(worths[-1], worth)
            continue
        # Contracts that the next one is better than wherever they are chosen fall out.
        cross = (worths[-1] - worth) / (amounts[-1] - amount)
        while ends and cross <= ends[-1]:
            ends.pop(), amounts.pop(), worths.pop()
            cross = (worths[-1] - worth) / (amounts[-1] - amount)
        ends.append(cross)
        amounts.append(amount)
        worths.append(worth)
    bounded = np.clip(np.array([*ends, law.high]), law.low, law.high)
    return ranged_offer(law, np.array(amounts), np.array(worths), bounded)
