"""When an equilibrium is proved to be the only one.

Two arguments are used. A strictly concave potential has one maximiser. And for payoffs
value_i f(y_i) with y = W s, f strictly concave: if D W + W' D is positive definite for some
positive diagonal D, two equilibria would have to share y (Rosen's argument on
sum_i d_i (slope_i(s) - slope_i(t)) (s_i - t_i) with the slopes' monotone transforms), hence s.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import GroupWeights
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

SCALING_ROUNDS = 50
DENSE_LIMIT = 2000
"""Largest matrix whose eigenvalues are computed."""


def strictly_diagonally_monotone(matrix: Floats) -> bool:
    """Tell whether D W + W' D is positive definite for one of a few candidate D.

    Candidates: the identity, the inverse diagonal, and diagonals that balance rows and columns.
    A negative answer means only that no candidate worked.
    """
    if np.any(np.diagonal(matrix) <= 0):
        return False
    for diagonal in _candidates(matrix):
        symmetric = diagonal[:, None] * matrix
        symmetric = symmetric + symmetric.T
        least = float(np.linalg.eigvalsh(symmetric)[0])
        if least > ROUND_OFF * len(matrix) * float(np.abs(symmetric).max()):
            return True
    return False


def _candidates(matrix: Floats) -> Iterator[Floats]:
    n = len(matrix)
    yield np.ones(n)
    yield 1 / np.diagonal(matrix)
    diagonal = np.ones(n)
    for _ in range(SCALING_ROUNDS):
        rows = (diagonal[:, None] * matrix).sum(axis=1)
        columns = (diagonal[:, None] * matrix).sum(axis=0)
        diagonal = diagonal * np.sqrt(np.maximum(columns, ROUND_OFF) / np.maximum(rows, ROUND_OFF))
        diagonal = diagonal / diagonal.mean()
    yield diagonal


def proves_uniqueness(game: SharingGame) -> bool:
    """Tell whether the weights of a `power` game prove that the equilibrium's y is unique.

    With weights by group the totals of the groups are meant; ties inside a group are the caller's.
    """
    accuracy = game.accuracy
    if not isinstance(accuracy, WeightedAccuracy) or not isinstance(accuracy.curve, PowerCurve):
        return False
    weights = accuracy.weights
    if isinstance(weights, GroupWeights):
        return strictly_diagonally_monotone(weights.table)
    return weights.agents <= DENSE_LIMIT and strictly_diagonally_monotone(weights.dense())
