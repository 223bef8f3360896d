"""One round of training, all clients in one stack, against a loop over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.instance import parse
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.engine import reproducible
from mdsolve.learn.federation import Federation, build_federation
from scripts.bench.rows import Peer, Row, Task

MODELS: dict[str, dict[str, Any]] = {
    "linear": {"family": "linear"},
    "64 hidden units": {"family": "mlp", "hidden": [64]},
    "convolutions": {"family": "cnn"},
}
BATCH, STEPS = 16, 3


def federation(agents: int, model: dict[str, Any]) -> Federation:
    """Return clients who share the digits."""
    made = parse(
        {
            "kind": "training",
            "data": {"source": "digits"},
            "model": model,
            "agents": {"cost": [0] * agents},
            "protocol": {"name": "fedavg", "rounds": 1, "batch_size": BATCH},
        }
    )
    assert isinstance(made, TrainingInstance)
    return build_federation(made, "cpu")


def trained(agents: int, model: dict[str, Any], *, stacked: bool) -> Task:
    """Return one round of all clients: in a stack, or in turn."""
    found = federation(agents, model)
    theta = found.start()
    schedule = found.holdings.schedule(np.arange(agents), np.full(agents, float(STEPS)), 0)
    train = found.engine.train_stacked if stacked else found.engine.train_in_turn

    def task() -> Any:
        with reproducible():
            return train(theta, schedule)

    return task


ROWS = tuple(
    Row(
        f"one round of training, {words}",
        "clients",
        (10, 100),
        lambda n, model=model: trained(n, model, stacked=True),  # type: ignore[misc]
        "the multiplications of the model; convolutions are bound by them",
        peers=(
            Peer(
                "a loop over the clients",
                lambda n, model=model: trained(n, model, stacked=False),  # type: ignore[misc]
                (10, 100),
                lambda ours, theirs: float((ours - theirs).abs().max()),
            ),
        ),
        repeats=3,
    )
    for words, model in MODELS.items()
)
