"""The smallest concession in each single requirement that would make a rule possible.

At wanted contributions the inequality gives it directly; everything else stays as asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.game.sharing import SharingGame
from mdsolve.solver.target.inequality import Inequality
from mdsolve.solver.target.requirements import Requirements
from mdsolve.tolerance import ROUND_OFF

HALVINGS = 200
DOUBLINGS = 400


def concessions(
    game: SharingGame, asked: Requirements, inequality: Inequality
) -> list[dict[str, Any]]:
    """Return {requirement, asked, needed} for each that alone could give way; None: it cannot.

    ``compensation`` is money from outside, in all, that would make up for what is missing.
    """
    at = replace(inequality, requirements=asked) if asked.fixed is not None else inequality
    found: list[dict[str, Any]] = []

    needed: float | None

    def slack(**changed: Any) -> float:
        room = replace(at, requirements=replace(asked, **changed)).slack
        return room + ROUND_OFF * at.scale

    if asked.fixed is None:
        missing = -inequality.slack
        found.append({"requirement": "compensation", "asked": 0.0, "needed": missing})
        if asked.margin is not None:
            needed = asked.margin - missing / game.size
            found.append({"requirement": "alone", "asked": asked.margin, "needed": needed})
        return found
    if asked.limited:
        uniform = np.where(np.isfinite(asked.limits), 1.0, np.inf)
        if np.isfinite(asked.limits).all() and not asked.dominant:
            smallest = smallest_uniform_limit(at)
            needed = smallest if np.isfinite(smallest) else None
        else:
            needed = _least(lambda level: slack(limits=uniform * level), at.scale)
        largest = float(asked.limits[np.isfinite(asked.limits)].max())
        found.append({"requirement": "payment_limit", "asked": largest, "needed": needed})
    if asked.reciprocity > 0:
        needed = _most(lambda part: slack(reciprocity=part), asked.reciprocity)
        entry = {"requirement": "reciprocity", "asked": asked.reciprocity, "needed": needed}
        found.append(entry)
    if asked.margin is not None and asked.margin > 0 and slack(margin=0.0) >= 0:
        needed = _most(lambda margin: slack(margin=margin), asked.margin)
        found.append({"requirement": "alone", "asked": asked.margin, "needed": needed})
    found.append({"requirement": "compensation", "asked": 0.0, "needed": -at.slack})
    return found


def smallest_uniform_limit(inequality: Inequality) -> float:
    """Return the smallest limit, the same for everybody, at which the inequality holds.

    With m_i the largest other entry and t_i = c_i + D_i - m_i sorted down, L_k = (sum m + t_1 + ..
    + t_k - A) / k for the k with t_{k+1} <= L_k <= t_k; infinite where sum m > A.
    """
    free = replace(inequality.requirements, limits=np.full(inequality.game.size, 0.0))
    entries = replace(inequality, requirements=free).entries
    others = entries[1:].max(axis=0)
    least = np.where(np.isfinite(others), others, -np.inf)
    total = float(inequality.benefits.sum())
    if np.isfinite(least).all() and least.sum() > total + ROUND_OFF * inequality.scale:
        return float("inf")
    kept = entries[0]
    if float(np.maximum(kept, least).sum()) <= total:
        return 0.0
    if not np.isfinite(least).all():
        return float((kept.sum() - total) / len(kept))
    tempting = kept - least
    order = np.sort(tempting)[::-1]
    levels = (least.sum() + np.cumsum(order) - total) / np.arange(1, len(order) + 1)
    following = np.append(order[1:], -np.inf)
    fits = np.flatnonzero(levels >= following)
    return float(levels[fits[0]])


def _least(slack: Callable[[float], float], unit: float) -> float | None:
    """Return the smallest number at which a growing slack is not negative, None if none is."""
    low, high = 0.0, unit
    for _ in range(DOUBLINGS):
        if slack(high) >= 0:
            break
        low, high = high, 2 * high
        if high > 1e6 * unit:
            return None
    return _between(slack, high, low)


def _most(slack: Callable[[float], float], asked: float) -> float | None:
    """Return the largest number up to what is asked at which a falling slack is not negative."""
    return None if slack(0.0) < 0 else _between(slack, 0.0, asked)


def _between(slack: Callable[[float], float], good: float, bad: float) -> float:
    for _ in range(HALVINGS):
        middle = 0.5 * (good + bad)
        if middle in (good, bad):
            break
        if slack(middle) >= 0:
            good = middle
        else:
            bad = middle
    return good
