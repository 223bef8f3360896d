"""A picture of a sweep: a metric against the path that varies, one line per mechanism.

Lines that lie on each other stay visible: the first are drawn widest. A point whose check does not
hold is hollow, and one without an answer is a cross at the foot.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from mdsolve.errors import UsageError
from mdsolve.report.legible import legible
from mdsolve.report.numbers import number
from mdsolve.report.pictures.style import (
    PALETTE,
    Target,
    cut,
    few_ticks,
    handles_of,
    head,
    legend_below,
    picture,
)
from mdsolve.report.sweep_numbers import shown_number
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.study.sweep_table import Row, SweepTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PREFERRED = ("welfare", "total_data", "minimal_revenue", "revenue", "least_utility", "alone_margin")

UNITS = {"total_data": "samples"}
"""What metrics are in; money, if nothing is said."""

MOST_LINES = 24

LONGEST_TITLE, LONGEST_LABEL = 80, 60

STYLES = ("-", "--", ":", "-.")

MARKERS = "os^Dv"

THINNEST, WIDER, HALO = 1.4, 3.0, 1.5
"""Points of the last line, how much wider the first is, and of the white around each."""

BESIDE = 0.3
"""Width over which points of several lines stand beside each other at a word."""

HOLLOW, NONE = "hollow: does not hold, or none", "nothing found"

WIDTH, HEIGHT, ENTRY = 8.0, 4.4, 0.12
"""Inches of the picture, and of an entry of the legend below it."""

Line = tuple[str, tuple[Any, ...]]
"""What makes a line: the mechanism, and everything that varies but the first path."""


def draw_sweep(
    table: SweepTable, target: Target, metric: str | None = None, *, units: Units = NO_UNITS
) -> None:
    """Draw a metric against the first path, one line per mechanism and setting of the rest.

    A path of words, or a sweep over scenarios alone, is drawn as points beside each other.

    Raises
    ------
    UsageError
        If nothing is there to draw, or there are too many lines.
    """
    wanted = metric or next((key for key in PREFERRED if _known(table, key)), "welfare")
    if not _known(table, wanted):
        expected = ", ".join(key for key in PREFERRED if _known(table, key)) or "a row with numbers"
        raise UsageError.single("--plot", f"no row with {wanted}", expected)
    lines: dict[Line, list[Row]] = {}
    for row in table.rows:
        others = _others(table, row)
        lines.setdefault((row.mechanism, others), []).append(row)
    if len(lines) > MOST_LINES:
        got, fix = f"{len(lines):,} lines", "put the path that matters first, and vary fewer others"
        raise UsageError.single("--plot", got, f"at most {MOST_LINES}", fix)
    ticks: dict[str, int] = {}
    joined = bool(table.paths) and not table.sampled
    numeric = all(row.settings and isinstance(row.settings[0], float) for row in table.rows)
    mechanisms = list(dict.fromkeys(mechanism for mechanism, _ in lines))
    styles = list(dict.fromkeys(others for _, others in lines))
    with picture(target, WIDTH, HEIGHT + ENTRY * len(lines)) as figure:
        head(figure, legible(table.name or "sweep"), LONGEST_TITLE)
        axes = figure.add_subplot()
        for place, ((mechanism, others), rows) in enumerate(lines.items()):
            look = _look(mechanisms.index(mechanism), styles.index(others), joined=joined)
            look["linewidth"] = THINNEST + WIDER * (len(lines) - 1 - place) / max(1, len(lines) - 1)
            words = _words(table, mechanism, others, len(styles) > 1)
            aside = 0.0 if numeric else BESIDE * (place - (len(lines) - 1) / 2) / len(lines)
            _draw_line(axes, rows, wanted, ticks, words, look, aside)
        _label(axes, table, wanted, ticks, units)
        legend_below(figure, _entries(axes, table))


def _look(mechanism: int, other: int, *, joined: bool) -> dict[str, Any]:
    """Return colour and marker of a mechanism, and the line of a setting of the rest."""
    return {
        "color": PALETTE[mechanism % len(PALETTE)],
        "marker": MARKERS[mechanism % len(MARKERS)],
        "linestyle": STYLES[other % len(STYLES)] if joined else "",
        "markersize": 5,
    }


def _draw_line(
    axes: Axes,
    rows: Sequence[Row],
    wanted: str,
    ticks: dict[str, int],
    words: str,
    look: dict[str, Any],
    aside: float,
) -> None:
    """Draw one mechanism: its line, hollow points whose check does not hold, crosses for none."""
    x = [_abscissa(row, ticks) + aside for row in rows]
    y = [_value(row, wanted) for row in rows]
    from matplotlib.patheffects import withStroke

    halo = withStroke(linewidth=look["linewidth"] + HALO, foreground="white")
    (drawn,) = axes.plot(x, y, label=words, **look)
    drawn.set_path_effects([halo])
    points = {**look, "linestyle": "", "zorder": 3}
    doubtful = [k for k, row in enumerate(rows) if not _holds(row)]
    axes.plot([x[k] for k in doubtful], [y[k] for k in doubtful], **{**points, "mfc": "white"})
    none = [x[k] for k, row in enumerate(rows) if row.numbers.get(wanted) is None]
    if not none:
        return
    foot = axes.get_xaxis_transform()
    cross: Any = {**points, "marker": "x", "transform": foot, "clip_on": False, "zorder": 4}
    axes.plot(none, [0.015] * len(none), **cross)


def _holds(row: Row) -> bool:
    """Tell whether a row is an answer, and everything that it claims holds."""
    return row.termination == "solved" and row.verdict == "pass"


def _entries(axes: Axes, table: SweepTable) -> dict[str, Any]:
    """Return the entries of the legend, with what hollow points and crosses mean."""
    from matplotlib.lines import Line2D

    found = handles_of([axes])
    plain: Any = {"color": "#404040", "linestyle": ""}
    if any(not _holds(row) and row.numbers for row in table.rows):
        found[HOLLOW] = Line2D([], [], marker="o", mfc="white", **plain)
    if any(not row.numbers for row in table.rows):
        found[NONE] = Line2D([], [], marker="x", **plain)
    return found


def _others(table: SweepTable, row: Row) -> tuple[Any, ...]:
    """Return what rows of one line have in common beside the mechanism."""
    if not table.paths:
        return ()
    return (row.scenario,) if table.sampled else (*row.settings[1:], row.scenario)


def _known(table: SweepTable, key: str) -> bool:
    return any(key in row.numbers for row in table.rows)


def _value(row: Row, key: str) -> float:
    """Return a metric of a row; a gap where it has none."""
    found = shown_number(row, key)
    return float("nan") if found is None else float(found)


def _abscissa(row: Row, ticks: dict[str, int]) -> float:
    """Return where a row is drawn; words get places of their own."""
    setting = row.settings[0] if row.settings else row.scenario
    if isinstance(setting, float):
        return setting
    return ticks.setdefault("null" if setting is None else setting, len(ticks))


def _words(table: SweepTable, mechanism: str, others: tuple[Any, ...], several: bool) -> str:
    if not several:
        return mechanism
    names = [*(() if table.sampled else table.paths[1:]), ""]
    parts = [
        f"{name} = {x:g}" if isinstance(x, float) else (f"{name} = {x}" if name else str(x))
        for name, x in zip(names, others, strict=True)
        if name or x
    ]
    return cut(legible(", ".join([mechanism, *parts])), LONGEST_LABEL)


def _label(axes: Axes, table: SweepTable, wanted: str, ticks: dict[str, int], units: Units) -> None:
    axes.yaxis.set_major_formatter(lambda value, _: number(value, 4))
    unit = units.unit(wanted) or UNITS.get(wanted, "money")
    axes.set_ylabel(f"{wanted.replace('_', ' ')} ({unit})", parse_math=False)
    words = legible(table.paths[0]) if table.paths else "scenario"
    axes.set_xlabel(cut(words, LONGEST_LABEL), parse_math=False)
    if ticks:
        narrow = max(10, LONGEST_LABEL // len(ticks))
        shown = ["\n".join(wrap(cut(legible(word), 3 * narrow), narrow)) for word in ticks]
        axes.set_xticks(list(ticks.values()), shown, parse_math=False)
    else:
        few_ticks(axes)
