"""A market in which a lottery over the reports decides who receives the best model.

An outcome is the set of agents who are handed Q(sum of reports). The others, and liars whose own
model is better, use their own. Values are expected ones: payments do not depend on the draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.market import Market, QualityMarket
from mdsolve.game.valuations.base import Property, total


def outcomes(agents: int) -> tuple[tuple[bool, ...], ...]:
    """Return every set of recipients as flags by agent, from nobody to everybody.

    Examples
    --------
    >>> outcomes(2)
    ((False, False), (False, True), (True, False), (True, True))
    """
    return tuple(product((False, True), repeat=agents))


@dataclass(frozen=True)
class LotteryMarket(Market):
    """A market under a lottery over recipients.

    Parameters
    ----------
    base : QualityMarket
        The market, whose own rule decides who receives the model when somebody stays out.
    chances : array of shape (2^n, m_1, ..., m_n)
        Probability of each outcome, in the order of `outcomes`, at every reported profile.
    """

    base: QualityMarket = field(kw_only=True)
    chances: Array = field(kw_only=True, compare=False)

    @classmethod
    def of(cls, base: QualityMarket, chances: Array) -> LotteryMarket:
        """Return a market under a lottery."""
        return cls(
            base.agents,
            base.grids,
            base.arithmetic,
            prior=base.prior,
            base=base,
            chances=chances,
        )

    @cached_property
    def certain(self) -> tuple[QualityMarket, ...]:
        """The market under each outcome, at every profile."""
        return certain_markets(self.base)

    @property
    def handed_over(self) -> Array:
        """Probability that each agent is handed the model, shape (n, m_1, ..., m_n)."""
        flags = np.array(outcomes(len(self.agents)), dtype=float)
        return np.tensordot(flags, self.chances, axes=(0, 0))

    def truthful_values(self, agent: int) -> Array:
        """Return the expected v_agent at every truthful profile."""
        values = np.stack([market.truthful_values(agent) for market in self.certain])
        return np.asarray((self.chances * values).sum(axis=0))

    def outside_values(self, agent: int) -> Array:
        """Return v_agent when they stay out."""
        return self.base.outside_values(agent)

    def report_values(self, agent: int, report: int) -> Array:
        """Return the expected v_agent of a report, for true types from there on."""
        told = np.moveaxis(self.chances, agent + 1, 1)[:, report : report + 1]
        values = np.stack([market.report_values(agent, report) for market in self.certain])
        return np.asarray((told * values).sum(axis=0))

    def properties(self) -> tuple[Property, ...]:
        """Return what is known of the market's valuation."""
        return self.base.properties()

    @property
    def rational(self) -> bool:
        """Tell that chances are doubles."""
        return False

    def column(
        self, agent: int, others: Sequence[int], highest: int | None = None
    ) -> LotteryMarket:
        """Return the market with the others' types fixed."""
        base = self.base.column(agent, others, highest)
        picks: list[slice] = [slice(k, k + 1) for k in others]
        picks.insert(agent, slice(0, base.shape[agent]))
        chances = self.chances[(slice(None), *picks)]
        return replace(self, grids=base.grids, base=base, chances=chances)

    def with_arithmetic(self, arithmetic: Arithmetic) -> LotteryMarket:
        """Refuse: chances come from a linear program in doubles.

        Raises
        ------
        UnsupportedError
            In every other number system.
        """
        if arithmetic.name == self.arithmetic.name:
            return self
        raise UnsupportedError.single(
            "option arithmetic",
            f"{arithmetic.name}, with lotteries",
            "float",
            "the linear program computes in floats; its answer can be verified in any arithmetic",
        )


def certain_markets(base: QualityMarket) -> tuple[QualityMarket, ...]:
    """Return a market under each set of recipients, in the order of `outcomes`."""
    best = base.quality.at(total(base.sizes), base.arithmetic)
    return tuple(
        replace(base, handed_out=tuple(best if given else best * 0 for given in flags))
        for flags in outcomes(len(base.agents))
    )
