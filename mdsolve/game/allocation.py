"""Who receives the best model: the efficient rule and the give-it-to-everybody rule.

Given the participants' reports, the platform trains one best model of quality Q(sum of reports).
Each participant receives it or receives nothing and keeps their own. The efficient rule takes the
choice that maximises the participants' total valuation; ties give the model ([C20] section 7.2).
When somebody stays out the same rule is applied to the remaining participants: the outsider's own
model still counts in everybody's valuation, but their valuation is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.valuations.base import Valuation, total

Mask = npt.NDArray[np.bool_]

ENUMERATION_LIMIT = 12
"""Most participants for which all 2^n choices of recipients are compared."""


def recipients(
    valuation: Valuation,
    own: Sequence[Array],
    best: Array,
    participants: Sequence[int],
    arithmetic: Arithmetic,
    tie: float,
) -> list[Mask | bool]:
    """Return, per agent, where the efficient rule hands out the best model.

    Parameters
    ----------
    valuation : Valuation
        Everybody's valuation.
    own : sequence of n arrays
        Quality of each agent's own model (by report), broadcastable against each other.
    best : array
        Quality of the model trained on the participants' reports.
    participants : sequence of int
        Agents inside the platform; the others keep their own model.
    tie : float
        Difference of totals, relative to the sum of absolute values, below which floats count as
        tied (0 in exact arithmetic).

    Returns
    -------
    list of n masks
        True where the agent receives the model; a plain bool where it is the same everywhere.

    Raises
    ------
    UnsupportedError
        If the choice has to be enumerated for more than `ENUMERATION_LIMIT` participants.
    """
    inside = set(participants)
    everywhere = constant_recipients(valuation, participants)
    if everywhere is not None:
        return [agent in everywhere for agent in range(len(own))]
    if len(inside) > ENUMERATION_LIMIT:
        raise UnsupportedError.single(
            "allocation",
            f"efficient, with {len(inside)} participants and a {valuation.family} valuation",
            f"at most {ENUMERATION_LIMIT} agents where all choices must be compared",
            "use allocation: best-model",
        )
    return _enumerate(valuation, own, best, list(participants), arithmetic, tie)


def constant_recipients(valuation: Valuation, participants: Sequence[int]) -> set[int] | None:
    """Return the recipients where they are the same at every profile, else None.

    Where the participants' total never falls, everybody receives the model. Where it is linear,
    agent j receives it iff the participants' total weight on q_j is not negative.
    """
    terms = valuation.terms
    if all(term.rising for term in terms):
        return set(participants)
    linear = [term for term in terms if not term.rising]
    columns = {j: _total_weight(linear, participants, j) for j in participants}
    weights = {j: column for j, column in columns.items() if column is not None}
    if len(weights) < len(columns):
        return None
    if all(weight >= 0 for weight in weights.values()):
        return set(participants)
    if len(linear) < len(terms):
        return None
    return {j for j, weight in weights.items() if weight >= 0}


def _total_weight(
    terms: Sequence[Valuation], participants: Sequence[int], agent: int
) -> Fraction | None:
    weights = [term.weight(participants, agent) for term in terms]
    known = [weight for weight in weights if weight is not None]
    return sum(known, start=Fraction(0)) if len(known) == len(weights) else None


def _enumerate(
    valuation: Valuation,
    own: Sequence[Array],
    best: Array,
    participants: list[int],
    arithmetic: Arithmetic,
    tie: float,
) -> list[Mask | bool]:
    """Compare all 2^k choices, most recipients first, so that ties give the model.

    Totals may cancel to zero, so float ties are measured against the values that enter them.
    """
    choices = sorted(range(1 << len(participants)), key=lambda choice: -choice.bit_count())
    best_total: Array | None = None
    winner: npt.NDArray[np.int64] | None = None
    blur: Any = 0
    for choice in choices:
        chosen = {agent for bit, agent in enumerate(participants) if choice >> bit & 1}
        used = [
            arithmetic.maximum(best, own[agent]) if agent in chosen else own[agent]
            for agent in range(len(own))
        ]
        values = [valuation.value(agent, used, arithmetic) for agent in participants]
        welfare = total(values)
        if tie:
            blur = np.maximum(blur, tie * total([abs(value) for value in values]))
        if best_total is None or winner is None:
            best_total, winner = welfare, np.full(np.shape(welfare), choice, dtype=np.int64)
            continue
        better = welfare > (best_total + blur if tie else best_total)
        winner = np.where(better, choice, winner)
        best_total = np.where(better, welfare, best_total)
    assert winner is not None
    masks: list[Mask | bool] = [False] * len(own)
    for bit, agent in enumerate(participants):
        masks[agent] = np.asarray(winner >> bit & 1, dtype=bool)
    return masks
