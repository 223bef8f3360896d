"""Nash equilibrium in rigorous numbers: the pair (epsilon, delta), proved or refuted.

An agent's utility along his own contribution is a maximum of concave branches. On the branch that
s_i lies on, with lo = s_i - delta and hi = s_i + delta cut to the branch,

- left slope(lo) >= 0 (or lo is the branch's start) and right slope(hi) <= 0 (or hi is its end)
  put a best response of the branch into [lo, hi]; strictly, every one of them;
- then nobody gains more than max(right slope(s_i)^+ (hi - s_i), left slope(s_i)^- (s_i - lo));
- left slope(lo) < 0 or right slope(hi) > 0 refutes: every best response is more than delta away.

Any other branch is bounded by tangents at both ends of a bracketed maximum. A gain is proved by
slopes too: on a concave branch a step from x to y rises by at least (y - x) times the slope at y.
Hints (where to look) come from rounded bisection and can only make a proof fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import flint

from mdsolve.certificate.rigorous.accuracy import Branch
from mdsolve.certificate.rigorous.costs import Cost, Side
from mdsolve.certificate.rigorous.numbers import (
    ZERO,
    Number,
    as_stored,
    as_written,
    at_most,
    between,
    larger,
)
from mdsolve.certificate.rigorous.setting import RigorousSetting, Rule
from mdsolve.conditions import Condition, Verdict
from mdsolve.game.enclosure import to_float
from mdsolve.tolerance import EQUILIBRIUM_SLACK, ROUND_OFF

NAME = "nash"

ORDER: tuple[Verdict, ...] = ("fail", "not-checked", "pass")
"""The worst verdict of all agents is that of the profile."""

BISECTIONS = 90
DOUBLINGS = 200
STEPS = 16
"""Steps by which a gain is proved from slopes."""

Slope = Callable[[Number, Side], Number]


@dataclass(frozen=True)
class Stand:
    """How one agent stands at his contribution.

    Parameters
    ----------
    verdict : {"pass", "fail", "not-checked"}
    gain : number
        What he gains by deviating: at least this if the verdict is ``fail``, at most otherwise.
    every : bool
        Whether all best responses of his branch certainly lie within delta.
    answer : number or None
        About where the best response is, if the verdict is ``fail``.
    """

    verdict: Verdict
    gain: Number
    every: bool = False
    answer: Number | None = None


def nash(setting: RigorousSetting) -> Condition:
    """Check that nobody gains by changing his contribution, and that payments are the rule's."""
    pairs = zip(setting.names, setting.s, setting.game.capacity, strict=True)
    outside = [who for who, x, top in pairs if x < 0 or (top is not None and x > top)]
    if outside:
        return _no_choice(setting, outside[0])
    rule, payments = setting.rule, setting.paid
    if isinstance(rule, str):
        return setting.unchecked(NAME, rule)
    allowed = setting.allowance(setting.scale)
    game = setting.game
    if game.budget is not None:
        costs = game.costs_at(setting.s)
        left = zip(setting.names, game.budget, costs, rule.payments, game.limited, strict=True)
        poor = [
            who for who, money, cost, paid, held in left if held and cost - money - paid > allowed
        ]
        if poor:
            return _no_choice(setting, poor[0])
    off = [abs(a - b) for a, b in zip(payments, rule.payments, strict=True)]
    if not all(at_most(gap, allowed) for gap in off):
        return setting.decided(
            NAME,
            off,
            setting.scale,
            ("", "the payments stored are not the mechanism's"),
            {"stored": payments, "recomputed": rule.payments},
            f"{setting.game.size:,} payments",
        )
    return _equilibrium(setting, stands(setting, rule, allowed), allowed)


def _no_choice(setting: RigorousSetting, agent: str) -> Condition:
    return Condition(
        NAME,
        NAME in setting.claimed,
        "fail",
        arithmetic=setting.game.calculus.name,
        detail="a contribution is not among those the agent can choose",
        witness={"agent": agent},
    )


