"""Contracts of a menu can be kept, are accepted, and are chosen as they are meant.

Whoever brings x receives the model of the best contract that asks for at most x, or that of their
own data if it is better. Since v rises, the whole curve can be kept once the contracts can; every
other amount is worth at most what a contract or own data alone give.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.certificate.checks.shaped_rule import no_payments
from mdsolve.certificate.menu.bounds import bound_of
from mdsolve.certificate.menu.claim import Menu, menu_game, menu_of
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

RULES = ("menu",)

FEASIBILITY = "curve-feasibility"
ALONE = "individual-rationality-alone"
COMPATIBILITY = "incentive-compatibility"
RULE = "rule"
NASH = "nash"
SCOPE = "every contract and every contribution, at every cost"


@condition(
    FEASIBILITY, "sharing", rules=RULES, about="no model is promised that all data cannot give"
)
def curve_feasibility(context: SharingContext) -> Condition:
    """Check V <= E v(m + the others' and the platform's data) and 0 <= m <= capacity."""
    menu = context.derived(menu_of)
    m, game = menu.contributions, menu.game
    beyond = m - game.capacity if game.bounded else -m
    inside = context.decided(
        FEASIBILITY,
        beyond,
        float(context.scales.samples[0]),
        words=("", "a contract asks for more than an agent has"),
        scope=SCOPE,
        witness=lambda k: _contract(context, menu, k),
    )
    if inside.verdict != "pass":
        return inside
    return context.decided(
        FEASIBILITY,
        menu.values - menu.full,
        float(context.scales.money[0]),
        words=(
            "no contract promises more than all data give in expectation",
            "a contract promises more than all data give in expectation",
        ),
        scope=SCOPE,
        witness=lambda k: _contract(context, menu, k, full=menu.full),
    )


@condition(ALONE, "sharing", rules=RULES, about="no type would rather train on their own data")
def rationality_alone(context: SharingContext) -> Condition:
    """Check V - c m >= max_x v(x) - c x at both ends of what each contract is meant for."""
    menu = context.derived(menu_of)
    return context.decided(
        ALONE,
        menu.alone.value - menu.utilities,
        float(context.scales.money[0]),
        words=("nobody is better off training alone", "a type is better off training alone"),
        scope=SCOPE,
        witness=lambda k: _at_end(context, menu, k, alone=menu.alone.value),
        undecided=~menu.alone.found,
    )


@condition(COMPATIBILITY, "sharing", rules=RULES, about="every type prefers the own contract")
def incentive_compatibility(context: SharingContext) -> Condition:
    """Check V_k - c m_k >= V_l - c m_l for all contracts, at both ends of each."""
    menu = context.derived(menu_of)
    return context.decided(
        COMPATIBILITY,
        _gains(menu),
        float(context.scales.money[0]),
        words=(
            "every type prefers their own contract to every other",
            "a type prefers a contract that is meant for another",
        ),
        scope=SCOPE,
        witness=lambda row: (
            _at_end(context, menu, row // menu.size) | {"preferred contract": row % menu.size + 1}
        ),
    )


def _gains(menu: Menu) -> Quantity:
    """Return what each end of each contract gains by each contract, row by row, in money."""
    others = menu.values.reshape(1, -1) - menu.ends.reshape(-1, 1) * menu.contributions.reshape(
        1, -1
    )
    return (others - menu.utilities.reshape(-1, 1)).reshape(-1)


@condition(NASH, "sharing", rules=RULES, about="no type gains by another contribution")
def nash(context: SharingContext) -> Condition:
    """Check that neither another contract nor own data alone are better for any type."""
    menu = context.derived(menu_of)
    arithmetic = context.arithmetic
    gains = arithmetic.concatenate([_gains(menu), menu.alone.value - menu.utilities])
    open_rows = np.concatenate([np.zeros(2 * menu.size**2, dtype=np.bool_), ~menu.alone.found])
    return context.decided(
        NASH,
        arithmetic.maximum(gains, 0 * gains),
        float(context.scales.money[0]),
        words=(
            "no type gains by bringing anything else",
            "a type gains by bringing something else",
        ),
        scope=SCOPE,
        undecided=open_rows,
    )


@condition(RULE, "sharing", rules=RULES, about="nobody pays, and contracts are stated in full")
def rule(context: SharingContext) -> Condition:
    """Check that nobody is paid anything, and that there is a menu."""
    context.derived(menu_of)
    found = no_payments(context, RULE)
    context.cover(RULE, ["mechanism", "payments", "menu.contributions", "menu.values"])
    return found


def _contract(
    context: SharingContext, menu: Menu, number: int, **columns: Quantity
) -> dict[str, Any]:
    """Return a witness: a contract, and entries of some columns."""
    found: dict[str, Any] = {
        "contract": number + 1,
        "contribution": context.shown(menu.contributions[number]),
        "value": context.shown(menu.values[number]),
    }
    return found | {key: context.shown(column[number]) for key, column in columns.items()}


def _at_end(context: SharingContext, menu: Menu, row: int, **columns: Quantity) -> dict[str, Any]:
    """Return a witness: a cost, its contract, and entries of some columns."""
    return {
        "cost": context.shown(menu.ends[row]),
        "utility": context.shown(menu.utilities[row]),
        **{key: context.shown(column[row]) for key, column in columns.items()},
        **_contract(context, menu, row % menu.size),
    }


OPTIMALITY = "optimality"


@condition(OPTIMALITY, "sharing", rules=RULES, about="no other menu collects more than is said")
def optimality(context: SharingContext) -> Condition:
    """Check the stated upper bound against one from the stated line or multipliers."""
    from mdsolve.certificate.checks.target_goal import proved_bound

    menu, game, arithmetic = (
        context.derived(menu_of),
        context.derived(menu_game),
        context.arithmetic,
    )
    bound = context.size * bound_of(game)
    value = context.size * arithmetic.total(menu.chances * menu.contributions).reshape(1)
    context.cover(OPTIMALITY, ["upper_bound", "gap", "optimal", "bound"])
    return proved_bound(
        context, OPTIMALITY, bound, value, game.unit, "menu", "every menu that is kept and accepted"
    )
