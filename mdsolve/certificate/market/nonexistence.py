"""Non-existence: inequalities that every mechanism must satisfy, and that contradict each other.

Two forms of proof are read. *Chains*: along r_0 < r_1 < ... < r_k = t_i rationality bounds the
payment at r_0 and truthfulness each further step, so p_i(t) <= v_i(in) - v_i(out) at r_0 plus the
gaps of the steps; a negative sum of these bounds over the agents contradicts weak budget balance.
*Rows*: a combination of named inequalities with non-negative weights in which every payment
cancels and the bounds sum to less than zero, for payments with side constraints.

Only profiles, reports and weights are taken from the claim; every bound is computed anew, in exact
fractions or balls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mdsolve.certificate.market.claim import MarketClaim
from mdsolve.certificate.tally import shown_number
from mdsolve.conditions import ArithmeticName, Condition, Verdict
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL, to_float
from mdsolve.game.market import Market
from mdsolve.instance.numbers import exact_number

NAME = "no-mechanism"

Cell = tuple[int, ...]


def no_mechanism(market: Market, claim: MarketClaim, claimed: bool) -> Condition:
    """Check a proof that no efficient, rational, truthful rule avoids losses.

    With side constraints in the claim, that no such rule satisfies them as well.
    """
    arithmetic: ArithmeticName = "exact" if market.rational else "enclosure"
    system = RATIONAL if market.rational else ENCLOSURE
    witness = claim.witness or {}
    certain = market.with_arithmetic(system)
    try:
        with system.context():
            if "rows" in witness:
                total, found = _combination(certain, claim, witness["rows"])
                scope = f"{len(witness['rows'])} inequalities"
            else:
                total, found = _chains(certain, claim, witness)
                scope = "one profile, one chain of reports per agent"
            negative = bool(total < 0)
    except ValueError as error:
        reason = f"no usable proof: {error}"
        return Condition(NAME, claimed, "not-checked", arithmetic=arithmetic, detail=reason)
    verdict: Verdict = "pass" if negative else "fail"
    detail = (
        "the inequalities contradict each other: no such payments exist"
        if negative
        else "the inequalities do not contradict each other"
    )
    return Condition(
        NAME,
        claimed,
        verdict,
        violation=to_float(total),
        tolerance=0.0,
        arithmetic=arithmetic,
        scope=scope,
        detail=detail,
        witness=found,
    )


def _chains(
    market: Market, claim: MarketClaim, witness: Mapping[str, Any]
) -> tuple[Any, Mapping[str, Any]]:
    """Return the sum of the bounds that one chain per agent proves; raises `ValueError`."""
    if claim.side.deficit_allowed:
        message = "chains prove a deficit, which the side constraints allow"
        raise ValueError(message)
    profile, chains = _read_chains(market, witness)
    bounds = [chain_bound(market, agent, profile, chain) for agent, chain in enumerate(chains)]
    total = bounds[0]
    for bound in bounds[1:]:
        total = total + bound
    return total, {
        "profile": _types(market, profile),
        "bounds": {
            name: shown_number(bound) for name, bound in zip(market.agents, bounds, strict=True)
        },
        "deficit": shown_number(total),
    }


def chain_bound(market: Market, agent: int, profile: list[int], chain: list[int]) -> Any:
    """Return the bound on the agent's payment that a rising chain of reports proves."""
    bound = rationality_bound(market, agent, _moved(profile, agent, chain[0]))
    for report, own in pairwise(chain):
        bound = bound + lie_bound(market, agent, _moved(profile, agent, own), report)
    return bound


def _moved(profile: Sequence[int], agent: int, own: int) -> list[int]:
    """Return the profile with another type of one agent."""
    return [own if j == agent else number for j, number in enumerate(profile)]


def rationality_bound(market: Market, agent: int, profile: Sequence[int]) -> Any:
    """Return v_i(in) - v_i(out) at a profile: the most the agent would pay."""
    column = market.column(agent, [k for j, k in enumerate(profile) if j != agent])
    own = profile[agent]
    return column.truthful_values(agent).ravel()[own] - column.outside_values(agent).ravel()[own]


def lie_bound(market: Market, agent: int, profile: Sequence[int], report: int) -> Any:
    """Return v_i(truth) - v_i(report): by how much the truth may cost more than the report."""
    column = market.column(agent, [k for j, k in enumerate(profile) if j != agent])
    own = profile[agent]
    lying = column.report_values(agent, report).reshape(-1)[own - report]
    return column.truthful_values(agent).ravel()[own] - lying


