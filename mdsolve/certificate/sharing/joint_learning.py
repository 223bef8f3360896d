"""Conditions of games whose accuracy depends on a model learned together, and of their step sizes.

The checker reads the model off the claim, writes down the family's formula once more, and decides

- `nash`: nobody gains by another contribution while the model stays (own utilities are concave);
- `stationarity`: the gradient of the mean accuracy in the model, and the distance to its zero;
- `individual-rationality-alone`: against own data and a model of one's own;
- `no-admissible-step`: at stated points the constants of [D25] Assumption 1 exclude every step.

Where there are no data the accuracy is 0/0 at the best model and unbounded beside it. The limit at
the best model is used, and the condition says so; any other model is refused there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.nash import best_piece
from mdsolve.certificate.sharing.nash import nash as general_nash
from mdsolve.certificate.sharing.payment_rules import Rule
from mdsolve.certificate.sharing.setting import SharingSetting
from mdsolve.conditions import Certificate, Condition
from mdsolve.game.joint_learning import QuadraticFit
from mdsolve.game.sharing import SharingGame
from mdsolve.tolerance import EQUILIBRIUM_SLACK, ROUND_OFF

Floats = npt.NDArray[np.float64]

NASH = "nash"
STATIONARITY = "stationarity"
ALONE = "individual-rationality-alone"
NO_STEP = "no-admissible-step"

ALONE_LIMIT = 3000
"""Most agents whose best contribution alone is searched one by one."""

AT_NOTHING = "there are no data: the accuracy is continued by its limit along the best model"


def at_claimed_model(game: SharingGame, claim: SharingClaim) -> SharingGame | str:
    """Return the game at the claim's model, or why it cannot be looked at."""
    assert game.learning is not None
    w = claim.stored("parameters", (game.learning.parameters,))
    if isinstance(w, str):
        return w
    if not np.all(np.isfinite(w)):
        return "the parameters of the model are not finite numbers"
    s = claim.contributions
    if s is None or np.any(s < 0) or not np.all(np.isfinite(s)):
        return "the contributions are not amounts of data"
    located = game.at(w)
    if not np.all(np.isfinite(located.accuracies(s))):
        return "there are no data for a model that is not the best one: the accuracy is unbounded"
    return located


def nash(setting: SharingSetting) -> Condition:
    """Check that nobody gains by another contribution, the model as claimed."""
    if isinstance(setting.rule, str):
        return setting.unchecked(NASH, setting.rule)
    if isinstance(setting.payments, str):
        return setting.unchecked(NASH, setting.payments)
    s, capacity = setting.s, setting.game.capacity
    scale = float(np.abs(setting.utilities(setting.payments)).max(initial=0.0))
    outside = np.maximum(-s, s - capacity)
    off = np.abs(setting.payments - setting.rule.payments)
    for wrong, words in (
        (np.where(outside > 0, np.inf, -np.inf), "a contribution that the agent cannot choose"),
        (off, "the payments stored are not the mechanism's"),
    ):
        if wrong.max(initial=0.0) > setting.tolerance * max(1.0, scale):
            finite = np.where(np.isfinite(wrong), wrong, np.maximum(outside, 0.0))
            found = setting.decided(
                NASH, finite, scale, ("", words), {"contribution": s}, f"{len(s):,} agents"
            )
            return replace(found, verdict="fail", detail=words)
    found = general_nash(setting.game, s, setting.rule, setting.tolerance, NASH in setting.claimed)
    if _no_data(setting):
        return replace(found, detail=f"{found.detail}; {AT_NOTHING}")
    return found


