"""The certificate in plain words, what was not promised beside what was, and how to check it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from mdsolve.conditions import Certificate, Condition
from mdsolve.proving.checker import FILE, checker_path
from mdsolve.report.page.answer import kind_of
from mdsolve.report.page.markup import Html, bullets, joined, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.verdict import mark_of, tally_of, worst_first
from mdsolve.report.witness import witness_words
from mdsolve.report.words import (
    CONDITIONS,
    VERDICTS,
    heading,
    how_decided,
    meaning,
    sentence,
    upper_first,
)

WISHES = {
    "sharing": (
        "individual-rationality",
        "individual-rationality-alone",
        "incentive-compatibility",
        "dominant-strategies",
        "budget-balance",
        "reciprocity",
        "payment-limit",
        "welfare-optimality",
    ),
    "market": (
        "individual-rationality",
        "incentive-compatibility",
        "efficiency",
        "weak-budget-balance",
        "budget-balance",
        "maximal-revenue",
    ),
}
"""Kind of instance -> what a board may take for granted, though no rule has all of it."""

STARTS = {
    "fail": "What was promised and does not hold",
    "kept": "What the rule promises",
    "other": "What the rule does not promise",
}


def certificate_section(subject: Subject) -> Html:
    """Return what was checked: what was promised, and what was not, under headings of their own."""
    certificate = subject.solution.certificate
    if certificate is None:
        return tag("p", "Nothing. Give the instance with --instance to have it checked.")
    how = (
        "A checker of its own read the instance and compared the answer with it when this report "
        "was made."
        if subject.checked
        else "These verdicts are copied from the solution file. They were not checked again, since "
        "the instance was not at hand."
    )
    counted = f"{upper_first(tally_of(certificate).words)}."
    parts: list[Html] = [tag("p", how, class_="lead"), tag("p", counted, class_="lead")]
    ordered = worst_first(certificate)
    groups = {
        "fail": [c for c in ordered if c.claimed and c.verdict == "fail"],
        "other": [c for c in ordered if not c.claimed],
        "kept": [c for c in ordered if c.claimed and c.verdict != "fail"],
    }
    if not any(c.verdict == "fail" for c in groups["other"]):
        groups = {key: groups[key] for key in ("fail", "kept", "other")}
    for key, conditions in groups.items():
        never = _never_looked_at(subject, certificate) if key == "other" else Html()
        if conditions or never:
            parts += [tag("h3", STARTS[key]), *map(_condition, conditions), never]
    parts += [tag("p", remark, class_="note") for remark in certificate.remarks]
    return joined(parts)


def _never_looked_at(subject: Subject, certificate: Certificate) -> Html:
    """Return what a board may take for granted and nobody promised or looked at."""
    seen = {condition.name for condition in certificate.conditions}
    names = [name for name in WISHES.get(kind_of(subject), ()) if name not in seen]
    if not names:
        return Html()
    lead = "Neither promised nor looked at:"
    points = [f"{CONDITIONS[name][0]}. {CONDITIONS[name][1]}" for name in names]
    return joined([tag("p", lead), bullets(points)])


def _condition(condition: Condition) -> Html:
    promised = "promised" if condition.claimed else "not promised"
    verdict = f"{mark_of(condition)} {VERDICTS[condition.verdict]} ({promised})"
    found = [
        tag(
            "p",
            tag("h4", heading(condition)),
            tag("span", verdict, class_=f"verdict {condition.verdict}"),
            class_="named",
        ),
        tag("p", meaning(condition)),
    ]
    if condition.verdict == "not-checked":
        found.append(tag("p", f"Why not: {condition.detail}."))
    else:
        found.append(tag("p", witness_words(condition)))
    name = tag("code", condition.name)
    if condition.verdict == "not-checked":
        found.append(tag("p", name, class_="how"))
    else:
        words = f": {how_decided(condition)} {sentence(condition.detail)}"
        found.append(tag("p", name, words, class_="how"))
    shown = [part for part in found if part != tag("p", "")]
    return tag("div", *shown, class_=f"condition {condition.verdict}")


def check_section(subject: Subject) -> Html:
    """Return the commands with which readers convince themselves, on machines of their own."""
    return joined(_checks(subject))


def _checks(subject: Subject) -> Iterator[Html]:
    instance = subject.instance
    name = subject.solution.instance.name or "INSTANCE"
    file = f"{name}.yaml" if instance is None or instance.path is None else instance.path.name
    solution = "SOLUTION.json" if subject.file is None else subject.file.name
    proof = solution.removesuffix(".json") + ".proof.json"
    lead = (
        "None of this has to be believed. With the two files named here anybody can repeat the "
        "check on a machine of their own; the program is free."
    )
    yield tag("p", lead, class_="lead")
    yield _command("The whole certificate, with this program", f"mdsolve verify {file} {solution}")
    if kind_of(subject) == "training":
        return
    written = f"mdsolve prove {file} {solution} -o {proof}"
    yield _command("The claims as proofs, for a program that shares nothing with it", written)
    yield _command(
        "That program: one file, nothing but Python needed, no network",
        f"python3 {FILE} {proof}",
    )
    digest = sha256(checker_path().read_bytes()).hexdigest()
    yield tag("p", f"SHA-256 of {FILE}: ", tag("code", digest), class_="how")
    if instance is not None and instance.sha256 is not None:
        yield tag("p", f"SHA-256 of {file}: ", tag("code", instance.sha256), class_="how")
    if subject.file is not None and subject.file.is_file():
        digest = sha256(subject.file.read_bytes()).hexdigest()
        yield tag("p", f"SHA-256 of {solution}: ", tag("code", digest), class_="how")


def _command(words: str, command: str) -> Html:
    """Return a command with what it does."""
    return joined([tag("p", words), tag("pre", tag("code", command), tabindex="0")])
