"""The table of a page that says what every agent brings, receives, pays and gains."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.report.agent_rows import Floats, agent_table, largest
from mdsolve.report.numbers import column
from mdsolve.report.page.answer import gain_columns, gain_sentences, market_gains
from mdsolve.report.page.markup import Html, joined, table, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.pictures.market import can_draw
from mdsolve.report.pictures.sharing import can_draw_sharing
from mdsolve.report.units import Units
from mdsolve.report.words import listed
from mdsolve.tolerance import ROUND_OFF

MOST_ROWS = 60
"""Rows of the table of agents; the solution file has all."""


def agents_table(subject: Subject) -> Html:
    """Return the table of agents, nothing where the solution says nothing of them."""
    if can_draw_sharing(subject.solution):
        return joined([_who_gains(subject), _sharing_agents(subject)])
    if can_draw(subject.solution):
        return joined([_who_gains(subject), _market_agents(subject)])
    return Html()


def _who_gains(subject: Subject) -> Html:
    """Return who gains and who loses against each alternative."""
    return joined(tag("p", sentence, class_="lead") for sentence in gain_sentences(subject))


def _market_agents(subject: Subject) -> Html:
    solution = subject.solution
    answers = solution.answers
    money = {key: _floats(answers[key]) for key in ("values", "payments", "utilities")}
    money |= {"outside_values": _floats(answers["outside_values"]), "gains": market_gains(answers)}
    small = ROUND_OFF * largest(*money.values())
    columns = [column(np.where(np.abs(x) <= small, 0.0, x)) for x in money.values()]
    quality = answers.get("model_quality") or [None] * len(solution.agents)
    received = {"model received": column(quality)}
    if "model_chance" in answers:  # a lottery decides who is handed the model
        received = {"chance of the model": column(answers["model_chance"])}
    units = subject.units
    heads = ["agent", units.heading("data (type)", "data"), *received]
    worded = ("is worth", "pays (negative: receives)", "utility", "staying out", "gains")
    heads += [units.heading(words, "money") for words in worded]
    data = column(answers["profile"])
    rows = zip(solution.agents, data, *received.values(), *columns, strict=True)
    return table("The case shown" + _in_money(units), heads, rows)


def _sharing_agents(subject: Subject) -> Html:
    solution, game = subject.solution, subject.game
    agents = agent_table(solution, game)
    units = subject.units
    unit = solution.answers.get("protocol", {}).get("unit", units.data or "samples")

    def money(words: str) -> str:
        return units.heading(words, "money")

    columns: list[tuple[str, Any]] = [(f"brings ({unit})", agents["contributions"])]
    if "capacity" in agents and np.isfinite(agents["capacity"]).any():
        columns.append((f"has ({unit})", agents["capacity"]))
    for key, words in (("low", "if costs are low"), ("high", "if costs are high")):
        if key in agents:
            columns.append((words, agents[key]))
    columns.append(
        (units.heading("accuracy of the model received", "accuracy"), agents["accuracies"])
    )
    if game is not None and np.any(game.value != 1):
        columns.append((money("the model is worth"), game.value * agents["accuracies"]))
    if np.any(agents["payments"]):
        columns.append((money("receives, or pays if negative"), agents["payments"]))
    columns.append((money("utility"), agents["utilities"]))
    columns += [(money(f"gains against {words}"), x) for words, x in gain_columns(agents).items()]
    rows = agents.rows()
    runs = any(row.count > 1 for row in rows)
    heads = ["agent", *(["agents alike"] if runs else []), *(words for words, _ in columns)]
    listed_rows = rows[:MOST_ROWS]
    cells = [column(values[row.first] for row in listed_rows) for _, values in columns]
    counts = [[f"{row.count:,}" for row in listed_rows]] if runs else []
    shown = zip([row.name for row in listed_rows], *counts, *cells, strict=True)
    left = len(rows) - MOST_ROWS
    caption = (
        "Numbers are per agent"
        + _in_money(units)
        + (", one row per run of agents alike" if runs else "")
    )
    parts = [table(caption, heads, shown)]
    if left > 0:
        parts.append(tag("p", f"{left:,} more rows are in the solution file.", class_="note"))
    if subject.computed:
        words = listed(list(subject.computed))
        parts.append(
            tag("p", f"Computed from the instance for this report: {words}.", class_="note")
        )
    return joined(parts)


def _in_money(units: Units) -> str:
    """Return which columns are money, where no unit says so."""
    return "" if units.money else "; worth, payments, utilities and gains in money"


def _floats(values: Any) -> Floats:
    return np.array([float(value) for value in values], dtype=np.float64)
