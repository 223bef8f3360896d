"""From a sharing instance to a certified solution."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.sharing.check import SHARING_CONDITIONS, verify_sharing
from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.joint_learning import NO_STEP, no_admissible_step
from mdsolve.certificate.sharing.no_equilibrium import no_equilibrium
from mdsolve.certificate.sharing.unaffordable import no_affordable_profile
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame, require_costs, require_given_model
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import sharing_mechanism
from mdsolve.mechanism.sharing_base import SharingMechanism, SharingOutcome
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.solver.welfare.payments import exactly_balanced
from mdsolve.status import Termination
from mdsolve.study.sharing_answers import planner_duals, regret, sharing_answers
from mdsolve.study.stopping import stop_message, stop_termination
from mdsolve.tolerance import DEFAULT, ROUND_OFF, Tolerances


def solve_sharing(
    instance: SharingInstance,
    name: str,
    given: Mapping[str, Any],
    *,
    monitor: Monitor,
    tolerances: Tolerances = DEFAULT,
    seed: int | None = None,
) -> Solution:
    """Solve a sharing instance under one mechanism and check the answer independently.

    Raises
    ------
    UsageError, UnsupportedError, MemoryLimitError
        As `mdsolve.solve` does.
    """
    rule = sharing_mechanism(name)
    effective = effective_options(name, rule.options, given)
    clock = time.perf_counter()
    game = sharing_game(instance)
    require_costs(game, private=rule.private_costs)
    require_given_model(game, learns=rule.learns)
    built = time.perf_counter()
    outcome = _outcome_or_stop(rule, game, effective, monitor)
    seconds = {"build": built - clock, "solve": time.perf_counter() - built}
    return answered(
        rule,
        instance,
        game,
        outcome,
        effective,
        seconds,
        monitor=monitor,
        tolerances=tolerances,
        seed=seed,
    )


def answered(
    rule: SharingMechanism,
    instance: SharingInstance,
    game: SharingGame,
    outcome: SharingOutcome,
    options: Mapping[str, Any],
    seconds: Mapping[str, float],
    *,
    monitor: Monitor,
    tolerances: Tolerances = DEFAULT,
    seed: int | None = None,
) -> Solution:
    """Return an outcome with its metrics and what the checker says of it.

    Parameters
    ----------
    options : mapping
        Effective options of the mechanism.
    seconds : mapping
        Time spent so far, by phase.
    """
    outcome = _balanced(game, outcome)
    _refuse_overspending(game, outcome)
    start = time.perf_counter()
    solution = Solution(
        instance=InstanceReference(instance.name, instance.sha256),
        mechanism=MechanismUsed(rule.name, options),
        termination=outcome.termination,
        message=outcome.message,
        agents=tuple(game.agents),
        answers={},
        provenance=Provenance(
            solver=outcome.method,
            seconds=seconds,
            seed=seed,
        ),
    )
    try:
        answers = sharing_answers(game, outcome, monitor)
        certificate = certify_sharing(rule, instance, game, outcome, options, tolerances)
    except (StopRequested, KeyboardInterrupt) as stop:
        reason = f"the check was stopped: {stop_message(stop)}"
        listed = [Condition(key, False, "not-checked", detail=reason) for key in SHARING_CONDITIONS]
        solution = replace(solution, termination=stop_termination(stop), message=reason)
        return solution.with_certificate(Certificate(tuple(listed)), time.perf_counter() - start)
    if "contributions" in answers:
        answers["regret"] = regret(certificate)
    if rule.name == "budget-balanced" and game.budgeted:
        answers |= planner_duals(game, outcome)
    solution = replace(solution, answers=answers)
    checked = solution.with_certificate(certificate, time.perf_counter() - start)
    if certificate.verdict == "fail" and outcome.termination is Termination.SOLVED:
        message = "The computed answer fails its own re-check; see the certificate."
        return replace(checked, termination=Termination.FAILED, message=message)
    return checked


def _balanced(game: SharingGame, outcome: SharingOutcome) -> SharingOutcome:
    """Return the outcome with payments that sum to exactly zero, where they do up to rounding.

    Payments may be differences of benefits and costs, and carry their rounding.
    """
    payments, s = outcome.payments, outcome.contributions
    if payments is None or s is None:
        return outcome
    terms = np.abs(payments) + np.abs(game.benefits(s)) + np.abs(game.costs.value(s))
    if abs(float(payments.sum())) > ROUND_OFF * max(1.0, float(terms.sum())):
        return outcome
    return replace(outcome, payments=exactly_balanced(payments))


def _refuse_overspending(game: SharingGame, outcome: SharingOutcome) -> None:
    """Raise where an agent would spend more than his budget under a rule that does not mind.

    An equilibrium that respects the budgets without being told is one with budgets as well.
    """
    if not game.budgeted or outcome.termination is not Termination.SOLVED:
        return
    assert outcome.contributions is not None
    assert outcome.payments is not None
    left = game.budget - game.costs.value(outcome.contributions) + outcome.payments
    poorest = int(np.argmin(left))
    if left[poorest] < -DEFAULT.allowance(float(game.budget[poorest])):
        raise UnsupportedError.single(
            f"agent {game.agents[poorest]}",
            f"a budget that the outcome would exceed by {-left[poorest]:.6g}",
            "budgets that do not bind",
            "raise the budget, or compute the planner's optimum with the mechanism welfare",
        )


def certify_sharing(
    rule: SharingMechanism,
    instance: SharingInstance,
    game: SharingGame,
    outcome: SharingOutcome,
    options: Mapping[str, Any],
    tolerances: Tolerances = DEFAULT,
) -> Certificate:
    """Hand the answer to the checker, with the mechanism's claims."""
    if outcome.termination is Termination.INFEASIBLE and "tree" in outcome.findings["witness"]:
        return Certificate((no_equilibrium(instance, outcome.findings["witness"]["tree"], True),))
    claim = SharingClaim(
        mechanism=rule.name,
        options=options,
        contributions=outcome.contributions,
        payments=outcome.payments,
        accuracies=outcome.received,
        details=outcome.findings,
    )
    if outcome.termination is Termination.INFEASIBLE:
        if outcome.findings["witness"].get("reason") == NO_STEP:
            return no_admissible_step(game, claim)
        return Certificate((no_affordable_profile(game, claim, tolerances.verify, True),))
    solved = outcome.termination is Termination.SOLVED
    return verify_sharing(
        game,
        claim,
        tolerance=tolerances.verify,
        claimed=rule.claims(game, options) if solved else (),
    )


def _outcome_or_stop(
    rule: SharingMechanism, game: SharingGame, options: Mapping[str, Any], monitor: Monitor
) -> SharingOutcome:
    try:
        return rule.outcome(game, options, monitor)
    except (StopRequested, KeyboardInterrupt) as stop:
        message = f"Stopped before an answer was found: {stop_message(stop)}."
        return SharingOutcome(None, None, stop_termination(stop), message, "none")
