"""Proof objects of value shaping with pac curves: the largest equilibrium, or none at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mdsolve.proving.checker import first_accepted
from mdsolve.proving.record import NotProvableError, OtherRuleError
from mdsolve.proving.sharing import power_of_ten
from mdsolve.proving.subject import Subject
from mdsolve.tolerance import DEFAULT

HALVINGS = 200
DIGITS = (12, 11, 10, 9)
"""Half-widths of brackets tried, in orders below the total."""


def value_shaping(subject: Subject) -> Any:
    """Return the claim about the total that every mechanism can reach at most."""
    if subject.mechanism != "value-shaping":
        raise OtherRuleError(subject.mechanism)
    accuracy = subject.data["accuracy"]
    if accuracy.get("family") != "pac":
        message = f"shaped models of the family {accuracy.get('family', 'per agent')}"
        raise NotProvableError(message + " have no proof object")
    agents = subject.agents
    plain = all(
        (agent["value"], agent["capacity"], agent["budget"], agent["curvature"], agent["fixed"])
        == ("1", None, None, "0", "0")
        for agent in agents
    )
    if not plain or subject.data.get("platform_data") is not None:
        message = "values, limits, other costs than linear ones and platform data"
        raise NotProvableError(message + " have no proof object of shaped models")
    curve = {key: accuracy.get(key, "1") for key in ("ceiling", "complexity")} | {"family": "pac"}
    rates = [agent["rate"] for agent in agents]
    slope = pac_slope(float(Fraction(curve["complexity"])))
    floor = float(Fraction(curve["complexity"]))
    alone = [[rate, *best_alone(curve["complexity"], rate)] for rate in dict.fromkeys(rates)]
    contributions = subject.contributions()
    total = sum((Fraction(str(s)) for s in contributions), Fraction(0))
    data = {"curve": curve, "rate": rates}
    if total == 0:
        steep = sum(1 / float(Fraction(rate)) for rate in rates)
        at = falls_to(slope, 1 / steep, floor)
        proof = {"claim": "none", "alone": alone, "at": at}
        entry = {"claim": "value-shaping", "data": data | {"contributions": []}, "proof": proof}
        return first_accepted([entry], subject.data)
    forms = []
    for digits in DIGITS:
        off = Fraction(1, 10**digits)
        ends = [float(total * (1 - off)), float(total * (1 + off))]
        forms.append(
            {
                "claim": "value-shaping",
                "states": {"epsilon": power_of_ten(Fraction(curve["ceiling"]), digits)},
                "data": data | {"contributions": contributions},
                "proof": {"claim": "equilibrium", "alone": alone, "total": ends},
            }
        )
    return first_accepted(forms, subject.data)


def best_alone(complexity: Any, rate: Any) -> list[float]:
    """Return [m, radius] around the optimum alone on the pac bound, a claim's hint."""
    k = float(Fraction(complexity))
    m = falls_to(pac_slope(k), float(Fraction(rate)), k)
    return [m, m * DEFAULT.verify / 10]


def pac_slope(k: float) -> Callable[[float], float]:
    """Return b' of the pac bound, in doubles."""

    def slope(m: float) -> float:
        root = math.sqrt(2 * k * (2 + math.log(m / k)))
        return ((4 + root) / 2 - k / root) / (m * math.sqrt(m))

    return slope


def falls_to(slope: Callable[[float], float], level: float, floor: float) -> float:
    """Return where a falling slope reaches a level, from a floor on."""
    low, high = floor, 2 * floor
    while slope(high) > level:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > level else (low, middle)
    return high
