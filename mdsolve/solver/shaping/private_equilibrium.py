"""Contracts for many agents at once: each pair is best given what the others are offered.

How much a model can be worth depends on the others' data, and that on their contracts and types.
Three readings of what an agent expects of the others:

- `bayes`: the distribution of their total (`others_data`);
- `mean-field`: its expectation, as if it were certain;
- `ex-post`: the amount that they really bring, known when they contribute; the contracts then
  differ from one profile of types to the next.

Agents alike get the same contracts, so the unknowns are two numbers per class of agents.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor
from mdsolve.solver.iterate import Ending, Plain, iterate
from mdsolve.solver.shaping.others_data import OthersData, others_data
from mdsolve.solver.shaping.private_contracts import RULES, Contract, Rule
from mdsolve.solver.shaping.private_population import Population
from mdsolve.tolerance import DEFAULT, DIFFERENCE_STEP

Floats = npt.NDArray[np.float64]

ROUNDS = 300
"""Most rounds of contracts answering each other before the equations are solved as such."""

JOINT_LIMIT = 60
"""Most unknowns for which the equations are solved with a full Jacobian."""

PROFILE_LIMIT = 2000
"""Most profiles of types (up to agents alike) that `ex-post` goes through."""

BOUNDLESS = math.sqrt(sys.float_info.max)
"""An amount of data beyond every curve's reach."""


@dataclass(frozen=True)
class Profile:
    """What happens when a given number of each class has low costs.

    Parameters
    ----------
    low_types : tuple of int
        Agents with low costs per class.
    probability : float
    contracts : tuple of (Contract, Contract)
        Per class, what a low-cost and what a high-cost member is offered.
    """

    low_types: tuple[int, ...]
    probability: float
    contracts: tuple[tuple[Contract, Contract], ...]


@dataclass(frozen=True)
class PrivateEquilibrium:
    """Contracts at rest.

    Parameters
    ----------
    contracts : tuple of Contract
        One per class; empty under `ex-post`.
    profiles : tuple of Profile
        Only under `ex-post`.
    converged : bool
    method : str
    """

    contracts: tuple[Contract, ...]
    profiles: tuple[Profile, ...]
    converged: bool
    method: str


def private_equilibrium(
    population: Population, beliefs: str, rule: str, monitor: Monitor
) -> PrivateEquilibrium:
    """Return contracts that are best (or as published) given everybody else's.

    Raises
    ------
    UnsupportedError
        If there are too many totals or profiles to go through, or contributions are unbounded.
    """
    offer = RULES[rule]
    if beliefs == "ex-post":
        return _ex_post(population, offer, monitor)
    start, settled, rounds = _mean_field(population, offer, monitor)
    if beliefs == "mean-field":
        return PrivateEquilibrium(
            tuple(start), (), settled, f"mean field from above, {rounds} rounds"
        )
    return _bayes(population, offer, start, monitor)


def _most(population: Population, offer: Rule) -> list[Contract]:
    """Return the contracts with others' data without limit: nobody ever gives more in total."""
    return [offer(agent, OthersData.certain(BOUNDLESS)) for agent in population.classes]


def _mean_field(
    population: Population, offer: Rule, monitor: Monitor
) -> tuple[list[Contract], bool, int]:
    """Return the contracts against the others' expected total: the largest fixed point.

    An agent's expected contribution rises with the others' data, so rounds started above all fixed
    points fall monotonically onto the largest. A Newton step (the Jacobian is diagonal plus rank
    one) replaces a round where it stays above, which the next round shows.
    """

    def at(expected: Floats) -> _Offered:
        pairs = zip(population.classes, population.others(expected), strict=True)
        return _Offered(
            expected, [offer(agent, OthersData.certain(others)) for agent, others in pairs]
        )

    def following(state: _Offered) -> _Offered:
        expected, answered = state.expected, state.answered
        step = DIFFERENCE_STEP * np.maximum(state.most, population.others(expected))
        lower = [
            offer(agent, OthersData.certain(max(0.0, others)))
            for agent, others in zip(
                population.classes, population.others(expected) - step, strict=True
            )
        ]
        slopes = (answered - _expected(lower)) / step
        # (I - diag(slopes) (1 members' - I)) change = answered - expected, by Sherman-Morrison.
        scaled, gap = slopes / (1 + slopes), (answered - expected) / (1 + slopes)
        slack = 1 - float(members @ scaled)
        if slack > 0:
            change = gap + scaled * float(members @ gap) / slack
            trial = at(np.clip(expected + change, 0.0, answered))
            if np.all(trial.answered <= trial.expected + DEFAULT.solve * state.most):
                return trial
        return at(answered)

    members = np.array(population.members, dtype=np.float64)
    start = at(_expected(_most(population, offer)))
    run = iterate(Plain(start, following, _Offered.rests, "contracts", ROUNDS), monitor)
    return run.state.contracts, run.ending is Ending.RESTED, run.steps + 1


@dataclass(frozen=True)
class _Offered:
    """Expected contributions of each class (K,) and the contracts offered to who faces them."""

    expected: Floats
    contracts: list[Contract]

    @cached_property
    def answered(self) -> Floats:
        """Expected contributions under the contracts, shape (K,)."""
        return _expected(self.contracts)

    @property
    def most(self) -> float:
        """The largest expected contribution."""
        return max(float(self.answered.max()), float(self.expected.max()))

    def rests(self) -> bool:
        """Tell whether the contracts bring what they were made for."""
        return float(np.abs(self.answered - self.expected).max()) <= DEFAULT.solve * self.most


