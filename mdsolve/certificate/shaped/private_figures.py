"""Figures of private contracts: expectations over types, rents, and what types do alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.shaped.expectations import Expectations, expectations
from mdsolve.certificate.shaped.offers import TYPES, PrivateGame, private_game, stored
from mdsolve.certificate.shaped.pool import LinearAgents
from mdsolve.certificate.shaped.profiles import profiles_of
from mdsolve.certificate.shaped.solo import Solo, solo
from mdsolve.certificate.shaped.viable import flags
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Recompute, Said
from mdsolve.certificate.stated.means import smallest


def private_figures(context: SharingContext) -> Mapping[str, Recompute]:
    """Return how to compute the figures anew, by path."""
    samples, money, accuracy = (
        context.scales.samples,
        context.scales.money,
        context.scales.accuracy,
    )

    def known() -> Expectations:
        return context.derived(expectations)

    def total() -> Figure:
        whole = context.arithmetic.total(known().mixed("amount"))
        return Figure.exactly(whole, float(samples.sum()))

    def rent() -> Figure:
        alone = _alone(context, "low").value
        return Figure.exactly(known().types["low"].utility - alone, money)

    found: dict[str, Recompute] = {
        "low": lambda: Figure.exactly(known().types["low"].amount, samples),
        "high": lambda: Figure.exactly(known().types["high"].amount, samples),
        "contributions": lambda: Figure.exactly(known().mixed("amount"), samples),
        "accuracies": lambda: Figure.exactly(known().mixed("accuracy"), accuracy),
        "utilities": lambda: Figure.exactly(known().mixed("utility"), money),
        "expected_total": total,
        "information_rent": rent,
        "pooling": lambda: Said(lambda stated: _pooling(context, stated)),
        "standalone.utilities": lambda: Figure.exactly(_worth(context), money),
        "standalone.contributions": lambda: _amounts(context),
    }
    found["metrics.welfare"] = lambda: Figure.exactly(
        context.arithmetic.total(known().mixed("utility")), float(money.sum())
    )
    found["metrics.alone_margin"] = lambda: _margin(context)
    for kind in TYPES:
        found[f"standalone.{kind}.contributions"] = _of_type(context, kind, "contributions")
        found[f"standalone.{kind}.utilities"] = _of_type(context, kind, "utilities")
    if context.options.get("beliefs", "bayes") == "ex-post":
        found["profiles.probabilities"] = lambda: Figure.exactly(
            context.derived(profiles_of).probabilities, 1.0
        )
    return found


def _pooling(context: SharingContext, stated: Any) -> str:
    """Compare with whether both types are asked for the same amount."""
    told = flags(context, stated)
    if told is None:
        return f"expected true or false for {context.size:,} agents"
    points = stored(context, "curves", (context.size, 3, 2))
    wrong = np.flatnonzero(told != (points[:, 1, 0] == points[:, 2, 0]))
    return f"wrong for {context.reading.names[int(wrong[0])]}" if wrong.size else ""


def _alone(context: SharingContext, kind: str) -> Solo:
    return context.derived(_low_alone if kind == "low" else _high_alone)


def _low_alone(context: SharingContext) -> Solo:
    return _best_alone(context, "low")


def _high_alone(context: SharingContext) -> Solo:
    return _best_alone(context, "high")


def _best_alone(context: SharingContext, kind: str) -> Solo:
    """Return what agents of a type reach alone, looked for where the solution has it."""
    game = context.derived(private_game)
    stated = context.claim.stored(f"standalone.{kind}.contributions", (context.size,))
    guess = np.zeros(context.size) if isinstance(stated, str) else np.maximum(stated, 0.0)
    width = context.tolerance * context.scales.samples
    labels = game.pooled.label
    parts = []
    for one in np.unique(labels):
        rows = np.flatnonzero(labels == one)
        pools = game.pools[int(one)], game.rounded[int(one)]
        parts.append((rows, solo(*pools, _agents(game, kind, rows), guess[rows], width[rows])))
    if len(parts) == 1:
        return parts[0][1]
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return _joined(context, [part for _, part in parts], order)


def _joined(context: SharingContext, parts: list[Solo], order: np.ndarray) -> Solo:
    join = context.arithmetic.concatenate
    near = [part.near for part in parts]
    peak = type(near[0])(
        join([one.value for one in near])[order],
        join([one.reached for one in near])[order],
        join([one.low for one in near])[order],
        join([one.high for one in near])[order],
        np.concatenate([one.found for one in near])[order],
        np.concatenate([one.only for one in near])[order],
    )
    value = join([part.value for part in parts])[order]
    return Solo(value, np.concatenate([part.found for part in parts])[order], peak)


def _agents(game: PrivateGame, kind: str, rows: np.ndarray) -> LinearAgents:
    reading = game.context.reading
    rate = game.prior.low if kind == "low" else game.prior.high
    return LinearAgents(
        game.arithmetic,
        reading.value[rows],
        rate[rows],
        reading.capacity[rows],
        reading.bounded[rows],
    )


def _of_type(context: SharingContext, kind: str, column: str) -> Recompute:
    def figure() -> Figure:
        found = _alone(context, kind)
        if column == "utilities":
            return Figure.exactly(found.value, context.scales.money)
        # Where several amounts are best, the one that is stated counts.
        return Figure(found.near.low, found.near.high, context.scales.samples)

    return figure


def _mixed(context: SharingContext, low: Quantity, high: Quantity) -> Quantity:
    chance = context.derived(private_game).prior.probability_low
    return chance * low + (1 - chance) * high


def _worth(context: SharingContext) -> Quantity:
    return _mixed(context, _alone(context, "low").value, _alone(context, "high").value)


def _amounts(context: SharingContext) -> Figure:
    low, high = _alone(context, "low").near, _alone(context, "high").near
    return Figure(
        _mixed(context, low.low, high.low),
        _mixed(context, low.high, high.high),
        context.scales.samples,
    )


def _margin(context: SharingContext) -> Figure:
    """Return min_i (u_i - best alone) in expectation, relative to the scale of whoever has it."""
    margin = context.utilities - _worth(context)
    worst = int(np.argmin(context.arithmetic.nearest(margin)))
    least = smallest(context.arithmetic, margin)
    return Figure.exactly(least, context.scales.money[worst])
