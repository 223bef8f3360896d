"""A picture of a solved market: who pays, who is paid, and what each agent gains by taking part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mdsolve.conditions import Certificate
from mdsolve.errors import UsageError
from mdsolve.report.alarms import alarms_of
from mdsolve.report.numbers import number
from mdsolve.report.pictures.style import (
    PALETTE,
    Target,
    cut,
    few_ticks,
    head,
    picture,
    short_name,
)
from mdsolve.report.verdict import tally_of
from mdsolve.solution import Solution
from mdsolve.tolerance import ROUND_OFF

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAYS, RECEIVES, INSIDE = PALETTE[1], PALETTE[0], PALETTE[2]
OUTSIDE = "#B0B0B0"
PLATFORM = "#EFEFEF"

BAR, SPACING = 0.34, 0.38
"""Height of a bar and distance of an agent's two bars, in rows."""

MOST_AGENTS = 30
LONGEST_NAME, LONGEST_TITLE, LONGEST_LINE = 12, 72, 125
"""Characters that fit."""

ROW_HEIGHT = 0.95
"""Inches per agent."""

LARGEST_CIRCLE = 1300.0
"""Area in square points of the circle of the agent with most data."""

WIDEST_ARROW = 16.0
"""Points."""

HEAD = 10.0
"""Points by which the head of an arrow is wider than its tail."""

SIGNIFICANT_DIGITS = 4
NOTHING = "0"
NEEDED = ("profile", "payments", "values", "outside_values", "utilities", "revenue")


@dataclass(frozen=True)
class Line:
    """One agent of the picture; money in the units of the instance.

    Parameters
    ----------
    data : float
        Their type.
    payment : float
        What they pay; negative where they are paid.
    outside, inside : float
        Utility when they stay out, and when they take part.
    """

    name: str
    data: float
    payment: float
    outside: float
    inside: float


def can_draw(solution: Solution) -> bool:
    """Tell whether a solution holds the outcome of a market at one profile."""
    return all(key in solution.answers for key in NEEDED)


def draw_outcome(
    solution: Solution, target: Target, title: str | None = None, *, money: str = "money"
) -> None:
    """Draw payments and gains at the solution's profile, one row per agent.

    Left: each agent's data (area of the circle) and the money that flows to or from the platform
    (width of the arrow). Right: the agent's utility outside and inside.

    Parameters
    ----------
    title : str or None
        Headline; the instance's name otherwise.
    money : str
        Unit of money.

    Raises
    ------
    UsageError
        If the solution has no outcome of a market, or too many agents for one picture.
    """
    if not can_draw(solution):
        raise UsageError.single(
            "the picture",
            f"a {solution.mechanism.name} solution without payments at a profile",
            "the solution of a market",
        )
    if len(solution.agents) > MOST_AGENTS:
        found = f"{len(solution.agents)} agents"
        raise UsageError.single("the picture", found, f"at most {MOST_AGENTS} agents")
    lines = _lines(solution)
    scale = max(max(abs(x.payment), abs(x.outside), abs(x.inside)) for x in lines)
    rows = len(lines)
    with picture(target, 10.0, 1.6 + ROW_HEIGHT * rows) as figure:
        flows, gains = figure.subplots(1, 2, width_ratios=(1.0, 1.0))
        head(figure, title or solution.instance.name or "market", LONGEST_TITLE)
        _draw_flows(flows, lines, float(solution.answers["revenue"]), scale)
        _draw_gains(gains, lines, scale, money)
        plain: dict[str, Any] = {"x": 0.01, "ha": "left", "parse_math": False}
        figure.supxlabel(_summary(solution, lines, scale), fontsize=10, **plain)


def _lines(solution: Solution) -> list[Line]:
    columns = [[float(x) for x in solution.answers[key]] for key in NEEDED[:5]]
    types, payments, _, outside, utilities = columns
    rows = zip(solution.agents, types, payments, outside, utilities, strict=True)
    return [Line(*row) for row in rows]


def _money(amount: float, scale: float) -> str:
    """Return an amount with as many decimals as the largest one of the picture deserves.

    Examples
    --------
    >>> _money(-1234.5, 2000.0), _money(0.25, 0.9), _money(1e-13, 1.0)
    ('-1,234', '0.2500', '0')
    """
    if abs(amount) <= ROUND_OFF * scale:
        return NOTHING
    before = math.ceil(math.log10(scale)) if scale > 0 else 0
    return f"{amount:,.{max(0, SIGNIFICANT_DIGITS - before)}f}"


