"""Proof objects of games without an equilibrium: trees of boxes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mdsolve.instance.numbers import exact_number
from mdsolve.proving.checker import first_accepted
from mdsolve.proving.record import NotProvableError
from mdsolve.proving.subject import Subject

SPLIT = 18
"""The letter of splits is the one after those of 18 agents."""


def no_equilibrium(subject: Subject) -> Any:
    """Return the claim that everywhere some agent gains, with the tree of the solution."""
    witness = subject.claim.get("witness")
    if not isinstance(witness, Mapping) or "tree" not in witness:
        message = "non-existence by other proofs than boxes has no proof object"
        raise NotProvableError(message)
    accuracy = subject.data["accuracy"]
    if accuracy.get("family") != "union" or "curve" not in accuracy:
        message = "boxes for other accuracies than unions have no proof object"
        raise NotProvableError(message)
    agents = subject.agents
    facts = {(agent["rate"], agent["capacity"]) for agent in agents}
    if len(facts) > 1:
        message = "agents with different costs or capacities have no proof object of boxes"
        raise NotProvableError(message)
    ((rate, capacity),) = facts
    points = [list(point) for point in accuracy["curve"]["points"]]
    if capacity is None or Fraction(capacity) < Fraction(points[-1][0]):
        message = "capacities within the curve have no proof object of boxes"
        raise NotProvableError(message)
    if Fraction(capacity) > Fraction(points[-1][0]):
        points.append([capacity, points[-1][1]])
    near = [[int(j) for j in row] for row in accuracy["neighbours"]]
    deviations, tree = _tree(witness["tree"])
    stated = exact_number(subject.claim.get("nash_gap") or 0)
    forms = [
        {
            "claim": "no-equilibrium",
            "states": {"gap": str(gap)},
            "data": {"curve": points, "neighbours": near, "rate": rate},
            "proof": {"deviations": deviations, "tree": tree},
        }
        for gap in (stated * Fraction(999, 1000), Fraction(0))
    ]
    return first_accepted(forms, subject.data)


def _tree(nodes: Any) -> tuple[list[str], str]:
    """Return the deviations used, and the tree as text: splits are at midpoints."""
    deviations: list[str] = []
    tokens = []
    for node in nodes:
        if len(node) == 2:
            tokens.append(f"s{node[0]}")
            continue
        deviation = str(exact_number(node[2]))
        if deviation not in deviations:
            deviations.append(deviation)
        tokens.append(f"{chr(ord('a') + node[0])}{deviations.index(deviation)}")
    if len(deviations) > 10 or any(node[0] >= SPLIT for node in nodes):
        message = "more than ten deviations or eighteen agents have no proof object"
        raise NotProvableError(message)
    return deviations, "".join(tokens)
