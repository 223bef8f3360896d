"""Proof objects of what everybody has: rationality of both kinds, reciprocity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mdsolve.proving.checker import checker
from mdsolve.proving.record import NotProvableError, OtherRuleError
from mdsolve.proving.sharing import PLAYED, quadrature, rule_of
from mdsolve.proving.subject import Subject
from mdsolve.tolerance import DEFAULT

HALVINGS = 200
"""Bisections of an optimum alone, in doubles."""

MARGIN_DIGITS = 16
"""Significant digits of margins and ratios."""


def settled(subject: Subject) -> dict[str, Any]:
    """Return the whole game at the contributions and payments claimed.

    Raises
    ------
    NotProvableError
        For rules that hand out other models than the full one.
    """
    if subject.mechanism in {"target", ""}:
        rule = {"name": subject.mechanism}
    elif subject.mechanism in PLAYED:
        rule = rule_of(subject)
    else:
        raise OtherRuleError(subject.mechanism)
    answer = {"mechanism": rule, "contributions": subject.contributions()}
    return subject.whole_game | answer | {"payments": subject.payments()}


def rationality(subject: Subject) -> Any:
    """Return the claim that nobody has less than by staying out."""
    data = settled(subject)
    program, game = _read(data)
    least = min((game.benefit(i) - game.cost(i) + game.payments[i]).lo for i in range(game.n))
    margin = _margin(Fraction(least, program.ONE), game)
    return {"claim": "individual-rationality", "states": {"margin": margin}, "data": data}


def rationality_alone(subject: Subject) -> Any:
    """Return the claim that nobody has less than by training alone."""
    data = settled(subject)
    program, game = _read(data)
    hints = [best_hint(game, i, 0.0) for i in range(game.n)]
    try:
        out = [
            program.best_choice(game, i, hint, program.enclose(0)) for i, hint in enumerate(hints)
        ]
    except program.Refused as refused:
        raise NotProvableError(str(refused)) from None
    least = min(
        (game.benefit(i) - game.cost(i) + game.payments[i] - out[i]).lo for i in range(game.n)
    )
    return {
        "claim": "individual-rationality-alone",
        "states": {"margin": _margin(Fraction(least, program.ONE), game)},
        "data": data,
        "proof": {"alone": hints},
    }


def reciprocity(subject: Subject) -> Any:
    """Return the claim that everybody receives a share of what they bring, as large as provable."""
    data = settled(subject)
    program, game = _read(data)
    grid = quadrature(data)
    sums = program.shapley_sums(game, *grid.values())
    ratios = []
    for i in range(game.n):
        share = sums[game.group[i], game.s[i]][3]
        received = game.gain(i) + game.payments[i]
        if share.hi > 0:
            ratios.append(Fraction(received.lo, share.hi if received.lo > 0 else max(share.lo, 1)))
    if not ratios:
        message = "nobody brings anything"
        raise NotProvableError(message)
    asked = Fraction(str(subject.options.get("reciprocity") or 1))
    found = min(ratios)
    if found < asked * (1 - Fraction(str(DEFAULT.verify))):
        message = f"the least share that can be proved is {float(found):.6g}"
        raise NotProvableError(message)
    return {
        "claim": "reciprocity",
        "states": {"ratio": _floor(min(found, asked))},
        "data": data,
        "proof": grid,
    }


def best_hint(game: Any, i: int, others: float) -> list[str]:
    """Return [z, radius] around the best choice of an agent beside others' data, in doubles."""
    g = game.group[i]
    w, b = float(game.weights[g][g]), float(game.exponent[g])
    steep = float(game.value[i] * game.scale[g]) * b * w
    rate, bend = float(game.rate[i]), float(game.curvature[i])
    capacity = game.capacity[i]

    def rises(z: float) -> bool:
        seen: float = 1 + others + w * z
        return bool(steep * seen ** (-b - 1) > rate + bend * z)

    if not rises(0.0):
        return ["0", "0"]
    top = 1.0 / w
    if capacity is not None:
        top = float(capacity)
        if rises(top):
            return [str(capacity), "0"]
    elif not (rate or bend):
        message = "an agent without costs and capacity has no best choice"
        raise NotProvableError(message)
    while rises(top) and capacity is None:
        top *= 2
    bottom = 0.0
    for _ in range(HALVINGS):
        middle = (bottom + top) / 2
        bottom, top = (middle, top) if rises(middle) else (bottom, middle)
    radius = (bottom + (1 + others) / w) * DEFAULT.verify
    return [repr(bottom), f"{radius:.3g}"]


def _read(data: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the checker and the game as it reads it."""
    program = checker()
    program.STEPS[0] = 0
    plain = program.parse(program.json.dumps(data))
    return program, program.Game(plain, *program.MORE, rules=program.ANY)


def _margin(least: Fraction, game: Any) -> str:
    """Return 0, or the small deficit that rounding leaves, as a decimal.

    Raises
    ------
    NotProvableError
        Where somebody certainly has less.
    """
    if least >= 0:
        return "0"
    worth = max(v * c for v in game.value for c in game.ceiling)
    if -least > worth * Fraction(str(DEFAULT.verify)):
        message = f"somebody has {float(-least):.6g} less"
        raise NotProvableError(message)
    return _floor(least)


def _floor(value: Fraction) -> str:
    """Return a decimal of a few digits that is at most a value."""
    if value == 0:
        return "0"
    shift = MARGIN_DIGITS - 1 - math.floor(math.log10(abs(value)))
    return f"{math.floor(value * Fraction(10) ** shift)}e{-shift}"
