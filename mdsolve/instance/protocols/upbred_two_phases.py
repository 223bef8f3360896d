"""`2p-upbred`: agents are paid for contributions, and choose them at the untrained model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from mdsolve.instance.numbers import NonNegativeNumber, bad_value, exact_number
from mdsolve.instance.protocols.base import TwoPhasesSpec

BETA_PER_COST = 2
"""beta over the largest cost, where it is not given; [D25] section 5 takes 2 with costs below 1."""


def _price(raw: Any) -> Any:
    """Refuse words, such as the shares of costs that `fedbr-bg` knows under the same key."""
    try:
        return exact_number(raw)
    except (TypeError, ValueError):
        raise bad_value("money per unit of contribution", "a number") from None


class UPBReDTwoPhasesSpec(TwoPhasesSpec):
    """Paid for contributions, agents choose before training. [D25] Algorithm 2."""

    citation: ClassVar[str] = "[D25] Algorithm 2, ending where agents settle"
    open_defaults: ClassVar[Mapping[str, Any]] = {
        **TwoPhasesSpec.open_defaults,
        "beta": f"{BETA_PER_COST} times the largest cost",
    }
    name: Literal["2p-upbred"]
    estimate: Literal["own", "rounds"] = "own"
    """What stands for the slope of the payoff, as under upbred."""
    beta: Annotated[NonNegativeNumber, BeforeValidator(_price)] | None = None
    """Money per unit of contribution, [D25] (7)."""
