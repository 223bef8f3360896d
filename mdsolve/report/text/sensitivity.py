"""Derivatives of a solution as tables for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.legible import legible
from mdsolve.report.numbers import number
from mdsolve.report.text.console import Grid
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.study.sensitivity import Derivatives, Sensitivity

ROWS_SHOWN = 30

WORDS = {
    "cost": "one more of money a sample in marginal cost",
    "value": "one more of money for a unit of accuracy",
    "capacity": "one more sample of capacity",
    "weight": "one more of weight on a sample",
}
"""Kind of parameter -> what a row is the effect of."""


def sensitivity_view(found: Sensitivity, units: Units = NO_UNITS) -> RenderableType:
    """Return a table per kind of parameter: totals, the agent's own numbers, how far it holds."""
    parts: list[RenderableType] = [Text(f"Sensitivity of the {found.mechanism} equilibrium.\n")]
    for kind, words in WORDS.items():
        rows = [one for one in found.derivatives if one.parameter.kind == kind]
        if rows:
            parts.append(_table(found, rows, f"What moves with {words}", units))
            left = len(rows) - ROWS_SHOWN
            if left > 0:
                parts.append(Text(f"  ... and {left:,} more rows (--json or -o for all).\n"))
    words = (
        "Of an agent: what they bring, receive and have in the end. Derivatives hold up to the "
        "next kink; beyond it, solve again."
    )
    return Group(*parts, Text(f"{words}\n"), *_kinks(found))


def _table(found: Sensitivity, rows: list[Derivatives], title: str, units: Units) -> RenderableType:
    shown = rows[:ROWS_SHOWN]
    owners = [_owner(found, one) for one in shown]
    heads = {"all data": "data", "welfare": "money", "own": "data", "received": "money"}
    heads |= {"utility": "money"}
    columns = [
        [legible(one.parameter.agent) for one in shown],
        [number(one.parameter.value, 4) for one in shown],
        [number(one.total_data, 4) for one in shown],
        [number(one.welfare, 4) for one in shown],
        *(
            ["" if k is None else number(float(getattr(one.move, key)[k]), 4) for one, k in pairs]
            for key, pairs in (
                (key, list(zip(shown, owners, strict=True)))
                for key in ("contributions", "payments", "utilities")
            )
        ),
        [number(one.move.below, 4) if one.move.kink_below else "" for one in shown],
        [number(one.move.above, 4) if one.move.kink_above else "" for one in shown],
    ]
    named = [units.heading(words, quantity) for words, quantity in heads.items()]
    return Grid(title, ["of", "now", *named, "kink below", "kink above"], columns)


def _owner(found: Sensitivity, one: Derivatives) -> int | None:
    """Return the place of the agent that a parameter is of; None for an entry of a matrix."""
    name = one.parameter.agent
    return found.agents.index(name) if name in found.agents else None


def _kinks(found: Sensitivity) -> list[RenderableType]:
    """Return the nearest kink of each kind of parameter in words."""
    lines = []
    for kind in WORDS:
        near = [
            (one.move.below, "less", one.move.kink_below, one)
            for one in found.derivatives
            if one.parameter.kind == kind and one.move.kink_below
        ] + [
            (one.move.above, "more", one.move.kink_above, one)
            for one in found.derivatives
            if one.parameter.kind == kind and one.move.kink_above
        ]
        if near:
            distance, way, what, one = min(near, key=lambda entry: entry[0])
            of = legible(one.parameter.agent)
            lines.append(f"Nearest, {kind}: {number(distance, 4)} {way} of {of}: {legible(what)}.")
    return [Text("\n".join(lines) + "\n")] if lines else []
