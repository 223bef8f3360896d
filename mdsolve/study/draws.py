"""What the uncertainty of a fit means for the outcome: equilibria at drawn parameters, as bands.

Parameters are drawn from the distribution that the section `fit` of the instance describes, each
draw makes a game of its own, and the mechanism's equilibrium is computed in each. Bands are
quantiles over the draws in which one was found. The draws' equilibria are not certified one by one;
the solution itself is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import SolveError, UnsupportedError, UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.fit import FitSpec
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.pieces.engine import Work
from mdsolve.pieces.place import store_for
from mdsolve.pieces.store import key_of
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import Solution, plain
from mdsolve.solver.fit.accuracy_fit import bounds_of
from mdsolve.solver.fit.parameter_draws import ParameterCloud
from mdsolve.status import Termination
from mdsolve.study.fitted_accuracy import accuracy_data, accuracy_spec
from mdsolve.study.sharing_problem import SharingProblem
from mdsolve.study.stopping import stop_message, stop_termination

QUANTILES = (0.05, 0.5, 0.95)


def with_bands(
    instance: Instance,
    solution: Solution,
    draws: int,
    *,
    seed: int | None = None,
    monitor: Monitor | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    output: Path | None = None,
    resume: bool = False,
) -> Solution:
    """Return a solution with the key `bands`: quantiles of the outcome over drawn parameters.

    Parameters
    ----------
    draws : int
        Number of draws; draw k depends on the seed and k alone.
    jobs : int
        Processes that share the draws.
    cluster : str or None
        Address of a dask scheduler to use instead (extra `cluster`).
    output : Path or None
        Finished draws are kept beside this file while others are missing.
    resume : bool
        Go on with what an earlier run has finished.

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
    context = Context(monitor or Monitor(), seed=seed, jobs=jobs)
    found: list[dict[str, Any]] = []
    counts = {"without_equilibrium": 0, "failed": 0, "inadmissible": 0}
    reason = ""
    stopped: BaseException | None = None
    tried = 0
    name, options = solution.mechanism.name, dict(solution.mechanism.options)
    pieces = [
        _Draw(instance, fit, values, name, options)
        for values in cloud_of(fit).draw(seed or 0, draws)
    ]
    about = [data_sha256(instance), name, plain(options), seed or 0, draws]
    beside = None if output is None else output.with_name(f"{output.name}.{name}")
    work: Work[_Draw, dict[str, Any] | _Missed] = Work(
        task=_drawn,
        pieces=pieces,
        label="draws",
        monitor=context.monitor,
        jobs=context.jobs,
        cluster=cluster,
        store=store_for("draws", beside, key_of("draws", about=about), resume=resume),
        encode=_to_plain,
        decode=_from_plain,
        settings=lambda piece: f"parameters {piece.values.tolist()}",
    )
    try:
        for drawn in work.in_order():
            tried += 1
            if isinstance(drawn, dict):
                found.append(drawn)
            else:
                counts[drawn.kind] += 1
                reason = reason or drawn.reason
    except (StopRequested, KeyboardInterrupt) as stop:
        stopped = stop
    else:
        work.store.remove()
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


@dataclass(frozen=True)
class _Draw:
    """One set of drawn parameters, and the rule to apply."""

    instance: SharingInstance
    fit: FitSpec
    values: np.ndarray
    mechanism: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class _Missed:
    """A draw without an equilibrium: which kind of miss, and why."""

    kind: str
    reason: str = ""


def _to_plain(drawn: dict[str, Any] | _Missed) -> Any:
    """Return the outcome of a draw as plain data: a mapping of numbers, or a list of two words."""
    return plain(drawn) if isinstance(drawn, dict) else [drawn.kind, drawn.reason]


def _from_plain(data: Any) -> dict[str, Any] | _Missed:
    if isinstance(data, list):
        return _Missed(*data)
    return {key: np.array(x) if isinstance(x, list) else x for key, x in data.items()}


def _drawn(draw: _Draw, monitor: Monitor) -> dict[str, Any] | _Missed:
    """Return the outcome at drawn parameters."""
    instance = drawn_instance(draw.instance, draw.fit, draw.values)
    if instance is None:
        return _Missed("inadmissible")
    try:
        problem = SharingProblem(instance, mechanism_named("sharing", draw.mechanism), draw.options)
        game = problem.build()
        outcome = problem.outcome(game, Context(monitor))
    except (SolveError, UnsupportedError) as error:
        return _Missed("failed", str(error))
    if outcome.termination is Termination.SOLVED:
        return _numbers(game, outcome)
    proved = outcome.termination is Termination.INFEASIBLE
    return _Missed("without_equilibrium" if proved else "failed", outcome.message)


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
