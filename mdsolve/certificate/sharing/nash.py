"""Nash equilibrium: a bound on what anybody gains by deviating, and where best responses lie.

For a utility that is concave in the own contribution, slopes at three points suffice. If the slope
is not negative at s_i - delta (or that is 0) and not positive at s_i + delta (or that is the
capacity), every best response lies within delta, and

    gain <= delta * max(slope(s_i)^+, slope(s_i)^-),

the negative slope being taken just left of s_i, since utilities may have kinks.
With budgets an agent deviates within his means only. What he bears of his cost is convex, so if he
cannot afford s_i + h he can afford nothing beyond, and gains at most h slope(s_i)^+ upwards.
Both numbers matter: far from curved optima a wrong contribution costs almost nothing in utility.
Where the accuracy is clipped, utilities are concave between kinks, and every piece is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.payment_rules import Rule
from mdsolve.certificate.sharing.shapley_deviation import shapley_nash
from mdsolve.certificate.sharing.shapley_means import held_by_means
from mdsolve.conditions import Condition
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import MixedCurve
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import EQUILIBRIUM_SLACK, ROUND_OFF

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
NAME = "nash"

GLOBAL_LIMIT = 3000
"""Most different agents whose clipped utilities are searched piece by piece."""

BISECTIONS = 200

GAIN_NODES = 20
"""Gauss-Legendre nodes of the integral of an own Shapley slope, which is smooth."""


def nash(game: SharingGame, s: Floats, rule: Rule, tolerance: float, claimed: bool) -> Condition:
    """Check that nobody gains by changing his own contribution."""
    scale = float(np.max(np.abs(game.utilities(s, rule.payments)), initial=0.0))
    allowed = tolerance * max(1.0, scale)
    if rule.shares is None and not game.accuracy.own_concave:
        return _global(game, s, rule, allowed, scale, claimed)
    if rule.shares is not None and not game.accuracy.concave:
        return shapley_nash(game, s, rule, allowed, scale, claimed)
    delta = EQUILIBRIUM_SLACK * np.maximum(1.0, s)
    low, high = np.maximum(s - delta, 0.0), np.minimum(s + delta, game.capacity)
    slope = own_slopes(game, s, rule)
    at, below, above = slope(s), slope(low), slope(high)
    room = np.maximum(high - s, 0.0)
    tiny = np.minimum(ROUND_OFF * np.maximum(1.0, s), room)
    wider = np.divide(allowed, 2 * at, out=room.copy(), where=at > 0)
    # Where rounding decides about the smallest step, a step worth half the tolerance still does.
    step = np.where(rule.affords(game, s + tiny), np.clip(wider, tiny, room), tiny)
    held = ~rule.affords(game, s + step)
    overspent = ~rule.affords(game, low, allowed)
    if rule.shares is not None and game.budgeted:
        overspent = game.budget - game.costs.value(s) + rule.payments < -allowed
        pushing = (at > 0) & (s + step < game.capacity) & ~overspent
        held = held_by_means(game, rule.shares, s, step, pushing & (above > 0))
    too_high = ((low > 0) & (below < 0)) | overspent
    too_low = (high < game.capacity) & (above > 0) & ~held & ~overspent
    left, right = np.full_like(s, np.inf), np.full_like(s, np.inf)
    for least in (1.0, 0.0):  # contributions are rounded absolutely or relatively: both bounds hold
        near = ROUND_OFF * np.maximum(least, s)
        beside, beyond = np.maximum(low, s - near), np.minimum(high, s + near)
        down = np.maximum(-slope(beside), 0.0) * (s - low) + np.maximum(-at, 0.0) * (s - beside)
        up = np.maximum(at, 0.0) * (beyond - s) + np.maximum(slope(beyond), 0.0) * (high - beyond)
        left, right = np.minimum(left, down), np.minimum(right, up)
    gains = np.maximum(np.where(held, np.maximum(at, 0.0) * step, right), left)
    elsewhere = too_high | too_low
    moved = bool(elsewhere.any())
    answers = s
    if moved:
        answers = _best_replies(game, s, slope, too_high, too_low)
        answers = _within_means(game, s, rule, answers)
        gains = np.where(elsewhere, _gains(game, s, rule, answers), gains)
        gains = np.where(overspent, rule.missing(game, low), gains)
    worst = int(np.argmax(np.where(elsewhere, gains, -np.inf) if moved else gains))
    bound = float(gains.max(initial=0.0))
    witness: dict[str, Any] = {
        "agent": game.agents[worst],
        "contribution": float(s[worst]),
        "marginal_utility": float(at[worst]),
    }
    if moved:
        witness |= {"best_response": float(answers[worst]), "gain": float(gains[worst])}
    fails = moved or bound > allowed
    return Condition(
        NAME,
        claimed,
        "fail" if fails else "pass",
        violation=bound,
        scale=scale,
        tolerance=allowed,
        scope=f"{game.size:,} agents; every best response within {EQUILIBRIUM_SLACK:.0e}",
        detail=(
            "an agent spends more than his budget"
            if overspent[worst]
            else "an agent's best response lies elsewhere"
            if fails
            else "no unilateral change pays, and every best response lies within delta"
        ),
        witness=witness,
    )


def concave_replies(game: SharingGame, s: Floats, rule: Rule) -> tuple[Floats, Floats]:
    """Return everybody's best answer upwards from s and its gain, for concave utilities, (n,).

    All agents at once, by bisection on their slopes.
    """
    slope = own_slopes(game, s, rule)
    rises = (slope(s) > 0) & (s < game.capacity)
    answers = _best_replies(game, s, slope, np.zeros_like(rises), rises)
    answers = _within_means(game, s, rule, answers)
    return answers, np.maximum(_gains(game, s, rule, answers), 0.0)


def own_slopes(game: SharingGame, s: Floats, rule: Rule) -> Callable[[Floats], Floats]:
    """Return own marginal utilities (right derivatives) as a function of own contributions."""

    def slope(own: Floats) -> Floats:
        if rule.shares is None:
            benefit = game.value * game.accuracy.unilateral_slopes(s, own)
        else:
            benefit = rule.shares.slopes(own)
        return np.asarray(benefit - rule.borne * game.costs.slope(own) + rule.price)

    return slope


def _best_replies(
    game: SharingGame,
    s: Floats,
    slope: Callable[[Floats], Floats],
    too_high: npt.NDArray[np.bool_],
    too_low: npt.NDArray[np.bool_],
) -> Floats:
    """Return where the slopes of these agents change sign, by bisection; the others stay."""
    low = np.where(too_high, 0.0, s)
    high = np.where(too_low, game.capacity, s)
    endless = ~np.isfinite(high)
    high[endless] = np.maximum(1.0, 2 * s[endless])
    for _ in range(BISECTIONS):
        endless &= slope(high) > 0
        if not endless.any():
            break
        high[endless] *= 2
    high[too_high & (slope(low) <= 0)] = 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if np.all((middle == low) | (middle == high)):
            break
        rises = slope(middle) > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return high


def _within_means(game: SharingGame, s: Floats, rule: Rule, answers: Floats) -> Floats:
    """Return the answers, cut back to what can be afforded: from s, or from 0 if s cannot be."""
    start = np.where(rule.affords(game, s), s, 0.0)
    low, high = start, answers
    beyond = ~rule.affords(game, answers)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if np.all(~beyond | (middle == low) | (middle == high)):
            break
        fits = rule.affords(game, middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.where(beyond, low, answers)


def _gains(game: SharingGame, s: Floats, rule: Rule, answers: Floats) -> Floats:
    """Return what each agent alone gains by his answer; Shapley gains by integrating the slope."""
    if rule.shares is None:
        benefit = game.value * (game.accuracy.unilateral_values(s, answers) - game.accuracies(s))
    else:
        nodes, weights = np.polynomial.legendre.leggauss(GAIN_NODES)
        points = [s + 0.5 * (node + 1) * (answers - s) for node in nodes]
        slopes = np.array([rule.shares.slopes(point) for point in points])
        benefit = 0.5 * (answers - s) * (weights @ slopes)
    costs = game.costs.value(answers) - game.costs.value(s)
    return np.asarray(benefit - rule.borne * costs + rule.price * (answers - s))


def _global(
    game: SharingGame, s: Floats, rule: Rule, allowed: float, scale: float, claimed: bool
) -> Condition:
    """Search every concave piece of every agent's utility, once for agents alike."""
    first, _ = alike(game, s, rule)
    if len(first) > GLOBAL_LIMIT:
        reason = (
            f"{len(first):,} different agents with utilities that are not concave; at most "
            f"{GLOBAL_LIMIT:,} are searched"
        )
        return Condition(NAME, claimed, "not-checked", detail=reason)
    worst, moved, witness = 0.0, False, None
    for agent in first.tolist():
        points, gains = piece_maxima(game, s, rule, agent)
        best = int(np.argmax(gains))
        gain, answer = float(gains[best]), float(points[best])
        near = np.abs(points - s[agent]) <= EQUILIBRIUM_SLACK * max(1.0, float(s[agent]))
        elsewhere = bool(gains[near].max(initial=-np.inf) < gain - allowed)
        if witness is None or (elsewhere, gain) > (moved, worst):
            worst, moved = max(worst, gain), moved or elsewhere
            witness = _witness(game, s, agent, answer, gain)
    fails = moved or worst > allowed
    return Condition(
        NAME,
        claimed,
        "fail" if fails else "pass",
        violation=worst,
        scale=scale,
        tolerance=allowed,
        scope=f"{game.size:,} agents, {len(first):,} different, every piece between kinks; "
        f"a best response within {EQUILIBRIUM_SLACK:.0e}",
        detail=(
            "an agent's best response lies elsewhere"
            if fails
            else "no unilateral change pays, and a best response lies within delta"
        ),
        witness=witness,
    )


