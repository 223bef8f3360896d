"""House style of all static pictures: sizes, colours, atomic saving without a display.

A picture goes into a .png or .svg file, or as SVG into a buffer in memory, for pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from mdsolve.errors import UsageError
from mdsolve.outputs import write_atomically
from mdsolve.report.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that stay apart for colour-blind readers (Okabe and Ito)."""

DOTS_PER_INCH = 150

ENDINGS = (".png", ".svg")

Target = Path | BytesIO
"""Where a picture goes."""

VECTORS: Any = {"svg.fonttype": "none", "svg.hashsalt": "mdsolve"}
"""Text stays text in pages, and the same picture is the same bytes."""

WITHOUT_DATE: Any = {"Date": None, "Creator": None}

STYLE: Any = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "font.size": 10,
    "legend.frameon": False,
    "axes.titlelocation": "left",
    "figure.constrained_layout.h_pad": 0.11,
    "figure.constrained_layout.w_pad": 0.11,
}


LETTER = 0.078
"""Inches that a letter of a legend takes at most, on average."""

HANDLE = 0.6
"""Inches of a legend's entry beside its words."""

MOST_COLUMNS = 4

UNSOLVED = {"hatch": "////", "edgecolor": "#404040", "alpha": 0.45, "linewidth": 0.8}
"""How bars look that are no equilibrium: washed out and hatched."""


def cut(text: str, most: int) -> str:
    """Return text of at most so many characters, the end left out, between words where possible.

    Examples
    --------
    >>> cut("a title", 9), cut("a longer title", 10), cut("Wasserversorgung", 9)
    ('a title', 'a longer…', 'Wasserve…')
    """
    if len(text) <= most:
        return text
    start = text[: most - 1]
    whole = start if text[most - 1] == " " else start.rpartition(" ")[0]
    return (whole if 2 * len(whole) > most else start).rstrip() + "…"


def short_name(name: str, most: int) -> str:
    """Return a name of at most so many characters, the middle left out: ends tell names apart.

    Examples
    --------
    >>> short_name("island-clinic-1 .. 10", 26), short_name("Kreiskrankenhaus Musterstadt 7", 20)
    ('island-clinic-1 .. 10', 'Kreiskranke…rstadt 7')
    """
    if len(name) <= most:
        return name
    end = 2 * most // 5
    return f"{name[: most - end - 1]}…{name[len(name) - end :]}"


def head(figure: Figure, words: str, most: int, size: float = 13) -> None:
    """Write a picture's headline, on two lines where it is long; words are no formulas.

    Parameters
    ----------
    most : int
        Characters of a line.
    """
    plain: Any = {"x": 0.01, "ha": "left", "fontweight": "bold", "parse_math": False}
    first, *rest = wrap(words, most) or [""]
    lines = [first, cut(" ".join(rest), most)] if rest else [first]
    figure.suptitle("\n".join(lines), fontsize=size, **plain)


def legend_below(figure: Figure, entries: Mapping[str, Any], title: str | None = None) -> None:
    """Write a legend under the panels, with as many columns as its words leave room for.

    Parameters
    ----------
    entries : mapping
        Words -> handle.
    """
    longest = max(map(len, entries), default=0)
    room = int(float(figure.get_figwidth()) / (LETTER * longest + HANDLE))
    shown = figure.legend(
        entries.values(),
        entries.keys(),
        loc="outside lower left",
        ncols=max(1, min(MOST_COLUMNS, room)),
        fontsize=9,
        title=title,
        title_fontsize=9,
        alignment="left",
    )
    for text in shown.get_texts():
        text.set_parse_math(False)


def handles_of(panels: Iterable[Axes]) -> dict[str, Any]:
    """Return the handles of several panels by their words, each once."""
    found: dict[str, Any] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        for handle, label in zip(handles, labels, strict=True):
            found.setdefault(label, handle)
    return found


def few_ticks(axes: Axes, most: int = 5) -> None:
    """Set thousands of an axis of amounts apart, and leave room between its numbers."""
    axes.xaxis.set_major_formatter(lambda value, _: number(value, 4))
    axes.locator_params(axis="x", nbins=most)


def require_picture(target: Target) -> None:
    """Raise `UsageError` unless the file ends in .png or .svg; cheap, before a long run."""
    if isinstance(target, BytesIO):
        return
    if target.suffix.lower() not in ENDINGS:
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", " or ".join(ENDINGS))


@contextmanager
def picture(target: Target, width: float = 7.0, height: float = 4.2) -> Iterator[Figure]:
    """Yield a figure in house style, of this many inches, and save it when the block ends.

    Parameters
    ----------
    target : Path or BytesIO
        A file ends in .png or .svg; a buffer receives SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed or the file ends otherwise.
    """
    require_picture(target)
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        raise UsageError.single(
            "pictures",
            "matplotlib is not installed",
            "the extra 'report'",
            "pip install 'mdsolve[report]'",
        ) from None
    with mpl.rc_context({**STYLE, **VECTORS}):
        figure = Canvas(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        if isinstance(target, BytesIO):
            figure.savefig(target, format="svg", metadata=WITHOUT_DATE)
            return
        vector = target.suffix.lower() == ".svg"
        look: Any = {"format": "svg", "metadata": WITHOUT_DATE}
        if not vector:
            look = {"format": "png", "dpi": DOTS_PER_INCH}
        write_atomically(target, lambda stream: figure.savefig(stream, **look))
