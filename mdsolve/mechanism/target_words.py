"""What a design becomes for the user: a solution's keys, and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.sharing_base import Floats
from mdsolve.proof import NoRule
from mdsolve.solver.target.design import Design
from mdsolve.solver.target.requirements import Requirements
from mdsolve.status import Termination

METHODS = {
    True: "inequality of the design theorem, convex program by multipliers",
    False: "inequality of the design theorem, sequential quadratic programs from many starts",
}


def outcome_of(
    game: SharingGame,
    asked: Requirements,
    found: Design,
    options: Mapping[str, Any],
) -> SharingOutcome:
    """Return a design as the outcome of the mechanism."""
    method = METHODS[asked.convex or asked.fixed is not None]
    if found.rule is None and found.refuted:
        return _impossible(game, asked, found, options, method)
    if found.rule is None:
        return SharingOutcome(Termination.LIMIT, _not_found(asked), method)
    rule, inequality = found.rule, found.inequality
    assert inequality is not None
    details: dict[str, Any] = {
        "target": rule.stated(),
        "objective": found.value,
        "binding": inequality.binding,
    }
    if np.isfinite(inequality.slack):
        details["slack"] = inequality.slack
    if found.bound is not None and np.isfinite(found.bound):
        assert found.value is not None
        bound = max(found.bound, found.value)
        details |= {
            "upper_bound": bound,
            "gap": bound - found.value,
            "optimal": found.optimal,
            "multipliers": dict(found.multipliers),
            "prices": found.prices,
        }
        at = None if found.relaxed is None else found.relaxed.plan.contributions
        if at is not None and not np.array_equal(at, rule.contributions):
            details["prices_at"] = at
    return SharingOutcome(
        Termination.SOLVED,
        _sentence(asked, found),
        method,
        details=details,
        contributions=rule.contributions,
        payments=rule.payments(rule.contributions),
    )


def _sentence(asked: Requirements, found: Design) -> str:
    aim = {
        "welfare": "welfare",
        "data": "total data",
        "accuracy": "accuracy",
        "least-utility": "least utility",
        "p-mean": "mean of utilities",
    }[asked.goal.aim]
    if asked.fixed is not None:
        return "The wanted contributions are an equilibrium under these payments."
    if found.optimal:
        return f"No rule that respects what is asked for has a larger {aim}."
    if found.bound is None or found.value is None:
        return f"The largest {aim} that was found; no bound is known, others may have more."
    room = found.bound - found.value
    part = room / abs(found.bound) if found.bound else 0.0
    return (
        f"The largest {aim} that was found: {found.value:.6g}. None has more than "
        f"{found.bound:.6g}, so it is at most {100 * part:.2g} % below the best."
    )


def _not_found(asked: Requirements) -> str:
    if asked.rates:
        return (
            "At the best contributions no rates without lump sums give everybody enough. Lump sums "
            "may: drop form=rates, or name other contributions."
        )
    return (
        "No contributions that respect everything were found, and none are proved not to exist. "
        "Raise a limit, or lower a share, and try again."
    )


def _impossible(
    game: SharingGame,
    asked: Requirements,
    found: Design,
    options: Mapping[str, Any],
    method: str,
) -> SharingOutcome:
    """Return the outcome that no rule exists, with its proof."""
    from mdsolve.solver.target.concessions import concessions

    inequality = found.inequality
    assert inequality is not None
    prices: tuple[Fraction, ...] = ()
    total_price = 0.0
    if asked.fixed is None:
        assert found.prices is not None
        prices = _exact(found.prices)
        total_price = found.multipliers.get("least_total", 0.0)
        needs, worth = inequality.alone + float(asked.margin or 0.0), float(found.bound or 0.0)
    else:
        needs, worth = inequality.entries.max(axis=0), float(inequality.benefits.sum())
    short = float(needs.sum()) - worth
    proof = NoRule(
        _exact(inequality.s),
        prices,
        Fraction(total_price),
        _exact(needs),
        Fraction(worth),
        Fraction(short),
        mechanism="target",
        options=dict(options),
    )
    named = concessions(game, asked, inequality)
    details: dict[str, Any] = {"concessions": named} if named else {}
    return SharingOutcome(
        Termination.INFEASIBLE,
        _reason(asked, short, named),
        method,
        details=details,
        proof=proof,
    )


def _exact(values: Floats) -> tuple[Fraction, ...]:
    return tuple(Fraction(float(value)) for value in values)


def _reason(asked: Requirements, short: float, named: list[dict[str, Any]]) -> str:
    what = "the wanted contributions" if asked.fixed is not None else "any contributions"
    text = f"No payments that sum to zero bring about {what}: what everybody needs exceeds what "
    text += f"the data are worth by {short:.6g}."
    ways = [_way(entry["requirement"], entry["needed"]) for entry in named]
    given = [way for way in ways if way]
    return text if not given else f"{text} It would do with {', or '.join(given)}."


def _way(requirement: str, needed: float | None) -> str:
    """Return a concession in words, "" where the requirement alone cannot give way."""
    if needed is None:
        return ""
    amount = f"{abs(needed):.6g}"
    if requirement == "compensation":
        return f"{amount} of money from outside"
    if requirement == "alone" and needed < 0:
        return f"everybody accepting to be worse off than alone by {amount}"
    if requirement == "alone":
        return f"a margin over training alone of {amount}"
    return f"a {requirement.replace('_', ' ')} of {amount}"
