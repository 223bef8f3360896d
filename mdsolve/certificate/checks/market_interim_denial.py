"""That no payments are rational and truthful on average and sum to enough: chains, weighted.

Along a chain of rising reports rationality at the first and truthfulness at each further step bound
what a type expects to pay. Weighted with how likely types are, these bounds sum to at least what
any such payments sum to on average, and that is at least the least sum asked for at every profile.
Of the proof only the chains are used. Types have to be independent: only then is what a report
costs on average the same whoever makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_interim import beliefs_of, bounds_along
from mdsolve.certificate.market_side import SUBSIDISED
from mdsolve.certificate.numbers import Quantity
from mdsolve.proof import InterimAgent, InterimChains

Stated = list[tuple[str, Quantity, Fraction | None, float]]
"""Places in a proof, the right number, what is stated there, and the scale."""


class UnusableChainsError(Exception):
    """Chains that say nothing; the message tells why."""


def most_expected(context: MarketContext, proof: InterimChains) -> tuple[Quantity, Stated]:
    """Return what payments sum to at most on average, by the chains of a proof.

    Raises
    ------
    UnusableChainsError
        If they are no chains of this market.
    """
    beliefs = beliefs_of(context)
    if not beliefs.independent:
        message = "types depend on each other, so that what a report costs depends on who makes it"
        raise UnusableChainsError(message)
    names = [entry.agent for entry in proof.agents]
    if sorted(names) != sorted(context.names):
        message = "it needs chains for every agent"
        raise UnusableChainsError(message)
    total: Quantity = context.arithmetic.constant(0)
    stated: Stated = []
    for agent, name in enumerate(context.names):
        entry = proof.agents[names.index(name)]
        if not beliefs.possible(agent).all():
            message = f"a type of {name} has no chance, and bounds nothing"
            raise UnusableChainsError(message)
        bounds, _ = bounds_along(context, agent, _through(context, agent, entry))
        chances = beliefs.own(context, agent)
        total = total + context.arithmetic.total(chances * bounds)
        scale = float(context.money[agent])
        stated += [
            (f"the bound of {name} at type {own.own}", bounds[k : k + 1], own.bound, scale)
            for k, own in enumerate(entry.types)
        ]
    return total, stated


def least_expected(context: MarketContext) -> Fraction:
    """Return what payments have to sum to on average at least.

    Raises
    ------
    UnusableChainsError
        If any sum will do.
    """
    side = context.claim.side
    least = Fraction(0) if side.expected else side.least_sum
    if not side.interim or least is None or context.options.get("objective") == SUBSIDISED:
        message = "it is about sums on average, which the side constraints do not bound"
        raise UnusableChainsError(message)
    return least


def interim_expectation(context: MarketContext, proof: InterimChains) -> Quantity:
    """Return what a proof says of the highest expected revenue.

    Raises
    ------
    NoRouteError
        If its chains are none.
    """
    try:
        return most_expected(context, proof)[0]
    except UnusableChainsError as error:
        raise NoRouteError(str(error)) from None


def _through(context: MarketContext, agent: int, entry: InterimAgent) -> Sequence[int | None]:
    """Return the numbers of the reports that chains pass, by own type."""
    grid, found = context.ruled.instance.grids[agent], []
    if [own.own for own in entry.types] != list(grid.exact_values()):
        message = f"it needs a bound for every type of {entry.agent}, rising"
        raise UnusableChainsError(message)
    for k, own in enumerate(entry.types):
        report = None if own.report is None else grid.index(own.report)
        if own.report is not None and (report is None or report >= k):
            message = f"{own.report} is not a lower report of {entry.agent}"
            raise UnusableChainsError(message)
        found.append(report)
    return found
