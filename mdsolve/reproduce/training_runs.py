"""Federated runs that reproductions compare: one instance per protocol on the same data.

The data are the bundled digits unless a source is named, such as ``cifar10:DIR``; folders that do
not exist as typed are looked for in the present one and in the data root. Money and steps are
given for agents who hold as much as with the digits, so that prices and moves keep their
proportions on larger data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.reproduce.record import BUNDLED

DIGITS_EXAMPLES = 1348  # to train on in the bundled digits, with a quarter held out


@dataclass(frozen=True)
class Setting:
    """What all runs of a comparison share: source of data, training examples, and protocol."""

    source: str
    examples: int
    protocol: Mapping[str, Any]

    @property
    def scale(self) -> float:
        """How many times the examples of the digits there are."""
        return self.examples / DIGITS_EXAMPLES

    def run(
        self, agents: Mapping[str, Any], protocol: Mapping[str, Any], seed: int, alone: bool = False
    ) -> md.Solution:
        """Run one protocol; see `instance`."""
        return md.train(self.instance(agents, protocol, seed), alone=alone)

    def instance(
        self, agents: Mapping[str, Any], protocol: Mapping[str, Any], seed: int
    ) -> md.TrainingInstance:
        """Return the instance of one protocol.

        Parameters
        ----------
        agents, protocol : mapping
            Costs per example and values; keys of the protocol besides the common ones. Costs,
            payments and steps are those of the digits and are brought to scale here.
        """
        scale, who, keys = self.scale, dict(agents), {**self.protocol, **protocol}
        factors = {"step_size": scale**2, "difference": scale, "start": scale}
        factors |= {"beta": 1 / scale} if keys["name"] == "2p-upbred" else {}
        for holder, by_key in ((keys, factors), (who, {"cost": 1 / scale, "capacity": scale})):
            for key in by_key.keys() & holder.keys():
                holder[key] = (np.asarray(holder[key]) * by_key[key]).tolist()
        data, family = {"source": self.source}, "linear" if self.source == BUNDLED else "cnn"
        more = {"model": {"family": family}, "agents": who, "protocol": keys, "seed": seed}
        folder, data["source"] = placed(self.source)
        return training(folder, name=keys["name"], data=data, **more)


def placed(source: str) -> tuple[Path, str]:
    """Return the folder that a source named at the command line lies in, and its name there.

    What is typed is meant: a path may lead anywhere. One that leads nowhere is left to the present
    folder and the data root.
    """
    kind, _, place = source.partition(":")
    path = Path(place).expanduser().resolve()
    if not place or not path.exists():
        return Path.cwd(), source
    return path.parent, f"{kind}:{path}"


def training(folder: Path, **data: Any) -> md.TrainingInstance:
    """Return a training instance whose data lie in a folder."""
    instance = md.parse({"kind": "training", **data}, folder)
    assert isinstance(instance, md.TrainingInstance)
    return instance


def setting_on(source: str, protocol: Mapping[str, Any]) -> Setting:
    """Return the setting on a source of data, with its number of training examples."""
    digits = Setting(source, DIGITS_EXAMPLES, {"unit": "samples", "batch_size": 16, **protocol})
    if source == BUNDLED:
        return digits
    probe = digits.instance({"cost": [0]}, {"name": "fedavg", "rounds": 1}, 0)
    return Setting(source, examples_of(probe), digits.protocol)


def examples_of(instance: md.TrainingInstance) -> int:
    """Return how many training examples there are; raises where they cannot be read."""
    from mdsolve.learn.extra import require_learning

    require_learning()
    from mdsolve.learn.data import load_split

    return len(load_split(instance).train.labels)
