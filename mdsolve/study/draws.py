"""What the uncertainty of a fit means for the outcome: equilibria at drawn parameters, as bands.

Parameters are drawn from the distribution that the section `fit` of the instance describes, each
draw makes a game of its own, and the mechanism's equilibrium is computed in each. Bands are
quantiles over the draws in which one was found. The draws' equilibria are not certified one by one;
the solution itself is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.errors import SolveError, UnsupportedError, UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance
from mdsolve.instance.fit import FitSpec
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.registry import sharing_mechanism
from mdsolve.mechanism.sharing_base import SharingOutcome
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution
from mdsolve.solver.fit.accuracy_fit import bounds_of
from mdsolve.solver.fit.parameter_draws import ParameterCloud
from mdsolve.status import Termination
from mdsolve.study.fitted_accuracy import accuracy_data, accuracy_spec
from mdsolve.study.stopping import stop_message, stop_termination

QUANTILES = (0.05, 0.5, 0.95)


def with_bands(
    instance: Instance,
    solution: Solution,
    draws: int,
    *,
    seed: int | None = None,
    monitor: Monitor | None = None,
) -> Solution:
    """Return a solution with the key `bands`: quantiles of the outcome over drawn parameters.

    Parameters
    ----------
    draws : int
        Number of draws; draw k depends on the seed and k alone.

    Returns
    -------
    Solution
        `bands` holds ``quantiles`` (3,), ``contributions``, ``payments``, ``accuracies`` and
        ``utilities`` (3, n), ``welfare`` and ``total_data`` (3,), and how many of the draws had
        an equilibrium (``solved``), provably none (``without_equilibrium``), or could not be
        solved (``failed``); ``reason`` is the first of them. With no solved draw the quantiles
        are left out.

    Raises
    ------
    UsageError
        Fewer than one draw.
    UnsupportedError
        The instance has no fit with fitted parameters, or Python objects as accuracies.
    """
    if draws < 1:
        raise UsageError.single("--draws", str(draws), "at least 1")
    fit = _fit_of(instance)
    assert isinstance(instance, SharingInstance)
    watch = monitor or Monitor()
    rule = sharing_mechanism(solution.mechanism.name)
    found: list[dict[str, Any]] = []
    counts = {"without_equilibrium": 0, "failed": 0, "inadmissible": 0}
    reason = ""
    stopped: BaseException | None = None
    tried = 0
    for values in cloud_of(fit).draw(seed or 0, draws):
        try:
            watch.advance("draws", tried, draws)
            drawn = drawn_instance(instance, fit, values)
            if drawn is None:
                counts["inadmissible"] += 1
            else:
                game = sharing_game(drawn)
                outcome = rule.outcome(game, dict(solution.mechanism.options), watch)
                if outcome.termination is Termination.SOLVED:
                    found.append(_numbers(game, outcome))
                else:
                    proved = outcome.termination is Termination.INFEASIBLE
                    counts["without_equilibrium" if proved else "failed"] += 1
                    reason = reason or outcome.message
        except (StopRequested, KeyboardInterrupt) as stop:
            stopped = stop
            break
        except (SolveError, UnsupportedError) as error:
            counts["failed"] += 1
            reason = reason or str(error)
        tried += 1
    bands: dict[str, Any] = {
        "draws": tried,
        "seed": seed or 0,
        "solved": len(found),
        **counts,
        "quantiles": list(QUANTILES),
    }
    if reason:
        bands["reason"] = reason
    for key in found[0] if found else ():
        table = np.array([entry[key] for entry in found])
        bands[key] = np.quantile(table, QUANTILES, axis=0)
    banded = replace(solution, answers={**solution.answers, "bands": bands})
    if stopped is None:
        return banded
    message = f"{solution.message} Stopped after {tried} of {draws} draws: {stop_message(stopped)}."
    return replace(banded, termination=stop_termination(stopped), message=message)


def cloud_of(fit: FitSpec) -> ParameterCloud:
    """Return the distribution of the fitted parameters."""
    lower, upper = bounds_of(fit.fitted)
    centre = np.array([float(value) for value in fit.unbounded])
    return ParameterCloud(centre, fit.covariance, fit.information, lower, upper)


def drawn_instance(
    instance: SharingInstance, fit: FitSpec, values: np.ndarray
) -> SharingInstance | None:
    """Return the instance with drawn parameters; None where its baseline reaches its ceiling.

    Parameters
    ----------
    values : ndarray, shape (P,)
        In the order of ``fit.fitted``.
    """
    parameters = {name: float(value) for name, value in fit.parameters.items()}
    parameters.update(zip(fit.fitted, values.tolist(), strict=True))
    if fit.family == "power" and parameters["baseline"] >= parameters["ceiling"]:
        return None
    if any(parameters[name] <= 0 for name in parameters if name.startswith("ceiling[")):
        return None
    data = accuracy_data(fit.family, fit.rows, fit.columns, parameters)
    return instance.model_copy(update={"accuracy": accuracy_spec(data)})


def _fit_of(instance: Instance) -> FitSpec:
    fit = getattr(instance, "fit", None)
    if fit is None:
        raise UnsupportedError.single(
            f"{instance.label}: fit",
            "no fit to draw from",
            "an instance written by mdsolve fit",
            "leave --draws out",
        )
    if not fit.fitted:
        got = f"the family {fit.family}, which has no parameters"
        fix = "fit again with --family power"
        raise UnsupportedError.single(f"{instance.label}: fit", got, "fitted parameters", fix)
    assert isinstance(fit, FitSpec)
    return fit


def _numbers(game: SharingGame, outcome: SharingOutcome) -> dict[str, Any]:
    s, payments, received = outcome.contributions, outcome.payments, outcome.received
    assert s is not None
    assert payments is not None
    return {
        "contributions": s,
        "payments": payments,
        "accuracies": game.accuracies(s) if received is None else received,
        "utilities": game.utilities(s, payments, received),
        "total_data": float(s.sum()),
        "welfare": game.welfare(s, received),
    }
