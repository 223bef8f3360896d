"""A report on solutions as one page of HTML: for a board, on a screen or on paper, off line.

The page holds everything: style, pictures, numbers. It runs no script and fetches nothing, and
forbids both to the browser, so what an instance names its agents cannot do any harm either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from mdsolve.conditions import Condition
from mdsolve.mechanism.registry import MARKET_MECHANISMS, SHARING_MECHANISMS
from mdsolve.report.numbers import amount, number
from mdsolve.report.page.agents import agents_table
from mdsolve.report.page.answer import (
    answer_sentences,
    asked,
    kind_of,
    proof_lines,
    standing,
    subject_alarms,
    verdict_words,
)
from mdsolve.report.page.bands import bands_section
from mdsolve.report.page.figures import pictures
from mdsolve.report.page.limits import assumptions
from mdsolve.report.page.markup import Html, bullets, facts, joined, section, table, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.verdict import MARKS, mark_of, tally_of, worst_first
from mdsolve.report.witness import witness_words
from mdsolve.report.words import (
    VERDICTS,
    heading,
    how_decided,
    listed,
    meaning,
    sentence,
    upper_first,
)
from mdsolve.status import Termination

NAMED_ABOVE = ("name", "citation")
"""Keys of a training run's options that the page says elsewhere."""


def report_page(subjects: Sequence[Subject]) -> str:
    """Return the page; the same subjects give the same bytes."""
    title = f"Report: {_title(subjects[0])}"
    several = len(subjects) > 1
    parts: list[object] = [tag("h1", _title(subjects[0]))]
    if several:
        parts.append(_contents(subjects))
    for place, subject in enumerate(subjects, 1):
        parts.append(tag("article", *_chapter(subject, place, several), class_="chapter"))
    template = Template((files("mdsolve.report.page") / "page.html").read_text(encoding="utf-8"))
    return template.substitute(title=joined([title]), body=tag("main", *parts))


def _title(subject: Subject) -> str:
    if subject.instance is not None and subject.instance.title:
        return subject.instance.title
    return subject.solution.instance.name or "A solution"


def _contents(subjects: Sequence[Subject]) -> Html:
    """Return the list of solutions with their verdicts and links to their chapters."""
    rows = []
    for place, subject in enumerate(subjects, 1):
        found = subject.solution.answers.get("metrics") or {}
        rows.append(
            (
                tag("a", subject.solution.mechanism.name, href=f"#answer-{place}"),
                subject.solution.termination.label,
                f"{MARKS[standing(subject)]} {_check(subject)}",
                amount(found["total_data"]) if found.get("total_data") is not None else "",
                amount(found["welfare"]) if found.get("welfare") is not None else "",
            )
        )
    heads = ("mechanism", "outcome", "check", "total data", "total welfare (money)")
    return table("The solutions in this report", heads, rows, words=3)


def _check(subject: Subject) -> str:
    """Return what the check of a solution amounts to."""
    certificate = subject.solution.certificate
    return "not checked" if certificate is None else tally_of(certificate).words


def _chapter(subject: Subject, place: int, several: bool) -> Iterator[Html]:
    """Yield the sections about one solution, what must not be overlooked first."""
    name = subject.solution.mechanism.name
    suffix = f" ({name})" if several else ""
    alarms = subject_alarms(subject)
    if alarms:
        lead = tag("strong", f"Before anything else{suffix}")
        listed_alarms = bullets(f"{MARKS['fail']} {alarm.words}" for alarm in alarms)
        yield tag("div", tag("p", lead), listed_alarms, class_="banner fail", role="note")
    yield section(f"What was asked{suffix}", f"asked-{place}", _asked(subject))
    yield section(f"The answer{suffix}", f"answer-{place}", _answer(subject))
    proof = proof_lines(subject)
    if proof:
        steps = [
            tag("li", line.strip(), class_="step" if line.startswith("    ") else None)
            for line in proof
        ]
        why = section("Why there is none", f"proof-{place}", tag("ol", *steps, class_="proof"))
        yield why
    agents = agents_table(subject)
    if agents:
        yield section("Agent by agent", f"agents-{place}", agents)
        yield section("In pictures", f"pictures-{place}", pictures(subject, place))
    sure = bands_section(subject)
    if sure:
        yield section("How sure the numbers are", f"bands-{place}", sure)
    yield section("What was checked", f"checked-{place}", _certificate(subject))
    yield section("What is assumed and what is not proved", f"limits-{place}", _limits(subject))
    yield section("Where this comes from", f"origin-{place}", _origin(subject))


