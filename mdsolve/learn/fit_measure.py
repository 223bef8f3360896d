"""Measurements of a training instance: the design is trained, and accuracies are read off.

The accuracy of a group is that of its agents, averaged; their errors are shared, because all
models are measured on the same held-out examples.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdsolve.errors import Finding, UnsupportedError, UsageError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.checkpoint import fingerprint
from mdsolve.learn.federation import Federation, build_federation
from mdsolve.learn.fit_design import LEVELS, REPLICATES, Groups, design_points, groups_of
from mdsolve.learn.fit_runs import Hits, RunPlan, train_runs
from mdsolve.learn.schedule import Doubles
from mdsolve.progress import Monitor
from mdsolve.solver.fit.accuracy_fit import Measurements


@dataclass(frozen=True)
class Design:
    """What to train at.

    Parameters
    ----------
    levels : sequence of float
        Shares of everybody's data in a full factorial.
    points : int or None
        Points of a Latin hypercube instead; None decides by the number of combinations.
    replicates : int
        Runs with other random numbers per point.
    """

    levels: Sequence[float] = LEVELS
    points: int | None = None
    replicates: int = REPLICATES


@dataclass(frozen=True)
class Measured:
    """Measurements with what they were made of.

    Parameters
    ----------
    protocol : dict
        How to measure the same again.
    """

    measurements: Measurements
    groups: Groups
    federation: Federation
    protocol: dict[str, Any]


def measure(
    instance: TrainingInstance,
    design: Design,
    *,
    device: str = "cpu",
    jobs: int = 1,
    store: Path | None = None,
    monitor: Monitor | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Train an instance at the points of a design and return the accuracies.

    Raises
    ------
    InstanceError
        Data, partition and model do not fit, or the model diverged.
    UnsupportedError
        The payoff is not the accuracy, or the model moves as Adam does.
    UsageError
        An unusable design, or a store of other runs.
    """
    if instance.protocol.payoff != "accuracy":
        where, got = f"{instance.label}: protocol.payoff", instance.protocol.payoff
        raise UnsupportedError.single(where, got, "accuracy, the share of right answers", "drop it")
    if instance.protocol.optimizer == "adam":  # a fitted curve belongs to plain averaging
        where = f"{instance.label}: protocol.optimizer"
        raise UnsupportedError.single(where, "adam", "sgd, with which curves are fitted", "drop it")
    counts = {"--replicates": design.replicates, "--jobs": jobs}
    few = [Finding(name, str(count), "at least 1") for name, count in counts.items() if count < 1]
    if few:
        raise UsageError(few)
    federation = build_federation(instance, device)
    groups = groups_of(instance, federation.split.train.classes)
    shares = design_points(len(groups.names), instance.seed, design.levels, design.points)
    shares = np.repeat(shares, design.replicates, axis=0)
    contributions = shares[:, groups.member] * federation.capacities
    digest = hashlib.sha256(contributions.tobytes()).hexdigest()
    key = json.dumps([fingerprint(instance, federation.split.sha256, device), digest])
    plan = RunPlan(instance, contributions, device, key)
    hits = train_runs(
        plan,
        federation,
        store=store,
        jobs=jobs,
        monitor=monitor or Monitor(),
        announce=announce,
    )
    kind = "latin-hypercube" if design.points or _spread(shares, design) else "full-factorial"
    protocol = {
        "design": kind,
        "levels": [float(level) for level in sorted(set(design.levels))],
        "points": len(shares) // design.replicates,
        "replicates": design.replicates,
        "unit": instance.protocol.unit,
        "learning_rate": federation.engine.learning_rate,
        "data": federation.split.to_dict(instance.data.source),
        "torch": str(torch.__version__),
        "device": device,
    }
    if kind == "latin-hypercube":
        del protocol["levels"]
    return Measured(read_off(federation, groups, contributions, hits), groups, federation, protocol)


def _spread(shares: Doubles, design: Design) -> bool:
    """Tell whether points lie between the levels."""
    return not bool(np.isin(shares, np.array(list(design.levels))).all())


def read_off(
    federation: Federation, groups: Groups, contributions: Doubles, hits: Hits
) -> Measurements:
    """Return each group's accuracy in each run, with the data of each group behind it.

    Parameters
    ----------
    contributions : ndarray, shape (runs, agents)
    hits : ndarray of bool, shape (runs, views, examples)
    """
    count = len(groups.names)
    amounts = np.stack([contributions[:, groups.members(g)].sum(axis=1) for g in range(count)], 1)
    accuracies, shared = [], []
    for group in range(count):
        members = groups.members(group)
        weights = federation.examiner.weights[torch.from_numpy(members)].cpu().numpy()
        weight = weights.mean(axis=0)
        right = hits[:, int(federation.examiner.view_of[members[0]])]
        accuracy = right @ weight
        accuracies.append(accuracy)
        shared.append(weight * (right - accuracy[:, None]))
    size = hits.shape[2]
    return Measurements(
        rows=groups.names,
        columns=groups.names,
        row=np.repeat(np.arange(count), len(contributions)),
        amounts=np.tile(amounts, (count, 1)),
        accuracies=np.concatenate(accuracies),
        holdout=np.full(count * len(contributions), float(size)),
        shared=np.concatenate(shared),
    )


def trained_accuracies(
    instance: TrainingInstance,
    federation: Federation,
    contributions: Doubles,
    *,
    seed: int,
    monitor: Monitor | None = None,
) -> Doubles:
    """Return each agent's accuracy after training at given contributions, (runs, agents).

    Parameters
    ----------
    contributions : ndarray, shape (runs, agents)
        Equal rows are trained with different random numbers.
    seed : int
        Of the models' starts and batches; who holds what stays as it is.
    """
    again = replace(federation, seed=seed)
    plan = RunPlan(instance, contributions, str(federation.engine.device), "unkept")
    hits = train_runs(
        plan,
        again,
        store=None,
        jobs=1,  # other processes would draw with the instance's own seed
        monitor=monitor or Monitor(),
        announce=lambda _: None,
    )
    weights = federation.examiner.weights.cpu().numpy()
    return np.asarray(np.einsum("ram,am->ra", hits[:, federation.examiner.view_of], weights))
