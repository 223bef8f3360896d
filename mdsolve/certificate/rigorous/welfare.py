"""The welfare optimum in rigorous numbers: a proved gap between the p-mean and its upper bound.

For weights lambda > 0 and p' = p / (p - 1), reverse Hoelder gives for every feasible choice

    M_p(u) <= sum_i lambda_i u_i / M_p'(n lambda).

With mu = lambda + gamma, gamma >= 0 on the budgets b_i >= 0, T = sum mu, k_i = (1-beta) mu_i +
beta/(n-1) (T - mu_i), and a tangent of slope G at y0 of g(y) = sum_i lambda_i value_i f_i(y),

    sum_i lambda_i u_i <= mu.B + g(y0) + G (platform - y0) + sum_i max_s (G w_i s - k_i c_i(s)),

s from 0 to a contribution that is proved to be more than anybody could afford or would want. The
multipliers and y0 are hints. Money left is computed from the contributions, so the budget equation
holds identically. A bound above the value refutes nothing: only a better feasible choice does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import flint
import numpy as np

from mdsolve.certificate.rigorous.accuracy import WeightedAccuracy
from mdsolve.certificate.rigorous.costs import Cost
from mdsolve.certificate.rigorous.curves import ConcaveCurve
from mdsolve.certificate.rigorous.game import RigorousGame
from mdsolve.certificate.rigorous.nash import largest_value
from mdsolve.certificate.rigorous.numbers import (
    ONE,
    ZERO,
    Calculus,
    Number,
    as_stored,
    as_written,
    at_most,
    dot,
    larger,
    smaller,
    total,
)
from mdsolve.certificate.rigorous.setting import RigorousSetting, largest
from mdsolve.certificate.sharing.check import welfare_claim
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.certificate.sharing.welfare_bound import WelfareBound, multipliers
from mdsolve.certificate.sharing.welfare_claim import OPTIMALITY, WelfareClaim
from mdsolve.conditions import Condition
from mdsolve.game.enclosure import to_float
from mdsolve.game.p_mean import p_mean
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import ROUND_OFF

Numbers = Sequence[Number]

DOUBLINGS = 200
TRIALS = (0.0, 0.9, 0.99, 1.01, 1.1)
"""Factors on one contribution, or all, that are tried in search of a better choice."""


def welfare_optimality(  # noqa: PLR0911 - one return per reason not to check
    setting: RigorousSetting, game: SharingGame
) -> Condition:
    """Check that no feasible contributions have a larger p-mean, up to the tolerance."""
    claim = welfare_claim(SharingSetting(game, setting.claim, 0.0, setting.claimed))
    if isinstance(claim, str):
        return setting.unchecked(OPTIMALITY, claim)
    exact, accuracy = setting.game, setting.game.accuracy
    if not isinstance(accuracy, WeightedAccuracy) or accuracy.weights.group is not None:
        return setting.unchecked(OPTIMALITY, "accuracy is not a function of one common total")
    if not accuracy.concave:
        return setting.unchecked(OPTIMALITY, "accuracy is not concave: tangents prove nothing")
    if claim.p != 1 and not all(setting.game.limited):
        return setting.unchecked(OPTIMALITY, "without budgets only p = 1 has a meaning")
    hints = multipliers(claim)
    if isinstance(hints, str):
        return setting.unchecked(OPTIMALITY, hints)
    p = None if claim.p == -math.inf else as_written(claim.p)
    share = as_stored(claim.beta) if game.budgeted and game.size > 1 else ZERO
    utilities = _utilities(exact, share, setting.s)
    objective = mean(utilities, p, exact.calculus)
    bound = _bound(exact, accuracy, claim, hints, share, p)
    if bound is None:
        return setting.unchecked(OPTIMALITY, "the multipliers of the proof bound nothing")
    scale = largest(utilities)
    allowed = setting.allowance(scale)
    gap = larger(bound - objective, ZERO)
    scope = f"every feasible contribution of {game.size:,} agents, p = {claim.p:g}"
    witness: dict[str, Any] = {
        "p": "-inf" if p is None else claim.p,
        "objective": to_float(objective),
        "bound": to_float(bound),
    }
    words = (
        f"no feasible contributions have a p-mean above {to_float(bound):.12g}",
        "other feasible contributions have a larger p-mean",
    )
    if at_most(gap, allowed) is not True:
        better = _better(exact, claim, share, p)
        if better is None or not better - objective > allowed:
            reason = "the multipliers leave room for a larger p-mean: optimality is not proved"
            return setting.unchecked(OPTIMALITY, reason)
        gap = better - objective
        witness["better"] = to_float(better)
    return setting.tallied(OPTIMALITY, [gap], allowed, scale, words, scope, lambda _: witness)


def mean(values: Numbers, p: Number | None, calculus: Calculus) -> Number:
    """Return the normalised p-mean of values, all positive unless p = 1; None stands for -inf.

    Raises
    ------
    UnsupportedError
        In exact arithmetic, where the mean is irrational.
    ValueError
        If the mean is not defined.

    Examples
    --------
    >>> from mdsolve.certificate.rigorous.numbers import EXACT
    >>> mean([ONE, 3 * ONE], flint.fmpq(-1), EXACT)
    3/2
    """
    n = len(values)
    if p == 1:
        return total(values) / n
    if p is None:
        least = values[0]
        for value in values[1:]:
            least = smaller(least, value)
        return least
    if not all(value > 0 for value in values):
        message = "a utility is not certainly positive, so the p-mean is not defined"
        raise ValueError(message)
    if p == 0:
        return flint.arb(total([calculus.logarithm(value) for value in values]) / n).exp()
    powers = total([calculus.power(value, p) for value in values]) / n
    return calculus.power(powers, 1 / p)


def _conjugate_mean(values: Numbers, p: Number | None, calculus: Calculus) -> Number:
    """Return M_p' for p' = p / (p - 1) of weights >= 0."""
    if p is None:
        return total(values) / len(values)
    if p == 1:
        return mean(values, None, calculus)
    positive = all(value > 0 for value in values)
    if p >= 0 and not positive:
        return ZERO
    if not positive:
        # Here 0 < p' < 1: a weight 0 adds nothing to the sum of powers.
        power = p / (p - 1)
        powers = total([calculus.power(value, power) for value in values if value > 0])
        return calculus.power(powers / len(values), 1 / power)
    return mean(values, p / (p - 1), calculus)


def _utilities(game: RigorousGame, beta: Number, s: Numbers) -> list[Number]:
    """Return b_i + value_i a_i with b_i = B_i - (1-beta) c_i - beta/(n-1) sum_{j != i} c_j."""
    left = _left(game, beta, game.costs_at(s))
    return [b + a for b, a in zip(left, game.benefits(s), strict=True)]


def _left(game: RigorousGame, beta: Number, costs: Numbers) -> list[Number]:
    budget = [ZERO] * game.size if game.budget is None else game.budget
    if game.size == 1:
        return [budget[0] - costs[0]]
    whole, others = total(costs), beta / (game.size - 1)
    return [
        b - (1 - beta) * cost - others * (whole - cost)
        for b, cost in zip(budget, costs, strict=True)
    ]


def _bound(
    game: RigorousGame,
    accuracy: WeightedAccuracy,
    claim: WelfareClaim,
    hints: tuple[Any, Any],
    beta: Number,
    p: Number | None,
) -> Number | None:
    """Return an upper bound of every attainable M_p, None if there is none."""
    weights, duals = ([as_stored(x) for x in column.tolist()] for column in hints)
    n, data = game.size, accuracy.weights.table[0]
    norm = _conjugate_mean([n * x for x in weights], p, game.calculus)
    most = _most(game, accuracy, beta)
    if not norm > 0 or most is None:
        return None
    both = [a + b for a, b in zip(weights, duals, strict=True)]
    whole, others = total(both), beta / max(1, n - 1)
    borne = [(1 - beta) * mu + others * (whole - mu) for mu in both]
    money = ZERO if game.budget is None else dot(both, game.budget)
    worth = [a * b for a, b in zip(weights, game.value, strict=True)]
    best: Number | None = None
    for y, slope in _tangents(game, accuracy, claim, worth, borne):
        height = dot(worth, [curve.value(y) for curve in accuracy.curves])
        gains = [
            _most_gained(slope * w, k, cost, top)
            for w, k, cost, top in zip(data, borne, game.costs, most, strict=True)
        ]
        bound = (money + height + slope * (accuracy.platform - y) + total(gains)) / norm
        best = bound if best is None else smaller(best, bound)
    return best


def _tangents(
    game: RigorousGame,
    accuracy: WeightedAccuracy,
    claim: WelfareClaim,
    worth: Numbers,
    borne: Numbers,
) -> list[tuple[Number, Number]]:
    """Return places and slopes of lines above g that promise a good bound."""
    hint = multipliers(claim)
    assert not isinstance(hint, str)
    own = accuracy.index([as_stored(max(x, 0.0)) for x in claim.contributions.tolist()])[0]
    cross = as_stored(WelfareBound(claim, *hint).crossing()[1])
    places = [own, cross, cross * (1 + as_written(ROUND_OFF))]
    found = []
    for y in places:
        curves = [curve for curve in accuracy.curves if isinstance(curve, ConcaveCurve)]
        right, left = (dot(worth, [c.slope(y, side) for c in curves]) for side in ("right", "left"))
        found.append((y, right))
        if left > right:
            prices = _prices(game, accuracy, claim, borne)
            found += [(y, price) for price in prices if right < price < left]
    return found


def _prices(
    game: RigorousGame, accuracy: WeightedAccuracy, claim: WelfareClaim, borne: Numbers
) -> list[Number]:
    """Return k_i c_i'(s_i) / w_i of a few agents who contribute: where they would stop."""
    inner = np.flatnonzero(
        (claim.contributions > 0) & (claim.contributions < claim.game.capacity)
    ).tolist()
    data = accuracy.weights.table[0]
    return [
        borne[k] * game.costs[k].slope(as_stored(claim.contributions[k]), "right") / data[k]
        for k in inner[:8]
        if data[k] > 0
    ]