def stands(setting: RigorousSetting, rule: Rule, allowed: Number) -> list[Stand]:
    """Return how every agent stands under a rule."""
    game, found = setting.game, []
    if rule.shares is not None and not game.accuracy.concave:
        message = "Shapley slopes of accuracies that are not concave are checked in floats only"
        raise ValueError(message)
    branches = None if rule.shares is not None else game.accuracy.branches(setting.s)
    for agent, cost in enumerate(game.costs):
        s, top = setting.s[agent], game.capacity[agent]
        if rule.shares is not None:
            slope = _slope(_shared(rule, agent), rule, cost)
            stand = _local(slope, ZERO, s, top, allowed)
            if game.limited[agent] and stand.verdict == "fail" and slope(s, "right") > ZERO:
                # More would be worth its cost, but payments may leave him no money for it.
                stand = replace(stand, verdict="not-checked")
            found.append(stand)
            continue
        assert branches is not None
        here, *others = [_worth(each, game.value[agent]) for each in branches[agent]]
        end = least(least(here.end, top), _means(rule, cost, agent, s))
        stand = _local(_slope(here.slope, rule, cost), here.start, s, end, allowed)
        now = here.value(s) - rule.borne * cost.value(s) + rule.price * s
        bests = [_supremum(branch, rule, cost, top) for branch in others]
        gains = [best - now for best in bests if best is not None]
        found.append(_compared(stand, gains, allowed, rule.money is None))
    return found


def _compared(stand: Stand, gains: list[Number], allowed: Number, affordable: bool) -> Stand:
    """Return the stand after a look at what the other branches offer."""
    if stand.verdict == "fail":
        return stand
    for gain in gains:
        if at_most(gain, allowed):
            stand = replace(stand, gain=larger(stand.gain, gain))
        elif gain > allowed and affordable:
            return Stand("fail", gain)
        else:
            stand = Stand("not-checked", larger(stand.gain, gain))
    return stand


def _equilibrium(setting: RigorousSetting, found: list[Stand], allowed: Number) -> Condition:
    verdicts = {stand.verdict for stand in found}
    verdict = next(name for name in ORDER if name in verdicts)
    pool = [k for k, stand in enumerate(found) if stand.verdict == verdict]
    worst = max(pool, key=lambda k: to_float(found[k].gain))
    every = all(stand.every for stand in found)
    stand, fails = found[worst], verdict == "fail"
    gain = _bound(stand.gain, upper=not fails)
    witness: dict[str, Any] = {
        "agent": setting.names[worst],
        "contribution": to_float(setting.s[worst]),
        "gain_at_least" if fails else "gain_at_most": gain,
    }
    if stand.answer is not None:
        witness["best_response"] = to_float(stand.answer)
    words = {
        "fail": "an agent's best response lies elsewhere",
        "not-checked": "neither proved nor refuted: the enclosures, or the bound, are too wide",
        "pass": "no unilateral change pays, and "
        + ("every best response" if every else "a best response of everybody")
        + " lies within delta",
    }
    return Condition(
        NAME,
        NAME in setting.claimed,
        verdict,
        violation=gain,
        scale=setting.scale,
        tolerance=to_float(allowed),
        arithmetic=setting.game.calculus.name,
        scope=f"{len(found):,} agents; best responses within {EQUILIBRIUM_SLACK:.0e}",
        detail=words[verdict],
        witness=witness,
    )


def _bound(gain: Number, *, upper: bool) -> float:
    """Return the end of an enclosure that was compared, as a float."""
    if isinstance(gain, flint.fmpq):
        return to_float(gain)
    return float(gain.upper() if upper else gain.lower())


def _shared(rule: Rule, agent: int) -> Slope:
    assert rule.shares is not None
    shares = rule.shares
    return lambda x, side: shares.slope(agent, x, side)


def _worth(branch: Branch, value: Number) -> Branch:
    """Return a branch in money."""
    return Branch(
        branch.start,
        branch.end,
        lambda x: value * branch.value(x),
        lambda x, side: value * branch.slope(x, side),
    )


def _slope(earned: Slope, rule: Rule, cost: Cost) -> Slope:
    """Return own marginal utility."""
    return lambda x, side: earned(x, side) - rule.borne * cost.slope(x, side) + rule.price


def least(left: Number | None, right: Number | None) -> Number | None:
    """Return the smaller of two ends, where None is no end."""
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)


def _means(rule: Rule, cost: Cost, agent: int, s: Number) -> Number | None:
    """Return a contribution just above s that the agent certainly cannot pay for, if there is one.

    What he can pay for is an interval, so nothing beyond is open to him.
    """
    money = None if rule.money is None else rule.money[agent]
    if money is None:
        return None
    above = s + _relative(ROUND_OFF, s)
    spent = rule.borne * cost.value(above) - rule.price * above
    rising = rule.borne * cost.slope(above, "right") >= rule.price
    return above if rising and spent > money else None


def _relative(size: float, s: Number) -> Number:
    return as_written(size) * max(abs(s), flint.fmpq(1))


