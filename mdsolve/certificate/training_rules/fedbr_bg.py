"""`fedbr-bg`: as `fedbr`, and the others bear a share of everybody's cost."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.rules.budget_balanced import rate_of_costs
from mdsolve.certificate.stated.figures import Figure
from mdsolve.certificate.training_rules.base import above_the_others
from mdsolve.certificate.training_rules.fedbr import FedBR
from mdsolve.instance.protocols.fedbr_bg import FedBRBGSpec

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext


class FedBRBG(FedBR):
    """Agents move as under `fedbr`, and are paid for costs above the others' average."""

    spec: FedBRBGSpec

    def payments(self, context: TrainingContext) -> Quantity:
        """Return beta (cost_i s_i - average of the others' costs)."""
        return self.rate(context) * above_the_others(
            context, context.costs * context.column("contributions")
        )

    def rate(self, context: TrainingContext) -> Quantity:
        """Return beta: as written, 1 - 1/n, or [M23] (14); shape ()."""
        beta, n, arithmetic = self.spec.beta, context.size, context.arithmetic
        if n == 1:
            return arithmetic.constant(0)
        if beta == "full":
            return arithmetic.constant(1 - Fraction(1, n))
        if isinstance(beta, Fraction):
            return arithmetic.constant(beta)
        return rate_of_costs(arithmetic, context.costs)

    def findings(self, context: TrainingContext) -> Mapping[str, Recompute]:
        """Return the rate used."""
        return {"beta": lambda: Figure.exactly(self.rate(context), 1.0)}
