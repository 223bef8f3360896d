"""Schema of the protocol of a federated run: name, lengths, steps, and options of the papers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mdsolve.instance.common import StrictModel
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import NonNegativeNumber, PositiveNumber, WholeNumber

SUMMARIES = {
    "fedavg": "Everybody brings all he has, or what start says; nobody pays.",
    "fedavg-strategic": "Agents choose before training starts, nobody pays. [D25] Algorithm 3.",
    "fedbr": "Agents move between rounds of training, nobody pays. [M23] Algorithm 2.",
    "fedbr-bg": "As fedbr, and the others bear a share of everybody's cost. [M23] Algorithm 1.",
    "fedbr-shap": "Agents move every round, and stages pay Shapley shares. [M25] appendix F.",
    "upbred": "Contributions and model move in the same rounds, nobody pays. [D25] Algorithm 1.",
    "2p-upbred": "Paid for contributions, agents choose before training. [D25] Algorithm 2.",
}
"""What each protocol does, in a sentence."""

MOVING = ("fedbr", "fedbr-bg", "fedbr-shap", "upbred")
TWO_PHASES = ("fedavg-strategic", "2p-upbred")
PROTOCOL_KEYS: dict[str, tuple[str, ...]] = {
    "difference": ("fedavg-strategic", *MOVING, "2p-upbred"),
    "stopping": ("fedavg-strategic",),
    "settled": TWO_PHASES,
    "negotiation_rounds": TWO_PHASES,
    "rounds_per_move": ("fedbr", "fedbr-bg"),
    "estimate": ("fedbr", "fedbr-bg", "upbred", "2p-upbred"),
    "beta": ("fedbr-bg", "2p-upbred"),
    "stage": ("fedbr-shap",),
    "index": ("fedbr-shap",),
    "coalitions": ("fedbr-shap",),
    "permutations": ("fedbr-shap",),
    "gain_over": ("fedbr-shap",),
    "stage_shares": ("fedbr-shap",),
    "agents_per_move": ("fedbr-shap",),
}
"""Keys of a protocol that only some protocols use; elsewhere they are refused, not ignored."""

ESTIMATES = {"total": ("fedbr", "fedbr-bg"), "rounds": ("upbred", "2p-upbred")}
"""Ways to estimate slopes that belong to the protocols of one paper."""


DEFAULT_STAGE = 5
"""Rounds of a stage of `fedbr-shap`, where the instance does not say; [M25] leaves W open."""

DEFAULT_BETA_PER_COST = 2.0
"""beta of `2p-upbred` over the largest cost; [D25] section 5 takes 2 with costs below 1."""


MODELS_LIMIT = 10_000
"""Most models that exact coalitions of `fedbr-shap` may need per round."""


def models_per_round(agents: int) -> int:
    """Return how many models exact shares and their slopes need: 2^n + n 2^(n-1).

    Examples
    --------
    >>> models_per_round(2), models_per_round(10)
    (8, 6144)
    """
    return int(2**agents + agents * 2 ** (agents - 1))


class ProtocolSpec(StrictModel):
    """Which protocol runs, for how long and with which steps.

    Parameters
    ----------
    unit : {"batches", "samples"}
        What a contribution counts: mini-batches trained per round ([M25] section 5) or own
        examples brought in ([M23], [D25]).
    aggregation : {"mean", "weighted"}
        The new model is the plain mean of the local ones ([M25], [D25]) or their mean weighted by
        contributions ([M23]).
    payoff : {"accuracy", "loss"}
        a_i is the accuracy on the agent's held-out examples, or log(classes) minus the mean loss
        there ([D25] section 5, with r_i the log of the number of classes).
    start : tuple of numbers or None
        Contributions in the first round; the default is the protocol's own.
    difference : number or None
        Width of the difference quotients by which agents estimate what more data would bring, in
        units of contribution (epsilon in [M25], Delta s in [M23]).
    stopping : {"settled", "published"} or None
        `fedavg-strategic`: agents stop moving when every slope is (nearly) zero, or as printed,
        when no slope is positive.
    settled : number or None
        `fedavg-strategic`, `2p-upbred`: largest slope that counts as zero, money per unit of
        contribution.
    negotiation_rounds : int or None
        `fedavg-strategic`, `2p-upbred`: most rounds in which agents choose before training starts.
    rounds_per_move : int or None
        `fedbr`, `fedbr-bg`: rounds of training between two moves of the contributions (T in [M23]
        Algorithms 1-2); 1 by default.
    estimate : {"own", "total", "rounds"} or None
        What stands for the slope of the payoff. ``own`` (default): one round of training with a
        little more of the own data, as in [M25] appendix F. ``total``: with a little more data of
        everybody together, as [M23] writes a(sum s + Delta s). ``rounds``: the gain of the last
        round over the last change of the contribution, [D25] (10); ``own`` where the contribution
        moved by less than `difference`.
    beta : number, "optimal", "full" or None
        `fedbr-bg`: share of the cost borne by the others, in [0, 1); ``optimal`` (default) is
        beta* of [M23] (14), ``full`` is 1 - 1/n. `2p-upbred`: money per unit of contribution,
        [D25] (7); twice the largest cost by default.
    stage : int or None
        `fedbr-shap`: rounds after which agents are paid (W in [M25]); 5 by default.
    index : {"shapley", "banzhaf"} or None
        `fedbr-shap`: what an agent's share is. ``shapley`` (default) makes payments cancel;
        ``banzhaf``, the weights 1/2^(n-1) printed in [M25] appendix F, does not.
    coalitions : {"exact", "sampled"} or None
        `fedbr-shap`: all coalitions, or those met in random orders of the agents; by default exact
        up to 8 agents.
    permutations : int or None
        `fedbr-shap`: random orders per round where coalitions are sampled; floor(n log n) by
        default, as in [M25] section 5.1.
    gain_over : {"round", "stage"} or None
        `fedbr-shap`: agents hold the cost of a contribution against what it gains in one round
        (default: costs accrue in every round), or against W times that (u^h in [M25] appendix F).
    stage_shares : {"summed", "last"} or None
        `fedbr-shap`: shares of a stage are the sum of its rounds' shares (default; payments cancel
        whatever happens), or W times the last round's, as Assumption F.1 of [M25] allows; then they
        cancel only as far as it holds.
    agents_per_move : int or None
        `fedbr-shap`: how many agents, drawn at random, may move after a round ([M25] (11)); all by
        default, as in [M25] Algorithm 1.
    """

    name: Literal[
        "fedavg", "fedavg-strategic", "fedbr", "fedbr-bg", "fedbr-shap", "upbred", "2p-upbred"
    ]
    rounds: Annotated[WholeNumber, Field(ge=1)]
    batch_size: Annotated[WholeNumber, Field(ge=1)] = 16
    learning_rate: PositiveNumber | None = None
    step_size: PositiveNumber | None = None
    unit: Literal["batches", "samples"] = "batches"
    aggregation: Literal["mean", "weighted"] = "mean"
    payoff: Literal["accuracy", "loss"] = "accuracy"
    start: tuple[NonNegativeNumber, ...] | None = None
    difference: PositiveNumber | None = None
    stopping: Literal["settled", "published"] | None = None
    settled: PositiveNumber | None = None
    negotiation_rounds: Annotated[WholeNumber, Field(ge=1)] | None = None
    rounds_per_move: Annotated[WholeNumber, Field(ge=1)] | None = None
    estimate: Literal["own", "total", "rounds"] | None = None
    beta: Literal["optimal", "full"] | NonNegativeNumber | None = None
    stage: Annotated[WholeNumber, Field(ge=1)] | None = None
    index: Literal["shapley", "banzhaf"] | None = None
    coalitions: Literal["exact", "sampled"] | None = None
    permutations: Annotated[WholeNumber, Field(ge=1)] | None = None
    gain_over: Literal["round", "stage"] | None = None
    stage_shares: Literal["summed", "last"] | None = None
    agents_per_move: Annotated[WholeNumber, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _keys_that_are_used(self) -> ProtocolSpec:
        problems: list[Problem] = []
        for key, protocols in PROTOCOL_KEYS.items():
            if getattr(self, key) is not None and self.name not in protocols:
                problems.append(
                    ((key,), f"with {self.name}", f"{key} with {', '.join(protocols)} only", "")
                )
        problems += self._values_that_fit()
        if problems:
            raise several(problems)
        return self

    def _values_that_fit(self) -> Iterator[Problem]:
        protocols = ESTIMATES.get(self.estimate or "own", (self.name,))
        if self.name not in protocols:
            expected = f"{self.estimate} with {' and '.join(protocols)} only"
            yield ("estimate",), f"{self.estimate} with {self.name}", expected, ""
        if self.name == "fedbr-bg" and isinstance(self.beta, Fraction) and self.beta >= 1:
            yield ("beta",), f"{float(self.beta):g}", "a share of at least 0 and below 1", ""
        if self.name == "2p-upbred" and isinstance(self.beta, str):
            yield ("beta",), self.beta, "money per unit of contribution", "a number"
        if self.permutations is not None and self.coalitions == "exact":
            yield ("permutations",), "with exact coalitions", "with sampled ones only", ""
