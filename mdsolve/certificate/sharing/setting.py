"""A sharing game and a claim about it: what all conditions of the sharing checker start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.payment_rules import Rule, rule_of
from mdsolve.conditions import Condition
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SharingSetting:
    """A game and a claim; everything the conditions have in common.

    Parameters
    ----------
    tolerance : float
        Accepted violation relative to max(1, largest utility).
    claimed : frozenset of str
        Conditions that the verdict speaks of.
    shaped : bool
        Whether the mechanism hands out models that are less than the full one.
    """

    game: SharingGame
    claim: SharingClaim
    tolerance: float
    claimed: frozenset[str]
    shaped: bool = False

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
        if self.shaped:
            return self.game.nothing()
        return self.rule if isinstance(self.rule, str) else self.rule.payments

    @cached_property
    def received(self) -> Floats | None:
        """Accuracy of the model handed to each agent, None where it is the full one.

        Only rules that shape models make this a claim; elsewhere everybody gets the full model,
        whatever a solution says.
        """
        return self.claim.accuracies if self.shaped else None

    def utilities(self, payments: Floats) -> Floats:
        """Return everybody's utility at the claimed contributions, in money."""
        return self.game.utilities(self.s, payments, self.received)

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
