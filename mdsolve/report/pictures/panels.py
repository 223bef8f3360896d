"""Pictures described by data: panels of lines, points and bars over numbers found by their path.

A panel says what is drawn and with which words; the numbers come from a tree of mappings and lists.
A path such as ``totals/0`` walks down the tree, ``*`` goes through all entries of a list, and
``totals/0 over costs`` names the numbers on both axes. Standard errors beside a quantity, under the
same name with ``, error``, become bands and whiskers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.report.pictures.style import PALETTE, Target, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]
Drawn = Mapping[str, str]

LOOKS: dict[str, tuple[dict[str, Any], ...]] = {
    "lines": ({},),
    "dashed": ({"linestyle": "--"},),
    "dotted": ({"linestyle": ":"},),
    "various": tuple({"linestyle": style} for style in ("-", "--", ":", "-.", (0, (1, 3)))),
    "marked": tuple(
        {"marker": marker, "linestyle": style, "mfc": "none", "markersize": 5}
        for marker, style in zip("os^D", ("-", "--", "-.", ":"), strict=True)
    ),
    "points": ({"marker": "o", "linestyle": "none", "markersize": 4},),
}
"""Styles by look, taken in turn. Colours start anew with every look, so that pairs match."""

ERRORS = 2.0
"""Standard errors on either side of a mean that a band covers."""

ENDS = ("left", "right", "bottom", "top")
BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8}


@dataclass(frozen=True)
class Panel:
    """What one panel shows; every entry is text.

    Parameters
    ----------
    title, x, y : str
        Headline and axis labels.
    along : str
        Path of the numbers (or names, for bars) on the horizontal axis.
    lines, dashed, dotted, various, marked, points, bars : mapping
        Legend by path, drawn in that look.
    levels, verticals, marks : mapping
        Words on horizontal and vertical lines and at points; what they name is a path or a number.
    scale : str
        Scales of both axes: linear, log or symlog.
    left, right, bottom, top : str
        Ends of the axes.
    """

    title: str = ""
    x: str = ""
    y: str = ""
    along: str = ""
    lines: Drawn = field(default_factory=dict)
    dashed: Drawn = field(default_factory=dict)
    dotted: Drawn = field(default_factory=dict)
    various: Drawn = field(default_factory=dict)
    marked: Drawn = field(default_factory=dict)
    points: Drawn = field(default_factory=dict)
    bars: Drawn = field(default_factory=dict)
    levels: Drawn = field(default_factory=dict)
    verticals: Drawn = field(default_factory=dict)
    marks: Drawn = field(default_factory=dict)
    scale: str = "linear linear"
    left: str = ""
    right: str = ""
    bottom: str = ""
    top: str = ""


def panels_from(listed: Iterable[Mapping[str, Any]]) -> list[Panel]:
    """Return the panels that mappings describe: one each, or one for each entry under ``each``.

    Examples
    --------
    >>> [made.title for made in panels_from([{"title": "<each>: <words>", "each": {"a": "b"}}])]
    ['a: b']
    """
    made = []
    for data in listed:
        rest = {key: value for key, value in data.items() if key != "each"}
        for key, words in data.get("each", {"": ""}).items():
            made.append(Panel(**_replaced(rest, {"<each>": key, "<words>": words})))
    return made


def _replaced(data: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(data, Mapping):
        return {_replaced(key, texts): _replaced(value, texts) for key, value in data.items()}
    for old, new in texts.items():
        data = data.replace(old, new)
    return data


def numbers_at(tree: Any, path: str) -> Any:
    """Return what lies at a path; a number is itself.

    Examples
    --------
    >>> numbers_at({"s": [[1, 2], [3, 4]]}, "s/*/1"), numbers_at({}, "1e4")
    ([2, 4], 10000.0)
    """
    head, _, rest = path.partition("/")
    if not path:
        return tree
    if head == "*":
        return [numbers_at(entry, rest) for entry in tree]
    if isinstance(tree, Mapping):
        return numbers_at(tree[head], rest) if head in tree else float(path)
    return numbers_at(tree[int(head)], rest)


def draw_panels(panels: Sequence[Panel], numbers: Any, target: Target, height: float = 4.4) -> None:
    """Draw panels side by side; a legend that fits all of them stands below."""
    width = 7.0 if len(panels) == 1 else 1.0 + 3.9 * len(panels)
    with picture(target, width, height) as figure:
        drawn = np.atleast_1d(figure.subplots(1, len(panels)))
        for axes, panel in zip(drawn, panels, strict=True):
            _draw(axes, panel, numbers)
        legends = [axes.get_legend_handles_labels() for axes in drawn]
        shown = [legend for legend in legends if legend[1]]
        if len(shown) > 1 and all(labels == shown[0][1] for _, labels in shown):
            columns = min(3, len(shown[0][1]))
            figure.legend(*shown[0], loc="outside lower center", ncols=columns, fontsize=9)
            return
        for axes, (_, labels) in zip(drawn, legends, strict=True):
            if labels:
                axes.legend(fontsize=8)


def _draw(axes: Axes, panel: Panel, numbers: Any) -> None:
    across, up = panel.scale.split()
    ends = {key: float(value) for key in ENDS if (value := getattr(panel, key))}
    axes.set_title(panel.title, fontsize=10)
    axes.set(xlabel=panel.x, ylabel=panel.y, xscale=across, yscale=up)
    if across == "linear":
        axes.locator_params(axis="x", nbins=6)
    for look, styles in LOOKS.items():
        for place, (path, label) in enumerate(getattr(panel, look).items()):
            style = {"color": PALETTE[place % len(PALETTE)], **styles[place % len(styles)]}
            x, y, error = _both(numbers, path, panel.along)
            kept = ((x > 0) | (across != "log")) & ((y > 0) | (up != "log"))
            axes.plot(x[kept], y[kept], label=label, **style)
            if error is not None:
                band = ERRORS * error
                axes.fill_between(x, y - band, y + band, color=style["color"], alpha=0.15, lw=0)
            if "top" in ends and y[-1] > ends["top"]:
                words, leaves = f"ends at {y[-1]:.3g}", x[int(np.argmax(y > ends["top"]))]
                axes.annotate(
                    words, (leaves, ends["top"]), (6, -12), color=style["color"], **BESIDE
                )
    _draw_bars(axes, panel, numbers)
    _draw_guides(axes, panel, numbers)
    axes.set_xlim(ends.get("left"), ends.get("right"))
    axes.set_ylim(ends.get("bottom"), ends.get("top"))


def _both(numbers: Any, path: str, along: str) -> tuple[Floats, Floats, Floats | None]:
    """Return the numbers on both axes and their standard errors, where there are any."""
    quantity, _, over = path.partition(" over ")
    x, y = (np.atleast_1d(numbers_at(numbers, part)) for part in (over or along, quantity))
    folder, _, name = quantity.rpartition("/")
    parent = numbers_at(numbers, folder)
    error = parent.get(f"{name}, error") if isinstance(parent, Mapping) else None
    return x, y.astype(float), None if error is None else np.asarray(error)


def _draw_bars(axes: Axes, panel: Panel, numbers: Any) -> None:
    for place, (path, label) in enumerate(panel.bars.items()):
        names, heights, error = _both(numbers, path, panel.along)
        wide = 0.8 / len(panel.bars)
        places = np.arange(len(names)) + (place - (len(panel.bars) - 1) / 2) * wide
        bars = axes.bar(places, heights, wide, color=PALETTE[place], label=label, yerr=error)
        axes.bar_label(bars, fmt="%.0f", fontsize=8)
        axes.set_xticks(range(len(names)), [str(name).replace("-", "-\n") for name in names])
        axes.grid(axis="x", visible=False)


def _draw_guides(axes: Axes, panel: Panel, numbers: Any) -> None:
    """Draw levels, verticals and single points with their words."""
    for words, path in panel.levels.items():
        level = numbers_at(numbers, path)
        axes.axhline(level, color="0.3", linestyle=(0, (6, 3)), linewidth=1)
        axes.annotate(words, (0.02, level), (0, 3), ("axes fraction", "data"), **BESIDE)
    for words, path in panel.verticals.items():
        places = np.atleast_1d(numbers_at(numbers, path))
        for colour, x in zip(("0.3",) if len(places) == 1 else PALETTE, places, strict=False):
            axes.axvline(x, color=colour, linestyle=":", linewidth=1)
        at = (places[0], 0.03)
        axes.annotate(words, at, (3, 0), ("data", "axes fraction"), rotation=90, **BESIDE)
    for words, path in panel.marks.items():
        x, y, _ = _both(numbers, path, panel.along)
        axes.plot(x, y, "o", color=PALETTE[2], markersize=5)
        axes.annotate(words, (x[0], y[0]), (5, 6), color=PALETTE[2], **BESIDE)
