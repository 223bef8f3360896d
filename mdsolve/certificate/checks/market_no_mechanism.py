"""`no-mechanism`: inequalities that every mechanism must satisfy, and that contradict each other.

*Chains*: along r_0 < r_1 < ... < r_k = t_i rationality bounds the payment at r_0 and truthfulness
each further step, so that p_i(t) <= v_i(in) - v_i(out) at r_0 plus the gaps of the steps; a cap
may take the place of the first bound. A sum of these bounds over the agents below what payments
have to sum to, 0 unless a subsidy is paid, is a contradiction. *Rows*: a combination
of named inequalities with non-negative multipliers in which every payment cancels and the bounds
sum to less than zero, for payments with side constraints.

Of the proof only profiles, reports and multipliers are used; every bound is computed anew, under
the instance's own allocation rule. Bounds that the proof states besides have to agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from mdsolve.certificate.checks.market_interim_denial import (
    UnusableChainsError,
    interim_expectation,
    least_expected,
    most_expected,
)
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_coalition import coalition_loss
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_expectations import expectation
from mdsolve.certificate.market_highest import highest_revenue
from mdsolve.certificate.market_side import SUBSIDISED, same_side
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.same_options import differing_option
from mdsolve.conditions import Condition, Verdict
from mdsolve.proof import Chain, ExpectedLoss, InterimChains, Row, Rows

NAME = "no-mechanism"

DENIABLE = ("desirable",)
"""Mechanisms that may not exist; the others are formulas."""

Cell = tuple[int, ...]
"""An agent and everybody's type numbers: one payment."""


class UnusableError(Exception):
    """A proof that says nothing; the message tells why."""


@condition(NAME, "market", about="no efficient, rational, truthful rule avoids losses")
def no_mechanism(context: MarketContext) -> Condition:
    """Check a proof that no payments satisfy what the solution says none satisfy."""
    proof, wanted = context.claim.proof, Fraction(0)
    try:
        _about(context)
        if proof is None:
            raise UnusableError(context.claim.unusable)
        if isinstance(proof, Rows):
            total, stated, found = _rows(context, proof)
            scope = f"{len(proof.rows):,} inequalities"
        elif isinstance(proof, ExpectedLoss):
            total, stated, found = _expected(context)
            scope = f"the highest payments at all {context.profiles:,} profiles"
        elif isinstance(proof, InterimChains):
            wanted = least_expected(context)
            total, stated = most_expected(context, proof)
            found = {"expected_revenue": context.shown(total)}
            scope = "one chain of reports for every type of every agent"
        else:
            wanted = _least_sum(context)
            total, stated, found = _chains(context, proof)
            scope = "one profile, one chain of reports per agent"
    except (UnusableError, UnusableChainsError) as error:
        return context.unchecked(NAME, f"no usable proof: {error}")
    truth = context.arithmetic.less(total, context.arithmetic.constant(wanted))
    holds, fails = bool(np.all(truth.holds)), bool(np.all(truth.fails))
    verdict: Verdict = "pass" if holds else "fail" if fails else "not-checked"
    detail = {
        "pass": "the inequalities contradict each other: no such payments exist",
        "fail": "the inequalities do not contradict each other",
        "not-checked": "what is known of the bounds leaves room for both",
    }[verdict]
    wrong = _misstated(context, stated)
    if wrong and verdict == "pass":
        verdict, detail = "fail", f"{wrong} is stated wrongly"
    context.cover(NAME, ["witness", "mechanism", "exists", "deficit", "chains"])
    short = total - context.arithmetic.constant(wanted)
    low, high = (float(end(short).reshape(-1)[0]) for end in _ends(context))
    return Condition(
        NAME,
        True,
        verdict,
        violation=high,
        tolerance=0.0,
        arithmetic=context.arithmetic.name,
        scope=scope,
        detail=detail,
        witness=found,
        interval=(low, high) if verdict == "not-checked" else None,
    )


def _ends(context: MarketContext) -> tuple[Any, Any]:
    arithmetic = context.arithmetic
    return arithmetic.lower, arithmetic.upper


