"""The best menu where there are several possible costs: closed form, or convex programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.cost_laws import CostTypes
from mdsolve.progress import Monitor
from mdsolve.solver.menu.answer import Design, Offer, case_proof, line_proof, typed_offer
from mdsolve.solver.menu.ironing import Ironed, ironed, nothing, pooled
from mdsolve.solver.menu.program import (
    MenuProgram,
    Multipliers,
    Participation,
    ProgramAnswer,
    Shape,
)
from mdsolve.solver.menu.terms import MenuTerms
from mdsolve.solver.shaping.standalone_value import inverse_slope
from mdsolve.tolerance import DEFAULT, ROUND_OFF, SEARCH_MARGIN

Floats = npt.NDArray[np.float64]

CLOSED = "closed form: the least concave majorant of the shares of costs"
POOLED = "closed form: everybody brings the same"
NOTHING = "closed form: the steepest line that touches the worth of data"
PROGRAM = "convex program by an interior point, bounded by its multipliers"


def best_for_types(terms: MenuTerms, law: CostTypes, monitor: Monitor) -> Design:
    """Return the best menu found, and the least bound.

    Raises
    ------
    UnsupportedError
        If the others' possible totals are too many.
    """
    closed = _closed(terms, law)
    if closed is not None:
        return closed
    line = nothing(terms)
    if line is not None:
        costs = np.array(law.costs)
        zero = np.zeros(len(costs))
        return Design(typed_offer(law, zero, zero), 0.0, line_proof(line), NOTHING)
    return programs(terms, law, monitor)


def _closed(terms: MenuTerms, law: CostTypes) -> Design | None:
    """Return the closed form, where it is a menu that reaches its own bound."""
    found = ironed(terms) if terms.agents == 1 else pooled(terms)
    if found is None:
        return None
    offer = recovered(terms, law, found)
    if offer.expected < found.bound * (1 - DEFAULT.solve) or not offer.keeps(terms):
        return None
    return Design(
        offer,
        found.bound,
        line_proof(found.line),
        CLOSED if terms.agents == 1 else POOLED,
    )


def recovered(terms: MenuTerms, law: CostTypes, found: Ironed) -> Offer:
    """Return the contracts that the bound names: all of M, a part of it, or nothing."""
    costs = np.array(law.costs)
    m = found.most * np.where(
        costs <= found.first, 1.0, np.where(costs <= found.last, found.part, 0.0)
    )
    rents = np.append(np.diff(costs) * m[1:], terms.alone_at(law.high))
    utilities = np.cumsum(rents[::-1])[::-1]
    return typed_offer(law, m, utilities + costs * m)


def programs(terms: MenuTerms, law: CostTypes, monitor: Monitor) -> Design:
    """Return the best of the programs for the included types, with the bound of all of them."""
    costs = np.array(law.costs)
    amounts, levels = terms.alone(costs)
    best = typed_offer(law, amounts, terms.worth(amounts))
    cases, bounds = [], []
    sizes = _sizes(terms, levels)
    for number, size in enumerate(sizes):
        monitor.advance("types that are included", number, len(sizes))
        answer = _case(terms, law, size, levels, "below", best.expected)
        offer = typed_offer(law, answer.contributions, answer.values)
        if offer.expected > best.expected and offer.keeps(terms):
            best = offer
        bound, prices = answer.bound, answer.multipliers
        if terms.agents == 1 and terms.platform == 0:
            bound, prices = _nothing_to_gain(terms, law, size, levels, (bound, prices))
        cases.append(case_proof(size, prices))
        bounds.append(bound)
    if not exact(terms):
        return Design(best, *majorised(terms, law, best.expected), PROGRAM)
    return Design(best, max(0.0, *bounds, best.expected), {"cases": cases}, PROGRAM)


def _nothing_to_gain(
    terms: MenuTerms,
    law: CostTypes,
    size: int,
    levels: Floats,
    known: tuple[float, Multipliers],
) -> tuple[float, Multipliers]:
    """Return a sharper bound where nobody but the agent brings data.

    Then what costs have alone is all there is, and no menu has room inside for an interior point:
    prices x of participation alone bound f m + x (v(m) - c m - u), the more the larger x.
    """
    costs, chances = np.array(law.costs[:size]), np.array(law.probabilities[:size])
    program = _program(terms, law, size, levels, "below")
    start = 0.0 if program.kink is None else program.kink
    best = known
    for price in np.geomspace(1e2, 1e8, 13) * program.samples / program.money:
        rates = np.maximum(costs - chances / price, SEARCH_MARGIN * costs) / terms.value
        at = np.clip(inverse_slope(terms.curve, rates), start, terms.capacity)
        none = np.zeros(size - 1)
        prices = Multipliers(np.full(size, price), none, none, at, program.kink)
        # Differences of large numbers: their rounding is part of the bound.
        rounding = 0.1 * ROUND_OFF * price * program.money * size
        bound = program.bound(prices) + rounding
        if bound < best[0]:
            best = (bound, prices)
    return best


def exact(terms: MenuTerms) -> bool:
    """Tell whether programs with the tangent below the threshold leave nothing out."""
    return terms.agents == 1 or terms.platform >= terms.threshold


def majorised(terms: MenuTerms, law: CostTypes, reached: float) -> tuple[float, dict[str, Any]]:
    """Return a bound from the least concave majorant of v, at least what is reached; its proof."""
    levels = terms.alone(np.array(law.costs))[1]
    answer = _case(terms, law, len(levels), levels, "above", reached)
    return max(answer.bound, reached), {"cases": [case_proof(len(levels), answer.multipliers)]}


def _sizes(terms: MenuTerms, levels: Floats) -> list[int]:
    """Return how many types may be included: all, or those without whom the others have nothing."""
    every = len(levels)
    if terms.platform >= terms.threshold:
        return [every]
    return [*(size for size in range(1, every) if levels[size] <= 0), every]


def _case(
    terms: MenuTerms, law: CostTypes, size: int, levels: Floats, shape: Shape, enough: float
) -> ProgramAnswer:
    return _program(terms, law, size, levels, shape).solve(enough)


def _program(
    terms: MenuTerms, law: CostTypes, size: int, levels: Floats, shape: Shape
) -> MenuProgram:
    rows = Participation(np.arange(size), np.array(law.costs[:size]), levels[:size])
    return MenuProgram(terms, law, size, rows, shape)
