"""[M25] Theorem 4.9: lower bounds on the data gain and the accuracy gain of Shapley payments.

Everybody has a = 1 - alpha (1 + S)^-beta and linear costs. The bounds are n^(1/(1+beta)) and
1 + alpha^(1/(1+beta)) beta^(-beta/(1+beta)) gamma^(beta/(1+beta)) (1 - n^(-beta/(1+beta))) with
gamma the least cost. The proof takes for granted that capacities do not bind, that somebody
contributes without payments (alpha beta >= gamma), and that accuracies are positive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import sharing_mechanism
from mdsolve.progress import Monitor
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import DEFAULT

GAMES = 60
MOST_AGENTS = 12


@dataclass(frozen=True)
class AlikeGame:
    """Agents with the same payoff 1 - scale (1 + S)^-exponent and linear costs.

    Parameters
    ----------
    rates : sequence of float
        Costs per sample.
    scale, exponent : float
        alpha and beta of the theorem.
    capacity : float or None
        The same for everybody; None: unbounded.
    """

    rates: Sequence[float]
    scale: float = 1.0
    exponent: float = 1.0
    capacity: float | None = None

    @property
    def data_bound(self) -> float:
        """Bound (i) on the data gain."""
        return float(len(self.rates) ** (1 / (1 + self.exponent)))

    @property
    def accuracy_bound(self) -> float:
        """Bound (ii) on the accuracy gain."""
        b, n = self.exponent, len(self.rates)
        steep = (self.scale * (min(self.rates) / b) ** b) ** (1 / (1 + b))
        return float(1 + steep * (1 - n ** (-b / (1 + b))))


@dataclass(frozen=True)
class Gains:
    """Totals and accuracies without payments and with Shapley payments."""

    totals: tuple[float, float]
    accuracies: tuple[float, float]

    @property
    def data(self) -> float:
        """Data gain; NaN where nobody contributes without payments."""
        return self.totals[1] / self.totals[0] if self.totals[0] > 0 else math.nan

    @property
    def accuracy(self) -> float:
        """Accuracy gain, as the ratio of Definition 3.7 whatever the signs."""
        return self.accuracies[1] / self.accuracies[0]


def gains(game: AlikeGame, monitor: Monitor) -> Gains:
    """Solve a game without payments and with Shapley payments."""
    room = {} if game.capacity is None else {"capacity": game.capacity}
    agents = [{"name": str(k), "cost": rate, **room} for k, rate in enumerate(game.rates)]
    accuracy = {"family": "power", "scale": game.scale, "exponent": game.exponent}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(instance, SharingInstance)
    played = sharing_game(instance)
    totals, accuracies = [], []
    for name in ("none", "shapley"):
        rule = sharing_mechanism(name)
        options = effective_options(name, rule.options, {})
        s = rule.outcome(played, options, monitor).contributions
        assert s is not None
        totals.append(float(s.sum()))
        accuracies.append(float(played.accuracies(s)[0]))
    return Gains((totals[0], totals[1]), (accuracies[0], accuracies[1]))


def random_game(random: np.random.Generator) -> AlikeGame:
    """Return a game inside the corrected hypotheses: alpha <= 1, least cost below alpha beta."""
    n = int(random.integers(2, MOST_AGENTS + 1))
    scale, exponent = random.uniform(0.2, 1), random.uniform(0.2, 1)
    rates = scale * exponent * random.uniform(0.01, 0.9) * random.uniform(1, 3, n)
    rates[0] = min(float(rates[0]), 0.95 * scale * exponent)
    return AlikeGame(rates.tolist(), float(scale), float(exponent))


CAPPED = AlikeGame((1 / 9, 1 / 9), capacity=1.2)
IDLE = AlikeGame((2.0, 2.0), scale=0.5)
STEEP = AlikeGame((1.0, 1.0), scale=4.0)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Check both bounds on random games, and show where each hypothesis is needed."""
    random = np.random.default_rng(seed)
    data, accuracy = [], []
    for done in range(GAMES):
        game = random_game(random)
        found = gains(game, monitor)
        data.append(found.data / game.data_bound)
        accuracy.append(found.accuracy / game.accuracy_bound)
        monitor.advance("games", done + 1, GAMES)
    capped, idle, steep = (gains(game, monitor) for game in (CAPPED, IDLE, STEEP))
    slack = 1 - DEFAULT.verify
    inside = f"{GAMES} random games of 2 to {MOST_AGENTS} agents inside the hypotheses"
    rows = (
        Row(
            "(i) data gain >= n^(1/(1+beta))",
            "yes",
            f"at least {min(data):.4f} times the bound",
            min(data) >= slack,
            note=inside,
        ),
        Row(
            "(ii) accuracy gain >= its bound",
            "yes",
            f"at least {min(accuracy):.4f} times the bound",
            min(accuracy) >= slack,
            note=inside,
        ),
        Row(
            "(i) where capacities bind",
            f"at least {CAPPED.data_bound:.6f}",
            f"{capped.data:.6f}",
            capped.data >= CAPPED.data_bound * slack,
            note="two agents, alpha = beta = 1, costs 1/9, capacity 1.2: totals 2 and 2.4",
        ),
        Row(
            "(ii) where nobody contributes",
            f"at least {IDLE.accuracy_bound:.6f}",
            f"{idle.accuracy:.6f}; the data gain is 0/0",
            idle.accuracy >= IDLE.accuracy_bound * slack,
            note="two agents, alpha = 1/2, beta = 1, costs 2 > alpha beta: the first sample costs "
            "more than it brings, with payments too",
        ),
        Row(
            "(ii) for alpha > 1",
            f"at least {STEEP.accuracy_bound:.6f}",
            f"{steep.accuracy:.6f}",
            steep.accuracy >= STEEP.accuracy_bound * slack,
            note="two agents, alpha = 4, beta = 1, costs 1: accuracy "
            f"{steep.accuracies[0]:g} without payments is negative",
        ),
    )
    notes = (
        "The theorem holds where capacities do not bind, alpha <= 1 and the least cost is at most "
        "alpha beta. (25) in the proof is the total without payments only then.",
    )
    source = "Theorem 4.9 of [M25]; the counterexamples are not in the paper"
    return Reproduction(ITEM.name, ITEM.title, source, rows, notes)


ITEM = Item("murhekar2025/theorem-4-9", "How much data Shapley payments add", recompute)
