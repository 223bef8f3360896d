"""Designing a rule: from a goal and requirements to payments, a proof that there are none, a curve.

A trade-off walks one requirement over a range; every point is a design of its own, started where
the last one ended, and judged on its own by the checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.context import MEMORY_LIMIT, Context
from mdsolve.errors import Finding, UnsupportedError, UsageError
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.options import gathered
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.mechanism.target import requirements
from mdsolve.mechanism.target_words import outcome_of
from mdsolve.progress import Monitor
from mdsolve.solution import Solution, plain
from mdsolve.solver.target.design import design as best_rule
from mdsolve.study.design_market import market_problem
from mdsolve.study.design_menu import menu_designed
from mdsolve.study.problem import problem_of
from mdsolve.study.sharing_problem import SharingProblem
from mdsolve.study.solve import solved
from mdsolve.study.trade_off import TradeOff, trade_off_of
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT, Tolerances

Floats = npt.NDArray[np.float64]

MECHANISM = "target"

WALKED = ("alone", "payment_limit", "reciprocity", "least_share", "least_total")
"""Requirements that a trade-off may walk over."""

KEPT = (
    *("target", "objective", "binding", "upper_bound", "gap", "optimal"),
    "multipliers",
)
"""Keys of a point's solution that are stored with it."""

HINTS = ("prices", "prices_at")
"""Keys that tell the checker where to look for a point's bound; they claim nothing."""


@verb
def design(
    instance: Instance,
    *,
    maximize: str | None = None,
    require: Mapping[str, Any] | None = None,
    trade_off: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    tolerances: Tolerances = DEFAULT,
    memory_limit: int = MEMORY_LIMIT,
    seed: int | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> Solution:
    """Return the best rule for a goal under requirements, or the proof that there is none.

    Parameters
    ----------
    instance : Instance
        A market, or a sharing game. Its key ``design`` says what is not said here. Where costs are
        private, the rule is a menu of contracts, the goal ``data``, and there is nothing to
        require.
    maximize : str or None
        Sharing games: welfare, data, accuracy, least-utility or p-mean=P. Markets: revenue,
        fairness, spread, least-subsidy, smallest-cap, expected-revenue or expected-welfare.
    require : mapping or None
        Requirements by name. Sharing games: alone, payment_limit, reciprocity, least_share,
        least_total, contributions, dominant, form; ``payment_limit.NAME`` is one agent's. Markets:
        subsidy, cap, ``cap.NAME``, floor, revenue_floor, spread, balanced, coalitions, interim;
        with expected-welfare outcomes. Hyphens will do.
    trade_off : mapping or None
        One requirement and its range, ``{"reciprocity": (0, 1, 21)}``: from, to, points.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    Solution
        Of the mechanism `target`, with the key `curve` where a trade-off was asked for; of the
        mechanism `menu` where costs are private; of a market, of `desirable` or `second-best`, the
        former with the key `curve` as well.

    Raises
    ------
    UsageError
        With every finding: unknown requirements, contradictions, ranges that are none.
    UnsupportedError
        For other kinds of instances.

    Examples
    --------
    >>> import mdsolve as md
    >>> agents = [{"name": name, "cost": "1/50", "capacity": 60} for name in ("north", "south")]
    >>> game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> found = md.design(game, maximize="data", require={"least-share": 0.1})
    >>> found.termination.label, found.optimal, round(found.metrics["total_data"], 6)
    ('solved', True, 21.921568)
    """
    del throw  # `verb` reads it
    watch = monitor or Monitor(time_limit=time_limit)
    context = Context(watch, tolerances, memory_limit, seed)
    if isinstance(instance, MarketInstance):
        return solved(market_problem(instance, maximize, require, trade_off), context)
    if isinstance(instance, SharingInstance) and instance.private:
        return menu_designed(instance, maximize, require, trade_off, context)
    if not isinstance(instance, SharingInstance):
        raise UnsupportedError.single(
            f"{instance.label}: kind", instance.kind, "a market, or a sharing game"
        )
    options, walked = wishes(instance, maximize, require, trade_off)
    problem = problem_of(instance, MECHANISM, options)
    assert isinstance(problem, SharingProblem)
    if walked is None:
        return solved(problem, context)
    return solved(_Walk(problem.instance, problem.rule, problem.options, walked), context)


def wishes(
    instance: SharingInstance,
    maximize: str | None,
    require: Mapping[str, Any] | None,
    trade_off: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], TradeOff | None]:
    """Return options of the mechanism and the trade-off; what is said wins over the instance's."""
    written = instance.design
    known = {option.name: option for option in mechanism_named("sharing", MECHANISM).options}
    stored: dict[str, Any] = {} if written is None else dict(written.require)
    options = {**gathered(stored, known), **gathered(require or {}, known)}
    goal = maximize if maximize is not None else (None if written is None else written.maximize)
    if goal is not None:
        options["maximize"] = goal
    ranges = trade_off if trade_off is not None else ({} if written is None else written.trade_off)
    walked = None if not ranges else trade_off_of(ranges, WALKED)
    if walked is not None:
        option, where = known[walked.requirement], f"--trade-off {walked.requirement}"
        ends = [option.parse(end, where) for end in (walked.start, walked.end)]
        findings = [end for end in ends if isinstance(end, Finding)]
        if findings:
            raise UsageError(findings)
    return options, walked


@dataclass(frozen=True)
class _Walk(SharingProblem):
    """A design whose solution carries a curve of further designs."""

    walked: TradeOff

    def answers(self, game: Any, outcome: Any, context: Context) -> dict[str, Any]:
        """Return the answers of the design, and the curve."""
        found = super().answers(game, outcome, context)
        points, hints = [], []
        near: Floats | None = None
        settings = self.walked.settings
        for number, setting in enumerate(settings):
            context.monitor.advance("points of the trade-off", number, len(settings))
            point, hint, near = self._point(game, setting, near, context)
            points.append(point)
            hints.append(hint)
        ends = [self.walked.start, self.walked.end]
        curve = {"requirement": self.walked.requirement, "range": ends, "points": points}
        return found | {"curve": curve, "curve_hints": hints}

    def _point(
        self, game: Any, setting: float, near: Floats | None, context: Context
    ) -> tuple[dict[str, Any], dict[str, Any], Floats | None]:
        """Return one point, hints for its check, and where the next search begins."""
        options = {**self.options, self.walked.requirement: setting}
        asked = requirements(game, options)
        designed = best_rule(game, asked, context.monitor, near)
        outcome = outcome_of(game, asked, designed, options)
        found: dict[str, Any] = {"asked": setting, "termination": outcome.termination.label}
        if outcome.contributions is None:
            if outcome.proof is not None:
                found["witness"] = outcome.proof.to_dict()
            return found, {}, near
        found |= {
            "contributions": plain(outcome.contributions),
            "payments": plain(outcome.payments),
            **{key: plain(outcome.details[key]) for key in KEPT if key in outcome.details},
        }
        hint = {key: plain(outcome.details[key]) for key in HINTS if key in outcome.details}
        return found, hint, outcome.contributions
