"""Proofs that something does not exist: one class each, to and from the `witness` of a solution.

A proof says what it is about itself: the mechanism with its options, and for markets the side
constraints. It holds only what the checker cannot find out alone: where to look. Stated bounds are
kept as they were stated, and prove nothing.

    chain        every payment rule of a market: one chain of lies per agent at one profile
    rows         the same under side constraints: inequalities with multipliers
    expected-loss  the same on average: the highest payments are computed anew
    interim-chains chains of lies about averages, one for every type
    box-tree     no equilibrium: boxes that cover every profile, on each a deviation that gains
    unaffordable no equilibrium: one agent lacks money at every profile
    no-step      no step size of the kind asked for lets a protocol contract
    no-rule      what everybody needs exceeds what data are worth: no payments bring them about

Solutions of the first stage name no kind; their keys tell it. What they do not say stays None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.errors import Finding, SolutionFileError
from mdsolve.fields import Read
from mdsolve.proof.base import About
from mdsolve.proof.design import NoRule
from mdsolve.proof.equilibria import BoxTree, Leaf, NoStep, Split, Unaffordable
from mdsolve.proof.interim import InterimAgent, InterimBound, InterimChains
from mdsolve.proof.market import STAY_OUT, AgentChain, Chain, ExpectedLoss, Row, Rows

__all__ = [
    "STAY_OUT",
    "About",
    "AgentChain",
    "BoxTree",
    "Chain",
    "ExpectedLoss",
    "InterimAgent",
    "InterimBound",
    "InterimChains",
    "Leaf",
    "NoRule",
    "NoStep",
    "Proof",
    "Row",
    "Rows",
    "Split",
    "Unaffordable",
    "proof_from",
]

Proof = Chain | Rows | ExpectedLoss | InterimChains | BoxTree | Unaffordable | NoStep | NoRule

KINDS: Mapping[str, type[Proof]] = {
    cls.kind: cls
    for cls in (Chain, Rows, ExpectedLoss, InterimChains, BoxTree, Unaffordable, NoStep, NoRule)
}


def proof_from(data: Any, where: str = "witness", read: Read | None = None) -> Proof:
    """Return the proof that plain data hold.

    Parameters
    ----------
    where : str
        Names the data in errors.
    read : callable or None
        Reads tables that lie in a file beside the data.

    Raises
    ------
    SolutionFileError
        With every problem found: an unknown kind or key, entries that are no numbers.

    Examples
    --------
    >>> proof_from({"agent": "small", "reason": "budget"})
    Unaffordable(mechanism=None, options={}, agent='small')
    """
    if not isinstance(data, Mapping):
        found = Finding(where, repr(data)[:60], "a proof: a mapping with its kind")
        raise SolutionFileError([found])
    chosen = KINDS.get(_kind(data))
    if chosen is None:
        got, expected = repr(data.get("kind"))[:60], "one of " + ", ".join(KINDS)
        raise SolutionFileError([Finding(f"{where}.kind", got, expected)])
    return chosen.from_dict(data, where, read)


def _kind(data: Mapping[str, Any]) -> str:
    """Return the kind of a proof; those of the first stage tell it by their keys."""
    if "kind" in data:
        return str(data["kind"])
    reasons = {"budget": Unaffordable.kind, "no-admissible-step": NoStep.kind}
    if data.get("reason") in reasons:
        return reasons[data["reason"]]
    keys = {"chains": Chain.kind, "rows": Rows.kind, "tree": BoxTree.kind}
    return next((kind for key, kind in keys.items() if key in data), "")
