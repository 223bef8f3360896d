"""Settings of the papers' training runs, by name: what an instance leaves out is filled in.

A preset knows the protocols of one paper. What the instance writes itself wins over it. Where a
paper leaves a number open, or prints what cannot be run, the preset leaves it to the defaults; the
documentation of training lists these places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mdsolve.instance.findings import Problem


@dataclass(frozen=True)
class Preset:
    """The setting of one paper.

    Parameters
    ----------
    paper : str
    protocols : mapping of str to mapping
        Keys by protocol, for the protocols the preset knows.
    common : mapping
        Keys of all its protocols.
    model : mapping
        The model where the instance names none.
    """

    paper: str
    protocols: Mapping[str, Mapping[str, Any]]
    common: Mapping[str, Any]
    model: Mapping[str, Any] = field(default_factory=dict)


TOTAL = {"estimate": "total"}

ROUNDS = {"estimate": "rounds"}

CIFAR_NETWORK = (
    {"convolution": 32, "kernel": 3},
    {"convolution": 32, "kernel": 3, "padding": "valid"},
    {"pool": 2},
    {"convolution": 64, "kernel": 3},
    {"convolution": 64, "kernel": 3, "padding": "valid"},
    {"pool": 2},
    {"dense": 512},
)
"""[D25] Table 2: 1,250,858 parameters on images 3 x 32 x 32 of ten classes."""

PRESETS: dict[str, Preset] = {
    "murhekar2023": Preset(
        "[M23] Algorithms 1-2",
        {"fedavg": {}, "fedbr": TOTAL, "fedbr-bg": {**TOTAL, "beta": "optimal"}},
        {"unit": "samples", "work": "gradient", "aggregation": "weighted"},
    ),
    "doshi2025": Preset(
        "[D25] section 5",
        {
            "fedavg": {},
            "fedavg-strategic": {"stopping": "published", "step_size": "1/2"},
            "upbred": {**ROUNDS, "step_size": "1/2"},
            "2p-upbred": {**ROUNDS, "step_size": "1/2", "beta": 2},
        },
        {
            "unit": "samples",
            "work": "gradient",
            "aggregation": "mean",
            "optimizer": "adam",
            "learning_rate": "1/1000",
            "payoff": "loss",
            "rounds": 100,
        },
        {"family": "network", "layers": CIFAR_NETWORK},
    ),
    "murhekar2025": Preset(
        "[M25] appendices E and F",
        {
            "fedbr-shap": {
                "difference": "1/2",
                "at_capacity": "beyond",
                "gain_over": "stage",
                "stage_shares": "last",
                "index": "shapley",
                "step_size": 10,
            }
        },
        {
            "unit": "batches",
            "work": "steps",
            "aggregation": "mean",
            "learning_rate": "1/10",
            "payoff": "accuracy",
        },
    ),
}
"""By name."""


def filled(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return an instance's tree with what its preset adds, and what is wrong with the preset.

    A tree without a preset, or with a protocol that cannot be read, comes back as it is.
    """
    name, protocol = raw.get("preset"), raw.get("protocol")
    preset = PRESETS.get(name) if isinstance(name, str) else None
    if preset is None or not isinstance(protocol, Mapping):
        return dict(raw), []
    chosen = protocol.get("name")
    if not isinstance(chosen, str) or chosen not in preset.protocols:
        expected = f"one of its protocols: {', '.join(preset.protocols)}"
        return dict(raw), [(("preset",), f"{name} with {chosen}", expected, "")]
    whole = dict(raw)
    whole["protocol"] = {**preset.common, **preset.protocols[chosen], **protocol}
    if "model" not in raw and preset.model:
        whole["model"] = dict(preset.model)
    return whole, []
