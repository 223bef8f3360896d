"""Whether the numbers that a solution states follow from its contributions and payments.

No other condition looks at stored utilities, shares or totals, but people read them. Each is
computed anew from contributions, payments and, where models are shaped, the accuracies handed out.
What would need another equilibrium (the gains over `none`, whether there are others) is not
compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.shaping.private_claim import PrivateClaim, private_claim
from mdsolve.certificate.sharing.check import SHAPED, claims_welfare, welfare_claim
from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.conditions import best_alone
from mdsolve.certificate.sharing.joint_learning import at_claimed_model
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.certificate.sharing.shares import shares_of
from mdsolve.certificate.sharing.welfare_kkt import welfare_duals
from mdsolve.conditions import Certificate, Condition
from mdsolve.game.p_mean import p_mean
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]
Recomputed = Floats | float | None
"""None where a number has no meaning or the checker has no way to it."""

NAME = "stated-numbers"

ALONE_LIMIT = 300
"""Most agents whose best contribution alone is searched again where utilities are not concave."""

MONEY = (
    "payments",
    "utilities",
    "shapley",
    "banzhaf",
    "metrics/welfare",
    "metrics/surplus",
    "metrics/alone_margin",
    "metrics/p_mean/1",
    "metrics/p_mean/0",
    "metrics/p_mean/-inf",
    "standalone/utilities",
)
"""Amounts of money: sums and differences of benefits, costs and payments."""

COMPARED = (
    "utilities",
    "accuracies",
    "shapley",
    "banzhaf",
    "money_left",
    "objective",
    "low",
    "high",
    "expected_total",
    "regret",
    "metrics",
    "standalone",
    "duals",
)
"""A solution with none of these keys states nothing to compare."""


def stated_numbers(
    game: SharingGame,
    claim: SharingClaim,
    certificate: Certificate,
    *,
    tolerance: float | None = None,
    asked: bool = False,
) -> Condition | None:
    """Return whether the numbers that a solution states follow from contributions and payments.

    Parameters
    ----------
    certificate : Certificate
        What the other conditions say; the regret stated is compared with theirs.
    tolerance : float or None
        Accepted difference relative to max(1, largest number of that key); None is 1e-9.
    asked : bool
        Whether somebody asked for this condition by name.

    Returns
    -------
    Condition or None
        None where the solution states nothing of the kind and nobody asked. Otherwise claimed:
        whoever writes a number down claims it.
    """
    if not asked and all(claim.details.get(key) is None for key in COMPARED):
        return None
    allowed = DEFAULT.verify if tolerance is None else tolerance
    shaped = claim.mechanism in SHAPED
    setting = SharingSetting(game, claim, allowed, frozenset({NAME}), shaped=shaped)
    s = claim.contributions
    if s is None:
        return setting.unchecked(NAME, "the solution holds no contributions")
    if np.any(s < 0) or np.any(s > game.capacity):
        return setting.unchecked(NAME, "a contribution is not among those the agent can choose")
    if game.learning is not None:
        located = at_claimed_model(game, claim)
        if isinstance(located, str):
            return setting.unchecked(NAME, located)
        setting = replace(setting, game=located)
    if isinstance(setting.payments, str):
        return setting.unchecked(NAME, setting.payments)
    return _compare(setting, _Sources(setting, setting.payments, certificate))


@dataclass(frozen=True)
class _Difference:
    """The worst entry of one key, and its error in units of what is allowed."""

    key: str
    excess: float
    error: float
    allowed: float
    scale: float
    witness: Mapping[str, Any] = field(default_factory=dict)


def _compare(setting: SharingSetting, sources: _Sources) -> Condition:
    """Return the condition that the first wrong key decides, else the one furthest off."""
    found: list[_Difference] = []
    for key, recompute in sources.numbers().items():
        stored = _stored(setting, key)
        if stored is not None and (expected := recompute()) is not None:
            column = np.asarray(expected, dtype=np.float64)
            found.append(_difference(setting, key, stored, column, sources.scale(key)))
    if not found:
        return setting.unchecked(NAME, "the solution states nothing that can be compared")
    # What follows from a wrong number is wrong as well: the first one is named, in order of cause.
    largest = max(found, key=lambda difference: difference.excess)
    worst = next((difference for difference in found if difference.excess > 1), largest)
    fails = worst.excess > 1
    return Condition(
        NAME,
        claimed=True,
        verdict="fail" if fails else "pass",
        violation=worst.error if math.isfinite(worst.error) else None,
        scale=worst.scale,
        tolerance=worst.allowed,
        scope=", ".join(dict.fromkeys(difference.key.partition("/")[0] for difference in found))
        + "; in floats",
        detail=f"{worst.key}: what is stated does not follow from contributions and payments"
        if fails
        else "what is stated follows from contributions and payments",
        witness=worst.witness,
    )


def _stored(setting: SharingSetting, key: str) -> Any:
    """Return what a solution states under a path of keys; None where it states nothing."""
    found: Any = setting.claim.details
    for part in key.split("/"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _difference(
    setting: SharingSetting, key: str, stored: Any, expected: Floats, terms: float
) -> _Difference:
    """Compare one number or column; NaN is expected where no number has a meaning.

    Parameters
    ----------
    terms : float
        Size of what the numbers are sums or differences of: their rounding is relative to it.
    """
    defined = np.isfinite(expected)
    scale = max(terms, float(np.abs(expected[defined]).max(initial=0.0)))
    allowed = setting.tolerance * max(1.0, scale)
    read = replace(setting.claim, details={key: stored}).stored(key, expected.shape)
    if isinstance(read, str):
        witness: dict[str, Any] = {"key": key, "problem": read}
        return _Difference(key, math.inf, math.inf, allowed, scale, witness)
    errors = np.where(defined, np.abs(read - np.where(defined, expected, 0.0)), np.inf)
    at = int(np.argmax(errors))
    error, here = float(errors.flat[at]), float(expected.flat[at])
    witness = {"key": key, "stated": float(read.flat[at])}
    witness["recomputed"] = here if math.isfinite(here) else "not defined"
    if expected.shape == (setting.game.size,):
        witness["agent"] = setting.game.agents[at]
    excess = error / allowed if allowed > 0 else (0.0 if error == 0 else math.inf)
    return _Difference(key, excess, error, allowed, scale, witness)


@dataclass(frozen=True)
class _Sources:
    """How to compute each number anew; a path of keys leads to where it is stated."""

    setting: SharingSetting
    payments: Floats
    certificate: Certificate

    def numbers(self) -> dict[str, Callable[[], Recomputed]]:
        """Return the way to each number, by where it stands in a solution."""
        found = {} if self._private is None else self._of_types(self._private)
        if self._private is None and (self.setting.shaped or claims_welfare(self.setting)):
            found["payments"] = self._rule_payments
        if not self.setting.shaped:
            found["accuracies"] = lambda: self.accuracies
        found |= {
            "utilities": lambda: self.utilities,
            "metrics/total_data": lambda: float(self.setting.s.sum()),
            "metrics/data_share": self._data_share,
            "metrics/mean_accuracy": lambda: float(self.accuracies.mean()),
            "metrics/welfare": self._welfare,
            "metrics/surplus": lambda: -float(self.payments.sum()),
            "metrics/p_mean/1": lambda: float(self.utilities.mean()),
            "metrics/p_mean/0": self._geometric_mean,
            "metrics/p_mean/-inf": lambda: float(self.utilities.min()),
            "regret": self._regret,
        }
        if self._private is None and self.setting.game.learning is None:
            found |= {
                "shapley": lambda: self._shares,
                "banzhaf": self._banzhaf,
                "metrics/reciprocity": self._reciprocity,
                "standalone/contributions": self._alone_by_contributions,
                "standalone/utilities": lambda: self._alone[1],
                "metrics/alone_margin": self._alone_margin,
            }
        return found | self._of_the_program()

    @cached_property
    def _private(self) -> PrivateClaim | None:
        """The contracts of agents with private costs, None where costs are known."""
        if self.setting.claim.mechanism != "value-shaping-private":
            return None
        found = private_claim(self.setting)
        return None if isinstance(found, str) else found

    @cached_property
    def accuracies(self) -> Floats:
        """Accuracy of the model that each agent receives, shape (n,)."""
        received = self.setting.received
        return self.setting.game.accuracies(self.setting.s) if received is None else received

    @cached_property
    def utilities(self) -> Floats:
        """Everybody's utility, in money, shape (n,); in expectation where costs are private."""
        game, types = self.setting.game, self._private
        if types is None:
            return self.setting.utilities(self.payments)
        prior = game.prior
        assert prior is not None
        p = prior.probability_low
        low = game.value * types.low_accuracy - prior.low * types.from_curves[:, 0]
        high = game.value * types.high_accuracy - prior.high * types.from_curves[:, 1]
        return np.asarray(p * low + (1 - p) * high)

    def _of_types(self, types: PrivateClaim) -> dict[str, Callable[[], Recomputed]]:
        """Return the expectations over types, as the curves have them."""
        prior = self.setting.game.prior
        assert prior is not None
        p, low, high = prior.probability_low, types.from_curves[:, 0], types.from_curves[:, 1]
        contributions = p * low + (1 - p) * high
        return {
            "low": lambda: low,
            "high": lambda: high,
            "contributions": lambda: contributions,
            "accuracies": lambda: p * types.low_accuracy + (1 - p) * types.high_accuracy,
            "expected_total": lambda: float(contributions.sum()),
            "payments": self.setting.game.nothing,
        }

    def _rule_payments(self) -> Recomputed:
        """Return what the planner's rule pays; rules that shape models pay nothing."""
        if self.setting.shaped:
            return self.setting.game.nothing()
        rule = self.setting.rule
        return None if isinstance(rule, str) else rule.payments

    def scale(self, key: str) -> float:
        """Return the size of the terms that a number is made of, in its own unit."""
        if key == "metrics/reciprocity" and self._shares is not None:
            counted = self._counted(self._shares)
            largest = float(np.abs(self._shares).max(initial=0.0))
            return largest / float(self._shares[counted].min()) if counted.any() else 0.0
        if key not in MONEY:
            return 0.0
        game, s = self.setting.game, self.setting.s
        benefits = np.abs(game.value * self.accuracies)
        return float((benefits + np.abs(game.costs.value(s)) + np.abs(self.payments)).max())

    def _counted(self, shares: Floats) -> npt.NDArray[np.bool_]:
        """Tell who contributes anything to speak of."""
        return shares > ROUND_OFF * max(1.0, float(np.abs(shares).max(initial=0.0)))

    def _alone_margin(self) -> Recomputed:
        """Return the least gain against training alone, in money."""
        alone = self._alone[1]
        return None if alone is None else float((self.utilities - alone).min())

    def _data_share(self) -> float:
        return float(self.setting.s.sum()) / (float(self.setting.game.capacity.sum()) or math.nan)

    def _welfare(self) -> float:
        """Return sum_i (value_i a_i - c_i(s_i)), in money."""
        if self._private is not None:
            return float((self.utilities - self.payments).sum())
        return self.setting.game.welfare(self.setting.s, self.setting.received)

    def _geometric_mean(self) -> float:
        return p_mean(self.utilities, 0) if self.utilities.min() >= 0 else math.nan

    def _regret(self) -> Recomputed:
        """Return the regret stated where it and the checker's own bound are negligible.

        Bounds differ with the method. Where somebody gains, `nash` fails anyway.
        """
        stated = self.setting.claim.details["regret"]
        for condition in self.certificate.conditions:
            if condition.name == "nash" and condition.verdict == "pass":
                allowed = condition.tolerance or 0.0
                small = isinstance(stated, int | float) and 0 <= stated <= allowed
                return float(stated) if small else condition.violation
        return None

    @cached_property
    def _shares(self) -> Floats | None:
        found = shares_of(self.setting.game, self.setting.s)
        return None if isinstance(found, str) else found.shares

    def _banzhaf(self) -> Recomputed:
        found = shares_of(self.setting.game, self.setting.s, banzhaf=True)
        return None if isinstance(found, str) else found.shares

    def _reciprocity(self) -> Recomputed:
        """Return min_i (value_i (a_i - a_i(0)) + p_i) / phi_i over agents with phi_i > 0."""
        shares, game = self._shares, self.setting.game
        if shares is None:
            return None
        earned = game.value * self.accuracies - game.benefits(game.nothing()) + self.payments
        counted = self._counted(shares)
        return float((earned[counted] / shares[counted]).min()) if counted.any() else math.nan

    @cached_property
    def _alone(self) -> tuple[Floats, Floats] | tuple[None, None]:
        game = self.setting.game
        searched = game.size <= ALONE_LIMIT or game.accuracy.own_concave
        found = best_alone(game) if searched else ""
        return (None, None) if isinstance(found, str) else found

    def _alone_by_contributions(self) -> Recomputed:
        """Return the contributions stated where they are as good as the best alone, else the best.

        Where several are best, each of them is an answer.
        """
        own, best = self._alone
        stated = self.setting.claim.details["standalone"]["contributions"]
        inner = replace(self.setting.claim, details={"own": stated})
        read, game = inner.stored("own", (self.setting.game.size,)), self.setting.game
        if own is None or best is None or isinstance(read, str):
            return own
        benefits = game.value * game.accuracy.unilateral_values(game.nothing(), read)
        short = best - (benefits - game.costs.value(read) + game.money)
        fits = (read >= 0) & (read <= game.capacity)
        allowed = self.setting.tolerance * max(1.0, float(np.abs(best).max()))
        return np.where(fits & (short <= allowed), read, own)

    def _exponent(self) -> Recomputed:
        """Return the exponent that the mechanism's options ask for."""
        asked = self.setting.claim.options.get("p", self.setting.claim.details["p"])
        if asked == "-inf":
            return None if self.setting.claim.details["p"] == "-inf" else math.nan
        return float(asked)

    def _of_the_program(self) -> dict[str, Callable[[], Recomputed]]:
        """Return what belongs to the planner's program: its value, money left and the duals."""
        claim = welfare_claim(self.setting)
        if isinstance(claim, str):
            return {}
        found: dict[str, Callable[[], Recomputed]] = {}
        if claims_welfare(self.setting):
            found = {
                "p": self._exponent,
                "objective": lambda: p_mean(claim.utilities, claim.p),
                "money_left": lambda: claim.left,
            }
        duals = welfare_duals(claim) if "duals" in self.setting.claim.details else ""
        if not isinstance(duals, str):
            found |= {
                "duals/mu": lambda: duals.mu,
                "duals/gamma": lambda: duals.gamma,
                "duals/lambda": lambda: duals.equilibrium,
            }
        return found
