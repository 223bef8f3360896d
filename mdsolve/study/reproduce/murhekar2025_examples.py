"""[M25] Examples 3, 4 and 7: one game of two agents under three rules.

Everybody sees a(s) = 1 - 1/(1 + s_1 + s_2); costs are 0.1 s_1 and 0.25 s_2, contributions are
unbounded. Example 3 is the equilibrium without payments, Example 4 that under Shapley payments,
Example 7 that of the value-shaping rule of [K22].
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import Instance, parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.shapley.routes import shapley
from mdsolve.solution import Solution
from mdsolve.study.reproduce.record import Item, Reproduction, Row, rounds_to
from mdsolve.study.run import solve
from mdsolve.study.sharing_answers import reciprocity
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

RATES = (0.1, 0.25)
"""Cost per sample of the two agents."""

ALMOST_TWICE = 1.9
"""What the data gain must reach to be called almost two."""


def game_instance() -> Instance:
    """Return the two agents of the examples."""
    agents = [{"name": name, "cost": rate} for name, rate in zip("12", RATES, strict=True)]
    return parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})


def shares_by_hand(s: Floats) -> Floats:
    """Return the Shapley shares of two agents from the definition, phi_1 first.

    phi_1 = A(s)/2 + (A(s_1, 0) - A(0, s_2))/2 with A = 2 a.

    Examples
    --------
    >>> shares_by_hand(np.array([1.0, 1.0])).round(12).tolist()
    [0.666666666667, 0.666666666667]
    """
    together, apart = 1 - 1 / (1 + s.sum()), 1 - 1 / (1 + s)
    return np.asarray(together + np.array([1, -1]) * (apart[0] - apart[1]))


def value_shaping_contributions() -> Floats:
    """Return the contributions of Example 7 in closed form.

    With u_i the best utility alone, s_i = (a(S) - u_i)/c_i. Summed over the agents, 1 + S = x and
    B = sum 1/c_i, that is x^2 - (1 + B - sum u_i/c_i) x + B = 0; the larger root is the
    equilibrium. Alone, c_i (1 + s)^2 = 1 and u_i = (1 - sqrt(c_i))^2.

    Examples
    --------
    >>> value_shaping_contributions().round(10).tolist()
    [3.9811543556, 2.4626396141]
    """
    rates = np.array(RATES)
    alone = (1 - np.sqrt(rates)) ** 2
    slope = float((1 / rates).sum())
    half = (1 + slope - float((alone / rates).sum())) / 2
    x = half + math.sqrt(half * half - slope)
    return np.asarray((1 - 1 / x - alone) / rates)


def passes(solution: Solution, name: str) -> bool:
    """Tell whether the checker passes a condition of a solution."""
    certificate = solution.certificate
    return certificate is not None and certificate.condition(name).verdict == "pass"


def pair(s: Any, digits: int = 10) -> str:
    """Return two numbers for reading."""
    return f"({s[0]:.{digits}f}, {s[1]:.{digits}f})"


def pair_rounds_to(s: Any, printed: tuple[str, str]) -> bool:
    """Tell whether two numbers round to two printed ones."""
    return all(rounds_to(float(x), text) for x, text in zip(s, printed, strict=True))


def recompute_example3(seed: int, monitor: Monitor) -> Reproduction:
    """Solve the game without payments."""
    del seed
    found = solve(game_instance(), "none", monitor=monitor)
    s, closed = found.contributions, math.sqrt(10) - 1
    rows = (
        Row(
            "equilibrium without payments",
            "(2.16, 0)",
            pair(s),
            pair_rounds_to(s, ("2.16", "0")) and abs(s[0] - closed) <= ROUND_OFF * closed,
            note=f"0.1 (1 + s_1)^2 = 1 gives s_1 = sqrt(10) - 1 = {closed:.10f}",
        ),
        Row("it is the only one", "yes", found.equilibria, found.equilibria == "unique"),
        Row("the checker accepts it", "", f"regret {regret(found):.1e}", passes(found, "nash")),
        Row("agent 2 rides free", "yes", f"s_2 = {s[1]:g}", bool(s[1] == 0)),
        Row("utilities", "", pair(found.utilities, 6)),
    )
    source = "Example 3 of [M25]; utilities are not in the paper"
    return Reproduction("murhekar2025/example3", TITLES["example3"], source, rows)


def regret(solution: Solution) -> float:
    """Return the checker's bound on what an agent gains by deviating, in money."""
    certificate = solution.certificate
    assert certificate is not None
    return float(certificate.condition("nash").violation or 0.0)


