"""A report on solutions as one page of HTML: for a board, on a screen or on paper, off line.

The page holds everything: style, pictures, numbers. It runs no script and fetches nothing, and
forbids both to the browser, so what an instance names its agents cannot do any harm either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mdsolve.mechanism.registry import MARKET_MECHANISMS, SHARING_MECHANISMS
from mdsolve.report.numbers import number
from mdsolve.report.page.agents import agents_table
from mdsolve.report.page.answer import asked, kind_of, proof_lines, standing, subject_alarms
from mdsolve.report.page.bands import bands_section
from mdsolve.report.page.checking import certificate_section, check_section
from mdsolve.report.page.figures import pictures, trade_off_section
from mdsolve.report.page.glance import first_screen
from mdsolve.report.page.limits import assumptions
from mdsolve.report.page.markup import Html, bullets, facts, filled, joined, section, table, tag
from mdsolve.report.page.payments import payments_section
from mdsolve.report.page.rules import rules_section
from mdsolve.report.page.scenarios import scenarios_section
from mdsolve.report.page.sensitivity import sensitivity_section
from mdsolve.report.page.source import Subject
from mdsolve.report.verdict import MARKS, tally_of
from mdsolve.report.words import listed

NAMED_ABOVE = ("name", "citation")
"""Keys of a training run's options that the page says elsewhere."""


def report_page(
    subjects: Sequence[Subject], *, title: str | None = None, lang: str | None = None
) -> str:
    """Return the page; the same subjects give the same bytes.

    Parameters
    ----------
    title : str or None
        Headline in the readers' language, instead of the instance's title.
    lang : str or None
        Language of the headline, such as ``de``, for those who have the page read to them.
    """
    headline = title or _title(subjects[0])
    several = len(subjects) > 1
    parts: list[object] = [tag("h1", headline, lang=lang)]
    if several:
        parts.append(_contents(subjects))
    for place, subject in enumerate(subjects, 1):
        parts.append(tag("article", *_chapter(subject, place, several), class_="chapter"))
    parts_of_page = {"title": joined([f"Report: {headline}"]), "body": tag("main", *parts)}
    return filled("mdsolve.report.page", "page.html", **parts_of_page)


def _title(subject: Subject) -> str:
    if subject.instance is not None and subject.instance.title:
        return subject.instance.title
    return subject.solution.instance.name or "A solution"


def _contents(subjects: Sequence[Subject]) -> Html:
    """Return the list of solutions with their verdicts and links to their chapters."""
    rows = []
    for place, subject in enumerate(subjects, 1):
        rows.append(
            (
                tag("a", subject.solution.mechanism.name, href=f"#answer-{place}"),
                subject.solution.termination.label,
                f"{MARKS[standing(subject)]} {_check(subject)}",
                *(_shown(subject, key) for key in ("total_data", "welfare")),
            )
        )
    heads = ("mechanism", "outcome", "check", "total data", "total welfare")
    return table("The solutions in this report", heads, rows, words=3)


def _shown(subject: Subject, key: str) -> str:
    """Return a metric with its unit, nothing where it is not defined."""
    value = (subject.solution.answers.get("metrics") or {}).get(key)
    return "" if value is None else subject.units.amount(value, key)


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
    yield section(f"What is proposed{suffix}", f"answer-{place}", first_screen(subject))
    yield section(f"What was asked{suffix}", f"asked-{place}", _asked(subject))
    proof = proof_lines(subject)
    if proof:
        steps = [
            tag("li", line.strip(), class_="step" if line.startswith("    ") else None)
            for line in proof
        ]
        yield section("Why there is none", f"proof-{place}", tag("ol", *steps, class_="proof"))
    for title, key, content in _details(subject, place):
        if content:
            yield section(title, f"{key}-{place}", content)


def _details(subject: Subject, place: int) -> Iterator[tuple[str, str, Html]]:
    """Yield title, key and content of what stands below the first screen."""
    agents = agents_table(subject)
    if agents:
        yield "Agent by agent", "agents", agents
        yield "How each payment comes about", "payments", payments_section(subject)
        yield "In pictures", "pictures", pictures(subject, place)
    yield "The trade-off", "trade-off", trade_off_section(subject, place)
    outlook = subject.outlook
    if outlook is not None:
        yield "Rules side by side", "rules", rules_section(subject, outlook)
        yield "What may happen", "scenarios", scenarios_section(subject, outlook)
        yield "What moves the answer", "sensitivity", sensitivity_section(subject, outlook)
    yield "How sure the numbers are", "bands", bands_section(subject)
    yield "What was checked", "checked", certificate_section(subject)
    yield "What is assumed and what is not proved", "limits", bullets(assumptions(subject))
    yield "Check it yourself", "yourself", check_section(subject)
    yield "Where this comes from", "origin", _origin(subject)


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
