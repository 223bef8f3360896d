"""Certificates for the terminal: what is violated first, promised or not, then what holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mdsolve.conditions import Certificate, Condition
from mdsolve.report.alarms import Alarm, certificate_alarms
from mdsolve.report.legible import legible
from mdsolve.report.legible_solution import legible_certificate
from mdsolve.report.numbers import number
from mdsolve.report.text.console import paragraph
from mdsolve.report.verdict import mark_of, tally_of, worst_first

COLOURS = {"✓": "green", "≈": "green", "✗": "red", "?": "yellow"}
"""Mark -> colour, the same whether something was promised or not."""

HOW = {"float": "floats", "enclosure": "bounds", "exact": "exact"}
"""Arithmetic -> how a condition was decided."""

NARROWEST = 14
"""Columns that are left for what was covered, with the frame, in a table that is readable."""

GAP = 3
"""Columns between two columns of the table."""

PATHS_SHOWN = 8
"""Most keys of a claim that are listed as not looked at."""


def verification_view(certificate: Certificate, title: str) -> RenderableType:
    """Return a certificate with what a board would call a failure above it."""
    shown = legible_certificate(certificate)
    return Group(*alarm_lines(certificate_alarms(shown)), certificate_view(shown, legible(title)))


def alarm_lines(alarms: Sequence[Alarm]) -> Iterator[Text]:
    """Yield a line for each fact that must not be overlooked."""
    for alarm in alarms:
        yield Text(f"✗ {alarm.words}", style="bold red")


def certificate_view(certificate: Certificate, title: str = "Certificate") -> RenderableType:
    """Return the conditions, worst first, and what a reader must know besides."""
    notes = [note for c in certificate.conditions if (note := condition_note(c))]
    lines = "\n".join([*notes, *_remarks(certificate)]).splitlines()
    parts: list[RenderableType] = [_headline(certificate, title), _Conditions(certificate)]
    return Group(*parts, paragraph(lines)) if lines else Group(*parts)


def _headline(certificate: Certificate, title: str) -> Text:
    """Return the verdict and the numbers of conditions; green only where nothing is violated."""
    tally = tally_of(certificate)
    colours = {"fail": "bold red", "not-checked": "yellow", "pass": "green"}
    colour = "bold red" if tally.violated else colours[certificate.verdict]
    return Text.assemble(f"{title}: ", (f"{certificate.verdict}; {tally.words}", colour), ".")


class _Conditions:
    """A row per condition; on a narrow terminal a few lines each, so that nothing is cut off."""

    def __init__(self, certificate: Certificate) -> None:
        self.conditions = worst_first(certificate)
        used = {c.arithmetic for c in self.conditions if c.verdict != "not-checked"}
        self.mixed = len(used) > 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or the list where the table does not fit."""
        del console
        heads = ["condition", "violated by", *(["how"] if self.mixed else [])]
        rows = [heads, *(self._cells(condition) for condition in self.conditions)]
        fixed = sum(max(map(len, column)) + GAP for column in zip(*rows, strict=True))
        if fixed + len("promised") + GAP + NARROWEST > options.max_width:
            yield from self._listed()
        else:
            yield self._table()

    def _cells(self, condition: Condition) -> list[str]:
        """Return what is never wrapped of a row: all but the promise and what was covered."""
        how = "" if condition.verdict == "not-checked" else HOW[condition.arithmetic]
        name = f"{mark_of(condition)} {condition.name}"
        return [name, _violation(condition), *([how] if self.mixed else [])]

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("condition", no_wrap=True)
        table.add_column("promised", no_wrap=True)
        table.add_column("violated by", justify="right", no_wrap=True)
        if self.mixed:
            table.add_column("how", no_wrap=True)
        table.add_column("covered", overflow="fold")
        before: Condition | None = None
        for condition in self.conditions:
            if before is not None and before.verdict != condition.verdict:
                table.add_section()
            name, violation, *how = map(Text, self._cells(condition))
            name.stylize(COLOURS[mark_of(condition)])
            promised = "yes" if condition.claimed else "no"
            table.add_row(name, promised, violation, *how, Text(_covered(condition)))
            before = condition
        return table

    def _listed(self) -> Iterator[RenderableType]:
        for condition in self.conditions:
            name, violation, *how = self._cells(condition)
            promised = "promised" if condition.claimed else "not promised"
            said = [promised, *how, f"violated by {violation}" if violation else ""]
            yield Text(name, style=COLOURS[mark_of(condition)])
            words = "; ".join(word for word in (*said, _covered(condition)) if word)
            yield Padding(Text(words), (0, 0, 0, 4), expand=False)
        yield Text("")


def _violation(condition: Condition) -> str:
    """Return the worst violation beside what would have passed."""
    violation = condition.violation
    if condition.interval is not None:
        low, high = condition.interval
        return f"{number(low, 2)} to {number(high, 2)}"
    if violation is None:
        return ""
    if violation <= 0 and condition.verdict == "pass":
        return "nothing"
    sign = ">" if condition.verdict == "fail" else "<="
    allowed = f" {sign} {condition.tolerance:.0e}" if condition.tolerance else ""
    return f"{number(violation, 2)}{allowed}"


def _covered(condition: Condition) -> str:
    if condition.delta is None or "best response within" in condition.scope:
        return condition.scope
    near = f"every best response within {condition.delta:.0e}"
    return f"{condition.scope}; {near}" if condition.scope else near


def _remarks(certificate: Certificate) -> Iterator[str]:
    """Yield what was not compared, and which claim was."""
    yield from certificate.remarks
    if certificate.not_vouched:
        listed = certificate.not_vouched[:PATHS_SHOWN]
        left = len(certificate.not_vouched) - len(listed)
        more = f" and {left:,} more" if left else ""
        yield f"Not compared with anything: {', '.join(listed)}{more}."
    if certificate.vouched:
        yield f"Compared or computed again: {len(certificate.vouched):,} entries of the solution."
    if certificate.claim_sha256 is not None:
        yield f"SHA-256 of what was checked: {certificate.claim_sha256}"


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
