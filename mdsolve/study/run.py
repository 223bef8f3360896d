"""From an instance to a certified solution: build the game, apply a mechanism, check the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.claim import MarketClaim
from mdsolve.certificate.market import verify_market
from mdsolve.conditions import Certificate
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build import market_game
from mdsolve.game.market import Market, QualityMarket
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.mechanism.base import CHECKED, MarketMechanism, MarketOutcome
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import MARKET_MECHANISMS, market_mechanism
from mdsolve.progress import Monitor
from mdsolve.solution import InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.solve.routes import MEMORY_LIMIT
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT, Tolerances


def solve(
    instance: Instance,
    mechanism: str | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
    tolerances: Tolerances = DEFAULT,
    memory_limit: int = MEMORY_LIMIT,
    seed: int | None = None,
) -> Solution:
    """Solve an instance under one mechanism and check the answer independently.

    Parameters
    ----------
    instance : Instance
        As returned by `mdsolve.load`.
    mechanism : str or None
        Name of a mechanism; None takes the one named in the instance.
    options : mapping or None
        Options of the mechanism; they win over those in the instance.

    Returns
    -------
    Solution
        With `certificate` filled in.

    Raises
    ------
    UsageError
        No or an unknown mechanism or option.
    UnsupportedError
        The mechanism does not apply to this kind of instance.
    MemoryLimitError
        The answer would need more memory than allowed.
    """
    if not isinstance(instance, MarketInstance):
        raise UnsupportedError.single(
            f"{instance.label}: kind", instance.kind, "market",
            "sharing and training instances can be loaded and validated, not solved yet",
        )
    name, given = chosen_mechanism(instance, mechanism, options or {})
    rule = market_mechanism(name)
    effective = effective_options(name, rule.options, given)
    watch = monitor or Monitor()
    clock = time.perf_counter()
    market = market_game(instance)
    built = time.perf_counter()
    outcome = rule.outcome(market, effective, watch, memory_limit)
    solved = time.perf_counter()
    solution = Solution(
        instance=InstanceReference(instance.name, instance.sha256),
        mechanism=MechanismUsed(name, effective),
        termination=outcome.termination,
        message=outcome.message,
        agents=market.agents,
        answers=market_answers(instance, market, outcome),
        provenance=Provenance(
            solver=outcome.method,
            seconds={"build": built - clock, "solve": solved - built},
            seed=seed,
        ),
    )
    certificate = certify(rule, market, outcome, effective, watch, tolerances)
    checked = solution.with_certificate(certificate, time.perf_counter() - solved)
    return accept(checked)


def chosen_mechanism(
    instance: Instance, mechanism: str | None, options: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the mechanism's name and the options given for it; the caller's win."""
    default = instance.mechanism
    if mechanism is None and default is None:
        raise UsageError.single(
            f"{instance.label}: mechanism",
            "none named",
            "one of " + ", ".join(MARKET_MECHANISMS),
            "name one with -m, or add mechanism: {name: ...} to the instance",
        )
    name = mechanism or (default.name if default else "")
    inherited = default.options if default and default.name == name else {}
    return name, {**inherited, **options}


def certify(
    rule: MarketMechanism,
    market: Market,
    outcome: MarketOutcome,
    options: Mapping[str, Any],
    monitor: Monitor,
    tolerances: Tolerances = DEFAULT,
) -> Certificate:
    """Hand the answer to the checker, with the mechanism's claims."""
    arithmetic = outcome.market.arithmetic.name
    if outcome.termination is Termination.INFEASIBLE and outcome.payments is None:
        claim = MarketClaim(
            mechanism=rule.name, exists=False, witness=outcome.findings.get("witness")
        )
        claimed: tuple[str, ...] = ("no-mechanism",)
        conditions = claimed
    else:
        claim = MarketClaim(
            mechanism=rule.name,
            payments=outcome.payments,
            allocation=claimed_allocation(market, outcome.market),
        )
        claimed = rule.claims(market, options)
        conditions = CHECKED
    return verify_market(
        market,
        claim,
        arithmetic="exact" if arithmetic == "exact" else "float",
        tolerance=None if arithmetic == "exact" else tolerances.verify,
        conditions=conditions,
        claimed=claimed,
        monitor=monitor,
    )


def claimed_allocation(market: Market, used: Market) -> np.ndarray | None:
    """Return the allocation table where the mechanism departs from the instance's rule."""
    if not isinstance(market, QualityMarket) or not isinstance(used, QualityMarket):
        return None
    if used.allocation == market.allocation:
        return None
    rule = market.with_arithmetic(used.arithmetic)
    same = all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(used.allocated, rule.allocated, strict=True)
    )
    return None if same else np.stack([np.broadcast_to(x, used.shape) for x in used.allocated])