def _expected(contracts: Sequence[Contract]) -> Floats:
    return np.array([contract.expected for contract in contracts])


def _amounts(contracts: Sequence[Contract]) -> Floats:
    """Return low and high contributions as one vector, shape (2 K,)."""
    return np.array([*(c.low for c in contracts), *(c.high for c in contracts)])


def _bayes(
    population: Population, offer: Rule, mean_field: Sequence[Contract], monitor: Monitor
) -> PrivateEquilibrium:
    """Return contracts against the distribution of the others' total; the most data found."""
    size = len(population.classes)
    chances = population.chances

    def answers(amounts: Floats) -> list[Contract]:
        low, high = amounts[:size], amounts[size:]
        return [
            offer(agent, others_data(population.members, chances, low, high, own=k))
            for k, agent in enumerate(population.classes)
        ]

    best: PrivateEquilibrium | None = None
    for start in (_most(population, offer), mean_field):
        amounts, settled, method = settle(
            lambda x: _amounts(answers(x)), _amounts(start), monitor, "contracts"
        )
        found = PrivateEquilibrium(tuple(answers(amounts)), (), settled, method)
        rank = (settled, float(np.dot(population.members, _expected(found.contracts))))
        if best is None or rank > (
            best.converged,
            float(np.dot(population.members, _expected(best.contracts))),
        ):
            best = found
    assert best is not None
    return best


def _ex_post(population: Population, offer: Rule, monitor: Monitor) -> PrivateEquilibrium:
    """Return the contracts for every profile of types."""
    shape = [size + 1 for size in population.members]
    number = math.prod(shape)
    if number > PROFILE_LIMIT:
        raise UnsupportedError.single(
            "mechanism value-shaping-private: option beliefs",
            f"ex-post with {number:,} profiles of types",
            f"at most {PROFILE_LIMIT:,}",
            "use fewer agents or more agents alike, or beliefs: bayes",
        )
    from scipy.stats import binom  # takes half a second to import

    chances = [
        binom.pmf(np.arange(size + 1), size, p)
        for size, p in zip(population.members, population.chances, strict=True)
    ]
    profiles, converged = [], True
    start = _amounts(_most(population, offer))
    for done, low_types in enumerate(itertools.product(*map(range, shape))):
        monitor.advance("profiles of types", done, number)
        contracts, settled = _at_profile(population, offer, low_types, start, monitor)
        converged &= settled
        chance = math.prod(float(chances[k][count]) for k, count in enumerate(low_types))
        profiles.append(Profile(low_types, chance, contracts))
    return PrivateEquilibrium((), tuple(profiles), converged, f"{number} profiles of types")


def _at_profile(
    population: Population,
    offer: Rule,
    low_types: tuple[int, ...],
    start: Floats,
    monitor: Monitor,
) -> tuple[tuple[tuple[Contract, Contract], ...], bool]:
    """Return each class's contracts for its low-cost and high-cost members at one profile."""
    size = len(population.classes)
    low_count = np.array(low_types)
    high_count = np.array(population.members) - low_count

    def offers(amounts: Floats) -> list[tuple[Contract, Contract]]:
        low, high = amounts[:size], amounts[size:]
        total = float(low_count @ low + high_count @ high)
        # A type that nobody in the class has faces what the other type faces.
        from_low = np.where(low_count > 0, total - low, total - high)
        from_high = np.where(high_count > 0, total - high, total - low)
        return [
            (
                offer(agent, OthersData.certain(max(0.0, from_low[k]))),
                offer(agent, OthersData.certain(max(0.0, from_high[k]))),
            )
            for k, agent in enumerate(population.classes)
        ]

    def answers(amounts: Floats) -> Floats:
        pairs = offers(amounts)
        return np.array([*(pair[0].low for pair in pairs), *(pair[1].high for pair in pairs)])

    amounts, settled, _ = settle(answers, start, monitor, "profiles of types")
    return tuple(offers(amounts)), settled


def settle(
    answers: Callable[[Floats], Floats], start: Floats, monitor: Monitor, label: str
) -> tuple[Floats, bool, str]:
    """Return a point that answers itself: by repeated answers, else by Powell's hybrid method."""
    from scipy.optimize import root

    def answered(state: tuple[Floats, bool]) -> tuple[Floats, bool]:
        again = answers(state[0])
        return again, _close(again, state[0])

    run = iterate(Plain((start, False), answered, lambda state: state[1], label, ROUNDS), monitor)
    amounts, rested = run.state
    if rested or len(amounts) > JOINT_LIMIT:
        return amounts, rested, f"contracts answering each other, {run.steps} rounds"
    found = root(
        lambda x: answers(np.maximum(x, 0.0)) - x, amounts, method="hybr", tol=DEFAULT.solve
    )
    amounts, rested = answered((np.maximum(found.x, 0.0), False))
    return amounts, rested, "contracts answering each other, then Powell"


def _close(one: Floats, other: Floats) -> bool:
    scale = max(float(np.abs(one).max(initial=0.0)), float(np.abs(other).max(initial=0.0)))
    return float(np.abs(one - other).max(initial=0.0)) <= DEFAULT.solve * scale
