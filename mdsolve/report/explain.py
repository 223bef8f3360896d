"""Where a number comes from, in words: each agent's utility taken apart, each payment derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import Instance
from mdsolve.instance.market import MarketInstance
from mdsolve.instance.sharing import SharingInstance
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.progress import Monitor
from mdsolve.report.legible import legible
from mdsolve.report.numbers import as_float
from mdsolve.report.text.design import REASONS
from mdsolve.report.units import Units
from mdsolve.solution import Solution
from mdsolve.study.explain import STORED, explain_payments
from mdsolve.study.verb import verb
from mdsolve.tolerance import DEFAULT

Floats = np.ndarray

MARKET_KEYS = frozenset({"values", "payments", "utilities", "outside_values"})
"""What a market's solution says of each agent at the profile it shows."""


@dataclass(frozen=True)
class Explanation:
    """Sentences, general ones first, then those about each agent.

    Parameters
    ----------
    general : tuple of str
    agents : mapping of str to tuple of str
        By name, for the agents asked about.
    """

    general: tuple[str, ...]
    agents: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """Return one sentence a line, those about an agent indented below the name."""
        lines = list(self.general)
        for name, sentences in self.agents.items():
            lines += [f"{legible(name)}:", *(f"  {sentence}" for sentence in sentences)]
        return "\n".join(lines)

    __repr__ = __str__


@dataclass(frozen=True)
class _Scene:
    """A sharing solution beside its game."""

    game: SharingGame
    solution: Solution
    units: Units

    def column(self, key: str) -> Floats:
        """Return one of the solution's numbers per agent."""
        return np.array([float(x) for x in self.solution.answers[key]])

    def money(self, amount: float) -> str:
        """Return an amount of money in words."""
        return self.units.amount(amount, "money", self.largest)

    @property
    def largest(self) -> float:
        """Return the largest amount of money at stake."""
        return float(np.abs(self.column("utilities")).max(initial=0.0))


@verb
def explain(
    instance: Instance,
    solution: Solution,
    agent: str | None = None,
    *,
    at: str = "profile",
    time_limit: float | None = None,
    throw: bool = True,
) -> Explanation:
    """Return in words where the numbers of a solution come from.

    Parameters
    ----------
    agent : str or None
        Name; None is everybody.
    at : str
        In a market: types separated by commas, ``profile`` or ``minimal`` for those of the
        solution.
    time_limit : float or None
        Seconds after which the work is stopped.
    throw : bool
        False: return a `Failure` with the error instead of raising it.

    Raises
    ------
    UsageError, UnsupportedError
        For an agent or types that there are not, or a solution without an outcome.

    Examples
    --------
    >>> import mdsolve as md
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    >>> print(explain(game, md.solve(game, "shapley"), "B"))
    Shapley payments: Everybody earns their Shapley share of all accuracies; payments sum to zero.
    B:
      Utility 0.3033 = value of the model 0.8065 - own cost 0.2923 + received -0.2109.
      Received -0.2109 = Shapley share 0.5955 - own gain from all data 0.8065.
      Alone it would be 0.25, with 1 sample of own data: 0.05329 less than here.
    """
    del throw  # `verb` reads it
    watch = Monitor(time_limit=time_limit)
    if agent is not None and agent not in solution.agents:
        known = ", ".join(solution.agents[:10])
        raise UsageError.single("agent", repr(agent), f"one of {known}")
    if isinstance(instance, MarketInstance):
        return _market(instance, solution, agent, at)
    if not isinstance(instance, SharingInstance) or "utilities" not in solution.answers:
        expected = "a market's payments, or the contributions and utilities of a sharing game"
        raise UnsupportedError.single("solution", "no outcome to explain", expected)
    scene = _Scene(sharing_game(instance), solution, Units.of(instance))
    places = range(len(solution.agents)) if agent is None else [solution.agents.index(agent)]
    found = {}
    for k in places:
        watch.check_time()
        found[solution.agents[k]] = tuple(_sentences(scene, k))
    return Explanation(_general(instance, solution), found)


def _market(
    instance: MarketInstance, solution: Solution, agent: str | None, at: str
) -> Explanation:
    """Return what everybody keeps at the profile shown, and what bounds maximal payments."""
    names, answers, units = solution.agents, solution.answers, Units.of(instance)
    found: dict[str, list[str]] = {name: [] for name in names}
    if at == "profile" and answers.keys() >= MARKET_KEYS:
        columns = [[as_float(x) for x in answers[key]] for key in sorted(MARKET_KEYS)]
        scale = max(abs(x) for column in columns for x in column)
        for name, *numbers in zip(names, *columns, strict=True):
            out, paid, utility, value = (units.amount(x, "money", scale) for x in numbers)
            found[name].append(
                f"Utility {utility} = value {value} - paid {paid}; staying out is worth {out}."
            )
    where = at if at != "profile" or "profile" in answers else "minimal"
    stated = STORED.get(where)
    if solution.mechanism.name == "desirable" and (stated is None or stated in answers):
        for name, words in zip(names, explain_payments(instance, solution, where), strict=True):
            found[name].append(words)
    if not any(found.values()):
        expected = "a solution with payments at a profile, or types"
        raise UnsupportedError.single("solution", "no payments to explain", expected)
    chosen = names if agent is None else (agent,)
    return Explanation(_general(instance, solution), {x: tuple(found[x]) for x in chosen})


