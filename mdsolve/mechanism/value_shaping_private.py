"""`value-shaping-private`: two contracts per agent where only they know their costs ([K22])."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.solver.shaping.private_contracts import Contract
from mdsolve.solver.shaping.private_equilibrium import PrivateEquilibrium, private_equilibrium
from mdsolve.solver.shaping.private_population import Population, population_of
from mdsolve.status import Termination
from mdsolve.tolerance import ROUND_OFF

ALWAYS = ("individual-rationality-alone", "incentive-compatibility")


class ValueShapingPrivate(SharingMechanism):
    """Nobody pays; a contribution m earns a model worth at most v(m + D), D the others' data.

    Up to m_h*, what a high-cost agent gives alone, the model is that of their own data. Then its
    worth rises at the rate c_high up to m_up, the contribution meant for high costs, and at c_low
    up to m_down, meant for low costs, which earns the full model. Among all such menus the two are
    chosen for the largest expected contribution: v'(m_down + D) = c_low - p/(1-p) (c_high - c_low)
    inside, m_down as large as a low-cost agent accepts for p >= c_low/c_high, and m_up never above
    what a high-cost agent would give under known costs. [K22] (16) has another condition and lacks
    the bound on m_up: `rule: published`.
    """

    name = "value-shaping-private"
    title = "Value shaping under private costs"
    citation = "[K22] Appendix D, (15)-(17), Theorems VII and VIII, corrected"
    summary = "Two contracts per agent that low-cost and high-cost agents choose as intended."
    maturity = "verified against paper"
    private_costs = True
    shapes_models = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "curve-feasibility": "with rule: exact",
        "individual-rationality-alone": "always",
        "incentive-compatibility": "always",
        "data-maximality": "with rule: exact",
    }
    options = (
        Option(
            "beliefs",
            "bayes",
            "what an agent expects of the others: the distribution of their data, its mean as if "
            "certain, or what they really bring",
            ("bayes", "mean-field", "ex-post"),
        ),
        Option(
            "rule",
            "exact",
            "the best contracts, or those of the paper as printed",
            ("exact", "published"),
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros."""
        del s, options
        return np.zeros(game.size)

    def received(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Raise: a contribution earns a model by the agent's curve, which the solution holds."""
        del game, s, options
        raise UnsupportedError.single(
            f"mechanism {self.name}",
            "contributions without the contracts they were made under",
            "a mechanism whose models depend on contributions only",
            "see curves: in the solution",
        )

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the contracts; contributions and accuracies are expectations over types."""
        population, index = population_of(game)
        beliefs, rule = options["beliefs"], options["rule"]
        found = private_equilibrium(population, beliefs, rule, context.monitor)
        table = _expectations(population, found)
        values = np.array([agent.value for agent in population.classes])
        chances = population.chances
        mixed = chances * table["low"] + (1 - chances) * table["high"]
        received = chances * table["low_worth"] + (1 - chances) * table["high_worth"]
        details: dict[str, Any] = {
            "low": table["low"][index],
            "high": table["high"][index],
            "expected_total": float(mixed @ population.members),
            "information_rent": table["rent"][index],
            "utilities": table["utility"][index],
            "standalone": _standalone(population, found, index),
        }
        if found.contracts:
            details["curves"] = curves(found.contracts, values)[index]
            details["pooling"] = np.array([c.low == c.high for c in found.contracts])[index]
        else:
            details["profiles"] = _profiles(found, values, index)
        if rule == "published":
            exact = private_equilibrium(population, beliefs, "exact", context.monitor)
            best = _expectations(population, exact)
            total = chances * best["low"] + (1 - chances) * best["high"]
            details["exact_total"] = float(total @ population.members)
            details["excess"] = (table["excess"] / values)[index]
        return SharingOutcome(
            Termination.SOLVED if found.converged else Termination.LIMIT,
            _message(found, details),
            found.method,
            details=details,
            contributions=mixed[index],
            payments=np.zeros(game.size),
            received=(received / values)[index],
        )


def curves(contracts: Sequence[Contract], values: Floats) -> Floats:
    """Return the break points A, C, D of each contract, shape (K, 3, 2): samples, accuracy.

    The line through them continues at the rate of low costs; the model handed out is the full one
    or what the line says, whichever is less, and never less than that of the agent's own data.
    """
    points = [
        [(c.alone_high[0], c.alone_worth), (c.high, c.high_worth), (c.low, c.low_worth)]
        for c in contracts
    ]
    found = np.array(points)
    found[:, :, 1] /= values[:, None]
    return found


def _expectations(population: Population, found: PrivateEquilibrium) -> dict[str, Floats]:
    """Return contributions, worths and rents per class, in expectation over the others' types."""
    if found.contracts:
        pairs = [(1.0, [(c, c) for c in found.contracts])]
        weights = [(np.ones(len(pairs[0][1])), np.ones(len(pairs[0][1])))]
    else:
        members, chances = np.array(population.members), population.chances
        pairs = [(profile.probability, list(profile.contracts)) for profile in found.profiles]
        counts = [np.array(profile.low_types) for profile in found.profiles]
        # The chance of a profile for a member who knows that their own costs are low (or high).
        weights = [
            (k / (members * chances), (members - k) / (members * (1 - chances))) for k in counts
        ]
    size = len(population.classes)
    names = ("low", "high", "low_worth", "high_worth", "excess", "rent", "utility")
    table = {name: np.zeros(size) for name in names}
    for (probability, contracts), (of_low, of_high) in zip(pairs, weights, strict=True):
        for k, (agent, (low, high)) in enumerate(zip(population.classes, contracts, strict=True)):
            for_low, for_high = probability * of_low[k], probability * of_high[k]
            gained = low.low_worth - agent.low * low.low
            kept = high.high_worth - agent.high * high.high
            p = agent.probability_low
            table["low"][k] += for_low * low.low
            table["low_worth"][k] += for_low * low.low_worth
            table["high"][k] += for_high * high.high
            table["high_worth"][k] += for_high * high.high_worth
            table["excess"][k] += for_high * high.excess
            table["rent"][k] += for_low * (gained - low.alone_low[1])
            table["utility"][k] += p * for_low * gained + (1 - p) * for_high * kept
    return table


def _standalone(
    population: Population, found: PrivateEquilibrium, index: npt.NDArray[np.intp]
) -> dict[str, Any]:
    """Return what agents do alone: in expectation, and for each type."""
    contracts = found.contracts or [pair[0] for pair in found.profiles[0].contracts]
    low = np.array([c.alone_low for c in contracts])
    high = np.array([c.alone_high for c in contracts])
    p = population.chances[:, None]
    result: dict[str, Any] = {}
    for key, both in (("", p * low + (1 - p) * high), ("low", low), ("high", high)):
        columns = {"contributions": both[index, 0], "utilities": both[index, 1]}
        result |= columns if not key else {key: columns}
    return result


def _profiles(
    found: PrivateEquilibrium, values: Floats, index: npt.NDArray[np.intp]
) -> dict[str, Any]:
    """Return the contracts of every profile of types: T profiles, K classes, two types, A C D."""
    offered = [
        [curves(column, values) for column in zip(*profile.contracts, strict=True)]
        for profile in found.profiles
    ]
    return {
        "classes": index,
        "low_types": np.array([profile.low_types for profile in found.profiles]),
        "probabilities": np.array([profile.probability for profile in found.profiles]),
        "curves": np.array(offered).swapaxes(1, 2),
    }


def _message(found: PrivateEquilibrium, details: Mapping[str, Any]) -> str:
    """Say in a sentence what was found."""
    if not found.converged:
        return "No contracts were found that are each best given the others."
    if "excess" in details:
        return _as_printed(float(np.max(details["excess"])), details)
    if details["expected_total"] == 0:
        return (
            "Nobody contributes. From the most that anybody could give downwards, no contracts "
            "came to rest at which a model is worth what it costs."
        )
    if "pooling" not in details:
        return "For every profile of types, contracts that are each best given the others."
    pooling, size = int(np.sum(details["pooling"])), len(details["pooling"])
    if pooling == size:
        return "Pooling: both types of every agent give the same, each agent's best contract."
    apart = "" if pooling == 0 else f" for {size - pooling:,} of {size:,} agents"
    return f"Separating{apart}: low-cost agents give more, each agent's contracts the best."


def _as_printed(lacking: float, details: Mapping[str, Any]) -> str:
    if lacking > 0:
        return (
            "As printed, high-cost agents are promised models better by up to "
            f"{lacking:.3g} than all data allow."
        )
    loss = details["exact_total"] - details["expected_total"]
    if loss <= ROUND_OFF * details["exact_total"]:
        return "As printed; the best contracts collect as much in expectation."
    return f"As printed; the best contracts collect {loss:.6g} samples more in expectation."
