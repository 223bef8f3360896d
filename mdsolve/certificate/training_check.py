"""The check of a training run's books: payments, utilities and metrics, round by round."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mdsolve.certificate.dispatch import Check, Request
from mdsolve.certificate.keys import STATED
from mdsolve.certificate.numbers import EXACT, Arithmetic
from mdsolve.certificate.registry import Registered
from mdsolve.certificate.training_claim import TrainingClaim, training_claim
from mdsolve.certificate.training_context import TrainingContext
from mdsolve.certificate.training_rules.base import TrainingRule
from mdsolve.certificate.training_rules.registry import rule_of
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor

EXACT_LIMIT = 20_000
"""Most entries of a history for which fractions are tried unasked."""

BALL_LIMIT = 100_000
"""Most entries for which balls are tried where intervals leave something open."""

PROMISED = ("rule", "feasibility", "history", STATED)
"""What every run claims, however far it went."""

LIMITED = "payment-limit"
BALANCED, OUT, ALONE = "budget-balance", "individual-rationality", "individual-rationality-alone"


class TrainingCheck(Check):
    """One check of the books of a run."""

    kind = "training"

    def __init__(
        self,
        instance: TrainingInstance,
        data: Mapping[str, Any],
        request: Request,
        monitor: Monitor,
    ) -> None:
        super().__init__(instance, data, request, monitor)
        self.claim: TrainingClaim = training_claim(
            instance, self.data, request.folder, request.label
        )
        self.rule: TrainingRule = rule_of(instance)

    @property
    def rule_name(self) -> str | None:
        """Name of the protocol."""
        return self.rule.spec.name

    @cached_property
    def claimed(self) -> tuple[str, ...]:
        """What every run, and the protocol, promises."""
        promised = (*PROMISED, BALANCED) if self.rule.balanced() else PROMISED
        return (*promised, LIMITED) if self.rule.limited() else promised

    @property
    def looked_at(self) -> tuple[str, ...]:
        """What users ask for anyway; training alone where that was tried."""
        return (BALANCED, OUT) if self.claim.alone is None else (BALANCED, OUT, ALONE)

    def made(self, arithmetic: Arithmetic) -> TrainingContext:
        """Return the claim in a number system."""
        return TrainingContext(
            arithmetic,
            self.request.tolerance,
            frozenset(),
            self.monitor,
            instance=self.instance,
            claim=self.claim,
            rule=self.rule,
        )

    def small_enough(self, arithmetic: Arithmetic, condition: Registered) -> bool:
        """Compare the size of the history with what is tried unasked."""
        del condition
        entries = self.claim.rounds * len(self.claim.last["payments"])
        return entries <= (EXACT_LIMIT if arithmetic is EXACT else BALL_LIMIT)
