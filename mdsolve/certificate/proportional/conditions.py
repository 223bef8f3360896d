"""Conditions of the proportional rules: equilibrium, models that can be trained, rationality.

Everything is recomputed from the contributions: who stands where, what model he receives, what
any other contribution would bring. Agents alike with equal contributions are looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.proportional.deviations import OwnUtility, Search, search
from mdsolve.certificate.proportional.rule import Position, too_many_coalitions
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.conditions import Condition
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import Curve, MixedCurve
from mdsolve.tolerance import EQUILIBRIUM_SLACK, ROUND_OFF

Floats = npt.NDArray[np.float64]

GROUPS_LIMIT = 3000
"""Most different agents whose deviations are searched one by one."""

PREFIX = "proportional-"


@dataclass(frozen=True)
class Ranked:
    """The claimed profile under the claimed rule.

    Parameters
    ----------
    setting : SharingSetting
    curve : Curve
        Everybody's accuracy, of all data.
    power : float
    first, members
        One agent of every group of agents alike, and everybody's group.
    """

    setting: SharingSetting
    curve: Curve
    power: float
    first: npt.NDArray[np.intp]
    members: npt.NDArray[np.intp]

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.first)

    def own(self, group: int, alone: bool = False) -> OwnUtility:
        """Return one agent's utility along his own contribution, the others as claimed or at 0."""
        game, s, agent = self.setting.game, self.setting.s, int(self.first[group])
        others = np.delete(s, agent)
        levels, counts = np.unique(others[others > 0], return_counts=True)
        if alone:
            levels, counts = levels[:0], counts[:0]
        assert self.setting.claim.mechanism is not None
        measure = self.setting.claim.mechanism.removeprefix(PREFIX)
        platform = 0.0 if alone else game.platform_data
        position = Position(measure, self.curve, platform, levels, counts.astype(float))
        costs = game.costs.take(np.array([agent], dtype=np.intp))
        top = float(game.capacity[agent])
        own = OwnUtility(position, self.power, costs, float(game.value[agent]), top)
        if not game.limited[agent]:
            return own
        return replace(own, capacity=_affordable(own, float(game.budget[agent]), float(s[agent])))

    @cached_property
    def factors(self) -> Floats:
        """Ratio^p of every agent at the claimed profile, shape (n,)."""
        s = self.setting.s
        each = [
            self.own(group).factor(s[self.first[group] : self.first[group] + 1])[0]
            for group in range(self.groups)
        ]
        return np.array(each)[self.members]

    @property
    def full(self) -> float:
        """Value of the model that all data give, in accuracy."""
        total = self.setting.game.platform_data + float(self.setting.s.sum())
        return float(self.curve.value(np.array([total]))[0])

    @cached_property
    def utilities(self) -> Floats:
        """Utilities at the claimed profile without budgets, in money, shape (n,)."""
        game = self.setting.game
        cost = game.costs.value(self.setting.s)
        return np.asarray(game.value * self.factors * self.full - cost)


def _affordable(own: OwnUtility, money: float, start: float) -> float:
    """Return the largest contribution that a budget pays for, by bisection."""
    far = min(max(1.0, 2 * start), own.capacity)
    while far < own.capacity and own.costs.along(0, np.array([far]))[0] <= money:
        far = min(2 * far, own.capacity)
    if not np.isfinite(far) or own.costs.along(0, np.array([far]))[0] <= money:
        return far
    low = 0.0
    while (middle := 0.5 * (low + far)) not in (low, far):
        fits = own.costs.along(0, np.array([middle]))[0] <= money
        low, far = (middle, far) if fits else (low, middle)
    return low


