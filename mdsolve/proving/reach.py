"""How near contributions are to an equilibrium: the hint of a Nash proof.

Where f' is the slope of an agent's utility at what they contribute and -f'' how fast it falls,
their best response is about |f'| / -f'' away; at twice that distance signs can be proved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from mdsolve.proving.checker import checker
from mdsolve.proving.record import NotProvableError

DIGITS = 50
"""Decimals below which distances and gains are stated as zero or as one unit."""


def reach(data: Mapping[str, Any], grid: Sequence[int]) -> tuple[str, str]:
    """Return (delta, epsilon) that the checker accepts, as short decimals.

    Parameters
    ----------
    data : mapping
        Data of a `nash` claim.
    grid : sequence of int
        Quadrature of the integrals of Shapley values; empty for other rules.

    Raises
    ------
    NotProvableError
        Where no distance is small enough.
    """
    program = checker()
    program.STEPS[0] = 0
    try:
        game = program.Game(program.parse(program.json.dumps(data)))
        delta = _short(2 * _distance(program, game, grid))
        worst = program.largest_gain(game, Fraction(delta), grid)
    except program.Refused as refused:
        message = f"the checker says: {refused}"
        raise NotProvableError(message) from None
    return delta, _short(Fraction(worst, program.ONE))


def _distance(program: Any, game: Any, grid: Sequence[int]) -> Fraction:
    """Return about how far the furthest best response is."""
    sums: Any = program.shapley_sums(game, *grid) if grid else {}
    share = 1 - game.beta if game.mechanism == "budget-balanced" else program.enclose(1)
    gift = game.beta if game.mechanism == "contribution-transfer" else program.enclose(0)
    furthest = Fraction(0)
    seen = set()
    for i in range(game.n):
        s, g, bend = game.s[i], game.group[i], game.curvature[i]
        key = (s, g, game.rate[i], bend, game.value[i], game.capacity[i])
        if key in seen:
            continue
        seen.add(key)
        benefit, cost = game.slope(i, s, game.others(i))
        fall = benefit * ((game.exponent[g] + 1) * game.weights[g][g]) / (1 + game.y[g])
        if sums:
            benefit, fall = sums[g, s][:2]
        slope, fall = benefit - share * cost + gift, fall + share * bend
        at_rest = (s == 0 and slope.hi <= 0) or (s == game.capacity[i] and slope.lo >= 0)
        if at_rest or slope.size() == 0:
            continue
        off, steep = Fraction(slope.size(), program.ONE), fall.middle()
        furthest = max(furthest, off / steep if steep > 0 else Fraction(1))
    return furthest


def _short(value: Fraction) -> str:
    """Return a decimal of two digits that is at least a value."""
    if value <= 0:
        return "0"
    exponent = -DIGITS
    while value > Fraction(99) * Fraction(10) ** exponent:
        exponent += 1
    digits = -(-value // Fraction(10) ** exponent)
    return f"{int(digits)}e{exponent}"
