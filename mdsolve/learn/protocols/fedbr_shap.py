"""FedBR-Shap: agents move along the slopes of their Shapley shares, and are paid stage by stage.

[M25] appendix F, Algorithm 1. In every round each agent trains two local models, at s_i and a
little beside it; the models of all coalitions give the agent's share phi_i of what the round gained
and its slope in s_i, along which they move. After every stage of W rounds agent i receives

    p_i = (their share of the stage) - value_i (a_i(end) - a_i(start)),

so that what the stage was worth to them, payments included, is their share.

- Weights of coalitions: Shapley's, under which payments cancel. Appendix F prints 1/2^(n-1), which
  are Banzhaf's (``index: banzhaf``): shares then do not add up to the gain, and payments not to 0.
- A stage's share is the sum of its rounds' shares. They telescope to the stage's gain exactly; W
  times the share of the last round (``stage_shares: last``) does under Assumption F.1 only.
- The common model averages all local models, and all agents move. Algorithm 1 averages those of
  drawn agents only (``agents_per_average``); by (11) drawn agents move (``agents_per_move``).
- Every round's cost is held against that round's gain; u^h in appendix F counts W rounds of gain
  and one of cost (``gain_over: stage``).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.instance.protocols.fedbr_shap import EXACT_AGENTS, FedBRShapSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History, Record
from mdsolve.learn.protocols.base import Protocol, State, record_of
from mdsolve.learn.protocols.coalition_shares import RoundShares, round_shares
from mdsolve.learn.protocols.joining import (
    Booleans,
    Joining,
    exact_joining,
    sampled_joining,
)
from mdsolve.learn.protocols.moving import one_batch
from mdsolve.learn.protocols.slopes import Beside, train_pairs
from mdsolve.learn.schedule import Doubles
from mdsolve.learn.streams import Purpose, stream
from mdsolve.solver.welfare.payments import exactly_balanced

ORDERS, MOVERS, AVERAGED = 0, 1, 2
"""What the protocol's random streams are for, besides the round."""


class FedBRShap(Protocol):
    """Best-response steps on Shapley shares between rounds of training, payments per stage."""

    spec: FedBRShapSpec

    def __init__(self, spec: FedBRShapSpec) -> None:
        super().__init__(spec)
        self.step_size = float(spec.settings()["step_size"])
        self.beside = Beside(float(spec.difference), spec.at_capacity == "beyond")
        self.stage = spec.stage
        self.banzhaf = spec.index == "banzhaf"
        self.last_only = spec.stage_shares == "last"
        self.gain_rounds = self.stage if spec.gain_over == "stage" else 1

    def default_contributions(self, federation: Federation) -> Doubles:
        """Return one batch per agent ([M25] Algorithm 1)."""
        return one_batch(federation)

    def start(self, federation: Federation) -> State:
        """Return the state before the first round."""
        first = super().start(federation)
        n = federation.agents
        worth = self._worth(federation, federation.payoffs(federation.evaluate(first.theta[None])))
        return first.remembering(
            untrained=worth,
            stage_start=worth,
            worth=worth,
            shares=np.zeros(n),
            stages=np.zeros((0, n)),
        )

    def step(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Train a round, let agents move, and pay them where the stage ends."""
        here, number = state.contributions, state.learned
        pairs = train_pairs(federation, state.theta, here, number, self.beside)
        joining, before = self._joining(federation, number), float(state.memory["worth"].sum())
        averaged = self._drawn(federation, self.spec.agents_per_average, AVERAGED, number)
        found = round_shares(federation, state.theta, pairs, joining, before, averaged)
        following = replace(
            state,
            theta=found.theta,
            contributions=self._moved(federation, here, found.slopes, number),
            learned=number + 1,
        )
        following, paid = self._settle(federation, following, found)
        return following, record_of(federation, following, here, paid, found.evaluation)

    def findings(self, federation: Federation, state: State, history: History) -> dict[str, Any]:  # noqa: ARG002
        """Return the stages: last rounds, shares, and what the untrained model was worth."""
        shares = state.memory["stages"]
        ends = [min((k + 1) * self.stage, self.rounds) for k in range(len(shares))]
        exact = self._exact(federation.agents)
        return {
            "stages": {
                "last_rounds": ends,
                "shares": shares,
                "worth_before": state.memory["untrained"],
            },
            "method": "all coalitions" if exact else f"{self._draws(federation.agents)} orders",
        }

    def _settle(
        self, federation: Federation, state: State, found: RoundShares
    ) -> tuple[State, Doubles | None]:
        """Return the state with the round's shares, and payments where the stage ends with it."""
        length = (state.learned - 1) % self.stage + 1
        summed = state.memory["shares"] + found.shares
        shares = length * found.shares if self.last_only else summed
        worth = self._worth(federation, federation.payoffs(found.evaluation))
        state = state.remembering(worth=worth)
        if length < self.stage and state.learned < self.rounds:
            return state.remembering(shares=summed), None
        paid = shares - (worth - state.memory["stage_start"])
        if not (self.banzhaf or self.last_only or self.spec.agents_per_average):
            paid = exactly_balanced(paid)
        stages = np.concatenate([state.memory["stages"], shares[None]])
        return (
            state.remembering(shares=np.zeros_like(shares), stage_start=worth, stages=stages),
            paid,
        )

    def _moved(
        self, federation: Federation, here: Doubles, slopes: Doubles, number: int
    ) -> Doubles:
        """Return the contributions after the agents' moves."""
        gains = self.gain_rounds * slopes - federation.costs
        moved = np.clip(here + self.step_size * gains, 0.0, federation.capacities)
        movers = self._drawn(federation, self.spec.agents_per_move, MOVERS, number)
        return np.where(movers, moved, here)

    @staticmethod
    def _drawn(federation: Federation, count: int | None, purpose: int, number: int) -> Booleans:
        """Return who is drawn, `count` of the agents or everybody, shape (agents,)."""
        n = federation.agents
        if count is None:
            return np.ones(n, dtype=np.bool_)
        random = stream(federation.seed, Purpose.PROTOCOL, purpose, number)
        return np.isin(np.arange(n), random.choice(n, count, replace=False))

    def _joining(self, federation: Federation, number: int) -> Joining:
        n = federation.agents
        if self._exact(n):
            return exact_joining(n, self.banzhaf)
        random = stream(federation.seed, Purpose.PROTOCOL, ORDERS, number)
        return sampled_joining(n, self._draws(n), random, self.banzhaf)

    def _exact(self, agents: int) -> bool:
        asked = self.spec.coalitions
        return agents <= EXACT_AGENTS if asked is None else asked == "exact"

    def _draws(self, agents: int) -> int:
        return self.spec.permutations or max(1, math.floor(agents * math.log(agents)))

    @staticmethod
    def _worth(federation: Federation, payoffs: Doubles) -> Doubles:
        """Return value_i a_i of one model, payoffs (1, agents) given, in money."""
        return np.asarray(federation.values * payoffs[0])
