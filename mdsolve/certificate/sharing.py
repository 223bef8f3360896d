"""The checker for sharing games: which conditions are looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.nash import NAME as NASH
from mdsolve.certificate.nash import best_piece, nash
from mdsolve.certificate.payment_rules import Rule, rule_of
from mdsolve.certificate.shares import shares_of
from mdsolve.certificate.sharing_claim import SharingClaim
from mdsolve.certificate.welfare import WelfareClaim, welfare_optimality
from mdsolve.certificate.welfare import feasibility as welfare_feasibility
from mdsolve.certificate.welfare_kkt import welfare_kkt
from mdsolve.conditions import Certificate, Condition
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

SHARING_CONDITIONS = (
    "nash",
    "budget-balance",
    "feasibility",
    "individual-rationality",
    "individual-rationality-alone",
    "reciprocity",
    "equal-treatment",
    "welfare-optimality",
    "welfare-kkt",
)
"""Conditions this checker knows."""

WELFARE_CONDITIONS = ("welfare-optimality", "welfare-kkt")

ALONE_LIMIT = 3000
"""Most agents whose best contribution alone is searched one by one."""


@dataclass(frozen=True)
class SharingSetting:
    """A game and a claim; everything the conditions have in common.

    Parameters
    ----------
    tolerance : float
        Accepted violation relative to max(1, largest utility).
    """

    game: SharingGame
    claim: SharingClaim
    tolerance: float
    claimed: frozenset[str]

    @cached_property
    def s(self) -> Floats:
        """Claimed contributions."""
        assert self.claim.contributions is not None
        return self.claim.contributions

    @cached_property
    def rule(self) -> Rule | str:
        """The mechanism's rule at the claimed contributions."""
        return rule_of(self.game, self.claim, self.s)

    @cached_property
    def payments(self) -> Floats | str:
        """Claimed payments; recomputed from the rule where the claim has none."""
        if self.claim.payments is not None:
            return self.claim.payments
        return self.rule if isinstance(self.rule, str) else self.rule.payments

    def decided(
        self,
        name: str,
        violations: Floats,
        scale: float,
        words: tuple[str, str],
        more: Mapping[str, Floats],
        scope: str,
    ) -> Condition:
        """Return the condition decided by the largest of per-agent violations."""
        allowed = self.tolerance * max(1.0, scale)
        worst = int(np.argmax(violations))
        fails = bool(violations[worst] > allowed)
        witness: dict[str, Any] = {"agent": self.game.agents[worst]}
        witness |= {key: float(column[worst]) for key, column in more.items()}
        return Condition(
            name,
            name in self.claimed,
            "fail" if fails else "pass",
            violation=float(violations[worst]),
            scale=scale,
            tolerance=allowed,
            scope=scope,
            detail=words[1] if fails else words[0],
            witness=witness,
        )

    def unchecked(self, name: str, reason: str) -> Condition:
        """Return a condition that was not checked, with the reason."""
        return Condition(name, name in self.claimed, "not-checked", detail=reason)


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
    setting = SharingSetting(game, claim, allowed, frozenset(claimed))
    if claim.contributions is None:
        reason = "the solution holds no contributions"
        return Certificate(tuple(setting.unchecked(name, reason) for name in wanted))
    return Certificate(tuple(_condition(setting, name) for name in wanted))


def conditions_for(game: SharingGame, claim: SharingClaim) -> tuple[str, ...]:
    """Return the conditions that are looked at for every answer, claimed or not."""
    general = SHARING_CONDITIONS[:-2]
    if claim.mechanism == "welfare":
        return ("feasibility", "budget-balance", "welfare-optimality", *general)
    budgeted = claim.mechanism == "budget-balanced" and game.budget is not None
    return (*general, "welfare-kkt") if budgeted else general


def _condition(setting: SharingSetting, name: str) -> Condition:  # noqa: PLR0911
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


def claims_welfare(setting: SharingSetting) -> bool:
    """Tell whether the solution says that it is a welfare optimum."""
    return setting.claim.mechanism == "welfare"


