"""A fit as tables for the terminal: parameters, how well they fit, what to beware of."""

from __future__ import annotations

import math
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number
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
    parts.append(Text(_quality(found)))
    parts.append(Text(_comparison(found) + "\n"))
    parts.extend(Text(f"Warning: {words}.\n") for words in found.warnings())
    return Group(*parts)


def _table(title: str, *heads: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    return table


def _shape(found: Assessment) -> RenderableType:
    fit = found.fit
    errors = dict(zip(fit.names, fit.standard_errors.tolist(), strict=True))
    table = _table(f"Fit of the family {fit.family}", "parameter", "value", "standard error", "")
    for name, value in fit.parameters.items():
        if name.startswith("weight"):
            continue
        remark = "given" if name in fit.fixed else "on its bound" if name in fit.at_bound else ""
        table.add_row(name, number(value, 5), number(errors.get(name), 2), remark)
    return table


def _weights(found: Assessment) -> RenderableType:
    fit = found.fit
    errors = dict(zip(fit.names, fit.standard_errors.tolist(), strict=True))
    heads = [f"data of {column}" if column != "total" else "all data" for column in fit.columns]
    table = _table("Weights, with standard errors", "accuracy of", *heads)
    for row in fit.rows:
        cells = []
        for column in fit.columns:
            name = f"weight[{row}][{column}]"
            cells.append(f"{number(fit.parameters[name], 3)} ({number(errors[name], 2)})")
        table.add_row(row, *cells)
    return table


def _curves(found: Assessment) -> RenderableType:
    table = _table("Fitted curves", "accuracy of", "points", "from", "to", "reached")
    for row, (samples, heights) in found.fit.curves.items():
        ends = (number(samples[0], 4), number(samples[-1], 4), number(heights[-1], 4))
        table.add_row(row, str(len(samples)), *ends)
    return table


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
