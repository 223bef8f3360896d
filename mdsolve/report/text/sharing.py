"""The outcome of a sharing game as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.agent_rows import MONEY, AgentTable, agent_table, largest
from mdsolve.report.numbers import column, number
from mdsolve.report.text.bands import bands_view
from mdsolve.report.text.console import Grid
from mdsolve.report.text.equilibria import findings_words
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution
from mdsolve.tolerance import ROUND_OFF

ROWS_SHOWN = 30

COLUMNS = {
    "contributions": "brings",
    "low": "if low",
    "high": "if high",
    "accuracies": "accuracy",
    "payments": "receives",
    "shapley": "share",
    "utilities": "utility",
    "alone": "alone",
}
"""Column of the table of agents -> heading."""

METRICS = {
    "total_data": "total data",
    "data_share": "share of all data",
    "welfare": "total welfare",
    "mean_accuracy": "mean accuracy",
    "reciprocity": "reciprocity",
    "data_gain": "data, against no payments (factor)",
    "accuracy_gain": "value, against no payments (factor)",
}


def sharing_view(solution: Solution, units: Units = NO_UNITS) -> RenderableType:
    """Return a row per agent (or run of agents alike), and the metrics."""
    answers = solution.answers
    table = _known(agent_table(solution, None))
    rows = table.rows()
    shown = rows[:ROWS_SHOWN]
    heads = ["agent", *(units.heading(COLUMNS[key], key) for key in table.columns)]
    cells = [
        [row.name for row in shown],
        *(column(values[row.first] for row in shown) for values in table.columns.values()),
    ]
    parts: list[RenderableType] = [Grid("Outcome", heads, cells)]
    left = len(rows) - ROWS_SHOWN
    if left > 0:
        parts.append(Text(f"  ... and {left:,} more rows (--json or -o for all).\n"))
    parts.append(Text(f"{_metrics(answers, table, units)}.\n"))
    found = findings_words(answers)
    if found:
        parts.append(Text("\n".join(found) + "\n"))
    parts.extend(Text(f"Warning: {words}.\n") for words in answers.get("warnings", ()))
    if "dynamics" in answers:
        parts.append(Text(dynamics_words(answers["dynamics"]) + "\n"))
    if "bands" in answers:
        parts.append(bands_view(answers["bands"], solution.agents, units))
    return Group(*parts)


def _known(table: AgentTable) -> AgentTable:
    """Return the columns to show, in their order; rules for private costs pay nothing."""
    hidden = ("payments",) if "low" in table else ()
    shown = {key: table[key] for key in COLUMNS if key in table and key not in hidden}
    return AgentTable(table.agents, shown)


def _metrics(answers: Mapping[str, Any], table: AgentTable, units: Units) -> str:
    """Return the metrics that are defined, and what anybody gains by deviating."""
    money = largest(*(table[key] for key in MONEY if key in table))
    metrics = answers.get("metrics") or {}
    small = ROUND_OFF * len(table.agents) * money
    shown = [
        f"{words}: {_measured(0 if key == 'welfare' and abs(x) <= small else x, key, units)}"
        for key, words in METRICS.items()
        if (x := metrics.get(key)) is not None
    ]
    regret = answers.get("regret")
    if regret is not None:
        least = ROUND_OFF * money
        said = f"below {least:.0e}" if regret <= least else number(float(regret), 5)
        shown.append(f"regret: {units.after(said, 'regret')}")
    return "; ".join(shown)


def _measured(value: Any, key: str, units: Units) -> str:
    return units.after(number(value, 5), key)


def dynamics_words(found: Mapping[str, Any]) -> str:
    """Return what a simulation did, and what is proved about it, in sentences."""
    who = f"{found['agents_per_step']:,} agents a step"
    words = (
        f"Dynamics: {found['steps']:,} steps of size {number(found['step_size'], 5)}, {who}; "
        f"gradient norm {found['gradient_norm']:.3g}, at rest below {found['gradient_target']:.3g}."
    )
    if found["rate"] is None:
        return f"{words} No rate is proved: {found['unproved']}."
    drawn = found["agents_per_step"] < len(found["trajectory"]["contributions"][0])
    mean = " in the root mean square" if drawn else ""
    return (
        f"{words} Proved{mean}: the distance to the equilibrium shrinks by at least "
        f"{1 - found['rate']:.3g} of itself a step, "
        f"rest after at most {found['steps_bound']:,} steps."
    )