def welfare_condition(setting: SharingSetting, name: str) -> Condition:
    """Check the welfare program's conditions on the mean and rate that the solution states."""
    details = setting.claim.details
    try:
        p = -math.inf if details.get("p", 1) == "-inf" else float(details.get("p", 1))
        beta = float(details["beta"])
        hints = {
            key: None if details.get(key) is None else np.asarray(details[key], dtype=np.float64)
            for key in ("weights", "budget_duals")
        }
    except (KeyError, TypeError, ValueError):
        return setting.unchecked(name, "the solution does not state p, beta and its weights")
    size = setting.game.size
    if any(hint is not None and hint.shape != (size,) for hint in hints.values()):
        return setting.unchecked(name, f"the weights of the proof are not {size} numbers")
    claim = WelfareClaim(
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
    if name == "feasibility":
        return welfare_feasibility(claim)
    return welfare_optimality(claim) if name == "welfare-optimality" else welfare_kkt(claim)


def _nash_with_payments(setting: SharingSetting, rule: Rule, payments: Floats) -> Condition:
    """Check the equilibrium, and that the payments stored are the rule's."""
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


def feasibility(setting: SharingSetting) -> Condition:
    """Check 0 <= s_i <= capacity_i."""
    s, capacity = setting.s, setting.game.capacity
    excess = np.maximum(-s, np.where(np.isfinite(capacity), s - capacity, -np.inf))
    return setting.decided(
        "feasibility",
        excess,
        float(np.max(np.abs(s), initial=0.0)),
        ("every contribution is within its capacity", "a contribution is negative or too large"),
        {"contribution": s},
        f"{setting.game.size:,} contributions",
    )


def budget_balance(setting: SharingSetting) -> Condition:
    """Check that payments sum to zero."""
    if isinstance(setting.payments, str):
        return setting.unchecked("budget-balance", setting.payments)
    total = float(setting.payments.sum())
    scale = float(np.abs(setting.payments).max(initial=0.0))
    allowed = setting.tolerance * max(1.0, scale)
    fails = abs(total) > allowed
    return Condition(
        "budget-balance",
        "budget-balance" in setting.claimed,
        "fail" if fails else "pass",
        violation=abs(total),
        scale=scale,
        tolerance=allowed,
        scope=f"{setting.game.size:,} payments",
        detail="payments do not sum to zero" if fails else "payments sum to zero",
        witness={"sum_of_payments": total},
    )


def rationality(setting: SharingSetting, payments: Floats) -> Condition:
    """Check that taking part is worth more than no model, no cost and no payment."""
    utilities = setting.game.utilities(setting.s, payments)
    outside = np.zeros(setting.game.size) if setting.game.budget is None else setting.game.budget
    return setting.decided(
        "individual-rationality",
        outside - utilities,
        float(np.abs(utilities).max(initial=0.0)),
        ("nobody is better off staying out", "an agent is better off staying out"),
        {"utility": utilities, "outside": outside},
        f"{setting.game.size:,} agents",
    )


def rationality_alone(setting: SharingSetting, payments: Floats) -> Condition:
    """Check that taking part is worth at least the best that own data alone can give."""
    game = setting.game
    if game.size > ALONE_LIMIT:
        reason = f"{game.size:,} agents; at most {ALONE_LIMIT:,} are searched one by one"
        return setting.unchecked("individual-rationality-alone", reason)
    nothing = game.nothing()
    plain = Rule(1.0, 0.0, None, nothing)
    start = game.utilities(nothing, nothing)
    alone = np.array(
        [start[agent] + best_piece(game, nothing, plain, agent)[1] for agent in range(game.size)]
    )
    utilities = game.utilities(setting.s, payments)
    return setting.decided(
        "individual-rationality-alone",
        alone - utilities,
        float(np.abs(utilities).max(initial=0.0)),
        ("nobody is better off training alone", "an agent is better off training alone"),
        {"utility": utilities, "alone": alone},
        f"{game.size:,} agents",
    )


def reciprocity(setting: SharingSetting, payments: Floats) -> Condition:
    """Check value_i (a_i - a_i(0)) + p_i >= phi_i for every agent ([M25] Definition 3.3)."""
    shares = shares_of(setting.game, setting.s)
    if isinstance(shares, str):
        return setting.unchecked("reciprocity", shares)
    game = setting.game
    received = game.benefits(setting.s) - game.benefits(game.nothing()) + payments
    return setting.decided(
        "reciprocity",
        shares.shares - received,
        float(np.abs(received).max(initial=0.0)),
        ("everybody receives what he contributes", "an agent receives less than he contributes"),
        {"received": received, "contributed": shares.shares},
        f"{game.size:,} agents",
    )


def equal_treatment(setting: SharingSetting, payments: Floats) -> Condition:
    """Check that identical agents with equal contributions are paid alike."""
    game = setting.game
    if game.size > ALONE_LIMIT:
        reason = f"{game.size:,} agents; at most {ALONE_LIMIT:,} are compared"
        return setting.unchecked("equal-treatment", reason)
    jacobian = game.accuracy.jacobian(setting.s)
    accuracy = game.accuracies(setting.s)
    first: dict[tuple[float, ...], int] = {}
    gaps = np.zeros(game.size)
    for agent in range(game.size):
        others = np.sort(np.delete(jacobian[:, agent], agent))
        row = np.sort(np.delete(jacobian[agent], agent))
        key = (
            float(game.value[agent]),
            float(setting.s[agent]),
            float(accuracy[agent]),
            float(jacobian[agent, agent]),
            *others.tolist(),
            *row.tolist(),
        )
        like = first.setdefault(key, agent)
        gaps[agent] = abs(payments[agent] - payments[like])
    return setting.decided(
        "equal-treatment",
        gaps,
        float(np.abs(payments).max(initial=0.0)),
        ("identical agents are paid alike", "identical agents are paid differently"),
        {"payment": payments},
        f"{game.size:,} agents, {game.size - len(first):,} like another",
    )
