"""The checker of training runs: from an instance and somebody's books to a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from mdsolve.certificate.arguments import accepted_tolerance
from mdsolve.certificate.closing import concluded
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import (
    BALLS,
    EXACT,
    FLOAT,
    INTERVALS,
    Arithmetic,
    IrrationalError,
)
from mdsolve.certificate.registry import Registered, registered
from mdsolve.certificate.training_claim import TrainingClaim, training_claim
from mdsolve.certificate.training_context import TrainingContext
from mdsolve.certificate.training_rules.base import TrainingRule
from mdsolve.certificate.training_rules.registry import protocols
from mdsolve.conditions import Certificate, Condition
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor

ArithmeticChoice = Literal["auto", "float", "enclosure", "exact"]

EXACT_LIMIT = 20_000
"""Most entries of a history for which fractions are tried unasked."""

BALL_LIMIT = 100_000
"""Most entries for which balls are tried where intervals leave something open."""

PROMISED = ("rule", "feasibility", "history", "stated-numbers")
"""What every run claims."""

LOOKED_AT = ("budget-balance", "individual-rationality")
"""What is looked at, promised or not."""

ALONE = "individual-rationality-alone"


@dataclass
class TrainingCheck:
    """One check of one claim: contexts per number system, made when they are needed."""

    instance: TrainingInstance
    claim: TrainingClaim
    arithmetic: ArithmeticChoice
    tolerance: float
    conditions: Sequence[str]
    monitor: Monitor = field(default_factory=Monitor)

    @cached_property
    def _contexts(self) -> dict[Arithmetic, TrainingContext]:
        return {}

    @property
    def rule(self) -> TrainingRule:
        """The instance's protocol."""
        return protocols()[self.instance.protocol.name]

    @cached_property
    def claimed(self) -> tuple[str, ...]:
        """What the verdict speaks of."""
        balanced = ("budget-balance",) if self.rule.balanced(self.instance) else ()
        return tuple(dict.fromkeys([*PROMISED, *balanced, *self.conditions]))

    def certificate(
        self, data: Mapping[str, Any] | None = None, *, any_instance: bool = False
    ) -> Certificate:
        """Return what holds and what does not.

        Parameters
        ----------
        data : mapping or None
            The whole solution; None is that of the claim.
        """
        alone = () if self.claim.alone is None else (ALONE,)
        wanted = list(dict.fromkeys([*self.claimed, *LOOKED_AT, *alone]))
        found: list[Condition] = []
        covered: dict[str, set[str]] = {}
        for number, name in enumerate(wanted):
            self.monitor.advance("checking", number, len(wanted))
            condition, paths = self.condition(name)
            found.append(condition)
            covered[name] = paths
        return concluded(
            self.instance,
            self.claim.data if data is None else data,
            found,
            covered,
            any_instance=any_instance,
            folder=self.claim.folder,
        )

    def condition(self, name: str) -> tuple[Condition, set[str]]:
        """Return one condition with the paths that it vouches for should it pass."""
        entry = registered("training", name, self.rule.name)
        if entry is None:
            reason = "not a condition of a training run"
            return Condition(name, name in self.claimed, "not-checked", detail=reason), set()
        best: Condition | None = None
        for arithmetic in self._ladder():
            found, paths = self._decided(entry, arithmetic)
            if found.verdict != "not-checked":
                return found, paths
            if best is None or best.interval is None:
                best = found
        assert best is not None
        return best, paths

    def _ladder(self) -> Iterator[Arithmetic]:
        entries = self.claim.rounds * len(self.instance.agents.cost)
        if self.arithmetic in ("float", "exact"):
            yield FLOAT if self.arithmetic == "float" else EXACT
            return
        if self.arithmetic == "auto" and entries <= EXACT_LIMIT:
            yield EXACT
        yield INTERVALS
        if entries <= BALL_LIMIT:
            yield BALLS

    def _context(self, arithmetic: Arithmetic) -> TrainingContext:
        if arithmetic not in self._contexts:
            self._contexts[arithmetic] = TrainingContext(
                arithmetic,
                self.tolerance,
                frozenset(self.claimed),
                self.monitor,
                instance=self.instance,
                claim=self.claim,
                rule=self.rule,
            )
        return self._contexts[arithmetic]

    def _decided(self, entry: Registered, arithmetic: Arithmetic) -> tuple[Condition, set[str]]:
        context = self._context(arithmetic)
        try:
            with arithmetic.context():
                found: Condition = entry.decide(context)
        except NoRouteError as error:
            reason = str(error)
        except IrrationalError as error:
            reason = f"exact arithmetic cannot hold {error}; use --arithmetic enclosure"
        except ZeroDivisionError:
            reason = "a division by zero: the formula is not defined here"
        else:
            return found, context.covered[entry.name]
        return context.unchecked(entry.name, reason), context.covered[entry.name]


def verify_training(
    instance: TrainingInstance,
    data: Mapping[str, Any],
    *,
    arithmetic: ArithmeticChoice = "auto",
    tolerance: float | None = None,
    conditions: Sequence[str] = (),
    any_instance: bool = False,
    folder: Path | None = None,
    label: str = "solution",
    monitor: Monitor | None = None,
) -> Certificate:
    """Check the books of a run against the instance.

    Parameters
    ----------
    data : mapping
        A solution's plain data.
    tolerance : float or None
        Accepted violation relative to the instance's scale; None is 1e-9.
    conditions : sequence of str
        What the verdict speaks of besides what every run, and the protocol, claims.
    any_instance : bool
        Accept a run of the first stage whose file hash differs.
    folder : Path or None
        Where array files named in the data lie.

    Raises
    ------
    SolutionFileError
        The run followed another protocol, or parts are missing or have another shape.
    UsageError
        For a tolerance that is no number from 0 on.
    """
    check = TrainingCheck(
        instance,
        training_claim(instance, data, folder, label),
        arithmetic,
        accepted_tolerance(tolerance),
        conditions,
        monitor or Monitor(),
    )
    return check.certificate(any_instance=any_instance)
