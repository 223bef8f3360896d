"""How far a fit can be trusted: explained variance, lack of fit, falls where data should help."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mdsolve.solver.fit.accuracy_fit import Fit, Floats, Measurements
from mdsolve.tolerance import ROUND_OFF

FALL_LEVEL = 0.01
"""Probability of warning of any fall at all where accuracy never falls with data."""

MISFIT_LEVEL = 0.05
"""Probability below which the family is said not to fit."""


@dataclass(frozen=True)
class LackOfFit:
    """Test of the family against replicated measurements, or against known variances.

    Parameters
    ----------
    test : {"F", "chi-squared", "none"}
        ``F`` compares the misfit of design points' means with the scatter of replicates;
        ``chi-squared`` compares residuals with variances known from elsewhere.
    statistic, p_value : float or None
    freedom : tuple of int
        Degrees of freedom of the misfit, and of the scatter.
    pure_error : float or None
        Standard deviation of replicates, in accuracy.
    reason : str
        Why there is no test.
    """

    test: str
    statistic: float | None = None
    p_value: float | None = None
    freedom: tuple[int, ...] = ()
    pure_error: float | None = None
    reason: str = ""

    @property
    def found(self) -> bool:
        """Tell whether the family does not fit."""
        return self.p_value is not None and self.p_value < MISFIT_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Return the test as plain data."""
        kept = {
            "test": self.test,
            "statistic": self.statistic,
            "p_value": self.p_value,
            "freedom": list(self.freedom),
            "pure_error": self.pure_error,
            "reason": self.reason,
        }
        return {key: value for key, value in kept.items() if value not in (None, "", [])}


@dataclass(frozen=True)
class Fall:
    """A place where more data of one column came with less accuracy of one row.

    Parameters
    ----------
    amounts : ndarray, shape (columns,)
        Where the data of `column` stood before it was raised to `raised`.
    before, after : float
        Mean accuracies.
    deviations : float
        The fall in standard errors of the difference.
    """

    row: str
    column: str
    amounts: Floats
    raised: float
    before: float
    after: float
    deviations: float


def explained(data: Measurements, fit: Fit) -> float | None:
    """Return R squared, 1 - residual / total sum of squares; None where nothing varies."""
    spread = float(((data.accuracies - data.accuracies.mean()) ** 2).sum())
    if spread <= ROUND_OFF:
        return None
    return 1 - float(((data.accuracies - fit.fitted) ** 2).sum()) / spread


def lack_of_fit(data: Measurements, fit: Fit) -> LackOfFit:
    """Test whether the scatter about the fit is more than the scatter of replicates.

    With weights 1/v: F = (misfit / (m - P)) / (scatter / (K - m)) for K observations at m design
    points and P fitted parameters (Draper and Smith, Applied Regression Analysis, section 2.1).
    """
    from scipy import stats

    variances = data.variances(fit.fitted)
    points = data.points()
    weight = 1 / variances
    means = np.bincount(points, weight * data.accuracies) / np.bincount(points, weight)
    scatter = float((weight * (data.accuracies - means[points]) ** 2).sum())
    total = float((weight * (data.accuracies - fit.fitted) ** 2).sum())
    observations, different, parameters = len(data), int(points.max()) + 1, len(fit.names)
    replicates, misfits = observations - different, different - parameters
    if misfits <= 0:
        return LackOfFit("none", reason="no more design points than parameters")
    if fit.family == "curve":
        return LackOfFit("none", reason="a curve through the points leaves nothing to test")
    if replicates > 0 and scatter > ROUND_OFF * float(weight @ data.accuracies**2):
        statistic = ((total - scatter) / misfits) / (scatter / replicates)
        spread = float(((data.accuracies - means[points]) ** 2).sum())
        return LackOfFit(
            "F",
            statistic,
            float(stats.f.sf(statistic, misfits, replicates)),
            (misfits, replicates),
            math.sqrt(spread / replicates),
        )
    if data.known_variance:
        freedom = observations - parameters
        return LackOfFit("chi-squared", total, float(stats.chi2.sf(total, freedom)), (freedom,))
    return LackOfFit("none", reason="no replicates that differ, and no known variances")


def falls(data: Measurements, fit: Fit) -> list[Fall]:
    """Return, for each row and column, the clearest fall of accuracy with more data of the column.

    Design points that differ in one column only are compared, neighbours and others; a fall counts
    if it exceeds what scatter explains with probability `FALL_LEVEL` over all comparisons.
    """
    from scipy import stats

    variances = data.variances(fit.fitted)
    points = data.points()
    weight = 1 / variances
    sums = np.bincount(points, weight)
    means = np.bincount(points, weight * data.accuracies) / sums
    replicates = len(data) - len(sums)
    factor = 1.0
    if not data.known_variance:
        scatter = float((weight * (data.accuracies - means[points]) ** 2).sum())
        factor = scatter / replicates if replicates > 0 else fit.dispersion
    spread = factor / sums
    first = np.unique(points, return_index=True)[1]
    row, amounts = data.row[first], data.amounts[first]
    pairs = [
        (i, j) if amounts[i, column] < amounts[j, column] else (j, i)
        for i, j in combinations(range(len(first)), 2)
        if row[i] == row[j] and len(differing := np.flatnonzero(amounts[i] != amounts[j])) == 1
        for column in differing
    ]
    if not pairs:
        return []
    threshold = float(stats.norm.isf(FALL_LEVEL / len(pairs)))
    worst: dict[tuple[int, int], Fall] = {}
    for less, more in pairs:
        deviation = math.sqrt(float(spread[less] + spread[more]))
        fall = float(means[less] - means[more])
        if fall <= threshold * deviation or fall <= ROUND_OFF:
            continue
        column = int(np.flatnonzero(amounts[less] != amounts[more])[0])
        clear = fall / deviation if deviation > 0 else math.inf
        key = (int(row[less]), column)
        if key not in worst or clear > worst[key].deviations:
            worst[key] = Fall(
                data.rows[key[0]],
                data.columns[column],
                amounts[less],
                float(amounts[more, column]),
                float(means[less]),
                float(means[more]),
                clear,
            )
    return [worst[key] for key in sorted(worst)]
