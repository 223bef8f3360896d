"""Designed rules for the terminal: who is paid what and why, inequalities, trade-offs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.instance.numbers import exact_number
from mdsolve.report.agent_rows import AgentTable
from mdsolve.report.knee import knee
from mdsolve.report.numbers import column, number
from mdsolve.report.text.console import Grid
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution

ROWS_SHOWN = 30

REASONS = {
    "deviation": "would leave",
    "alone": "training alone",
    "share": "Shapley share",
    "none": "nothing",
}
"""What binds an agent -> words."""


def rule_view(solution: Solution, units: Units = NO_UNITS) -> RenderableType:
    """Return the designed rule: lump sums, rates, most that anybody pays, what binds whom."""
    rule = solution.answers["target"]
    sums, rates = (np.asarray(rule[key], dtype=np.float64) for key in ("lump_sums", "rates"))
    caps = np.array([np.nan if cap is None else float(cap) for cap in rule["caps"]])
    most = np.where(np.isnan(caps), np.inf, caps - sums)
    binding = list(solution.answers["binding"])
    numbers = {"sums": sums, "rates": rates, "most": most, "binding": _numbered(binding)}
    rows = AgentTable(solution.agents, numbers).rows()
    shown = rows[:ROWS_SHOWN]
    form = rule.get("penalty", "affine")
    cells = [
        [row.name for row in shown],
        column(sums[row.first] for row in shown),
        column(rates[row.first] for row in shown),
        [_amount(most[row.first]) for row in shown],
        [REASONS[binding[row.first]] for row in shown],
    ]
    lump, most_paid = (units.heading(words, "money") for words in ("lump sum", "pays at most"))
    heads = ["agent", lump, units.heading("per sample", "rate"), most_paid, "held by"]
    if form == "rates":
        cells, heads = [cells[0], cells[2], cells[4]], [heads[0], heads[2], heads[4]]
    elif form != "affine":
        cells, heads = [*cells[:2], *cells[3:]], [*heads[:2], *heads[3:]]
    parts: list[RenderableType] = [Grid("The rule", heads, cells), Text(_words(form))]
    left = len(rows) - ROWS_SHOWN
    if left > 0:
        parts.insert(1, Text(f"  ... and {left:,} more rows (--json or -o for all)."))
    prices = solution.answers.get("multipliers") or {}
    if prices:
        named = ", ".join(f"{key.replace('_', '-')} {number(x, 4)}" for key, x in prices.items())
        parts.append(Text(f"What a unit more of a requirement costs the goal: {named}.\n"))
    return Group(*parts)


def _numbered(words: Sequence[str]) -> np.ndarray:
    """Return words as numbers, so that agents alike are found."""
    known: dict[str, int] = {}
    return np.array([float(known.setdefault(word, len(known))) for word in words])


def _amount(value: float) -> str:
    return "no limit" if np.isinf(value) else number(value, 5)


def _words(form: str) -> str:
    if form == "rates":
        return (
            "Everybody is paid their rate per sample and pays the average of what the others are "
            "paid.\n"
        )
    affine = form == "affine"
    charge = "the rate for every sample away from it" if affine else "what leaving gains"
    return (
        "At the wanted contributions everybody receives their lump sum. Who leaves theirs pays "
        f"{charge}, up to what they pay at most; the others share that evenly.\n"
    )


def no_rule_view(solution: Solution, units: Units = NO_UNITS) -> RenderableType:
    """Return the inequality that rules out payments, agent by agent."""
    witness = solution.answers["witness"]
    needs = np.array([float(exact_number(x)) for x in witness["needs"]])
    rows = AgentTable(solution.agents, {"needs": needs}).rows()
    shown = rows[:ROWS_SHOWN]
    anywhere = "prices" in witness
    head = "has alone" if anywhere else "needs"
    cells = [[row.name for row in shown], column(needs[row.first] for row in shown)]
    total, worth = float(needs.sum()), float(exact_number(witness["worth"]))
    what = "no contributions have more welfare than" if anywhere else "all data are worth"
    return Group(
        Grid("Why not", ["agent", units.heading(head, "money")], cells),
        Text(f"All together {number(total, 6)}; {what} {number(worth, 6)}.\n"),
    )


def curve_view(curve: Mapping[str, Any]) -> RenderableType:
    """Return a trade-off as a table, its knee marked."""
    points = curve["points"]
    asked = np.array([float(point["asked"]) for point in points])
    values = np.array([_value(point) for point in points])
    solved = np.isfinite(values)
    bend = knee(asked[solved], values[solved]) if solved.sum() > 2 else None
    marked = int(np.flatnonzero(solved)[bend]) if bend is not None else -1
    name = curve["requirement"].replace("_", "-")
    cells = [
        [number(x, 5) for x in asked],
        [_outcome(point) for point in points],
        [_bound(point) for point in points],
        ["knee" if k == marked else "" for k in range(len(points))],
    ]
    return Grid("Trade-off", [name, "goal", "none has more than", ""], cells)


def _value(point: Mapping[str, Any]) -> float:
    found = point.get("objective")
    return np.nan if found is None else float(found)


def _outcome(point: Mapping[str, Any]) -> str:
    if point.get("objective") is not None:
        return number(point["objective"], 6)
    return "impossible" if point["termination"] == "infeasible" else "none found"


def _bound(point: Mapping[str, Any]) -> str:
    return "" if point.get("upper_bound") is None else number(point["upper_bound"], 6)
