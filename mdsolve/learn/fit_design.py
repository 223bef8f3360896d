"""At which contributions to train in order to learn what data are worth: the experiment's design.

Agents whose examples are alike (the same angle, the same favourite class, any under `iid`) form a
group and contribute the same share of what they have. Up to `FACTORIAL_LIMIT` combinations of
levels every one is trained (full factorial); beyond, a Latin hypercube spreads the points evenly
over every group's range, with nobody, everybody, each group alone and all but one group added.
Every point is trained several times with other random numbers; the scatter of these replicates is
the error that a misfit is measured against.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.dataset import Integers
from mdsolve.learn.partition import group_angles
from mdsolve.learn.schedule import Doubles
from mdsolve.learn.streams import Purpose, stream

LEVELS = (0.0, 0.25, 0.5, 1.0)
FACTORIAL_LIMIT = 100
POINTS_PER_GROUP = 20
REPLICATES = 2


@dataclass(frozen=True)
class Groups:
    """Agents by the kind of their examples.

    Parameters
    ----------
    names : tuple of str
        The agent's own name where they are alone in their group.
    member : ndarray of int, shape (agents,)
        Group of each agent.
    """

    names: tuple[str, ...]
    member: Integers

    def members(self, group: int) -> Integers:
        """Return the agents of a group."""
        return np.flatnonzero(self.member == group)


def groups_of(instance: TrainingInstance, classes: Sequence[str]) -> Groups:
    """Return the groups of an instance whose data have these classes."""
    agents = len(instance.agents.cost)
    scheme = instance.partition.scheme
    if scheme == "iid":
        labels = ["everybody"] * agents
    elif scheme == "rotate":
        labels = [f"angle-{angle:g}" for angle in group_angles(instance)]
    elif scheme == "label-ratio":
        labels = [f"class-{classes[i % len(classes)]}" for i in range(agents)]
    else:
        labels = list(instance.agent_names)
    distinct = list(dict.fromkeys(labels))
    member = np.array([distinct.index(label) for label in labels])
    names = [
        instance.agent_names[int(np.argmax(member == k))] if labels.count(label) == 1 else label
        for k, label in enumerate(distinct)
    ]
    return Groups(tuple(names), member)


def factorial(levels: Sequence[float], groups: int) -> Doubles:
    """Return every combination of levels, shape (levels ** groups, groups).

    Examples
    --------
    >>> factorial((0.0, 1.0), 2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    return np.array(list(itertools.product(levels, repeat=groups)))


def latin_hypercube(points: int, groups: int, seed: int) -> Doubles:
    """Return points in [0, 1]^groups: corners, and one in each of `points` slices of every axis.

    The corners nobody, everybody, each alone and all but one come first.
    """
    random = stream(seed, Purpose.FIT)
    alone = np.eye(groups)
    corners = np.concatenate([np.zeros((1, groups)), np.ones((1, groups)), alone, 1 - alone])
    order = np.column_stack([random.permutation(points) for _ in range(groups)])
    inside = (order + random.random((points, groups))) / points
    return np.concatenate([np.unique(corners, axis=0), inside])


def design_points(
    groups: int, seed: int, levels: Sequence[float] = LEVELS, points: int | None = None
) -> Doubles:
    """Return the shares of everybody's data to train at, shape (points, groups).

    Parameters
    ----------
    levels : sequence of float
        Shares in [0, 1] of a full factorial.
    points : int or None
        Points of a Latin hypercube; None decides by the number of combinations.

    Raises
    ------
    UsageError
        Levels that are no shares, or fewer than two of them; too few points.
    """
    distinct = sorted(set(levels))
    findings = []
    if len(distinct) < 2 or distinct[0] < 0 or distinct[-1] > 1:
        got = ", ".join(f"{level:g}" for level in levels)
        findings.append(Finding("--levels", got, "two shares in [0, 1] or more, as 0,0.5,1"))
    if points is not None and points < 1:
        findings.append(Finding("--points", str(points), "at least 1"))
    if findings:
        raise UsageError(findings)
    if points is None and len(distinct) ** groups <= FACTORIAL_LIMIT:
        return factorial(distinct, groups)
    return latin_hypercube(points or POINTS_PER_GROUP * groups, groups, seed)
