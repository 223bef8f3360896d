"""A fit as tables for the terminal: parameters, how well they fit, what to beware of."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.legible import legible
from mdsolve.report.numbers import column, number
from mdsolve.report.text.console import Grid
from mdsolve.study.fit import Assessment, FittedInstance


def fit_view(fitted: FittedInstance) -> RenderableType:
    """Return everything a reader wants to see of a fit."""
    found = fitted.assessment
    parts: list[RenderableType] = []
    if found.fit.family == "curve":
        parts.append(_curves(found))
    else:
        parts.append(_shape(found))
        if found.fit.family == "power":
            parts.append(_weights(found))
    if found.predictions:
        parts.append(_predictions(found))
    parts.append(Text(_quality(found)))
    parts.append(Text(_comparison(found) + "\n"))
    parts.extend(Text(f"Warning: {legible(words)}.\n") for words in found.warnings())
    return Group(*parts)


def _shape(found: Assessment) -> RenderableType:
    fit = found.fit
    errors = dict(zip(fit.names, fit.standard_errors.tolist(), strict=True))
    names = [name for name in fit.parameters if not name.startswith("weight")]
    remarks = dict.fromkeys(fit.at_bound, "on its bound") | dict.fromkeys(fit.fixed, "given")
    return Grid(
        f"Fit of the family {fit.family}",
        ["parameter", "value", "standard error", ""],
        [
            names,
            [number(fit.parameters[name], 5) for name in names],
            [number(errors.get(name), 2) for name in names],
            [remarks.get(name, "") for name in names],
        ],
    )


def _weights(found: Assessment) -> RenderableType:
    fit = found.fit
    errors = dict(zip(fit.names, fit.standard_errors.tolist(), strict=True))
    heads = [f"data of {legible(x)}" if x != "total" else "all data" for x in fit.columns]
    cells = []
    for data in fit.columns:
        names = [f"weight[{row}][{data}]" for row in fit.rows]
        values = column((fit.parameters[name] for name in names), 3)
        scatter = [number(errors[name], 2) for name in names]
        cells.append([f"{x} ({e})" for x, e in zip(values, scatter, strict=True)])
    title = "Weights, with standard errors"
    return Grid(title, ["accuracy of", *heads], [list(map(legible, fit.rows)), *cells])


def _curves(found: Assessment) -> RenderableType:
    curves = found.fit.curves
    return Grid(
        "Fitted curves",
        ["accuracy of", "points", "from", "to", "reached"],
        [
            list(map(legible, curves)),
            [f"{len(samples):,}" for samples, _ in curves.values()],
            column(samples[0] for samples, _ in curves.values()),
            column(samples[-1] for samples, _ in curves.values()),
            column((heights[-1] for _, heights in curves.values()), 4),
        ],
    )


def _predictions(found: Assessment) -> RenderableType:
    entries = found.predictions
    return Grid(
        "Predicted accuracies, with 90 % bands",
        ["accuracy of", "samples", "predicted", "from", "to"],
        [
            [legible(entry.row) for entry in entries],
            column(entry.samples for entry in entries),
            *(
                column((getattr(entry, key) for entry in entries), 4)
                for key in ("accuracy", "low", "high")
            ),
        ],
    )


def _quality(found: Assessment) -> str:
    data, test = found.measurements, found.lack_of_fit
    r2 = "" if found.r2 is None else f"R2 {found.r2:.4f}; "
    words = (
        f"{len(data):,} accuracies at {int(data.points().max()) + 1:,} design points; {r2}"
        f"residuals {found.root_mean_square:.4f} on average (root mean square), "
        f"{found.max_residual:.4f} at most.\n"
    )
    if test.test == "none":
        return words + f"Lack of fit: not tested; {test.reason}.\n"
    freedom = ", ".join(str(degrees) for degrees in test.freedom)
    scatter = "" if test.pure_error is None else f"; replicates scatter by {test.pure_error:.4f}"
    return words + (
        f"Lack of fit: {test.test} = {number(test.statistic, 4)} ({freedom} degrees of freedom), "
        f"p = {number(test.p_value, 2)}{scatter}.\n"
    )


def _comparison(found: Assessment) -> str:
    def shown(entry: Any) -> str:
        return f"{entry.error:.4f}" if math.isfinite(entry.error) else "cannot be fitted"

    listed = ", ".join(f"{name} {shown(entry)}" for name, entry in found.comparison.items())
    return f"Error at design points held out, by family: {listed}."
