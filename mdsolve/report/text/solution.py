"""Solutions and certificates as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mdsolve.conditions import Certificate, Condition
from mdsolve.report.numbers import number
from mdsolve.report.text.joint import joint_view, no_step_view
from mdsolve.report.text.sharing import sharing_view
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.tolerance import ROUND_OFF

MARKS = {"pass": ("✓", "green"), "fail": ("✗", "red"), "not-checked": ("-", "yellow")}


def console_for(stream: Any = None) -> Console:
    """Return a console that wraps at the terminal's width and takes every text as it is.

    Names of agents may hold brackets; colours are set by styles, never by markup.
    """
    return _PlainConsole(file=stream, highlight=False, markup=False, soft_wrap=False)


class _PlainConsole(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the command line, which ends without a complaint."""
        raise BrokenPipeError


def solution_view(solution: Solution) -> RenderableType:
    """Return everything a reader wants to see of a solution."""
    parts: list[RenderableType] = [_headline(solution)]
    if "contributions" in solution.answers:
        parts.append(sharing_view(solution))
        if "gradient" in solution.answers:
            parts.append(joint_view(solution.answers))
    elif "payments" in solution.answers:
        parts.append(_profile_table(solution))
        parts.append(_revenue_line(solution))
    if "step_bounds" in solution.answers and "witness" in solution.answers:
        parts.append(no_step_view(solution))
    elif "witness" in solution.answers:
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
    title = Text(f"{solution.instance.name or 'instance'} under {solution.mechanism.name}")
    status = Text.assemble((solution.termination.label, style), ": ", solution.message)
    return Panel(status, title=title, title_align="left", box=box.ROUNDED)


def _profile_table(solution: Solution) -> RenderableType:
    answers = solution.answers
    columns: list[tuple[str, str]] = [
        ("type", "profile"),
        ("model", "model_quality"),
        ("value", "values"),
        ("outside", "outside_values"),
        ("pays", "payments"),
        ("utility", "utilities"),
    ]
    present = [(head, answers[key]) for head, key in columns if key in answers]
    if "utilities" in answers and "outside_values" in answers:
        pairs = zip(answers["utilities"], answers["outside_values"], strict=True)
        present.append(("gain", [_difference(inside, outside) for inside, outside in pairs]))
    table = Table(box=box.SIMPLE_HEAD, title="Outcome at the profile shown", title_justify="left")
    table.add_column("agent", no_wrap=True)
    for head, _ in present:
        table.add_column(head, justify="right", no_wrap=True)
    for i, agent in enumerate(solution.agents):
        table.add_row(agent, *(number(values[i], 5) for _, values in present))
    return table


def _revenue_line(solution: Solution) -> RenderableType:
    answers = solution.answers
    lowest = ", ".join(number(t) for t in answers.get("minimal_profile", ()))
    return Text(
        f"Revenue {_money(answers, 'revenue')} here; least {_money(answers, 'minimal_revenue')} "
        f"at types ({lowest}); mean {_money(answers, 'mean_revenue')} over all profiles.\n"
    )


def _difference(inside: Any, outside: Any) -> Any:
    """Return a gain for reading; what is rounding beside the two utilities is 0."""
    scale = max(1.0, abs(float(inside)), abs(float(outside)))
    return 0 if abs(float(inside - outside)) <= ROUND_OFF * scale else inside - outside


def _money(answers: Mapping[str, Any], key: str) -> str:
    """Return a sum of payments for reading; what is rounding beside the values shown is 0."""
    scale = max((abs(float(value)) for value in answers.get("values", ())), default=1.0)
    return number(0 if abs(float(answers[key])) <= ROUND_OFF * max(1.0, scale) else answers[key])


def witness_view(witness: Mapping[str, Any]) -> RenderableType:
    """Return the chain of lies that proves that no desirable mechanism exists, in sentences."""
    lines = witness_lines(witness)
    return _paragraph(lines) if lines else Text("")


