"""Sweeps of the frontier of existence over exponents, numbers of agents and grids."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.numbers import exact_number
from mdsolve.pieces.engine import Work
from mdsolve.pieces.place import store_for
from mdsolve.pieces.store import key_of
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solver.market.growth_frontier import Frontier, Grid
from mdsolve.solver.market.growth_frontier import frontier as single_frontier
from mdsolve.solver.market.routes import MEMORY_LIMIT
from mdsolve.status import Termination
from mdsolve.study.verb import verb

SWEEP_LIMIT = 100_000
"""Most points of one sweep."""


@verb
def frontier(
    agents: int | Sequence[int],
    exponent: float | str | Fraction | Sequence[float | str | Fraction],
    grid: Grid = "one",
    outside: str = "pooled",
    *,
    limit: int = 10**6,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
    time_limit: float | None = None,
    throw: bool = True,
) -> Frontier | list[Frontier]:
    """Return the largest type disparity with a desirable mechanism, or a list for ranges.

    Parameters
    ----------
    agents, exponent : number or sequence
        A decimal keeps its written value: -0.8 is -4/5.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Examples
    --------
    >>> frontier(agents=2, exponent=-0.8).frontier
    59
    """
    del throw  # `verb` reads it
    monitor = monitor or Monitor(time_limit=time_limit)
    one = isinstance(agents, int) and isinstance(exponent, float | int | str | Fraction)
    counts = [agents] if isinstance(agents, int) else list(agents)
    scalar = isinstance(exponent, float | int | str | Fraction)
    rates = [exact_number(e) for e in ([exponent] if scalar else exponent)]  # type: ignore[union-attr]
    points, _ = sweep(
        counts, rates, grid, outside, limit=limit, monitor=monitor, memory_limit=memory_limit
    )
    return points[0] if one else points


def sweep(
    agents: Sequence[int],
    exponents: Sequence[Fraction],
    grid: Grid,
    outside: str,
    *,
    limit: int = 10**6,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
    jobs: int = 1,
    cluster: str | None = None,
    resume: bool = False,
) -> tuple[list[Frontier], Termination]:
    """Return the frontier at every combination; what is done is kept when a run is stopped.

    Parameters
    ----------
    resume : bool
        Go on with what an earlier sweep of the same combinations has finished.
    """
    task = partial(_point, grid=grid, outside=outside, limit=limit, memory_limit=memory_limit)
    combinations = [(n, exponent) for n in agents for exponent in exponents]
    asked = {"agents": list(agents), "exponents": list(map(str, exponents)), "limit": limit}
    key = key_of("frontier", **asked, grid=grid, outside=outside, memory_limit=memory_limit)
    work: Work[tuple[int, Fraction], Frontier] = Work(
        task=task,
        pieces=combinations,
        label="sweep",
        monitor=monitor or Monitor(),
        jobs=jobs,
        cluster=cluster,
        store=store_for("frontier", None, key, resume=resume),
        encode=Frontier.to_plain,
        decode=Frontier.from_plain,
        settings=lambda piece: f"{piece[0]} agents, exponent {piece[1]}",
    )
    points: list[Frontier] = []
    try:
        for point in work.in_order():
            points.append(point)  # noqa: PERF402 - what is done before a stop is kept
    except StopRequested:
        return points, Termination.LIMIT
    except KeyboardInterrupt:
        return points, Termination.INTERRUPTED
    work.store.remove()
    reached = any(point.reached_limit for point in points)
    return points, Termination.LIMIT if reached else Termination.SOLVED


def _point(
    combination: tuple[int, Fraction],
    monitor: Monitor,
    *,
    grid: Grid,
    outside: str,
    limit: int,
    memory_limit: int,
) -> Frontier:
    """Return the frontier of one number of agents and one exponent."""
    n, exponent = combination
    return single_frontier(
        n, exponent, grid, outside, limit=limit, monitor=monitor, memory_limit=memory_limit
    )


def parse_exponents(text: str) -> list[Fraction]:
    """Return exponents from ``-0.8``, ``-0.9,-0.8`` or ``start:stop:step``.

    Examples
    --------
    >>> [float(x) for x in parse_exponents("-1:-0.9:0.05")]
    [-1.0, -0.95, -0.9]
    """
    return _parse(text, "--exponent", "a number, a list -0.9,-0.8 or a range -1:-0.668:0.002")


def parse_agents(text: str) -> list[int]:
    """Return numbers of agents from ``2``, ``2,3`` or ``2:5``; raises `UsageError`."""
    values = _parse(text, "--agents", "an integer, a list 2,3 or a range 2:5")
    if any(value.denominator != 1 or value < 2 for value in values):
        raise UsageError.single("--agents", repr(text), "integers of at least 2")
    return [int(value) for value in values]


def _parse(text: str, where: str, expected: str) -> list[Fraction]:
    findings: list[Finding] = []
    values: list[Fraction] = []
    for part in text.split(","):
        try:
            values.extend(_expand([exact_number(piece) for piece in part.split(":")]))
        except ValueError as error:
            findings.append(Finding(where, f"{part!r} ({error})", expected))
    if findings:
        raise UsageError(findings)
    return values


def _expand(pieces: list[Fraction]) -> list[Fraction]:
    if len(pieces) == 1:
        return pieces
    if len(pieces) > 3:
        message = "too many colons"
        raise ValueError(message)
    start, stop = pieces[:2]
    step = pieces[2] if len(pieces) == 3 else Fraction(1)
    count = (stop - start) / step if step else Fraction(-1)
    if count < 0:
        message = "an empty range"
        raise ValueError(message)
    if count > SWEEP_LIMIT:
        message = f"more than {SWEEP_LIMIT:,} points"
        raise ValueError(message)
    return [start + k * step for k in range(int(count) + 1)]
