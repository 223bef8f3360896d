"""Pictures inside a page: SVG in the page itself, with a caption and words for those who listen."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

from mdsolve.errors import UsageError
from mdsolve.report.legible import legible_data
from mdsolve.report.numbers import column
from mdsolve.report.page.markup import Html, joined, table, tag, text
from mdsolve.report.page.source import Subject
from mdsolve.report.pictures.curves import can_draw_curves, draw_curves
from mdsolve.report.pictures.dynamics import draw_dynamics
from mdsolve.report.pictures.solution import draw_outcomes
from mdsolve.report.pictures.style import Target
from mdsolve.report.pictures.trade_off import can_draw_trade_off, draw_trade_off
from mdsolve.solution import Solution

PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
OPENING = re.compile(r"<svg[^>]*>")
SIZE = re.compile(r' (width|height)="[^"]*"')
NAMES = re.compile(r'(\bid="|href="#|url\(#)')

PIXELS = 96 / 72
"""Pixels per point, so that a picture is not drawn larger than it was made for."""

UNFIT = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What drawing numbers of a foreign solution that do not fit together ends with."""

OUTCOME = (
    "Left: what each agent brings. Middle: what each pays or receives. Right: what taking part is "
    "worth to each beside the alternatives. The same numbers are in the table above."
)
MARKET = (
    "Left: each agent's data, and the money that flows to or from the organiser. Right: what each "
    "earns staying out and taking part. The same numbers are in the table above."
)
HISTORY = "What agents bring and how accurate their models are, round by round."
CURVES = (
    "The model that an agent is handed for what it brings, between the model of its own data and "
    "that of all data together. Break points are marked."
)
TRADE_OFF = (
    "What the goal loses as more is asked for. Above: the goal, and the knee where asking for more "
    "begins to cost most. Below: what holds the parties in at each point."
)
DYNAMICS = "Above: how far from rest the simulated agents are. Below: how much data they bring."


def pictures(subject: Subject, number: int) -> Html:
    """Return all pictures of a solution as figures; a sentence where one could not be drawn.

    Parameters
    ----------
    number : int
        Of the solution on the page, so that names inside pictures differ.
    """
    solution, game = subject.solution, subject.game
    title = None if subject.instance is None else legible_data(subject.instance.title)
    answers = solution.answers
    caption = MARKET if "profile" in answers else HISTORY if "history" in answers else OUTCOME
    drawn: list[tuple[Callable[[Target], str | None], str]] = [
        (lambda target: draw_outcomes(solution, target, title, game, subject.units), caption)
    ]
    if game is not None and can_draw_curves(solution):
        drawn.append((lambda target: draw_curves(solution, game, target, title), CURVES))
    if "dynamics" in answers:
        drawn.append((lambda target: draw_dynamics(solution, target, title), DYNAMICS))
    return joined(
        _figure(draw, words, f"picture-{number}-{place}")
        for place, (draw, words) in enumerate(drawn, 1)
    )


def trade_off_section(subject: Subject, number: int) -> Html:
    """Return the curve of a trade-off with its table, nothing where the solution holds none."""
    solution = subject.solution
    if not can_draw_trade_off(solution):
        return Html()
    title = None if subject.instance is None else legible_data(subject.instance.title)
    figure = _figure(
        lambda target: draw_trade_off(solution, target, title, subject.units),
        TRADE_OFF,
        f"trade-off-{number}",
    )
    return joined([tag("p", TRADE_OFF, class_="lead"), figure, _points(solution)])


def _points(solution: Solution) -> Html:
    """Return the points of a trade-off as a table."""
    points = solution.answers["curve"]["points"]
    asked, reached, most = (
        column(point.get(key) for point in points) for key in ("asked", "objective", "upper_bound")
    )
    words = str(solution.answers["curve"]["requirement"]).replace("_", " ")
    heads = [words, "goal reached", "none has more than"]
    return table("Every point is a rule of its own", heads, zip(asked, reached, most, strict=True))


def _figure(draw: Callable[[Target], str | None], caption: str, key: str) -> Html:
    buffer = BytesIO()
    try:
        reason = draw(buffer)
    except UsageError as error:
        reason = error.findings[0].got
    except UNFIT:
        reason = "the numbers stored for it do not fit together"
    if reason:
        return tag("p", f"No picture: {reason}.", class_="note")
    drawn = embedded(buffer.getvalue().decode(), caption, key)
    return tag("figure", drawn, tag("figcaption", caption), tabindex="0")


def embedded(svg: str, words: str, key: str) -> Html:
    """Return SVG for use inside a page: names of its own, scalable, with words for listeners.

    Examples
    --------
    >>> embedded('<?xml?><svg width="9pt" height="9pt" x="1"><g id="a"/></svg>', "Why", "p")
    '<svg role="img" aria-label="Why" style="max-width:12px" x="1"><g id="p-a"/></svg>'
    """
    whole = METADATA.sub("", PROLOGUE.sub("", svg))
    plain = OPENING.sub(lambda found: SIZE.sub("", found.group()), whole, count=1)
    points = re.search(r'<svg[^>]* width="([0-9.]+)pt"', whole)
    widest = "" if points is None else f' style="max-width:{round(PIXELS * float(points[1]))}px"'
    unique = NAMES.sub(rf"\1{key}-", plain)
    return Html(
        unique.replace("<svg", f'<svg role="img" aria-label="{text(words)}"{widest}', 1).strip()
    )
