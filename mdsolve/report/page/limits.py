"""What a report takes for granted and what was not proved, a sentence each."""

from __future__ import annotations

from typing import Any

from mdsolve.conditions import Certificate
from mdsolve.instance.fit import FitSpec
from mdsolve.instance.sharing import SharingInstance
from mdsolve.report.numbers import amount, number
from mdsolve.report.page.answer import kind_of
from mdsolve.report.page.source import Subject
from mdsolve.report.words import heading, listed, lower_first, sentence, upper_first

MOST_PARAMETERS = 6
"""Fitted values that are named with their errors."""

SIGNIFICANT = 0.05
"""Chance below which a lack of fit is not put down to scatter."""

HOLDS = {True: "holds", False: "does not hold", None: "is not shown"}

MARKETS = {
    "non-competitive": "non-competitive (nobody is harmed by another's better model)",
    "quasi-monotone": "quasi-monotone (own and others' models add up)",
    "growing-market": "growing (better models never shrink the whole)",
}


def assumptions(subject: Subject) -> list[str]:
    """Return what is assumed, and what was not proved, a sentence each."""
    answers, kind = subject.solution.answers, kind_of(subject)
    found = sources(subject)
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
            "Every agent knows the game, looks after its own utility only, and agrees on nothing "
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


def sources(subject: Subject) -> list[str]:
    """Return where the numbers come from: given, or measured and fitted."""
    instance = subject.instance
    fit = instance.fit if isinstance(instance, SharingInstance) else None
    if fit is not None:
        return _measured(fit, banded="bands" in subject.solution.answers)
    if "bands" in subject.solution.answers:
        return [
            "Accuracies were fitted to measurements, whose scatter the bands show. What data cost "
            "and models are worth was given and is taken as true."
        ]
    return [
        "The numbers of the instance are taken as true: what data, models and costs are worth was "
        "given to this program, which did not measure it."
    ]


def _measured(fit: FitSpec, *, banded: bool) -> list[str]:
    """Return how accuracies were measured and fitted, and how well."""
    names = [name for name in fit.fitted if name in fit.standard_errors]
    errors = [
        f"{name} {_short(fit.parameters[name], 4)} ± {_short(fit.standard_errors[name], 2)}"
        for name in names[:MOST_PARAMETERS]
    ]
    more = f" and {len(names) - MOST_PARAMETERS:,} more" if len(names) > MOST_PARAMETERS else ""
    found = [
        f"Accuracies were measured, not given: the family {fit.family} was fitted to "
        f"{fit.observations:,} accuracies at {fit.design_points:,} amounts of data. It misses them "
        f"by {_short(fit.root_mean_square, 2)} on average and "
        f"{_short(fit.max_residual, 2)} at most.",
        "What data cost and models are worth was given and is taken as true.",
    ]
    if errors:
        found.append(f"Fitted values have standard errors: {', '.join(errors)}{more}.")
    p_value = fit.lack_of_fit.p_value
    if p_value is not None and p_value < SIGNIFICANT:
        found.append(
            f"The family does not describe the measurements within their scatter "
            f"(p = {_short(p_value, 2)}), so the answer may be off by more than errors say."
        )
    if not banded:
        found.append(
            "What the scatter of the measurements means for the answer was not computed; "
            "mdsolve solve --draws does."
        )
    return [*found, *(f"{upper_first(words)}." for words in fit.warnings)]


def _short(value: Any, digits: int) -> str:
    """Return a measured number, which is written as a fraction nowhere."""
    return number(float(value), digits)


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
        f"Not checked: {lower_first(heading(c))}. {sentence(c.detail)}"
        for c in certificate.conditions
        if c.verdict == "not-checked"
    ]
    if certificate.not_vouched:
        paths = listed(list(certificate.not_vouched))
        lines.append(f"Entries of the solution file that were not compared: {paths}.")
    used = {c.arithmetic for c in certificate.conditions if c.verdict != "not-checked"}
    if "float" in used:
        lines.append(
            "Conditions marked as computed in floating-point numbers hold up to the stated "
            "tolerance; they are not proved to the last digit."
        )
    return lines
