"""Proofs in a solution of a sharing game: read, and held against what the solution is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError, Witness
from mdsolve.certificate.numbers import FLOAT, Quantity
from mdsolve.certificate.rules.base import SharingRule, Terms
from mdsolve.certificate.same_options import differing_option
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.tables import read_table
from mdsolve.conditions import Condition
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.proof import Proof, proof_from
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


def stored_proof(context: SharingContext) -> Proof:
    """Return the proof under `witness`.

    Raises
    ------
    NoRouteError
        If there is none, or it cannot be read.
    """
    data = context.claim.at("witness")
    if data is None:
        raise NoRouteError("the solution holds no proof")

    def read(raw: Any, where: str) -> list[Any]:
        # Tables that lie in a file beside a proof have an entry per agent.
        findings: list[Finding] = []
        found = read_table(raw, (context.size,), context.claim.folder, where, findings)
        if found is None:
            raise SolutionFileError(findings)
        return list(np.asarray(found).tolist())

    try:
        return proof_from(data, read=read)
    except SolutionFileError as error:
        first = error.findings[0]
        message = f"no usable proof: {first.where}: {first.got}; expected {first.expected}"
        raise NoRouteError(message) from None


def require_about(context: SharingContext, proof: Proof) -> SharingRule:
    """Return the rule that a proof is about, which has to be the solution's.

    Raises
    ------
    NoRouteError
        If the proof is about another mechanism, or about other options.
    """
    rule = context.rule
    if rule is None:
        raise NoRouteError("an agreement names no mechanism, so nothing is proved about one")
    if proof.mechanism is None:
        return rule
    if proof.mechanism != rule.name:
        message = f"the proof is about {proof.mechanism}, and the solution about {rule.name}"
        raise NoRouteError(message)
    differs = differing_option(rule.defaults, context.options, proof.options)
    if differs:
        raise NoRouteError(f"the proof is about {differs}")
    return rule


def at_profile(context: SharingContext, s: Floats) -> SharingContext:
    """Return the context of a claim that is these contributions and nothing else."""
    claim = replace(context.claim, contributions=s, payments=None, accuracies=None)
    return replace(context, claim=claim)


def _in_floats(context: SharingContext) -> SharingContext:
    """Return the same claim in floats, for what rules promise on a game."""
    return replace(context, arithmetic=FLOAT, reading=context.reading.rounded)


def own_terms(context: SharingContext, rule: SharingRule) -> Terms:
    """Return the stakes of a rule whose own utility is accuracy less a share of the own cost.

    Raises
    ------
    NoRouteError
        For rules whose utilities have another form, and those that are no game.
    """
    nobody = at_profile(context, np.zeros(context.size))
    if "nash" not in rule.promises(_in_floats(nobody)):
        message = f"{rule.name} says nothing about equilibria"
        raise NoRouteError(message)
    if rule.shaped or rule.private:
        message = f"{rule.name} hands out models of different value, which proofs here do not read"
        raise NoRouteError(message)
    terms = nobody.terms
    if terms.shares is not None:
        message = f"utilities under {rule.name} are shares of all data, which proofs do not read"
        raise NoRouteError(message)
    return terms


def negative(
    context: SharingContext,
    name: str,
    amount: Quantity,
    *,
    scale: float,
    words: tuple[str, str],
    scope: str,
    witness: Witness,
    margin: bool = False,
) -> Condition:
    """Return the condition that one amount, shape (1,), is strictly negative.

    Parameters
    ----------
    scale : float
        Of the instance.
    margin : bool
        Whether it has to be negative by more than the tolerance; floats need room for rounding
        in any case.
    """
    arithmetic = context.arithmetic
    room = context.tolerance * scale if margin else 0.0
    room = room if arithmetic.rigorous else max(room, ROUND_OFF * scale)
    bound = arithmetic.stored(np.array([-room]))
    proved, refuted = arithmetic.less(amount, bound).holds, arithmetic.at_most(bound, amount).holds
    return context.decided(
        name,
        amount,
        0.0,
        words=words,
        scope=scope,
        witness=witness,
        refuted=refuted,
        undecided=~(proved | refuted),
    )
