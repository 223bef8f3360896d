"""Conditions of a sharing game that need contributions and payments only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.likeness import Likeness
from mdsolve.certificate.sharing.nash import alike, best_piece, concave_replies
from mdsolve.certificate.sharing.payment_rules import Rule
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.certificate.sharing.shares import shares_of
from mdsolve.conditions import Condition
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

CONCAVE_LIMIT = 100_000
"""Most agents with concave utilities whose best contributions alone are searched, all at once."""

ALONE_LIMIT = 3000
"""Most agents whose best contribution alone is searched one by one."""


def feasibility(setting: SharingSetting) -> Condition:
    """Check 0 <= s_i <= capacity_i and, with budgets, B_i - c_i(s_i) + p_i >= 0 in money."""
    s, capacity = setting.s, setting.game.capacity
    excess = np.maximum(-s, np.where(np.isfinite(capacity), s - capacity, -np.inf))
    if setting.game.budgeted and excess.max() <= 0:
        if isinstance(setting.payments, str):
            return setting.unchecked("feasibility", setting.payments)
        return _within_budgets(setting, setting.game.budget, setting.payments)
    return setting.decided(
        "feasibility",
        excess,
        float(np.max(np.abs(s), initial=0.0)),
        ("every contribution is within its capacity", "a contribution is negative or too large"),
        {"contribution": s},
        f"{setting.game.size:,} contributions",
    )


def _within_budgets(setting: SharingSetting, budget: Floats, payments: Floats) -> Condition:
    left = budget - setting.game.costs.value(setting.s) + payments
    return setting.decided(
        "feasibility",
        -left,
        float(max(setting.game.money.max(), np.abs(payments).max())),
        (
            "every contribution is within its capacity, and nobody spends more than his budget",
            "an agent spends more than his budget",
        ),
        {"money_left": left, "budget": budget, "contribution": setting.s},
        f"{setting.game.size:,} contributions and budgets",
    )


def budget_balance(setting: SharingSetting) -> Condition:
    """Check that payments sum to zero; rules that shape models pay nobody anything."""
    if isinstance(setting.payments, str):
        return setting.unchecked("budget-balance", setting.payments)
    paid = np.abs(setting.payments) if setting.shaped else setting.payments
    total = float(paid.sum())
    scale = float(np.abs(setting.payments).max(initial=0.0))
    allowed = setting.tolerance * max(1.0, scale)
    if setting.claim.payments is None:  # recomputed: differences that carry the benefits' rounding
        allowed += ROUND_OFF * float(np.abs(setting.game.benefits(setting.s)).sum())
    fails = abs(total) > allowed
    return Condition(
        "budget-balance",
        "budget-balance" in setting.claimed,
        "fail" if fails else "pass",
        violation=abs(total),
        scale=scale,
        tolerance=allowed,
        scope=f"{setting.game.size:,} payments",
        detail="payments do not sum to zero" if fails else "payments sum to zero",
        witness={"sum_of_payments": total},
    )


def rationality(setting: SharingSetting, payments: Floats) -> Condition:
    """Check that taking part is worth more than no model, no cost and no payment."""
    utilities = setting.utilities(payments)
    outside = setting.game.money
    return setting.decided(
        "individual-rationality",
        outside - utilities,
        float(np.abs(utilities).max(initial=0.0)),
        ("nobody is better off staying out", "an agent is better off staying out"),
        {"utility": utilities, "outside": outside},
        f"{setting.game.size:,} agents",
    )


def rationality_alone(setting: SharingSetting, payments: Floats) -> Condition:
    """Check that taking part is worth at least the best that own data alone can give."""
    game = setting.game
    found = best_alone(game)
    if isinstance(found, str):
        return setting.unchecked("individual-rationality-alone", found)
    alone = found[1]
    utilities = setting.utilities(payments)
    return setting.decided(
        "individual-rationality-alone",
        alone - utilities,
        float(np.abs(utilities).max(initial=0.0)),
        ("nobody is better off training alone", "an agent is better off training alone"),
        {"utility": utilities, "alone": alone},
        f"{game.size:,} agents",
    )


def best_alone(game: SharingGame) -> tuple[Floats, Floats] | str:
    """Return the best contributions with own data alone and utilities there, both (n,), or why not.

    Agents with concave utilities are looked at all at once, others one by one.
    """
    game = game.by_themselves()
    nothing, rule = game.nothing(), _plain(game)
    start = game.utilities(nothing, nothing)
    if isinstance(game.accuracy, WeightedAccuracy) and game.accuracy.own_concave:
        if game.size > CONCAVE_LIMIT:
            return f"{game.size:,} agents; at most {CONCAVE_LIMIT:,} are searched"
        answers, gains = concave_replies(game, nothing, rule)
        return answers, start + gains
    first, group = alike(game, nothing, rule)
    if len(first) > ALONE_LIMIT:
        return f"{len(first):,} different agents; at most {ALONE_LIMIT:,} are searched one by one"
    found = np.array([best_piece(game, nothing, rule, agent) for agent in first.tolist()])[group]
    return found[:, 0], start + found[:, 1]


def _plain(game: SharingGame) -> Rule:
    """Return the rule without payments."""
    return Rule(1.0, 0.0, None, game.nothing(), game.budget)


def reciprocity(setting: SharingSetting, payments: Floats) -> Condition:
    """Check value_i (a_i - a_i(0)) + p_i >= phi_i for every agent ([M25] Definition 3.3)."""
    shares = shares_of(setting.game, setting.s)
    if isinstance(shares, str):
        return setting.unchecked("reciprocity", shares)
    game = setting.game
    received = game.benefits(setting.s) - game.benefits(game.nothing()) + payments
    return setting.decided(
        "reciprocity",
        shares.shares - received,
        float(np.abs(received).max(initial=0.0)),
        ("everybody receives what he contributes", "an agent receives less than he contributes"),
        {"received": received, "contributed": shares.shares},
        f"{game.size:,} agents",
    )


def equal_treatment(setting: SharingSetting, payments: Floats) -> Condition:
    """Check that agents who could swap places, with equal contributions, are paid alike."""
    game = setting.game
    if game.size > ALONE_LIMIT:
        reason = f"{game.size:,} agents; at most {ALONE_LIMIT:,} are compared"
        return setting.unchecked("equal-treatment", reason)
    like = Likeness(game, setting.s).like()
    gaps = np.abs(payments - payments[like])
    others = int(np.count_nonzero(like != np.arange(game.size)))
    return setting.decided(
        "equal-treatment",
        gaps,
        float(np.abs(payments).max(initial=0.0)),
        ("identical agents are paid alike", "identical agents are paid differently"),
        {"payment": payments},
        f"{game.size:,} agents, {others:,} like another",
    )