def _asked(subject: Subject) -> Html:
    solution, instance = subject.solution, subject.instance
    names = solution.agents
    agents = f"{len(names):,}: {listed(names)}" if names else "not named"
    pairs: list[tuple[str, object]] = [("Question", asked(subject)), ("Agents", agents)]
    pairs.append(("Mechanism", _mechanism(subject)))
    if instance is not None and instance.source:
        pairs.append(("Source of the case", instance.source))
    return joined([facts(pairs), *(tag("p", note, class_="note") for note in subject.notes)])


def _mechanism(subject: Subject) -> str:
    name = subject.solution.mechanism.name
    rule = MARKET_MECHANISMS.get(name) or SHARING_MECHANISMS.get(name)
    if rule is not None and kind_of(subject) != "training":
        return f"{rule.title} ({name}). {rule.summary} Source: {rule.citation}."
    citation = subject.solution.mechanism.options.get("citation")
    return f"{name}. Source: {citation}." if citation else name


def _answer(subject: Subject) -> Html:
    verdict = standing(subject)
    sentences = [tag("p", sentence) for sentence in answer_sentences(subject) if sentence]
    parts = [tag("div", *sentences, class_="answer")]
    solved = subject.solution.termination is Termination.SOLVED
    if solved and subject.solution.message:
        parts.append(tag("p", subject.solution.message, class_="lead"))
    mark = f"{MARKS[verdict]} {verdict_words(subject)}"
    parts.append(tag("div", tag("p", mark), class_=f"banner {verdict}"))
    return joined(parts)


def _certificate(subject: Subject) -> Html:
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
    parts += map(_condition, worst_first(certificate))
    parts += [tag("p", remark, class_="note") for remark in certificate.remarks]
    return joined(parts)


def _condition(condition: Condition) -> Html:
    promised = "promised" if condition.claimed else "not promised"
    verdict = f"{mark_of(condition)} {VERDICTS[condition.verdict]} ({promised})"
    found = [
        tag(
            "p",
            tag("h3", heading(condition)),
            tag("span", verdict, class_=f"verdict {condition.verdict}"),
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


def _limits(subject: Subject) -> Html:
    return bullets(assumptions(subject))


def _origin(subject: Subject) -> Html:
    solution, instance = subject.solution, subject.instance
    record = solution.provenance
    sha256 = solution.instance.sha256 or "not recorded"
    options = ", ".join(
        f"{key}: {_option(value)}"
        for key, value in solution.mechanism.options.items()
        if key not in NAMED_ABOVE
    )
    seconds = ", ".join(f"{phase} {number(t, 3)}" for phase, t in record.seconds.items())
    pairs: list[tuple[str, object]] = [
        ("Instance", solution.instance.name or "not named"),
        ("Recorded SHA-256", tag("code", sha256)),
    ]
    if instance is not None and instance.path is not None:
        pairs.append(("Checked against", tag("code", instance.path.name)))
        if instance.sha256 != solution.instance.sha256:
            pairs.append(("Its SHA-256", tag("code", instance.sha256 or "")))
    pairs += [
        ("Mechanism", tag("code", solution.mechanism.name)),
        ("Options", options or "none"),
        ("Outcome", f"{solution.termination.label}: {solution.termination.value}"),
        ("Method", record.solver),
        ("Versions", f"mdsolve {record.mdsolve}, Python {record.python}"),
        ("Seconds", seconds or "not recorded"),
        ("Seed", "none" if record.seed is None else str(record.seed)),
    ]
    return facts(pairs)


def _option(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_option(entry) for entry in value) + "]"
    return str(value)
