"""[M25] Examples 3, 4 and 7, Lemma 4.6, and Theorems 4.8 and 4.9, all about Shapley payments.

In the examples two agents see a(s) = 1 - 1/(1 + s_1 + s_2), at costs 0.1 s_1 and 0.25 s_2, without
payments, under Shapley payments, and under the value-shaping rule of [K22].

Lemma 4.6 compares with utility 0. That holds without fixed costs; against training alone, which
costs agents nothing but their own data, it can fail.

The proof of Theorem 4.8 needs dA/ds_i <= d phi_i/ds_i at the equilibrium (Lemma D.1), which it
derives from concavity. It follows from cross derivatives d^2A/ds_i ds_j <= 0: an agent's data help
most where the others' are missing. Concave payoffs of complementary data can have positive ones.

Theorem 4.9, for a = 1 - alpha (1 + S)^-beta and linear costs, bounds the data gain by
n^(1/(1+beta)), and the accuracy gain. The proof takes for granted that capacities do not bind, that
somebody contributes without payments (alpha beta >= the least cost gamma), and that accuracies are
positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.reproduce.record import Floats, Recomputation, passes, sharing
from mdsolve.tolerance import DEFAULT, ROUND_OFF

RATES = (0.1, 0.25)  # cost per sample of the two agents of the examples
EXAMPLE = {"family": "power"}
ALMOST_TWICE = 1.9  # what the data gain must reach to be called almost two


def shares_by_hand(s: Floats) -> Floats:
    """Return the Shapley shares of two agents from the definition, phi_1 first.

    phi_1 = A(s)/2 + (A(s_1, 0) - A(0, s_2))/2 with A = 2 a.
    """
    together, apart = 1 - 1 / (1 + s.sum()), 1 - 1 / (1 + s)
    return np.asarray(together + np.array([1, -1]) * (apart[0] - apart[1]))


def value_shaping_contributions() -> Floats:
    """Return the contributions of Example 7 in closed form.

    With u_i the best utility alone, s_i = (a(S) - u_i)/c_i. Summed over the agents, 1 + S = x and
    B = sum 1/c_i, that is x^2 - (1 + B - sum u_i/c_i) x + B = 0; the larger root is the
    equilibrium. Alone, c_i (1 + s)^2 = 1 and u_i = (1 - sqrt(c_i))^2.
    """
    rates = np.array(RATES)
    alone = (1 - np.sqrt(rates)) ** 2
    slope = float((1 / rates).sum())
    half = (1 + slope - float((alone / rates).sum())) / 2
    x = half + math.sqrt(half * half - slope)
    return np.asarray((1 - 1 / x - alone) / rates)


def example3(run: Recomputation) -> None:
    """Solve the game without payments."""
    found = md.solve(sharing(EXAMPLE, RATES), "none")
    run.words["found"], s, closed = found, found.contributions, math.sqrt(10) - 1
    close = abs(s[0] - closed) <= ROUND_OFF * closed
    run.say("equilibrium", agrees=close, rounds=s, closed=closed)
    run.say("unique", found.equilibria, found.equilibria == "unique")
    run.say("checked", agrees=passes(found, "nash"))
    run.say("free", agrees=s[1] == 0)
    run.say("utilities")


def example4(run: Recomputation) -> None:
    """Solve the game under Shapley payments, beside that without."""
    plain, found = (md.solve(sharing(EXAMPLE, RATES), name) for name in ("none", "shapley"))
    run.words |= {"plain": plain, "found": found}
    s, gain = found.contributions, found.metrics["data_gain"]
    same = np.abs(found.shapley - shares_by_hand(s)) <= ROUND_OFF
    run.say("equilibrium", rounds=s)
    run.say("nash", agrees=passes(found, "nash"))
    run.say("shares", agrees=np.all(same))
    run.say("more", agrees=np.all(s > plain.contributions))
    run.say("gain", gain, ALMOST_TWICE <= gain <= 2)
    run.say("reciprocity", found.metrics["reciprocity"], passes(found, "reciprocity"))
    run.say("utilities")
    run.say("welfare")


def example7(run: Recomputation) -> None:
    """Evaluate the value-shaping equilibrium: shares, accuracy, reciprocity."""
    found = md.solve(sharing(EXAMPLE, RATES), "value-shaping")
    s, shares, accuracy = found.contributions, found.shapley, float(found.accuracies[0])
    same = np.all(np.abs(shares - shares_by_hand(s)) <= ROUND_OFF)
    close = np.all(np.abs(s - value_shaping_contributions()) <= DEFAULT.verify)
    fairness, total = found.metrics["reciprocity"], float(shares.sum())
    run.say("contributions", agrees=close, rounds=s, found=found)
    run.say("checked", found.message, passes(found, "nash"))
    run.say("accuracy", accuracy, rounds=accuracy)
    for name, share, rounded in zip("12", shares, shares_by_hand(s.round(2)), strict=True):
        run.say(f"share {name}", float(share), bool(same), rounds=rounded, rounded=rounded)
    run.say("sum", total, abs(total - 2 * accuracy) <= DEFAULT.solve)
    run.say("reciprocity", fairness, fairness < 1, rounds=fairness)


GAMES = 20  # random ones for Lemma 4.6 and, per family, for Theorem 4.8
AGENTS = 5
FIXED = 0.5  # cost of the second agent of Example 4 in the counterexample to Lemma 4.6
ONE_WAY = [[1, 1], [0, 1]]  # agent 2's data help both agents, agent 1's only agent 1


def own_weights(random: np.random.Generator) -> md.SharingInstance:
    """Return a game without fixed costs, with own weights."""
    weights = random.uniform(0, 1, (AGENTS, AGENTS)) * (random.random((AGENTS, AGENTS)) < 0.5)
    np.fill_diagonal(weights, random.uniform(0.1, 1, AGENTS))
    accuracy = {"family": "power", "weights": weights.tolist()}
    return sharing(accuracy, random.uniform(0.02, 0.3, AGENTS))


def one_way_help() -> md.SharingInstance:
    """Return two agents with a_i = 1 - 1/(1 + sum_j w_ij s_j), one of whom helps the other."""
    return sharing({"family": "power", "weights": ONE_WAY}, (0.1, 0.05))


def lemma_4_6(run: Recomputation) -> None:
    """Check the lemma on random games, then with a fixed cost and against training alone."""
    random = run.random()
    found = [md.solve(own_weights(random), "shapley") for _ in run.each("games", range(GAMES))]
    least = min(float(solution.utilities.min()) for solution in found)
    worse = sum(not passes(solution, "individual-rationality-alone") for solution in found)
    costs = (RATES[0], {"family": "linear", "rate": RATES[1], "fixed": FIXED})
    fixed = md.solve(sharing(EXAMPLE, costs), "shapley")
    one_way = md.solve(one_way_help(), "shapley")
    run.say("random", agrees=least >= -DEFAULT.verify, least=least)
    run.say("fixed", agrees=passes(fixed, "individual-rationality"), found=fixed)
    run.say("alone", worse=worse)
    run.say("one-way", agrees=passes(one_way, "individual-rationality-alone"), found=one_way)


KINDS = 8  # of examples that random coverage is about
MORE = 200  # random larger contributions per game


def substitutes(family: str, random: np.random.Generator) -> md.SharingInstance:
    """Return a random game whose payoffs have no positive cross derivative."""
    accuracy: dict[str, Any] = {"family": family}
    if family == "power":
        accuracy["weights"] = random.uniform(0, 1, (AGENTS, AGENTS)).tolist()
        accuracy["exponent"] = float(random.uniform(0.3, 1))
    else:
        accuracy["distributions"] = random.dirichlet(np.full(KINDS, 0.5), AGENTS).tolist()
    costs = random.uniform(0.02, 0.3, AGENTS)
    return sharing(accuracy, costs, capacity=random.uniform(1, 20, AGENTS))


def larger_contributions(
    instance: md.SharingInstance, random: np.random.Generator
) -> tuple[float, float]:
    """Return what larger contributions than s*, those under Shapley payments, do to welfare W.

    Returns
    -------
    steepest : float
        max dW/ds_i at s* over agents below their capacity. W is concave, so at most 0 proves that
        no larger contributions have more welfare.
    least_loss : float
        min W(s*) - W(s) over random larger s, in money.
    """
    game, s = sharing_game(instance), md.solve(instance, "shapley").contributions
    slopes = game.accuracy.jacobian(s).T @ game.value - game.costs.slope(s)
    room = game.capacity - s
    losses = [np.inf]
    for _ in range(MORE):
        share = random.uniform(0, 1, game.size)
        share *= random.uniform(0, 1, game.size) < random.uniform()
        more = np.minimum(s + share * room, game.capacity)
        if np.any(more > s):
            losses.append(game.welfare(s) - game.welfare(more))
    below = room > DEFAULT.solve * game.capacity
    return float(slopes[below].max(initial=-np.inf)), min(losses)


def complements_welfare(s: Fraction) -> Fraction:
    """Return W(s, s) of the counterexample, a = 1 - 1/(1 + sqrt(s_1 s_2)), c = s^2/16."""
    return 2 * (1 - 1 / (1 + s)) - 2 * s**2 / 16


def complements_slope(root: Fraction) -> Fraction:
    """Return d(phi_1 - c_1)/ds_1 at s = (root^2, 1).

    Alone nobody learns anything, so phi_1 = A/2 = root/(1 + root). The slope falls in root: 0 at
    root = 1 means that 1 is agent 1's best response to 1.
    """
    return 1 / (2 * root * (1 + root) ** 2) - root**2 / 8


def theorem_4_8(run: Recomputation) -> None:
    """Check the theorem on random games, and show the counterexample in fractions."""
    for number, (family, words) in enumerate(run.item.printed.items()):
        random = run.random(number)
        pieces = run.each(f"{family} games", range(GAMES))
        found = [larger_contributions(substitutes(family, random), random) for _ in pieces]
        steepest, loss = max(slope for slope, _ in found), min(loss for _, loss in found)
        holds, drawn = steepest <= DEFAULT.verify and loss > 0, {"larger": GAMES * MORE}
        run.say("substitutes", agrees=holds, steepest=steepest, loss=loss, words=words, **drawn)
    one, more = Fraction(1), Fraction(3, 2)
    before, after = complements_welfare(one), complements_welfare(more)
    rest = complements_slope(one)
    fails = after >= before and rest == 0
    run.say("complements", agrees=not fails, before=before, after=after, more=more, rest=rest)
    run.say("lemma", agrees=False)


GAIN_GAMES, MOST_AGENTS = 60, 12  # random games for Theorem 4.9


@dataclass(frozen=True)
class Alike:
    """Agents with the same payoff 1 - scale (1 + S)^-exponent: alpha and beta of Theorem 4.9."""

    rates: tuple[float, ...]
    scale: float = 1.0
    exponent: float = 1.0
    capacity: float | None = None

    def bounds(self) -> tuple[float, float]:
        """Return the theorem's bounds on the data gain and the accuracy gain."""
        b, n = self.exponent, len(self.rates)
        steep = (self.scale * (min(self.rates) / b) ** b) ** (1 / (1 + b))
        return n ** (1 / (1 + b)), 1 + steep * (1 - n ** (-b / (1 + b)))

    def gains(self) -> tuple[float, float, tuple[float, ...], tuple[float, ...]]:
        """Return data gain, accuracy gain, and totals and accuracies without payments and with.

        The accuracy gain is the ratio of Definition 3.7 whatever the signs; the data gain is NaN
        where nobody contributes without payments.
        """
        accuracy = {"family": "power", "scale": self.scale, "exponent": self.exponent}
        room = {} if self.capacity is None else {"capacity": [self.capacity] * len(self.rates)}
        game = sharing(accuracy, self.rates, **room)
        found = [md.solve(game, name) for name in ("none", "shapley")]
        totals = tuple(float(solution.contributions.sum()) for solution in found)
        accuracies = tuple(float(solution.accuracies[0]) for solution in found)
        gain = totals[1] / totals[0] if totals[0] > 0 else math.nan
        return gain, accuracies[1] / accuracies[0], totals, accuracies