def _draw_flows(axes: Axes, lines: Sequence[Line], revenue: float, scale: float) -> None:
    most_data = max((line.data for line in lines), default=0.0)
    most_money = max(abs(line.payment) for line in lines)
    last = len(lines) - 1
    axes.set(xlim=(0, 1), ylim=(last + 0.55, -0.55), xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_title("Who brings what, and who pays whom", fontsize=10)
    for row, line in enumerate(lines):
        share = line.data / most_data if most_data > 0 else 0.0
        axes.scatter([0.11], [row], s=max(LARGEST_CIRCLE * share, 12), color=PALETTE[5], zorder=3)
        name = short_name(line.name, LONGEST_NAME)
        axes.text(0.25, row - 0.1, name, va="bottom", fontsize=10, parse_math=False)
        axes.text(
            0.25, row + 0.04, f"brings {number(line.data, 4)}", ha="left", va="top", fontsize=9
        )
        _draw_flow(axes, row, line.payment, most_money, scale)
    axes.axvspan(0.86, 0.985, color=PLATFORM, zorder=0)
    amount = _money(abs(revenue), scale)
    kept = (
        "keeps nothing" if amount == NOTHING else f"{'keeps' if revenue > 0 else 'adds'} {amount}"
    )
    axes.text(
        0.9225,
        last / 2,
        f"platform: {kept}",
        rotation=90,
        ha="center",
        va="center",
        fontsize=10,
    )


def _draw_flow(axes: Axes, row: int, payment: float, most: float, scale: float) -> None:
    amount = _money(abs(payment), scale)
    if amount == NOTHING:
        axes.text(0.66, row, "pays nothing", ha="center", va="center", fontsize=9, color="#555555")
        return
    pays = payment > 0
    start, end = (0.47, 0.86) if pays else (0.86, 0.47)
    colour = PAYS if pays else RECEIVES
    width = max(WIDEST_ARROW * abs(payment) / most, 1.0)
    head = f"head_width={width + HEAD},head_length={HEAD + 2}"
    axes.annotate(
        "",
        (end, row),
        (start, row),
        arrowprops={
            "arrowstyle": f"simple,tail_width={width},{head}",
            "mutation_scale": 1,
            "color": colour,
            "shrinkA": 0,
            "shrinkB": 2,
        },
    )
    axes.annotate(
        f"{'pays' if pays else 'receives'} {amount}",
        (0.665, row),
        xytext=(0, 0.5 * width + 6),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=colour,
    )


def _draw_gains(axes: Axes, lines: Sequence[Line], scale: float, money: str) -> None:
    last = len(lines) - 1
    rows = range(len(lines))
    axes.barh(
        [row - 0.5 * SPACING for row in rows],
        [line.outside for line in lines],
        height=BAR,
        color=OUTSIDE,
    )
    axes.barh(
        [row + 0.5 * SPACING for row in rows],
        [line.inside for line in lines],
        height=BAR,
        color=INSIDE,
    )
    for row, line in enumerate(lines):
        gain = _money(line.inside - line.outside, scale)
        sign = "+" if line.inside > line.outside and gain != NOTHING else ""
        for offset, value, words in (
            (-0.5 * SPACING, line.outside, "staying out"),
            (0.5 * SPACING, line.inside, f"taking part ({sign}{gain})"),
        ):
            axes.annotate(
                f"{_money(value, scale)} {words}",
                (max(value, 0.0), row + offset),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
    low = min(0.0, *(min(line.outside, line.inside) for line in lines))
    high = max(0.0, *(max(line.outside, line.inside) for line in lines))
    span = max(high - low, ROUND_OFF)
    axes.set(ylim=(last + 0.55, -0.55), xlim=(low - 0.02 * span, high + 0.55 * span), yticks=[])
    axes.grid(visible=False, axis="y")
    few_ticks(axes)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.spines["left"].set_visible(False)
    axes.set_title("What it is worth to each", fontsize=10)
    axes.set_xlabel(f"utility: value less payment, in {money}")


def _summary(solution: Solution, lines: Sequence[Line], scale: float) -> str:
    losers = [
        line.name
        for line in lines
        if line.inside < line.outside and _money(line.inside - line.outside, scale) != NOTHING
    ]
    gain = sum(line.inside - line.outside for line in lines)
    if losers:
        sentence = f"{cut('Better off outside: ' + ', '.join(losers), LONGEST_TITLE)}."
    else:
        sentence = f"Nobody is better off outside; together they gain {_money(gain, scale)}."
    first = f"Mechanism: {solution.mechanism.name}. {sentence}"
    if solution.certificate is None:
        return first
    alarms = [alarm.fact for alarm in alarms_of(solution)]
    promised = tuple(c for c in solution.certificate.conditions if c.claimed)
    counted = f"Promised: {tally_of(Certificate(promised)).words}."
    return "\n".join(cut(line, LONGEST_LINE) for line in (first, counted, *alarms))
