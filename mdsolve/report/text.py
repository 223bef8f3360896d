"""Solutions and certificates as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mdsolve.conditions import Certificate, Condition
from mdsolve.solution import Solution
from mdsolve.status import Termination

MARKS = {"pass": ("✓", "green"), "fail": ("✗", "red"), "not-checked": ("-", "yellow")}


def number(value: Any) -> str:
    """Return a number for reading: fractions as they are, floats with six significant digits.

    Examples
    --------
    >>> number(Fraction(10, 11)), number(0.909090909), number(3.0)
    ('10/11', '0.909091', '3')
    """
    if value is None:
        return ""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, bool | str):
        return str(value)
    return f"{float(value):.6g}"


def console_for(stream: Any = None) -> Console:
    """Return a console that wraps at the terminal's width and never guesses number colours."""
    return Console(file=stream, highlight=False, soft_wrap=False)


def solution_view(solution: Solution) -> RenderableType:
    """Return everything a reader wants to see of a market solution."""
    parts: list[RenderableType] = [_headline(solution)]
    if "payments" in solution.answers:
        parts.append(_profile_table(solution))
        parts.append(_revenue_line(solution))
    if "witness" in solution.answers:
        parts.append(witness_view(solution.answers["witness"]))
    if "side_constraints" in solution.answers:
        words = ", ".join(solution.answers["side_constraints"]) or "none"
        parts.append(Text(f"Side constraints: {words}; objective: {solution.answers['objective']}"))
    if solution.certificate is not None:
        parts.append(certificate_view(solution.certificate))
    parts.append(_footer(solution))
    return Group(*parts)


def _headline(solution: Solution) -> RenderableType:
    solved = solution.termination is Termination.SOLVED
    style = "bold green" if solved else "bold red"
    title = f"{solution.instance.name or 'instance'} under {solution.mechanism.name}"
    status = Text.assemble((solution.termination.label, style), ": ", solution.message)
    return Panel(status, title=title, title_align="left", box=box.ROUNDED)


def _profile_table(solution: Solution) -> RenderableType:
    answers = solution.answers
    columns: list[tuple[str, str]] = [
        ("type", "profile"),
        ("model quality", "model_quality"),
        ("value", "values"),
        ("value outside", "outside_values"),
        ("pays", "payments"),
        ("utility", "utilities"),
    ]
    present = [(head, answers[key]) for head, key in columns if key in answers]
    table = Table(box=box.SIMPLE_HEAD, title="Outcome at the profile shown", title_justify="left")
    table.add_column("agent")
    for head, _ in present:
        table.add_column(head, justify="right")
    for i, agent in enumerate(solution.agents):
        table.add_row(agent, *(number(values[i]) for _, values in present))
    return table


def _revenue_line(solution: Solution) -> RenderableType:
    answers = solution.answers
    lowest = ", ".join(number(t) for t in answers.get("minimal_profile", ()))
    return Text(
        f"Revenue {number(answers['revenue'])} here; least {number(answers['minimal_revenue'])} "
        f"at types ({lowest}); mean {number(answers['mean_revenue'])} over all profiles.\n"
    )


def witness_view(witness: Mapping[str, Any]) -> RenderableType:
    """Return the chain of lies that proves that no desirable mechanism exists, in sentences."""
    if "rows" in witness:
        return _contradiction_view(witness["rows"])
    profile = ", ".join(f"{name} has type {number(t)}" for name, t in witness["profile"].items())
    lines = [f"Proof: take the profile where {profile}."]
    for chain in witness["chains"]:
        lines.append(f"  {chain['agent']} can be charged at most {number(chain['bound'])}:")
        for step in chain["steps"]:
            if step["report"] == "stay out":
                reason = "or he would stay out"
                charge = f"type {number(step['type'])} pays at most {number(step['bound'])}"
            else:
                reason = f"or he would report {number(step['report'])}"
                charge = (
                    f"type {number(step['type'])} pays at most {number(step['bound'])} more "
                    f"than type {number(step['report'])}"
                )
            lines.append(f"    {charge}, {reason}")
    lines.append(f"  Together at most {number(witness['deficit'])} < 0: the platform loses money.")
    return Text("\n".join(lines) + "\n")


def _contradiction_view(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return contradicting inequalities in sentences, with the weight of each."""
    lines = ["These inequalities, added up with their weights, leave 0 <= something negative:"]
    for row in rows:
        types = ", ".join(number(value) for value in row["profile"].values())
        lines.append(f"  {row['multiplier']} x  at types ({types}): {_inequality(row)}")
    return Text("\n".join(lines) + "\n")


def _inequality(row: Mapping[str, Any]) -> str:
    agent, bound = row["agent"], number(row["bound"])
    sentences = {
        "rationality": f"{agent} may stay out, so pays at most {bound}",
        "incentive": f"{agent} may report {number(row.get('report'))}, "
        f"so the truth costs at most {bound} more",
        "revenue": "payments sum to at least 0",
        "no-surplus": "payments sum to at most 0",
        "revenue-floor": f"payments sum to at least {number(-Fraction(row['bound']))}",
        "cap": f"{agent} pays at most {bound}",
        "floor": f"{agent} pays at least {number(-Fraction(row['bound']))}",
        "spread": f"{agent} pays at most {bound} more than {row.get('other')}",
    }
    return sentences[row["kind"]]


def certificate_view(certificate: Certificate, title: str = "Certificate") -> RenderableType:
    """Return the conditions as a table, claimed ones first."""
    mark, colour = MARKS[certificate.verdict]
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{title}: [{colour}]{mark} {certificate.verdict}[/]",
        title_justify="left",
    )
    for head in ("", "condition", "promised", "worst violation", "allowed", "arithmetic"):
        table.add_column(
            head, justify="right" if head in ("worst violation", "allowed") else "left"
        )
    table.add_column("covered", overflow="fold")
    for condition in sorted(certificate.conditions, key=lambda entry: not entry.claimed):
        table.add_row(*_condition_row(condition))
    notes = [note for c in certificate.conditions if (note := condition_note(c))]
    return Group(table, Text("\n".join(notes) + "\n")) if notes else table


def _condition_row(condition: Condition) -> Iterable[RenderableType]:
    mark, colour = MARKS[condition.verdict]
    shown = f"{condition.violation:.3g}" if condition.violation is not None else ""
    allowed = f"{condition.tolerance:.1e}" if condition.tolerance is not None else ""
    return (
        Text(mark, style=colour),
        condition.name,
        "yes" if condition.claimed else "no",
        shown,
        allowed,
        condition.arithmetic,
        condition.scope,
    )


def condition_note(condition: Condition) -> str:
    """Return what a reader must know of a condition that does not simply pass."""
    if condition.verdict == "pass":
        return ""
    text = f"{condition.name}: {condition.detail}"
    if condition.verdict == "fail" and condition.witness:
        text += f"\n    {_witness_line(condition.witness)}"
    return text


def _witness_line(witness: Mapping[str, Any]) -> str:
    return "; ".join(f"{key} {_compact(value)}" for key, value in witness.items())


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "(" + ", ".join(_compact(entry) for entry in value) + ")"
    return number(value)


def _footer(solution: Solution) -> RenderableType:
    seconds = solution.provenance.seconds
    parts = ", ".join(f"{phase} {value:.3g} s" for phase, value in seconds.items())
    return Text(f"Method: {solution.provenance.solver}. {parts}.", style="dim")
