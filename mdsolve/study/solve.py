"""From an instance to a certified solution: build the game, apply the rule, check the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mdsolve.context import MEMORY_LIMIT, Context
from mdsolve.errors import UnsupportedError
from mdsolve.instance import Instance
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.market import MarketInstance
from mdsolve.mechanism.chosen import Rule
from mdsolve.mechanism.outcome import Outcome
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.study.certify import certified
from mdsolve.study.problem import Problem, problem_of
from mdsolve.study.stopping import stop_message, stop_termination
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT, Tolerances


@verb
def solve(
    instance: Instance,
    mechanism: str | Rule | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    tolerances: Tolerances = DEFAULT,
    memory_limit: int = MEMORY_LIMIT,
    seed: int | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> Solution:
    """Solve an instance under one mechanism and check the answer independently.

    Parameters
    ----------
    instance : Instance
        As returned by `mdsolve.load`.
    mechanism : str, Rule or None
        A mechanism; None takes the one named in the instance.
    options : mapping or None
        Options of the mechanism; they win over those in the instance.
    memory_limit : int
        Bytes that a computation may plan for.
    time_limit : float or None
        Seconds after which the best so far is returned.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    Solution
        With `certificate` filled in.

    Raises
    ------
    UsageError
        No or an unknown mechanism or option.
    UnsupportedError
        The mechanism does not apply to this kind of instance.
    MemoryLimitError
        The answer would need more memory than allowed.
    """
    del throw  # `verb` reads it
    watch = monitor or Monitor(time_limit=time_limit)
    context = Context(watch, tolerances, memory_limit, seed)
    return solved(problem_of(instance, mechanism, options), context)


def solved(problem: Problem[Any, Any], context: Context) -> Solution:
    """Return the certified solution of a problem."""
    clock = time.perf_counter()
    game = problem.build()
    built = time.perf_counter()
    outcome = attempted(problem, game, context)
    seconds = {"build": built - clock, "solve": time.perf_counter() - built}
    return concluded(problem, game, outcome, seconds, context)


def attempted(problem: Problem[Any, Any], game: Any, context: Context) -> Any:
    """Apply the rule; a time limit or Ctrl-C becomes an outcome without an answer."""
    try:
        return problem.outcome(game, context)
    except (StopRequested, KeyboardInterrupt) as stop:
        message = f"Stopped before an answer was found: {stop_message(stop)}."
        return problem.without_answer(game, Outcome(stop_termination(stop), message, "none"))


def concluded(
    problem: Problem[Any, Any],
    game: Any,
    outcome: Any,
    seconds: Mapping[str, float],
    context: Context,
    *,
    seed: int | None = None,
) -> Solution:
    """Return an outcome with everything people ask of it, and with what the checker says.

    Parameters
    ----------
    seconds : mapping
        Time spent so far, by phase.
    seed : int or None
        Of what was random in the outcome; None: what was asked for.
    """
    start = time.perf_counter()
    instance = problem.instance
    drawn = context.seed if seed is None else seed
    stop: BaseException | None = None
    try:
        answers = problem.answers(game, outcome, context)
    except (StopRequested, KeyboardInterrupt) as error:
        answers, stop = {}, error
    solution = Solution(
        instance=InstanceReference(instance.name, instance.sha256, data_sha256(instance)),
        mechanism=MechanismUsed(problem.rule.name, problem.options),
        termination=outcome.termination,
        message=outcome.message,
        agents=problem.names(game),
        answers=answers,
        provenance=Provenance(solver=outcome.method, seconds=seconds, seed=drawn),
    )
    return certified(instance, solution, context, start=start, stopped=stop)


@verb
def payments(
    instance: Instance,
    *,
    side: Sequence[str] = (),
    objective: str = "revenue",
    options: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
    time_limit: float | None = None,
    throw: bool = True,
) -> Solution:
    """Return maximal-revenue payments of a market, or the proof that there are none.

    Parameters
    ----------
    side : sequence of str
        Side constraints such as ``"budget-balance"`` and ``"cap=2.5"`` (money).
    objective : {"revenue", "fairness", "spread", "least-subsidy", "smallest-cap"}
        What is optimised.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Raises
    ------
    UnsupportedError
        For an instance that is no market: `mdsolve.payments_at` knows what sharing rules pay.
    """
    del throw  # `verb` reads it
    if not isinstance(instance, MarketInstance):
        raise UnsupportedError.single(
            f"{instance.label}: kind",
            instance.kind,
            "a market",
            "for a sharing game: mdsolve payments FILE -m NAME --at CONTRIBUTIONS",
        )
    given = {**(options or {}), "side": list(side), "objective": objective}
    return solve(
        instance,
        "desirable",
        options=given,
        monitor=monitor,
        memory_limit=memory_limit,
        time_limit=time_limit,
    )
