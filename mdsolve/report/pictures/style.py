"""House style of all static pictures: sizes, colours, atomic saving without a display.

A picture goes into a .png file, or as SVG into a buffer in memory, for pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdsolve.errors import UsageError
from mdsolve.solution_files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that stay apart for colour-blind readers (Okabe and Ito)."""

DOTS_PER_INCH = 150

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


def require_png(target: Target) -> None:
    """Raise `UsageError` unless the file ends in .png; cheap, for a check before a long run."""
    if isinstance(target, BytesIO):
        return
    if target.suffix.lower() != ".png":
        raise UsageError.single(str(target), f"the ending {target.suffix!r}", ".png")


@contextmanager
def picture(target: Target, width: float = 7.0, height: float = 4.2) -> Iterator[Figure]:
    """Yield a figure in house style, of this many inches, and save it when the block ends.

    Parameters
    ----------
    target : Path or BytesIO
        A file ends in .png; a buffer receives SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed or the file does not end in .png.
    """
    require_png(target)
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
        write_atomically(
            target, lambda stream: figure.savefig(stream, format="png", dpi=DOTS_PER_INCH)
        )