def _about(context: MarketContext) -> None:
    """Refuse proofs about another mechanism than the solution's, or with other constraints."""
    claim = context.claim
    if claim.mechanism is not None and claim.mechanism not in DENIABLE:
        message = f"payments of {claim.mechanism} follow from a formula: they exist always"
        raise UnusableError(message)
    proof = claim.proof
    if proof is None or proof.mechanism is None:
        return
    if claim.mechanism is not None and proof.mechanism != claim.mechanism:
        message = f"it is about {proof.mechanism}, the solution about {claim.mechanism}"
        raise UnusableError(message)
    words = proof.options.get("side", ())
    listed = isinstance(words, Sequence) and not isinstance(words, str)
    if not listed or not same_side([str(word) for word in words], claim.side):
        message = "it is about other side constraints than the solution"
        raise UnusableError(message)
    if context.rule is not None:
        rest = [{**own, "side": ()} for own in (context.options, proof.options)]
        differs = differing_option(context.rule.defaults, *rest)
        if differs:
            raise UnusableError(f"it is about {differs}")


Stated = Sequence[tuple[str, Quantity, Fraction | None, float]]
"""Places in a proof, the right number, what is stated there, and the scale."""


def _misstated(context: MarketContext, stated: Stated) -> str:
    """Return the first place where a stated bound is not the right one, "" if there is none."""
    arithmetic = context.arithmetic
    for place, right, said, scale in stated:
        if said is None:
            continue
        allowed = arithmetic.stored(np.array(context.tolerance * scale))
        off = right - arithmetic.constant(said)
        if bool(np.any(arithmetic.at_most(abs(off), allowed).fails)):
            return place
    return ""


def _chains(context: MarketContext, proof: Chain) -> tuple[Quantity, Stated, Mapping[str, Any]]:
    """Return the sum of the bounds that one chain per agent proves."""
    if context.claim.side.interim:
        message = "it is about every profile, and interim asks for averages only"
        raise UnusableError(message)
    profile = _profile(context, proof.profile)
    names = [chain.agent for chain in proof.chains]
    if sorted(names) != sorted(context.names):
        message = "it needs one chain for every agent"
        raise UnusableError(message)
    total: Quantity | None = None
    bounds: dict[str, Any] = {}
    stated: list[tuple[str, Quantity, Fraction | None, float]] = []
    largest = 0.0
    for agent, name in enumerate(context.names):
        chain = proof.chains[names.index(name)]
        reports = [_number(context, agent, value) for value in chain.reports]
        rising = all(later > earlier for earlier, later in pairwise(reports))
        if not reports or not rising or reports[-1] != profile[agent]:
            message = f"the chain of {name} does not rise to the profile's type"
            raise UnusableError(message)
        others = [k for j, k in enumerate(profile) if j != agent]
        cap = _cap(context, name) if chain.capped else None
        steps, scale = _steps(context, agent, reports, others, cap)
        bound, largest = context.arithmetic.total(steps), max(largest, scale)
        stated += [
            (f"step {k + 1} of the chain of {name}", steps[k : k + 1], said, scale)
            for k, said in enumerate(chain.bounds)
        ]
        stated.append((f"the bound of {name}", bound, chain.bound, scale))
        bounds[name] = context.shown(bound)
        total = bound if total is None else total + bound
    assert total is not None
    stated.append(("the deficit", total, proof.deficit, largest))
    found = {
        "profile": context.types_at(profile),
        "bounds": bounds,
        "deficit": context.shown(total),
    }
    return total, stated, found


def _least_sum(context: MarketContext) -> Fraction:
    """Return what payments have to sum to at least."""
    least = context.claim.side.least_sum
    if least is None or context.options.get("objective") == SUBSIDISED:
        message = "chains prove a deficit, which is allowed"
        raise UnusableError(message)
    return least


def _cap(context: MarketContext, name: str) -> Fraction:
    cap = context.claim.side.cap_of(name)
    if cap is None:
        message = f"a chain of {name} begins at a cap, which the claim does not impose"
        raise UnusableError(message)
    return cap


