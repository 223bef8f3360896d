"""What happens when agents follow their own slopes: a simulation, checked like any answer.

The papers compute equilibria by simulated best-response dynamics ([M23] 3.2, [M25] 4.2 and 5).
Here the last iterate is handed to the checker with the claim that it is an equilibrium. It is
`solved` only if that holds; otherwise the run ended at a limit, and its regret is printed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.context import Context
from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.chosen import Rule
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.played import PlayedMechanism
from mdsolve.mechanism.registry import SHARING_MECHANISMS
from mdsolve.mechanism.sharing_base import SharingMechanism
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution
from mdsolve.solver.equilibrium.dynamics import Trajectory, simulate_dynamics
from mdsolve.solver.equilibrium.strong_concavity import StrongConcavity, strong_concavity
from mdsolve.status import Termination
from mdsolve.study.dynamics_plan import DynamicsPlan, chosen_step, dynamics_plan
from mdsolve.study.problem import problem_of
from mdsolve.study.sharing_problem import balanced
from mdsolve.study.solve import concluded
from mdsolve.study.stopping import stop_message, stop_termination
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT, Tolerances

Floats = npt.NDArray[np.float64]

STEPS = 1000
"""Steps of the papers' simulations."""


@verb
def simulate(
    instance: Instance,
    mechanism: str | Rule | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    step_size: float | str = "auto",
    steps: int = STEPS,
    agents_per_step: int | None = None,
    start: float | str | Sequence[float] | Floats = 0.0,
    cap: float | str | None = None,
    seed: int | None = None,
    monitor: Monitor | None = None,
    tolerances: Tolerances = DEFAULT,
    time_limit: float | None = None,
    throw: bool = True,
) -> Solution:
    """Simulate best-response dynamics, s_i <- clip(s_i + step_size du_i/ds_i, 0, cap).

    Parameters
    ----------
    instance : SharingInstance
    mechanism : str, Rule or None
        One of none, budget-balanced, contribution-transfer, shapley; None takes the instance's.
    options : mapping or None
        Options of the mechanism.
    step_size : float or "auto"
        Samples squared per money. "auto" is lambda / (n^2 L^2) of [M23] Theorem 3.2, with which
        the agents provably come to rest; refused where lambda > 0 is not proved.
    steps : int
        Most steps; fewer are taken where the agents come to rest, or to a loop.
    agents_per_step : int or None
        Agents drawn for each step; None is all of them.
    start : float, sequence of float, or "capacity"
        First contributions, in samples.
    cap : float or None
        No agent contributes more than this in the simulation, whatever their capacity.
    seed : int or None
        Of the draws; None is 0.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    Solution
        ``contributions`` of the last iterate, ``regret``, and under ``dynamics`` the path, the
        step size used, what is proved about convergence, and the distance to the equilibrium that
        `mdsolve.solve` computes, where that is the only one.

    Raises
    ------
    UsageError
        For unusable options, all at once.
    UnsupportedError
        For another kind of instance or mechanism, budgets, or a step size that is not known.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> solution = simulate(game, "shapley", step_size=1)
    >>> solution.termination.label, solution.contributions.round(6).tolist()
    ('solved', [2.998393, 1.169048])
    """
    del throw  # `verb` reads it
    monitor = monitor or Monitor(time_limit=time_limit)
    if not isinstance(instance, SharingInstance):
        raise UnsupportedError.single(
            f"{instance.label}: kind", instance.kind, "sharing, for simulated dynamics"
        )
    problem = problem_of(instance, mechanism, options)
    rule, effective = problem.rule, problem.options
    if not rule.simulable:
        known = [name for name, each in SHARING_MECHANISMS.items() if each.simulable]
        got = f"the mechanism {rule.name}"
        raise UnsupportedError.single("dynamics", got, "one of " + ", ".join(known))
    context = Context(monitor or Monitor(), tolerances, seed=seed)
    clock = time.perf_counter()
    game = problem.build()
    if game.budgeted:
        raise UnsupportedError.single(
            "dynamics", "agents with budgets", "agents who may spend what they like"
        )
    plan = dynamics_plan(game, step_size, steps, agents_per_step, start, cap, seed)
    built = time.perf_counter()
    stakes = rule.stakes(game, effective)
    proved = strong_concavity(stakes, plan.top)
    path = simulate_dynamics(
        stakes,
        plan.start,
        plan.top,
        chosen_step(plan, proved),
        steps=plan.steps,
        agents_per_step=plan.agents_per_step,
        seed=plan.seed,
        monitor=context.monitor,
    )
    goal = rest = None
    if path.stop is None:
        unique = isinstance(proved, StrongConcavity)
        capped = bool(np.any(plan.top < game.capacity))
        goal = _only_equilibrium(rule, game, effective, context, proved=unique and not capped)
        rest = goal
        if capped:
            smaller = replace(game, capacity=plan.top)
            rest = _only_equilibrium(rule, smaller, effective, context, proved=unique)
    details = rule.details(game, effective) if isinstance(rule, PlayedMechanism) else {}
    outcome = SharingOutcome(
        contributions=path.contributions,
        payments=rule.payments(game, path.contributions, effective),
        termination=Termination.SOLVED if path.stop is None else stop_termination(path.stop),
        message="",
        method=_method(plan, path),
        details={**details, "dynamics": _record(plan, path, proved, goal, rest)},
    )
    seconds = {"build": built - clock, "solve": time.perf_counter() - built}
    drawn = plan.seed if plan.agents_per_step < game.size else None
    unhurried = context.watched_by(Monitor())
    solution = concluded(problem, game, balanced(game, outcome), seconds, unhurried, seed=drawn)
    return _judged(solution, path, plan)