def stationarity(setting: SharingSetting) -> Condition:
    """Check that the mean accuracy has no slope at the model, and no larger value nearby or far.

    It is concave in the model, so a zero gradient is the maximum. A small gradient alone says
    little where data are many, so each parameter must also be within delta of where it vanishes.
    """
    fit = setting.game.learning
    if fit is None:
        return setting.unchecked(STATIONARITY, "no model is learned in this game")
    w = setting.claim.stored("parameters", (fit.parameters,))
    if isinstance(w, str):
        return setting.unchecked(STATIONARITY, w)
    best = _best_model(fit)
    away = np.abs(w - best)
    delta = EQUILIBRIUM_SLACK * np.maximum(1.0, np.abs(best))
    y = float(setting.s.sum()) + setting.game.platform_data
    slopes = 2 * fit.curvature * away / y if y > 0 else np.zeros_like(away)
    # Accuracy gained by the best model: w'Aw is quadratic, so the gain is exact.
    gain = float(fit.curvature @ away**2) / y if y > 0 else 0.0
    scale = float(np.abs(setting.game.accuracies(setting.s)).max(initial=0.0))
    allowed = setting.tolerance * max(1.0, scale)
    worst = int(np.argmax(away / delta))
    elsewhere = bool(np.any(away > delta))
    fails = elsewhere or gain > allowed
    words = "a better model lies elsewhere" if fails else "no other model is better on average"
    return Condition(
        STATIONARITY,
        STATIONARITY in setting.claimed,
        "fail" if fails else "pass",
        violation=float(np.linalg.norm(slopes)) if y > 0 else float(np.linalg.norm(away)),
        scale=scale,
        tolerance=allowed,
        scope=f"{fit.parameters:,} parameters, each within {EQUILIBRIUM_SLACK:.0e} of the best",
        detail=words if y > 0 else f"{words}; {AT_NOTHING}",
        witness={
            "parameter": worst,
            "value": float(w[worst]),
            "best": float(best[worst]),
            "gradient": float(slopes[worst]),
            "gain": gain,
        },
    )


def rationality_alone(setting: SharingSetting) -> Condition:
    """Check that nobody has more with his own data and the model that fits them best."""
    game, fit = setting.game, setting.game.learning
    if isinstance(setting.payments, str):
        return setting.unchecked(ALONE, setting.payments)
    assert fit is not None
    if game.size > ALONE_LIMIT:
        reason = f"{game.size:,} agents; at most {ALONE_LIMIT:,} are searched one by one"
        return setting.unchecked(ALONE, reason)
    own = game.by_themselves()
    nothing = game.nothing()
    plain = Rule(1.0, 0.0, None, nothing, game.budget)
    alone = np.empty(game.size)
    for agent in range(game.size):
        # Measured from one sample on: at none the accuracy may fall without bound.
        s = nothing.copy()
        s[agent] = min(1.0, float(game.capacity[agent]))
        alone[agent] = own.utilities(s, nothing)[agent] + best_piece(own, s, plain, agent)[1]
    utilities = setting.utilities(setting.payments)
    return setting.decided(
        ALONE,
        alone - utilities,
        float(np.abs(utilities).max(initial=0.0)),
        (
            "nobody is better off training alone",
            "an agent is better off training alone",
        ),
        {"utility": utilities, "alone": alone},
        f"{game.size:,} agents",
    )


JOINT_CHECKS: Mapping[str, Callable[[SharingSetting], Condition]] = {
    NASH: nash,
    STATIONARITY: stationarity,
    ALONE: rationality_alone,
}
"""Conditions that are other ones where a model is learned."""


def _no_data(setting: SharingSetting) -> bool:
    return float(setting.s.sum()) + setting.game.platform_data == 0


def _best_model(fit: QuadraticFit) -> Floats:
    """Return where the gradient of the mean accuracy vanishes, rounded only once per parameter."""
    columns = fit.targets.T.tolist()
    return np.array(
        [float(sum((Fraction(x) for x in column), Fraction(0)) / len(column)) for column in columns]
    )


