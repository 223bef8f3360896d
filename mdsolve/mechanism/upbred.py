"""`upbred`: contributions and the model move in the same rounds, and nobody is paid ([D25])."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame
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
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.played import equilibria_of
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.proof import NoStep
from mdsolve.solution import plain
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.equilibrium.strong_concavity import StrongConcavity, strong_concavity
from mdsolve.solver.iterate import Ending
from mdsolve.solver.joint.constants import Region
from mdsolve.solver.joint.dynamics import JointPath, Motion, follow, model_allowance
from mdsolve.solver.joint.equilibrium import has_accuracy, is_singular, joint_equilibrium
from mdsolve.solver.joint.steps import StepChoice, chosen_steps
from mdsolve.status import Termination

STEP_RULES = ("auto", "published")


class Upbred(SharingMechanism):
    """Every agent follows their own slope while the center climbs the mean accuracy's gradient.

    The rule ends where nobody gains by another contribution and the model suits all together.
    Contributions are cut to [0, capacity]. As printed, Algorithm 1 does not cut: a step over a
    bound is never undone, so that it can end where no equilibrium is (`projection: none`).

    Where data help only as long as the model is wrong, as in Example 1, the model is learned and
    then nobody contributes; without any data the accuracy is singular, and the solution says so.
    """

    name = "upbred"
    title = "Updated parameter best response dynamics"
    citation = "[D25] Algorithm 1, Theorem 1"
    summary = "Contributions and the model move together, without payments; ends like none."
    maturity = "verified against paper"
    learns: ClassVar[bool] = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always; at no data at all with the accuracy continued by its limit",
        "stationarity": "where a model is learned",
        "budget-balance": "always",
    }
    options = (
        METHOD,
        Option(
            "step_size",
            None,
            "with dynamics, gamma: a number; auto (proved for projected rounds, the default); or "
            "published (just below the bound of Theorem 1)",
            STEP_RULES,
            number=True,
        ),
        Option(
            "model_step_size",
            None,
            "with dynamics, eta: a number, or the rule of step_size",
            STEP_RULES,
            number=True,
        ),
        LIMIT,
        START,
        MODEL_START,
        Option(
            "projection",
            "box",
            "box: contributions are cut to [0, capacity]; none: as printed, with dynamics only",
            ("box", "none"),
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros."""
        del s, options
        return np.zeros(game.size)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return where the protocol ends, computed directly or by running it.

        Raises
        ------
        UsageError
            For options that do not fit the game or the method.
        UnsupportedError
            If some best contribution is unbounded, or no step size is proved or disproved.
        """
        if options["method"] == "dynamics":
            return self._run(game, options, context)
        refuse_unused(options, ("step_size", "model_step_size", "steps", "start", "model_start"))
        refuse_unused(
            {"projection": None if options["projection"] == "box" else "none"}, ("projection",)
        )
        found = joint_equilibrium(game, 0.0, context.monitor)
        s, w = found.contributions, found.parameters
        return SharingOutcome(
            Termination.SOLVED if found.rested else Termination.LIMIT,
            _message(game, found.uniqueness, s)
            if found.rested
            else "No profile was found at which the agents' best responses come to rest.",
            found.method,
            details=state(game, s, w, 0.0) | _warnings(game, s),
            contributions=s,
            payments=np.zeros(game.size),
            received=received(game, s, w),
            equilibria=equilibria_of(found, s) if found.rested else None,
        )

    def _run(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        w = first_model(game, options["model_start"])
        steps = _steps(game, options, w)
        zeros = np.zeros(game.size)
        if steps.witness is not None:
            message = f"No admissible step size: {steps.reason}."
            head = {"kind": NoStep.kind, "mechanism": self.name, "options": dict(options)}
            proof = NoStep.from_dict(plain(head | dict(steps.witness)))
            bounds = {"step_bounds": steps.bounds}
            return SharingOutcome(
                Termination.INFEASIBLE, message, "none", details=bounds, proof=proof
            )
        start = first_contributions(game, options["start"])
        limit = rounds_allowed(options["steps"])
        motion = Motion(steps.gamma, steps.eta, projected=options["projection"] == "box")
        path = follow(game, start, w, motion, limit, context.monitor)
        details: dict[str, Any] = {
            "course": course(path),
            "rounds": path.steps,
            "step_sizes": {"contributions": steps.gamma, "parameters": steps.eta},
            "step_bounds": steps.bounds,
            "rate": steps.rate,
        }
        s, w = path.contributions, _settled(game, path)
        method = f"Algorithm 1, {path.steps:,} of at most {limit:,} rounds" + (
            "" if motion.projected else ", without projection"
        )
        inside = bool(np.all((s >= 0) & (s <= game.capacity)))
        if not has_accuracy(game, s, w):
            details |= {"last_contributions": s, "parameters": w}
            message = _course_message(game, path, inside)
            if is_singular(game, s):
                message = (
                    f"After {path.steps:,} rounds nobody contributes while the model is not yet "
                    "learned; there the accuracy falls without bound."
                )
            return SharingOutcome(Termination.LIMIT, message, method, details=details)
        done = inside and path.ending in (Ending.RESTED, Ending.SINGULAR)
        return SharingOutcome(
            Termination.SOLVED if done else Termination.LIMIT,
            _course_message(game, path, inside),
            method,
            details=details | state(game, s, w, 0.0) | _warnings(game, s),
            contributions=s,
            payments=zeros,
            received=received(game, s, w),
        )


def _steps(game: SharingGame, options: Mapping[str, Any], w: Floats | None) -> StepChoice:
    """Return the step sizes asked for, or the proof that there are none of that kind."""
    gamma, eta = options["step_size"], options["model_step_size"]
    gamma = "auto" if gamma is None else gamma
    if eta is None:
        eta = gamma if isinstance(gamma, str) or game.learning is None else "auto"
    if not isinstance(gamma, str):
        gamma = positive("step_size", gamma)
    if not isinstance(eta, str):
        eta = positive("model_step_size", eta)
    if game.learning is not None and w is not None:
        return chosen_steps(Region(game, np.abs(w - game.learning.optimum)), gamma, eta)
    if not isinstance(gamma, str):
        return StepChoice(gamma, 0.0)
    proved = strong_concavity(AccuracyStakes(game, game.costs), game.capacity)
    if not isinstance(proved, StrongConcavity):
        raise UnsupportedError.single(
            "option step_size",
            f"{gamma}, but {proved}",
            "utilities proved strongly concave in all contributions together",
            "give a number, for example --set step_size=0.1",
        )
    rate = (1 - proved.progress(proved.safe_step)) ** 0.5
    return StepChoice(proved.safe_step, 0.0, rate=rate)


def _settled(game: SharingGame, path: JointPath) -> Floats | None:
    """Return the last model; at no data the best one if only rounding is between them."""
    w = path.parameters
    if w is None or not is_singular(game, path.contributions):
        return w
    assert game.learning is not None
    best = game.learning.optimum
    close = np.all(np.abs(w - best) <= model_allowance(game, path.models[0]))
    return best if close else w


def _warnings(game: SharingGame, s: Floats) -> dict[str, Any]:
    if not is_singular(game, s):
        return {}
    return {
        "warnings": [
            "nobody contributes, and at no data at all the accuracy is singular: the accuracies "
            "and utilities shown are limits along the learned model; beside it the accuracy falls "
            "without bound"
        ]
    }


def _message(game: SharingGame, others: str, s: Floats) -> str:
    if is_singular(game, s):
        return (
            "The model is learned, and then nobody contributes: with it, data add nothing to the "
            "accuracy, which is singular where there are none."
        )
    words = {
        "unique": "This is the only Nash equilibrium",
        "continuum": "A Nash equilibrium, one of many; tied agents share their part evenly",
        "unknown": "A Nash equilibrium; that it is the only one is not proved",
    }[others]
    return words + (", with the model that suits all together." if game.learning else ".")


def _course_message(game: SharingGame, path: JointPath, inside: bool) -> str:
    after = f"After {path.steps:,} rounds"
    left = (
        ""
        if path.left_at is None
        else f" Contributions first left [0, capacity] in round {path.left_at:,}."
    )
    if path.ending is Ending.DIVERGED:
        return f"{after} the numbers grew without bound: the step sizes are too large.{left}"
    if not inside:
        k = int(np.argmax(np.maximum(-path.contributions, path.contributions - game.capacity)))
        return (
            f"{after} agent {game.agents[k]} is at {path.contributions[k]:.6g} samples, which they "
            f"cannot contribute: no equilibrium.{left}"
        )
    if path.ending is Ending.SINGULAR:
        return f"{after} the model is learned and nobody contributes.{left}"
    if path.ending is Ending.RESTED:
        return f"{after} contributions and model are at rest.{left}"
    return f"{after} contributions and model had not come to rest.{left}"
