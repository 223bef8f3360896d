"""From requirements to a rule, or to the reason why there is none.

1. Wanted contributions that are given are judged by the inequality, which decides.
2. Without limits and shares the set of contributions is convex: the optimum is proved by its bound.
3. Otherwise that optimum is a relaxation. Where it respects everything it is the answer; where not,
   searches from many starts find contributions, and the relaxation's bound leaves a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.target.convex import ConvexOptimum, convex_optimum, proved
from mdsolve.solver.target.inequality import Inequality, alone_utilities
from mdsolve.solver.target.local import LocalSearch, starts_between
from mdsolve.solver.target.planner import Planner
from mdsolve.solver.target.rates import rate_sums
from mdsolve.solver.target.requirements import Requirements
from mdsolve.solver.target.rule import Penalty, TargetRule, filled, lump_sums, rates_of
from mdsolve.tolerance import STEEPER

Floats = npt.NDArray[np.float64]

LOCAL_LIMIT = 300
"""Most agents under payment limits or reciprocity whose contributions are searched for."""


@dataclass(frozen=True)
class Design:
    """A designed rule, or why there is none.

    Parameters
    ----------
    inequality : Inequality or None
        At the contributions chosen, or at wanted ones that cannot be agreed on.
    rule : TargetRule or None
        None where no contributions were found, or none exist.
    refuted : bool
        Whether it is proved that no rule exists.
    value, bound : float or None
        Of the goal; no bound where none is known.
    multipliers : mapping of str to float
        What one unit more of each requirement costs, in units of the goal.
    prices : (n,) or None
        Supergradient of A that proves the bound, in money per sample.
    """

    inequality: Inequality | None
    rule: TargetRule | None
    refuted: bool = False
    value: float | None = None
    bound: float | None = None
    multipliers: Mapping[str, float] = field(default_factory=dict)
    prices: Floats | None = None
    relaxed: ConvexOptimum | None = None

    @property
    def optimal(self) -> bool:
        """Whether the bound leaves no room for anything better."""
        if self.rule is None or self.value is None or self.bound is None:
            return False
        return proved(self.value, self.bound, self.bound)


def design(
    game: SharingGame, asked: Requirements, monitor: Monitor, near: Floats | None = None
) -> Design:
    """Return the best rule that respects everything asked for.

    Parameters
    ----------
    near : (n,) or None
        Contributions of a similar design, from which a search begins instead of many.

    Raises
    ------
    UnsupportedError
        For games or requirements without a method.
    """
    alone = alone_utilities(game) if asked.margin is not None else np.zeros(game.size)
    if asked.dominant:
        _require_dominance(game)
    if asked.fixed is not None:
        return _fixed(game, asked, alone, asked.fixed)
    optimum = None
    if game.accuracy.concave:
        optimum = _relaxed(game, asked, alone, monitor)
    if optimum is not None:
        if not optimum.feasible:
            return Design(
                Inequality(game, asked.relaxed(), alone, optimum.plan.contributions),
                None,
                refuted=True,
                value=optimum.value,
                bound=optimum.bound,
                multipliers=_multipliers(optimum),
                prices=optimum.plan.prices,
                relaxed=optimum,
            )
        found = _at(game, asked, alone, optimum.plan.contributions)
        if found is not None:
            found = _with_bound(found, asked, alone, optimum)
            # Limits and shares may leave the richest plan less even than a poorer one.
            evener = asked.goal.of_utilities and not (found.optimal or asked.rates)
            if not evener or game.size > LOCAL_LIMIT:
                return found
    if asked.rates:
        return Design(None, None, relaxed=optimum)
    s = _searched(game, asked, alone, optimum, monitor, near)
    if s is None:
        return Design(None, None, relaxed=optimum)
    found = _at(game, asked, alone, s)
    assert found is not None
    return found if optimum is None else _with_bound(found, asked, alone, optimum)


def _relaxed(
    game: SharingGame, asked: Requirements, alone: Floats, monitor: Monitor
) -> ConvexOptimum | None:
    """Return the best contributions without limits, shares and forms."""
    reserve = None if asked.margin is None else float((alone + asked.margin).sum())
    planner = Planner(game, asked.least, monitor)
    try:
        return convex_optimum(planner, asked.goal.weighing, reserve, asked.least_total)
    except UnsupportedError:
        if not (asked.limited or asked.rates):
            raise  # shares alone can always be earned: the goal has no end
        return None  # without limits the goal has no end


def _fixed(game: SharingGame, asked: Requirements, alone: Floats, s: Floats) -> Design:
    """Return the rule for wanted contributions; the inequality decides whether there is one."""
    found = _at(game, asked, alone, s)
    if found is None:
        return Design(Inequality(game, asked, alone, s), None, refuted=not asked.rates)
    utilities = game.benefits(s) - game.costs.value(s) + found.rule.lump_sums  # type: ignore[union-attr]
    value = asked.goal.value(game, s, utilities)
    best = not (asked.rates and asked.goal.of_utilities)  # others' rates may share it better
    return replace(found, value=value, bound=value if best else None)


def _at(game: SharingGame, asked: Requirements, alone: Floats, s: Floats) -> Design | None:
    """Return the rule for contributions, None where they cannot be agreed on."""
    inequality = Inequality(game, asked, alone, s)
    rates = rates_of(game, s) if game.accuracy.own_concave else np.zeros(game.size)
    if asked.rates:
        paid = rate_sums(inequality, rates)
        if paid is None:
            return None
        sums, rates = paid
        rule = TargetRule(game, s, sums, rates, np.full(game.size, np.inf), "rates")
    else:
        if not inequality.holds:
            return None
        sums = lump_sums(inequality, asked.goal)
        caps = np.maximum(asked.limits + sums, 0.0)
        penalty: Penalty = "affine" if game.accuracy.own_concave else "general"
        if asked.dominant and not np.array_equal(s, game.capacity):
            penalty = "dominant"
        if penalty == "affine":
            # Where own payoffs run straight, the rate itself would leave everybody indifferent.
            rates = np.where(game.accuracy.own_second(s) == 0, rates * (1 + STEEPER), rates)
        rule = TargetRule(game, s, sums, rates, caps, penalty)
    utilities = inequality.benefits - inequality.costs + rule.lump_sums
    return Design(inequality, rule, value=asked.goal.value(game, s, utilities))


def _with_bound(
    found: Design,
    asked: Requirements,
    alone: Floats,
    optimum: ConvexOptimum,
) -> Design:
    """Return a design with the upper bound of the relaxation, in the goal's unit, if it has one."""
    bound = optimum.bound
    if not np.isfinite(bound):
        return found
    if asked.goal.of_utilities:
        floors = np.full(len(alone), -np.inf)
        if asked.margin is not None:
            floors = alone + asked.margin
        utilities = filled(floors, optimum.bound)
        if asked.goal.aim == "p-mean":
            utilities = np.maximum(utilities, 0.0)
        assert found.rule is not None
        bound = asked.goal.value(found.rule.game, optimum.plan.contributions, utilities)
    return replace(
        found,
        bound=bound,
        multipliers=_multipliers(optimum),
        prices=optimum.plan.prices,
        relaxed=optimum,
    )


