"""What the checker makes of a solution: its certificate, and whether the outcome may be called so.

`solved` needs a certificate that passes, `infeasible` a proof that was checked. Whatever cannot
show that is a limit: an answer, or the lack of one, that nobody has to believe.
"""

from __future__ import annotations

import time
from dataclasses import replace

from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Check, Request
from mdsolve.conditions import Certificate, Condition
from mdsolve.context import Context
from mdsolve.instance import Instance
from mdsolve.progress import StopRequested
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.study.stopping import stop_message, stop_termination

ONLY = ("This is the only Nash equilibrium", "This is the only equilibrium")
"""What solvers say where they believe that there is no other."""


def certified(
    instance: Instance,
    solution: Solution,
    context: Context,
    *,
    start: float,
    stopped: BaseException | None = None,
) -> Solution:
    """Return the solution with its certificate and the outcome that this allows.

    Parameters
    ----------
    start : float
        When the check began, by `time.perf_counter`.
    stopped : exception or None
        What stopped the work before the check could begin.
    """
    try:
        if stopped is not None:
            raise stopped
        check = _check(instance, solution, context)
        solution = _without_unproved(solution, check)
        regret = check.regret()
        if regret is not None:
            check.state("regret", regret)
            solution = replace(solution, answers={**solution.answers, "regret": regret})
        certificate = check.certificate()
    except (StopRequested, KeyboardInterrupt) as stop:
        return _unchecked(solution, stop, time.perf_counter() - start)
    return judged(solution.with_certificate(certificate, time.perf_counter() - start))


def _without_unproved(solution: Solution, check: Check) -> Solution:
    """Return the solution without a claim about all equilibria that nobody can decide here."""
    claimed = solution.answers.get("equilibria")
    if not isinstance(claimed, str) or check.condition("equilibria").verdict != "not-checked":
        return solution
    total = [float(solution.answers["contributions"].sum())]
    check.state("equilibria", total)
    message = solution.message
    for sentence in ONLY:
        message = message.replace(sentence, "A Nash equilibrium")
    message = f"{message} That there is no other with another total is not proved."
    answers = {**solution.answers, "equilibria": total}
    return replace(solution, answers=answers, message=message)


def _check(instance: Instance, solution: Solution, context: Context) -> Check:
    request = Request(tolerance=context.tolerances.verify)
    return check_of(instance, solution.claim(), request, context.monitor)


def judged(solution: Solution) -> Solution:
    """Return the solution with an outcome that its certificate bears out."""
    certificate = solution.certificate
    assert certificate is not None
    verdict, ended = certificate.verdict, solution.termination
    if ended is Termination.INFEASIBLE and verdict != "pass":
        message = f"{solution.message} The proof was not confirmed: {_open(certificate)}."
        return replace(solution, termination=Termination.LIMIT, message=message)
    if ended is not Termination.SOLVED or verdict == "pass":
        return solution
    if verdict == "fail":
        message = f"The computed answer fails its own re-check: {_open(certificate)}."
        return replace(solution, termination=Termination.FAILED, message=message)
    message = f"{solution.message} Not all of it could be checked: {_open(certificate)}."
    return replace(solution, termination=Termination.LIMIT, message=message)


def _open(certificate: Certificate) -> str:
    """Return which claimed conditions do not pass, and why."""
    named = [
        f"{found.name} ({found.detail})"
        for found in certificate.conditions
        if found.claimed and found.verdict != "pass"
    ]
    return "; ".join(named) or "nothing was claimed"


def _unchecked(solution: Solution, stop: BaseException, seconds: float) -> Solution:
    """Return the solution whose check was stopped."""
    reason = f"the check was stopped: {stop_message(stop)}"
    nothing = Certificate((Condition("check", True, "not-checked", detail=reason),))
    message = f"{solution.message} It was not checked: {stop_message(stop)}.".strip()
    return replace(solution, termination=stop_termination(stop), message=message).with_certificate(
        nothing, seconds
    )