def _steps(
    context: MarketContext,
    agent: int,
    reports: Sequence[int],
    others: Sequence[int],
    cap: Fraction | None = None,
) -> tuple[Quantity, float]:
    """Return what rationality, or a cap, bounds at the first report and each further step adds.

    And the largest value of the truth on the way, which is what these are measured by: a proof may
    be about grids that are too large for looking at all of them.
    """
    market, arithmetic = context.ruled, context.arithmetic
    own = np.array(reports)
    beside = [np.full(own.shape, number) for number in others]
    truth = arithmetic.broadcast(market.truth(agent, own, beside), own.shape)
    first = [column[:1] for column in beside]
    outside = arithmetic.broadcast(market.outside(agent, own[:1], first), (1,))
    start = truth[:1] - outside
    if cap is not None:
        start = arithmetic.broadcast(arithmetic.constant(cap), (1,))
    scale = float(arithmetic.upper(abs(truth)).max())
    if len(reports) == 1:
        return start, scale
    later = [column[1:] for column in beside]
    lies = arithmetic.broadcast(market.value(agent, own[:-1], own[1:], later), own[1:].shape)
    return arithmetic.concatenate([start, truth[1:] - lies]), scale


def _expected(context: MarketContext) -> tuple[Quantity, Stated, Mapping[str, Any]]:
    """Return what the highest payments sum to on average, which may not be negative."""
    if not context.claim.side.expected or context.claim.side.interim:
        message = "it is about sums on average, which the side constraints do not ask for"
        raise UnusableError(message)
    total = highest_expectation(context)
    return total, [], {"expected_revenue": context.shown(total)}


def highest_expectation(context: MarketContext) -> Quantity:
    """Return what the highest payments sum to on average."""
    proof = context.claim.proof
    if context.claim.side.interim:
        if not isinstance(proof, InterimChains):
            message = "there is no proof by chains to take it from"
            raise NoRouteError(message)
        return interim_expectation(context, proof)
    ends = highest_revenue(context)
    low, high = expectation(context.screen, ends, np.maximum(np.abs(ends[0]), np.abs(ends[1])))
    stored = context.arithmetic.stored
    return context.arithmetic.between(stored(np.array(low)), stored(np.array(high)))


def _rows(context: MarketContext, proof: Rows) -> tuple[Quantity, Stated, Mapping[str, Any]]:
    """Return the combination of the proof's rows, in which all payments have to cancel."""
    if context.claim.side.interim:
        message = "it is about every profile, and interim asks for averages only"
        raise UnusableError(message)
    if not same_side(proof.side_constraints, context.claim.side):
        message = "it is about other side constraints than the solution"
        raise UnusableError(message)
    if context.rule is not None:
        rest = [{**own, "side": ()} for own in (context.options, proof.options)]
        differs = differing_option(context.rule.defaults, *rest)
        if differs:
            raise UnusableError(f"it is about {differs}")
    if not proof.rows:
        message = "it has no rows"
        raise UnusableError(message)
    balance: defaultdict[Cell, Fraction] = defaultdict(Fraction)
    total: Quantity = context.arithmetic.constant(0)
    stated: list[tuple[str, Quantity, Fraction | None, float]] = []
    for number, row in enumerate(proof.rows):
        if row.multiplier < 0:
            message = f"row {number + 1} has a negative multiplier"
            raise UnusableError(message)
        terms, bound, scale = _row(context, row)
        total = total + context.arithmetic.constant(row.multiplier) * bound
        stated.append((f"the bound of row {number + 1}", bound, row.bound, scale))
        for cell, sign in terms:
            balance[cell] += row.multiplier * sign
        context.monitor.check_time()
    if any(weight != 0 for weight in balance.values()):
        message = "the payments in the rows do not cancel"
        raise UnusableError(message)
    return total, stated, {"rows": len(proof.rows), "sum_of_bounds": context.shown(total)}


Inequality = tuple[list[tuple[Cell, int]], Quantity, float]
"""Payments with signs, what they are bounded by in sum, and what that is measured by."""


