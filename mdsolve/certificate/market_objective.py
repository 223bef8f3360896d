"""Whether payments with side constraints are the best for their objective.

*Revenue.* Rationality, truthfulness, caps and spreads bound one payment, or one by another plus a
constant; floors only ask for more. The highest such payments are shortest paths, each of them ends
a path of binding bounds that starts at rationality or a cap. Lies bind from lower types, spreads
within one profile: a payment is *grounded* if rationality, a cap or a lie binds it, or a spread
binds it to a grounded one; if all are grounded, none can be higher. Where payments sum to zero
everything has the same revenue.

*Fairness and spread.* Least first is the largest difference, over profiles, of two agents' gains
or payments; then revenue is highest at that difference, which is one more spread. A difference of
zero is the least there is.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_cells import Cells
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.numbers import Booleans, Floats, Quantity

LIE_LIMIT = 5_000_000
"""Most lies that are compared one by one."""

PIECE = 1 << 15
"""Payments that are looked at together."""


class Amounts:
    """Numbers of one kind for all agents and profiles, (n, profiles), in the screen."""

    def __init__(self, context: MarketContext) -> None:
        self.context = context.screen
        shape = (context.size, context.profiles)
        lies = sum(context.profiles * (m - 1) // 2 for m in context.ruled.shape)
        if lies > LIE_LIMIT:
            message = f"{lies:,} lies; at most {LIE_LIMIT:,} are compared for an objective"
            raise NoRouteError(message)
        self.paid, self.gain, self.lie_room = ((np.empty(shape), np.empty(shape)) for _ in range(3))
        for agent in range(context.size):
            self._fill(agent)

    def _fill(self, agent: int) -> None:
        context = self.context
        types = context.ruled.shape[agent]
        other_shape = tuple(m for j, m in enumerate(context.ruled.shape) if j != agent)
        ends = [np.empty((2, context.profiles)) for _ in range(3)]
        for start in range(0, context.profiles, PIECE):
            rows = np.arange(start, min(start + PIECE, context.profiles))
            cells = Cells.of(context, agent, rows)
            kinds = (cells.charge, cells.utility - cells.outside, self._room(cells))
            for (low, high), numbers in zip(ends, kinds, strict=True):
                low[rows] = context.arithmetic.lower(numbers)
                high[rows] = context.arithmetic.upper(numbers)
            context.monitor.check_time()
        for (low, high), found in zip((self.paid, self.gain, self.lie_room), ends, strict=True):
            for target, part in ((low, found[0]), (high, found[1])):
                table = np.moveaxis(part.reshape(*other_shape, types), -1, agent)
                target[agent] = table.ravel()

    def _room(self, cells: Cells) -> Quantity:
        """Return by how much payments could rise before a lie pays; much where there is none."""
        arithmetic = self.context.arithmetic
        most = arithmetic.stored(np.full(cells.own.shape, np.inf))
        liars = cells.own > 0
        if not liars.any():
            return most
        return arithmetic.where(liars, cells.utility - cells.best_lie, most)


def amounts_of(context: MarketContext) -> Amounts:
    """Return payments, gains and rooms, computed once."""
    screen = context.screen
    known: Amounts | None = screen.scratch.get("amounts")
    if known is None:
        known = screen.scratch["amounts"] = Amounts(screen)
    return known


def largest_spread(context: MarketContext) -> tuple[float, float]:
    """Return bounds on the largest difference of two agents' payments, or gains, at a profile."""
    found = amounts_of(context)
    low, high = found.gain if context.options.get("objective") == "fairness" else found.paid
    least = low.max(axis=0) - high.min(axis=0)
    most = np.nextafter(high.max(axis=0) - low.min(axis=0), np.inf)
    return max(0.0, float(np.nextafter(least.max(), -np.inf))), float(most.max())


def objective_problem(context: MarketContext) -> str:
    """Return what speaks against payments being the best for the objective, "" if nothing does.

    Raises
    ------
    NoRouteError
        Where neither was proved.
    """
    side, objective = context.claim.side, context.options.get("objective", "revenue")
    money = context.money
    even = objective != "revenue" and context.size > 1
    if even:
        _, most = largest_spread(context)
        if most > context.tolerance * float(money.max()):
            message = f"that no admissible payments have a smaller spread than {most:.6g}"
            raise NoRouteError(message + " is not proved")
    if side.balanced:
        return ""
    grounded = _grounded(context, certainly=True)
    if grounded.all():
        return ""
    if _grounded(context, certainly=False).all():
        message = "whether a payment could be higher is neither proved nor refuted"
        raise NoRouteError(message)
    return "a payment could be higher"


def _grounded(context: MarketContext, *, certainly: bool) -> Booleans:
    """Return which payments cannot be higher, (n, profiles); or which perhaps cannot."""
    found, amounts = amounts_of(context), context.claim.side.amounts
    allowed = (context.tolerance * context.money)[:, None]
    end = 1 if certainly else 0
    room = np.minimum(found.gain[end], found.lie_room[end])
    if "cap" in amounts:
        room = np.minimum(room, float(amounts["cap"]) - found.paid[1 - end])
    grounded: Booleans = room <= allowed
    links = (
        [_binding(found.paid, float(amounts["spread"]), allowed, end)]
        if ("spread" in amounts)
        else []
    )
    objective = context.options.get("objective", "revenue")
    if objective != "revenue":
        _, most = largest_spread(context)
        low, high = found.gain
        numbers = (-high, -low) if objective == "fairness" else found.paid
        links.append(_binding(numbers, most, allowed, end))
    for _ in range(context.size):
        for link in links:
            grounded = grounded | (link & grounded[None, :, :]).any(axis=1)
    return grounded


def _binding(numbers: tuple[Floats, Floats], most: float, allowed: Floats, end: int) -> Booleans:
    """Return which numbers may not rise beside which others, (n, n, profiles).

    With numbers e that rise with the payment, e_i - e_j <= most binds.
    """
    rising, other = numbers[1 - end], numbers[end]
    left = most + other[None, :, :] - rising[:, None, :]
    found: Booleans = left <= allowed[:, None, :]
    for agent in range(len(rising)):
        found[agent, agent] = False
    return found