def witness_lines(witness: Mapping[str, Any]) -> list[str]:
    """Return a proof that no payments exist as lines, indented where they belong to one above."""
    if "tree" in witness or "agent" in witness:
        return []
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
                charge = f"type {number(step['type'])} {limit}, or he would stay out"
            else:
                report = number(step["report"])
                charge = (
                    f"type {number(step['type'])} {limit} compared with type {report}, "
                    f"or he would report {report}"
                )
            lines.append(f"    {charge}")
    lines.append(f"  Together at most {number(witness['deficit'])} < 0: the platform loses money.")
    return lines


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
        "revenue-floor": f"payments sum to at least {number(-Fraction(row['bound']))}",
        "cap": f"{agent} pays at most {bound}",
        "floor": f"{agent} pays at least {number(-Fraction(row['bound']))}",
        "spread": f"{agent} pays at most {bound} more than {row.get('other')}",
    }
    return sentences[row["kind"]]


def certificate_view(certificate: Certificate, title: str = "Certificate") -> RenderableType:
    """Return the conditions as a table, promised ones first, and what a reader must know."""
    mark, colour = MARKS[certificate.verdict]
    arithmetics = sorted({condition.arithmetic for condition in certificate.conditions})
    how = f"in {' and '.join(arithmetics)} arithmetic"
    verdict = (f"{mark} {certificate.verdict}", colour)
    head = Text.assemble(f"{title}: ", verdict, f", {how}{_allowed(certificate)}")
    table = Table(box=box.SIMPLE_HEAD, title=head, title_justify="left")
    table.add_column("condition", no_wrap=True)
    table.add_column("violated by", justify="right", no_wrap=True)
    table.add_column("covered", overflow="fold")
    promised = [condition for condition in certificate.conditions if condition.claimed]
    others = [condition for condition in certificate.conditions if not condition.claimed]
    for condition in promised:
        table.add_row(*_condition_row(condition))
    if promised and others:
        table.add_section()
    if others:
        table.add_row(Text("not promised, for information", style="italic dim"))
    for condition in others:
        table.add_row(*_condition_row(condition))
    notes = [note for c in certificate.conditions if (note := condition_note(c))]
    return Group(table, _paragraph("\n".join(notes).split("\n"))) if notes else table


def _paragraph(lines: Sequence[str]) -> RenderableType:
    """Return lines that keep their indentation where they wrap, and an empty one."""
    indents = [len(line) - len(line.lstrip()) for line in lines]
    padded = [
        Padding(Text(line.lstrip()), (0, 0, 0, indent), expand=False)
        for line, indent in zip(lines, indents, strict=True)
    ]
    return Group(*padded, Text(""))


def _allowed(certificate: Certificate) -> str:
    """Return the largest violation that still passes, where rounding is allowed for at all."""
    known = [c.tolerance for c in certificate.conditions if c.tolerance is not None]
    return f", violations up to {max(known):.0e} pass" if known and max(known) > 0 else ""


def _condition_row(condition: Condition) -> Iterable[RenderableType]:
    mark, colour = MARKS[condition.verdict]
    violation = condition.violation
    shown = "" if violation is None else "nothing" if violation <= 0 else f"{violation:.2g}"
    if condition.verdict == "fail" and violation is not None and condition.tolerance:
        shown += f" > {condition.tolerance:.0e}"
    plain = "" if condition.claimed else "dim"
    return (
        Text(f"{mark} {condition.name}", style=colour if condition.claimed else plain),
        Text(shown, style=plain),
        Text(condition.scope, style=plain),
    )


def condition_note(condition: Condition) -> str:
    """Return what a reader must know of a condition that does not simply pass."""
    if condition.verdict == "pass":
        return ""
    promised = "" if condition.claimed else "not promised, and "
    text = f"{condition.name}: {promised}{condition.detail}"
    if condition.verdict == "fail" and condition.witness:
        text += f"\n    {_witness_line(condition.witness)}"
    return text


def _witness_line(witness: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_compact(v)}" for key, v in witness.items())


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
