"""`target`: contributions and payments for a goal under requirements, costs being known."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import Finding, UnsupportedError, UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.mechanism.target_goal import GoalOption, goal_of
from mdsolve.mechanism.target_words import outcome_of
from mdsolve.solver.target.design import Design, design
from mdsolve.solver.target.requirements import Requirements
from mdsolve.tolerance import ROUND_OFF


class Target(SharingMechanism):
    """p_i(s) = x_i - pen_i(s_i) + 1/(n-1) sum_{j != i} pen_j(s_j), for wanted contributions s*.

    x are lump sums with sum zero; pen_i(z) = min{L_i + x_i, [b_i (s*_i - z)]_+}, where b_i is what
    a sample at s*_i costs agent i beyond what it is worth to them. s* is an equilibrium, payments
    sum to zero and nobody is asked for more than L_i at any profile.
    """

    name = "target"
    title = "Designed for a goal"
    citation = "mdsolve, design theorem"
    summary = (
        "The contributions of a goal under requirements, and the payments that bring them about."
    )
    maturity = "proved and tested"
    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always",
        "budget-balance": "always",
        "feasibility": "always",
        "individual-rationality-alone": "unless alone is no",
        "payment-limit": "where limits are asked for, at every profile",
        "reciprocity": "where it is asked for",
        "requirements": "where shares, totals or contributions are asked for",
        "dominant-strategies": "where they are asked for",
        "optimality": "where the answer is called optimal",
    }
    options = (
        GoalOption(
            "maximize",
            "welfare",
            "what is made as large as possible; p-mean=P is a mean of utilities",
            ("welfare", "data", "accuracy", "least-utility", "p-mean=P"),
        ),
        Option(
            "alone",
            0.0,
            "everybody is better off than training alone, by this margin in money; no: not asked",
            ("no",),
            number=True,
            least=0.0,
        ),
        Option(
            "payment_limit",
            None,
            "most that an agent can ever be asked to pay, in money",
            number=True,
            by_agent=True,
            least=0.0,
        ),
        Option(
            "reciprocity",
            0.0,
            "everybody earns at least this part of their Shapley share",
            number=True,
            least=0.0,
            most=1.0,
        ),
        Option(
            "least_share",
            0.0,
            "everybody contributes at least this part of their capacity",
            number=True,
            by_agent=True,
            least=0.0,
            most=1.0,
        ),
        Option(
            "least_total", 0.0, "least sum of contributions, in samples", number=True, least=0.0
        ),
        Option("contributions", None, "wanted contributions, in agent order", numbers=True),
        Option(
            "dominant",
            "no",
            "whether contributions are to be best whatever the others do",
            ("no", "yes"),
        ),
        Option(
            "form",
            "lump-sums",
            "lump sums and penalties, or individual rates per sample alone",
            ("lump-sums", "rates"),
        ),
    )

    def __init__(self) -> None:
        self._last: tuple[Any, Any, Design] | None = None

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return what the rule pays at contributions s; the rule is designed first."""
        found = self._designed(game, options, Context())
        if found.rule is None:
            raise UnsupportedError.single(
                "mechanism target", "requirements without a rule", "requirements that can be met"
            )
        return found.rule.payments(s)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the wanted contributions and the rule, or the proof that there is none."""
        found = self._designed(game, options, context)
        return outcome_of(game, requirements(game, options), found, options)

    def _designed(self, game: SharingGame, options: Mapping[str, Any], context: Context) -> Design:
        """Return the design, kept for the next question about the same game and options."""
        key = (game, dict(options))
        if self._last is not None and self._last[0] is game and self._last[1] == key[1]:
            return self._last[2]
        found = design(game, requirements(game, options), context.monitor)
        self._last = (*key, found)
        return found


def requirements(game: SharingGame, options: Mapping[str, Any]) -> Requirements:
    """Return what options ask of a game.

    Raises
    ------
    UsageError
        With every finding: unknown agents, requirements that contradict each other or the game.
    UnsupportedError
        For a single agent, who has nobody to agree with, and for budgets.
    """
    n = game.size
    if n < 2:
        raise UnsupportedError.single("agents", "one agent", "two or more, who pay each other")
    findings: list[Finding] = []
    limits = _column(game, options["payment_limit"], "payment_limit", np.inf, findings)
    shares = _column(game, options["least_share"], "least_share", 0.0, findings)
    total = float(options["least_total"])
    bounded = np.isfinite(game.capacity)
    least = np.where(shares > 0, shares * np.where(bounded, game.capacity, 0.0), 0.0)
    least = np.where(shares == 1, game.capacity, least)
    for agent in np.flatnonzero((shares > 0) & ~bounded)[:5]:
        where = f"requirement least-share of {game.agents[agent]}"
        findings.append(
            Finding(where, "an agent without a capacity", "a capacity to have a share of")
        )
    most = float(game.capacity.sum())
    if total > most * (1 + ROUND_OFF):
        got = f"{total:g} samples"
        findings.append(
            Finding("requirement least-total", got, f"at most all capacities, {most:g}")
        )
    fixed = options["contributions"]
    wanted = None if fixed is None else np.array(fixed, dtype=np.float64)
    if wanted is not None:
        findings += _misfits(game, wanted, least, total)
    rates = options["form"] == "rates"
    if rates and options["dominant"] == "yes":
        findings.append(Finding("requirement form", "rates with dominant", "one of the two"))
    if rates and np.isfinite(limits).any():
        got = "rates with a payment limit, which rates do not respect"
        findings.append(Finding("requirement form", got, "one of the two"))
    if findings:
        raise UsageError(findings)
    if game.budgeted:
        limits = np.minimum(limits, _within_budgets(game))
    margin = None if options["alone"] == "no" else float(options["alone"])
    return Requirements(
        goal_of(options["maximize"]),
        margin,
        limits,
        float(options["reciprocity"]),
        least,
        total,
        wanted,
        options["dominant"] == "yes",
        rates,
    )


def _column(
    game: SharingGame, value: Any, name: str, otherwise: float, findings: list[Finding]
) -> Floats:
    """Return one number per agent; unknown names are noted."""
    shown = name.replace("_", "-")
    if not isinstance(value, Mapping):
        return np.full(game.size, otherwise if value is None else float(value))
    found = np.full(game.size, float(value.get("", otherwise)))
    numbers = {agent: k for k, agent in enumerate(game.agents)}
    for agent, entry in value.items():
        if agent in numbers:
            found[numbers[agent]] = float(entry)
        elif agent:
            close = get_close_matches(agent, numbers, n=1)
            fix = f"did you mean {close[0]!r}?" if close else ""
            where = f"requirement {shown}.{agent}"
            findings.append(Finding(where, repr(agent), "an agent of the instance", fix))
    return found


def _misfits(game: SharingGame, s: Floats, least: Floats, total: float) -> list[Finding]:
    """Return why wanted contributions cannot be brought, or break another requirement."""
    where = "requirement contributions"
    if s.shape != (game.size,):
        return [Finding(where, f"{len(s)} numbers", f"{game.size}, one per agent")]
    found = []
    for agent in np.flatnonzero((s < 0) | (s > game.capacity))[:5]:
        expected = f"from 0 to the capacity, {game.capacity[agent]:g}"
        found.append(Finding(f"{where} of {game.agents[agent]}", f"{s[agent]:g}", expected))
    for agent in np.flatnonzero(s < least)[:5]:
        expected = f"at least {least[agent]:g}, which least-share asks for"
        found.append(Finding(f"{where} of {game.agents[agent]}", f"{s[agent]:g}", expected))
    if s.sum() < total * (1 - ROUND_OFF):
        found.append(Finding(where, f"{s.sum():g} in all", f"at least {total:g}, the least total"))
    return found


def _within_budgets(game: SharingGame) -> Floats:
    """Return payment limits that keep budgets at every profile: B_i - c_i(capacity_i)."""
    limited = game.limited
    endless = limited & ~np.isfinite(game.capacity)
    if endless.any():
        name = game.agents[int(np.argmax(endless))]
        raise UnsupportedError.single(
            f"agent {name}", "a budget and no capacity", "a capacity beside the budget"
        )
    costs = game.costs.value(np.where(limited, game.capacity, 0.0))
    return np.where(limited, game.budget - costs, np.inf)
