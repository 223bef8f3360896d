"""One line about an instance: what it is and how big."""

from __future__ import annotations

from mdsolve.instance.load import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance

BYTES_PER_PAYMENT = 8


def summary(instance: Instance) -> str:
    """Return kind, agents and size of an instance in words.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> data = {"kind": "market", "agents": 2, "types": [1, 2], "valuation": {"family": "share"}}
    >>> summary(parse(data))
    'market: 2 agents, 4 profiles, payment table 64 bytes'
    """
    if isinstance(instance, MarketInstance):
        table = BYTES_PER_PAYMENT * instance.profile_count * len(instance.agents)
        return (
            f"market: {len(instance.agents)} agents, {instance.profile_count:,} profiles, "
            f"payment table {table:,} bytes"
        )
    if isinstance(instance, SharingInstance):
        return f"sharing game: {instance.agent_count:,} agents"
    return f"training run: {len(instance.agents.cost)} agents, protocol {instance.protocol.name}"
