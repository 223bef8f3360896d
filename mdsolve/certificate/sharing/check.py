"""The checker for sharing games: which conditions are looked at, and who decides each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.proportional.conditions import PROPORTIONAL_CHECKS
from mdsolve.certificate.shaping.private_contracts import PRIVATE_CHECKS
from mdsolve.certificate.shaping.value_curves import VALUE_SHAPING_CHECKS
from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.conditions import (
    budget_balance,
    equal_treatment,
    feasibility,
    rationality,
    rationality_alone,
    reciprocity,
)
from mdsolve.certificate.sharing.joint_learning import JOINT_CHECKS, at_claimed_model
from mdsolve.certificate.sharing.nash import NAME as NASH
from mdsolve.certificate.sharing.nash import nash
from mdsolve.certificate.sharing.payment_rules import Rule
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.certificate.sharing.welfare import feasibility as welfare_feasibility
from mdsolve.certificate.sharing.welfare import welfare_optimality
from mdsolve.certificate.sharing.welfare_claim import WelfareClaim
from mdsolve.certificate.sharing.welfare_kkt import welfare_kkt
from mdsolve.conditions import Certificate, Condition
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]
Check = Callable[[SharingSetting], Condition]

GENERAL = (
    "nash",
    "budget-balance",
    "feasibility",
    "individual-rationality",
    "individual-rationality-alone",
    "reciprocity",
    "equal-treatment",
)
"""What users ask of every payment rule."""

WELFARE_CONDITIONS = ("welfare-optimality", "welfare-kkt")

SHAPED: Mapping[str, Mapping[str, Check]] = {
    "value-shaping": VALUE_SHAPING_CHECKS,
    "proportional-data": PROPORTIONAL_CHECKS,
    "proportional-value": PROPORTIONAL_CHECKS,
    "proportional-shapley": PROPORTIONAL_CHECKS,
    "value-shaping-private": PRIVATE_CHECKS,
}
"""Mechanisms that hand out models of different value, and the conditions that are theirs."""

JOINT_GENERAL = ("budget-balance", "feasibility", "individual-rationality")
"""Conditions that a model learned together leaves as they are."""

SHAPED_GENERAL = ("feasibility", "budget-balance", "individual-rationality")
"""Conditions that models of different value leave as they are."""

SHARING_CONDITIONS = tuple(
    dict.fromkeys(
        (
            *GENERAL,
            *WELFARE_CONDITIONS,
            *(name for checks in SHAPED.values() for name in checks),
            *JOINT_CHECKS,
        )
    )
)
"""Conditions this checker knows."""


def verify_sharing(
    game: SharingGame,
    claim: SharingClaim,
    *,
    tolerance: float | None = None,
    conditions: Sequence[str] | None = None,
    claimed: Sequence[str] = ("nash", "budget-balance"),
) -> Certificate:
    """Check a claim about a sharing game, condition by condition, in float arithmetic.

    Parameters
    ----------
    tolerance : float or None
        Accepted violation relative to max(1, largest utility); None is 1e-9.
    conditions : sequence of str or None
        What to look at, None what users ask of such a claim; claimed ones are always included.
    claimed : sequence of str
        What the verdict speaks of.
    """
    looked_at = conditions_for(game, claim) if conditions is None else conditions
    wanted = list(dict.fromkeys([*claimed, *looked_at]))
    allowed = DEFAULT.verify if tolerance is None else tolerance
    setting = SharingSetting(
        game, claim, allowed, frozenset(claimed), shaped=claim.mechanism in SHAPED
    )
    if claim.contributions is None:
        reason = "the solution holds no contributions"
        return Certificate(tuple(setting.unchecked(name, reason) for name in wanted))
    if game.learning is not None:
        located = at_claimed_model(game, claim)
        if isinstance(located, str):
            return Certificate(tuple(_without_model(setting, name, located) for name in wanted))
        setting = replace(setting, game=located)
    decide = _condition if setting.s.min() >= 0 else _of_negative_data
    return Certificate(tuple(decide(setting, name) for name in wanted))


def conditions_for(game: SharingGame, claim: SharingClaim) -> tuple[str, ...]:
    """Return the conditions that are looked at for every answer, claimed or not."""
    if game.learning is not None:
        return (*JOINT_CHECKS, *JOINT_GENERAL)
    shaped = SHAPED.get(claim.mechanism or "")
    if shaped is not None:
        return (*shaped, *SHAPED_GENERAL)
    if claim.mechanism == "welfare":
        return ("feasibility", "budget-balance", "welfare-optimality", *GENERAL)
    budgeted = claim.mechanism == "budget-balanced" and game.budgeted
    return (*GENERAL, "welfare-kkt") if budgeted else GENERAL


def _condition(setting: SharingSetting, name: str) -> Condition:  # noqa: PLR0911 - one return per kind of condition
    joint = setting.game.learning is not None
    own = JOINT_CHECKS if joint else SHAPED.get(setting.claim.mechanism or "", {})
    if name in own:
        return own[name](setting)
    left = JOINT_GENERAL if joint else SHAPED_GENERAL
    if (joint or setting.shaped) and name not in left:
        where = "games with a model" if joint else str(setting.claim.mechanism)
        return setting.unchecked(name, f"not a condition of {where}")
    if name in WELFARE_CONDITIONS or (name == "feasibility" and claims_welfare(setting)):
        return welfare_condition(setting, name)
    if name == "feasibility":
        return feasibility(setting)
    if name == "budget-balance":
        return budget_balance(setting)
    if isinstance(setting.payments, str):
        return setting.unchecked(name, setting.payments)
    if name == "individual-rationality":
        return rationality(setting, setting.payments)
    if name == "individual-rationality-alone":
        return rationality_alone(setting, setting.payments)
    if name in ("reciprocity", "equal-treatment"):
        decide = reciprocity if name == "reciprocity" else equal_treatment
        return decide(setting, setting.payments)
    if name == NASH:
        if isinstance(setting.rule, str):
            return setting.unchecked(name, setting.rule)
        return _nash_with_payments(setting, setting.rule, setting.payments)
    return setting.unchecked(name, "not a condition of a sharing game")


def _of_negative_data(setting: SharingSetting, name: str) -> Condition:
    """Return what can be said where a contribution is negative and accuracies mean nothing."""
    if name == "feasibility":
        return feasibility(setting)
    if name == NASH:
        return _impossible(setting)
    if name == "budget-balance" and setting.claim.payments is not None:
        return budget_balance(setting)
    return setting.unchecked(name, "a contribution is negative")


def _impossible(setting: SharingSetting) -> Condition:
    """Return the failing condition `nash` of contributions that agents cannot choose."""
    s, capacity = setting.s, setting.game.capacity
    outside = np.maximum(-s, np.where(np.isfinite(capacity), s - capacity, -np.inf))
    scale = float(np.abs(s).max(initial=0.0))
    scope = f"{setting.game.size:,} contributions"
    found = setting.decided(NASH, outside, scale, ("", ""), {"contribution": s}, scope)
    detail = "a contribution is not among those the agent can choose"
    return replace(found, verdict="fail", detail=detail)


def _without_model(setting: SharingSetting, name: str, reason: str) -> Condition:
    """Return what is left to say of a claim whose model cannot be looked at."""
    if name == "feasibility":
        return feasibility(setting)
    if name in ("nash", "stationarity") and setting.claim.details.get("parameters") is not None:
        return replace(setting.unchecked(name, reason), verdict="fail")
    return setting.unchecked(name, reason)


def claims_welfare(setting: SharingSetting) -> bool:
    """Tell whether the solution says that it is a welfare optimum."""
    return setting.claim.mechanism == "welfare"


def welfare_condition(setting: SharingSetting, name: str) -> Condition:
    """Check the welfare program's conditions on the mean and rate that the solution states."""
    claim = welfare_claim(setting)
    if isinstance(claim, str):
        return setting.unchecked(name, claim)
    if name == "feasibility":
        return welfare_feasibility(claim)
    return welfare_optimality(claim) if name == "welfare-optimality" else welfare_kkt(claim)