def ranked(setting: SharingSetting) -> Ranked | str:  # noqa: PLR0911 - one return per reason
    """Return the profile under the rule, or why it cannot be checked."""
    game, s = setting.game, setting.s
    stated = setting.claim.details.get("p", setting.claim.options.get("p", 1))
    try:
        power = float(stated)
    except (TypeError, ValueError):
        return "the solution does not state its exponent p as a number"
    if not 0 <= power <= 1:
        return "exponents outside [0, 1] are not checked"
    if not np.all(np.isfinite(s) & (s >= 0)):
        return "contributions are not finite and non-negative"
    accuracy = game.accuracy
    if not isinstance(accuracy, WeightedAccuracy):
        return f"the rule is not defined for the family {accuracy.family}"
    one = _common_curve(accuracy)
    if one is None:
        return "the rule is only defined for one accuracy curve of all data added up"
    if one.value(np.array([game.platform_data]))[0] < 0:
        return "the value of no data is negative"
    table = np.column_stack([s, game.value, game.capacity, game.budget, game.costs.kinds])
    _, first, members = np.unique(table, axis=0, return_index=True, return_inverse=True)
    if len(first) > GROUPS_LIMIT:
        return f"{len(first):,} different agents; at most {GROUPS_LIMIT:,} are searched one by one"
    found = Ranked(setting, one, power, first, members.reshape(-1))
    position = found.own(0).position
    if too_many_coalitions(position.measure, position.counts):
        return "the others form too many different coalitions for their Shapley values"
    return found


def _common_curve(accuracy: WeightedAccuracy) -> Curve | None:
    """Return the curve that everybody has of all data added up, None where there is none."""
    curve = accuracy.curve
    if not accuracy.of_all_data or isinstance(curve, MixedCurve):
        return None
    stated = [getattr(curve, field.name) for field in fields(curve)]  # type: ignore[arg-type]
    arrays = [entry for entry in stated if isinstance(entry, np.ndarray)]
    if any(np.ptp(entry) > 0 for entry in arrays):
        return None
    return curve.of(0) if arrays else curve


def nash(setting: SharingSetting) -> Condition:
    """Check that nobody gains by any other contribution, and that his own is locally right."""
    found = ranked(setting)
    if isinstance(found, str):
        return setting.unchecked("nash", found)
    utilities = found.utilities
    scale = float(np.abs(utilities).max(initial=0.0))
    allowed = setting.tolerance * max(1.0, scale)
    stored = _stored_differ(found, allowed)
    if stored is not None:
        return stored
    worst, gain, open_bound, intervals = -1, 0.0, 0.0, 0
    witness: dict[str, Any] = {}
    moved = ""
    for group, result, own in _searches(found, allowed):
        agent = int(found.first[group])
        intervals += result.intervals
        better = result.utility - utilities[agent]
        away = _points_away(own, float(setting.s[agent]))
        open_bound = max(open_bound, result.bound - utilities[agent])
        if worst < 0 or better > gain or (away and not moved):
            worst, gain, moved = agent, max(gain, better), moved or away
            witness = {
                "agent": setting.game.agents[agent],
                "contribution": float(setting.s[agent]),
                "best_response": result.best,
                "gain": better,
            }
    claimed = "nash" in setting.claimed
    fails = gain > allowed or bool(moved)
    if not fails and open_bound > (2 * allowed):
        reason = f"gains up to {open_bound:.3g} could not be excluded with {intervals:,} intervals"
        return setting.unchecked("nash", reason)
    good = "no unilateral change pays, shown by bounds on intervals"
    bad = moved if gain <= allowed else "a unilateral change pays"
    return Condition(
        "nash",
        claimed,
        "fail" if fails else "pass",
        violation=gain,
        scale=scale,
        tolerance=allowed,
        scope=f"{found.groups:,} different agents, {intervals:,} intervals of own contributions",
        detail=bad if fails else good,
        witness=witness,
    )


def _searches(found: Ranked, allowed: float) -> Iterator[tuple[int, Search, OwnUtility]]:
    for group in range(found.groups):
        own = found.own(group)
        start = float(found.setting.s[found.first[group]])
        yield group, search(own, start, allowed), own