def _witness(
    game: SharingGame, s: Floats, agent: int, answer: float, gain: float
) -> Mapping[str, Any]:
    return {
        "agent": game.agents[agent],
        "contribution": float(s[agent]),
        "best_response": answer,
        "gain": gain,
    }


def alike(game: SharingGame, s: Floats, rule: Rule) -> tuple[Indices, Indices]:
    """Return one agent of every group with the same deviations, and each agent's group.

    Agents who weigh others differently still face the same choice if their weighted totals and own
    weights agree. Everybody is his own group where utilities are not known to depend on these only.
    """
    accuracy, every = game.accuracy, np.arange(game.size)
    if not isinstance(accuracy, WeightedAccuracy):
        return every, every
    curve = accuracy.curve
    if isinstance(curve, MixedCurve) or any(
        isinstance(getattr(curve, field.name), np.ndarray)
        for field in fields(curve)  # type: ignore[arg-type]
    ):
        return every, every
    columns = [game.costs.kinds, game.value, game.capacity, s, accuracy.index(s)]
    columns += [accuracy.weights.own, *([] if rule.money is None else [rule.money])]
    _, first, group = np.unique(
        np.column_stack(columns), axis=0, return_index=True, return_inverse=True
    )
    return first, group.reshape(-1)


def best_piece(game: SharingGame, s: Floats, rule: Rule, agent: int) -> tuple[float, float]:
    """Return the agent's global best response and its gain over his contribution."""
    points, gains = piece_maxima(game, s, rule, agent)
    best = int(np.argmax(gains))
    return float(points[best]), max(float(gains[best]), 0.0)


