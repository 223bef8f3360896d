"""Proof objects of two private contracts: feasible, rational, truthful, and close to the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from mdsolve.instance.numbers import exact_number
from mdsolve.proving.checker import checker, first_accepted
from mdsolve.proving.record import NotProvableError, OtherRuleError
from mdsolve.proving.shaping import best_alone
from mdsolve.proving.sharing import power_of_ten
from mdsolve.proving.subject import Subject
from mdsolve.tolerance import PAYMENT_AGREEMENT

HALVINGS = 200
"""Bisections of a hint."""

MARGINS = (Fraction(1, 10**12), Fraction(1, 10**11), Fraction(1, 10**10))
"""Shares of a contribution given up, so that rounding breaks no inequality."""

GAP_DIGITS = 8
"""Orders below the contribution of the gap to the best menu."""


def private_contract(subject: Subject) -> Any:
    """Return the claim that a menu of two contracts is the best for one agent.

    Contributions are a little smaller than those stored, and values follow from them: the dear
    type has exactly the upper end of what it has alone, the cheap one the same or, where that is
    more, what the other contract gives to it.

    Raises
    ------
    NotProvableError
        Where the game is another, or the stored menu is none of the best.
    """
    if subject.mechanism != "value-shaping-private":
        raise OtherRuleError(subject.mechanism)
    data = _contract_of(subject)
    menu = _Menu(data)
    stored = [exact_number(subject.column(key)[0]) for key in ("low", "high")]
    shown = [[exact_number(x) for x in row] for row in subject.column("curves")[0][-2:]]
    forms = []
    for margin in MARGINS:
        high = Fraction(float(stored[1] * (1 - 2 * margin)))
        low = max(Fraction(float(stored[0] * (1 - margin))), high)
        values = menu.values(low, high)
        menu.compare([[high, values[1]], [low, values[0]]], shown)
        head = {
            "claim": "private-contract",
            "states": {"gap": power_of_ten(max(low, Fraction(1)), GAP_DIGITS)},
            "data": data,
        }
        hints = menu.hints(low, high, values)
        # Weight 0 is for menus in which both types give the most that they could alone.
        forms += [head | {"proof": hints}, head | {"proof": hints | {"theta": "0"}}]
    return first_accepted(forms, subject.data)


def _contract_of(subject: Subject) -> dict[str, Any]:
    """Return what the claim says of the instance."""
    accuracy, agents = subject.data["accuracy"], subject.data["agents"]
    if accuracy.get("family") != "pac":
        message = f"private contracts on accuracies of the family {accuracy.get('family')}"
        raise NotProvableError(message + " have no proof object: its bound is that of pac")
    if not isinstance(agents, list) or len(agents) != 1 or int(agents[0].get("count", 1)) != 1:
        message = "private contracts of several agents have no proof object: the data that others"
        raise NotProvableError(message + " are expected to bring are a fixed point")
    (agent,) = agents
    others = subject.data.get("platform_data") or "0"
    if Fraction(others) == 0:
        message = "private contracts without others' data have no proof object: they leave no room"
        raise NotProvableError(message + " for rounding")
    limits = any(agent.get(key) is not None for key in ("capacity", "budget"))
    if limits or Fraction(agent.get("value", "1")) != 1:
        message = "private contracts with values other than 1, capacities or budgets have no"
        raise NotProvableError(message + " proof object")
    curve = {key: accuracy.get(key, "1") for key in ("ceiling", "complexity")} | {"family": "pac"}
    prior = {key: agent["prior"][key] for key in ("low", "high", "probability_low")}
    return {"curve": curve, **prior, "others": others}


class _Menu:
    """The numbers from which hints follow, on the checker's own enclosures."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        program = checker()
        program.STEPS[0] = 0
        self.cheap, self.dear = Fraction(data["low"]), Fraction(data["high"])
        self.chance, self.others = Fraction(data["probability_low"]), Fraction(data["others"])
        plain = program.parse(program.json.dumps(data["curve"]))
        self.one, self.bound = program.ONE, program.Bound(plain)
        complexity = data["curve"]["complexity"]
        self.alone = [best_alone(complexity, data[key]) for key in ("low", "high")]
        self.least = [
            Fraction(self.bound.alone(cost, [Fraction(repr(x)) for x in hint]).hi, self.one)
            for cost, hint in zip((self.cheap, self.dear), self.alone, strict=True)
        ]

    def at(self, m: Fraction) -> tuple[Fraction, Fraction]:
        """Return lower ends of b and b' at a contribution beside the others' data."""
        value, slope = self.bound.at(max(m + self.others, self.bound.k))
        return Fraction(value.lo, self.one), Fraction(slope.lo, self.one)

    def values(self, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
        """Return what the contracts give: the least that keeps both types, and truthful."""
        dear = self.least[1] + self.dear * high
        return max(self.least[0], dear - self.cheap * high) + self.cheap * low, dear

    def compare(self, menu: list[list[Fraction]], stored: list[list[Fraction]]) -> None:
        """Refuse a stored menu that is not the one proved."""
        for row, shown in zip(menu, stored, strict=True):
            for here, there in zip(row, shown, strict=True):
                if abs(here - there) > exact_number(PAYMENT_AGREEMENT) * max(abs(here), abs(there)):
                    message = "the stored contracts give more or less than just keeps both types"
                    raise NotProvableError(message + " truthful, and others have no proof object")

    def hints(
        self, low: Fraction, high: Fraction, values: tuple[Fraction, Fraction]
    ) -> dict[str, Any]:
        """Return the menu with tops, weight and split of the upper bound."""
        cost = self.dear - self.cheap
        fall = (self.cheap - self.at(low)[1]) / cost
        theta = 1 - self.chance
        if fall > 0:
            theta = min(theta, Fraction(float(self.chance / fall)))
        split = Fraction(0)
        if self.at(split)[0] < 0 or self.others < self.bound.k:
            split = _last(lambda m: self.at(m)[0] < 0, split, low)
        tops = [
            self._top(own, cost, least)
            for own, cost, least in zip(
                (low, high), (self.cheap, self.dear), self.least, strict=True
            )
        ]
        return {
            "m_low": str(low),
            "v_low": str(values[0]),
            "m_high": str(high),
            "v_high": str(values[1]),
            "top_low": str(tops[0]),
            "top_high": str(tops[1]),
            "theta": str(theta),
            "split": str(split),
            "alone_low": self.alone[0],
            "alone_high": self.alone[1],
        }

    def _top(self, own: Fraction, cost: Fraction, least: Fraction) -> Fraction:
        """Return a contribution just beyond which nobody of a cost goes."""

        def worth(m: Fraction) -> bool:
            value, slope = self.at(m)
            return value - cost * m >= least or slope >= cost

        end = max(2 * own, Fraction(1))
        while worth(end):
            end *= 2
        return _last(worth, own, end)


def _last(holds: Callable[[Fraction], bool], low: Fraction, high: Fraction) -> Fraction:
    """Return a double just beyond the last point at which something holds that ends once."""
    for _ in range(HALVINGS):
        middle = Fraction(float((low + high) / 2))
        if middle in (low, high):
            break
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high
