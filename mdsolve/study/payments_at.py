"""A sharing mechanism's payments at given contributions, equilibrium or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.agent_weights import ratios_of
from mdsolve.mechanism.chosen import Rule
from mdsolve.mechanism.shapley import WEIGHTED
from mdsolve.shapley.routes import shapley
from mdsolve.solution import Solution
from mdsolve.study.agreement_table import read_agreement
from mdsolve.study.problem import problem_of
from mdsolve.study.table_reading import is_table

Floats = npt.NDArray[np.float64]


def payments_at(
    instance: SharingInstance,
    mechanism: str | Rule | None,
    contributions: Sequence[float] | Floats | str,
    *,
    options: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """Return what a mechanism pays at contributions that anybody chose.

    Parameters
    ----------
    contributions : sequence of float or str
        Samples; as text either numbers separated by commas, a solution file, or a table.

    Returns
    -------
    dict
        ``payments`` and ``utilities`` in money, ``accuracies`` of the models handed out; under
        `shapley` also ``shapley`` (shares), ``shapley_gradient`` (d phi_i / d s_i), ``method`` and
        ``error_estimate``; with another index or weights ``banzhaf``, ``weighted_shapley``.

    Raises
    ------
    UsageError, SolutionFileError
        For contributions that are not one number per agent within [0, capacity].

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> found = payments_at(game, "shapley", "3,1")
    >>> [round(float(share), 6) for share in found["shapley"]]
    [1.05, 0.55]
    """
    problem = problem_of(instance, mechanism, options)
    rule, effective = problem.rule, problem.options
    game = problem.build()
    s = _contributions(game, contributions)
    paid = rule.payments(game, s, effective)
    received = rule.received(game, s, effective)
    result: dict[str, Any] = {
        "mechanism": {"name": rule.name, "options": effective},
        "agents": list(game.agents),
        "contributions": s,
        "payments": paid,
        "utilities": game.utilities(s, paid, received),
        "accuracies": game.accuracies(s) if received is None else received,
    }
    if rule.name == "shapley":
        index, ratios = effective["index"], ratios_of(game, effective["weights"])
        values = shapley(game, s, index=index, seed=seed, derivatives=True, ratios=ratios)
        key = index if ratios is None else WEIGHTED
        result |= {
            key: values.shares,
            f"{key}_gradient": values.slopes,
            "method": values.method,
            "error_estimate": values.error_estimate,
        }
    return result


def _contributions(game: SharingGame, given: Sequence[float] | Floats | str) -> Floats:
    if isinstance(given, str):
        s = _read(given, game.agents)
    else:
        s = np.array([float(exact_number(entry)) for entry in given])
    expected = f"{game.size} numbers, one per agent, from 0 to the agent's capacity"
    if s.shape != (game.size,):
        raise UsageError.single("contributions", f"{s.size} numbers", expected)
    outside = np.flatnonzero((s < 0) | (s > game.capacity))
    if outside.size:
        raise UsageError(
            Finding("contributions", f"{s[k]:g} for {game.agents[k]}", expected)
            for k in outside[:10]
        )
    return s


def _read(text: str, names: Sequence[str]) -> Floats:
    try:
        return np.array([float(exact_number(part)) for part in text.split(",")])
    except ValueError:
        path = Path(text)
        if not path.suffix:
            expected = "numbers separated by commas, or a solution file"
            raise UsageError.single("contributions", repr(text), expected) from None
    if is_table(path):
        agreed = read_agreement(path, names).get("contributions")
        if agreed is None:
            got = f"{path}, without contributions"
            raise UsageError.single("contributions", got, "a column contribution")
        return np.array([float(x) for x in agreed])
    found = Solution.load(path).answers.get("contributions")
    if found is None:
        got = f"{path}, without contributions"
        raise UsageError.single("contributions", got, "a sharing solution")
    return np.array([float(x) for x in found])
