"""What the checker knows of a mechanism of sharing games: payments, stakes, promises, options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.arguments import wrong_options
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.errors import Finding
from mdsolve.instance.numbers import exact_number

if TYPE_CHECKING:
    from mdsolve.certificate.shares.base import Shares
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

GENERAL = (
    "nash",
    "budget-balance",
    "feasibility",
    "individual-rationality",
    "individual-rationality-alone",
    "reciprocity",
    "equal-treatment",
)
"""What users ask of every payment rule."""


@dataclass(frozen=True)
class Terms:
    """u_i = benefit_i - borne c_i(s_i) + price s_i + (what the others' contributions decide).

    Parameters
    ----------
    borne, price : quantities of shape ()
        Share of the own cost that an agent bears, and money per own sample.
    payments : (n,)
        Money received at the claimed contributions.
    shares : Shares or None
        Shapley shares, where they are the benefit; accuracy is otherwise.
    part : quantity of shape () or None
        The part of the benefit that shares are, the rest being accuracy; None is all.
    """

    borne: Quantity
    price: Quantity
    payments: Quantity
    shares: Shares | None = None
    part: Quantity | None = None


class SharingRule(ABC):
    """A mechanism as the checker reads it."""

    name: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Options that the rule understands, with what each is when nothing is said."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What options that are words may be."""
    shaped: ClassVar[bool] = False
    """Whether it hands out models that are less than the full one."""
    private: ClassVar[bool] = False
    """Whether it is for agents whose costs only they know."""
    learns: ClassVar[bool] = False
    """Whether it says how a model is learned."""
    looked_at: ClassVar[tuple[str, ...]] = GENERAL
    """Conditions that are looked at, promised or not."""

    def wrong_options(self, options: Mapping[str, Any], where: str) -> list[Finding]:
        """Return what is wrong with options: names that the rule does not know, other words."""
        return wrong_options(options, where, self.defaults, self.choices)

    @abstractmethod
    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Return the conditions that the rule claims on this game."""

    @abstractmethod
    def terms(self, context: SharingContext) -> Terms:
        """Return payments and own stakes at the claimed contributions.

        Raises
        ------
        NoRouteError
            Where the claim does not say enough.
        """

    def tells_apart(self, context: SharingContext) -> Sequence[Hashable] | None:
        """Return what the rule itself treats agents differently for, one entry per agent."""
        del context
        return None

    def models(self, context: SharingContext) -> Quantity | None:
        """Return accuracies of the models handed out where a claim states none, shape (n,).

        None: everybody gets the full one.
        """
        del context
        return None

    def utilities(self, context: SharingContext) -> Quantity | None:
        """Return everybody's utility where the rule has its own account of it, shape (n,)."""
        del context
        return None

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return what solutions under the rule state besides, by path: how to compute it anew."""
        del context
        return {}


def as_rate(value: Any, what: str) -> Fraction:
    """Return an option that is a number; raises `NoRouteError` otherwise."""
    try:
        return exact_number(value)
    except (TypeError, ValueError):
        message = f"{what} is not a number: {value!r}"
        raise NoRouteError(message) from None


def above_the_others(context: SharingContext, amounts: Quantity) -> Quantity:
    """Return each amount less the average of the others', 0 for a single agent."""
    n = amounts.shape[0]
    if n == 1:
        return 0 * amounts
    return amounts - (context.arithmetic.total(amounts) - amounts) / (n - 1)
