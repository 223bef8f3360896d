"""From measurements to a sharing instance: choose a family, fit it, say how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.errors import Finding, InstanceError, UnsupportedError, UsageError
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.fit.accuracy_fit import SHAPE, Fit, Floats, Measurements
from mdsolve.solver.fit.alternatives import (
    FAMILIES,
    Prediction,
    compare_families,
    fit_family,
    fit_robustly,
    preferred,
)
from mdsolve.solver.fit.prediction import PredictedAccuracy, predicted_accuracy
from mdsolve.solver.fit.statistics import Fall, LackOfFit, explained, falls, lack_of_fit
from mdsolve.study.fitted_accuracy import accuracy_data, rounded, tidy
from mdsolve.study.measured_csv import MeasuredTable, read_measurements
from mdsolve.tolerance import ROUND_OFF

MATRIX_DIGITS = 9
"""Significant digits of matrices, which are inverted later."""

FLAT_FIX = "measure at more amounts of data, or more often at each"

DEFAULT_MECHANISM = "shapley"
"""Of instances written from measurements that name none."""


@dataclass(frozen=True)
class Assessment:
    """A fit and everything that is said about it.

    Parameters
    ----------
    r2 : float or None
        Explained share of the variance of all accuracies.
    residuals : ndarray, shape (K,)
        Measured less fitted, in accuracy.
    comparison : mapping
        How well each family predicts design points held out.
    predictions : sequence of PredictedAccuracy
        What was asked for.
    """

    measurements: Measurements
    fit: Fit
    r2: float | None
    residuals: Floats
    lack_of_fit: LackOfFit
    falls: Sequence[Fall]
    comparison: Mapping[str, Prediction]
    predictions: Sequence[PredictedAccuracy] = ()

    @property
    def max_residual(self) -> float:
        """Largest absolute residual, in accuracy."""
        return float(np.abs(self.residuals).max())

    @property
    def root_mean_square(self) -> float:
        """Root mean square residual, in accuracy."""
        return math.sqrt(float((self.residuals**2).mean()))

    def warnings(self) -> list[str]:
        """Return what a user must know before they trust the fit, in sentences."""
        found = []
        test = self.lack_of_fit
        if test.found:
            found.append(
                f"the family {self.fit.family} does not fit ({test.test} test, p = "
                f"{test.p_value:.2g}): residuals up to {self.max_residual:.3f} of accuracy are "
                "more than scatter"
            )
        found += self.fit.remarks
        open_ = [
            f"{name} ({value:.3g}, standard error {error:.2g})"
            for name, value, error in zip(
                self.fit.names, self.fit.values, self.fit.standard_errors, strict=True
            )
            if error > abs(value) and name not in self.fit.at_bound
        ]
        if open_:
            found.append(
                f"the measurements leave open {', '.join(open_)}: measure at more amounts of data "
                "or more often, or fix ceiling, baseline or exponent"
            )
        found += [fall_words(fall, self.measurements.columns) for fall in self.falls]
        for name in self.fit.at_bound:
            value = self.fit.parameters[name]
            if name.startswith("weight"):
                found.append(f"{name} is 0: that data is not seen to help")
            elif name not in self.fit.fixed:
                found.append(f"{name} lies on its bound {value:g}")
        return found


@dataclass(frozen=True)
class FittedInstance:
    """A sharing instance written from measurements.

    Parameters
    ----------
    data : dict
        The instance as plain data, section `fit` included.
    """

    assessment: Assessment
    data: dict[str, Any]
    instance: SharingInstance


def fall_words(fall: Fall, columns: Sequence[str]) -> str:
    """Return the sentence that says where more data came with less accuracy."""
    place = list(columns).index(fall.column)
    others = [
        f"{amount:g} of {name}"
        for name, amount in zip(columns, fall.amounts, strict=True)
        if name != fall.column and amount > 0
    ]
    beside = f" beside {', '.join(others)}" if others else ""
    whose = "more data" if fall.column == "total" else f"more data of {fall.column}"
    return (
        f"{whose} lowers the accuracy of {fall.row}, from {fall.before:.3f} at "
        f"{fall.amounts[place]:g} to {fall.after:.3f} at {fall.raised:g}{beside}; "
        "the fitted function cannot fall"
    )


def assess(
    measurements: Measurements,
    family: str = "auto",
    given: Mapping[str, float] | None = None,
    *,
    robust: bool = False,
    predict: Sequence[float] = (),
) -> Assessment:
    """Fit measurements and test the fit.

    Parameters
    ----------
    family : {"auto", "power", "pac", "curve"}
        ``auto`` takes the family with the least error of prediction, `power` if it is as good.
    given : mapping
        Values of ``ceiling``, ``baseline``, ``exponent`` of `power` that are not to be fitted.
    robust : bool
        Let no outlier decide (Huber's weights).
    predict : sequence of float
        Totals of data at which to predict every row's accuracy, with a 90 % band.

    Raises
    ------
    UsageError
        An unknown family or parameter, or one outside its limits.
    UnsupportedError
        The measurements do not determine the parameters.
    """
    _require_known(family, given or {})
    comparison = compare_families(measurements, given)
    chosen = preferred(comparison) if family == "auto" else family
    fit = (fit_robustly if robust else fit_family)(chosen, measurements, given)
    return Assessment(
        measurements,
        fit,
        explained(measurements, fit),
        measurements.accuracies - fit.fitted,
        lack_of_fit(measurements, fit),
        falls(measurements, fit),
        comparison,
        [
            predicted_accuracy(fit, measurements, row, samples)
            for row in range(len(measurements.rows))
            for samples in predict
        ],
    )


def _require_known(family: str, given: Mapping[str, float]) -> None:
    if family not in ("auto", *FAMILIES):
        raise UsageError.single("--family", repr(family), f"auto, {', '.join(FAMILIES)}")
    findings = []
    if given and family not in ("auto", "power"):
        findings.append(Finding(f"--family {family}", f"with {', '.join(given)}", "power or auto"))
    for name, value in given.items():
        least = value > 0 if name in ("exponent", "ceiling") else value >= 0
        if name not in SHAPE or not math.isfinite(value) or not least:
            findings.append(Finding(f"--{name}", f"{value:g}", "a positive number"))
        elif name != "exponent" and value > 1:
            findings.append(Finding(f"--{name}", f"{value:g}", "at most 1"))
    if given.get("baseline", 0.0) >= given.get("ceiling", math.inf):
        got = f"{given['baseline']:g}"
        findings.append(Finding("--baseline", got, f"less than the ceiling {given['ceiling']:g}"))
    if findings:
        raise UsageError(findings)


def fit_section(found: Assessment, protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section `fit` of an instance as plain data."""
    fit = found.fit
    names = fit.names
    errors = {n: rounded(float(e), 3) for n, e in zip(names, fit.standard_errors, strict=True)}
    section: dict[str, Any] = {
        "family": fit.family,
        "rows": list(fit.rows),
        "columns": list(fit.columns),
        "parameters": {name: rounded(value) for name, value in fit.parameters.items()},
        "fitted": list(names),
        "standard_errors": errors,
        "unbounded": [rounded(float(value)) for value in fit.unbounded],
        "covariance": _table(fit.covariance),
        "information": _table(fit.information),
        "at_bound": list(fit.at_bound),
        "observations": len(found.measurements),
        "design_points": int(found.measurements.points().max()) + 1,
        "max_residual": rounded(found.max_residual, 4),
        "root_mean_square": rounded(found.root_mean_square, 4),
        "lack_of_fit": {
            key: rounded(value, 4) if isinstance(value, float) else value
            for key, value in found.lack_of_fit.to_dict().items()
        },
        "comparison": {
            family: rounded(entry.error, 4)
            for family, entry in found.comparison.items()
            if math.isfinite(entry.error)
        },
        "predictions": [
            {key: rounded(x) if isinstance(x, float) else x for key, x in asdict(entry).items()}
            for entry in found.predictions
        ],
        "warnings": found.warnings(),
        "protocol": dict(protocol),
    }
    if found.r2 is not None:
        section["r2"] = rounded(found.r2)
    return section


def _table(matrix: Floats) -> list[list[float]]:
    return [[rounded(float(value), MATRIX_DIGITS) for value in row] for row in matrix]


def sharing_document(
    found: Assessment,
    agents: Sequence[Mapping[str, Any]],
    protocol: Mapping[str, Any],
    heading: Mapping[str, Any],
) -> FittedInstance:
    """Return the sharing instance with fitted accuracies.

    Parameters
    ----------
    agents : sequence of mapping
        Agents as an instance lists them, each with one of the fit's rows as its group.
    heading : mapping
        ``name``, ``title``, ``source``, ``mechanism`` of the instance.

    Raises
    ------
    UnsupportedError
        Accuracy does not rise with data at all, so that there is nothing to share for.
    """
    fit = found.fit
    parameters = {name: rounded(value) for name, value in fit.parameters.items()}
    flat = fit.family == "curve" and all(np.ptp(y) <= ROUND_OFF for _, y in fit.curves.values())
    if flat or (fit.family == "power" and parameters["ceiling"] <= parameters["baseline"]):
        raise UnsupportedError.single(
            "measurements", "accuracies that do not rise with data", "some use of data", FLAT_FIX
        )
    curves = {
        row: [(float(x), rounded(float(y))) for x, y in zip(*curve, strict=True)]
        for row, curve in fit.curves.items()
    }
    data = tidy(
        {
            "format": "mdsolve/1",
            "kind": "sharing",
            **heading,
            "agents": agents,
            "accuracy": accuracy_data(fit.family, fit.rows, fit.columns, parameters, curves),
            "fit": fit_section(found, protocol),
        }
    )
    instance = parse(data)
    assert isinstance(instance, SharingInstance)
    return FittedInstance(found, data, instance)


def fit_curves(
    path: Path,
    *,
    family: str = "auto",
    given: Mapping[str, float] | None = None,
    costs: Mapping[str, float] | float | None = None,
    robust: bool = False,
    predict: Sequence[float] = (),
    decimal_comma: bool = False,
    monitor: Monitor | None = None,
) -> FittedInstance:
    """Return the sharing instance that a table of measured accuracies describes.

    Parameters
    ----------
    costs : mapping, number or None
        Money per sample by name, or for all; None takes the file's column ``cost``.
    robust, predict
        As in `assess`.
    decimal_comma : bool
        Whether numbers are written 0,93.

    Raises
    ------
    InstanceError
        Bad cells and columns, each with its line, or agents without a cost.
    UnsupportedError
        The measurements do not determine the parameters.
    """
    table = read_measurements(path, decimal_comma=decimal_comma)
    rates = _costs(path, table, costs)
    (monitor or Monitor()).check_time()
    found = assess(table.measurements, family, given, robust=robust, predict=predict)
    tops = _largest_amounts(table.measurements)
    agents = []
    for row in table.measurements.rows:
        agent: dict[str, Any] = {"name": row, "cost": rates[row], "group": row}
        agent["capacity"] = table.attributes["capacity"].get(row, tops[row])
        for key in ("value", "budget"):
            if row in table.attributes[key]:
                agent[key] = table.attributes[key][row]
        agents.append(agent)
    protocol = {
        "measurements": path.name,
        "sha256": table.sha256,
        "one_row_per": table.kind,
        "capacity": "as measured at most" if not table.attributes["capacity"] else "as given",
    }
    heading = {
        "name": path.stem,
        "source": f"fitted to {path.name}",
        "mechanism": {"name": DEFAULT_MECHANISM},
    }
    return sharing_document(found, agents, protocol, heading)


def _costs(
    path: Path, table: MeasuredTable, costs: Mapping[str, float] | float | None
) -> Mapping[str, float]:
    rows = table.measurements.rows
    given = dict(table.attributes["cost"])
    if isinstance(costs, Mapping):
        unknown = [name for name in costs if name not in rows]
        if unknown:
            raise UsageError(
                Finding("--cost", f"{name!r}", "one of " + ", ".join(rows)) for name in unknown
            )
        given.update(costs)
    elif costs is not None:
        given = dict.fromkeys(rows, float(costs))
    missing = [name for name in rows if name not in given]
    if missing:
        fix = f"add a column cost, or --cost 0.001, or --cost {missing[0]}=0.001"
        raise InstanceError(
            Finding(f"{path}: {name}", "no cost", "money per sample", fix) for name in missing
        )
    return given


def _largest_amounts(data: Measurements) -> dict[str, float]:
    """Return the largest amount measured of each row's own data, or of all where only that is."""
    if len(data.columns) == len(data.rows) and data.columns == data.rows:
        return {
            name: float(data.amounts[:, place].max()) for place, name in enumerate(data.columns)
        }
    return {
        name: float(data.amounts[data.row == place, 0].max())
        for place, name in enumerate(data.rows)
    }
