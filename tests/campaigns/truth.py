"""Whether an edited claim still holds, decided without the checker: by the solver's own game."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.target.rule import TargetRule

TOLERANCE = 1e-9
"""What the interface grants, relative to the instance's own scale."""

SAMPLES = ("contributions", "total_data", "low", "high", "expected_total", "equilibria", "curves")
UNITLESS = ("accuracies", "data_share", "mean_accuracy", "data_gain", "accuracy_gain")


def still_right(case: Any, solution: Any, edit: Any) -> bool:
    """Tell whether what an edited solution says is still true of the instance."""
    if edit.kind == "deletion":
        return True  # it says less than the right solution did
    if edit.kind == "relabelled":
        return _same_outcome(case, solution, edit)
    if edit.path[0] == "bound":
        return _value(edit.after) is not None  # whatever proves the bound
    if case.mechanism == "target" and _still_designed(case, edit):
        return True
    if edit.path[0] in ("dual", "branches") and case.mechanism == "second-best":
        return _value(edit.after) is not None  # multipliers may be any that prove the bound
    if edit.kind in ("type", "text", "swap"):
        return False
    if edit.path[0] == "minimal_profile":
        return _least_revenue_at(case, solution, edit.data["minimal_profile"])
    before, after = _value(edit.before), _value(edit.after)
    if before is None or after is None:
        return False
    allowed = 2 * TOLERANCE * scale(case, edit.path)
    return abs(float(after - before)) <= allowed


def _least_revenue_at(case: Any, solution: Any, types: Any) -> bool:
    """Tell whether revenue is least at a profile too, where it is least at several."""
    grids = market_game(case.instance).grids
    known = [[Fraction(x) for x in grid.exact_values()] for grid in grids]
    if any(Fraction(t) not in row for t, row in zip(types, known, strict=True)):
        return False
    place = tuple(row.index(Fraction(t)) for t, row in zip(types, known, strict=True))
    paid = solution.answers["table"]["payments"]
    revenue = np.asarray(paid).astype(float).sum(axis=0)
    return bool(revenue[place] <= revenue.min() + 2 * TOLERANCE * scale(case, ("revenue",)))


def _still_designed(case: Any, edit: Any) -> bool:
    """Tell whether a designed rule still does what is said of it, by trying every deviation.

    Hints of proofs may be anything that proves; multipliers are slopes of a bound that is flat
    where it is best, so that what changes it by less than can be told proves the same.
    """
    path = edit.path
    if path[0] in ("prices", "prices_at") or path[:2] in (
        ("witness", "prices"),
        ("witness", "contributions"),
    ):
        return _value(edit.after) is not None
    if path[0] == "multipliers":
        before, after = _value(edit.before), _value(edit.after)
        return after is not None and abs(after - before) <= abs(before) / 10**5
    if path[:2] not in (("target", "rates"), ("target", "caps"), ("mechanism", "options")):
        return False
    options = edit.data["mechanism"]["options"]
    try:
        return _rule_holds(case, edit.data, options)
    except (TypeError, ValueError):
        return False


def _rule_holds(case: Any, data: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    game, stated = sharing_game(case.instance), data["target"]
    s = np.array(data["contributions"], dtype=float)
    caps = np.array([np.inf if cap is None else float(cap) for cap in stated["caps"]])
    rule = TargetRule(
        game,
        s,
        np.array(stated["lump_sums"], dtype=float),
        np.array(stated["rates"], dtype=float),
        caps,
        stated.get("penalty", "affine"),
    )
    limit = options["payment_limit"]
    most = np.inf if limit is None else float(limit)
    unchanged = {"payment_limit", "least_total"}
    if any(options[key] != case_options(case)[key] for key in set(options) - unchanged):
        return False
    if s.sum() < float(options["least_total"]) * (1 - 1e-9):
        return False
    allowed = 2 * TOLERANCE * scale(case, ("payments",))
    own = game.utilities(s, rule.payments(s))
    for agent in range(game.size):
        for z in np.linspace(0, game.capacity[agent], 801):
            t = np.where(np.arange(game.size) == agent, z, s)
            paid = rule.payments(t)
            gained = game.utilities(t, paid)[agent] - own[agent]
            if gained > allowed or -paid[agent] > most + allowed:
                return False
    return True


@cache
def case_options(case: Any) -> Mapping[str, Any]:
    """Return a case's effective options as its solution states them."""
    return case.solve().to_dict()["mechanism"]["options"]


def _value(value: Any) -> Fraction | None:
    if isinstance(value, bool):
        return None
    try:
        return Fraction(value)
    except (TypeError, ValueError):
        return None


def scale(case: Any, path: tuple[Any, ...]) -> float:
    """Return the instance's scale of a leaf, generously: the largest of any agent."""
    if case.instance.kind == "market":
        market = market_game(case.instance)
        agents = range(len(market.agents))
        return max(
            float(np.abs(np.asarray(table, dtype=float)).max())
            for i in agents
            for table in (market.truthful_values(i), market.outside_values(i))
        )
    game = sharing_game(case.instance)
    finite = game.capacity[np.isfinite(game.capacity)]
    samples = float(finite.max()) if finite.size else 1000.0
    names = {str(part) for part in path}
    if names & set(SAMPLES):
        return samples
    if names & set(UNITLESS):
        return 1.0
    costs = float(game.costs.value(np.full(game.size, samples)).max())
    money = float(np.where(np.isfinite(game.budget), game.budget, 0.0).max())
    return max(float(game.value.max()), costs, money)


def _same_outcome(case: Any, solution: Any, edit: Any) -> bool:
    """Tell whether the other mechanism really ends there, with the same payments."""
    name, options = edit.data["mechanism"]["name"], edit.data["mechanism"]["options"]
    try:
        other = md.solve(case.instance, name, options=dict(options))
    except md.errors.MdsolveError:
        return False
    for key in ("contributions", "payments", "table", "accuracies"):
        mine, theirs = solution.answers.get(key), other.answers.get(key)
        if (mine is None) != (theirs is None):
            return False
        if mine is None:
            continue
        if isinstance(mine, Mapping):
            mine, theirs = mine["payments"], theirs["payments"]
        gap = np.abs(np.asarray(mine, dtype=float) - np.asarray(theirs, dtype=float)).max()
        if gap > 1e-6 * scale(case, (key,)):
            return False
    return True