def _multipliers(optimum: ConvexOptimum) -> dict[str, float]:
    found = {"alone": optimum.reserve_price, "least_total": optimum.total_price}
    return {name: price for name, price in found.items() if price > 0}


def _searched(
    game: SharingGame,
    asked: Requirements,
    alone: Floats,
    optimum: ConvexOptimum | None,
    monitor: Monitor,
    near: Floats | None,
) -> Floats | None:
    """Return the best contributions found from many starts, None where none can be agreed on."""
    if game.size > LOCAL_LIMIT:
        raise UnsupportedError.single(
            "agents",
            f"{game.size:,} under payment limits or reciprocity",
            f"at most {LOCAL_LIMIT}",
            "drop the limits, or name the contributions: contributions=...",
        )
    played = accuracy_equilibrium(AccuracyStakes(game, game.costs), monitor).contributions
    played = np.clip(played, asked.least, game.capacity)
    far = optimum.plan.contributions if optimum is not None else game.capacity
    far = np.where(np.isfinite(far), far, 2 * np.maximum(played, 1.0))
    unit = np.where(np.isfinite(game.capacity), game.capacity, np.maximum(far, played))
    unit = np.where(unit > 0, unit, max(float(unit.max(initial=0.0)), 1.0))
    money = float(np.abs(game.benefits(far)).sum() + game.costs.value(far).sum())
    search = LocalSearch(game, asked, alone, unit, money if money > 0 else 1.0, monitor)
    if near is not None:
        found = search.best([np.clip(near, asked.least, game.capacity), far])
        if found is not None:
            return found
    return search.best(starts_between(far, played, game, asked.least))


def _require_dominance(game: SharingGame) -> None:
    accuracy = game.accuracy
    if not (isinstance(accuracy, WeightedAccuracy) and accuracy.curve.concave):
        raise UnsupportedError.single(
            "requirement dominant",
            f"the family {game.accuracy.family}",
            "concave functions of a weighted amount of data",
        )
    if not np.isfinite(game.capacity).all():
        raise UnsupportedError.single(
            "requirement dominant", "agents without a capacity", "a capacity for everybody"
        )
