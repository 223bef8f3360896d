"""The explorer page of a sweep: one file, its own small program inside, nothing fetched.

The page allows exactly the program that it carries, by its hash, and no other. Without it the page
is still the table of all points with their verdicts.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from mdsolve.errors import UsageError
from mdsolve.report.explorer.points import Points
from mdsolve.report.legible import legible
from mdsolve.report.page.markup import Html, filled, joined, section, tag, text
from mdsolve.report.pictures.style import PALETTE
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.study.sweep_table import SweepTable

PACKAGE = "mdsolve.report.explorer"

MOST_ROWS = 5_000
"""Rows of a page that a browser still sorts at once."""


def explorer_page(
    table: SweepTable,
    *,
    title: str | None = None,
    lang: str | None = None,
    units: Units = NO_UNITS,
) -> str:
    """Return the page; the same table gives the same bytes.

    Raises
    ------
    UsageError
        If there are more rows than a page can hold.
    """
    if len(table.rows) > MOST_ROWS:
        got, fix = f"{len(table.rows):,} rows", "sweep fewer points"
        raise UsageError.single("--explore", got, f"at most {MOST_ROWS:,}", fix)
    points = Points.of(table, units)
    headline = legible(title or table.name or "A sweep")
    program = (files(PACKAGE) / "explorer.js").read_text(encoding="utf-8")
    data = {**points.to_dict(), "palette": PALETTE}
    return filled(
        PACKAGE,
        "explorer.html",
        title=text(f"Explore: {headline}"),
        hash=b64encode(sha256(program.encode()).digest()).decode(),
        body=tag("main", *_body(table, points, headline, lang)),
        data=_harmless(json.dumps(data, ensure_ascii=False, separators=(",", ":"))),
        program=program,
    )


def _harmless(data: str) -> str:
    """Return JSON in which nothing ends the element that holds it."""
    return data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _body(table: SweepTable, points: Points, headline: str, lang: str | None) -> Iterator[Html]:
    rules = dict.fromkeys(row.mechanism for row in table.rows)
    count = len({row.point for row in table.rows})
    counted = f"{count:,} points, {len(rules)} rule{'s' if len(rules) > 1 else ''}"
    yield tag("h1", headline, lang=lang)
    lead = (
        f"{counted}. Every row was solved and checked by itself; nothing between points is guessed."
    )
    yield tag("p", lead, class_="lead")
    if len(table.rows) < table.asked:
        left = f"{table.asked - len(table.rows):,} of {table.asked:,} rows are not computed yet."
        yield tag("p", left, class_="note")
    hint = "Choices and picture need a browser that runs scripts; the table below needs nothing."
    yield tag("noscript", tag("p", hint, class_="note"))
    yield section("Choose a point", "choose", tag("div", id="choices"))
    yield section("The answers there", "answers", tag("div", id="answer", aria_live="polite"))
    picture = [tag("div", id="axes"), tag("div", id="picture"), tag("p", id="told", class_="note")]
    yield section("In a picture", "drawn", *picture)
    yield section("All points", "all", _table(points))


def _table(points: Points) -> Html:
    """Return every row; headings become buttons that sort where scripts run."""
    kinds = ["number" if column.numeric else None for column in points.columns]
    heads = [
        tag("th", column.words, scope="col", class_=kind)
        for column, kind in zip(points.columns, kinds, strict=True)
    ]
    rows = []
    for place in range(len(points.columns[0].raw)):
        cells = [
            tag(
                "th" if k == 0 else "td",
                c.text[place],
                class_=kind,
                scope="row" if k == 0 else None,
            )
            for k, (c, kind) in enumerate(zip(points.columns, kinds, strict=True))
        ]
        rows.append(tag("tr", *cells, data_row=str(place)))
    caption = "All points, as computed. Choose a heading to sort by it."
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", joined(rows)),
        id="points",
    )
    return tag(
        "div", whole, class_="wide", tabindex="0", role="region", aria_label="Table of points"
    )
