"""Proofs that no payments exist, in sentences: a chain of lies, or inequalities to be added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.report.text.console import paragraph
from mdsolve.report.words import listed


def witness_view(witness: Mapping[str, Any]) -> RenderableType:
    """Return the chain of lies that proves that no desirable mechanism exists, in sentences."""
    lines = witness_lines(witness)
    return paragraph(lines) if lines else Text("")


def witness_lines(witness: Mapping[str, Any]) -> list[str]:
    """Return a proof that no payments exist as lines, indented where they belong to one above."""
    if "tree" in witness or "agent" in witness:
        return []
    if witness.get("kind") == "no-rule":
        return _shortfall(witness)
    if witness.get("kind") == "expected-loss":
        return ["Proof: on average even the highest payments sum to less than zero."]
    if witness.get("kind") == "interim-chains":
        return _expected_bounds(witness)
    if "rows" in witness:
        return _contradiction(witness["rows"])
    profile = ", ".join(f"{name} has type {number(t)}" for name, t in witness["profile"].items())
    lines = [f"Proof: take the profile where {profile}."]
    for chain in witness["chains"]:
        bound = chain["bound"]
        charge = (
            f"must be paid {number(-bound)} or more"
            if bound < 0
            else f"can be charged at most {number(bound)}"
        )
        lines.append(f"  {chain['agent']} {charge}:")
        for step in chain["steps"]:
            limit = _at_most(step["bound"])
            if step["report"] == "stay out":
                charge = f"type {number(step['type'])} {limit}, or they would stay out"
            elif step["report"] == "cap":
                charge = f"type {number(step['type'])} {limit}: that is their cap"
            else:
                report = number(step["report"])
                charge = (
                    f"type {number(step['type'])} {limit} compared with type {report}, "
                    f"or they would report {report}"
                )
            lines.append(f"    {charge}")
    words = (witness.get("options") or {}).get("side", ())
    subsidy = next((word for word in words if word.startswith("subsidy=")), "")
    ending = f": a {subsidy} is not enough" if subsidy else " < 0: the platform loses money"
    lines.append(f"  Together at most {number(witness['deficit'])}{ending}.")
    return lines


def _expected_bounds(witness: Mapping[str, Any]) -> list[str]:
    """Return what bounds the payments that agents of the highest types expect."""
    lines = ["Proof: on average over the others' types, of the highest types"]
    for agent in witness["agents"]:
        types = {Fraction(str(entry["type"])): entry for entry in agent["types"]}
        entry = agent["types"][-1]
        lines.append(f"  {agent['agent']} {_at_most(entry['bound'])}:")
        chain = [entry]
        while chain[-1]["report"] != "stay out":
            chain.append(types[Fraction(str(chain[-1]["report"]))])
        before = 0.0
        for entry in reversed(chain):
            own, report = number(entry["type"]), entry["report"]
            limit = _at_most(float(entry["bound"]) - before)
            before = float(entry["bound"])
            if report == "stay out":
                lines.append(f"    type {own} {limit}, or they would stay out")
            else:
                told = number(report)
                lines.append(
                    f"    type {own} {limit} compared with type {told}, or they would report {told}"
                )
    return [*lines, "  Bounds of all types, weighted with their chances, sum to too little."]


def _shortfall(witness: Mapping[str, Any]) -> list[str]:
    """Return why no payments bring contributions about."""
    anywhere = bool(witness.get("prices"))
    where = "wherever anybody contributes" if anywhere else "at the wanted contributions"
    short = witness.get("shortfall")
    by = "" if short is None else f" by {number(float(Fraction(short)))}"
    return [f"Proof: {where}, what everybody needs at least exceeds what all data are worth{by}."]


def _at_most(bound: Any) -> str:
    """Return an upper bound on a payment in words; a negative one is money to be received."""
    if bound < 0:
        return f"must receive {number(-bound)} or more"
    return f"pays at most {number(bound)}"


def _contradiction(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return contradicting inequalities in sentences, with the weight of each."""
    lines = ["These inequalities, added up with their weights, leave 0 <= something negative:"]
    for row in rows:
        types = ", ".join(number(value) for value in row["profile"].values())
        lines.append(f"  {row['multiplier']} x  at types ({types}): {_inequality(row)}")
    return lines


def _inequality(row: Mapping[str, Any]) -> str:
    agent, bound = row["agent"], number(row["bound"])
    sentences = {
        "rationality": f"{agent} may stay out, so pays at most {bound}",
        "incentive": f"{agent} may report {number(row.get('report'))}, "
        f"so the truth costs at most {bound} more",
        "revenue": "payments sum to at least 0",
        "no-surplus": "payments sum to at most 0",
        "subsidy": f"payments sum to at least {number(-Fraction(row['bound']))}",
        "coalition": f"{listed(row.get('members') or [agent])} may leave together, "
        f"so pay at most {bound} in all",
        "revenue-floor": f"payments sum to at least {number(-Fraction(row['bound']))}",
        "cap": f"{agent} pays at most {bound}",
        "floor": f"{agent} pays at least {number(-Fraction(row['bound']))}",
        "spread": f"{agent} pays at most {bound} more than {row.get('other')}",
    }
    return sentences[row["kind"]]
