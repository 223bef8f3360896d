"""Contracts of a menu for reading: those that are the same counted once, and each in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdsolve.report.numbers import number
from mdsolve.solution import Solution
from mdsolve.tolerance import DEFAULT, INDISTINCT, ROUND_OFF


@dataclass(frozen=True)
class ContractRow:
    """One contract of a menu.

    Parameters
    ----------
    first, last : float
        Costs that it is meant for.
    chance : float
        Their probability.
    contribution, value : float
        Samples, and worth of the model in money.
    accuracy : float
        Expected accuracy of the model received.
    complete : bool
        Whether it is the model of all data.
    gain : float
        What the cheapest of these costs gains against own data alone, in money.
    """

    first: float
    last: float
    chance: float
    contribution: float
    value: float
    accuracy: float
    complete: bool
    gain: float

    @property
    def costs(self) -> str:
        """Return whom it is meant for."""
        if self.first == self.last:
            return f"{number(self.first, 4)}"
        return f"{number(self.first, 4)} to {number(self.last, 4)}"

    @property
    def words(self) -> str:
        """Return the contract in words."""
        if self.contribution == 0:
            return "bring nothing and keep your own model"
        model = "the full model" if self.complete else f"a model of accuracy {self._accuracy}"
        return f"bring {number(self.contribution, 4)} samples and receive {model}"

    @property
    def _accuracy(self) -> str:
        return number(self.accuracy, 4)


def contract_rows(solution: Solution) -> list[ContractRow]:
    """Return the contracts of a solution; neighbours that are the same are one."""
    menu = solution.answers["menu"]
    columns = {key: np.asarray(menu[key], dtype=np.float64) for key in COLUMNS}
    first, last = (np.asarray(menu["costs"][end], dtype=np.float64) for end in ("from", "to"))
    alone = np.asarray(menu["alone"]["utilities"], dtype=np.float64)
    unit = _unit(solution)
    m, values = columns["contributions"], columns["values"]
    most = float(m.max(initial=0.0))
    rows: list[ContractRow] = []
    begun: list[float] = []
    for k in range(len(m)):
        amount = 0.0 if m[k] <= INDISTINCT * most else float(m[k])
        if begun and abs(amount - begun[-1]) <= INDISTINCT * most:
            old = rows.pop()
            chance, start, gain = old.chance + float(columns["chances"][k]), old.first, old.gain
        else:
            begun.append(amount)
            chance, start = float(columns["chances"][k]), float(first[k])
            gain = float(columns["utilities"][k] - alone[k])
            gain = gain if gain > ROUND_OFF * float(values.max()) else 0.0
        rows.append(
            ContractRow(
                start,
                float(last[k]),
                chance,
                amount,
                float(values[k]),
                float(values[k]) * unit,
                bool(values[k] >= columns["full"][k] * (1 - DEFAULT.verify)),
                gain,
            )
        )
    return rows


def menu_words(solution: Solution) -> str:
    """Return the offer in a sentence, the first contracts of many."""
    offered = [row.words for row in contract_rows(solution) if row.contribution > 0]
    if not offered:
        return "Everybody keeps their own model."
    left = len(offered) - WORDED
    more = [f"{left:,} more contracts"] if left > 0 else []
    words = "; or ".join([*offered[:WORDED], *more, "keep your own model"])
    return f"{words[:1].upper()}{words[1:]}."


def menu_standing(solution: Solution) -> str:
    """Return how good the menu is, in a sentence."""
    answers = solution.answers
    total, bound = float(answers["expected_total"]), float(answers["upper_bound"])
    best = "the most that any menu collects"
    said = best if answers["optimal"] else f"while no menu collects more than {number(bound, 7)}"
    return f"Expected in all: {number(total, 7)} samples, {said}."


WORDED = 5
"""Most contracts that are put into words."""

COLUMNS = ("contributions", "values", "full", "chances", "utilities")


def _unit(solution: Solution) -> float:
    """Return accuracy per money: expected accuracy over the expected value of models."""
    menu = solution.answers["menu"]
    expected = float(np.dot(np.asarray(menu["chances"]), np.asarray(menu["values"])))
    accuracies = np.asarray(solution.answers["accuracies"], dtype=np.float64)
    return float(accuracies[0]) / expected if expected > 0 else 0.0
