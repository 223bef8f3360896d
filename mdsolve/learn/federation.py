"""The agents of a training run with their data, and what protocols may ask of them.

A protocol sees contributions, local models, combined models and what these are worth; how they are
computed is the engine's business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from mdsolve.errors import Finding, InstanceError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.adam import Moments
from mdsolve.learn.data import load_split
from mdsolve.learn.dataset import Dataset, Floats, Integers, Split
from mdsolve.learn.engine import DTYPES, Engine, device_named, reproducible
from mdsolve.learn.evaluation import Evaluation, Examiner
from mdsolve.learn.history import Record
from mdsolve.learn.models import build_model
from mdsolve.learn.partition import group_angles, partition, turned
from mdsolve.learn.schedule import Doubles, Holdings


@dataclass(frozen=True)
class Federation:
    """Agents, their examples, and the model they train together.

    Parameters
    ----------
    names : tuple of str
    costs : ndarray, shape (agents,)
        Money per unit of contribution.
    values : ndarray, shape (agents,)
        Money per unit of accuracy (or of loss, where that is the payoff).
    capacities : ndarray, shape (agents,)
        Largest contributions.
    aggregation, payoff : str
        As in `ProtocolSpec`.
    learning_rate : float
        As in `ProtocolSpec`.
    adam : bool
        Whether the centre moves as Adam does. The engine's own step is then 1, so that local models
        differ from the common one by their gradients.
    """

    names: tuple[str, ...]
    costs: Doubles
    values: Doubles
    capacities: Doubles
    holdings: Holdings
    engine: Engine
    examiner: Examiner
    split: Split
    aggregation: str
    payoff: str
    seed: int
    learning_rate: float
    adam: bool = False

    @property
    def agents(self) -> int:
        """Number of agents."""
        return len(self.names)

    def start(self) -> Tensor:
        """Return the model before training, shape (parameters,)."""
        return self.engine.start(self.seed)

    def train(
        self, theta: Tensor, contributions: Doubles, number: int, agents: Integers | None = None
    ) -> Tensor:
        """Return the local models after each agent trains on their contribution in a round.

        Parameters
        ----------
        theta : Tensor, shape (parameters,) or (jobs, parameters)
            The common model they start from, or each job's own.
        contributions : ndarray, shape (jobs,)
        number : int
            Round number; the same number means the same order of examples.
        agents : ndarray of int, shape (jobs,), or None
            Whose data each job uses; None means agents 0, 1, ... once each.

        Returns
        -------
        Tensor, shape (jobs, parameters)
        """
        jobs = np.arange(self.agents) if agents is None else agents
        return self.engine.train(theta, self.holdings.schedule(jobs, contributions, number))

    def shares(self, contributions: Doubles) -> Doubles:
        """Return the weight of each local model in the next common one, shape (agents,).

        Weights sum to 1, or are all zero where contributions decide and nobody brings anything.
        """
        if self.aggregation == "mean":
            return np.full(self.agents, 1 / self.agents)
        total = contributions.sum()
        return contributions / total if total > 0 else np.zeros(self.agents)

    def combine(
        self, theta: Tensor, local: Tensor, weights: Doubles, moments: Moments | None = None
    ) -> Tensor:
        """Return the models (coalitions, parameters) that weighted averages of local models make.

        Rows of `weights` (coalitions, jobs) sum to 1; without moments a row of zeros gives `theta`.

        Parameters
        ----------
        moments : Moments or None
            Those of Adam before the round.
        """
        averages = self.engine.combine(theta, local, weights)
        if moments is None:
            return averages
        return theta + moments.after(theta - averages).change(self.learning_rate)

    def moments_after(
        self, theta: Tensor, local: Tensor, weights: Doubles, moments: Moments | None
    ) -> Moments | None:
        """Return Adam's moments after the round that averages local models so, weights (jobs,)."""
        if moments is None:
            return None
        (average,) = self.engine.combine(theta, local, weights[None])
        return moments.after(theta - average)

    def evaluate(self, models: Tensor) -> Evaluation:
        """Return accuracies and losses (models, agents) of models (models, parameters)."""
        return self.examiner.evaluate(models)

    def payoffs(self, evaluation: Evaluation) -> Doubles:
        """Return a_i in units of accuracy (or of loss below that of guessing), (models, agents)."""
        if self.payoff == "accuracy":
            return evaluation.accuracies
        return math.log(len(self.split.train.classes)) - evaluation.losses

    def payoffs_of(self, record: Record) -> Doubles:
        """Return a_i of the model after a round, shape (agents,)."""
        found = self.payoffs(Evaluation(record.accuracies[None], record.losses[None]))
        return np.asarray(found[0])

    def utilities(self, payoffs: Doubles, contributions: Doubles, payments: Doubles) -> Doubles:
        """Return u_i = value_i a_i - cost_i s_i + payment_i in money."""
        return self.values * payoffs - self.costs * contributions + payments


