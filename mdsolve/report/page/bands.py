"""How far an answer may be off because accuracies were fitted: bands over drawn parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdsolve.report.page.figures import UNFIT
from mdsolve.report.page.markup import Html, joined, table, tag
from mdsolve.report.page.source import Subject
from mdsolve.report.text.bands import band_column, lost_words

MOST_ROWS = 60
"""Agents that are listed; the solution file has all."""

COLUMNS = {
    "contributions": "brings",
    "accuracies": "accuracy of the model received",
    "payments": "receives, or pays if negative (money)",
    "utilities": "utility (money)",
}


def bands_section(subject: Subject) -> Html:
    """Return the bands of a solution as a table, nothing where it has none."""
    bands = subject.solution.answers.get("bands")
    if not isinstance(bands, Mapping):
        return Html()
    try:
        return _shown(bands, subject.solution.agents)
    except UNFIT:
        words = "The bands stored in the solution do not fit together and are left out."
        return tag("p", words, class_="note")


def _shown(bands: Mapping[str, Any], names: tuple[str, ...]) -> Html:
    of = f"{bands['solved']:,} of {bands['draws']:,} draws of the fitted parameters"
    lead = (
        "Accuracies were fitted to measurements. The game was solved again for parameters drawn "
        "from what the measurements allow; nine in ten draws lie within the brackets."
    )
    parts = [tag("p", lead, class_="lead")]
    if bands["solved"]:
        known = {key: words for key, words in COLUMNS.items() if key in bands}
        cells = [band_column(bands[key], MOST_ROWS) for key in known]
        heads = ["agent", *known.values()]
        rows = list(zip(names[:MOST_ROWS], *cells, strict=True))
        parts.append(table(f"Median [5 %, 95 %] over {of}", heads, rows))
        if len(names) > MOST_ROWS:
            left = f"{len(names) - MOST_ROWS:,} more agents are in the solution file."
            parts.append(tag("p", left, class_="note"))
        (total,), (welfare,) = (band_column(bands[key], 1) for key in ("total_data", "welfare"))
        parts.append(tag("p", f"Total data: {total}. Total welfare (money): {welfare}."))
    else:
        parts.append(tag("p", f"An equilibrium was found in {of}."))
    lost = lost_words(bands)
    return joined([*parts, *([tag("p", lost, class_="note")] if lost else [])])
