"""[M25] Theorem 4.8: whether more data from everybody than under Shapley payments lowers welfare.

The proof needs dA/ds_i <= d phi_i/ds_i at the equilibrium (Lemma D.1), which it derives from
concavity. It follows from cross derivatives d^2A/ds_i ds_j <= 0: an agent's data help most where
the others' are missing. Concave payoffs of complementary data can have positive ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.potential import potential_equilibrium
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import DEFAULT

GAMES = 20
"""Random games per family."""

AGENTS, ITEMS = 5, 8
MORE = 200
"""Random larger contributions per game."""

FAMILIES = {
    "power": "a_i = 1 - (1 + sum_j w_ij s_j)^-b, own weights",
    "coverage": "random coverage (13)",
}


def substitutes_game(family: str, random: np.random.Generator) -> SharingGame:
    """Return a random game whose payoffs have no positive cross derivative."""
    accuracy: dict[str, Any]
    if family == "power":
        weights = random.uniform(0, 1, (AGENTS, AGENTS))
        exponent = float(random.uniform(0.3, 1))
        accuracy = {"family": "power", "weights": weights.tolist(), "exponent": exponent}
    else:
        items = random.dirichlet(np.full(ITEMS, 0.5), AGENTS)
        accuracy = {"family": "coverage", "distributions": items.tolist()}
    agents = [
        {"name": str(k), "cost": float(c), "capacity": float(top)}
        for k, (c, top) in enumerate(
            zip(random.uniform(0.02, 0.3, AGENTS), random.uniform(1, 20, AGENTS), strict=True)
        )
    ]
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)


@dataclass(frozen=True)
class Dominating:
    """What larger contributions than s* do to welfare in one game.

    Parameters
    ----------
    steepest : float
        max dW/ds_i at s* over agents below their capacity. W is concave, so at most 0 proves that
        no larger contributions have more welfare.
    least_loss : float
        min W(s*) - W(s) over random larger s, in money.
    """

    steepest: float
    least_loss: float


def dominating(game: SharingGame, random: np.random.Generator, monitor: Monitor) -> Dominating:
    """Return both for the equilibrium under Shapley payments."""
    s = potential_equilibrium(game, monitor).contributions
    slopes = game.accuracy.jacobian(s).T @ game.value - game.costs.slope(s)
    room = game.capacity - s
    losses = []
    for _ in range(MORE):
        share = random.uniform(0, 1, game.size) * (
            random.uniform(0, 1, game.size) < random.uniform()
        )
        more = np.minimum(s + share * room, game.capacity)
        if np.any(more > s):
            losses.append(game.welfare(s) - game.welfare(more))
    below = room > DEFAULT.solve * game.capacity
    steepest = float(slopes[below].max()) if below.any() else -np.inf
    return Dominating(steepest, min(losses, default=np.inf))


def complements_welfare(s: Fraction) -> Fraction:
    """Return W(s, s) of the counterexample, a = 1 - 1/(1 + sqrt(s_1 s_2)), c = s^2/16.

    Examples
    --------
    >>> complements_welfare(Fraction(1)), complements_welfare(Fraction(3, 2))
    (Fraction(7, 8), Fraction(147, 160))
    """
    return 2 * (1 - 1 / (1 + s)) - 2 * s**2 / 16


def complements_slope(root: Fraction) -> Fraction:
    """Return d(phi_1 - c_1)/ds_1 at s = (root^2, 1).

    Alone nobody learns anything, so phi_1 = A/2 = root/(1 + root). The slope falls in root: 0 at
    root = 1 means that 1 is agent 1's best response to 1.

    Examples
    --------
    >>> [str(complements_slope(Fraction(x, 2))) for x in (1, 2, 3)]
    ['119/288', '0', '-547/2400']
    """
    gain = 1 / (2 * root * (1 + root) ** 2)
    return gain - root**2 / 8


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Check the theorem on random games, and show the counterexample in fractions."""
    rows = []
    for number, (family, words) in enumerate(FAMILIES.items()):
        random = np.random.default_rng([seed, number])
        steepest, loss = -np.inf, np.inf
        for game in range(GAMES):
            found = dominating(substitutes_game(family, random), random, monitor)
            steepest, loss = max(steepest, found.steepest), min(loss, found.least_loss)
            monitor.advance("games", number * GAMES + game + 1, len(FAMILIES) * GAMES)
        rows.append(
            Row(
                "W(s) < W(s*) wherever s >= s*, s not s*",
                "yes",
                f"largest dW/ds_i at s*: {steepest:.2g}; least loss of {GAMES * MORE:,} larger s: "
                f"{loss:.2g}",
                steepest <= DEFAULT.verify and loss > 0,
                note=f"{GAMES} random games of {AGENTS} agents, no positive cross derivatives; "
                f"{words}",
            )
        )
    one, more = Fraction(1), Fraction(3, 2)
    before, after = complements_welfare(one), complements_welfare(more)
    rest = complements_slope(one)
    rows.extend(
        (
            Row(
                "W(s) < W(s*) for complementary data",
                "yes",
                f"s* = (1, 1): W = {before}; s = ({more}, {more}): W = {after}",
                after < before or rest != 0,
                note="both a = 1 - 1/(1 + sqrt(s_1 s_2)), concave, and c = s^2/16; own slope "
                f"at s* is {rest}, falling",
            ),
            Row(
                "Lemma D.1, dA/ds_1 <= d phi_1/ds_1, there",
                "yes",
                f"{Fraction(1, 4)} against {Fraction(1, 8)}",
                agrees=False,
                note="phi_1 = A/2: half of the gain goes to the other agent",
            ),
        )
    )
    notes = (
        "Concavity bounds A(s[X + i]) along i's own contribution, not across coalitions. Lemma D.1 "
        "holds where cross derivatives are not positive, as in all families of the paper's "
        "examples: data of different agents are substitutes.",
        "The strict inequality needs s different from s*, and W strictly concave in the direction "
        "of s - s*; the proof assumes strict concavity without saying so.",
    )
    source = "Theorem 4.8 and Lemma D.1 of [M25]; the counterexample is not in the paper"
    return Reproduction(ITEM.name, ITEM.title, source, tuple(rows), notes)


ITEM = Item("murhekar2025/theorem-4-8", "More data than under Shapley payments", recompute)
