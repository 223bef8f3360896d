"""Solutions for the terminal: what a board must know on top, then numbers, proofs and checks."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from mdsolve.report.alarms import Alarm, alarms_of
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.numbers import number
from mdsolve.report.text.certificate import alarm_lines, certificate_view
from mdsolve.report.text.design import curve_view, no_rule_view, rule_view
from mdsolve.report.text.joint import joint_view, no_step_view
from mdsolve.report.text.market import market_view
from mdsolve.report.text.menu import menu_view
from mdsolve.report.text.proofs import witness_view
from mdsolve.report.text.sharing import sharing_view
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution
from mdsolve.status import Termination


def solution_view(
    solution: Solution, *history: RenderableType, units: Units = NO_UNITS
) -> RenderableType:
    """Return everything a reader wants to see of a solution.

    Parameters
    ----------
    history : renderable
        How it came about, shown between the headline and the outcome.
    units : Units
        Of the instance.
    """
    shown = legible_solution(solution)
    parts: list[RenderableType] = [_headline(shown, alarms_of(shown, units=units)), *history]
    if "contributions" in shown.answers:
        parts.append(sharing_view(shown, units))
        if "gradient" in shown.answers:
            parts.append(joint_view(shown.answers))
    elif "payments" in shown.answers:
        parts.append(market_view(shown, units))
    if "target" in shown.answers:
        parts.append(rule_view(shown, units))
    if "menu" in shown.answers:
        parts.append(menu_view(shown, units))
    if "curve" in shown.answers:
        parts.append(curve_view(shown.answers["curve"]))
    if "needs" in (shown.answers.get("witness") or {}):
        parts.append(no_rule_view(shown, units))
    if "step_bounds" in shown.answers and "witness" in shown.answers:
        parts.append(no_step_view(shown))
    elif "witness" in shown.answers:
        parts.append(witness_view(shown.answers["witness"]))
    if "side_constraints" in shown.answers:
        words = ", ".join(shown.answers["side_constraints"]) or "none"
        parts.append(Text(f"Side constraints: {words}; objective: {shown.answers['objective']}"))
    if shown.certificate is not None:
        parts.append(certificate_view(shown.certificate))
    parts.append(_footer(shown))
    return Group(*parts)


def _headline(solution: Solution, alarms: list[Alarm]) -> RenderableType:
    """Return the outcome below everything that must not be overlooked."""
    solved = solution.termination is Termination.SOLVED
    style = "bold" if alarms and solved else "bold green" if solved else "bold red"
    title = Text(f"{solution.instance.name or 'instance'} under {solution.mechanism.name}")
    status = Text.assemble((solution.termination.label, style), ": ", solution.message)
    content = Group(*alarm_lines(alarms), status)
    return Panel(content, title=title, title_align="left", box=box.ROUNDED)


def _footer(solution: Solution) -> RenderableType:
    seconds = solution.provenance.seconds
    parts = ", ".join(f"{phase} {number(value, 3)} s" for phase, value in seconds.items())
    return Text(f"Method: {solution.provenance.solver}. {parts}.", style="dim")
