"""Figures of menus: expectations over costs, and what own data alone would give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.menu.bounds import grid_law
from mdsolve.certificate.menu.claim import Menu, menu_of
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.cost_laws import Spread
from mdsolve.certificate.shaped.solo import Solo
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Recompute, Said


def expected_utility(context: SharingContext) -> Quantity:
    """Return what an agent can expect before they know their cost, in money, shape (1,)."""
    menu = context.derived(menu_of)
    total = menu.game.context.arithmetic.total
    spent = total(menu.moments * menu.contributions).reshape(1)
    return _expected(menu, menu.values) - spent


def _expected(menu: Menu, column: Quantity) -> Quantity:
    return menu.game.context.arithmetic.total(menu.chances * column).reshape(1)


def menu_figures(context: SharingContext) -> Mapping[str, Recompute]:
    """Return how to compute the figures anew, by path."""
    samples, money, accuracy = (
        context.scales.samples,
        context.scales.money,
        context.scales.accuracy,
    )
    arithmetic, everybody = context.arithmetic, context.arithmetic.zeros(context.size)

    def menu() -> Menu:
        return context.derived(menu_of)

    def total() -> Figure:
        whole = context.size * _expected(menu(), menu().contributions)
        return Figure.exactly(whole.reshape(()), float(samples.sum()))

    def received() -> Figure:
        found = _expected(menu(), menu().values) / menu().game.value
        return Figure.exactly(found + everybody, accuracy)

    found: dict[str, Recompute] = {
        "contributions": lambda: Figure.exactly(
            _expected(menu(), menu().contributions) + everybody, samples
        ),
        "expected_total": total,
        "accuracies": received,
        "utilities": lambda: Figure.exactly(context.utilities, money),
        "metrics.welfare": lambda: Figure.exactly(
            arithmetic.total(context.derived(expected_utility) + everybody), float(money.sum())
        ),
        "menu.costs.from": lambda: Figure.exactly(menu().first, _dearest(menu())),
        "menu.costs.to": lambda: Figure.exactly(menu().last, _dearest(menu())),
        "menu.chances": lambda: Figure.exactly(menu().chances, 1.0),
        "menu.full": lambda: Figure.exactly(menu().full, float(money[0])),
        "menu.utilities": lambda: Figure.exactly(_own(menu()), float(money[0])),
        "menu.alone.contributions": lambda: _best_amounts(menu(), float(samples[0])),
        "menu.alone.utilities": lambda: Figure.exactly(
            _alone(menu()).value[: menu().size], float(money[0])
        ),
        "grid": lambda: Said(lambda stated: _grid(menu(), stated)),
        "standalone.utilities": lambda: Figure.exactly(_worth(menu()) + everybody, money),
        "standalone.contributions": lambda: _amounts(context, menu()),
        "metrics.alone_margin": lambda: Figure.exactly(
            (context.derived(expected_utility) - _worth(menu())).reshape(()), float(money[0])
        ),
    }
    return found


def _grid(menu: Menu, stated: object) -> str:
    """Return what is wrong with a grid of costs: it rises from the least to the largest."""
    if not isinstance(menu.game.law, Spread):
        return "there is no density to cut into cells"
    try:
        grid_law(menu.game, stated)
    except NoRouteError as error:
        return str(error)
    return ""


def _dearest(menu: Menu) -> float:
    return float(menu.game.context.arithmetic.upper(menu.game.law.high)[0])


def _own(menu: Menu) -> Quantity:
    return menu.values - menu.first * menu.contributions


def _alone(menu: Menu) -> Solo:
    """Return what own data alone give at every cost, looked for where the solution has it."""
    if not menu.alone.found.all():
        message = "what somebody has alone is not known"
        raise NoRouteError(message)
    return menu.alone


def _best_amounts(menu: Menu, scale: float) -> Figure:
    """Return the best amounts alone; where several are best, the one that is stated counts."""
    near, size = _alone(menu).near, menu.size
    return Figure(near.low[:size], near.high[:size], scale)


def _worth(menu: Menu) -> Quantity:
    """Return what an agent has alone, in expectation.

    Raises
    ------
    NoRouteError
        Where costs have a density.
    """
    if isinstance(menu.game.law, Spread):
        message = "expectations over a density of what costs have alone are not computed"
        raise NoRouteError(message)
    return _expected(menu, _alone(menu).value[: menu.size])


def _amounts(context: SharingContext, menu: Menu) -> Figure:
    near, size = _alone(menu).near, menu.size
    low, high = _expected(menu, near.low[:size]), _expected(menu, near.high[:size])
    everybody = np.zeros(context.size)
    zero = context.arithmetic.stored(everybody)
    return Figure(low + zero, high + zero, context.scales.samples)
