"""[M23] Theorem A.1: separable payoffs always have an equilibrium, concave or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.best_response import best_response
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.run import solve
from mdsolve.tolerance import DEFAULT

GAMES = 20
"""Random games per family."""

AGENTS = 4
PROFILES = 5
"""Random contributions of the others against which best responses are compared."""


def separable_instance(family: str, random: np.random.Generator) -> SharingInstance:
    """Return a random game with a_i(s) = g_i(s_i) + h_i(the others), by family.

    ``linear``: g and h linear, quadratic costs. ``own-steps``: h = 0 and g not concave, flat and
    steep by turns.
    """
    agents: list[dict[str, Any]] = [
        {"name": str(k), "cost": float(random.uniform(0.01, 0.2)), "capacity": 10}
        for k in range(AGENTS)
    ]
    accuracy: dict[str, Any]
    if family == "linear":
        weights = random.uniform(0, 0.2, (AGENTS, AGENTS))
        accuracy = {"family": "linear", "weights": weights.tolist()}
        for agent in agents:
            rate, curvature = random.uniform(0.01, 0.1, 2)
            agent["cost"] = {"family": "quadratic", "rate": float(rate), "curvature": curvature}
    else:
        samples = np.cumsum(random.uniform(0.2, 2, 4)).tolist()
        points = [[0, 0], *zip(samples, (0, 0.4, 0.4, 1), strict=True)]
        alone = [[k] for k in range(AGENTS)]
        accuracy = {"family": "union", "curve": {"points": points}, "neighbours": alone}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(instance, SharingInstance)
    return instance


def largest_reaction(instance: SharingInstance, random: np.random.Generator) -> float:
    """Return by how much best responses move, in samples, when the others' contributions do."""
    game = sharing_game(instance)
    stakes = AccuracyStakes(game, game.costs)
    answers = []
    for _ in range(PROFILES):
        s = random.uniform(0, 10, AGENTS)
        answers.append([best_response(stakes, agent, s) for agent in range(AGENTS)])
    return float(np.ptp(np.array(answers), axis=0).max())


FAMILIES = {
    "linear": "a = W s, quadratic costs",
    "own-steps": "own data alone, flat and steep by turns: not concave",
}


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Solve random separable games of two families, one of them not concave."""
    rows = []
    for number, (family, words) in enumerate(FAMILIES.items()):
        random = np.random.default_rng([seed, number])
        passed, reaction = 0, 0.0
        for game in range(GAMES):
            instance = separable_instance(family, random)
            found = solve(instance, "none", monitor=monitor)
            certificate = found.certificate
            assert certificate is not None
            passed += certificate.condition("nash").verdict == "pass"
            reaction = max(reaction, largest_reaction(instance, random))
            monitor.advance("games", number * GAMES + game + 1, len(FAMILIES) * GAMES)
        rows.append(
            Row(
                "an equilibrium exists",
                "always",
                f"found and certified in {passed} of {GAMES} games; best responses to other "
                f"contributions of the others move by at most {reaction:.1g}",
                passed == GAMES and reaction <= DEFAULT.verify,
                note=words,
            )
        )
    rows.append(
        Row(
            "without bounds on contributions a best response need not exist",
            "",
            _unbounded_refusal(monitor),
        )
    )
    source = "Theorem A.1 of [M23], on random games"
    return Reproduction(ITEM.name, ITEM.title, source, tuple(rows))


def _unbounded_refusal(monitor: Monitor) -> str:
    """Return what is said of a linear payoff above a linear cost, without capacity."""
    agents = [{"name": "A", "cost": 0.1}]
    accuracy = {"family": "linear", "weights": [[0.2]]}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    try:
        solve(instance, "none", monitor=monitor)
    except UnsupportedError as refused:
        return f"a = 0.2 s, c = 0.1 s is refused: {refused.findings[0].got}"
    return "a = 0.2 s, c = 0.1 s is solved"


ITEM = Item("murhekar2023/theorem-a1", "Separable payoffs have an equilibrium", recompute)
