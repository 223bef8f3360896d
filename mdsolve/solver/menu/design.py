"""The best menu for agents alike, whatever is known of their costs."""

from __future__ import annotations

from mdsolve.game.cost_laws import CostTypes
from mdsolve.progress import Monitor
from mdsolve.solver.menu.answer import Design
from mdsolve.solver.menu.spread import best_for_density
from mdsolve.solver.menu.terms import MenuTerms
from mdsolve.solver.menu.typed import best_for_types


def best_menu(terms: MenuTerms, monitor: Monitor) -> Design:
    """Return the best menu found, with a bound on all others.

    Raises
    ------
    UnsupportedError
        If the others' possible totals are too many.
    """
    if isinstance(terms.law, CostTypes):
        return best_for_types(terms, terms.law, monitor)
    return best_for_density(terms, monitor)
