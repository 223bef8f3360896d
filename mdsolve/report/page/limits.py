"""What a report takes for granted and what was not proved, a sentence each."""

from __future__ import annotations

from typing import Any

from mdsolve.conditions import Certificate
from mdsolve.report.numbers import amount
from mdsolve.report.page.answer import kind_of
from mdsolve.report.page.source import Subject
from mdsolve.report.words import heading, listed, lower_first

HOLDS = {True: "holds", False: "does not hold", None: "is not shown"}

MARKETS = {
    "non-competitive": "non-competitive (nobody is harmed by another's better model)",
    "quasi-monotone": "quasi-monotone (own and others' models add up)",
    "growing-market": "growing (better models never shrink the whole)",
}


def assumptions(subject: Subject) -> list[str]:
    """Return what is assumed, and what was not proved, a sentence each."""
    answers, kind = subject.solution.answers, kind_of(subject)
    found = [
        "The numbers of the instance are taken as true: what data, models and costs are worth was "
        "given, not measured here."
    ]
    if kind == "market":
        found.append(
            "Data can be hidden, not invented, and amounts of data are those on the instance's "
            "grid; other amounts are not covered."
        )
        if "off_path" in answers:
            found.append(str(answers["off_path"]) + " This choice changes what can be charged.")
        found += [
            f"That the market is {MARKETS.get(entry['name'], entry['name'])} "
            f"{HOLDS[entry.get('holds')]} ({entry.get('reason')})."
            for entry in answers.get("assumptions", ())
        ]
    elif kind == "training":
        found.append("Accuracies and losses are as the run reported them; it was not repeated.")
    else:
        found.append(
            "Every agent knows the game, looks after his own utility only, and agrees on nothing "
            "with others in secret."
        )
        found += _other_equilibria(answers.get("equilibria"))
    found += [f"{words}." for words in answers.get("warnings", ()) if isinstance(words, str)]
    found += _unchecked(subject.solution.certificate)
    if not subject.checked:
        found.append(
            "The instance was not at hand, so nothing was checked again for this report; verdicts "
            "are those that the solution file states."
        )
    return found


def _other_equilibria(stated: Any) -> list[str]:
    if stated == "unique":
        return ["There is no other equilibrium; this was derived from the form of the game."]
    if stated == "continuum":
        return ["There are infinitely many equilibria; the report shows one of them."]
    if isinstance(stated, list) and len(stated) > 1:
        totals = listed([amount(total) for total in stated])
        return [f"There are several equilibria, with totals of {totals}; the report shows one."]
    if isinstance(stated, list) and stated:
        return ["That there is no other equilibrium is not proved."]
    return []


def _unchecked(certificate: Certificate | None) -> list[str]:
    if certificate is None:
        return ["No condition was checked."]
    lines = [
        f"Not checked: {lower_first(heading(c))}. {c.detail[:1].upper()}{c.detail[1:]}."
        for c in certificate.conditions
        if c.verdict == "not-checked"
    ]
    used = {c.arithmetic for c in certificate.conditions if c.verdict != "not-checked"}
    if "float" in used:
        lines.append(
            "Conditions marked as computed in floating-point numbers hold up to the stated "
            "tolerance; they are not proved to the last digit."
        )
    return lines
