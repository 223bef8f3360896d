"""From figures to the page: the table of docs/benchmarks.md and the picture of growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "benchmarks.md"
PICTURE = DOCS / "images" / "growth.svg"
MARKS = ("<!-- table: scripts/bench -->\n", "<!-- end of table -->\n")
HEAD = ("task", "size", "before", "now", "reach", "growth")
PEERS = ("task", "size", "peer", "now", "peer's time", "ratio", "difference")


def seconds(value: float) -> str:
    """Return a time for reading, two significant digits.

    Examples
    --------
    >>> seconds(0.0000471), seconds(0.123), seconds(12.34)
    ('47 us', '120 ms', '12 s')
    """
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 0.95:
            return f"{float(f'{value * factor:.2g}'):g} {unit}"
    return f"{value * 1e6:.1g} us"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows]) + "\n"


def sizes(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a row's sizes as keys and for reading."""
    return [(key, f"{int(key):,} {row['unit']}".strip()) for key in row["seconds"]]


def written(results: Mapping[str, Any]) -> str:
    """Return both tables and what bounds each task."""
    own, against, limits = [], [], []
    for row in results["rows"]:
        grown = row["exponent"]
        for place, (key, size) in enumerate(sizes(row)):
            last = place == len(row["seconds"]) - 1
            own.append(
                [
                    row["name"] if place == 0 else "",
                    size if row["unit"] else "",
                    *(seconds(row[k][key]) if key in row[k] else "" for k in ("before", "seconds")),
                    seconds(row["reach"][key]) if key in row["reach"] else "",
                    f"{grown:.1f}" if last and grown is not None else "",
                ]
            )
        for name, peer in row["peers"].items():
            for key, theirs in peer["seconds"].items():
                ours = row["seconds"][key]
                against.append(
                    [
                        row["name"],
                        f"{int(key):,} {row['unit']}",
                        name,
                        seconds(ours),
                        seconds(theirs),
                        f"{theirs / ours:,.2g}" if theirs < 10 * ours else f"{theirs / ours:,.0f}",
                        f"{peer['gap']:.0e}" if peer["gap"] else "",
                    ]
                )
        if row["limit"]:
            limits.append([row["name"], row["limit"]])
    words = f"{results['machine']}; one run, processor time, least of some warm runs.\n"
    bounds = "\n".join(
        "| " + " | ".join(row) + " |" for row in [["task", "at least"], ["---", "---"], *limits]
    )
    parts = [
        words,
        table(HEAD, own),
        "Against peers:\n",
        table(PEERS, against),
        "What a machine must do at least:\n",
        bounds + "\n",
    ]
    return "\n".join(parts)


def store(results: Mapping[str, Any]) -> None:
    """Write the tables into the page, and the picture."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text(before + MARKS[0] + written(results) + MARKS[1] + after, encoding="utf-8")
    draw(results)


def draw(results: Mapping[str, Any]) -> None:
    """Draw seconds against sizes, both logarithmic, one line per task with several sizes."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from mdsolve.report.pictures.style import PALETTE, STYLE, VECTORS, WITHOUT_DATE

    rows = [row for row in results["rows"] if len(row["seconds"]) > 1]
    with rc_context({**STYLE, **VECTORS}):
        figure = Figure(figsize=(9, 6.5), layout="constrained")
        axes = figure.subplots()
        for number, row in enumerate(rows):
            at = [int(key) for key in row["seconds"]]
            style = ("-", "--", ":", "-.")[number // len(PALETTE) % 4]
            axes.loglog(
                at,
                list(row["seconds"].values()),
                style,
                marker=".",
                color=PALETTE[number % len(PALETTE)],
                label=row["name"],
            )
        axes.set_xlabel("size: agents, types, clients or points")
        axes.set_ylabel("seconds of processor time")
        axes.set_title("How the work grows")
        figure.legend(loc="outside right upper", fontsize=7, handlelength=4)
        figure.savefig(PICTURE, metadata=WITHOUT_DATE)