def inside_hypotheses(random: np.random.Generator) -> Alike:
    """Return a game inside the corrected hypotheses: alpha <= 1, least cost below alpha beta."""
    n = int(random.integers(2, MOST_AGENTS + 1))
    scale, exponent = random.uniform(0.2, 1), random.uniform(0.2, 1)
    rates = scale * exponent * random.uniform(0.01, 0.9) * random.uniform(1, 3, n)
    rates[0] = min(float(rates[0]), 0.95 * scale * exponent)
    return Alike(tuple(rates.tolist()), float(scale), float(exponent))


CAPPED = Alike((1 / 9, 1 / 9), capacity=1.2)
IDLE = Alike((2.0, 2.0), scale=0.5)
STEEP = Alike((1.0, 1.0), scale=4.0)


def theorem_4_9(run: Recomputation) -> None:
    """Check both bounds on random games, and show where each hypothesis is needed."""
    random = run.random()
    games = [inside_hypotheses(random) for _ in range(GAIN_GAMES)]
    found = np.array([game.gains()[:2] for game in run.each("games", games)])
    least = (found / np.array([game.bounds() for game in games])).min(axis=0)
    slack = 1 - DEFAULT.verify
    for name, share in zip(("data", "accuracy"), least, strict=True):
        run.say(name, agrees=share >= slack, least=share)
    for name, game, part in (("capped", CAPPED, 0), ("idle", IDLE, 1), ("steep", STEEP, 1)):
        *gains, _, accuracies = game.gains()
        gain, bound = gains[part], game.bounds()[part]
        run.say(name, agrees=gain >= bound * slack, gain=gain, bound=bound, before=accuracies[0])
