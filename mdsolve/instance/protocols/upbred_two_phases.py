"""`2p-upbred`: agents are paid for contributions, and choose them at the untrained model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from mdsolve.instance.findings import Problem
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
        "payment_limit": "none",
    }
    name: Literal["2p-upbred"]
    estimate: Literal["own", "rounds"] = "own"
    """What stands for the slope of the payoff, as under upbred."""
    beta: Annotated[NonNegativeNumber, BeforeValidator(_price)] | None = None
    """Money per unit of contribution, [D25] (7)."""
    payment_limit: NonNegativeNumber | tuple[NonNegativeNumber, ...] | None = None
    """Most that anybody pays in a round, or each agent's, whatever the agents bring. It lowers beta
    to what the tightest limit allows, [D25] section 6; by default nothing does."""

    def limits(self, agents: int) -> tuple[Fraction, ...] | None:
        """Return the most that each agent pays in a round; None without limits."""
        given = self.payment_limit
        if given is None or isinstance(given, tuple):
            return given
        return (given,) * agents

    def misfits(self, costs: Sequence[Fraction]) -> Iterator[Problem]:
        """Yield limits that are not one per agent."""
        given = self.payment_limit
        if isinstance(given, tuple) and len(given) != len(costs):
            expected = f"{len(costs)}, one per agent, or one number for all"
            yield ("protocol", "payment_limit"), f"{len(given)} of them", expected, ""
