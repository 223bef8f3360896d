"""What is behind an answer, for other programs: linear programs, and games on a grid."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.market import Market
from mdsolve.game.sharing import SharingGame
from mdsolve.game.side_constraints import parse_side_constraints
from mdsolve.instance import Instance
from mdsolve.instance.accuracies.curve import CurveAccuracySpec
from mdsolve.instance.accuracies.linear import LinearAccuracySpec
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.chosen import Rule
from mdsolve.outputs import write_atomically
from mdsolve.progress import Monitor
from mdsolve.solver.market.payment_rows import all_rows
from mdsolve.study.linear_program import Inequality, LinearProgram, Variable
from mdsolve.study.problem import problem_of
from mdsolve.study.sharing_problem import standalone
from mdsolve.study.strategic_game import StrategicGame, require_size
from mdsolve.study.verb import verb

Floats = npt.NDArray[np.float64]

PROGRAMS = (".lp", ".mps")
GAMES = (".nfg",)
ENDINGS = (*PROGRAMS, ".json", *GAMES)

POINTS = 5
"""Contributions of each agent on a grid where nothing is said."""

MOST_CELLS = 100_000
"""Most unknowns of a program that is written."""


@verb
def export(
    instance: Instance,
    path: str | Path,
    *,
    mechanism: str | Rule | None = None,
    options: Mapping[str, Any] | None = None,
    points: int = POINTS,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> LinearProgram | StrategicGame:
    """Write the program behind an answer, or a sharing game on a grid.

    Parameters
    ----------
    path : str or Path
        ``.lp`` or ``.mps``: the linear program of a market's payments (`desirable`), or of the
        welfare optimum of a sharing game whose costs and accuracies are piecewise linear.
        ``.nfg``: a sharing game under the mechanism as Gambit reads it. ``.json``: either of them
        as data.
    mechanism : str, Rule or None
        None takes the instance's; `desirable` in a market.
    points : int
        Contributions of each agent on the grid, evenly spaced from 0 to the capacity; without a
        capacity to twice the most that anybody would contribute alone.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Returns
    -------
    LinearProgram or StrategicGame
        What was written.

    Raises
    ------
    UnsupportedError
        Where there is no such program: it is not linear, or the instance is of another kind.
    MemoryLimitError
        Where it would be too large.
    """
    del throw  # `verb` reads it
    watch = monitor or Monitor(time_limit=time_limit)
    target = Path(path)
    ending = target.suffix.lower()
    require_export(target)
    if isinstance(instance, MarketInstance) and ending not in GAMES:
        found: LinearProgram | StrategicGame = _payments(instance, mechanism, options)
    elif isinstance(instance, SharingInstance):
        planned = ending in PROGRAMS or (ending == ".json" and _name(mechanism) == "welfare")
        found = (
            _welfare(instance, mechanism, options)
            if planned
            else _strategic(instance, mechanism, options, points, watch)
        )
    else:
        got = f"{ending} of a {instance.kind}"
        expected = ".lp, .mps or .json of a market; any of them of a sharing game"
        raise UnsupportedError.single(str(target), got, expected)
    text = _text(found, ending)
    write_atomically(target, lambda stream: stream.write(text.encode()))
    return found


def require_export(path: Path) -> None:
    """Raise `UsageError` unless something is written in the format of the file's ending."""
    if path.suffix.lower() not in ENDINGS:
        expected = "one of " + ", ".join(ENDINGS)
        raise UsageError.single(str(path), f"the ending {path.suffix!r}", expected)


def _text(found: LinearProgram | StrategicGame, ending: str) -> str:
    if ending == ".json":
        return json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n"
    if isinstance(found, StrategicGame):
        return found.text()
    return found.text(".lp" if ending == ".lp" else ".mps")


def _name(mechanism: str | Rule | None) -> str | None:
    return mechanism.name if isinstance(mechanism, Rule) else mechanism


