"""`fedavg`: federated averaging without strategy."""

from __future__ import annotations

from typing import ClassVar, Literal

from mdsolve.instance.protocols.base import ProtocolSpec


class FedAvgSpec(ProtocolSpec):
    """Everybody brings all they have, or what start says; nobody pays."""

    citation: ClassVar[str] = "[D25] section 5, after McMahan et al. (2017)"
    contributions_move: ClassVar[bool] = False
    name: Literal["fedavg"]