def _local(slope: Slope, start: Number, s: Number, end: Number | None, allowed: Number) -> Stand:
    """Return how s stands on its branch."""
    delta = _relative(EQUILIBRIUM_SLACK, s)
    low = max(start, s - delta)
    high = s + delta if end is None else max(s, min(end, s + delta))
    after, before = slope(s, "right"), slope(s, "left")
    sides = [
        (True, True) if low == start else _sign(slope(low, "left")),
        (True, True) if end is not None and high >= end else _sign(-slope(high, "right")),
    ]
    up = larger(after, ZERO) * (high - s) if high > s else ZERO
    down = larger(-before, ZERO) * (s - low) if s > low else ZERO
    gain = larger(up, down)
    away = [side[0] is False for side in sides]
    every = all(side[1] for side in sides)
    if all(side[0] for side in sides):
        if at_most(gain, allowed):
            return Stand("pass", gain, every)
    elif not any(away):
        return Stand("not-checked", gain)
    rises = away[1] or (not away[0] and bool(up >= down))
    answer = _summit(slope, s, end if rises else start, rises)
    proved = _proved_gain(slope, s, answer)
    if any(away) or proved > allowed:
        return Stand("fail", proved, False, answer)
    return Stand("not-checked", gain, every)


def _sign(slope: Number) -> tuple[bool | None, bool]:
    """Return whether the slope is certainly >= 0, and whether it is certainly > 0."""
    return at_most(ZERO, slope), bool(slope > 0)


def _rounded(value: Number) -> Number:
    """Return a dyadic number of few digits nearby, so that bisection does not grow fractions."""
    return as_stored(to_float(value))


def _summit(slope: Slope, s: Number, end: Number | None, rises: bool) -> Number:
    """Return about where the slope changes sign between s and an end; a hint."""
    far = end
    if far is None:
        step = max(abs(s), flint.fmpq(1))
        far = s + step
        for _ in range(DOUBLINGS):
            if not to_float(slope(far, "right")) > 0:
                break
            step *= 2
            far = s + step
    near = s
    for _ in range(BISECTIONS):
        middle = _rounded((near + far) / 2)
        if not min(near, far) < middle < max(near, far):
            break
        climbs = to_float(slope(middle, "right")) > 0
        near, far = (middle, far) if climbs == rises else (near, middle)
    return near


def _proved_gain(slope: Slope, s: Number, answer: Number) -> Number:
    """Return a lower bound of what moving from s to the answer gains, by slopes on the way."""
    side: Side = "left" if answer > s else "right"
    step = (answer - s) / STEPS
    found: Number = ZERO
    for k in range(1, STEPS + 1):
        found = found + step * slope(s + k * step, side)
    return found


def _supremum(branch: Branch, rule: Rule, cost: Cost, top: Number | None) -> Number | None:
    """Return an enclosure of the largest utility on a branch, None where the branch is empty."""
    end = least(branch.end, top)
    if end is not None and end < branch.start:
        return None

    def value(x: Number) -> Number:
        return branch.value(x) - rule.borne * cost.value(x) + rule.price * x

    return largest_value(value, _slope(branch.slope, rule, cost), branch.start, end)


def largest_value(
    value: Callable[[Number], Number], slope: Slope, start: Number, end: Number | None
) -> Number:
    """Return an enclosure of the maximum of a concave function on [start, end].

    Raises
    ------
    ValueError
        If no point is found beyond which the function certainly does not rise.

    Examples
    --------
    >>> from mdsolve.certificate.rigorous.numbers import ONE
    >>> best = largest_value(lambda x: x * (1 - x), lambda x, side: 1 - 2 * x, ZERO, ONE)
    >>> best.contains(ONE / 4), bool(best.rad() < ONE / 10**12)
    (True, True)
    """
    if end == start:
        return value(start)
    summit = _summit(slope, start, end, True)
    width = _relative(ROUND_OFF, summit)
    low, high = max(start, summit - width), summit + width
    high = high if end is None else min(high, end)
    for _ in range(DOUBLINGS):
        left = low == start or at_most(ZERO, slope(low, "left")) is True
        right = high == end or at_most(slope(high, "right"), ZERO) is True
        if left and right:
            break
        width *= 4
        low = low if left else max(start, summit - width)
        high = high if right else (summit + width if end is None else min(end, summit + width))
    else:
        message = "no best contribution was found: utility may rise without end"
        raise ValueError(message)
    lower, upper = value(low), value(high)
    bound = lower + larger(slope(low, "right"), ZERO) * (high - low)
    middle = value(summit) if low <= summit <= high else lower
    return between(larger(larger(lower, upper), middle), larger(bound, middle))
