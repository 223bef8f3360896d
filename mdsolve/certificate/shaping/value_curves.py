"""Conditions of `value-shaping`: on every agent's whole curve, and on the total of all data.

The solution states for each agent three break points (own contribution, value of the model):
up to the first his model is v(own + P), up to the second v(own + others + P), then it lies on the
straight line to the third, beyond which it is v(own + others + P) again. Others contribute what
the solution says. All inequalities follow from values and slopes at the break points, because v is
0 up to its threshold and concave beyond: nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.shaping.value_alone import FAR, HALVINGS, ValueOfData, value_of_data
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.conditions import Condition
from mdsolve.tolerance import EQUILIBRIUM_SLACK, ROUND_OFF

Floats = npt.NDArray[np.float64]

FEASIBILITY = "curve-feasibility"
RATIONALITY = "individual-rationality-alone"
NASH = "nash"
MAXIMALITY = "data-maximality"

WIDENINGS = 4
"""How often the distance above the total is widened tenfold where two roots nearly meet."""

ROUNDING = 32 * float(np.finfo(np.float64).eps)
"""Relative error allowed to a sum of n terms, each of a few operations, added pairwise."""


@dataclass(frozen=True)
class ShapedClaim:
    """The stated curves beside the game.

    Parameters
    ----------
    own, handed : (n, 3)
        Break points in samples, and values there.
    """

    setting: SharingSetting
    data: ValueOfData
    own: Floats
    handed: Floats

    @cached_property
    def others(self) -> Floats:
        """Data of everybody else and of the platform, shape (n,)."""
        s = self.setting.s
        return np.asarray(np.maximum(s.sum() - s, 0.0) + self.data.platform)

    @cached_property
    def line(self) -> Floats:
        """Slope of the straight piece, shape (n,); infinite where it is a jump."""
        run = self.own[:, 2] - self.own[:, 1]
        rise = self.handed[:, 2] - self.handed[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(run > 0, rise / run, np.inf))

    @cached_property
    def utilities(self) -> Floats:
        """What the agents have, fixed costs and budgets left out, in money."""
        received = self.setting.received
        full = np.full(len(self.others), self.data.at(self.setting.s.sum() + self.data.platform))
        return self.data.value * (full if received is None else received) - (
            self.data.rate * self.setting.s
        )

    @property
    def scale(self) -> float:
        """Largest benefit or cost: what a utility near 0 is the difference of, in money."""
        benefits = self.data.value * np.abs(self.handed).max(axis=1, initial=0.0)
        return float(np.maximum(benefits, self.data.rate * self.setting.s).max(initial=0.0))

    @property
    def scope(self) -> str:
        """What was covered."""
        return f"{self.setting.game.size:,} agents, every own contribution"


def shaped_claim(setting: SharingSetting) -> ShapedClaim | str:
    """Return the claim with its curves, or why they cannot be read."""
    data = value_of_data(setting.game)
    if isinstance(data, str):
        return data
    stated = setting.claim.details.get("curves")
    if stated is None:
        return "the solution states no curves"
    try:
        points = np.asarray(stated, dtype=np.float64)
    except (TypeError, ValueError):
        return "the curves are not numbers"
    if points.shape != (setting.game.size, 3, 2) or not np.all(np.isfinite(points)):
        return f"the curves are not {setting.game.size} times 3 pairs of numbers"
    return ShapedClaim(setting, data, points[:, :, 0], points[:, :, 1])


def curve_feasibility(setting: SharingSetting) -> Condition:
    """Check that no curve exceeds v(own + others) anywhere.

    What all data together can give is a hard limit, so only rounding is allowed, whatever the
    tolerance. The straight piece lies below the concave v if its ends do, and if it has not left 0
    where v does.
    """
    claim = shaped_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(FEASIBILITY, claim)
    own, handed, data = claim.own, claim.handed, claim.data
    limits = data.curve.value(own + claim.others[:, None])
    above = (handed - limits).max(axis=1)
    kink = data.threshold - claim.others
    within = (own[:, 1] < kink) & (kink < own[:, 2])
    with np.errstate(invalid="ignore"):
        start = np.where(within, handed[:, 1] + claim.line * (kink - own[:, 1]), -np.inf)
    unordered = np.maximum(-own[:, 0], -np.diff(own, axis=1).min(axis=1))
    outside = np.maximum(unordered, own[:, 2] - claim.data.capacity)
    violations = np.maximum(np.maximum(above, start), np.where(outside > 0, np.inf, -np.inf))
    rigid = replace(setting, tolerance=min(setting.tolerance, ROUND_OFF))
    return rigid.decided(
        FEASIBILITY,
        violations,
        float(np.abs(handed).max(initial=0.0)),
        (
            "no model is better than all data together can make it",
            "a model is promised that all data together cannot give",
        ),
        {"contribution": own[:, 2], "handed": handed[:, 2], "possible": limits[:, 2]},
        claim.scope,
    )


def rationality_alone(setting: SharingSetting) -> Condition:
    """Check utilities against training alone, and the whole curve against v(own)."""
    claim = shaped_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(RATIONALITY, claim)
    own, handed, data = claim.own, claim.handed, claim.data
    best = data.alone[1]
    value, rate = data.value, data.rate
    first = value * (data.curve.value(own[:, 0]) - handed[:, 0])
    straight = own[:, 2] > own[:, 1]
    line = np.where(straight, claim.line, 0.0)
    # The straight piece, drawn back to the first break point, starts at or above it ...
    back = value * (handed[:, 0] + line * (own[:, 1] - own[:, 0]) - handed[:, 1])
    # ... and what it gives beyond, v(own) could exceed only by exceeding the best alone.
    short = np.maximum(rate - value * line, 0.0) * (own[:, 2] - own[:, 0])
    beyond = best - (value * handed[:, 0] - rate * own[:, 0]) + short
    along = np.where(straight, beyond + np.maximum(back, 0.0), -np.inf)
    violations = np.max([best - claim.utilities, first, along], axis=0)
    return setting.decided(
        RATIONALITY,
        violations,
        claim.scale,
        ("nobody is better off training alone", "an agent is better off training alone"),
        {"utility": claim.utilities, "alone": best},
        claim.scope,
    )


def nash(setting: SharingSetting) -> Condition:
    """Check that the third break point is the contribution and a best response to the curve."""
    claim = shaped_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(NASH, claim)
    own, handed, data, s = claim.own, claim.handed, claim.data, setting.s
    received = handed[:, 2] if setting.received is None else setting.received
    off = np.abs(s - own[:, 2]) > EQUILIBRIUM_SLACK * np.maximum(1.0, own[:, 2])
    given = np.abs(received - handed[:, 2])
    if off.any() or np.any(given > setting.tolerance * np.maximum(1.0, np.abs(received))):
        return setting.decided(
            NASH,
            np.where(off, np.inf, data.value * given),
            claim.scale,
            ("", "an agent is not where his curve ends"),
            {"contribution": s, "curve_ends": own[:, 2], "received": received},
            claim.scope,
        )
    value, rate = data.value, data.rate

    def worth(k: int) -> Floats:
        return np.asarray(value * handed[:, k] - rate * own[:, k])

    # Up to the first break point the agent has what he could have alone. The second piece rises
    # from the threshold on and is concave: it lies below its tangent at the second break point.
    middle = own[:, 1] + claim.others
    falling = np.maximum(rate - value * data.curve.slope(middle), 0.0)
    run = own[:, 1] - np.maximum(own[:, 0], data.threshold - claim.others)
    second = value * data.curve.value(middle) - rate * own[:, 1] + falling * np.maximum(run, 0.0)
    second = np.where(own[:, 1] > own[:, 0], second, -np.inf)
    best = np.max([data.alone[1], second, worth(1), worth(2), _beyond(claim)], axis=0)
    return setting.decided(
        NASH,
        best - claim.utilities,
        claim.scale,
        (
            "no other contribution pays against the agents' own curves",
            "another contribution pays against an agent's own curve",
        ),
        {"contribution": s, "utility": claim.utilities, "best": best},
        claim.scope,
    )


def _beyond(claim: ShapedClaim) -> Floats:
    """Return a bound on utilities beyond the third break point, in money."""
    data, end = claim.data, claim.own[:, 2]
    y = end + claim.others
    slope = data.value * data.curve.slope(y) - data.rate
    near = EQUILIBRIUM_SLACK * np.maximum(1.0, y)
    turned = data.value * data.curve.slope(y + near) <= data.rate
    reach = np.where(turned, np.minimum(near, data.capacity - end), data.capacity - end)
    with np.errstate(invalid="ignore"):
        rise = np.where(slope > 0, slope * reach, 0.0)
    rise = np.minimum(rise, data.value * (data.at(FAR) - data.curve.value(y)))
    concave = data.value * data.curve.value(y) - data.rate * end + rise
    # Below the threshold the others' data only save the agent what he would have to bring himself.
    saved = data.helped[1] + data.rate * (claim.others - data.platform)
    return np.where(y >= data.threshold, concave, saved)


def data_maximality(setting: SharingSetting) -> Condition:
    """Check that no feasible and rational mechanism without payments has an equilibrium above.

    At every such equilibrium s_i <= min(capacity_i, (value_i v(S + P) - u_i) / rate_i), u_i the
    best alone, so phi(S) = sum of that - S >= 0. phi is concave above the threshold: where it is
    negative with a negative slope, nothing lies above.
    """
    claim = shaped_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(MAXIMALITY, claim)
    data, worth = claim.data, claim.data.alone[0]
    gained = np.where(
        setting.s < data.capacity * (1 - EQUILIBRIUM_SLACK), claim.utilities - worth, 0.0
    )
    equal = setting.decided(
        MAXIMALITY,
        gained,
        claim.scale,
        ("", "an agent has more than alone, so more could be asked of him"),
        {"utility": claim.utilities, "alone": worth},
        claim.scope,
    )
    if equal.verdict == "fail":
        return equal
    total = float(setting.s.sum())
    above, excess = (
        _nothing_at_all(data, worth)
        if total + data.platform < data.threshold
        else _nothing_above(data, worth, total)
    )
    fails = excess >= 0
    return Condition(
        MAXIMALITY,
        MAXIMALITY in setting.claimed,
        "fail" if fails else "pass",
        violation=excess,
        scale=total,
        tolerance=0.0,
        scope="every feasible mechanism without payments that is rational against training alone",
        detail=(
            "more data than this is not ruled out"
            if fails
            else f"no equilibrium has more than {above:.12g} samples"
        ),
        witness={"total": total, "nothing_above": above, "asked_less_total": excess},
    )


def _nothing_above(data: ValueOfData, worth: Floats, total: float) -> tuple[float, float]:
    """Return a total just above, and a bound on phi there; negative if that rules out the rest."""
    distance = EQUILIBRIUM_SLACK * (total or 1.0)
    for _ in range(WIDENINGS):
        amount, slope, size = data.asked(total + distance, worth)
        excess = amount - (total + distance) + ROUNDING * size
        if excess < 0 and slope < 1:
            break
        distance *= 10
    return total + distance, excess if slope < 1 else max(excess, 0.0)


def _nothing_at_all(data: ValueOfData, worth: Floats) -> tuple[float, float]:
    """Return 0 and the larger end of a tangent of phi; negative if no positive total is left."""
    low = data.threshold - data.platform
    top, _, most = data.asked(FAR - data.platform, worth)
    high = max(low, top)
    begin, end = low, high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if data.asked(middle, worth)[1] > 1 else (low, middle)
    amount, slope, size = data.asked(low, worth)
    slope = min(slope, max(1.0, data.asked(high, worth)[1]))  # between the sides of a kink
    ends = [amount - low + (slope - 1) * (x - low) for x in (begin, end)]
    return 0.0, max(ends) + ROUNDING * max(size, most if most < FAR else size)


VALUE_SHAPING_CHECKS: Mapping[str, Callable[[SharingSetting], Condition]] = {
    FEASIBILITY: curve_feasibility,
    RATIONALITY: rationality_alone,
    NASH: nash,
    MAXIMALITY: data_maximality,
}
"""Conditions of shaped models, by name."""
