"""Upper bounds on what any menu collects, from stated multipliers and tangents: weak duality.

By a line A + s c >= F(c) over all costs, v replaced by its tangent in y:

    J (1 - s v'(y) (n - 1)) <= rest + s (v(y) + v'(y) (P - y) - u(c_high)),

rest = (A + s v'(y))^+ times the most that anybody brings. With n = 1 that is the bound of the
ironed distribution; the others' data are replaced by their mean, which only helps (v is concave).

By multipliers of participation, of cheaper types not preferring dearer types' contracts, and the
reverse: with caps' multipliers that make the values V cancel and worths replaced by tangents,
what is left is linear in the contributions, sum g_k m_k. These fall in cost, so that it is at most
the largest of the sums g_1 + .. + g_k, and 0, times the most that anybody brings.

A tangent counts where it lies above v from P on; where v is 0 up to a threshold, one further out is
taken if it does not. A single agent whom the others give nothing may leave out dear types, who then
have no contract at all: every number of included types has multipliers of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.menu.claim import MenuGame
from mdsolve.certificate.menu.crowd import crowd_of_types
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.reading.cost_laws import Spread, Types
from mdsolve.certificate.reading.curves import Piece

Floats = npt.NDArray[np.float64]

OUTWARDS = 60
"""How often a tangent's place is moved outwards by a twentieth."""


def bound_of(game: MenuGame) -> Quantity:
    """Return the bound on the expected contribution of one agent that is proved, shape (1,).

    Raises
    ------
    NoRouteError
        Where nothing is stated that proves one.
    """
    claim = game.context.claim
    if claim.at("bound.line") is not None:
        return _by_line(game)
    if claim.at("bound.cases") is not None:
        return _by_cases(game)
    message = "the solution does not say where its bound comes from"
    raise NoRouteError(message)


