"""What a solution made elsewhere leaves out and its instance implies: payments, utilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.game.build import market_game
from mdsolve.game.lottery import LotteryMarket
from mdsolve.game.market import Market, QualityMarket
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import SHARING_MECHANISMS
from mdsolve.solution import Solution
from mdsolve.solver.equilibrium.spending import within_own_means
from mdsolve.study.market_problem import at_profile, off_path_sentence, shown_profile
from mdsolve.study.sharing_problem import ALONE_LIMIT, metrics, standalone


def completed(
    solution: Solution, instance: Instance, game: SharingGame | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the answers with what the instance implies, and the names of what was added."""
    answers = dict(solution.answers)
    if game is not None and answers.get("contributions") is not None and not game.private:
        _complete_sharing(solution, game, answers)
    elif isinstance(instance, MarketInstance):
        _complete_market(instance, answers)
    added = [key.replace("_", " ") for key in answers if key not in solution.answers]
    return answers, tuple(added)


def _complete_sharing(solution: Solution, game: SharingGame, answers: dict[str, Any]) -> None:
    name = solution.mechanism.name
    rule = SHARING_MECHANISMS.get(name)
    s = np.asarray(answers["contributions"], dtype=np.float64)
    if answers.get("payments") is None and rule is not None and rule.pays_by_contributions:
        given = {key: x for key, x in solution.mechanism.options.items() if x is not None}
        options = effective_options(name, rule.options, given)
        try:
            answers["payments"] = rule.payments(game, s, options)
        except UnsupportedError:
            return
    payments = answers.get("payments")
    if payments is None:
        return
    payments = np.asarray(payments, dtype=np.float64)
    if answers.get("accuracies") is None:
        if rule is not None and not rule.pays_by_contributions:
            return
        answers["accuracies"] = game.accuracies(s)
    received = np.asarray(answers["accuracies"], dtype=np.float64)
    if answers.get("utilities") is None:
        answers["utilities"] = game.utilities(s, payments, received)
    if answers.get("metrics") is None:
        answers["metrics"] = metrics(game, s, payments, None, received)
    if answers.get("standalone") is None and game.size <= ALONE_LIMIT:
        answers["standalone"] = standalone(within_own_means(game).by_themselves())


def _complete_market(instance: MarketInstance, answers: dict[str, Any]) -> None:
    market = market_game(instance)
    answers.setdefault("off_path", off_path_sentence(market))
    table = answers.get("table", {})
    if table.get("payments") is None or table.get("allocation") is not None:
        return
    # The checker reads the table only, so what is shown of it is read from there as well.
    payments = np.asarray(table["payments"], dtype=np.float64)
    if payments.shape != (len(market.agents), *market.shape):
        return
    chances = table.get("lottery")
    ruled: Market = market
    if chances is not None and isinstance(market, QualityMarket):
        ruled = LotteryMarket.of(market, np.asarray(chances, dtype=np.float64))
    answers |= at_profile(ruled, payments, shown_profile(instance, market))
    answers["minimal_revenue"] = float(payments.sum(axis=0).min())
