"""What a training protocol's rule pays in every round, recomputed from the books.

`fedbr-bg` and `2p-upbred` pay by a formula in contributions; `fedbr-shap` pays at the end of each
stage what an agent's share of the stage, as reported, exceeds his own gain; the others pay nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mdsolve.instance.protocol import DEFAULT_BETA_PER_COST, DEFAULT_STAGE, ProtocolSpec
from mdsolve.instance.training import TrainingInstance

Floats = npt.NDArray[np.float64]

DIGITS = 50
"""Decimal digits in which beta* is computed."""


@dataclass(frozen=True)
class Stages:
    """Reported shares of the stages of `fedbr-shap`.

    Parameters
    ----------
    shares : ndarray, shape (stages, agents)
        In money.
    worth_before : ndarray, shape (agents,)
        What the untrained model is worth to each agent, in money.
    """

    shares: Floats
    worth_before: Floats


def balanced_by_rule(spec: ProtocolSpec) -> bool:
    """Tell whether a protocol promises payments that cancel; all but two options do."""
    return spec.index != "banzhaf" and spec.stage_shares != "last"


def stage_ends(spec: ProtocolSpec, rounds: int) -> list[int]:
    """Return the rounds, counted from 1, with which stages of a run so far have ended.

    Examples
    --------
    >>> spec = ProtocolSpec(name="fedbr-shap", rounds=7, stage=3)
    >>> stage_ends(spec, 7), stage_ends(spec, 5)
    ([3, 6, 7], [3])
    """
    length = spec.stage or DEFAULT_STAGE
    return [k for k in range(1, rounds + 1) if k % length == 0 or k == spec.rounds]


def payments_by_rule(
    instance: TrainingInstance,
    contributions: Floats,
    payoffs: Floats,
    stages: Stages | None,
) -> Floats:
    """Return the payments of every round, shape (rounds, agents).

    Parameters
    ----------
    contributions, payoffs : ndarray, shape (rounds, agents)
        Payoffs as reported, in units of accuracy or of loss below that of guessing.
    stages : Stages or None
        Of `fedbr-shap`.
    """
    spec = instance.protocol
    costs = np.array([float(cost) for cost in instance.agents.cost])
    if spec.name == "fedbr-bg":
        return float(shared_rate(instance)) * _above_the_others(costs * contributions)
    if spec.name == "2p-upbred":
        beta = DEFAULT_BETA_PER_COST * costs.max() if spec.beta is None else float(spec.beta)
        return beta * _above_the_others(contributions)
    paid = np.zeros_like(contributions)
    if stages is None:
        return paid
    values = np.array([float(v) for v in instance.agents.value or [1] * len(costs)])
    before = stages.worth_before
    for end, shares in zip(stage_ends(spec, len(payoffs)), stages.shares, strict=True):
        worth = values * payoffs[end - 1]
        paid[end - 1] = shares - (worth - before)
        before = worth
    return paid


def shared_rate(instance: TrainingInstance) -> Fraction:
    """Return beta of `fedbr-bg`: as written, 1 - 1/n, or [M23] (14) in fifty digits."""
    beta, costs = instance.protocol.beta, instance.agents.cost
    n = len(costs)
    if n == 1:
        return Fraction(0)
    if beta == "full":
        return 1 - Fraction(1, n)
    if isinstance(beta, Fraction):
        return beta
    least = 1 / sum((1 / cost for cost in costs), Fraction(0))
    total = sum(costs, Fraction(0))
    middle = least * n * (n - 2) + total
    square = middle**2 - 4 * least * total * (n - 1) ** 2
    with localcontext() as context:
        context.prec = DIGITS
        root = Fraction((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())
    return (middle - root) / (2 * total)


def _above_the_others(amounts: Floats) -> Floats:
    """Return amounts (rounds, agents) less the averages of the others', 0 for a single agent."""
    n = amounts.shape[1]
    if n == 1:
        return np.zeros_like(amounts)
    others = (amounts.sum(axis=1, keepdims=True) - amounts) / (n - 1)
    return np.asarray(amounts - others)