def welfare_claim(setting: SharingSetting) -> WelfareClaim | str:
    """Return the mean, rate and multipliers that a solution states, or what is missing."""
    details = setting.claim.details
    try:
        p = -math.inf if details.get("p", 1) == "-inf" else float(details.get("p", 1))
        beta = float(details["beta"])
        hints = {
            key: None if details.get(key) is None else np.asarray(details[key], dtype=np.float64)
            for key in ("weights", "budget_duals")
        }
    except (KeyError, TypeError, ValueError):
        return "the solution does not state p, beta and its weights"
    if not (p <= 1 and 0 <= beta <= 1):
        return "the mean needs p <= 1, and beta is a share of a cost"
    size = setting.game.size
    if any(hint is not None and hint.shape != (size,) for hint in hints.values()):
        return f"the weights of the proof are not {size} numbers"
    return WelfareClaim(
        setting.game,
        p,
        beta,
        setting.s,
        setting.claim.payments,
        hints["weights"],
        hints["budget_duals"],
        setting.tolerance,
        setting.claimed,
    )


def _nash_with_payments(setting: SharingSetting, rule: Rule, payments: Floats) -> Condition:
    """Check the equilibrium, and that the payments stored are the rule's."""
    if np.any(setting.s > setting.game.capacity):
        return _impossible(setting)
    scale = float(np.max(np.abs(setting.game.utilities(setting.s, payments)), initial=0.0))
    off = np.abs(payments - rule.payments)
    if off.max(initial=0.0) > setting.tolerance * max(1.0, scale):
        return setting.decided(
            NASH,
            off,
            scale,
            ("", "the payments stored are not the mechanism's"),
            {"stored": payments, "recomputed": rule.payments},
            f"{setting.game.size:,} payments",
        )
    return nash(setting.game, setting.s, rule, setting.tolerance, NASH in setting.claimed)
