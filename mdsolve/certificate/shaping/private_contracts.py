"""Checks of contracts for agents with private costs: they can be kept, are chosen, and are best.

The model for a contribution m is the full one or what the line through the break points A, C, D
says (continued at the rate of low costs), whichever is less, and never less than that of the
agent's own data. So the whole curve is feasible and individually rational once the break points
are, and a type's best point on it is one of them or his own best amount alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.shaping.private_bounds import largest_utility, most_expected
from mdsolve.certificate.shaping.private_claim import TYPES, Case, PrivateClaim, private_claim
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.conditions import Condition
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]
POINTS = "ACD"
KEPT = DEFAULT.solve / DEFAULT.verify
"""Part of the tolerance granted where right answers differ by rounding only."""


class _Worst:
    """The largest violation so far, with its scale and its witness."""

    def __init__(self) -> None:
        self.violation, self.scale = -np.inf, 0.0
        self.witness: dict[str, Any] = {}

    def add(self, violation: float, scale: float, witness: dict[str, Any]) -> None:
        """Take in one violation and what describes it."""
        self.scale = max(self.scale, abs(scale))
        if violation > self.violation:
            self.violation, self.witness = violation, witness


def _decided(
    setting: SharingSetting,
    name: str,
    worst: _Worst,
    words: tuple[str, str],
    scope: str,
    share: float = 1.0,
) -> Condition:
    allowed = share * setting.tolerance * max(1.0, worst.scale)
    fails = worst.violation > allowed
    return Condition(
        name,
        name in setting.claimed,
        "fail" if fails else "pass",
        violation=float(worst.violation),
        scale=float(worst.scale),
        tolerance=allowed,
        scope=scope,
        detail=words[1] if fails else words[0],
        witness=worst.witness,
    )


def _witness(setting: SharingSetting, case: Case, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"agent": setting.game.agents[case.agent]}
    return found | ({"profile": case.where} if case.where else {}) | more


def _count(claim: PrivateClaim, thing: str, more: str = "") -> str:
    """Say how many different curves were looked at; agents alike share one."""
    number = len(claim.cases)
    first, _, rest = thing.partition(" ")
    plural = f"{first}s {rest}".rstrip()
    words = f"{number:,} different {thing if number == 1 else plural}"
    return f"{words}, {more}" if more else words


def curve_feasibility(setting: SharingSetting) -> Condition:
    """Check that no break point promises more than the full model, and that curves rise."""
    name = "curve-feasibility"
    claim = private_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    worst = _Worst()
    for case in claim.cases:
        samples = case.points[:, 0]
        order = max(0.0, float(-np.diff(samples).min()), float(-np.diff(case.points[:, 1]).min()))
        outside = max(0.0, -float(samples[0]), float(samples[2]) - case.prospect.capacity)
        worst.add(max(order, outside), 0.0, _witness(setting, case, order="A, C, D"))
        for label, (amount, accuracy) in zip(POINTS, case.points, strict=True):
            full = case.prospect.accuracy(float(amount))
            worst.add(
                float(accuracy) - full,
                full,
                _witness(
                    setting,
                    case,
                    point=label,
                    contribution=float(amount),
                    promised=float(accuracy),
                    full_model=full,
                ),
            )
    return _decided(
        setting,
        name,
        worst,
        (
            "no curve promises more than all data allow",
            "a curve promises more than all data allow, or its break points are out of order",
        ),
        _count(claim, "curve", "the line between break points capped by the full model"),
        KEPT,
    )


def rationality_alone(setting: SharingSetting) -> Condition:
    """Check that each type earns at least what he would earn alone, and A his own model."""
    name = "individual-rationality-alone"
    claim = private_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    worst = _Worst()
    alone = _alone(claim)
    for case in claim.cases:
        own = case.prospect.alone().accuracy(float(case.points[0, 0]))
        lacking = case.prospect.value * (own - float(case.points[0, 1]))
        worst.add(lacking, own, _witness(setting, case, point="A", own_model=own))
        for kind in case.types:
            utility = case.utility(kind, case.choice(kind))
            least = alone[case.agent, kind]
            worst.add(
                least - utility,
                utility,
                _witness(setting, case, type=kind, utility=utility, alone=least),
            )
    return _decided(
        setting,
        name,
        worst,
        ("no type is better off training alone", "a type is better off training alone"),
        _count(claim, "pair of contracts"),
    )


def _alone(claim: PrivateClaim) -> dict[tuple[int, str], float]:
    """Return upper bounds of what each type earns alone, in money."""
    prospects = {case.agent: case for case in claim.cases}
    return {
        (agent, kind): largest_utility(case.prospect.alone(), case.rate(kind))[1]
        for agent, case in prospects.items()
        for kind in TYPES
    }


def rationality(setting: SharingSetting) -> Condition:
    """Check that each type earns at least nothing."""
    name = "individual-rationality"
    claim = private_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    worst = _Worst()
    for case in claim.cases:
        for kind in case.types:
            utility = case.utility(kind, case.choice(kind))
            worst.add(
                -utility,
                utility,
                _witness(setting, case, type=kind, utility=utility),
            )
    return _decided(
        setting,
        name,
        worst,
        ("no type is better off staying out", "a type is better off staying out"),
        _count(claim, "pair of contracts"),
    )


def incentive_compatibility(setting: SharingSetting) -> Condition:
    """Check that neither type prefers any other point of the curve to his own."""
    name = "incentive-compatibility"
    claim = private_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    worst = _temptations(setting, claim)
    return _decided(
        setting,
        name,
        worst,
        (
            "both types choose the contract meant for them",
            "a type prefers a contract that is not meant for him",
        ),
        _count(claim, "curve", "every contribution"),
    )


def _temptations(setting: SharingSetting, claim: PrivateClaim) -> _Worst:
    """Return the largest gain of a type from another point of his curve.

    Between break points utility is a straight line capped by the full model, beyond D it falls for
    high costs and stays for low costs, and below the curve of own data nothing beats what he earns
    alone: so the break points and that are all there is to compare.
    """
    worst = _Worst()
    alone = _alone(claim)
    for case in claim.cases:
        for kind in case.types:
            utility = case.utility(kind, case.choice(kind))
            offers = {p: case.utility(kind, x) for p, x in zip(POINTS, case.points, strict=True)}
            offers["own data alone"] = alone[case.agent, kind]
            place, most = max(offers.items(), key=lambda entry: entry[1])
            worst.add(
                most - utility,
                utility,
                _witness(
                    setting, case, type=kind, utility=utility, deviation=place, utility_there=most
                ),
            )
    return worst


def nash(setting: SharingSetting) -> Condition:
    """Check that the contributions stated are what the types choose, given everybody's contracts.

    The contributions and accuracies of the solution must be the expectations of what the curves
    have for the two types; the others' data in every curve follow from them.
    """
    name = "nash"
    claim = private_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    prior = setting.game.prior
    assert prior is not None
    p = prior.probability_low
    pairs = {
        "low": (claim.low, claim.from_curves[:, 0]),
        "high": (claim.high, claim.from_curves[:, 1]),
        "contributions": (setting.s, p * claim.low + (1 - p) * claim.high),
    }
    if setting.received is not None:
        received = p * claim.low_accuracy + (1 - p) * claim.high_accuracy
        pairs["accuracies"] = (setting.received, received)
    worst = _Worst()
    for key, (stated, implied) in pairs.items():
        off = np.abs(stated - implied) / np.maximum(1.0, np.abs(implied))
        k = int(np.argmax(off))
        worst.add(
            float(off[k]),
            1.0,
            {
                "agent": setting.game.agents[k],
                "stated": {key: float(stated[k])},
                "by_the_curves": float(implied[k]),
            },
        )
    scope = _count(claim, "curve")
    words = (
        "both types contribute what is stated, and no deviation pays",
        "what is stated is not what the curves make the types do",
    )
    consistent = _decided(setting, name, worst, words, scope, KEPT)
    if consistent.verdict == "fail":
        return consistent
    words = (words[0], "a type gains by another contribution")
    return _decided(setting, name, _temptations(setting, claim), words, scope)


def data_maximality(setting: SharingSetting) -> Condition:
    """Check that no contracts collect more from any agent in expectation, given the others'."""
    name = "data-maximality"
    claim = private_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    worst = _Worst()
    for case in claim.cases:
        p = case.prospect.probability_low
        stated = float(p * case.points[2, 0] + (1 - p) * case.points[1, 0])
        bound = most_expected(case.prospect)
        worst.add(
            bound - stated,
            bound,
            _witness(setting, case, expected=stated, possible=bound),
        )
    return _decided(
        setting,
        name,
        worst,
        (
            "nobody can be brought to contribute more in expectation, given the others' contracts",
            "other contracts collect more in expectation",
        ),
        _count(claim, "pair of contracts", "against all that both types accept"),
    )


PRIVATE_CHECKS: Mapping[str, Callable[[SharingSetting], Condition]] = {
    "curve-feasibility": curve_feasibility,
    "individual-rationality-alone": rationality_alone,
    "individual-rationality": rationality,
    "incentive-compatibility": incentive_compatibility,
    "nash": nash,
    "data-maximality": data_maximality,
}
"""The conditions of `value-shaping-private`."""
