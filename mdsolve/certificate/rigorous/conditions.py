"""Conditions of a sharing game in rigorous arithmetic, and which are looked at.

In exact arithmetic `budget-balance` and `feasibility` have tolerance 0: doubles can satisfy them
exactly. The others speak of numbers that no double is in general (equilibria are irrational,
payments are rounded to a grid), so their tolerance stays 1e-9 of the scale, taken as a fraction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mdsolve.certificate.rigorous.accuracy import Branch, WeightedAccuracy
from mdsolve.certificate.rigorous.costs import Cost, Side
from mdsolve.certificate.rigorous.game import RigorousGame, rigorous_game
from mdsolve.certificate.rigorous.nash import BISECTIONS, DOUBLINGS, largest_value, least, nash
from mdsolve.certificate.rigorous.nash import NAME as NASH
from mdsolve.certificate.rigorous.numbers import (
    ENCLOSURE,
    EXACT,
    ONE,
    ZERO,
    Number,
    at_most,
    between,
    larger,
    total,
)
from mdsolve.certificate.rigorous.setting import RigorousSetting, largest
from mdsolve.certificate.rigorous.welfare import welfare_optimality
from mdsolve.certificate.sharing.check import SHAPED, conditions_for
from mdsolve.certificate.sharing.claim import SharingClaim
from mdsolve.certificate.sharing.welfare_claim import OPTIMALITY
from mdsolve.conditions import ArithmeticName, Certificate, Condition
from mdsolve.errors import UnsupportedError
from mdsolve.game.enclosure import ENCLOSURE as BALLS
from mdsolve.game.sharing import SharingGame
from mdsolve.instance.sharing import SharingInstance
from mdsolve.tolerance import DEFAULT

Numbers = Sequence[Number]

AGENT_LIMIT = 20_000
"""Most agents of a rigorous check."""

BALANCE = "budget-balance"
FEASIBLE = "feasibility"


def verify_rigorously(
    instance: SharingInstance,
    game: SharingGame,
    claim: SharingClaim,
    *,
    arithmetic: ArithmeticName,
    tolerance: float | None = None,
    claimed: Sequence[str] = (NASH, BALANCE),
) -> Certificate:
    """Check a claim about a sharing game in exact fractions or in balls.

    Parameters
    ----------
    instance : SharingInstance
        Read anew, number by number as written.
    game : SharingGame
        The same game in floats, for names and hints only.
    arithmetic : {"exact", "enclosure"}
        ``exact`` leaves conditions that need irrational numbers not checked.
    tolerance : float or None
        Accepted violation relative to max(1, scale); None is 1e-9, and 0 where the module
        docstring says so.
    claimed : sequence of str
        What the verdict speaks of, besides what is looked at for every answer.
    """
    wanted = list(dict.fromkeys([*claimed, *conditions_for(game, claim)]))

    def none_checked(reason: str) -> Certificate:
        return Certificate(
            tuple(
                Condition(x, x in claimed, "not-checked", arithmetic=arithmetic, detail=reason)
                for x in wanted
            )
        )

    if claim.contributions is None:
        return none_checked("the solution holds no contributions")
    if game.size > AGENT_LIMIT:
        return none_checked(f"{game.size:,} agents; at most {AGENT_LIMIT:,} are checked rigorously")
    with BALLS.context():
        try:
            system = EXACT if arithmetic == "exact" else ENCLOSURE
            exact = rigorous_game(instance, system)
        except UnsupportedError as error:
            return none_checked(_reason(error))
        setting = RigorousSetting(exact, claim, game.agents, tolerance, frozenset(claimed))
        return Certificate(tuple(_condition(setting, game, name) for name in wanted))


def _condition(setting: RigorousSetting, game: SharingGame, name: str) -> Condition:
    """Decide one condition; what exact numbers cannot express is not checked."""
    try:
        return _decided(setting, game, name)
    except UnsupportedError as error:
        return setting.unchecked(name, _reason(error))
    except ValueError as error:
        return setting.unchecked(name, str(error))


def _decided(  # noqa: PLR0911 - one return per kind of condition
    setting: RigorousSetting, game: SharingGame, name: str
) -> Condition:
    mechanism = setting.claim.mechanism
    if mechanism in SHAPED:
        reason = f"models of different value ({mechanism}) are checked in floats only"
        return setting.unchecked(name, reason)
    if name == FEASIBLE:
        return feasibility(setting)
    if isinstance(setting.payments, str):
        return setting.unchecked(name, setting.payments)
    if name == BALANCE:
        return budget_balance(setting)
    if name != NASH and any(amount < 0 for amount in setting.s):
        return setting.unchecked(name, "a contribution is negative")
    if name == OPTIMALITY:
        return welfare_optimality(setting, game)
    checks: dict[str, Callable[[RigorousSetting], Condition]] = {
        NASH: nash,
        "individual-rationality": rationality,
        "individual-rationality-alone": rationality_alone,
        "reciprocity": reciprocity,
        "equal-treatment": equal_treatment,
    }
    if name not in checks:
        return setting.unchecked(name, "checked in floats only")
    return checks[name](setting)


def _reason(error: UnsupportedError) -> str:
    return "; ".join(
        f"{x.where.removeprefix('arithmetic: ')}: {x.got}{'; ' if x.fix else ''}{x.fix}"
        for x in error.findings
    )


def feasibility(setting: RigorousSetting) -> Condition:
    """Check 0 <= s_i <= capacity_i and, with budgets, B_i - c_i(s_i) + p_i >= 0."""
    s, tops = setting.s, setting.game.capacity
    excess = [
        -amount if top is None else larger(-amount, amount - top)
        for amount, top in zip(s, tops, strict=True)
    ]
    budget, payments = setting.game.budget, setting.payments
    zero = 0.0 if setting.game.calculus.exact else DEFAULT.verify
    if budget is None or isinstance(payments, str) or any(x > 0 for x in excess):
        return setting.decided(
            FEASIBLE,
            excess,
            largest(s),
            ("every contribution is within its capacity", "a contribution is out of bounds"),
            {"contribution": s},
            f"{len(s):,} contributions",
            default=zero,
        )
    costs = setting.game.costs_at(s)
    left = [b - c + p for b, c, p in zip(budget, costs, payments, strict=True)]
    return setting.decided(
        FEASIBLE,
        [-x if held else ZERO for x, held in zip(left, setting.game.limited, strict=True)],
        max(largest(budget), largest(payments)),
        (
            "every contribution is within its capacity, and nobody spends more than his budget",
            "an agent spends more than his budget",
        ),
        {"money_left": left, "budget": budget, "contribution": s},
        f"{len(s):,} contributions and budgets",
    )


def budget_balance(setting: RigorousSetting) -> Condition:
    """Check that the payments, as stored, sum to zero: an exact sum of dyadic numbers."""
    payments = setting.paid
    paid = total(payments)
    scale = largest(payments)
    zero = 0.0 if setting.game.calculus.exact else DEFAULT.verify
    return setting.tallied(
        BALANCE,
        [abs(paid)],
        setting.allowance(scale, zero),
        scale,
        (
            "payments sum to " + ("exactly zero" if paid == 0 else "zero"),
            "payments do not sum to zero",
        ),
        f"{len(payments):,} payments",
        lambda k: {"sum_of_payments": setting.shown(paid)},  # noqa: ARG005
    )


def rationality(setting: RigorousSetting) -> Condition:
    """Check that taking part is worth more than no model, no cost and no payment."""
    budget = setting.game.budget
    outside = setting.nothing if budget is None else budget
    return setting.decided(
        "individual-rationality",
        [a - u for a, u in zip(outside, setting.utilities, strict=True)],
        setting.scale,
        ("nobody is better off staying out", "an agent is better off staying out"),
        {"utility": setting.utilities, "outside": outside},
        f"{setting.game.size:,} agents",
    )


def rationality_alone(setting: RigorousSetting) -> Condition:
    """Check that taking part is worth at least the best that own data alone can give.

    The best is enclosed: a value that is reached from below, tangents from above.
    """
    game = setting.game
    own = game.accuracy
    own = replace(own, platform=ZERO) if isinstance(own, WeightedAccuracy) else own
    branches = own.branches(setting.nothing)
    alone = [best_alone(game, agent, branches[agent]) for agent in range(game.size)]
    return setting.decided(
        "individual-rationality-alone",
        [a - u for a, u in zip(alone, setting.utilities, strict=True)],
        setting.scale,
        ("nobody is better off training alone", "an agent is better off training alone"),
        {"utility": setting.utilities, "alone": alone},
        f"{game.size:,} agents",
    )


def best_alone(game: RigorousGame, agent: int, branches: Sequence[Branch]) -> Number:
    """Return an enclosure of what an agent can reach with his own data and money alone."""
    cost, value, top = game.costs[agent], game.value[agent], game.capacity[agent]
    ends: list[Number | None] = [top]
    budget = ZERO
    if game.budget is not None and game.limited[agent]:
        budget = game.budget[agent]
        ends = [least(top, end) for end in affordable(cost, budget)]
    bests = []
    for end in ends:
        best: Number | None = None
        for branch in branches:
            last = least(branch.end, end)
            if last is not None and last < branch.start:
                continue
            found = largest_value(*_utility_alone(branch, value, cost), branch.start, last)
            best = found if best is None else larger(best, found)
        assert best is not None
        bests.append(best + budget)
    return between(bests[0], bests[-1])


def _utility_alone(
    branch: Branch, value: Number, cost: Cost
) -> tuple[Callable[[Number], Number], Callable[[Number, Side], Number]]:
    return (
        lambda x: value * branch.value(x) - cost.value(x),
        lambda x, side: value * branch.slope(x, side) - cost.slope(x, side),
    )


def affordable(cost: Cost, money: Number) -> tuple[Number, Number | None]:
    """Return a contribution that costs at most this, and one just above that costs more, if any."""
    low, high = ZERO, ONE
    while not cost.value(high) > money:
        low, high = high, 2 * high
        if high > 2**DOUBLINGS:
            return low, None
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if at_most(cost.value(middle), money):
            low = middle
        else:
            high = middle
    return low, high


def reciprocity(setting: RigorousSetting) -> Condition:
    """Check value_i (a_i - a_i(0)) + p_i >= phi_i for every agent ([M25] Definition 3.3)."""
    if isinstance(setting.shares, str):
        return setting.unchecked("reciprocity", setting.shares)
    received = [a + b for a, b in zip(setting.gains, setting.paid, strict=True)]
    shares: Numbers = setting.shares.shares
    return setting.decided(
        "reciprocity",
        [phi - gain for phi, gain in zip(shares, received, strict=True)],
        largest(received),
        ("everybody receives what he contributes", "an agent receives less than he contributes"),
        {"received": received, "contributed": shares},
        f"{setting.game.size:,} agents",
    )


def equal_treatment(setting: RigorousSetting) -> Condition:
    """Check that agents who could swap places in the game, with equal data, are paid alike."""
    game, payments = setting.game, setting.paid
    first: dict[tuple[Number, Number], list[int]] = {}
    gaps = [ZERO] * game.size
    likenesses = 0
    for agent in range(game.size):
        known = first.setdefault((game.value[agent], setting.s[agent]), [])
        like = next((k for k in known if game.accuracy.alike(k, agent)), None)
        if like is None:
            known.append(agent)
            continue
        likenesses += 1
        gaps[agent] = abs(payments[agent] - payments[like])
    return setting.decided(
        "equal-treatment",
        gaps,
        largest(payments),
        ("identical agents are paid alike", "identical agents are paid differently"),
        {"payment": payments},
        f"{game.size:,} agents, {likenesses:,} like another",
    )
