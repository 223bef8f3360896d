"""Whether payments with side constraints are the best for their objective.

*Revenue.* Rationality, truthfulness, caps and spreads bound one payment, or one by another plus a
constant; floors only ask for more. The highest such payments are shortest paths, each of them ends
a path of binding bounds that starts at rationality or a cap. Lies bind from lower types, spreads
within one profile: a payment is *grounded* if rationality, a cap or a lie binds it, or a spread
binds it to a grounded one; if all are grounded, none can be higher. Where payments sum to zero
everything has the same revenue.

*Least subsidy.* The highest payments need the least, whatever they are. *Smallest cap.* The highest
payments under any smaller limit are computed anew: somewhere they cannot reach minus that limit, or
sum to less than they have to.

*Fairness and spread.* Least first is the largest difference, over profiles, of two agents' gains
or payments; then revenue is highest at that difference, which is one more spread. A difference of
zero is the least there is; that there are none below another one is shown by bounds.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_amounts import Ends, amounts_of
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_dual import attained, revenue_bound, spread_bound
from mdsolve.certificate.market_highest import highest_payments, sums
from mdsolve.certificate.market_least_spread import Bounds, refuted
from mdsolve.certificate.market_side import CAPPED, EVEN
from mdsolve.certificate.numbers import Booleans, Floats
from mdsolve.instance.numbers import exact_number
from mdsolve.tolerance import ROUND_OFF


def largest_spread(context: MarketContext) -> tuple[float, float]:
    """Return bounds on the largest difference of two agents' payments, or gains, at a profile."""
    found = amounts_of(context)
    low, high = found.gain if context.options.get("objective") == "fairness" else found.paid
    least = float((low.max(axis=0) - high.min(axis=0)).max())
    most = float((high.max(axis=0) - low.min(axis=0)).max())
    # A difference of doubles that comes out as 0 is 0.
    return max(0.0, float(np.nextafter(least, -np.inf))), most and float(np.nextafter(most, np.inf))


def objective_problem(context: MarketContext) -> str:
    """Return what speaks against payments being the best for the objective, "" if nothing does.

    Raises
    ------
    NoRouteError
        Where neither was proved.
    """
    objective = context.options.get("objective", "revenue")
    if objective in EVEN and context.size > 1:
        _require_least(context)
    if objective == CAPPED:
        problem = limit_problem(context)
        if problem:
            return problem
    if context.claim.side.balanced:
        return ""
    if context.claim.side.coalitions:
        proved = _sums_to_nothing(context) or _none_has_more(context)
    else:
        proved = bool(_grounded(context, certainly=True).all())
    if proved:
        return ""
    if context.claim.side.coalitions or _grounded(context, certainly=False).all():
        message = "whether a payment could be higher is neither proved nor refuted"
        raise NoRouteError(message)
    return "a payment could be higher"


def _sums_to_nothing(context: MarketContext) -> bool:
    """Tell whether payments reach what the coalition of all leaves: sums of zero."""
    low = amounts_of(context).paid[0].sum(axis=0)
    return float(low.min()) >= -context.tolerance * float(context.money.max())


def _none_has_more(context: MarketContext) -> bool:
    """Tell whether multipliers prove that no admissible payments sum to more over all profiles."""
    objective, found = context.options.get("objective", "revenue"), amounts_of(context)
    even = objective in EVEN and context.size > 1
    spread = largest_spread(context)[1] if even else None
    ahead = _ahead(context)
    worth = np.nextafter(found.gain[1] + found.paid[1], np.inf)
    link = _link(context, np.inf if spread is None else spread, ahead)
    bounds = Bounds(context.screen, worth, found.steps, link)
    if refuted(bounds):
        return False
    near = found.paid[0] + 0.5 * (found.paid[1] - found.paid[0])
    aim = stated_limit(context) if objective == CAPPED else spread
    rows = attained(context, near, aim, worth, found.steps, ahead)
    largest = np.maximum(np.abs(bounds.low), np.abs(bounds.high))
    total, money = float(found.paid[0].sum()), float(context.money.max())
    allowed = (context.tolerance + ROUND_OFF) * money * near.size
    return revenue_bound(rows, largest, aim or 0.0) <= total + allowed


def _require_least(context: MarketContext) -> None:
    """Raise `NoRouteError` unless no admissible payments have a smaller spread."""
    low, high = largest_spread(context)
    money = float(context.money.max())
    if high <= context.tolerance * money:
        return
    smaller = low - (context.tolerance + ROUND_OFF) * money
    found = amounts_of(context)
    worth = np.nextafter(found.gain[1] + found.paid[1], np.inf)
    ahead = _ahead(context)
    bounds = Bounds(context.screen, worth, found.steps, _link(context, smaller, ahead))
    if refuted(bounds):
        return
    near = found.paid[0] + 0.5 * (found.paid[1] - found.paid[0])
    rows = attained(context, near, high, worth, found.steps, ahead)
    largest = np.maximum(np.abs(bounds.low), np.abs(bounds.high))
    if spread_bound(rows, largest) >= smaller:
        return
    message = f"that no admissible payments have a smaller spread than {high:.6g} is not proved"
    raise NoRouteError(message)


