"""`equilibria`: what a solution says about all equilibria of the game.

That there is only one is proved (`uniqueness`); that there is a continuum is shown by another
equilibrium with the same amount of data and the trades that lead there; a list of totals needs a
profile for each, and the profiles pass `nash`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Floats
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.tables import read_table
from mdsolve.certificate.uniqueness.amounts import Amounts, only_one
from mdsolve.certificate.uniqueness.budgets import only_one_within
from mdsolve.certificate.uniqueness.clipped import condition_at, only_one_clipped
from mdsolve.certificate.uniqueness.dominance import dominant
from mdsolve.certificate.uniqueness.potential import only_one_shared
from mdsolve.certificate.uniqueness.trades import Trade, tradeable
from mdsolve.conditions import Condition
from mdsolve.errors import Finding

NAME = "equilibria"
KEYS = ("equilibria", "equilibrium_profiles", "equilibrium_totals")

UNKNOWN = "unknown"
"""What a solution may say where nothing is known: there is nothing to prove."""


@condition(NAME, "sharing", about="what is said of other equilibria is true")
def equilibria_condition(context: SharingContext) -> Condition:
    """Check what stands under `equilibria`, `equilibrium_profiles` and `equilibrium_totals`."""
    stated = context.claim.at("equilibria")
    totals = context.claim.at("equilibrium_totals")
    if stated is None and totals is None:
        message = "the solution says nothing about other equilibria"
        raise NoRouteError(message)
    if context.rule is None:
        message = "an agreement names no mechanism"
        raise NoRouteError(message)
    found: list[Condition] = []
    for key, entry in (("equilibria", stated), ("equilibrium_totals", totals)):
        if entry is not None:
            found.append(_decided(context, key, entry))
    context.cover(NAME, KEYS)
    order = ("fail", "not-checked", "pass")
    return min(found, key=lambda one: order.index(one.verdict))


def _decided(context: SharingContext, key: str, stated: Any) -> Condition:
    if stated == "unique":
        return _unique(context)
    if stated == "continuum":
        return _continuum(context)
    if stated == UNKNOWN:
        return _said(context, "nothing is said about other equilibria")
    if isinstance(stated, list | tuple | np.ndarray):
        return _listed(context, key, stated)
    return _wrong(context, f"{key} is neither unique, nor continuum, nor a list of totals")


def _said(context: SharingContext, words: str) -> Condition:
    return context.decided(
        NAME,
        context.arithmetic.zeros(1),
        0.0,
        words=(words, ""),
        scope=f"{context.size:,} agents",
    )


def _wrong(context: SharingContext, words: str, witness: Any = None) -> Condition:
    return context.decided(
        NAME,
        context.arithmetic.zeros(1),
        0.0,
        words=("", words),
        scope=f"{context.size:,} agents",
        witness=None if witness is None else (lambda _: witness),
        refuted=np.ones(1, dtype=np.bool_),
    )


def reason_for_more(context: SharingContext) -> str:
    """Return why the equilibrium is not proved to be the only one; empty if it is."""
    rule, reading = context.rule, context.reading
    assert rule is not None
    if rule.shaped or rule.private:
        return f"uniqueness under {rule.name} has no proof here"
    if dominant(context):
        return ""
    if context.terms.shares is not None:
        if reading.limited.any():
            return "under Shapley payments what a budget allows depends on the others"
        if context.terms.part is not None:
            return "where shares are a part of the benefit there is no potential"
        return only_one_shared(context)
    return _of_amounts(context)


def _own_spending(context: SharingContext) -> bool:
    """Tell whether agents pay for nothing but their own costs."""
    terms, arithmetic = context.terms, context.arithmetic
    ends = (arithmetic.lower, arithmetic.upper)
    return all(bool(end(terms.borne) == 1) and bool(end(terms.price) == 0) for end in ends)


def _of_amounts(context: SharingContext) -> str:
    reading = context.reading
    accuracy = reading.accuracy.of_amounts
    if accuracy is None:
        return "uniqueness is proved for curves of amounts of data only"
    coupled = reading.limited.any() and not _own_spending(context)
    if all(curve.strict for curve in accuracy.curves):
        game = Amounts(context, accuracy, 0)
        return only_one_within(game) if coupled else only_one(game)
    if coupled:
        return "with budgets, what agents can choose depends on the others"
    if reading.accuracy.pooled is not None and all(curve.clipped for curve in accuracy.curves):
        return only_one_clipped(context, accuracy)
    return "accuracies are not known to be strictly concave"


def _unique(context: SharingContext) -> Condition:
    """Prove that there is only one, or show another one."""
    reason = reason_for_more(context)
    if not reason:
        return _said(context, "there is no other equilibrium")
    if context.terms.shares is None:
        trade = tradeable(context)
        if isinstance(trade, Trade):
            return _wrong(context, "another equilibrium exists", _witness(context, trade))
        nothing = np.zeros(context.size)
        if np.any(context.given > 0) and condition_at(context, nothing) == "pass":
            return _wrong(context, "that nobody contributes is an equilibrium too")
    message = f"that there is no other equilibrium is not proved: {reason}"
    raise NoRouteError(message)


def _continuum(context: SharingContext) -> Condition:
    """Show another equilibrium of the same continuum."""
    if context.terms.shares is not None:
        if not reason_for_more(context):
            return _wrong(context, "there is no other equilibrium")
        message = "a continuum under Shapley payments is not looked for"
        raise NoRouteError(message)
    trade = tradeable(context)
    if isinstance(trade, Trade):
        names = context.reading.names
        pair = f"{names[trade.giver]} and {names[trade.taker]}"
        return _said(context, f"{pair} can trade contributions: all splits between are equilibria")
    if not reason_for_more(context):
        return _wrong(context, "there is no other equilibrium")
    message = f"a continuum of equilibria is not proved: {trade}"
    raise NoRouteError(message)


def _witness(context: SharingContext, trade: Trade) -> dict[str, Any]:
    names = context.reading.names
    both = (trade.giver, trade.taker)
    return {
        "agents": [names[k] for k in both],
        "contributions": [float(context.given[k]) for k in both],
        "other_equilibrium": [float(trade.profile[k]) for k in both],
    }


def _listed(context: SharingContext, key: str, stated: Any) -> Condition:
    """Check that every total is that of a profile which is an equilibrium."""
    count = len(stated)
    if count == 0:
        return _wrong(context, f"{key} is empty beside an equilibrium")
    findings: list[Finding] = []
    totals = read_table(list(stated), (count,), context.claim.folder, key, findings)
    if totals is None:
        return _wrong(context, f"{key}: {findings[0].got}; expected {findings[0].expected}")
    wanted = np.asarray(totals, dtype=np.float64)
    profiles = _profiles(context, wanted)
    if isinstance(profiles, str):
        return _wrong(context, profiles)
    arithmetic = context.arithmetic
    scale = float(context.scales.samples.sum())
    sums = np.array([np.nan if s is None else float(s.sum()) for s in profiles])
    off = arithmetic.stored(np.abs(np.where(np.isnan(sums), 0.0, wanted - sums)))
    verdicts = ["not-checked" if s is None else condition_at(context, s) for s in profiles]
    return context.decided(
        NAME,
        off,
        scale,
        words=(
            "every total is that of an equilibrium",
            "a total is not that of the equilibrium given for it",
        ),
        scope=f"{count:,} totals",
        witness=lambda k: {"total": float(wanted[k]), "nash": verdicts[k]},
        refuted=np.array([verdict == "fail" for verdict in verdicts]),
        undecided=np.array([verdict == "not-checked" for verdict in verdicts]),
    )


def _profiles(context: SharingContext, totals: Floats) -> list[Floats | None] | str:
    """Return a profile for each total, None where there is none, or what is wrong with them."""
    given, count = context.claim.at("equilibrium_profiles"), len(totals)
    if given is not None:
        findings: list[Finding] = []
        shape = (count, context.size)
        table = read_table(given, shape, context.claim.folder, "equilibrium_profiles", findings)
        if table is None:
            got, expected = findings[0].got, findings[0].expected
            return f"equilibrium_profiles: {got}; expected {expected}"
        return list(np.asarray(table, dtype=np.float64))
    own = float(context.given.sum())
    slack = context.tolerance * float(context.scales.samples.sum())
    found: list[Floats | None] = []
    for total in totals.tolist():
        if abs(total - own) <= slack:
            found.append(context.given)
        else:
            # Nobody contributes: the one profile that its total describes.
            found.append(np.zeros(context.size) if total == 0 else None)
    return found