def _means(game: SharingGame, s: Floats, rule: Rule, agent: int) -> float:
    """Return the largest contribution that the agent's capacity and money allow."""
    capacity = float(game.capacity[agent])
    if rule.money is None:
        return capacity
    money = float(rule.money[agent])

    def affords(x: float) -> bool:
        spent = rule.borne * game.costs.along(agent, np.array([x])) - rule.price * x
        return bool(spent[0] <= money)

    low = float(s[agent]) if affords(float(s[agent])) else 0.0
    high = min(capacity, max(1.0, 2 * low))
    for _ in range(BISECTIONS):
        if high >= capacity or not affords(high):
            break
        low, high = high, min(capacity, 2 * high)
    if affords(high):
        return capacity
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if affords(middle) else (low, middle)
    return low


def piece_maxima(game: SharingGame, s: Floats, rule: Rule, agent: int) -> tuple[Floats, Floats]:
    """Return the best contribution of every piece between kinks, and its gain, both (pieces,)."""
    accuracy, costs = game.accuracy, game.costs
    top = _means(game, s, rule, agent)

    def slope(x: float) -> float:
        own = np.array([x])
        benefit = game.value[agent] * accuracy.slope_along(agent, s, own)
        return float((benefit - rule.borne * costs.slope_along(agent, own) + rule.price)[0])

    def utility(points: Floats) -> Floats:
        benefit = game.value[agent] * accuracy.along(agent, s, points)
        return np.asarray(benefit - rule.borne * costs.along(agent, points) + rule.price * points)

    kinks = [accuracy.own_kinks(agent, s), costs.kinks(agent), np.array([0.0])]
    ends = np.unique(np.concatenate(kinks))
    ends = ends[ends < top]
    if not np.isfinite(top):
        top = max(1.0, 2 * float(ends[-1]))
        for _ in range(BISECTIONS):
            if slope(top) <= 0:
                break
            top *= 2
    ends = np.append(ends, top)
    points = ends.tolist()
    for left, right in pairwise(ends.tolist()):
        low, high = left, right
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if middle in (low, high):
                break
            low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        points.append(high)
    found = np.array(points)
    return found, utility(found) - utility(s[agent : agent + 1])
