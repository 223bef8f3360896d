"""Non-existence: one profile and one rising chain of reports per agent refute every mechanism.

Along a chain r_0 < r_1 < ... < r_k = t_i rationality bounds the payment at r_0 and truthfulness
each further step, so p_i(t) <= v(in) - v(out) at r_0 plus the gaps of the steps. A negative sum of
these bounds contradicts weak budget balance. Only the profile and the reports are taken from the
claim; every number is computed anew, in exact fractions or balls.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mdsolve.certificate.tally import shown_number
from mdsolve.conditions import ArithmeticName, Condition
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL, to_float
from mdsolve.game.market import Market
from mdsolve.instance.numbers import exact_number

NAME = "no-mechanism"


def no_mechanism(market: Market, witness: Mapping[str, Any] | None, claimed: bool) -> Condition:
    """Check a proof that no efficient, rational, truthful rule avoids losses."""
    arithmetic: ArithmeticName = "exact" if market.rational else "enclosure"

    def result(verdict: Any, detail: str, bound: Any = None, found: Any = None) -> Condition:
        return Condition(
            NAME,
            claimed,
            verdict,
            violation=None if bound is None else to_float(bound),
            tolerance=0.0,
            arithmetic=arithmetic,
            scope="one profile, one chain of reports per agent",
            detail=detail,
            witness=found,
        )

    try:
        profile, chains = _read(market, witness)
    except ValueError as error:
        return result("not-checked", f"no usable proof: {error}")
    system = RATIONAL if market.rational else ENCLOSURE
    certain = market.with_arithmetic(system)
    with system.context():
        bounds = [
            chain_bound(certain, agent, profile, chain) for agent, chain in enumerate(chains)
        ]
        total = bounds[0]
        for bound in bounds[1:]:
            total = total + bound
        negative = bool(total < 0)
    found = {
        "profile": {
            name: float(grid.exact(k))
            for name, grid, k in zip(market.agents, market.grids, profile, strict=True)
        },
        "bounds": {
            name: shown_number(bound) for name, bound in zip(market.agents, bounds, strict=True)
        },
        "deficit": shown_number(total),
    }
    if negative:
        return result("pass", "the payments allowed sum to less than zero", total, found)
    return result("fail", "the chains do not bound the payments below zero", total, found)


def chain_bound(market: Market, agent: int, profile: list[int], chain: list[int]) -> Any:
    """Return the bound on the agent's payment that a rising chain of reports proves."""
    others = [k for j, k in enumerate(profile) if j != agent]
    column = market.column(agent, others)
    truth = column.truthful_values(agent).ravel()
    outside = column.outside_values(agent).ravel()
    bound = truth[chain[0]] - outside[chain[0]]
    for report, own in zip(chain, chain[1:], strict=False):
        lying = column.report_values(agent, report).reshape(-1)[own - report]
        bound = bound + truth[own] - lying
    return bound


def _read(
    market: Market, witness: Mapping[str, Any] | None
) -> tuple[list[int], list[list[int]]]:
    """Return type numbers of the profile and of each agent's chain; raises `ValueError`."""
    if not witness or "profile" not in witness or "chains" not in witness:
        message = "it needs a profile and chains"
        raise ValueError(message)
    types = witness["profile"]
    profile = []
    for agent, name in enumerate(market.agents):
        if not isinstance(types, Mapping) or name not in types:
            message = f"the profile has no type for {name}"
            raise ValueError(message)
        profile.append(_number(market, agent, types[name]))
    by_agent = {
        chain.get("agent"): chain.get("reports", ())
        for chain in witness["chains"]
        if isinstance(chain, Mapping)
    }
    chains = []
    for agent, name in enumerate(market.agents):
        chain = [_number(market, agent, value) for value in by_agent.get(name, ())]
        rising = all(later > earlier for earlier, later in zip(chain, chain[1:], strict=False))
        if not chain or not rising or chain[-1] != profile[agent]:
            message = f"the chain of {name} does not rise to the profile's type"
            raise ValueError(message)
        chains.append(chain)
    return profile, chains


def _number(market: Market, agent: int, value: Any) -> int:
    exact: Fraction = exact_number(value)
    number = market.grids[agent].index(exact)
    if number is None:
        message = f"{value} is not a type of {market.agents[agent]}"
        raise ValueError(message)
    return number
