"""Fits of whatever holds the measurements: a CSV file, a training instance, or the file of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mdsolve.errors import Finding, UsageError
from mdsolve.instance import Instance, load
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor
from mdsolve.study.fit import FittedInstance, fit_curves
from mdsolve.study.fit_training import fit_training
from mdsolve.study.table_reading import is_table
from mdsolve.study.verb import verb


@verb
def fit(
    source: str | Path | Instance,
    *,
    family: str = "auto",
    given: Mapping[str, float] | None = None,
    costs: Mapping[str, float] | float | None = None,
    robust: bool = False,
    predict: Sequence[float] = (),
    decimal_comma: bool = False,
    levels: Sequence[float] | None = None,
    points: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    device: str = "cpu",
    jobs: int = 1,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> SharingInstance:
    """Fit accuracy functions and return the sharing game that has them.

    Parameters
    ----------
    source : str, Path or Instance
        A training instance or the file of one, which is trained at a design of contributions; or a
        table of measured accuracies (CSV, XLSX).
    family : {"auto", "power", "pac", "curve"}
        ``auto`` takes the family that predicts best.
    given : mapping
        Values of ``ceiling``, ``baseline``, ``exponent`` of `power` that are not to be fitted.
    costs : mapping, number or None
        With a table: money per sample by name, or for all.
    robust : bool
        With a table: let no outlier decide.
    predict : sequence of float
        With a table of totals: amounts of data at which to predict every accuracy, with a 90 %
        band, in the section ``fit.predictions``.
    decimal_comma : bool
        With a table: whether numbers are written 0,93.
    levels, points, replicates : sequence of float, int, int
        The design of the training runs: shares of everybody's data, or the number of points of a
        Latin hypercube; runs per point.
    jobs : int
        Worker processes; the result does not depend on them.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    SharingInstance
        With the section `fit`: parameters, standard errors, covariance, lack of fit, warnings, and
        how it was measured.

    Raises
    ------
    InstanceError, SolveError
        Measurements or training data that cannot be used, or a model that diverged.
    UnsupportedError
        The measurements do not determine the parameters.
    UsageError
        Options that say nothing about this kind of source.

    Examples
    --------
    >>> game = fit("instances/cases/learning-curves.csv", given={"exponent": 1.0})
    >>> game.fit.family, float(game.fit.parameters["ceiling"])
    ('power', 0.927237)
    """
    del throw  # `verb` reads it
    monitor = monitor or Monitor(time_limit=time_limit)
    return fitted_from(
        source,
        family=family,
        given=given,
        costs=costs,
        robust=robust,
        predict=predict,
        decimal_comma=decimal_comma,
        levels=levels,
        points=points,
        replicates=replicates,
        seed=seed,
        device=device,
        jobs=jobs,
        monitor=monitor,
    ).instance


def fitted_from(
    source: str | Path | Instance,
    *,
    family: str = "auto",
    given: Mapping[str, float] | None = None,
    costs: Mapping[str, float] | float | None = None,
    robust: bool = False,
    predict: Sequence[float] = (),
    decimal_comma: bool = False,
    levels: Sequence[float] | None = None,
    points: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    device: str = "cpu",
    jobs: int = 1,
    store: Path | None = None,
    monitor: Monitor | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> FittedInstance:
    """Return the game of `fit` together with its assessment and plain data.

    Parameters
    ----------
    store, announce
        As in `fit_training`.

    Raises
    ------
    UsageError
        Options that say nothing about this kind of source, or an instance that is not trained.
    """
    path = Path(source) if isinstance(source, (str, Path)) else None
    if path is not None and is_table(path):
        used = {"levels": levels, "points": points, "replicates": replicates, "seed": seed}
        _refuse(used, f"with {path.name}", "training instances only")
        return fit_curves(
            path,
            family=family,
            given=given,
            costs=costs,
            robust=robust,
            predict=predict,
            decimal_comma=decimal_comma,
            monitor=monitor,
        )
    instance = load(source) if isinstance(source, (str, Path)) else source
    only = {
        "cost": costs,
        "robust": robust or None,
        "predict": predict or None,
        "decimal_comma": decimal_comma or None,
    }
    _refuse(only, f"with {instance.label}", "tables only")
    if not isinstance(instance, TrainingInstance):
        expected = "a training instance, or a table of measured accuracies"
        where = f"{instance.label}: kind"
        raise UsageError.single(where, instance.kind, expected, "mdsolve solve")
    return fit_training(
        instance,
        family=family,
        given=given,
        levels=levels,
        points=points,
        replicates=replicates,
        seed=seed,
        device=device,
        jobs=jobs,
        store=store,
        monitor=monitor,
        announce=announce,
    )


def _refuse(options: Mapping[str, Any], got: str, expected: str) -> None:
    """Raise `UsageError` for options that say nothing about this kind of source."""
    named = [name for name, value in options.items() if value is not None]
    if named:
        raise UsageError(Finding(f"--{name}", got, expected, "leave it out") for name in named)
