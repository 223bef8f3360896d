"""`fedbr-shap`: agents move every round, and are paid stage by stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from mdsolve.instance.findings import Problem, several
from mdsolve.instance.protocols.base import Count, SlopesSpec

EXACT_AGENTS = 8
"""Most agents whose coalitions are all visited unless the instance says otherwise."""

MODELS_LIMIT = 10_000
"""Most models that exact coalitions may need per round."""

MANY_AGENTS = 50
"""Coalitions of more agents are not counted out; nobody could visit them."""


def models_per_round(agents: int) -> int:
    """Return how many models exact shares and their slopes need: 2^n + n 2^(n-1).

    Examples
    --------
    >>> models_per_round(2), models_per_round(10)
    (8, 6144)
    """
    return int(2**agents + agents * 2 ** (agents - 1))


class FedBRShapSpec(SlopesSpec):
    """Agents move every round, and stages pay Shapley shares. [M25] appendix F."""

    citation: ClassVar[str] = "[M25] appendix F, Algorithm 1, with Shapley weights"
    open_defaults: ClassVar[Mapping[str, Any]] = {
        **SlopesSpec.open_defaults,
        "coalitions": f"exact up to {EXACT_AGENTS} agents, else sampled",
        "permutations": "floor(n log n)",
        "agents_per_move": "all",
        "agents_per_average": "all",
    }
    name: Literal["fedbr-shap"]
    stage: Count = 5
    """Rounds after which agents are paid (W in [M25], which leaves it open)."""
    index: Literal["shapley", "banzhaf"] = "shapley"
    """What an agent's share is. Shapley's makes payments cancel; Banzhaf's, with the weights
    1/2^(n-1) printed in [M25] appendix F, does not."""
    coalitions: Literal["exact", "sampled"] | None = None
    """All coalitions, or those met in random orders of the agents."""
    permutations: Count | None = None
    """Random orders per round where coalitions are sampled, as in [M25] section 5.1."""
    gain_over: Literal["round", "stage"] = "round"
    """Agents hold the cost of a contribution against what it gains in one round (costs accrue in
    every round), or against W times that (u^h in [M25] appendix F)."""
    stage_shares: Literal["summed", "last"] = "summed"
    """Shares of a stage are the sum of its rounds' shares (payments cancel whatever happens), or W
    times the last round's, as Assumption F.1 of [M25] allows; then they cancel only as far as it
    holds."""
    agents_per_move: Count | None = None
    """How many agents, drawn at random, may move after a round ([M25] (11)); all in [M25]
    Algorithm 1."""
    agents_per_average: Count | None = None
    """How many agents, drawn at random, the new model is averaged over ([M25] Algorithm 1, line
    10); all where it is left out. Then shares do not add up to what a round gained."""

    @model_validator(mode="after")
    def _orders_are_drawn(self) -> FedBRShapSpec:
        if self.permutations is not None and self.coalitions == "exact":
            problem = ("permutations",), "with exact coalitions", "with sampled ones only", ""
            raise several([problem])
        return self

    def misfits(self, costs: Sequence[Fraction]) -> Iterator[Problem]:
        """Yield coalitions that are too many to visit, and more movers than there are agents."""
        count = len(costs)
        models = models_per_round(min(count, MANY_AGENTS))
        if self.coalitions == "exact" and models > MODELS_LIMIT:
            needed = f"{'over ' if count > MANY_AGENTS else ''}{models:,}"
            got = f"exact, which needs {needed} models per round with {count} agents"
            fix = "coalitions: sampled"
            yield ("protocol", "coalitions"), got, f"at most {MODELS_LIMIT:,} models", fix
        for key in ("agents_per_move", "agents_per_average"):
            drawn = getattr(self, key)
            if drawn is not None and drawn > count:
                yield ("protocol", key), str(drawn), f"at most the {count} agents", ""
        if self.optimizer == "adam":
            fix = "leave it out"
            yield ("protocol", "optimizer"), "adam with fedbr-shap", "sgd, which averages", fix
