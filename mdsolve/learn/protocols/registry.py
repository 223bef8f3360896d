"""The protocols that can be run, by name."""

from __future__ import annotations

from mdsolve.errors import UnsupportedError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.protocols.base import Protocol
from mdsolve.learn.protocols.fedavg import FedAvg
from mdsolve.learn.protocols.fedavg_strategic import FedAvgStrategic
from mdsolve.learn.protocols.fedbr import FedBR
from mdsolve.learn.protocols.fedbr_bg import FedBRBG
from mdsolve.learn.protocols.fedbr_shap import FedBRShap
from mdsolve.learn.protocols.upbred import UPBReD
from mdsolve.learn.protocols.upbred_two_phases import UPBReDTwoPhases

PROTOCOLS: dict[str, type[Protocol]] = {
    rule.name: rule
    for rule in (FedAvg, FedAvgStrategic, FedBR, FedBRBG, FedBRShap, UPBReD, UPBReDTwoPhases)
}


def protocol_of(instance: TrainingInstance) -> Protocol:
    """Return the protocol an instance names, with its settings.

    Raises
    ------
    UnsupportedError
        The format knows the name, but the protocol cannot be run yet.
    """
    name = instance.protocol.name
    if name not in PROTOCOLS:
        where, expected = f"{instance.label}: protocol.name", f"one of {', '.join(PROTOCOLS)}"
        raise UnsupportedError.single(where, f"{name}, which cannot be run yet", expected)
    return PROTOCOLS[name](instance.protocol)
