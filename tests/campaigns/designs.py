"""Designed rules of random games: they pass, what binds cannot be moved, and nothing beats them.

Each answer is looked at in three ways. The checker has to pass it in its default arithmetic. A rate
lowered by a millionth, a millionth of the largest lump sum moved from one agent to another, and a
cap moved by as much must be refused, unless the solver's own game says that the rule still holds.
Random contributions that leave everybody enough never reach more than an answer called optimal.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.errors import InputError, MemoryLimitError, UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.solution import plain
from mdsolve.solver.target.rule import TargetRule
from tests.campaigns.answers import sharing
from tests.campaigns.edits import changed

GOALS = ("welfare", "data", "accuracy", "least-utility", "p-mean=0")
STEP = 1e-6
"""Relative change of what binds."""

DELTA = 1e-8
"""How far best responses may lie from what is asked for, relative to capacities."""

TOLERANCE = 1e-8
"""Relative to an agent's money at stake."""

POINTS = 200


@dataclass
class Report:
    """What became of designs, and of what was moved in them."""

    ended: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    points: int = 0
    wrong: list[str] = field(default_factory=list)


def campaign(seeds: Iterable[int], time_limit: float = 20.0) -> Report:
    """Design one rule per seed and look at it."""
    report = Report()
    for seed in seeds:
        data, goal, require = drawn(seed)
        where = f"seed {seed}: {goal} {require}"
        instance = md.parse(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                found = md.design(instance, maximize=goal, require=require, time_limit=time_limit)
        except (UnsupportedError, MemoryLimitError):
            report.ended["does not apply"] += 1
            continue
        except Exception as error:  # noqa: BLE001 - a crash is a finding like any other
            report.wrong.append(f"{where}: {type(error).__name__}: {error}")
            continue
        ended = found.termination.name.lower()
        assert found.certificate is not None
        report.ended[f"{ended}: {found.certificate.verdict}"] += 1
        if ended == "failed":
            report.wrong.append(f"{where}: {found.message}")
        if ended in ("solved", "infeasible") and found.certificate.verdict != "pass":
            report.wrong.append(f"{where}: {ended}, {found.certificate.verdict}")
        if found.certificate.verdict == "pass" and ended != "infeasible":
            game = sharing_game(instance)
            report.wrong += [f"{where}: {words}" for words in _edits(instance, game, found, report)]
            if not require and found.answers.get("optimal"):
                report.wrong += [f"{where}: {words}" for words in _better(game, found, goal, seed)]
                report.points += POINTS
    return report


def drawn(seed: int) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Return a game of two agents or more, a goal and what is required."""
    random = np.random.default_rng(seed)
    data = sharing(random)
    while len(data["agents"]) < 2:
        data = sharing(random)
    for agent in data["agents"]:
        agent.pop("budget", None)
    money = max(float(agent["value"]) for agent in data["agents"])
    wanted: tuple[dict[str, Any], ...] = (
        {},
        {},
        {"payment_limit": float(f"{money * 10.0 ** random.uniform(-3, 0):.3g}")},
        {"reciprocity": float(random.choice([0.3, 0.7, 1.0]))},
        {"alone": float(f"{money * 10.0 ** random.uniform(-4, -2):.3g}")},
        {"dominant": "yes"},
    )
    goal = str(random.choice(GOALS))
    require = wanted[int(random.integers(len(wanted)))]
    if random.random() < 0.2 and all("capacity" in agent for agent in data["agents"]):
        require = {**require, "least_share": float(random.choice([0.1, 0.3]))}
    return data, goal, require


def _edits(instance: Any, game: SharingGame, found: Any, report: Report) -> Iterator[str]:
    """Move what a rule consists of; say what passes though it no longer holds."""
    data = plain(found.claim())
    kept = ("mechanism", "status", "agents", "contributions", "payments", "target", "instance")
    rule = {key: data[key] for key in kept}
    if _verdict(instance, rule) != "pass":
        yield "the rule alone does not pass"
        return
    for what, edited, harm in _moves(game, rule, found):
        verdict = _verdict(instance, edited)
        if verdict != "pass":
            report.moved[f"{what}: refused"] += 1
        elif harm():
            yield f"{what} passes though {harm()}"
        else:
            report.moved[f"{what}: still holds"] += 1


def _moves(game: SharingGame, rule: Mapping[str, Any], found: Any) -> Iterator[Any]:
    target, n = rule["target"], game.size
    alone = np.asarray(found.answers["standalone"]["utilities"], dtype=float)
    for agent, rate in enumerate(target["rates"]):
        if rate and target.get("penalty", "affine") == "affine":
            lower = changed(rule, ("target", "rates", agent), rate * (1 - STEP))
            yield "a rate", lower, lambda a=agent, r=lower: _moves_away(game, r, a)
    sums = np.asarray(target["lump_sums"], dtype=float)
    amount = STEP * float(np.abs(sums).max())
    if amount > 0:
        giver = int(np.argmax(sums))
        moved = sums.copy()
        moved[giver] -= amount
        moved[(giver + 1) % n] += amount
        both = changed(rule, ("target", "lump_sums"), moved.tolist())
        both = changed(both, ("payments",), moved.tolist())
        yield "a lump sum", both, lambda r=both, k=giver: _left_behind(game, r, alone, k)
    for agent, cap in enumerate(target["caps"]):
        if cap:
            lower = changed(rule, ("target", "caps", agent), cap * (1 - STEP))
            yield "a cap", lower, lambda a=agent, r=lower: _moves_away(game, r, a)


def _verdict(instance: Any, data: Mapping[str, Any]) -> str:
    try:
        return md.verify(instance, data).verdict
    except InputError:
        return "refused"


def _stakes(game: SharingGame, agent: int, s: Any) -> float:
    return float(game.value[agent]) + float(game.costs.value(np.asarray(s, dtype=float))[agent])


def _payoff(game: SharingGame, rule: Mapping[str, Any], agent: int, own: Any) -> Any:
    """Return an agent's utility at own contributions, the others doing what is asked for."""
    target, s = rule["target"], np.asarray(rule["contributions"], dtype=float)
    caps = np.array([np.inf if cap is None else float(cap) for cap in target["caps"]])
    stated = TargetRule(
        game,
        s,
        np.asarray(target["lump_sums"], dtype=float),
        np.asarray(target["rates"], dtype=float),
        caps,
        target.get("penalty", "affine"),
    )
    profiles = np.repeat(s[None], len(own), axis=0)
    profiles[:, agent] = own
    return np.array([game.utilities(p, stated.payments(p))[agent] for p in profiles])


def _moves_away(game: SharingGame, rule: Mapping[str, Any], agent: int) -> str:
    """Tell whether a best response certainly lies elsewhere: by a grid of deviations."""
    s = np.asarray(rule["contributions"], dtype=float)
    most = float(game.capacity[agent])
    far = most if np.isfinite(most) else 4 * (s.sum() + 1)
    near = s[agent] + far * np.concatenate([-np.geomspace(1e-9, 1, 60), np.geomspace(1e-9, 1, 60)])
    own = np.unique(np.clip(np.concatenate([near, np.linspace(0, far, 200), [s[agent]]]), 0, most))
    payoff = _payoff(game, rule, agent, own)
    here = float(payoff[np.flatnonzero(own == s[agent])[0]])
    gained = float(payoff.max()) - here
    if gained > TOLERANCE * _stakes(game, agent, s):
        return f"agent {agent} gains {gained:.3g} by {own[int(np.argmax(payoff))]:.6g}"
    return "" if rule["target"]["caps"][agent] else _drifts(game, rule, agent, far)


def _drifts(game: SharingGame, rule: Mapping[str, Any], agent: int, far: float) -> str:
    """Tell whether less is still better a little below what is asked for, without a cap."""
    s = np.asarray(rule["contributions"], dtype=float)
    less = s[agent] - DELTA * far
    if less <= 0:
        return ""
    own = np.array([less])
    gain = game.value[agent] * float(game.accuracy.slope_along(agent, s, own)[0])
    rise = (
        gain - float(game.costs.slope_along(agent, own)[0]) + float(rule["target"]["rates"][agent])
    )
    if rise < -TOLERANCE * abs(gain):
        return f"agent {agent} wants {less:.12g} or less, asked for {s[agent]:.12g}"
    return ""


def _left_behind(game: SharingGame, rule: Mapping[str, Any], alone: Any, agent: int) -> str:
    """Tell whether an agent is better off alone by more than the tolerance."""
    s = np.asarray(rule["contributions"], dtype=float)
    own = float(game.utilities(s, np.asarray(rule["payments"], dtype=float))[agent])
    short = float(alone[agent]) - own
    return f"agent {agent} loses {short:.3g}" if short > TOLERANCE * _stakes(game, agent, s) else ""


def _better(game: SharingGame, found: Any, goal: str, seed: int) -> Iterator[str]:
    """Look for contributions that leave everybody enough and reach more of the goal."""
    random = np.random.default_rng(seed)
    s = np.asarray(found.contributions, dtype=float)
    need = float(np.sum(found.answers["standalone"]["utilities"]))
    size = np.minimum(game.capacity, 4 * max(float(s.sum()), 1e-9))
    away = random.random((POINTS // 2, game.size)) ** random.choice([0.5, 1, 3], (POINTS // 2, 1))
    steps = random.normal(size=(POINTS // 2, game.size)) * 10.0 ** -random.uniform(
        1, 6, (POINTS // 2, 1)
    )
    near = np.clip(s + steps * np.maximum(s, 0.01 * size), 0, game.capacity)
    zero = np.zeros(game.size)
    best = _reached(game, s, goal)
    if best is None:
        return
    for x in np.concatenate([away * size, near]):
        if float(game.utilities(x, zero).sum()) >= need:
            reached = _reached(game, x, goal)
            if reached is not None and reached > best + 1e-9 * max(abs(best), 1e-300):
                yield f"{x.tolist()} reaches {reached!r}, more than {best!r}"
                return


def _reached(game: SharingGame, s: Any, goal: str) -> float | None:
    if goal == "welfare":
        return float(game.utilities(s, np.zeros(game.size)).sum())
    if goal == "data":
        return float(s.sum())
    return float(game.accuracies(s).mean()) if goal == "accuracy" else None
