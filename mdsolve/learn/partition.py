"""Who holds which examples: the partition of a training set among agents.

Every scheme is seeded and gives each agent a list of row numbers, in an order that is random
already; an example belongs to one agent at most.

- `iid`: a random split into equal parts.
- `dirichlet`: each class is split in proportions drawn from a symmetric Dirichlet distribution
  with concentration ``alpha``; small values make agents differ.
- `label-ratio`: agent i favours class i mod K, of which a share ``ratio`` of their examples comes;
  the other classes share the rest evenly. For two classes and 0.7 this is the 70/30 split of [M25]
  section 5. All agents get equally many, as many as the rarest class allows; the rest stays unused.
- `rotate`: a random split into equal parts, images turned by the angle of the agent's group.
- `by-file`: as the files say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.errors import InstanceError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.dataset import Dataset, Floats, Integers
from mdsolve.learn.rotation import rotated
from mdsolve.learn.streams import Purpose, stream

DEFAULT_RATIO = 0.7

REMEDIES = {
    "dirichlet": "fewer agents, a larger alpha or another seed",
    "label-ratio": "fewer agents, or a ratio nearer to an even share of all classes",
    "by-file": "more examples of another class in the file",
}
"""What helps where an agent holds too little; elsewhere fewer agents."""

Doubles = npt.NDArray[np.float64]


def partition(instance: TrainingInstance, train: Dataset) -> list[Integers]:
    """Return the row numbers of each agent's examples.

    Raises
    ------
    InstanceError
        An agent would hold nothing or a single class (they are named), or the scheme does not fit.
    """
    spec, agents = instance.partition, len(instance.agents.cost)
    random = stream(instance.seed, Purpose.PARTITION)
    if spec.scheme == "dirichlet":
        assert spec.alpha is not None  # the schema demands it
        parts = dirichlet(train.labels, agents, float(spec.alpha), random)
    elif spec.scheme == "label-ratio":
        ratio = DEFAULT_RATIO if spec.ratio is None else float(spec.ratio)
        parts = label_ratio(train.labels, agents, ratio, random)
    elif spec.scheme == "by-file":
        parts = by_file(instance, train)
    else:
        parts = even(len(train.labels), agents, random)
    _require_parts(instance, train, parts)
    return parts


def even(examples: int, agents: int, random: np.random.Generator) -> list[Integers]:
    """Return a random split into parts whose sizes differ by at most one."""
    return [np.asarray(part) for part in np.array_split(random.permutation(examples), agents)]


def dirichlet(
    labels: Integers, agents: int, alpha: float, random: np.random.Generator
) -> list[Integers]:
    """Return a split of each class in proportions from Dirichlet(alpha, ..., alpha)."""
    held: list[list[Integers]] = [[] for _ in range(agents)]
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        shares = random.dirichlet(np.full(agents, alpha))
        cuts = np.round(np.cumsum(shares)[:-1] * len(rows)).astype(np.int64)
        for agent, part in enumerate(np.split(rows, cuts)):
            held[agent].append(part)
    return [random.permutation(np.concatenate(parts)) for parts in held]


def label_ratio(
    labels: Integers, agents: int, ratio: float, random: np.random.Generator
) -> list[Integers]:
    """Return equal parts in which a share `ratio` is of the agent's favourite class."""
    available = np.bincount(labels)
    kinds = len(available)
    wanted = np.full((agents, kinds), (1 - ratio) / (kinds - 1))
    wanted[np.arange(agents), np.arange(agents) % kinds] = ratio
    size = int(np.min(available / wanted.sum(axis=0)))
    counts = np.floor(size * wanted).astype(np.int64)
    rows = [random.permutation(np.flatnonzero(labels == label)) for label in range(kinds)]
    ends = np.cumsum(counts, axis=0)
    return [
        random.permutation(
            np.concatenate([rows[c][ends[i, c] - counts[i, c] : ends[i, c]] for c in range(kinds)])
        )
        for i in range(agents)
    ]


def by_file(instance: TrainingInstance, train: Dataset) -> list[Integers]:
    """Return the examples of each agent as the files say; by name where the instance has names."""
    where, agents = f"{instance.label}: partition.scheme", len(instance.agents.cost)
    if train.owners is None:
        expected = "a source that says whose each example is (csv or npz with agent)"
        raise InstanceError.single(where, f"by-file with {instance.data.source}", expected)
    known = train.owner_names
    order = list(known)
    if instance.agents.names is not None:
        order = list(instance.agents.names)
    if len(known) != agents or set(order) != set(known):
        got = f"agents {', '.join(known)} in the file"
        raise InstanceError.single(where, got, f"the agents {', '.join(instance.agent_names)}")
    return [np.flatnonzero(train.owners == known.index(name)) for name in order]


def _require_parts(instance: TrainingInstance, train: Dataset, parts: list[Integers]) -> None:
    where, fix = (
        f"{instance.label}: partition",
        REMEDIES.get(instance.partition.scheme, "fewer agents"),
    )
    for name, rows in zip(instance.agent_names, parts, strict=True):
        if len(rows) == 0:
            raise InstanceError.single(where, f"{name} holds no examples", "some for each", fix)
        present = np.unique(train.labels[rows])
        if len(present) == 1:
            got = f"{name} holds the single class {train.classes[int(present[0])]!r}"
            raise InstanceError.single(where, got, "two classes or more for each agent", fix)


def group_angles(instance: TrainingInstance) -> list[float]:
    """Return the angle (degrees) by which each agent's images are turned; 0 without rotation."""
    spec = instance.partition
    if spec.angles is None:
        return [0.0] * len(instance.agents.cost)
    return [float(angle) for angle in spec.angles for _ in range(spec.agents_per_group)]


def turned(instance: TrainingInstance, part: Dataset, angle: float) -> Floats:
    """Return the inputs of a data set as an agent with this angle sees them.

    Raises
    ------
    InstanceError
        The inputs are no images.
    """
    if angle == 0:
        return part.inputs
    if not part.images:
        raise InstanceError.single(
            f"{instance.label}: partition.scheme",
            f"rotate with {instance.data.source}",
            "images, which digits, mnist, cifar10 and npz files hold",
        )
    return rotated(part.inputs, angle)


def class_shares(labels: Integers, kinds: int) -> Doubles:
    """Return the share of each class among the labels, shape (kinds,)."""
    return np.bincount(labels, minlength=kinds) / len(labels)
