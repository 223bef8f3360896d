"""What a proof is about: an instance's data in rationals, and the answer that somebody claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.certificate.tables import array_beside
from mdsolve.instance import Instance
from mdsolve.instance.numbers import exact_number
from mdsolve.proving.record import NotProvableError


def written(value: Any) -> Any:
    """Return a number as proof files hold it: a float that is it as written, else a fraction."""
    exact = exact_number(value.item() if isinstance(value, np.generic) else value)
    if exact.denominator == 1:
        return int(exact)
    near = float(exact)
    return near if Fraction(repr(near)) == exact else str(exact)


def dyadic(value: Any) -> str:
    """Return the fraction that the double next to a number is, as proof files hold money."""
    return str(Fraction(float(value)))


@dataclass(frozen=True)
class Subject:
    """One solution of an instance.

    Parameters
    ----------
    instance : Instance
    data : mapping
        The instance's canonical data.
    claim : mapping
        The solution as plain data.
    mechanism : str
    options : mapping
    """

    instance: Instance
    data: Mapping[str, Any]
    claim: Mapping[str, Any]
    mechanism: str
    options: Mapping[str, Any]
    folder: Path | None = None

    def column(self, key: str) -> Any:
        """Return a column of the solution.

        Raises
        ------
        NotProvableError
            Where the solution has none.
        """
        column = self.claim.get(key)
        if isinstance(column, Mapping):
            column = None if self.folder is None else array_beside(column, self.folder)
        if column is None:
            message = f"the solution states no {key}"
            raise NotProvableError(message)
        return column

    def contributions(self) -> list[Any]:
        """Return the contributions: the decimals of the file are the point that is meant."""
        return [written(value) for value in self.column("contributions")]

    def payments(self) -> list[str]:
        """Return money received: the doubles themselves, which sum to zero where they should."""
        return [dyadic(value) for value in self.column("payments")]

    @cached_property
    def agents(self) -> Sequence[Mapping[str, Any]]:
        """One record per agent: rate, curvature, fixed, value, capacity, budget, group."""
        return _agents(self.data)

    @cached_property
    def game(self) -> dict[str, Any]:
        """Data of a sharing game whose accuracies are powers, without the answer.

        Raises
        ------
        NotProvableError
            Where the game is of another form, or the platform brings data.
        """
        if self.data.get("platform_data") is not None:
            message = "the platform's own data are no part of this claim"
            raise NotProvableError(message)
        return self._power_game

    @cached_property
    def whole_game(self) -> dict[str, Any]:
        """The same with ceilings, fixed costs and the platform's data, for utilities."""
        found = dict(self._power_game)
        accuracy = self.data["accuracy"]
        if "ceiling" in accuracy:
            found["ceiling"] = accuracy["ceiling"]
        fixed = [agent["fixed"] for agent in self.agents]
        if any(cost != "0" for cost in fixed):
            found["fixed"] = fixed
        if self.data.get("platform_data") is not None:
            found["platform_data"] = self.data["platform_data"]
        return found

    @cached_property
    def _power_game(self) -> dict[str, Any]:
        if any(agent["budget"] is not None for agent in self.agents):
            message = "with budgets the game is a generalised one, which has no proof object"
            raise NotProvableError(message)
        accuracy = self.data["accuracy"]
        if accuracy.get("family") != "power":
            message = f"accuracies of the family {accuracy.get('family', 'per agent')}"
            raise NotProvableError(message + " have no proof object of this condition")
        found: dict[str, Any] = {"n": len(self.agents)}
        found |= _weights(accuracy, self.agents)
        for key in ("exponent", "scale"):
            if key in accuracy:
                found[key] = accuracy[key]
        defaults = {"value": "1", "rate": None, "curvature": "0", "capacity": None}
        for key, default in defaults.items():
            column = [agent[key] for agent in self.agents]
            if any(entry != default for entry in column):
                found[key] = column
        return found


def _weights(accuracy: Mapping[str, Any], agents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    table, rows = accuracy.get("group_weights"), accuracy.get("weights")
    if table is not None:
        names = [agent["group"] for agent in agents]
        order = list(dict.fromkeys(names))
        place = {name: k for k, name in enumerate(order)}
        weights = [[table[a].get(b, "0") for b in order] for a in order]
        return {"weights": weights, "groups": [place[name] for name in names]}
    if rows is None:
        return {}
    if not isinstance(rows[0], list):
        rows = [rows] * len(agents)
    return {"weights": rows, "groups": list(range(len(agents)))}


def _agents(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = data["agents"]
    if isinstance(given, Mapping):
        count = int(given["count"])
        columns = {
            key: column if isinstance(column, list) else [column] * count
            for key, column in given.items()
            if key != "count"
        }
        rows = zip(*columns.values(), strict=True)
        return [_agent(dict(zip(columns, row, strict=True))) for row in rows]
    return [_agent(one) for one in given for _ in range(int(one.get("count", 1)))]


def _agent(one: Mapping[str, Any]) -> dict[str, Any]:
    cost = one.get("cost")
    if isinstance(cost, str):
        cost = {"family": "linear", "rate": cost}
    if cost is None:
        message = "private costs are no part of this claim"
        raise NotProvableError(message)
    if cost["family"] not in {"linear", "quadratic"}:
        message = f"costs of the family {cost['family']} have no proof object"
        raise NotProvableError(message)
    return {
        "rate": cost.get("rate", "0"),
        "curvature": cost.get("curvature", "0"),
        "fixed": cost.get("fixed", "0"),
        "value": one.get("value", "1"),
        "capacity": one.get("capacity"),
        "budget": one.get("budget"),
        "group": one.get("group"),
    }