def _most_gained(worth: Number, borne: Number, cost: Cost, top: Number) -> Number:
    """Return an upper bound of worth s - borne c(s) on [0, top]."""
    if cost.is_linear:
        return larger(worth - borne * cost.rate, ZERO) * top - borne * cost.fixed
    return largest_value(
        lambda x: worth * x - borne * cost.value(x),
        lambda x, side: worth - borne * cost.slope(x, side),
        ZERO,
        top,
    )


def _most(game: RigorousGame, accuracy: WeightedAccuracy, beta: Number) -> list[Number] | None:
    """Return contributions that no feasible choice, or no best one, exceeds."""
    if not all(game.limited):
        return _worthwhile(game, accuracy)
    fixed = game.costs_at([ZERO] * game.size)
    left = _left(game, beta, fixed)
    for agent, amount in enumerate(left):
        if amount < 0:
            message = f"no contribution is feasible for agent number {agent + 1}"
            raise ValueError(message)
    order = sorted(range(game.size), key=lambda k: to_float(left[k]))
    result = []
    for agent, cost in enumerate(game.costs):
        money = None if beta >= 1 else left[agent] / (1 - beta)
        if game.size > 1 and beta > 0:
            least = left[order[0] if order[0] != agent else order[1]] * (game.size - 1) / beta
            money = least if money is None else smaller(money, least)
        assert money is not None
        top = game.capacity[agent]
        limit, beyond = fixed[agent] + money, ONE
        while not cost.value(beyond) > limit:
            beyond *= 2
            if top is not None and beyond > top:
                break
            if beyond > 2**DOUBLINGS:
                return None
        result.append(beyond if top is None else min(beyond, top))
    return result