def accept(solution: Solution) -> Solution:
    """Lower a claimed answer to `failed` when a numerical promise does not hold.

    A property that the rule does not have on this instance is a finding about the rule. A solver
    that promised to satisfy its own program (`desirable`) and did not is a failure.
    """
    certificate = solution.certificate
    broken = certificate is not None and certificate.verdict == "fail"
    if broken and solution.mechanism.name == "desirable":
        message = "The computed payments fail their own re-check; this is a defect in mdsolve."
        return replace(solution, termination=Termination.FAILED, message=message)
    return solution


def market_answers(
    instance: MarketInstance, market: Market, outcome: MarketOutcome
) -> dict[str, Any]:
    """Return the mechanism-specific keys of a market solution."""
    used = outcome.market
    answers: dict[str, Any] = {
        "assumptions": [
            {"name": found.name, "holds": found.holds, "reason": found.reason}
            for found in market.properties()
        ],
        "off_path": off_path_sentence(market),
    }
    findings = dict(outcome.findings)
    lowest = findings.pop("minimal_profile", None)
    if outcome.payments is None:
        answers.update(findings)
    else:
        payments = outcome.payments
        revenue = payments.sum(axis=0)
        if lowest is None:
            lowest = np.unravel_index(int(np.argmin(revenue)), revenue.shape)
        profile = shown_profile(instance, market)
        answers["exists"] = True if "exists" in findings else None
        answers["minimal_revenue"] = revenue[tuple(lowest)]
        answers.update(findings)
        answers["mean_revenue"] = float(np.mean(revenue.astype(float)))
        answers.update(at_profile(used, payments, profile))
        answers["table"] = {"payments": payments}
        allocation = claimed_allocation(market, used)
        if allocation is not None:
            answers["table"]["allocation"] = allocation
    if lowest is not None:
        answers["minimal_profile"] = types_at(market, tuple(int(k) for k in lowest))
    return {key: value for key, value in answers.items() if value is not None}


def shown_profile(instance: MarketInstance, market: Market) -> tuple[int, ...]:
    """Return the type numbers at which single-profile results are printed."""
    if instance.profile is None:
        return tuple(size - 1 for size in market.shape)
    numbers = [grid.index(t) for grid, t in zip(market.grids, instance.profile, strict=True)]
    return tuple(number for number in numbers if number is not None)


def at_profile(market: Market, payments: np.ndarray, profile: tuple[int, ...]) -> dict[str, Any]:
    """Return payments, values and utilities of every agent at one profile."""
    agents = range(len(market.agents))
    paid = [payments[(agent, *profile)] for agent in agents]
    columns = [
        market.column(agent, [k for j, k in enumerate(profile) if j != agent]) for agent in agents
    ]
    values = [
        column.truthful_values(agent).ravel()[profile[agent]]
        for agent, column in enumerate(columns)
    ]
    outside = [
        column.outside_values(agent).ravel()[profile[agent]]
        for agent, column in enumerate(columns)
    ]
    result: dict[str, Any] = {
        "profile": types_at(market, profile),
        "payments": paid,
        "revenue": sum(paid[1:], start=paid[0]),
        "values": values,
        "outside_values": outside,
        "utilities": [value - price for value, price in zip(values, paid, strict=True)],
    }
    qualities = [
        column.used_quality(agent, column.allocated[agent]).ravel()[profile[agent]]
        for agent, column in enumerate(columns)
        if isinstance(column, QualityMarket)
    ]
    if qualities:
        result["model_quality"] = qualities
    return result


def types_at(market: Market, profile: Sequence[int]) -> list[Any]:
    """Return the types behind type numbers, as floats (or fractions in exact arithmetic)."""
    exact = [grid.exact(k) for grid, k in zip(market.grids, profile, strict=True)]
    return exact if market.arithmetic.name == "exact" else [float(t) for t in exact]


def off_path_sentence(market: Market) -> str:
    """State what happens when somebody stays out: a free choice that changes revenue."""
    if not isinstance(market, QualityMarket):
        return "Outside values are given by the instance."
    if market.outside == "separate":
        return "When one agent stays out, everybody keeps his own model."
    rule = (
        "the choice that maximises their total valuation (ties give the model)"
        if market.allocation == "efficient"
        else "the best model for everybody"
    )
    return f"When one agent stays out, the others pool their data under {rule}."
