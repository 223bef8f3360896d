"""What moves when costs, values, capacities or weights do: derivatives of a solution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights, DenseWeights
from mdsolve.instance import Instance
from mdsolve.instance.frames import without_frames
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.chosen import Rule, name_and_options
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.solver.sensitivity import Equilibrium, Move, elasticity, plain_rule
from mdsolve.study.problem import chosen_mechanism, problem_of
from mdsolve.study.verb import verb
from mdsolve.table import Library, Table

Floats = npt.NDArray[np.float64]

Kind = Literal["cost", "value", "capacity", "weight"]

KINDS: tuple[Kind, ...] = ("cost", "value", "capacity", "weight")

MOST_PARAMETERS = 2_000
"""Most parameters of one answer, each with a few evaluations of the game."""

DENSE_AGENTS = 12
"""Most agents whose whole matrix of weights is varied, entry by entry."""


@dataclass(frozen=True)
class Parameter:
    """One number of the instance.

    Parameters
    ----------
    kind : {"cost", "value", "capacity", "weight"}
        A cost is money per sample more at every contribution.
    agent : str
        Whose; of a matrix of weights ``row agent, column agent``.
    value : float
        Of the rate at the contribution, where it is a cost.
    """

    kind: Kind
    agent: str
    value: float


@dataclass(frozen=True)
class Derivatives:
    """What a unit more of one parameter does to everything else."""

    parameter: Parameter
    move: Move

    @property
    def total_data(self) -> float:
        """Derivative of the sum of contributions."""
        return float(self.move.contributions.sum())

    @property
    def welfare(self) -> float:
        """Derivative of the sum of utilities and of what is paid out: payments left out."""
        return float((self.move.utilities - self.move.payments).sum())


@dataclass(frozen=True)
class Sensitivity:
    """Derivatives of a solution to the numbers of its instance.

    Parameters
    ----------
    agents : tuple of str
    mechanism : str
    contributions, payments, utilities : (n,)
        What the solution says, in samples and money.
    derivatives : tuple of Derivatives
        In the order cost, value, capacity, weight, each by agent.
    """

    agents: tuple[str, ...]
    mechanism: str
    contributions: Floats
    payments: Floats
    utilities: Floats
    derivatives: tuple[Derivatives, ...]

    def __repr__(self) -> str:
        """Return one line: the mechanism, the agents, and how many parameters there are."""
        parameters = f"{len(self.derivatives):,} parameters"
        return f"<Sensitivity of {self.mechanism}: {len(self.agents):,} agents, {parameters}>"

    def matrix(
        self, kind: Kind, of: Literal["contributions", "payments", "utilities"] = "contributions"
    ) -> Floats:
        """Return d(of_i) / d(parameter_j), shape (n, parameters of the kind).

        Raises
        ------
        UsageError
            For a kind of which there are no derivatives.
        """
        found = [getattr(d.move, of) for d in self.derivatives if d.parameter.kind == kind]
        if not found:
            have = ", ".join(dict.fromkeys(d.parameter.kind for d in self.derivatives))
            raise UsageError.single("kind", repr(kind), f"one of {have}")
        return np.array(found).T

    def covariance(self, kind: Kind, of_parameters: Floats) -> Floats:
        """Return S C S', the covariance of contributions where the parameters have C."""
        moved = self.matrix(kind)
        return np.asarray(moved @ np.asarray(of_parameters, dtype=np.float64) @ moved.T)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; distances without a kink are null."""
        values = {key: getattr(self, key) for key in ("contributions", "payments", "utilities")}
        return {
            "mechanism": self.mechanism,
            "agents": list(self.agents),
            **{key: column.tolist() for key, column in values.items()},
            "derivatives": [_plain(one, values) for one in self.derivatives],
        }

    def table(self) -> Table:
        """Return a row per parameter and agent, with derivatives and elasticities."""
        columns: dict[str, list[Any]] = {}
        for one in self.to_dict()["derivatives"]:
            for k, name in enumerate(self.agents):
                row = {"parameter": one["parameter"], "of": one["agent"], "value": one["value"]}
                row["agent"] = name
                for key in ("contributions", "payments", "utilities"):
                    row[f"d_{key[:-1]}"] = one[key][k]
                    row[f"elasticity_{key[:-1]}"] = one["elasticities"][key][k]
                for key, entry in row.items():
                    columns.setdefault(key, []).append(entry)
        return Table(columns)

    def to_frame(self, library: Library | None = None) -> Any:
        """Return `table` as a data frame of pandas or polars; raises `UsageError`."""
        return self.table().to_frame(library)


@verb
def sensitivity(
    instance: Instance,
    solution: Solution | Mapping[str, Any],
    *,
    mechanism: str | Rule | None = None,
    kinds: tuple[Kind, ...] = KINDS,
    monitor: Monitor | None = None,
    time_limit: float | None = None,
    throw: bool = True,
) -> Sensitivity:
    """Return how an equilibrium moves with costs, values, capacities and weights.

    Derivatives hold up to the nearest kink, whose distance stands beside them; beyond it, solve
    again.

    Parameters
    ----------
    solution : Solution or mapping
        An equilibrium under none, budget-balanced, contribution-transfer or shapley.
    mechanism : str, Rule or None
        None takes the one the solution names.
    kinds : tuple of str
        Which parameters to vary.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Raises
    ------
    UnsupportedError
        For other mechanisms, budgets, or an equilibrium at a kink or not isolated.

    Examples
    --------
    >>> import mdsolve as md
    >>> game = md.load("instances/papers/murhekar2025/example4.yaml")
    >>> found = sensitivity(game, md.solve(game, "shapley"))
    >>> found.matrix("cost").round(4).tolist()
    [[-22.3294, 1.5377], [1.5377, -4.857]]
    """
    del throw  # `verb` reads it
    watch = monitor or Monitor(time_limit=time_limit)
    if not isinstance(instance, SharingInstance):
        where = f"{instance.label}: kind"
        raise UnsupportedError.single(where, instance.kind, "a sharing game")
    data = solution.claim() if isinstance(solution, Solution) else without_frames(solution)
    asked, options = name_and_options(*_asked(mechanism, data))
    name, _ = chosen_mechanism(instance, asked, options)
    if not mechanism_named("sharing", name).simulable:
        expected = "none, budget-balanced, contribution-transfer or shapley"
        raise UnsupportedError.single("mechanism", name, expected)
    problem = problem_of(instance, asked, options)
    game = problem.build()
    if game.budgeted:
        raise UnsupportedError.single("agents", "budgets", "a game without budgets")
    rule = plain_rule(problem.rule, problem.options)
    s = _contributions(game, data)
    centre = Equilibrium(game, rule, s)
    listed = [found for kind in KINDS if kind in kinds for found in FINDERS[kind](game, s)]
    if len(listed) > MOST_PARAMETERS:
        got = f"{len(listed):,} parameters"
        fix = "ask for fewer kinds of them"
        raise UnsupportedError.single("kinds", got, f"at most {MOST_PARAMETERS:,}", fix)
    found = []
    for number, (parameter, place, at, scale) in enumerate(listed):
        watch.advance("parameters", number, len(listed))
        moved = (
            centre.capacity(place, at, scale)
            if parameter.kind == "capacity"
            else centre.move(at, scale)
        )
        found.append(Derivatives(parameter, _above_zero(moved, parameter.value)))
    paid = rule.payments(game, s)
    return Sensitivity(
        tuple(game.agents), problem.rule.name, s, paid, game.utilities(s, paid), tuple(found)
    )


Varied = tuple[Parameter, int, Callable[[float], SharingGame], float]
"""A parameter, its place, the game with so much more of it, and its size."""


def _costs(game: SharingGame, s: Floats) -> Iterator[Varied]:
    slopes = game.costs.slope(s)
    size = float(np.abs(slopes).max(initial=0.0)) or 1.0
    for k, name in enumerate(game.agents):

        def at(x: float, k: int = k) -> SharingGame:
            return replace(game, costs=game.costs.steeper(k, x))

        yield Parameter("cost", name, float(slopes[k])), k, at, float(abs(slopes[k])) or size


def _values(game: SharingGame, s: Floats) -> Iterator[Varied]:
    del s
    size = float(np.abs(game.value).max(initial=0.0)) or 1.0
    for k, name in enumerate(game.agents):

        def at(x: float, k: int = k) -> SharingGame:
            return replace(game, value=_more(game.value, k, x))

        yield Parameter("value", name, float(game.value[k])), k, at, float(game.value[k]) or size


def _capacities(game: SharingGame, s: Floats) -> Iterator[Varied]:
    for k, name in enumerate(game.agents):
        if not np.isfinite(game.capacity[k]):
            continue

        def at(x: float, k: int = k) -> SharingGame:
            return replace(game, capacity=_more(game.capacity, k, x))

        capacity = float(game.capacity[k])
        size = capacity or float(s.max(initial=0.0)) or 1.0
        yield Parameter("capacity", name, capacity), k, at, size


def _weights(game: SharingGame, s: Floats) -> Iterator[Varied]:
    del s
    accuracy = game.accuracy
    if not isinstance(accuracy, WeightedAccuracy):
        return
    weights, names = accuracy.weights, game.agents
    if isinstance(weights, CommonWeights):
        for j, name in enumerate(names):

            def common(x: float, j: int = j) -> SharingGame:
                moved = CommonWeights(_more(weights.vector, j, x))
                return replace(game, accuracy=replace(accuracy, weights=moved))

            own = float(weights.vector[j])
            yield Parameter("weight", name, own), j, common, own or 1.0
        return
    if game.size > DENSE_AGENTS:
        return
    table = weights.dense()
    for i, row in enumerate(names):
        for j, column in enumerate(names):

            def dense(x: float, i: int = i, j: int = j) -> SharingGame:
                moved = table.copy()
                moved[i, j] += x
                return replace(game, accuracy=replace(accuracy, weights=DenseWeights(moved)))

            own = float(table[i, j])
            yield Parameter("weight", f"{row}, {column}", own), j, dense, own or 1.0


FINDERS: dict[Kind, Callable[[SharingGame, Floats], Iterator[Varied]]] = {
    "cost": _costs,
    "value": _values,
    "capacity": _capacities,
    "weight": _weights,
}


def _above_zero(move: Move, value: float) -> Move:
    """Return a move without a kink that lies where the parameter would be negative."""
    beyond = move.below >= value
    return replace(move, below=np.inf, kink_below="") if beyond else move


def _more(column: Floats, k: int, by: float) -> Floats:
    moved = column.copy()
    moved[k] += by
    return moved


def _asked(
    mechanism: str | Rule | None, data: Mapping[str, Any]
) -> tuple[str | Rule | None, dict[str, Any]]:
    """Return the mechanism, and options where they are the solution's own."""
    stated = data.get("mechanism")
    if mechanism is not None or stated is None:
        return mechanism, {}
    if isinstance(stated, Mapping):
        return stated.get("name"), dict(stated.get("options") or {})
    return stated, {}


def _contributions(game: SharingGame, data: Mapping[str, Any]) -> Floats:
    found = data.get("contributions")
    try:
        s = np.array([float(x) for x in found if x is not None]) if found is not None else None
    except (TypeError, ValueError):
        s = None
    if s is None or s.shape != (game.size,):
        got = "none" if found is None else f"{np.size(found)} entries"
        raise UsageError.single("solution: contributions", got, f"{game.size}, one per agent")
    return s


def _plain(one: Derivatives, values: Mapping[str, Floats]) -> dict[str, Any]:
    parameter, move = one.parameter, one.move
    moved = {key: getattr(move, key) for key in values}
    return {
        "parameter": parameter.kind,
        "agent": parameter.agent,
        "value": parameter.value,
        **{key: column.tolist() for key, column in moved.items()},
        "elasticities": {
            key: elasticity(moved[key], parameter.value, column) for key, column in values.items()
        },
        "total_data": one.total_data,
        "welfare": one.welfare,
        "kink_below": {"distance": _finite(move.below), "what": move.kink_below},
        "kink_above": {"distance": _finite(move.above), "what": move.kink_above},
    }


def _finite(distance: float) -> float | None:
    return distance if np.isfinite(distance) else None