def _worthwhile(game: RigorousGame, accuracy: WeightedAccuracy) -> list[Number] | None:
    """Return bounds that some maximiser of the total of utilities respects.

    If w_i sum_k value_k f_k'(platform + y) <= c_i'(y), whoever gives more than y max(1, 1/w_i) does
    not lose by giving less.
    """
    data = accuracy.weights.table[0]
    endless = [k for k, top in enumerate(game.capacity) if top is None]
    y = ONE
    while endless:
        curves = [curve for curve in accuracy.curves if isinstance(curve, ConcaveCurve)]
        at = y + accuracy.platform
        gain = dot(game.value, [curve.slope(at, "right") for curve in curves])
        if all(at_most(data[k] * gain, game.costs[k].slope(y, "left")) for k in endless):
            break
        y *= 2
        if y > 2**DOUBLINGS:
            return None
    return [
        top if top is not None else y / min(ONE, data[k] if data[k] > 0 else ONE)
        for k, top in enumerate(game.capacity)
    ]


def _better(
    game: RigorousGame, claim: WelfareClaim, beta: Number, p: Number | None
) -> Number | None:
    """Return the p-mean of a feasible choice that rounded arithmetic finds better, if any."""
    s, capacity = claim.contributions, claim.game.capacity
    trials = [np.minimum(factor * s + (factor > 1) * ROUND_OFF, capacity) for factor in TRIALS]
    for agent in range(min(game.size, 50)):
        for factor in TRIALS:
            trial = s.copy()
            trial[agent] = min(factor * s[agent] + (factor > 1), capacity[agent])
            trials.append(trial)

    def value(trial: Any) -> float:
        other = replace(claim, contributions=trial)
        feasible = bool(np.all(other.left[claim.game.limited] > 0))
        return p_mean(other.utilities, claim.p) if feasible else -math.inf

    chosen = max(trials, key=value)
    point = [as_stored(x) for x in chosen.tolist()]
    left = _left(game, beta, game.costs_at(point))
    tops = zip(point, game.capacity, strict=True)
    within = all(top is None or x <= top for x, top in tops)
    held = [x for x, limited in zip(left, game.limited, strict=True) if limited]
    if not within or not all(at_most(ZERO, x) for x in held):
        return None
    return mean(_utilities(game, beta, point), p, game.calculus)
