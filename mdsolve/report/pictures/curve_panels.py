"""What agents receive for what they bring, per mechanism that hands out shaped models.

One panel per kind of agent: the model handed out as a function of the own contribution, between
what the agent has alone and what all data together can give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.report.contracts import contract_rows
from mdsolve.report.numbers import number
from mdsolve.solution import Solution
from mdsolve.solver.menu.others import others_of
from mdsolve.solver.proportional.agent_types import agent_types
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.solver.proportional.standings import STANDINGS
from mdsolve.solver.shaping.others_data import others_data
from mdsolve.solver.shaping.private_population import population_of

Floats = npt.NDArray[np.float64]
Along = Callable[[Floats], Floats]

SHAPED, PRIVATE, PROPORTIONAL = "value-shaping", "value-shaping-private", "proportional-"
MENU = "menu"
NAMED = 4
"""Most contracts of a menu that are named in its picture."""


@dataclass(frozen=True)
class Mark:
    """A point of a curve with its name; `below` tells on which side of it the words stand."""

    x: float
    y: float
    words: str
    below: bool


@dataclass(frozen=True)
class CurvePanel:
    """One agent's curves, all functions of their own contribution (samples to accuracy).

    Parameters
    ----------
    title : str
    together, alone, handed : callable
        The model from all data, from own data only, and the one handed out.
    breaks : (k,)
        Contributions at which the curve bends.
    marks : tuple of Mark
    end : float
        Largest contribution of interest, samples.
    """

    title: str
    together: Along
    alone: Along
    handed: Along
    breaks: Floats
    marks: tuple[Mark, ...]
    end: float


def has_curves(solution: Solution) -> bool:
    """Tell whether a solution says what models are handed out for other contributions."""
    name = solution.mechanism.name
    if name.startswith(PROPORTIONAL):
        return "contributions" in solution.answers and "p" in solution.answers
    if name == MENU:
        return "menu" in solution.answers
    return name in (SHAPED, PRIVATE) and "curves" in solution.answers


def curve_panels(solution: Solution, game: SharingGame, most: int) -> list[CurvePanel]:
    """Return a panel for each of the first `most` kinds of agents that differ."""
    name = solution.mechanism.name
    if name.startswith(PROPORTIONAL):
        return _proportional(solution, game, most)
    if name == MENU:
        return [_contracts(solution, game)]
    return (_private if name == PRIVATE else _known)(solution, game, most)


def _known(solution: Solution, game: SharingGame, most: int) -> list[CurvePanel]:
    amounts = game.accuracy.of_amounts
    assert amounts is not None
    curve, platform = amounts.curve, game.platform_data
    s = np.asarray(solution.answers["contributions"], dtype=np.float64)
    points = np.asarray(solution.answers["curves"], dtype=np.float64)
    panels = []
    for agent in _different([s, game.value, game.costs.rate], most):
        others = float(s.sum() - s[agent]) + platform
        (x1, y1), _, (x3, y3) = points[agent].tolist()
        marks = [Mark(x3, y3, f"gives {number(x3, 4)}", below=False)]
        if x1 > 0:
            marks.append(Mark(x1, y1, f"alone {number(x1, 4)}", below=True))
        rate = number(game.costs.rate[agent] / game.value[agent], 3)
        panels.append(
            CurvePanel(
                f"{solution.agents[agent]}: {rate} of accuracy per sample",
                _at(curve, others),
                curve.value,
                shaped(curve, points[agent], others),
                points[agent, :, 0],
                tuple(marks),
                _end(curve, x3),
            )
        )
    return panels


def _private(solution: Solution, game: SharingGame, most: int) -> list[CurvePanel]:
    """Return panels with the points A (alone at high costs), C (high costs) and D (low costs)."""
    assert game.prior is not None
    population, index = population_of(game)
    points = np.asarray(solution.answers["curves"], dtype=np.float64)
    first = [int(np.argmax(index == k)) for k in range(len(population.classes))]
    low, high = points[first, 2, 0], points[first, 1, 0]
    certain = solution.mechanism.options.get("beliefs") == "mean-field"
    panels = []
    for k, agent in enumerate(first[:most]):
        kind = population.classes[k]
        if certain:
            mixed = population.chances * low + (1 - population.chances) * high
            amounts, chances = np.array([population.others(mixed)[k]]), np.ones(1)
        else:
            found = others_data(population.members, population.chances, low, high, k)
            amounts, chances = found.amounts, found.probabilities
        alone = kind.curve.value
        together = _expected(kind.curve, amounts + game.platform_data, chances)
        names = ("A: alone, high costs", "C: high costs", "D: low costs")
        marks = [
            Mark(x, y, f"{words}, {number(x, 4)}", below=place == 0)
            for place, ((x, y), words) in enumerate(zip(points[agent].tolist(), names, strict=True))
        ]
        if low[k] == high[k]:
            x, y = points[agent, 2].tolist()
            marks[1:] = [Mark(x, y, f"C = D, {number(x, 4)}", below=False)]
        slope = float(game.prior.low[agent] / game.value[agent])
        panels.append(
            CurvePanel(
                f"{solution.agents[agent]}: costs {number(game.prior.low[agent], 3)} or "
                f"{number(game.prior.high[agent], 3)}",
                together,
                alone,
                _menu(points[agent], slope, together, alone),
                points[agent, :, 0],
                tuple(marks),
                _end(kind.curve, float(points[agent, 2, 0])),
            )
        )
    return panels


def _menu(points: Floats, slope: float, together: Along, alone: Along) -> Along:
    """Return max(alone, min(together, the line A C D, which goes on at the rate of low costs))."""
    x, y = points.T

    def value(own: Floats) -> Floats:
        line = np.interp(own, x, y) + slope * np.maximum(own - x[-1], 0.0)
        inside = np.minimum(together(own), line)
        return np.where(own < x[0], alone(own), np.maximum(alone(own), inside))

    return value


def _contracts(solution: Solution, game: SharingGame) -> CurvePanel:
    """Return the panel of a menu: a step for every contract."""
    amounts = game.accuracy.of_amounts
    assert amounts is not None
    curve = amounts.curve.of(0)
    rows = contract_rows(solution)[::-1]
    places = np.array([row.contribution for row in rows])
    heights = np.array([row.accuracy for row in rows])
    held = others_of(game.size - 1, [row.chance for row in rows])
    seen = held.counts @ places + game.platform_data
    offered = [row for row in rows if row.contribution > 0]
    named = offered if len(offered) <= NAMED else [offered[0], offered[-1]]
    marks = tuple(
        Mark(
            row.contribution,
            row.accuracy,
            f"{number(row.contribution, 4)} if cost {row.costs}",
            below=False,
        )
        for row in named
    )

    def handed(own: Floats) -> Floats:
        steps = np.where(own[:, None] >= places, heights, 0.0).max(axis=1, initial=0.0)
        found: Floats = np.maximum(steps, curve.value(own))
        return found

    who = solution.agents[0] if game.size == 1 else f"{solution.agents[0]} and those alike"
    end = _end(curve, float(places.max(initial=0.0)))
    together = _expected(curve, seen, held.chances)
    return CurvePanel(who, together, curve.value, handed, places, marks, end)


def _proportional(solution: Solution, game: SharingGame, most: int) -> list[CurvePanel]:
    types = agent_types(game, solution.mechanism.name)
    standing = STANDINGS[solution.mechanism.name.removeprefix(PROPORTIONAL)]
    ranked = RankedGame(types, standing, float(solution.answers["p"]))
    s = np.asarray(solution.answers["contributions"], dtype=np.float64)
    received = np.asarray(solution.answers["accuracies"], dtype=np.float64)
    first = [int(np.argmax(types.members == kind)) for kind in range(types.size)]
    levels = s[first]
    panels = []
    for kind in _different([-levels, types.value], most):
        agent = first[kind]
        others = float(types.total(levels) - levels[kind])
        together = _at(types.curve, others)
        own, lead = float(levels[kind]), float(types.leading(levels, kind))
        panels.append(
            CurvePanel(
                f"{solution.agents[agent]}: others bring up to {number(lead, 4)}",
                together,
                types.curve.value,
                _ranked(ranked, levels, kind, together),
                np.array([own, lead]),
                (Mark(own, float(received[agent]), f"gives {number(own, 4)}", below=False),),
                _end(types.curve, max(own, lead)),
            )
        )
    return panels


def _ranked(ranked: RankedGame, levels: Floats, kind: int, together: Along) -> Along:
    return lambda own: ranked.factors(levels, kind, own) * together(own)


def shaped(curve: Curve, points: Floats, others: float) -> Along:
    """Return the value handed out under known costs as a function of own contributions.

    Parameters
    ----------
    points : (3, 2)
        Break points (own contribution, value of the model).
    others : float
        Samples of everybody else, with the platform's.
    """
    (x1, _), (x2, y2), (x3, y3) = points

    def value(own: Floats) -> Floats:
        line = y2 + (y3 - y2) * (own - x2) / (x3 - x2) if x3 > x2 else np.full(own.shape, y3)
        inside = np.where((own >= x2) & (own < x3), line, curve.value(own + others))
        return np.where(own < x1, curve.value(own), inside)

    return value


def _end(curve: Curve, largest: float) -> float:
    """Return a positive number of samples to look at, also where nobody contributes."""
    if largest > 0:
        return largest
    return 1.0 if curve.concave else max(1.0, 2 * float(np.max(curve.kinks[0])))


def _at(curve: Curve, others: float) -> Along:
    return lambda own: curve.value(own + others)


def _expected(curve: Curve, amounts: Floats, chances: Floats) -> Along:
    """Return the expectation over the others' totals."""
    return lambda own: np.array([chances @ curve.value(amounts + x) for x in own])


def _different(columns: list[Floats], most: int) -> list[int]:
    """Return the first agents that differ in some column, in their order."""
    _, first = np.unique(np.column_stack(columns), axis=0, return_index=True)
    return [int(agent) for agent in np.sort(first)[:most]]
