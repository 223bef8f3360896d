"""Pages, pictures and notebooks for Python callers, who hold instances and solutions in memory."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.instance import Instance
from mdsolve.outputs import write_atomically
from mdsolve.progress import Monitor
from mdsolve.report.alarms import alarms_of
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.numbers import number
from mdsolve.report.page.document import report_page
from mdsolve.report.page.source import Subject, subject_of
from mdsolve.report.verdict import MARKS
from mdsolve.solution import Solution
from mdsolve.solution_table import agents_table
from mdsolve.study.verb import verb
from mdsolve.study.verify import verify

PAGES = (".html", ".htm")
ROWS_SHOWN = 30

STYLE = "text-align: right; padding: 0 0.8em"


@verb
def report(
    instance: Instance | None,
    solution: Solution | Mapping[str, Any],
    path: str | Path | None = None,
    *,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> str:
    """Return a self-contained page about a solution, checked again, and write it.

    Parameters
    ----------
    instance : Instance or None
        None: nothing is checked again, and the page says so.
    solution : Solution or mapping
        Ours, or plain data of a whole solution.
    path : str, Path or None
        File to write, ending in .html; None writes nothing.
    time_limit : float or None
        Seconds after which the check is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    str
        The page as HTML.
    """
    del throw  # `verb` reads it
    target = None if path is None else Path(path)
    if target is not None and target.suffix.lower() not in PAGES:
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", ".html")
    whole = solution if isinstance(solution, Solution) else Solution.from_dict(solution)
    if instance is None:
        subject = Subject(legible_solution(whole), None, None, False, (), ())
    else:
        watch = monitor or Monitor(time_limit=time_limit)
        certificate = verify(instance, whole, any_instance=True, monitor=watch)
        seconds = whole.provenance.seconds.get("verify", 0.0)
        subject = subject_of(instance, whole.with_certificate(certificate, seconds))
    page = report_page([subject])
    if target is not None:
        write_atomically(target, lambda stream: stream.write(page.encode()))
    return page


def plot(solution: Solution, path: str | Path, instance: Instance | None = None) -> None:
    """Draw a solution into a PNG or SVG file.

    Parameters
    ----------
    instance : Instance or None
        What was solved, for what only it knows: capacities, curves, what happens without payments.

    Raises
    ------
    UnsupportedError
        Where the solution holds nothing to draw.
    """
    from mdsolve.report.pictures.solution import draw_solution
    from mdsolve.report.pictures.style import require_picture

    target = Path(path)
    require_picture(target)
    reason = draw_solution(solution, target, instance)
    if reason:
        raise UnsupportedError.single("plot", reason, "a solution with an outcome")


def html_of(solution: Solution) -> str:
    """Return a solution for a notebook: outcome, verdict, what must not be overlooked, agents."""
    shown = legible_solution(solution)
    certificate = shown.certificate
    verdict = "not checked" if certificate is None else certificate.verdict
    mark = MARKS.get(verdict, "?")
    name = f"{shown.instance.name or 'instance'} under {shown.mechanism.name or 'an agreement'}"
    out = StringIO()
    out.write(f"<div><p><strong>{escape(name)}</strong>: {escape(shown.termination.label)}, ")
    out.write(f"certificate {mark} {escape(verdict)}.<br>{escape(shown.message)}</p>")
    for alarm in alarms_of(shown):
        out.write(f"<p><strong>✗ {escape(alarm.words)}</strong></p>")
    table = agents_table(shown)
    if len(table.columns) > 1:
        rows = list(table.rows())
        out.write("<table><thead><tr>")
        out.writelines(f"<th style='{STYLE}'>{escape(head)}</th>" for head in table.columns)
        out.write("</tr></thead><tbody>")
        for row in rows[:ROWS_SHOWN]:
            cells = (escape(number(cell)) for cell in row)
            out.write("<tr>" + "".join(f"<td style='{STYLE}'>{x}</td>" for x in cells) + "</tr>")
        out.write("</tbody></table>")
        if len(rows) > ROWS_SHOWN:
            out.write(f"<p>... and {len(rows) - ROWS_SHOWN:,} more agents.</p>")
    return out.getvalue() + "</div>"
