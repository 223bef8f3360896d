"""Options of a simulation, checked against the game; everything wrong is reported at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, UnsupportedError, UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.instance.numbers import exact_number
from mdsolve.solver.equilibrium.strong_concavity import StrongConcavity

Floats = npt.NDArray[np.float64]

FINDINGS_SHOWN = 10


@dataclass(frozen=True)
class DynamicsPlan:
    """Checked options of a simulation.

    Parameters
    ----------
    start, top : (n,)
        First and largest contributions, in samples.
    cap : float or None
        The cap asked for; `top` respects capacities as well.
    step_size : float or None
        Samples squared per money; None is the one that is proved to be safe.
    """

    start: Floats
    top: Floats
    cap: float | None
    step_size: float | None
    steps: int
    agents_per_step: int
    seed: int


def dynamics_plan(
    game: SharingGame,
    step_size: float | str,
    steps: int,
    agents_per_step: int | None,
    start: float | str | Sequence[float] | Floats,
    cap: float | str | None,
    seed: int | None,
) -> DynamicsPlan:
    """Return the options of `mdsolve.simulate`, checked.

    Raises
    ------
    UsageError
        With every finding.
    """
    findings: list[Finding] = []
    step = None
    if step_size != "auto":
        step = _number(step_size)
        if step is None or step <= 0:
            findings.append(Finding("--step-size", str(step_size), "a positive number, or auto"))
    if steps < 1:
        findings.append(Finding("--steps", str(steps), "at least 1"))
    movers = game.size if agents_per_step is None else agents_per_step
    if not 1 <= movers <= game.size:
        findings.append(Finding("--agents-per-step", str(movers), f"from 1 to {game.size} agents"))
    limit = None if cap is None else _number(cap)
    if cap is not None and (limit is None or limit <= 0):
        findings.append(Finding("--cap", str(cap), "a positive number of samples"))
        limit = None
    top = game.capacity if limit is None else np.minimum(game.capacity, limit)
    begin = _start(game, start, top, findings)
    if findings:
        raise UsageError(findings)
    return DynamicsPlan(begin, top, limit, step, steps, movers, 0 if seed is None else seed)


def _number(value: Any) -> float | None:
    """Return a finite number, None where there is none."""
    try:
        number = float(exact_number(value))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _start(
    game: SharingGame,
    given: float | str | Sequence[float] | Floats,
    top: Floats,
    findings: list[Finding],
) -> Floats:
    """Return first contributions, shape (n,); what is wrong with them goes to `findings`."""
    where = "--start"
    if isinstance(given, str) and given == "capacity":
        endless = np.flatnonzero(~np.isfinite(top))
        if endless.size:
            got = f"capacity, which agent {game.agents[int(endless[0])]} has none of"
            findings.append(Finding(where, got, "finite capacities", "give --cap, or numbers"))
        return top
    parts = given.split(",") if isinstance(given, str) else np.atleast_1d(np.asarray(given))
    numbers = [_number(part.item() if isinstance(part, np.generic) else part) for part in parts]
    if any(number is None for number in numbers):
        expected = "a number, numbers separated by commas, or capacity"
        findings.append(Finding(where, str(given)[:60], expected))
        return game.nothing()
    if len(numbers) not in (1, game.size):
        expected = f"one number, or {game.size}, one per agent"
        findings.append(Finding(where, f"{len(numbers)} numbers", expected))
        return game.nothing()
    begin = np.broadcast_to(np.array(numbers, dtype=np.float64), (game.size,)).copy()
    outside = np.flatnonzero((begin < 0) | (begin > top))
    findings.extend(
        Finding(where, f"{begin[k]:g} for {game.agents[k]}", f"from 0 to {top[k]:g} samples")
        for k in outside[:FINDINGS_SHOWN]
    )
    return begin


def chosen_step(plan: DynamicsPlan, proved: StrongConcavity | str) -> float:
    """Return the step size asked for, or the one that is proved to be safe.

    Raises
    ------
    UnsupportedError
        If none is proved, with the reason.
    """
    if plan.step_size is not None:
        return plan.step_size
    if isinstance(proved, str):
        raise UnsupportedError.single(
            "--step-size",
            f"auto, but {proved}",
            "a game to which Theorem 3.2 of [M23] applies",
            "give a number, for example --step-size 0.1, and see whether the agents come to rest; "
            "or bound contributions with --cap",
        )
    return proved.safe_step