def _only_equilibrium(
    rule: SharingMechanism,
    game: SharingGame,
    options: Mapping[str, Any],
    context: Context,
    *,
    proved: bool,
) -> Floats | None:
    """Return the equilibrium that mdsolve computes itself, where it is proved to be the only one.

    Parameters
    ----------
    proved : bool
        Whether that is known already.
    """
    try:
        found = rule.outcome(game, options, context)
    except (UnsupportedError, MemoryLimitError, StopRequested, KeyboardInterrupt):
        return None
    if found.termination is not Termination.SOLVED:
        return None
    only = found.equilibria is not None and found.equilibria.uniqueness == "unique"
    return found.contributions if proved or only else None


def _method(plan: DynamicsPlan, path: Trajectory) -> str:
    n = len(path.contributions)
    who = "all agents" if path.agents_per_step == n else f"{path.agents_per_step} of {n} agents"
    return f"best-response dynamics, {path.steps:,} of {plan.steps:,} steps of {who}"


def _record(
    plan: DynamicsPlan,
    path: Trajectory,
    proved: StrongConcavity | str,
    goal: Floats | None,
    rest: Floats | None,
) -> dict[str, Any]:
    """Return the key ``dynamics`` of the solution."""
    n = len(path.contributions)
    return {
        "step_size": path.step_size,
        "step_rule": "auto" if plan.step_size is None else "given",
        "steps": path.steps,
        "step_limit": plan.steps,
        "agents_per_step": path.agents_per_step,
        "start": plan.start if np.ptp(plan.start) > 0 else float(plan.start[0]),
        "cap": plan.cap,
        "rested": path.rested,
        "cycle_length": path.cycle_length,
        "gradient_norm": float(path.gradient_norms[-1]),
        "gradient_target": path.target,
        **_promise(path, proved, n),
        "equilibrium": goal,
        "rest_point": rest,
        "distance": None if goal is None else float(np.linalg.norm(path.contributions - goal)),
        "trajectory": {
            "steps": path.kept,
            "total_data": path.iterates.sum(axis=1),
            "gradient_norm": path.gradient_norms,
            "distance": None if rest is None else np.linalg.norm(path.iterates - rest, axis=1),
            "contributions": path.iterates,
        },
    }


def _promise(path: Trajectory, proved: StrongConcavity | str, n: int) -> dict[str, Any]:
    """Return what the theorem says of the step size used: a factor per step, a number of steps.

    With all agents moving, distances and gradient norms shrink by the factor in every step. With k
    of n drawn at random each coordinate moves with chance k/n, so that the expected square of the
    distance falls by k/n times the progress, and the bound on the steps is n/k times as large.
    """
    if isinstance(proved, str):
        return {"lambda": None, "L": None, "rate": None, "steps_bound": None, "unproved": proved}
    progress = proved.progress(path.step_size)
    promise: dict[str, Any] = {"lambda": proved.strength, "L": proved.largest}
    if progress <= 0:
        reason = f"the step size is above twice the safe one, {proved.safe_step:.6g}"
        return {**promise, "rate": None, "steps_bound": None, "unproved": reason}
    progress *= path.agents_per_step / n
    first = float(path.gradient_norms[0])
    fall = math.log(first / path.target) if first > path.target else 0.0
    return {
        **promise,
        "rate": math.sqrt(1 - progress),
        "steps_bound": math.ceil(2 * fall / progress),
        "unproved": None,
    }


def _judged(solution: Solution, path: Trajectory, plan: DynamicsPlan) -> Solution:
    """Return the solution with its termination: solved only if the checker found an equilibrium."""
    assert solution.certificate is not None
    if "regret" not in solution.answers:
        return solution
    verdict = solution.certificate.condition("nash").verdict
    after = f"After {path.steps:,} steps of size {path.step_size:.6g}"
    if path.stop is None and verdict == "pass":
        if solution.termination is Termination.FAILED:
            return solution
        came = "came to rest" if path.rested else "are as good as at rest"
        return replace(solution, message=f"{after} the agents {came}, at a Nash equilibrium.")
    ended = Termination.LIMIT if path.stop is None else stop_termination(path.stop)
    regret = solution.answers["regret"]
    if verdict == "fail":
        gain = f"somebody gains {regret:.6g} by deviating"
    else:
        words = {"pass": "nobody gains by deviating", "not-checked": "deviations are not checked"}
        gain = words[verdict]
    distance = solution.answers["dynamics"]["distance"]
    away = "" if distance is None else f"; the only equilibrium is {distance:.6g} samples away"
    message = f"{after} {gain}{away}. {_why(path, plan)}"
    return replace(solution, termination=ended, message=message)


def _why(path: Trajectory, plan: DynamicsPlan) -> str:
    """Return in words how the run ended."""
    if path.stop is not None:
        return f"The run was stopped: {stop_message(path.stop)}."
    if path.cycle_length is not None:
        return (
            f"The agents run in a loop of {path.cycle_length:,} steps: the step size is too large."
        )
    if path.rested and plan.cap is not None:
        return "The agents are at rest: the cap holds them."
    if path.rested:
        return "The agents are at rest: their slopes lead nowhere, though a larger change pays."
    return "The agents had not come to rest."
