"""Why a payment is what it is: the chain of constraints that binds it, in sentences."""

from __future__ import annotations

from mdsolve.errors import UsageError
from mdsolve.game.build import market_game
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.numbers import exact_number
from mdsolve.solution import Solution
from mdsolve.solver.difference_graph import binding_chain, explain


def explain_payments(instance: Instance, solution: Solution, where: str) -> list[str]:
    """Return one sentence per agent about the maximal payment at a profile.

    Parameters
    ----------
    where : str
        Types separated by commas, or ``profile`` or ``minimal`` for those of the solution.

    Raises
    ------
    UsageError
        If the types are not a profile of the instance.
    """
    if not isinstance(instance, MarketInstance):
        raise UsageError.single("--explain", instance.kind, "a market instance")
    market = market_game(instance)
    names = {"profile": "profile", "minimal": "minimal_profile"}
    stored = solution.answers.get(names.get(where, ""), ())
    types = list(stored) if where in names else where.split(",")
    if len(types) != len(market.agents):
        expected = f"{len(market.agents)} types, one per agent, or profile or minimal"
        raise UsageError.single("--explain", repr(where), expected)
    numbers = []
    for agent, (grid, text) in enumerate(zip(market.grids, types, strict=True)):
        try:
            number = grid.index(exact_number(text))
        except ValueError:
            number = None
        if number is None:
            expected = f"a type of {market.agents[agent]} on its grid {grid.first} .. {grid.last}"
            raise UsageError.single("--explain", str(text), expected)
        numbers.append(number)
    return [
        explain(binding_chain(market, agent, numbers), market)
        for agent in range(len(market.agents))
    ]