def _payments(
    instance: MarketInstance, mechanism: str | Rule | None, options: Mapping[str, Any] | None
) -> LinearProgram:
    """Return the program of maximal-revenue payments."""
    named = mechanism or (None if instance.mechanism else "desirable")
    problem = problem_of(instance, named, options)
    if problem.rule.name != "desirable":
        got = f"{problem.rule.name}, whose payments are a formula"
        fix = "leave the mechanism out, or use desirable"
        raise UnsupportedError.single("mechanism", got, "desirable, a linear program", fix)
    objective = problem.options["objective"]
    if objective != "revenue":
        got = f"the objective {objective}, a program in two stages"
        raise UnsupportedError.single("option objective", got, "revenue")
    side = parse_side_constraints(problem.options["side"])
    side.require_agents(instance.agents)
    market = market_game(instance)
    _require_cells(len(market.agents) * market.profile_count)
    cells = list(np.ndindex(len(market.agents), *market.shape))
    place = {cell: number for number, cell in enumerate(cells)}
    free = (-np.inf, np.inf)
    variables = [
        Variable("p_" + "_".join(map(str, cell)), 1.0, *free, _payment(market, cell))
        for cell in cells
    ]
    rows = [
        Inequality(
            f"r{number}_{row.kind.replace('-', '_')}",
            row.kind,
            tuple((place[cell], float(factor)) for cell, factor in row.terms),
            float(row.bound),
        )
        for number, row in enumerate(all_rows(market, side, objective))
    ]
    words = ", ".join(side.words())
    about = (
        "payments p_AGENT_TYPES by numbers from 0, money paid; the most revenue over all profiles "
        "under rationality, truthfulness and " + (words or "no loss at any profile")
    )
    return LinearProgram(instance.name or "market", about, variables, rows)


def _require_cells(cells: int) -> None:
    if cells > MOST_CELLS:
        got, expected = f"{cells:,} unknowns", f"at most {MOST_CELLS:,}"
        raise UnsupportedError.single("program", got, expected, "use coarser grids")


def _payment(market: Market, cell: tuple[int, ...]) -> dict[str, Any]:
    agent, *numbers = cell
    types = [float(grid.exact(k)) for grid, k in zip(market.grids, numbers, strict=True)]
    return {"agent": market.agents[agent], "types": types}


def _welfare(
    instance: SharingInstance, mechanism: str | Rule | None, options: Mapping[str, Any] | None
) -> LinearProgram:
    """Return max sum_i value_i a_i - c_i(s_i), where accuracies and costs are piecewise linear."""
    problem = problem_of(instance, mechanism or "welfare", options)
    if problem.rule.name != "welfare":
        got = f"{problem.rule.name}, an equilibrium and no linear program"
        raise UnsupportedError.single("mechanism", got, "welfare", "or write an .nfg file")
    game = sharing_game(instance)
    if float(problem.options["p"]) != 1:
        got = f"{problem.options['p']}, a program that is not linear"
        raise UnsupportedError.single("option p", got, "1, the sum of utilities")
    if game.budgeted:
        raise UnsupportedError.single("agents", "budgets", "a game without budgets")
    lines = _accuracy_lines(instance, game)
    kinks = [_cost_lines(game, k) for k in range(game.size)]
    _require_cells(3 * game.size)
    names = game.agents
    variables = [
        *(
            Variable(f"s_{k}", 0.0, 0.0, float(game.capacity[k]), {"contribution": name})
            for k, name in enumerate(names)
        ),
        *(
            Variable(f"a_{k}", float(game.value[k]), -np.inf, np.inf, {"accuracy": name})
            for k, name in enumerate(names)
        ),
        *(
            Variable(f"c_{k}", -1.0, -np.inf, np.inf, {"cost": name})
            for k, name in enumerate(names)
        ),
    ]
    return LinearProgram(
        instance.name or "sharing game",
        "s_K what agent number K brings, a_K their accuracy, c_K their cost; total welfare",
        variables,
        [*lines, *(row for rows in kinks for row in rows)],
    )