def stated_limit(context: MarketContext) -> float:
    """Return the limit on payments that a solution states as the smallest.

    Raises
    ------
    NoRouteError
        If it states none that is a number.
    """
    stated = context.claim.at("cap")
    try:
        return float(exact_number(stated))
    except (TypeError, ValueError):
        message = "the solution states no smallest cap"
        raise NoRouteError(message) from None


def limit_problem(context: MarketContext) -> str:
    """Return what speaks against payments keeping to the smallest limit, "" if nothing does.

    Raises
    ------
    NoRouteError
        Where that none is smaller is not proved.
    """
    limit, money = stated_limit(context), float(context.money.max())
    low, high = amounts_of(context).paid
    allowed = context.tolerance * money
    if float(np.maximum(high, -low).max()) > limit + allowed:
        return "a payment, made or received, is above the stated cap"
    less = limit - allowed - ROUND_OFF * money
    if limit <= allowed or _impossible(context, less):
        return ""
    if context.claim.side.coupled:
        _require_least_limit(context, limit, less)
        return ""
    if not _impossible(context, limit - 2 * allowed - 2 * ROUND_OFF * money):
        return "payments may keep to a smaller cap"
    message = "that no rule keeps to a smaller cap is neither proved nor refuted"
    raise NoRouteError(message)


def _require_least_limit(context: MarketContext, limit: float, less: float) -> None:
    """Raise `NoRouteError` unless multipliers prove that no payments keep to less than a limit."""
    found = amounts_of(context)
    worth = np.nextafter(found.gain[1] + found.paid[1], np.inf)
    near = found.paid[0] + 0.5 * (found.paid[1] - found.paid[0])
    rows = attained(context, near, limit, worth, found.steps, _ahead(context))
    if spread_bound(rows, np.full(near.shape, limit)) < less:
        message = f"that no admissible payments keep to less than {limit:.6g} is not proved"
        raise NoRouteError(message)


def _impossible(context: MarketContext, limit: float) -> bool:
    """Tell whether no admissible payments keep to a limit."""
    side = context.claim.side
    own = [side.cap_of(name) for name in context.names]
    caps = [limit if cap is None else min(limit, float(cap)) for cap in own]
    _, high = found = highest_payments(context, caps)
    if bool(np.any(high < -limit)):
        return True
    least = side.least_sum
    if least is None:
        return False
    return bool(np.any(sums(found)[1] < np.nextafter(float(least), -np.inf)))


def _ahead(context: MarketContext) -> Floats:
    """Return bounds on p_i - p_j - D at every profile, D being the objective's spread."""
    found = amounts_of(context)
    if context.options.get("objective") != "fairness":
        return np.zeros((context.size, context.size, context.profiles))
    # gain_j - gain_i <= D, and gain = worth - p: p_i - p_j <= D + worth_i - worth_j
    low = np.nextafter(found.gain[0] + found.paid[0], -np.inf)
    high = np.nextafter(found.gain[1] + found.paid[1], np.inf)
    ahead: Floats = np.nextafter(high[:, None, :] - low[None, :, :], np.inf)
    return ahead


def _link(context: MarketContext, spread: float, ahead: Floats) -> Floats:
    """Return bounds on p_i - p_j at every profile if the spread is at most a number."""
    amount = context.claim.side.amounts.get("spread")
    link = np.nextafter(spread + ahead, np.inf) if ahead.any() else spread + ahead
    if amount is not None:
        link = np.minimum(link, np.nextafter(float(amount), np.inf))
    for agent in range(context.size):
        link[agent, agent] = np.inf
    return np.asarray(link)


def _grounded(context: MarketContext, *, certainly: bool) -> Booleans:
    """Return which payments cannot be higher, (n, profiles); or which perhaps cannot."""
    found, amounts = amounts_of(context), context.claim.side.amounts
    allowed = (context.tolerance * context.money)[:, None]
    end = 1 if certainly else 0
    room = np.minimum(found.gain[end], found.room[end])
    caps = [context.claim.side.cap_of(name) for name in context.names]
    for agent, cap in enumerate(caps):
        if cap is not None:
            room[agent] = np.minimum(room[agent], float(cap) - found.paid[1 - end][agent])
    if context.options.get("objective") == CAPPED:
        room = np.minimum(room, stated_limit(context) - found.paid[1 - end])
    grounded: Booleans = room <= allowed
    links = []
    if "spread" in amounts:
        links.append(_binding(found.paid, float(amounts["spread"]), allowed, end))
    objective = context.options.get("objective", "revenue")
    if objective in EVEN:
        low, high = found.gain
        numbers = (-high, -low) if objective == "fairness" else found.paid
        links.append(_binding(numbers, largest_spread(context)[1], allowed, end))
    for _ in range(context.size):
        for link in links:
            grounded = grounded | (link & grounded[None, :, :]).any(axis=1)
    return grounded


def _binding(numbers: Ends, most: float, allowed: Floats, end: int) -> Booleans:
    """Return which numbers may not rise beside which others, (n, n, profiles).

    With numbers e that rise with the payment, e_i - e_j <= most binds.
    """
    rising, other = numbers[1 - end], numbers[end]
    left = most + other[None, :, :] - rising[:, None, :]
    found: Booleans = left <= allowed[:, None, :]
    for agent in range(len(rising)):
        found[agent, agent] = False
    return found