def numbers(raw: Any, path: str, size: int | None = None) -> Floats:
    """Return a list of finite numbers that are not negative.

    Raises
    ------
    NoRouteError
        If it is none, or has another length.
    """
    try:
        found = np.asarray(raw, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if not np.all(np.isfinite(found)) or np.any(found < 0):
        message = f"{path}: expected numbers that are not negative"
        raise NoRouteError(message)
    if size is not None and len(found) != size:
        message = f"{path}: expected {size} numbers"
        raise NoRouteError(message)
    return found


def _by_line(game: MenuGame) -> Quantity:
    context, arithmetic, law = game.context, game.context.arithmetic, game.law
    slope = numbers(context.claim.at("bound.line.slope"), "bound.line.slope", 1)
    place = numbers(context.claim.at("bound.line.at"), "bound.line.at", 1)
    s = arithmetic.stored(slope)
    height = law.height(s)
    y, worth, steep = tangents(game, arithmetic.stored(place))
    level = game.alone(law.high, np.zeros(1))
    if not level.found.all():
        message = "what the largest cost has alone is not known"
        raise NoRouteError(message)
    rest = arithmetic.maximum(height + s * steep, arithmetic.zeros(1)) * game.most
    top = rest + s * (worth + steep * (game.pool.platform - y) - level.value)
    left = 1 - s * steep * game.others
    if not np.all(arithmetic.lower(left) > 0):
        message = "the line bounds nothing: the others' data are worth too much at the tangent"
        raise NoRouteError(message)
    return arithmetic.maximum(top / left, arithmetic.zeros(1))


def tangents(game: MenuGame, places: Quantity) -> tuple[Quantity, Quantity, Quantity]:
    """Return places, worths and slopes of tangents that lie above v from the platform's data on.

    Parameters
    ----------
    places : (k,)
        Where they are wanted; moved outwards where a tangent there cuts off the threshold.

    Raises
    ------
    NoRouteError
        If none is found.
    """
    arithmetic, pieces = game.context.arithmetic, game.pool.pieces
    piece, platform = pieces[-1], game.pool.platform
    places = arithmetic.maximum(places, piece.start + arithmetic.zeros(places.shape[0]))
    if len(pieces) == 1:
        return places, *_touching(game, piece, places)
    for _ in range(OUTWARDS):
        worth, steep = _touching(game, piece, places)
        above = _above_before(game, worth + steep * (platform - places))
        if above.all():
            return places, worth, steep
        further = arithmetic.stored(np.asarray(arithmetic.upper(places)) * (1 + 1 / 20))
        places = arithmetic.where(above, places, further)
    message = "no tangent lies above the worth of all amounts of data"
    raise NoRouteError(message)


def _touching(game: MenuGame, piece: Piece, places: Quantity) -> tuple[Quantity, Quantity]:
    return game.value * piece.value(places), game.value * piece.slope(places, "right")


def _above_before(game: MenuGame, at_platform: Quantity) -> Booleans:
    """Tell which tangents lie above the constant first pieces, given what they are at P."""
    arithmetic = game.context.arithmetic
    found = np.ones(at_platform.shape[0], dtype=np.bool_)
    for piece in game.pool.pieces[:-1]:
        zero = piece.start + arithmetic.zeros(1)
        if np.any(np.asarray(arithmetic.upper(piece.slope(zero, "right"))) > 0):
            message = "a curve with more than one threshold"
            raise NoRouteError(message)
        found &= arithmetic.at_most(game.value * piece.value(zero), at_platform).holds
    return found


def _by_cases(game: MenuGame) -> Quantity:
    """Return the largest bound of all numbers of included types that are possible."""
    context, arithmetic, law = game.context, game.context.arithmetic, game.law
    raw = context.claim.at("bound.cases")
    if not isinstance(raw, list | tuple):
        message = "bound.cases: expected a list of cases"
        raise NoRouteError(message)
    if not isinstance(law, Types):
        law = grid_law(game, context.claim.at("grid"))
    stated = {
        case["included"]: case
        for case in raw
        if isinstance(case, Mapping) and type(case.get("included")) is int
    }
    size = int(law.costs.shape[0])
    levels = game.alone(law.costs, np.zeros(size))
    if not levels.found.all():
        message = "what somebody has alone is not known"
        raise NoRouteError(message)
    found = arithmetic.zeros(1)
    for included in _possible(game, levels.value):
        if included not in stated:
            message = f"bound.cases: no multipliers for {included} included types"
            raise NoRouteError(message)
        single = included < size or _excluding(game)
        bound = _case(game, law, levels.value, included, stated[included], single=single)
        found = arithmetic.maximum(found, bound)
    return found


def grid_law(game: MenuGame, stated: Any) -> Types:
    """Return a density's costs moved down to the starts of the cells of a grid.

    Every menu asks the start of a cell for at least as much as anybody inside, and the others who
    are so moved bring more: what no menu collects from these types it collects from nobody.

    Raises
    ------
    NoRouteError
        If the grid does not rise from the least to the largest cost.
    """
    law, arithmetic = game.law, game.context.arithmetic
    assert isinstance(law, Spread)
    edges = numbers(stated, "grid")
    ends = [(arithmetic.lower(end)[0], arithmetic.upper(end)[0]) for end in (law.low, law.high)]
    whole = len(edges) > 1 and all(
        low <= edge <= high for (low, high), edge in zip(ends, edges[[0, -1]], strict=True)
    )
    if not whole or np.any(np.diff(edges) <= 0):
        message = "grid: expected costs that rise from the least to the largest"
        raise NoRouteError(message)
    costs = arithmetic.concatenate([law.low, arithmetic.stored(edges[1:-1]), law.high])
    chances, _ = law.between(costs)
    return Types(arithmetic, costs[:-1], chances)


def _excluding(game: MenuGame) -> bool:
    """Tell whether a single agent may be given nothing, because the platform's data are too few."""
    if game.others or len(game.pool.pieces) == 1:
        return False
    arithmetic, last = game.context.arithmetic, game.pool.pieces[-1]
    platform = game.pool.platform + arithmetic.zeros(1)
    if not arithmetic.at_most(last.start, platform).holds.all():
        return True
    nothing = game.pool.pieces[0].value(arithmetic.zeros(1))
    return not bool(arithmetic.at_most(nothing, last.value(platform)).holds.all())


def _possible(game: MenuGame, levels: Quantity) -> list[int]:
    """Return the numbers of types that may be included; who is left out has nothing alone."""
    size = int(levels.shape[0])
    if not _excluding(game):
        return [size]
    certain = np.asarray(game.context.arithmetic.lower(levels)) > 0
    return [size, *(k for k in range(size - 1, 0, -1) if not certain[k:].any())]


def _case(
    game: MenuGame,
    law: Types,
    levels: Quantity,
    included: int,
    stated: Mapping[str, Any],
    *,
    single: bool,
) -> Quantity:
    """Return the bound where so many types are included, per agent, shape (1,).

    Parameters
    ----------
    single : bool
        Whether every included type certainly sees the last piece of v: V >= 0 wants v >= 0.
    """
    arithmetic = game.context.arithmetic
    columns = {
        key: numbers(stated.get(key), f"bound.cases.{key}", included - less)
        for key, less in (("participation", 0), ("at", 0), ("cheaper", 1), ("dearer", 1))
    }
    joins, cheaper, dearer, at = (
        arithmetic.stored(columns[key]) for key in ("participation", "cheaper", "dearer", "at")
    )
    costs, chances = law.costs[:included], law.chances[:included]
    none = arithmetic.zeros(1)
    to_cheaper = arithmetic.concatenate([cheaper, none])
    of_cheaper = arithmetic.concatenate([none, cheaper])
    to_dearer = arithmetic.concatenate([dearer, none])
    of_dearer = arithmetic.concatenate([none, dearer])
    next_costs = arithmetic.concatenate([costs[1:], costs[-1:]])
    last_costs = arithmetic.concatenate([costs[:1], costs[:-1]])
    caps = joins + to_cheaper - of_cheaper - to_dearer + of_dearer
    cancelling, caps = caps, arithmetic.maximum(caps, arithmetic.zeros(included))
    # Where they do not cancel, values count with their least: V >= U >= u >= v(0).
    below = arithmetic.maximum(-game.worth(arithmetic.zeros(1)), none)
    uncancelled = arithmetic.total(caps - cancelling).reshape(1) * below
    counts, held = crowd_of_types(arithmetic, game.others, law.chances)
    counts = counts[:, :included]
    seen = arithmetic.total(arithmetic.stored(counts) * at.reshape(1, -1), axis=1)
    places = (seen.reshape(-1, 1) + at.reshape(1, -1) + game.pool.platform).reshape(-1)
    if stated.get("kink") is not None:
        least = arithmetic.stored(numbers(stated["kink"], "bound.cases.kink", 1))
        places = arithmetic.maximum(places, least + arithmetic.zeros(places.shape[0]))
    if single:
        piece = game.pool.pieces[-1]
        places = arithmetic.maximum(places, piece.start + arithmetic.zeros(places.shape[0]))
        worth, steep = _touching(game, piece, places)
    else:
        places, worth, steep = tangents(game, places)
    shape = (len(counts), included)
    weights = held.reshape(-1, 1) * caps.reshape(1, -1)
    fixed = weights * (worth + steep * (game.pool.platform - places)).reshape(*shape)
    weighted = weights * steep.reshape(*shape)
    own = arithmetic.total(weighted, axis=0)
    brought = arithmetic.total(
        arithmetic.stored(counts) * arithmetic.total(weighted, axis=1).reshape(-1, 1), axis=0
    )
    slopes = chances + own + brought - costs * joins - costs * to_cheaper + last_costs * of_cheaper
    slopes = slopes + next_costs * to_dearer - costs * of_dearer
    total = arithmetic.total(fixed.reshape(-1)) - arithmetic.total(joins * levels[:included])
    most, here = none, none
    for k in range(included):
        here = here + slopes[k : k + 1]
        most = arithmetic.maximum(most, here)
    return none + total + uncancelled + most * game.most