def _accuracy_lines(instance: SharingInstance, game: SharingGame) -> list[Inequality]:
    """Return a_i <= every line of a concave piecewise-linear accuracy."""
    spec = instance.accuracy
    n = game.size
    origin = game.nothing()
    if not isinstance(spec, LinearAccuracySpec | CurveAccuracySpec):
        got = f"{getattr(spec, 'family', 'per agent or group')}, which is not linear"
        raise UnsupportedError.single("accuracy", got, "linear, or a concave curve of points")
    if isinstance(spec, LinearAccuracySpec):
        start = game.accuracies(origin)
        slopes = np.stack([game.accuracies(unit) - start for unit in np.eye(n)], axis=1)
        return [
            Inequality(
                f"accuracy_{i}",
                "accuracy",
                ((n + i, 1.0), *((j, -float(x)) for j, x in enumerate(slopes[i]) if x)),
                float(start[i]),
            )
            for i in range(n)
        ]
    points = [(float(x), float(y)) for x, y in spec.points]
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1]))
    pairs = list(pairwise(points))
    steps = [(after[1] - before[1]) / (after[0] - before[0]) for before, after in pairs]
    if any(later > earlier for earlier, later in pairwise(steps)):
        got, expected = "points that are not concave", "a concave curve"
        raise UnsupportedError.single("accuracy: points", got, expected)
    index: Callable[[Floats], Floats] = game.accuracy.index  # type: ignore[attr-defined]
    base, units = index(origin), np.eye(n)
    weights = np.stack([index(unit) - base for unit in units], axis=1)
    starts = [before for before, _ in pairs]
    ends = [(points[-1], 0.0), *zip(starts, steps, strict=True)]
    rows = []
    for i in range(n):
        for number, ((x, y), step) in enumerate(ends):
            terms = ((j, -step * float(w)) for j, w in enumerate(weights[i]) if w and step)
            bound = y + step * (float(base[i]) - x)
            rows.append(
                Inequality(f"accuracy_{i}_{number}", "accuracy", ((n + i, 1.0), *terms), bound)
            )
    return rows


def _cost_lines(game: SharingGame, k: int) -> list[Inequality]:
    """Return every line of a convex piecewise-linear cost <= c_k."""
    costs = game.costs
    curved = costs.curvature[k] or (costs.power_rate[k] and costs.power_exponent[k] != 1)
    pieces = dict(costs.pieces)
    if curved or k in dict(costs.functions):
        got = f"a cost of {game.agents[k]} that is not linear"
        raise UnsupportedError.single("agents: cost", got, "linear or piecewise-linear costs")
    starts = pieces[k].samples if k in pieces else np.zeros(1)
    starts = starts[: len(pieces[k].slopes)] if k in pieces else starts
    rows = []
    for number, start in enumerate(np.asarray(starts, dtype=np.float64)):
        own = np.array([start])
        slope, value = float(costs.slope_along(k, own)[0]), float(costs.along(k, own)[0])
        terms = ((k, slope), (2 * game.size + k, -1.0))
        rows.append(Inequality(f"cost_{k}_{number}", "cost", terms, slope * float(start) - value))
    return rows


def _strategic(
    instance: SharingInstance,
    mechanism: str | Rule | None,
    options: Mapping[str, Any] | None,
    points: int,
    monitor: Monitor,
) -> StrategicGame:
    """Return everybody's utility at every profile of a grid."""
    if points < 2:
        raise UsageError.single("points", str(points), "an integer of at least 2")
    named = mechanism or (None if instance.mechanism else "none")
    problem = problem_of(instance, named, options)
    game = problem.build()
    require_size(game.size, points)
    most = 2 * float(standalone(game.by_themselves())["contributions"].max(initial=0.0)) or 1.0
    tops = np.where(np.isfinite(game.capacity), game.capacity, most)
    strategies = [np.linspace(0.0, float(top), points) for top in tops]
    table = np.empty((*([points] * game.size), game.size))
    for numbers in product(range(points), repeat=game.size):
        monitor.check_time()
        s = np.array([column[k] for column, k in zip(strategies, numbers, strict=True)])
        paid = problem.rule.payments(game, s, problem.options)
        received = problem.rule.received(game, s, problem.options)
        table[numbers] = game.utilities(s, paid, received)
    title = f"{instance.name or 'sharing game'} under {problem.rule.name}"
    return StrategicGame(title, tuple(game.agents), strategies, table)
