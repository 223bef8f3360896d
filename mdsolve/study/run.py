"""From an instance to a certified solution: build the game, apply a mechanism, check the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mdsolve.certificate.market.check import verify_market
from mdsolve.certificate.market.claim import MarketClaim
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.market import Market
from mdsolve.game.side_constraints import parse_side_constraints
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.mechanism.base import CHECKED, MarketMechanism, MarketOutcome
from mdsolve.mechanism.described import DescribedMechanism
from mdsolve.mechanism.options import effective_options, options_by_mechanism
from mdsolve.mechanism.registry import (
    MARKET_MECHANISMS,
    SHARING_MECHANISMS,
    market_mechanism,
)
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.solver.market.routes import MEMORY_LIMIT
from mdsolve.status import Termination
from mdsolve.study.market_answers import claimed_allocation, market_answers
from mdsolve.study.sharing_run import solve_sharing
from mdsolve.study.stopping import stop_message, stop_termination
from mdsolve.tolerance import DEFAULT, Tolerances


def solve(
    instance: Instance,
    mechanism: str | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    tolerances: Tolerances = DEFAULT,
    memory_limit: int = MEMORY_LIMIT,
    seed: int | None = None,
) -> Solution:
    """Solve an instance under one mechanism and check the answer independently.

    Parameters
    ----------
    instance : Instance
        As returned by `mdsolve.load`.
    mechanism : str or None
        Name of a mechanism; None takes the one named in the instance.
    options : mapping or None
        Options of the mechanism; they win over those in the instance.

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
    if isinstance(instance, TrainingInstance):
        raise UnsupportedError.single(
            f"{instance.label}: kind",
            instance.kind,
            "market or sharing",
            "train it with: mdsolve train FILE",
        )
    name, given = chosen_mechanism(instance, mechanism, options or {})
    if isinstance(instance, SharingInstance):
        return solve_sharing(
            instance, name, given, monitor=monitor or Monitor(), tolerances=tolerances, seed=seed
        )
    rule = market_mechanism(name)
    effective = effective_options(name, rule.options, given)
    watch = monitor or Monitor()
    clock = time.perf_counter()
    market = market_game(instance)
    built = time.perf_counter()
    outcome = outcome_or_stop(rule, market, effective, watch, memory_limit)
    solved = time.perf_counter()
    solution = Solution(
        instance=InstanceReference(instance.name, instance.sha256),
        mechanism=MechanismUsed(name, effective),
        termination=outcome.termination,
        message=outcome.message,
        agents=market.agents,
        answers=market_answers(instance, market, outcome),
        provenance=Provenance(
            solver=outcome.method,
            seconds={"build": built - clock, "solve": solved - built},
            seed=seed,
        ),
    )
    try:
        certificate = certify(rule, market, outcome, effective, watch, tolerances)
    except (StopRequested, KeyboardInterrupt) as stop:
        reason = f"the check was stopped: {stop_message(stop)}"
        listed = [Condition(name, False, "not-checked", detail=reason) for name in CHECKED]
        solution = replace(
            solution,
            termination=stop_termination(stop),
            message=f"{outcome.message} They were not checked: {stop_message(stop)}.",
        )
        return solution.with_certificate(Certificate(tuple(listed)), time.perf_counter() - solved)
    checked = solution.with_certificate(certificate, time.perf_counter() - solved)
    return accept(checked)


def outcome_or_stop(
    rule: MarketMechanism,
    market: Market,
    options: Mapping[str, Any],
    monitor: Monitor,
    memory_limit: int,
) -> MarketOutcome:
    """Apply the rule; a time limit or Ctrl-C becomes an outcome without payments.

    A payment table is right as a whole or not at all, so nothing of a part is kept.
    """
    try:
        return rule.outcome(market, options, monitor, memory_limit)
    except (StopRequested, KeyboardInterrupt) as stop:
        message = f"Stopped before the payments were complete: {stop_message(stop)}."
        return MarketOutcome(market, None, stop_termination(stop), message, "none")


