"""A sharing mechanism's payments at given contributions, equilibrium or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.claim import sharing_claim_from
from mdsolve.errors import Finding, UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame, require_costs, require_given_model
from mdsolve.instance.numbers import exact_number
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import sharing_mechanism
from mdsolve.shapley.routes import shapley
from mdsolve.solution_files import read_solution_data

Floats = npt.NDArray[np.float64]


def payments_at(
    instance: SharingInstance,
    mechanism: str,
    contributions: Sequence[float] | Floats | str,
    *,
    options: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """Return what a mechanism pays at contributions that anybody chose.

    Parameters
    ----------
    contributions : sequence of float or str
        Samples; as text either numbers separated by commas or a solution file.

    Returns
    -------
    dict
        ``payments`` and ``utilities`` in money, ``accuracies`` of the models handed out; under
        `shapley` also ``shapley`` (shares), ``shapley_gradient`` (d phi_i / d s_i), ``method`` and
        ``error_estimate``.

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
    rule = sharing_mechanism(mechanism)
    effective = effective_options(mechanism, rule.options, options or {})
    game = sharing_game(instance)
    require_costs(game, private=rule.private_costs)
    require_given_model(game, learns=rule.learns)
    s = _contributions(game, contributions)
    paid = rule.payments(game, s, effective)
    received = rule.received(game, s, effective)
    result: dict[str, Any] = {
        "mechanism": {"name": mechanism, "options": effective},
        "agents": list(game.agents),
        "contributions": s,
        "payments": paid,
        "utilities": game.utilities(s, paid, received),
        "accuracies": game.accuracies(s) if received is None else received,
    }
    if mechanism == "shapley":
        index = effective["index"]
        values = shapley(game, s, index=index, seed=seed, derivatives=True)
        result |= {
            index: values.shares,
            f"{index}_gradient": values.slopes,
            "method": values.method,
            "error_estimate": values.error_estimate,
        }
    return result


def _contributions(game: SharingGame, given: Sequence[float] | Floats | str) -> Floats:
    if isinstance(given, str):
        s = _read(game, given)
    else:
        s = np.array([float(exact_number(entry)) for entry in given])
    expected = f"{game.size} numbers, one per agent, from 0 to the agent's capacity"
    if s.shape != (game.size,):
        raise UsageError.single("--at", f"{s.size} numbers", expected)
    outside = np.flatnonzero((s < 0) | (s > game.capacity))
    if outside.size:
        raise UsageError(
            Finding("--at", f"{s[k]:g} for {game.agents[k]}", expected) for k in outside[:10]
        )
    return s


def _read(game: SharingGame, text: str) -> Floats:
    try:
        return np.array([float(exact_number(part)) for part in text.split(",")])
    except ValueError:
        path = Path(text)
        if not path.suffix:
            expected = "numbers separated by commas, or a solution file"
            raise UsageError.single("--at", repr(text), expected) from None
    claim = sharing_claim_from(read_solution_data(path), game, path.parent, str(path))
    if claim.contributions is None:
        raise UsageError.single("--at", f"{path}, without contributions", "a sharing solution")
    return claim.contributions
