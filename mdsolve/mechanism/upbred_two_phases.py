"""`2p-upbred`: a price per sample moves everybody to their capacity, then the model is learned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.contribution_transfer import transfers
from mdsolve.mechanism.joint_protocol import (
    LIMIT,
    METHOD,
    MODEL_START,
    START,
    course,
    first_contributions,
    first_model,
    positive,
    received,
    refuse_unused,
    rounds_allowed,
    state,
)
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import Equilibria, SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.solver.iterate import Ending
from mdsolve.solver.joint.dynamics import JointPath, Motion, follow, model_allowance
from mdsolve.solver.joint.equilibrium import has_accuracy, is_singular, worse_off
from mdsolve.solver.joint.full_contribution import (
    AMPLE,
    PhaseBounds,
    Prices,
    keeps_full,
    phase_bounds,
)
from mdsolve.solver.joint.full_contribution import prices as price_bounds
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT

SHOWN = 5
"""Most names in a message."""


class UpbredTwoPhases(SharingMechanism):
    """p_i = beta (s_i - 1/(n-1) sum_{j != i} s_j): full contributions, then the best model for all.

    With beta > zeta + tau every agent's utility rises with their own contribution whatever the
    others do, so everybody contributes all they have. Payments sum to zero. Nothing makes everybody
    better off than without taking part: who has little data pays those who have much. The
    certificate and the key `worse_off` name who loses.
    """

    name = "2p-upbred"
    title = "Two-phase updated parameter best response dynamics"
    citation = "[D25] (7), Algorithm 2, Theorem 2"
    summary = (
        "A price per sample makes full contributions an equilibrium; then the model is learned."
    )
    maturity = "verified against paper"
    learns: ClassVar[bool] = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always",
        "stationarity": "where a model is learned",
        "budget-balance": "always",
    }
    options = (
        Option(
            "beta",
            "auto",
            f"price per sample, in money: a number, or auto, {AMPLE:g} (zeta + tau)",
            ("auto",),
            number=True,
        ),
        METHOD,
        Option(
            "step_size",
            None,
            "with dynamics, gamma of phase 1: a number; by default full contributions take at most "
            "100 rounds",
            number=True,
        ),
        Option(
            "model_step_size",
            None,
            "with dynamics, eta of phase 2: a number; 2 / (M + nu) by default",
            number=True,
        ),
        LIMIT,
        START,
        MODEL_START,
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the price of the difference to the others' average contribution."""
        return transfers(s, _price(price_bounds(game, _best(game)), options))

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return full contributions and the best model, computed directly or by both phases.

        Raises
        ------
        UsageError
            If the price leaves somebody who would rather contribute less than all.
        UnsupportedError
            If a capacity is infinite.
        """
        known = price_bounds(game, _best(game))
        beta = _price(known, options)
        details: dict[str, Any] = {
            "beta": beta,
            "zeta": known.zeta,
            "tau": known.tau,
            "beta_sufficient": known.sufficient,
            "beta_least": known.least,
        }
        if options["method"] == "dynamics":
            return self._run(game, options, known, details, context)
        refuse_unused(options, ("step_size", "model_step_size", "steps", "start", "model_start"))
        s, w = game.capacity.copy(), _best(game)
        enough = game.size > 1 and beta > known.sufficient
        if not enough and not keeps_full(game, w, _effective(game, beta)):
            raise UsageError.single(
                "option beta",
                f"{beta:.6g}, at which somebody gains by contributing less than all",
                f"a price above zeta + tau = {known.sufficient:.6g}, or at least "
                f"{known.least:.6g}, from which on no slope is negative at full contributions",
                "compute what the agents do at a lower price with contribution-transfer",
            )
        method = "full contributions are dominant, beta > zeta + tau"
        if not enough:
            method = "full contributions are best responses to each other"
        if w is not None:
            method += "; closed form for the model"
        known_to_be = Equilibria("unique") if enough else Equilibria("listed", (float(s.sum()),))
        found = self._answer(game, s, w, beta, Termination.SOLVED, "", method, details)
        return replace(found, equilibria=known_to_be)

    def _run(
        self,
        game: SharingGame,
        options: Mapping[str, Any],
        known: Prices,
        details: dict[str, Any],
        context: Context,
    ) -> SharingOutcome:
        beta = details["beta"]
        w = first_model(game, options["model_start"])
        start = first_contributions(game, options["start"])
        given = {
            name: None if options[name] is None else positive(name, options[name])
            for name in ("step_size", "model_step_size")
        }
        limit = rounds_allowed(options["steps"])
        margin = _effective(game, beta) - known.sufficient
        phases = phase_bounds(game, start, margin, given["step_size"], given["model_step_size"])
        first = follow(
            game,
            start,
            w,
            Motion(phases.gamma, 0.0, _effective(game, beta)),
            limit,
            context.monitor,
        )
        s = first.contributions
        full = bool(np.all(s == game.capacity))
        second = None
        if w is not None and full and not is_singular(game, s):
            second = follow(game, s, w, Motion(0.0, phases.eta), limit, context.monitor)
        details |= _phases(phases, first, second, game)
        method = f"Algorithm 2, {first.steps:,} rounds of phase 1"
        if second is not None:
            w, method = second.parameters, f"{method} and {second.steps:,} of phase 2"
        rested = full and (second is None or second.ending is Ending.RESTED)
        message = "" if rested else _unfinished(game, first, second)
        if not has_accuracy(game, s, w):
            details |= {"last_contributions": s, "parameters": w}
            return SharingOutcome(Termination.LIMIT, message, method, details=details)
        if rested and not keeps_full(game, w, _effective(game, beta)):
            rested = False
            message = (
                "Everybody contributed all they have for the first model, but with the one learned "
                f"somebody gains by contributing less: beta is below {known.least:.6g}."
            )
        ended = Termination.SOLVED if rested else Termination.LIMIT
        return self._answer(game, s, w, beta, ended, message, method, details)

    def _answer(
        self,
        game: SharingGame,
        s: Floats,
        w: Floats | None,
        beta: float,
        ended: Termination,
        message: str,
        method: str,
        details: dict[str, Any],
    ) -> SharingOutcome:
        paid = transfers(s, beta)
        given = received(game, s, w)
        utilities = game.utilities(s, paid, given) - game.money
        losers = worse_off(game, utilities, DEFAULT.verify * float(np.abs(utilities).max()))
        return SharingOutcome(
            ended,
            message or _message(game, losers),
            method,
            details=details | state(game, s, w, _effective(game, beta)) | {"worse_off": losers},
            contributions=s,
            payments=paid,
            received=given,
        )


def _best(game: SharingGame) -> Floats | None:
    return None if game.learning is None else game.learning.optimum


def _effective(game: SharingGame, beta: float) -> float:
    """Return what a sample earns: a single agent has nobody to be paid by."""
    return beta if game.size > 1 else 0.0


def _price(known: Prices, options: Mapping[str, Any]) -> float:
    beta = options["beta"]
    if beta == "auto":
        return AMPLE * known.sufficient
    if not beta >= 0:
        raise UsageError.single("option beta", f"{beta:g}", "a price per sample, 0 or more")
    return float(beta)


def _phases(
    phases: PhaseBounds, first: JointPath, second: JointPath | None, game: SharingGame
) -> dict[str, Any]:
    """Return the keys ``phase_one`` and ``phase_two``: rounds taken, and rounds promised."""
    found: dict[str, Any] = {
        "phase_one": {
            "rounds": first.steps,
            "bound": phases.first,
            "step_size": phases.gamma,
            "course": course(first),
        }
    }
    if second is None or second.parameters is None or game.learning is None:
        return found
    away = float(np.linalg.norm(second.models[0] - game.learning.optimum))
    target = model_allowance(game, second.models[0])
    bound = None
    if phases.rate is not None:
        bound = 0
        if away > target:
            bound = 1
            if phases.rate > 0:
                bound = max(1, math.ceil(math.log(away / target) / -math.log(phases.rate)))
    found["phase_two"] = {
        "rounds": second.steps,
        "bound": bound,
        "step_size": phases.eta,
        "rate": phases.rate,
        "course": course(second),
    }
    return found


def _message(game: SharingGame, losers: Mapping[str, Any]) -> str:
    words = "Everybody contributes all they have" + (
        ", and the model is the best one for all together." if game.learning else "."
    )
    for key, outside in (("than_staying_out", "staying out"), ("than_alone", "training alone")):
        names = losers[key] or []
        if names:
            listed = ", ".join(names[:SHOWN]) + (" and others" if len(names) > SHOWN else "")
            words += f" Better off {outside}: {listed}."
    return words


def _unfinished(game: SharingGame, first: JointPath, second: JointPath | None) -> str:
    short = np.flatnonzero(first.contributions < game.capacity)
    if short.size:
        name = game.agents[int(short[0])]
        why = "came to rest" if first.ending is Ending.RESTED else "ended"
        return (
            f"Phase 1 {why} after {first.steps:,} rounds with agent {name} below their capacity, "
            "so phase 2 never begins."
        )
    assert second is not None
    if second.ending is Ending.DIVERGED:
        return f"Phase 2 grew without bound in {second.steps:,} rounds: its step size is too large."
    return f"Phase 2 had not come to rest after {second.steps:,} rounds."