def payments(
    instance: Instance,
    *,
    side: Sequence[str] = (),
    objective: str = "revenue",
    options: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Solution:
    """Return maximal-revenue payments of a market, or the proof that there are none.

    Parameters
    ----------
    side : sequence of str
        Side constraints such as ``"budget-balance"`` and ``"cap=2.5"`` (money).
    objective : {"revenue", "fairness", "spread"}
        With side constraints: what is optimised.
    """
    given = {**(options or {}), "side": list(side), "objective": objective}
    return solve(instance, "desirable", options=given, monitor=monitor, memory_limit=memory_limit)


def chosen_mechanism(
    instance: Instance, mechanism: str | None, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the mechanism's name and the options given for it; the caller's win."""
    default = instance.mechanism
    if mechanism is None and default is None:
        raise UsageError.single(
            f"{instance.label}: mechanism",
            "none named",
            "one of " + ", ".join(_fitting(instance)),
            "name one with -m, or add mechanism: {name: ...} to the instance",
        )
    name = mechanism if mechanism is not None else default.name if default else ""
    inherited = default.options if default and default.name == name else {}
    return name, {**inherited, **options}


def options_for(
    instance: Instance, names: Sequence[str | None], given: Mapping[str, Any]
) -> dict[str | None, dict[str, Any]]:
    """Return what is given for each mechanism: all of it for a single one.

    Raises
    ------
    UsageError
        For a mechanism named twice, or an option that none of several mechanisms has.
    """
    if len(set(names)) < len(names):
        raise UsageError.single("--mechanism", ", ".join(map(str, names)), "each mechanism once")
    if len(names) == 1:
        return {names[0]: dict(given)}
    known: Mapping[str, DescribedMechanism] = (
        MARKET_MECHANISMS if isinstance(instance, MarketInstance) else SHARING_MECHANISMS
    )
    rules = {name: known[name].options if name in known else () for name in names if name}
    return dict(options_by_mechanism(given, rules).items())


def _fitting(instance: Instance) -> Sequence[str]:
    market = isinstance(instance, MarketInstance)
    return tuple(MARKET_MECHANISMS if market else SHARING_MECHANISMS)


def certify(
    rule: MarketMechanism,
    market: Market,
    outcome: MarketOutcome,
    options: Mapping[str, Any],
    monitor: Monitor,
    tolerances: Tolerances = DEFAULT,
) -> Certificate:
    """Hand the answer to the checker, with the mechanism's claims."""
    arithmetic = outcome.market.arithmetic.name
    side = parse_side_constraints(options.get("side", ()))
    if outcome.termination is Termination.INFEASIBLE and outcome.payments is None:
        claim = MarketClaim(
            mechanism=rule.name, exists=False, witness=outcome.findings.get("witness"), side=side
        )
        claimed: tuple[str, ...] = ("no-mechanism",)
        conditions = claimed
    else:
        claim = MarketClaim(
            mechanism=rule.name,
            payments=outcome.payments,
            allocation=claimed_allocation(market, outcome.market),
            side=side,
        )
        claimed = rule.claims(market, options)
        conditions = CHECKED
    return verify_market(
        market,
        claim,
        arithmetic="exact" if arithmetic == "exact" else "float",
        tolerance=None if arithmetic == "exact" else tolerances.verify,
        conditions=conditions,
        claimed=claimed,
        monitor=monitor,
    )


def accept(solution: Solution) -> Solution:
    """Lower a claimed answer to `failed` when a numerical promise does not hold.

    A property that the rule does not have on this instance is a finding about the rule. A solver
    that promised to satisfy its own program (`desirable`) and did not is a failure.
    """
    certificate = solution.certificate
    broken = certificate is not None and certificate.verdict == "fail"
    if broken and solution.mechanism.name == "desirable":
        message = "The computed payments fail their own re-check; this is a defect in mdsolve."
        return replace(solution, termination=Termination.FAILED, message=message)
    return solution
