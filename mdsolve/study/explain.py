"""Why a payment is what it is: the chain of constraints that binds it, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mdsolve.errors import UsageError
from mdsolve.game.build import market_game
from mdsolve.game.side_constraints import SMALLEST_CAP, SideConstraints, parse_side_constraints
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import exact_number
from mdsolve.mechanism.highest_payments import by_paths
from mdsolve.solution import Solution
from mdsolve.solver.market.difference_graph import binding_chain, explain

STORED = {"profile": "profile", "minimal": "minimal_profile"}
"""Words for the profiles that a solution names itself, and the answers that hold them."""


def explain_payments(instance: Instance, solution: Solution, where: str) -> list[str]:
    """Return one sentence per agent about the maximal payment at a profile.

    Parameters
    ----------
    where : str
        Types separated by commas, or ``profile`` or ``minimal`` for those of the solution.

    Raises
    ------
    UsageError
        If the types are not a profile of the instance, the solution has none of that name, or
        more than chains of reports decides what is paid.
    """
    types = where.split(",")
    if where in STORED:
        types = list(solution.answers.get(STORED[where], ()))
    numbers = profile_numbers(instance, types)
    market = market_game(_market(instance))
    caps = _caps(solution)
    return [
        explain(binding_chain(market, agent, numbers, cap=caps.cap_of(name)), market)
        for agent, name in enumerate(market.agents)
    ]


def _caps(solution: Solution) -> SideConstraints:
    """Return the caps that bind payments besides lies; raises `UsageError` where more does."""
    options = solution.mechanism.options
    side = parse_side_constraints(options.get("side", ()))
    objective = options.get("objective", "revenue")
    if side.interim or objective == SMALLEST_CAP or not by_paths(side, objective):
        raise UsageError.single(
            "--explain",
            f"payments under {', '.join(side.words()) or 'no side constraint'} for the objective "
            f"{objective}",
            "the highest payments: no side constraints but caps and what sums may be at least",
            "drop --explain: no chain of reports alone says what is paid",
        )
    return side


def profile_numbers(instance: Instance, types: Sequence[Any]) -> list[int]:
    """Return the positions of types on their agents' grids; raises `UsageError`.

    Examples
    --------
    >>> from mdsolve.instance import parse
    >>> share = {"family": "share"}
    >>> market = parse({"kind": "market", "agents": 2, "types": [1, 5], "valuation": share})
    >>> profile_numbers(market, ["5", "1"])
    [1, 0]
    """
    market = _market(instance)
    if len(types) != len(market.agents):
        got = ", ".join(str(entry) for entry in types) or "no types"
        expected = f"{len(market.agents)} types, one per agent, or profile or minimal"
        raise UsageError.single("--explain", got, expected)
    numbers = []
    for agent, grid, text in zip(market.agents, market.grids, types, strict=True):
        try:
            number = grid.index(exact_number(text))
        except ValueError:
            number = None
        if number is None:
            expected = f"a type of {agent} on its grid {grid.first} .. {grid.last}"
            raise UsageError.single("--explain", str(text), expected)
        numbers.append(number)
    return numbers


def _market(instance: Instance) -> MarketInstance:
    if not isinstance(instance, MarketInstance):
        raise UsageError.single("--explain", instance.kind, "a market instance")
    return instance
