"""From a training instance to a sharing instance: train at a design, fit, write down how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdsolve.instance.numbers import exact_number
from mdsolve.instance.training import TrainingInstance
from mdsolve.progress import Monitor, StopRequested
from mdsolve.study.fit import DEFAULT_MECHANISM, FittedInstance, assess, sharing_document

if TYPE_CHECKING:
    from mdsolve.learn.fit_measure import Measured

TEXTS = ("name", "names", "title", "source", "format", "kind")
"""Keys of a training instance whose values are texts even where they look like numbers."""


def fit_training(
    instance: TrainingInstance,
    *,
    family: str = "auto",
    given: Mapping[str, float] | None = None,
    levels: Sequence[float] | None = None,
    points: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    device: str = "cpu",
    jobs: int = 1,
    store: Path | None = None,
    monitor: Monitor | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> FittedInstance:
    """Train an instance at a design of contributions and fit accuracy functions.

    Training is plain federated averaging with the rounds, batches and learning rate of the
    instance's protocol, whichever it names.

    Parameters
    ----------
    levels, points, replicates
        The design, see `mdsolve.learn.fit_design`.
    store : Path or None
        File that keeps finished runs while others are missing; a second call goes on with it.
    announce : callable
        Receives a sentence with the number of runs and the time they will take.

    Raises
    ------
    InstanceError
        Data, partition and model do not fit, or the model diverged.
    UnsupportedError
        The optional libraries are missing, or the runs do not determine the parameters.
    UsageError
        An unusable design, or a store of other runs.
    StopRequested
        Stopped; what was trained is in the store.
    """
    from mdsolve.learn.extra import require_learning

    require_learning()
    from mdsolve.learn.fit_measure import Design, measure

    if seed is not None:
        instance = instance.model_copy(update={"seed": seed})
    default = Design()
    design = Design(
        default.levels if levels is None else tuple(levels),
        points,
        default.replicates if replicates is None else replicates,
    )
    try:
        measured = measure(
            instance,
            design,
            device=device,
            jobs=jobs,
            store=store,
            monitor=monitor,
            announce=announce,
        )
    except (StopRequested, KeyboardInterrupt) as stop:
        reason = str(stop) if isinstance(stop, StopRequested) else "interrupted"
        kept = store is not None and store.exists()
        more = f"; what was trained is kept in {store}, the same command goes on" if kept else ""
        message = f"{reason}{more}"
        raise StopRequested(message) from None
    found = assess(measured.measurements, family, given)
    protocol = {**measured.protocol, "training": as_written(instance)}
    mechanism = instance.mechanism
    heading: dict[str, Any] = {
        "name": instance.name or "fitted",
        "title": instance.title,
        "source": f"fitted to training runs of {instance.name or 'an instance'}",
        "mechanism": {"name": DEFAULT_MECHANISM}
        if mechanism is None
        else {"name": mechanism.name, **mechanism.options},
    }
    heading = {key: value for key, value in heading.items() if value is not None}
    return sharing_document(found, _agents(measured), protocol, heading)


def _agents(measured: Measured) -> list[dict[str, Any]]:
    federation, groups = measured.federation, measured.groups
    return [
        {
            "name": name,
            "cost": float(federation.costs[i]),
            "capacity": float(federation.capacities[i]),
            "value": float(federation.values[i]),
            "group": groups.names[groups.member[i]],
        }
        for i, name in enumerate(federation.names)
    ]


def as_written(instance: TrainingInstance) -> dict[str, Any]:
    """Return a training instance as a file would hold it, without what was left out.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> made = parse({"kind": "training", "data": {"source": "digits", "holdout": 0.2},
    ...               "partition": {"scheme": "iid"}, "model": {"family": "linear"},
    ...               "agents": {"cost": [0.1]}, "protocol": {"name": "fedavg", "rounds": 1}})
    >>> as_written(made)["data"]
    {'source': 'digits', 'holdout': 0.2}
    """
    dumped = instance.model_dump(mode="json", exclude_unset=True, exclude={"expected", "mechanism"})
    return {"format": "mdsolve/1", "kind": "training", **_numbers(dumped), "seed": instance.seed}


def _numbers(value: Any, key: str = "") -> Any:
    """Return dumped data with exact numbers as floats where a float says the same."""
    if isinstance(value, dict):
        return {name: _numbers(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [_numbers(entry, key) for entry in value]
    if not isinstance(value, str) or key in TEXTS:
        return value
    try:
        exact = exact_number(value)
    except ValueError:
        return value
    nearest = float(exact)
    return nearest if exact_number(nearest) == exact else value
