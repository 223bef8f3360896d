"""A sharing game as an object: utilities, payments and best responses at any contributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, UnsupportedError, UsageError
from mdsolve.game import sharing
from mdsolve.game.build_sharing import sharing_game
from mdsolve.mechanism.chosen import Rule
from mdsolve.objects.base import Played
from mdsolve.solver.best_response import best_response
from mdsolve.solver.equilibrium.shapley_responses import own_payoff
from mdsolve.solver.equilibrium.stakes import ShapleyStakes
from mdsolve.study.payments_at import payments_at
from mdsolve.study.problem import problem_of
from mdsolve.study.sensitivity import Sensitivity, sensitivity
from mdsolve.study.sharing_problem import standalone

Floats = npt.NDArray[np.float64]
Profile = Sequence[float] | Floats | Mapping[str, float]


class Alone(NamedTuple):
    """What agents do and earn on their own data alone, shape (n,) each."""

    contributions: Floats
    utilities: Floats


class SharingGame(Played):
    """Agents who choose how much data to share.

    Contributions are numbers in agent order, or a mapping by name in which who is left out brings
    nothing; they may be any array, series or column.

    Examples
    --------
    >>> game = SharingGame(
    ...     agents=[{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    ...     accuracy={"family": "power"},
    ... )
    >>> game
    SharingGame of 2 agents: A, B
    >>> game.utilities({"A": 3, "B": 1}, "shapley").round(4).tolist()
    [0.75, 0.3]
    >>> game.best_response("A", [0, 1]), game.alone().utilities.round(4).tolist()
    (1.1622776601683795, [0.4675, 0.25])
    """

    kind = "sharing"

    @cached_property
    def game(self) -> sharing.SharingGame:
        """The game in numbers."""
        return sharing_game(self.instance)

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents."""
        return tuple(self.game.agents)

    @property
    def size(self) -> int:
        """Number of agents."""
        return self.game.size

    @property
    def capacity(self) -> Floats:
        """Most samples of each agent, infinite where there is no limit."""
        return self.game.capacity.copy()

    def contributions(self, given: Profile) -> Floats:
        """Return contributions as an array, shape (n,); raises `UsageError` for others."""
        entries = self._by_name(given) if isinstance(given, Mapping) else given
        try:
            s = np.array([float(entry) for entry in entries])
        except (TypeError, ValueError):
            expected = f"{self.size} numbers, or numbers by name"
            raise UsageError.single("contributions", repr(given)[:60], expected) from None
        if s.shape != (self.size,):
            expected = f"{self.size}, one per agent"
            raise UsageError.single("contributions", f"{s.size} numbers", expected)
        wrong = np.flatnonzero(~((s >= 0) & (s <= self.game.capacity)))
        if wrong.size:
            raise UsageError(
                Finding("contributions", f"{s[k]:g} for {self.agents[k]}", "from 0 to the capacity")
                for k in wrong[:10]
            )
        return s

    def accuracies(self, s: Profile) -> Floats:
        """Return a_i(s), what the model trained on all data is like for each agent, shape (n,)."""
        return self.game.accuracies(self.contributions(s))

    def costs(self, s: Profile) -> Floats:
        """Return c_i(s_i), in money, shape (n,)."""
        return np.asarray(self.game.costs.value(self.contributions(s)))

    def welfare(self, s: Profile) -> float:
        """Return sum_i (value_i a_i(s) - c_i(s_i)), in money."""
        return self.game.welfare(self.contributions(s))

    def payments(
        self, mechanism: str | Rule | None, s: Profile, *, options: Mapping[str, Any] | None = None
    ) -> Floats:
        """Return what each agent receives under a mechanism at contributions, in money."""
        found = payments_at(self.instance, mechanism, self.contributions(s), options=options)
        return np.asarray(found["payments"])

    def utilities(
        self,
        s: Profile,
        mechanism: str | Rule | None = None,
        *,
        payments: Profile | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Floats:
        """Return u_i(s), in money, shape (n,).

        Parameters
        ----------
        mechanism : str, Rule or None
            Whose payments and models count; None is the one named in the instance, or none.
        payments : sequence, mapping or None
            Money received instead, under no mechanism.
        """
        profile = self.contributions(s)
        if payments is not None:
            paid = self._by_name(payments) if isinstance(payments, Mapping) else payments
            return self.game.utilities(profile, np.array([float(x) for x in paid]))
        found = payments_at(self.instance, self._named(mechanism), profile, options=options)
        return np.asarray(found["utilities"])

    def best_response(
        self,
        agent: str,
        s: Profile,
        mechanism: str | Rule | None = None,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> float:
        """Return what an agent would best contribute, the others' contributions as in s.

        Raises
        ------
        UnsupportedError
            For a mechanism under which agents answer to more than their own slope.
        """
        problem = problem_of(self.instance, self._named(mechanism), options)
        if not problem.rule.simulable:
            expected = "one under which payments follow from contributions: none, shapley, ..."
            raise UnsupportedError.single("mechanism", problem.rule.name, expected)
        stakes = problem.rule.stakes(problem.build(), problem.options)
        profile, place = self.contributions(s), self._place(agent)
        shares = isinstance(stakes, ShapleyStakes)
        own = own_payoff(stakes, profile, place) if shares else stakes.own(profile, place)
        return float(best_response(own))

    def alone(self) -> Alone:
        """Return what each agent would contribute and earn training on own data alone."""
        return Alone(**standalone(self.game.by_themselves()))

    def sensitivity(self, solution: Any, **keywords: Any) -> Sensitivity:
        """Return derivatives of a solution to costs, values, capacities and weights."""
        return sensitivity(self.instance, solution, **keywords)

    def _named(self, mechanism: str | Rule | None) -> str | Rule | None:
        """Return the mechanism; where neither the caller nor the instance names one: none."""
        unnamed = mechanism is None and self.instance.mechanism is None
        return "none" if unnamed else mechanism

    def _place(self, agent: str) -> int:
        if agent not in self.agents:
            known = ", ".join(self.agents[:10])
            raise UsageError.single("agent", repr(agent), f"one of {known}")
        return self.agents.index(agent)

    def _by_name(self, given: Mapping[str, float]) -> list[float]:
        for name in given:
            self._place(name)
        return [given.get(name, 0.0) for name in self.agents]

    def __repr__(self) -> str:
        """Return one line: how many agents, and who the first are."""
        first = ", ".join(self.agents[:5]) + (", ..." if self.size > 5 else "")
        called = f" {self.name!r}" if self.name else ""
        return f"SharingGame{called} of {self.size:,} agents: {first}"
