"""`second-best`: the largest expected welfare where no desirable mechanism need exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.market import Market, QualityMarket
from mdsolve.mechanism.base import MarketMechanism
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.solver.market.second_best import SecondBest, second_best
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT

OUTCOMES = Option(
    "outcomes",
    "lottery",
    "what is decided at each profile: a lottery over who receives the model, or a single set",
    ("lottery", "single"),
)


class SecondBestLottery(MarketMechanism):
    """A lottery over who receives the best model, with the largest expected welfare.

    At every profile an outcome is drawn: a set of agents who receive the model trained on all
    reports; the others, and liars whose own model is better, use their own. Payments are rational
    and truthful in expectation over the draw, whatever the others' types, and never lose money.
    Welfare is expected over the prior of the instance, under which all profiles are equally likely
    if it names none.
    """

    name = "second-best"
    title = "Second best: lotteries over recipients"
    citation = "beyond [C20]"
    summary = "The largest expected welfare of truthful, rational rules that never lose money."
    maturity = "tested"
    promises: ClassVar[Mapping[str, str]] = {
        "individual-rationality": "in expectation over the lottery, at every profile",
        "incentive-compatibility": "in expectation over the lottery, at every profile",
        "weak-budget-balance": "always",
        "maximal-revenue": "among rules with this lottery",
        "optimality": "always; for single outcomes by branches, or the bound of lotteries",
    }
    options = (OUTCOMES,)
    compared = False

    def outcome(self, game: Market, options: Mapping[str, Any], context: Context) -> MarketOutcome:
        """Solve the program by cutting planes."""
        if not isinstance(game, QualityMarket):
            raise UnsupportedError.single(
                "mechanism second-best",
                "a valuation given as a table",
                "a valuation by formula",
                "a table says nothing about who else receives the model",
            )
        found = second_best(game, context.monitor, whole=options["outcomes"] == "single")
        first = found.first_best
        bound = max(found.bound, found.value)
        scale = sum_of_stakes(found)
        optimal = bound - found.value <= DEFAULT.verify * scale
        details: dict[str, Any] = {
            "first_best": first,
            "loss": first - found.value,
            "upper_bound": bound,
            "gap": bound - found.value,
            "optimal": optimal,
            "dual": {"revenue": found.revenue, "lies": found.lies},
        }
        if found.branches:
            details["branches"] = found.branches
        return MarketOutcome(
            Termination.SOLVED,
            _message(found.value, first, bound, _rivals(options), optimal=optimal),
            f"linear program by cutting planes (HiGHS), {found.rounds} solved",
            details=details,
            market=found.market,
            payments=found.payments,
        )


def sum_of_stakes(found: SecondBest) -> float:
    """Return the largest value of each agent, in or out, summed up: what welfare is measured by."""
    base = found.market.base
    return sum(
        max(float(abs(base.truthful_values(i)).max()), float(abs(base.outside_values(i)).max()))
        for i in range(len(base.agents))
    )


def _rivals(options: Mapping[str, Any]) -> str:
    return "No lottery" if options["outcomes"] == "lottery" else "No choice of single outcomes"


def _message(value: float, first: float, bound: float, rivals: str, *, optimal: bool) -> str:
    lost = (first - value) / abs(first) if first else 0.0
    words = f"Expected welfare {value:.10g}; the first best has {first:.10g}"
    words += f", so {100 * lost:.2g} % are lost. " if first > value else ". "
    if optimal:
        return words + f"{rivals} that is rational, truthful and never loses money has more."
    return words + f"{rivals} has more than {bound:.10g}; between the two nothing is proved."