def no_admissible_step(game: SharingGame, claim: SharingClaim) -> Certificate:
    """Check the proof that Algorithm 1 has no step size of the kind asked for.

    Without platform data the second derivative in the model is unbounded. Otherwise the solution
    names points at which second derivatives are at least as unfavourable as the rule excludes.
    """
    witness = claim.details.get("witness")
    fit = game.learning
    if not isinstance(witness, Mapping) or fit is None:
        return _step_certificate(None, "the solution names no points for its proof")
    if game.platform_data == 0:
        return _step_certificate(
            True, "|d^2 a / dw^2| = 2 curvature / S is unbounded as S falls to 0"
        )
    points = _points(game, claim, witness)
    if isinstance(points, str):
        return _step_certificate(None, points)
    s, w, far = points
    strength, coupling, model_coupling = _constants_at(game, fit, s, w)
    model_strength = 2 * float(fit.curvature.min()) / (game.platform_data + float(far.sum()))
    noise = ROUND_OFF * max(1.0, abs(strength), coupling, model_coupling)
    found: dict[str, Any] = {
        "lambda_at_most": strength,
        "lambda_model_at_most": model_strength,
        "P_at_least": coupling,
        "P_model_at_least": model_coupling,
    }
    if witness.get("rule") == "published":
        # H~ as printed is a sum over the agents, not a mean.
        found["P_model_at_least"] = printed = game.size * model_coupling
        holds = strength <= printed + noise or model_strength <= coupling + noise
        words = "lambda > P~ and lambda~ > P, which Theorem 1 needs, do not both hold"
    else:
        # A negative strength excludes by itself; the product of two bounds needs it non-negative.
        holds = max(strength, 0.0) * model_strength <= coupling * model_coupling + noise
        words = "lambda lambda~ > P P~, which a contraction needs, does not hold"
    return _step_certificate(holds, words, found)


def _points(
    game: SharingGame, claim: SharingClaim, witness: Mapping[str, Any]
) -> tuple[Floats, Floats, Floats] | str:
    """Return the points of a proof, or why they prove nothing."""
    fit = game.learning
    assert fit is not None
    try:
        s = np.array([float(x) for x in witness["near"]["contributions"]])
        w = np.array([float(x) for x in witness["near"]["parameters"]])
        far = np.array([float(x) for x in witness["far"]["contributions"]])
        start = claim.options.get("model_start")
        first = np.zeros(fit.parameters)
        if start not in (None, "zero"):
            first = np.array([float(x) for x in start])
    except (KeyError, TypeError, ValueError):
        return "the points of the proof are not numbers"
    shapes = (s.shape, w.shape, far.shape, first.shape)
    if shapes != ((game.size,), (fit.parameters,), (game.size,), (fit.parameters,)):
        return "the points of the proof have other sizes than the game"
    if not all(np.all((x >= 0) & (x <= game.capacity)) for x in (s, far)):
        return "a point of the proof is outside [0, capacity]"
    best = _best_model(fit)
    slack = ROUND_OFF * np.maximum(1.0, np.abs(w))
    if np.any(np.abs(w - best) > np.abs(first - best) + slack):
        return "the model of the proof is farther from the best one than the first model"
    return s, w, far


def _constants_at(
    game: SharingGame, fit: QuadraticFit, s: Floats, w: Floats
) -> tuple[float, float, float]:
    """Return what lambda, P and P~ (with the mean) of Assumption 1 cannot be better than."""
    y = game.platform_data + float(s.sum())
    n = game.size
    short = np.array(
        [fit.noise + float(fit.curvature @ (w - target) ** 2) for target in fit.targets]
    )
    own = np.zeros((n, n))
    own -= (2 * game.value * short / y**3)[:, None]
    own[np.diag_indices(n)] -= game.costs.second(s)
    strength = -float(np.linalg.eigvalsh(0.5 * (own + own.T))[-1])
    single = 2 * fit.curvature * (w - fit.targets) / y**2
    coupling = float(np.linalg.norm(game.value[:, None] * single, 2))
    mean = np.outer(single.mean(axis=0), np.ones(n))
    return strength, coupling, float(np.linalg.norm(mean, 2))


def _step_certificate(
    holds: bool | None, words: str, witness: Mapping[str, Any] | None = None
) -> Certificate:
    verdict = "not-checked" if holds is None else "pass" if holds else "fail"
    return Certificate(
        (
            Condition(
                NO_STEP,
                True,
                verdict,  # type: ignore[arg-type]
                scope="every step size of the rule",
                detail=words if holds is not False else f"not proved at the points stated: {words}",
                witness=witness,
            ),
        )
    )