def _points_away(own: OwnUtility, s: float) -> str:
    """Tell whether the utility rises away from s on all of a small step; empty where it does not.

    Near a flat top a wrong contribution costs almost nothing; the slope shows it.
    """
    step = EQUILIBRIUM_SLACK * max(1.0, s)
    for side in (-1.0, 1.0):
        near, far = s + 0.5 * side * step, s + side * step
        if near < 0 or max(near, far) > own.capacity:
            continue
        points = np.sort(np.array([max(near, 0.0), max(far, 0.0)]))
        least, most = own.slope_range(points, points)
        noise = ROUND_OFF * (np.abs(own.costs.slope_along(0, points)) + np.abs(most))
        rising = least > noise if side > 0 else most < -noise
        if rising.all():
            direction = "more" if side > 0 else "less"
            return f"an agent's utility rises when he contributes {direction}"
    return ""


def _stored_differ(found: Ranked, allowed: float) -> Condition | None:
    """Return a failed condition where stored payments or models are not the rule's."""
    setting = found.setting
    stored = {
        "payments": (setting.claim.payments, setting.game.nothing()),
        "models": (setting.claim.accuracies, found.factors * found.full),
    }
    for word, (given, right) in stored.items():
        if given is None:
            continue
        off = np.abs(given - right)
        if off.max(initial=0.0) > allowed:
            return setting.decided(
                "nash",
                off,
                allowed / setting.tolerance if setting.tolerance > 0 else 1.0,
                ("", f"the {word} stored are not the mechanism's"),
                {"stored": given, "recomputed": right},
                f"{setting.game.size:,} {word}",
            )
    return None


def feasibility(setting: SharingSetting) -> Condition:
    """Check 0 <= s_i <= capacity_i, costs within budgets, and models worth at most v(total)."""
    game, s = setting.game, setting.s
    excess = np.maximum(-s, np.where(np.isfinite(game.capacity), s - game.capacity, -np.inf))
    words = ("contributions are within capacities, models can be trained on all data", "")
    scale = float(np.abs(s).max(initial=0.0))
    more = {"contribution": s}
    wrong = "a contribution is negative or too large"
    given = setting.claim.accuracies
    if excess.max(initial=0.0) <= 0 and given is not None:
        full = game.accuracies(s)
        excess, more, scale = given - full, {"received": given, "full": full}, 1.0
        wrong = "a model is worth more than all data together give"
    if excess.max(initial=0.0) <= 0 and game.budgeted:
        spent = game.costs.value(s)
        excess, more = spent - game.budget, {"spent": spent, "budget": game.budget}
        scale, wrong = float(game.money.max()), "an agent spends more than his budget"
    return setting.decided(
        "feasibility", excess, scale, (words[0], wrong), more, f"{game.size:,} agents"
    )


def rationality(setting: SharingSetting) -> Condition:
    """Check that the model received is worth its cost: staying out is worth 0."""
    found = ranked(setting)
    if isinstance(found, str):
        return setting.unchecked("individual-rationality", found)
    return setting.decided(
        "individual-rationality",
        -found.utilities,
        float(np.abs(found.utilities).max(initial=0.0)),
        ("nobody is better off staying out", "an agent is better off staying out"),
        {"utility": found.utilities},
        f"{setting.game.size:,} agents",
    )


def rationality_alone(setting: SharingSetting) -> Condition:
    """Check that the model received is worth what the agent's own data could give him."""
    found = ranked(setting)
    name = "individual-rationality-alone"
    if isinstance(found, str):
        return setting.unchecked(name, found)
    utilities = found.utilities
    margin = setting.tolerance * max(1.0, float(np.abs(utilities).max(initial=0.0)))
    each = [search(found.own(group, alone=True), 0.0, margin) for group in range(found.groups)]
    alone = np.array([result.utility for result in each])[found.members]
    return setting.decided(
        name,
        alone - utilities,
        float(np.abs(utilities).max(initial=0.0)),
        ("nobody is better off training alone", "an agent is better off training alone"),
        {"utility": utilities, "alone": alone},
        f"{setting.game.size:,} agents, {found.groups:,} different ones",
    )


PROPORTIONAL_CHECKS: Mapping[str, Callable[[SharingSetting], Condition]] = {
    "nash": nash,
    "feasibility": feasibility,
    "individual-rationality": rationality,
    "individual-rationality-alone": rationality_alone,
}
"""Conditions whose meaning depends on the model that the rule hands out."""
