"""`fedbr-shap`: agents move every round, and stages pay the shares of what they gained.

At the end of a stage an agent receives their share, as reported, less what the stage was worth to
them: p_i = share_i - value_i (a_i(end) - a_i(start)). Shapley shares sum to what the stage gained,
so payments cancel. A share of one round is an average of differences of sum_j value_j a_j, so that
with accuracies in [0, 1] nobody's share of a stage exceeds its rounds times sum_j value_j.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.stated.figures import Figure, Said
from mdsolve.certificate.training_claim import stage_ends
from mdsolve.certificate.training_rules.base import TrainingRule, one_batch
from mdsolve.instance.protocols.fedbr_shap import FedBRShapSpec

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext


class FedBRShap(TrainingRule):
    """Moves along the slopes of Shapley shares, payments per stage."""

    spec: FedBRShapSpec

    def balanced(self) -> bool:
        """Hold for Shapley shares of everybody's model that are summed over a stage's rounds."""
        spec = self.spec
        summed = spec.index == "shapley" and spec.stage_shares == "summed"
        return summed and spec.agents_per_average is None

    def first(self, context: TrainingContext) -> Quantity:
        """Return one batch."""
        return one_batch(context)

    def may_move(self, context: TrainingContext) -> Booleans:
        """Hold after every round."""
        return np.ones(context.claim.rounds - 1, dtype=np.bool_)

    def movers(self, context: TrainingContext) -> int:
        """Return how many agents are drawn to move."""
        return self.spec.agents_per_move or context.size

    def payments(self, context: TrainingContext) -> Quantity:
        """Return shares less own gains at the ends of stages, nothing between."""
        arithmetic, claim = context.arithmetic, context.claim
        ends = stage_ends(self.spec, claim.learned)
        nothing = arithmetic.zeros((claim.rounds, context.size))
        if not ends:
            return nothing
        assert claim.shares is not None
        last = np.array(ends) - 1
        worth = context.values * context.payoffs[last]
        before = arithmetic.stored(claim.worth_before).reshape(1, -1)
        if len(ends) > 1:
            before = arithmetic.concatenate([before, worth[:-1]])
        paid = arithmetic.stored(claim.shares) - (worth - before)
        row = np.clip(np.searchsorted(last, np.arange(claim.rounds)), 0, len(last) - 1)
        here = np.isin(np.arange(claim.rounds), last)[:, None]
        return arithmetic.where(here, paid[row], nothing)

    def findings(self, context: TrainingContext) -> Mapping[str, Recompute]:
        """Return the stages: where they end, and what shares can be at most."""
        ends = stage_ends(self.spec, context.claim.learned)
        return {
            "stages.last_rounds": lambda: Said.exactly(ends),
            "stages.shares": lambda: self._shares(context, ends),
            "stages.worth_before": lambda: _worth_before(context),
        }

    def _shares(self, context: TrainingContext, ends: list[int]) -> Figure:
        """Return the figure of shares: as reported, at most what can be gained."""
        arithmetic = context.arithmetic
        shares = arithmetic.stored(context.claim.shares)
        scale = context.scales.money
        if self.spec.payoff != "accuracy":
            return Figure.exactly(shares, scale)
        lengths = np.diff([0, *ends])[:, None].astype(np.float64)
        most = arithmetic.total(context.values) * arithmetic.stored(lengths)
        most = arithmetic.broadcast(most, (len(ends), context.size))
        return Figure.within(-most, most, scale)


def _worth_before(context: TrainingContext) -> Figure:
    """Return the figure of what the untrained model is worth: an accuracy times the value."""
    arithmetic = context.arithmetic
    if context.instance.protocol.payoff == "accuracy":
        return Figure.within(0 * context.values, context.values, context.scales.money)
    return Figure.exactly(arithmetic.stored(context.claim.worth_before), context.scales.money)