def recompute_example4(seed: int, monitor: Monitor) -> Reproduction:
    """Solve the game under Shapley payments, beside that without."""
    del seed
    plain = solve(game_instance(), "none", monitor=monitor)
    found = solve(game_instance(), "shapley", monitor=monitor)
    s, shares = found.contributions, np.asarray(found.shapley)
    by_hand = shares_by_hand(s)
    gain = found.metrics["data_gain"]
    before, after = plain.metrics["welfare"], found.metrics["welfare"]
    rows = (
        Row(
            "equilibrium under Shapley payments",
            "(3, 1.17)",
            pair(s),
            pair_rounds_to(s, ("3", "1.17")),
        ),
        Row(
            "no agent gains by deviating",
            "yes",
            f"regret {regret(found):.1e}, {found.equilibria}",
            passes(found, "nash"),
        ),
        Row(
            "Shapley shares there",
            "",
            pair(shares),
            bool(np.all(np.abs(shares - by_hand) <= ROUND_OFF)),
            note="the definition, with the four coalitions written out, gives the same",
        ),
        Row(
            "both contribute more than without payments",
            "yes",
            f"{pair(s, 4)} against {pair(plain.contributions, 4)}",
            bool(np.all(s > plain.contributions)),
        ),
        Row("data gain, almost twice", "about 2", gain, ALMOST_TWICE <= gain <= 2),
        Row(
            "every agent receives what he contributes",
            "reciprocity 1",
            found.metrics["reciprocity"],
            passes(found, "reciprocity"),
        ),
        Row(
            "utilities, without payments and with",
            "",
            f"{pair(plain.utilities, 6)}, then {pair(found.utilities, 6)}",
        ),
        Row("total welfare, without payments and with", "", f"{before:.4f}, then {after:.4f}"),
    )
    notes = (
        "More data is not more welfare: total welfare falls, because the third and fourth samples "
        "cost more than they add. Agent 1 gains, and agent 2 can no longer ride free.",
    )
    source = "Example 4 of [M25]; shares, utilities and welfare are not in the paper"
    return Reproduction("murhekar2025/example4", TITLES["example4"], source, rows, notes)


def recompute_example7(seed: int, monitor: Monitor) -> Reproduction:
    """Evaluate the value-shaping equilibrium: shares, accuracy, reciprocity."""
    del seed
    instance = game_instance()
    assert isinstance(instance, SharingInstance)
    game = sharing_game(instance)
    found = solve(instance, "value-shaping", monitor=monitor)
    s, closed = np.asarray(found.contributions), value_shaping_contributions()
    shares = shapley(game, s).shares
    by_hand = shares_by_hand(s)
    same = bool(np.all(np.abs(shares - by_hand) <= ROUND_OFF))
    accuracy = float(game.accuracies(s)[0])
    rounded = shares_by_hand(s.round(2))
    paid = np.zeros(2)
    fairness = reciprocity(game, s, paid, shares)
    assert fairness is not None
    balance = np.abs(shares.sum() - game.total_benefit(s))
    rows = (
        Row(
            "contributions",
            "(3.98, 2.46)",
            pair(s),
            pair_rounds_to(s, ("3.98", "2.46"))
            and bool(np.all(np.abs(s - closed) <= DEFAULT.verify)),
            note="the larger root of a quadratic gives the same",
        ),
        Row("the checker accepts the equilibrium", "", found.message, passes(found, "nash")),
        Row("accuracy", "0.8656", accuracy, rounds_to(accuracy, "0.8656")),
        Row(
            "Shapley share of agent 1",
            "0.9538",
            float(shares[0]),
            same and rounds_to(float(rounded[0]), "0.9538"),
            note=f"from contributions rounded to two digits: {rounded[0]:.4f}",
        ),
        Row(
            "Shapley share of agent 2",
            "0.7772",
            float(shares[1]),
            same and rounds_to(float(rounded[1]), "0.7772"),
            note=f"a misprint: contributions rounded to two digits give {rounded[1]:.4f}, "
            "and the printed shares do not add up to twice the accuracy",
        ),
        Row(
            "shares sum to twice the accuracy",
            "",
            f"{shares.sum():.10f}",
            bool(balance <= DEFAULT.solve),
        ),
        Row(
            "reciprocity, a_1 / phi_1",
            "0.9",
            fairness,
            rounds_to(fairness, "0.9") and fairness < 1,
        ),
    )
    source = "Example 7 of [M25], the rule of [K22]"
    return Reproduction("murhekar2025/example7", TITLES["example7"], source, rows)


TITLES = {
    "example3": "Free riding without payments",
    "example4": "Shapley payments end free riding",
    "example7": "Value shaping is not reciprocal",
}
EXAMPLE3 = Item("murhekar2025/example3", TITLES["example3"], recompute_example3)
EXAMPLE4 = Item("murhekar2025/example4", TITLES["example4"], recompute_example4)
EXAMPLE7 = Item("murhekar2025/example7", TITLES["example7"], recompute_example7)
