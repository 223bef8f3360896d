"""From a sharing instance to the game it describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracy import Accuracy, CoverageAccuracy, UnionAccuracy, WeightedAccuracy
from mdsolve.game.costs import Costs, Pieces
from mdsolve.game.curves import (
    Curve,
    LinearCurve,
    MixedCurve,
    PacCurve,
    PowerCurve,
    ThresholdPowerCurve,
    mixed,
)
from mdsolve.game.functions import FunctionCost, checked_accuracy, checked_cost
from mdsolve.game.joint_learning import QuadraticFit
from mdsolve.game.measured_curve import MeasuredCurve
from mdsolve.game.sharing import Prior, SharingGame
from mdsolve.game.weights import CommonWeights, DenseWeights, GroupWeights, Weights
from mdsolve.instance.common import is_function
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.sharing_accuracy import (
    CoverageAccuracySpec,
    CurveAccuracySpec,
    LinearAccuracySpec,
    PacAccuracySpec,
    PerAgentAccuracySpec,
    PerGroupAccuracySpec,
    PowerAccuracySpec,
    QuadraticFitAccuracySpec,
    ThresholdPowerAccuracySpec,
    UnionAccuracySpec,
)
from mdsolve.instance.sharing_agents import (
    AgentColumns,
    AgentSpec,
    LinearCostSpec,
    PiecewiseLinearCostSpec,
    PowerCostSpec,
)

Floats = npt.NDArray[np.float64]


def sharing_game(instance: SharingInstance) -> SharingGame:
    """Return the game of an instance; numbers become the nearest doubles.

    Raises
    ------
    UnsupportedError
        For accuracy families that cannot be combined as the instance does.
    UsageError
        For Python objects whose gradients are wrong.
    """
    agents = instance.agents
    table = _from_columns(agents) if isinstance(agents, AgentColumns) else _from_list(agents)
    names, costs, value, capacity, budget, group_names, prior = table
    groups = None
    order: list[str] = []
    if group_names is not None:
        labels, groups = np.unique(np.asarray(group_names, dtype=str), return_inverse=True)
        order = labels.tolist()
    platform = float(instance.platform_data)
    learning = None
    if isinstance(instance.accuracy, QuadraticFitAccuracySpec):
        learning = _learning(instance.accuracy, len(value), platform)
        accuracy: Accuracy = learning.accuracy(learning.optimum)
    elif is_function(instance.accuracy):
        _no_platform_data(platform, "python")
        accuracy = checked_accuracy(instance.accuracy, capacity)
    else:
        accuracy = _accuracy(instance.accuracy, len(value), groups, order, platform)
    return SharingGame(
        names, accuracy, costs, value, capacity, budget, groups, platform, prior, learning
    )


def _from_columns(columns: AgentColumns) -> tuple[Any, ...]:
    n = columns.count

    def spread(entry: Any) -> Floats:
        column = entry if isinstance(entry, np.ndarray) else float(entry)
        return np.broadcast_to(np.asarray(column, dtype=np.float64), (n,)).copy()

    names = [f"agent-{k + 1}" for k in range(n)]
    group = columns.group
    labels = None if group is None else np.broadcast_to(np.asarray(group, dtype=str), (n,))
    return (
        names,
        Costs.linear(spread(columns.cost)),
        spread(1 if columns.value is None else columns.value),
        spread(np.inf if columns.capacity is None else columns.capacity),
        spread(np.inf if columns.budget is None else columns.budget),
        labels,
        None,
    )


def _from_list(specs: Sequence[AgentSpec]) -> tuple[Any, ...]:
    counts = [spec.count for spec in specs]

    def spread(entries: Sequence[Any]) -> Floats:
        return np.repeat(np.array([float(entry) for entry in entries]), counts)

    names: list[str] = []
    for spec in specs:
        names.extend(
            [spec.name]
            if spec.count == 1
            else [spec.name.replace("{}", str(k + 1)) for k in range(spec.count)]
        )
    labelled = any(spec.group is not None for spec in specs)
    labels = np.repeat(np.array([spec.group or "" for spec in specs]), counts) if labelled else None
    prior = None
    if any(spec.prior is not None for spec in specs):
        priors = [spec.prior for spec in specs]
        if any(entry is None for entry in priors):
            raise UnsupportedError.single(
                "agents", "some agents with a cost and some with a prior", "a prior for all or none"
            )
        prior = Prior(
            spread([entry.low for entry in priors if entry]),
            spread([entry.high for entry in priors if entry]),
            spread([entry.probability_low for entry in priors if entry]),
        )
    return (
        names,
        _costs(specs, counts),
        spread([spec.value for spec in specs]),
        spread([np.inf if spec.capacity is None else spec.capacity for spec in specs]),
        spread([np.inf if spec.budget is None else spec.budget for spec in specs]),
        labels,
        prior,
    )


def _costs(specs: Sequence[AgentSpec], counts: Sequence[int]) -> Costs:
    """Return vectorised costs; an agent with a prior has the expected rate here."""
    rows = np.zeros((len(specs), 5))
    rows[:, 4] = 1.0
    pieces: list[tuple[int, Pieces]] = []
    functions: list[tuple[int, FunctionCost]] = []
    for k, spec in enumerate(specs):
        cost = spec.cost
        if spec.prior is not None:
            p = spec.prior.probability_low
            rows[k, 1] = float(p * spec.prior.low + (1 - p) * spec.prior.high)
        elif is_function(cost):
            first = sum(counts[:k])
            top = np.inf if spec.capacity is None else float(spec.capacity)
            function = checked_cost(cost, top, spec.name)
            rows[k, 0] = float(function.value(np.float64(0.0)))  # type: ignore[arg-type]
            functions.extend((first + j, function) for j in range(counts[k]))
        elif isinstance(cost, PowerCostSpec):
            rows[k, 3:] = float(cost.rate), float(cost.exponent)
        elif isinstance(cost, PiecewiseLinearCostSpec):
            points = np.array([[float(x), float(y)] for x, y in cost.points])
            first = sum(counts[:k])
            shape = Pieces(points[:, 0], points[:, 1])
            rows[k, 0] = points[0, 1]
            pieces.extend((first + j, shape) for j in range(counts[k]))
        elif cost is not None:
            rows[k, 0], rows[k, 1] = float(cost.fixed), float(cost.rate)
            rows[k, 2] = 0.0 if isinstance(cost, LinearCostSpec) else float(cost.curvature)
    fixed, rate, curvature, power_rate, power_exponent = np.repeat(rows, counts, axis=0).T.copy()
    shapes = tuple(pieces), tuple(functions)
    return Costs(fixed, rate, curvature, power_rate, power_exponent, *shapes)


def _accuracy(  # noqa: PLR0911 - one return per family
    spec: Any, n: int, groups: npt.NDArray[np.intp] | None, order: list[str], platform: float
) -> Accuracy:
    ones = CommonWeights(np.ones(n))
    if isinstance(spec, PerAgentAccuracySpec):
        return WeightedAccuracy(ones, mixed([_plain_curve(f) for f in spec.per_agent]), platform)
    if isinstance(spec, PerGroupAccuracySpec):
        assert groups is not None
        parts = tuple(
            (np.flatnonzero(groups == k), _plain_curve(spec.per_group[name]))
            for k, name in enumerate(order)
        )
        curve = parts[0][1] if len(parts) == 1 else MixedCurve(parts)
        return WeightedAccuracy(ones, curve, platform)
    if isinstance(spec, PowerAccuracySpec):
        return WeightedAccuracy(_weights(spec, n, groups, order), _curve(spec), platform)
    if isinstance(spec, LinearAccuracySpec):
        return WeightedAccuracy(_as_weights(spec.weights), LinearCurve(), platform)
    if isinstance(spec, CoverageAccuracySpec):
        _no_platform_data(platform, "coverage")
        return CoverageAccuracy(np.asarray(spec.distributions))
    if isinstance(spec, UnionAccuracySpec):
        _no_platform_data(platform, "union")
        points = np.array([[float(x), float(y)] for x, y in spec.curve.points])
        return UnionAccuracy(points[:, 0], points[:, 1], spec.neighbours)
    return WeightedAccuracy(ones, _curve(spec), platform)


def _learning(spec: QuadraticFitAccuracySpec, n: int, platform: float) -> QuadraticFit:
    rows = spec.targets or (spec.target or (),)
    targets = np.array([[float(entry) for entry in row] for row in rows])
    m = targets.shape[1]
    curvature = np.array([float(entry) for entry in spec.curvature or (1,) * m])
    wanted = np.broadcast_to(targets, (n, m)).copy()
    return QuadraticFit(wanted, curvature, float(spec.noise), float(spec.ceiling), platform)


def _no_platform_data(platform: float, family: str) -> None:
    if platform:
        raise UnsupportedError.single(
            "platform_data",
            str(platform),
            f"0 with the family {family}",
            f"{family} looks at who contributed, not at a total",
        )


def _plain_curve(spec: Any) -> Curve:
    """Return a family of one agent or group, which must look at the total of all data."""
    if getattr(spec, "weights", None) is not None or getattr(spec, "group_weights", None):
        raise UnsupportedError.single(
            "accuracy",
            "weights inside per_agent or per_group",
            "one family with weights for all",
            "give the weights as the matrix of a single power family",
        )
    return _curve(spec)


def _curve(spec: Any) -> Curve:
    if isinstance(spec, PowerAccuracySpec):
        return PowerCurve(float(spec.ceiling), float(spec.scale), float(spec.exponent))
    if isinstance(spec, PacAccuracySpec):
        return PacCurve(float(spec.ceiling), float(spec.complexity))
    if isinstance(spec, ThresholdPowerAccuracySpec):
        return ThresholdPowerCurve(float(spec.value), float(spec.threshold), float(spec.exponent))
    if isinstance(spec, CurveAccuracySpec):
        x, y = zip(*((float(a), float(b)) for a, b in spec.points), strict=True)
        return MeasuredCurve(x, y)
    raise UnsupportedError.single(
        "accuracy: family",
        spec.family,
        "a function of the amount of data",
        "this family cannot be solved as a sharing game on its own",
    )


def _weights(
    spec: PowerAccuracySpec, n: int, groups: npt.NDArray[np.intp] | None, order: list[str]
) -> Weights:
    if spec.group_weights is not None:
        assert groups is not None
        table = [
            [float(spec.group_weights[row].get(column, 0)) for column in order] for row in order
        ]
        return GroupWeights(np.array(table), groups).merged()
    if spec.weights is None:
        return CommonWeights(np.ones(n))
    return _as_weights(spec.weights)


def _as_weights(table: Floats) -> Weights:
    return CommonWeights(table) if table.ndim == 1 else DenseWeights(table)