def _row(context: MarketContext, row: Row) -> Inequality:
    """Return one inequality that every admissible payment rule satisfies: terms <= bound."""
    side, nothing = context.claim.side, context.arithmetic.constant(0)
    profile, agent = _profile(context, row.profile), _agent(context, row.agent)
    others = [k for j, k in enumerate(profile) if j != agent]
    mine = (agent, *profile)
    everybody = [(i, *profile) for i in range(context.size)]
    if row.form == "rationality":
        return [(mine, 1)], *_steps(context, agent, [profile[agent]], others)
    if row.form == "incentive":
        return _incentive(context, row, agent, profile)
    if row.form == "revenue" and not side.deficit and "subsidy" not in side.amounts:
        return [(cell, -1) for cell in everybody], nothing, 0.0
    if row.form == "no-surplus" and side.balanced:
        return [(cell, 1) for cell in everybody], nothing, 0.0
    if row.form == "coalition" and side.coalitions:
        return _together(context, row, profile)
    return _amount(context, row, mine, everybody)


def _together(context: MarketContext, row: Row, profile: list[int]) -> Inequality:
    """Return what agents who may leave together pay at most."""
    members = sorted({_agent(context, name) for name in row.members})
    if len(members) < 2 or len(members) != len(row.members):
        message = "a coalition row needs two members or more, each once"
        raise UnusableError(message)
    place = [np.array([k]) for k in profile]
    lost, value = coalition_loss(context.ruled, members, place)
    scale = float(context.arithmetic.upper(abs(value)).max())
    return [((i, *profile), 1) for i in members], lost, scale


def _incentive(context: MarketContext, row: Row, agent: int, profile: list[int]) -> Inequality:
    if row.report is None:
        message = "an incentive row without a report"
        raise UnusableError(message)
    report = _number(context, agent, row.report)
    if report >= profile[agent]:
        message = "a report that is not lower than the type"
        raise UnusableError(message)
    lie = list(profile)
    lie[agent] = report
    others = [k for j, k in enumerate(profile) if j != agent]
    steps, scale = _steps(context, agent, [report, profile[agent]], others)
    return [((agent, *profile), 1), ((agent, *lie), -1)], steps[1:], scale


def _amount(context: MarketContext, row: Row, mine: Cell, everybody: list[Cell]) -> Inequality:
    """Return the row of a side constraint that names an amount."""
    side = context.claim.side
    amount = side.cap_of(row.agent) if row.form == "cap" else side.amounts.get(row.form)
    if amount is None:
        message = f"a row of kind {row.form!r}, which the claim does not impose"
        raise UnusableError(message)
    least = row.form in ("revenue-floor", "floor")
    if row.form in ("revenue-floor", "subsidy"):
        terms = [(cell, -1) for cell in everybody]
    elif row.form == "spread":
        terms = [(mine, 1), ((_agent(context, row.other), *mine[1:]), -1)]
    else:
        terms = [(mine, -1 if least else 1)]
    bound = context.arithmetic.constant(-amount if least else amount)
    return terms, bound, abs(float(amount))


def _agent(context: MarketContext, name: str | None) -> int:
    if name not in context.names:
        message = f"{name!r} is not an agent"
        raise UnusableError(message)
    return context.names.index(name)


def _profile(context: MarketContext, types: Mapping[str, Fraction]) -> list[int]:
    missing = [name for name in context.names if name not in types]
    if missing or len(types) > context.size:
        message = f"the profile needs a type for each agent: {', '.join(context.names)}"
        raise UnusableError(message)
    return [_number(context, j, types[name]) for j, name in enumerate(context.names)]


def _number(context: MarketContext, agent: int, value: Fraction) -> int:
    number = context.ruled.instance.grids[agent].index(value)
    if number is None:
        message = f"{value} is not a type of {context.names[agent]}"
        raise UnusableError(message)
    return number


def proved_deficit(context: MarketContext) -> tuple[Quantity, list[int]]:
    """Return the sum of bounds and the profile of a proof by chains.

    Raises
    ------
    NoRouteError
        If there is no such proof.
    """
    proof = context.claim.proof
    if not isinstance(proof, Chain):
        message = "there is no proof by chains to take it from"
        raise NoRouteError(message)
    try:
        total, _, _ = _chains(context, proof)
        return total, _profile(context, proof.profile)
    except UnusableError as error:
        raise NoRouteError(str(error)) from None