@reproducible()  # on one thread: images are turned here
def build_federation(instance: TrainingInstance, device: str = "cpu") -> Federation:
    """Return the agents of an instance with their data on the device.

    Raises
    ------
    InstanceError
        Data, partition, model or contributions do not fit together.
    UnsupportedError
        There is no such device.
    """
    place = device_named(device)
    data = load_split(instance)
    parts = partition(instance, data.train)
    model = build_model(instance, data.train.inputs.shape[1:], len(data.train.classes))
    angles = group_angles(instance)
    precision, spec = instance.model.precision, instance.protocol
    rate = float(spec.settings()["learning_rate"])
    inputs = _own_views(instance, data.train, parts, angles)
    distinct = sorted(set(angles))
    adam = spec.optimizer == "adam"
    holdings = Holdings(parts, spec.batch_size, spec.unit, instance.seed, spec.work)
    try:
        examiner = Examiner.of(
            model,
            data.holdout,
            [turned(instance, data.holdout, angle) for angle in distinct],
            np.array([distinct.index(angle) for angle in angles]),
            [data.train.labels[rows] for rows in parts],
            place,
            DTYPES[precision],
        )
    except ValueError as error:
        where = f"{instance.label}: data.holdout"
        raise InstanceError.single(where, str(error), "some of every agent's classes") from None
    values = instance.agents.value
    agents = len(parts)
    return Federation(
        names=instance.agent_names,
        costs=np.array([float(cost) for cost in instance.agents.cost]),
        values=np.ones(agents) if values is None else np.array([float(v) for v in values]),
        capacities=_capacities(instance, holdings),
        holdings=holdings,
        engine=Engine.on(place, model, data.train, inputs, 1.0 if adam else rate, precision),
        examiner=examiner,
        split=data,
        aggregation=spec.aggregation,
        payoff=spec.payoff,
        seed=instance.seed,
        learning_rate=rate,
        adam=adam,
    )


def _own_views(
    instance: TrainingInstance, train: Dataset, parts: list[Integers], angles: list[float]
) -> Floats:
    """Return the training inputs, each example turned by the angle of the agent who holds it."""
    inputs = train.inputs.copy()
    for rows, angle in zip(parts, angles, strict=True):
        inputs[rows] = turned(instance, train.take(rows), angle)
    return inputs


def _capacities(instance: TrainingInstance, holdings: Holdings) -> Doubles:
    """Return the largest contributions; raises where data or start do not fit them."""
    own = holdings.capacities()
    given, start = instance.agents.capacity, instance.protocol.start
    capacities = own if given is None else np.array([float(most) for most in given])
    findings = []
    if holdings.unit == "samples":  # a pass over the data cannot be longer than the data
        for i in np.flatnonzero(capacities > own).tolist():
            where, got = f"{instance.label}: agents.capacity[{i}]", f"{capacities[i]:g} samples"
            findings.append(Finding(where, got, f"at most the {own[i]:g} in their part"))
    for i, first in enumerate(start or ()):
        if float(first) > capacities[i]:
            where, got = f"{instance.label}: protocol.start[{i}]", f"{float(first):g}"
            findings.append(Finding(where, got, f"at most the capacity, {capacities[i]:g}"))
    if findings:
        raise InstanceError(findings)
    return capacities
