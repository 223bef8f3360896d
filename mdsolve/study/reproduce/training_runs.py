"""Federated runs that reproductions compare: one instance per protocol on the same data.

The data are the bundled digits unless a source is named, such as ``cifar10:DIR``; folders lie in
the present one. Money and steps are given for agents who hold as much as with the digits, so that
prices and moves keep their proportions on larger data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.instance import parse
from mdsolve.instance.training import TrainingInstance
from mdsolve.solution import Solution
from mdsolve.study.train import train

Floats = npt.NDArray[np.float64]

DIGITS = "digits"
DIGITS_EXAMPLES = 1348
"""Training examples of the bundled digits, with a quarter held out."""


@dataclass(frozen=True)
class Setting:
    """What all runs of a comparison share.

    Parameters
    ----------
    source : str
        As in `data.source` of an instance.
    examples : int
        Training examples of all agents together.
    protocol : mapping
        Keys of the protocol.
    """

    source: str
    examples: int
    protocol: Mapping[str, Any]

    @property
    def scale(self) -> float:
        """How many times the examples of the digits there are."""
        return self.examples / DIGITS_EXAMPLES

    def run(
        self,
        agents: Mapping[str, Any],
        protocol: Mapping[str, Any],
        seed: int,
        alone: bool = False,
    ) -> Solution:
        """Run one protocol; see `instance`."""
        return train(self.instance(agents, protocol, seed), alone=alone)

    def instance(
        self, agents: Mapping[str, Any], protocol: Mapping[str, Any], seed: int
    ) -> TrainingInstance:
        """Return the instance of one protocol.

        Parameters
        ----------
        agents, protocol : mapping
            Costs per example and values; keys of the protocol besides the common ones. Costs,
            payments and steps are those of the digits and are brought to scale here.
        """
        keys = {**self.protocol, **protocol}
        for key, factor in (("step_size", self.scale**2), ("difference", self.scale)):
            if key in keys:
                keys[key] = keys[key] * factor
        if keys["name"] == "2p-upbred":
            keys["beta"] = keys["beta"] / self.scale
        if "start" in keys:
            keys["start"] = [first * self.scale for first in keys["start"]]
        who = {**agents, "cost": [cost / self.scale for cost in agents["cost"]]}
        if "capacity" in who:
            who["capacity"] = [most * self.scale for most in who["capacity"]]
        made = parse(
            {
                "kind": "training",
                "name": keys["name"],
                "data": {"source": self.source},
                "model": {"family": "linear" if self.source == DIGITS else "cnn"},
                "agents": who,
                "protocol": keys,
                "seed": seed,
            },
            Path.cwd(),
        )
        assert isinstance(made, TrainingInstance)
        return made


def setting_on(source: str, protocol: Mapping[str, Any]) -> Setting:
    """Return the setting on a source of data, with its number of training examples."""
    common = {"unit": "samples", "batch_size": 16, **protocol}
    if source == DIGITS:
        return Setting(source, DIGITS_EXAMPLES, common)
    from mdsolve.learn.extra import require_learning

    require_learning()
    from mdsolve.learn.data import load_split

    probe = Setting(source, DIGITS_EXAMPLES, common)
    instance = probe.instance({"cost": [0]}, {"name": "fedavg", "rounds": 1}, 0)
    return Setting(source, len(load_split(instance).train.labels), common)


def whole_benefit(solution: Solution) -> float:
    """Return sum_i a_i after the last round, with a_i the loss below that of guessing."""
    classes = len(solution.answers["data"]["classes"])
    losses = np.asarray(solution.answers["history"]["losses"])[-1]
    return float((np.log(classes) - losses).sum())