def _combination(market: Market, claim: MarketClaim, rows: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the weighted sum of the rows' bounds, once every payment cancels."""
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        message = "rows must be a list of inequalities"
        raise ValueError(message)
    balance: dict[Cell, Fraction] = defaultdict(Fraction)
    total = market.arithmetic.number(Fraction(0))
    for row in rows:
        if not isinstance(row, Mapping):
            message = "a row is not a mapping"
            raise ValueError(message)
        weight = exact_number(row.get("multiplier"))
        if weight < 0:
            message = f"a negative multiplier, {weight}"
            raise ValueError(message)
        terms, bound = _row(market, claim, row)
        for cell, sign in terms:
            balance[cell] += weight * sign
        total = total + market.arithmetic.number(weight) * bound
    left = [cell for cell, weight in balance.items() if weight != 0]
    if left:
        agent, *profile = left[0]
        where = ", ".join(str(value) for value in _types(market, profile).values())
        message = f"the payment of {market.agents[agent]} at ({where}) does not cancel"
        raise ValueError(message)
    return total, {"rows": len(rows), "sum_of_bounds": shown_number(total)}


def _row(  # noqa: PLR0911 - one return per kind of inequality
    market: Market, claim: MarketClaim, row: Mapping[str, Any]
) -> tuple[list[tuple[Cell, int]], Any]:
    """Return one inequality that every admissible payment rule satisfies: terms <= bound."""
    kind, side = row.get("kind"), claim.side
    profile = _profile(market, row.get("profile"))
    agent = _agent(market, row.get("agent"))
    mine = (agent, *profile)
    number = market.arithmetic.number
    everybody = [(i, *profile) for i in range(len(market.agents))]
    if kind == "rationality":
        return [(mine, 1)], rationality_bound(market, agent, profile)
    if kind == "incentive":
        report = _number(market, agent, row.get("report"))
        if report >= profile[agent]:
            message = "a report that is not lower than the type"
            raise ValueError(message)
        lie = (agent, *_moved(profile, agent, report))
        return [(mine, 1), (lie, -1)], lie_bound(market, agent, profile, report)
    if kind == "revenue" and not side.deficit_allowed:
        return [(cell, -1) for cell in everybody], number(Fraction(0))
    if kind == "no-surplus" and side.budget_balance:
        return [(cell, 1) for cell in everybody], number(Fraction(0))
    if kind == "revenue-floor" and side.revenue_floor is not None:
        return [(cell, -1) for cell in everybody], number(-side.revenue_floor)
    if kind == "cap" and side.cap is not None:
        return [(mine, 1)], number(side.cap)
    if kind == "floor" and side.floor is not None:
        return [(mine, -1)], number(-side.floor)
    if kind == "spread" and side.spread is not None:
        other = (_agent(market, row.get("other")), *profile)
        return [(mine, 1), (other, -1)], number(side.spread)
    message = f"a row of kind {kind!r}, which the claim does not impose"
    raise ValueError(message)


def _read_chains(market: Market, witness: Mapping[str, Any]) -> tuple[list[int], list[list[int]]]:
    """Return type numbers of the profile and of each agent's chain; raises `ValueError`."""
    if "profile" not in witness or not isinstance(witness.get("chains"), Sequence):
        message = "it needs a profile and chains"
        raise ValueError(message)
    profile = _profile(market, witness["profile"])
    given = [chain for chain in witness["chains"] if isinstance(chain, Mapping)]
    chains = []
    for agent, name in enumerate(market.agents):
        reports = next((chain.get("reports") for chain in given if chain.get("agent") == name), ())
        if not isinstance(reports, Sequence):
            message = f"the reports of {name} are not a list"
            raise ValueError(message)
        chain = [_number(market, agent, value) for value in reports]
        rising = all(later > earlier for earlier, later in pairwise(chain))
        if not chain or not rising or chain[-1] != profile[agent]:
            message = f"the chain of {name} does not rise to the profile's type"
            raise ValueError(message)
        chains.append(chain)
    return profile, chains


def _profile(market: Market, types: Any) -> list[int]:
    profile = []
    for agent, name in enumerate(market.agents):
        if not isinstance(types, Mapping) or name not in types:
            message = f"the profile has no type for {name}"
            raise ValueError(message)
        profile.append(_number(market, agent, types[name]))
    return profile


def _agent(market: Market, name: Any) -> int:
    if name not in market.agents:
        message = f"{name!r} is not an agent"
        raise ValueError(message)
    return market.agents.index(name)


def _types(market: Market, profile: Sequence[int]) -> dict[str, float]:
    return {
        name: float(grid.exact(k))
        for name, grid, k in zip(market.agents, market.grids, profile, strict=True)
    }


def _number(market: Market, agent: int, value: Any) -> int:
    exact: Fraction = exact_number(value)
    number = market.grids[agent].index(exact)
    if number is None:
        message = f"{value} is not a type of {market.agents[agent]}"
        raise ValueError(message)
    return number