def _general(instance: Instance, solution: Solution) -> tuple[str, ...]:
    name = solution.mechanism.name
    if not name:
        return ("An agreement: nobody says by which rule its payments were found.",)
    rule = mechanism_named(instance.kind, name)
    return (f"{rule.title}: {rule.summary}",)


def _sentences(scene: _Scene, k: int) -> Iterator[str]:
    game, money = scene.game, scene.money
    s, payments = scene.column("contributions"), scene.column("payments")
    utility = float(scene.column("utilities")[k])
    if game.private:
        yield f"Utility {money(utility)}, expected over the others' private costs."
        return
    worth = float(game.value[k] * scene.column("accuracies")[k])
    cost = float(game.costs.value(s)[k])
    parts = f"value of the model {money(worth)} - own cost {money(cost)}"
    parts += f" + received {money(payments[k])}"
    parts += f" + budget {money(game.money[k])}" if game.limited[k] else ""
    total = worth - cost + payments[k] + float(game.money[k])
    if abs(total - utility) > DEFAULT.verify * max(abs(worth), abs(cost), scene.largest):
        yield f"Utility {money(utility)} is stated, but {parts} is {money(total)}."
    else:
        yield f"Utility {money(utility)} = {parts}."
    payment = PAYMENTS.get(scene.solution.mechanism.name)
    if payment is not None:
        yield from payment(scene, k)
    full = float(game.value[k] * game.accuracies(s)[k])
    if full - worth > DEFAULT.verify * max(abs(full), abs(worth)):
        yield f"The model handed out is worth {money(worth)}, the full one {money(full)}."
    yield from _alone(scene, k, utility)


def _alone(scene: _Scene, k: int, utility: float) -> Iterator[str]:
    alone = scene.solution.answers.get("standalone")
    if not isinstance(alone, Mapping):
        return
    own, there = float(alone["contributions"][k]), float(alone["utilities"][k])
    gap = utility - there
    beside = "less than here" if gap >= 0 else "more than here"
    data = scene.units.amount(own, "data")
    data += "" if scene.units.data else " sample" if data == "1" else " samples"
    money = scene.money
    yield f"Alone it would be {money(there)}, with {data} of own data: {money(abs(gap))} {beside}."


def _shapley(scene: _Scene, k: int) -> Iterator[str]:
    options = scene.solution.mechanism.options
    if options.get("index") != "shapley" or "shapley" not in scene.solution.answers:
        return
    if options.get("weights") or float(options.get("share", 1)) != 1:
        return
    game = scene.game
    s = scene.column("contributions")
    gain = float((game.benefits(s) - game.benefits(game.nothing()))[k])
    share, paid = float(scene.column("shapley")[k]), float(scene.column("payments")[k])
    yield (
        f"Received {scene.money(paid)} = Shapley share {scene.money(share)} - own gain from all "
        f"data {scene.money(gain)}."
    )


def _target(scene: _Scene, k: int) -> Iterator[str]:
    rule = scene.solution.answers.get("target")
    if not isinstance(rule, Mapping):
        return
    reason = REASONS[scene.solution.answers["binding"][k]]
    lump = scene.money(float(rule["lump_sums"][k]))
    yield f"Received is the lump sum {lump}, held by: {reason}."
    rate = float(rule["rates"][k])
    if rule.get("penalty", "affine") == "affine":
        price = scene.units.amount(rate, "rate")
        yield f"Who leaves the wanted contribution pays {price} a sample."


def _none(scene: _Scene, k: int) -> Iterator[str]:
    del scene, k
    yield "Nobody pays or receives anything under this rule."


def _cost_sharing(scene: _Scene, k: int) -> Iterator[str]:
    if "beta" not in scene.solution.answers or len(scene.solution.agents) < 2:
        return
    beta = float(scene.solution.answers["beta"])
    costs = beta * scene.game.costs.value(scene.column("contributions"))
    others = float(costs.sum() - costs[k]) / (len(costs) - 1)
    yield _difference(scene, k, f"{beta:.4g} of the own cost", costs[k], "as much of", others)


def _contribution_transfer(scene: _Scene, k: int) -> Iterator[str]:
    beta = scene.solution.mechanism.options.get("beta")
    if beta is None or len(scene.solution.agents) < 2:
        return
    worth = float(beta) * scene.column("contributions")
    others = float(worth.sum() - worth[k]) / (len(worth) - 1)
    price = scene.units.amount(float(beta), "rate")
    yield _difference(scene, k, f"{price} for every own sample", worth[k], "as much for", others)


def _difference(scene: _Scene, k: int, own: str, plus: float, of: str, minus: float) -> str:
    paid = scene.money(float(scene.column("payments")[k]))
    return (
        f"Received {paid} = {own} ({scene.money(plus)}) - {of} the others' average "
        f"({scene.money(minus)})."
    )


PAYMENTS: dict[str, Callable[[_Scene, int], Iterator[str]]] = {
    "none": _none,
    "budget-balanced": _cost_sharing,
    "contribution-transfer": _contribution_transfer,
    "shapley": _shapley,
    "target": _target,
}
"""Mechanism -> how its payment comes about."""
