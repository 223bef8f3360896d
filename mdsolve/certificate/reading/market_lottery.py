"""A market in which lots decide who receives the best model: everybody's values are expected ones.

An outcome is a set of recipients. Outcomes are numbered as binary numbers, the first agent's digit
being the highest: 0 is nobody, 2^n - 1 everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Floats, Quantity
from mdsolve.certificate.reading.market import MarketReading, QualityReading, inserted
from mdsolve.certificate.reading.market_sizes import Profiles
from mdsolve.certificate.reading.valuations.base import Property


@dataclass(frozen=True)
class LotteryReading(MarketReading):
    """A market under a lottery over recipients.

    Parameters
    ----------
    base : QualityReading
        The market under the instance's own rule, which decides when somebody stays out.
    chances : array of shape (2^n, m_1, ..., m_n)
        Probability of each outcome at every reported profile, in doubles.
    """

    base: QualityReading
    chances: Floats

    @classmethod
    def of(cls, base: QualityReading, chances: Floats) -> LotteryReading:
        """Return a market under a lottery."""
        return cls(base.instance, base.arithmetic, base.sizes, base, chances)

    def in_arithmetic(self, arithmetic: Arithmetic) -> LotteryReading:
        """Return the same market in another number system."""
        return replace(self, arithmetic=arithmetic, base=self.base.in_arithmetic(arithmetic))

    @property
    def hands_out(self) -> bool:
        """Hold."""
        return True

    def receives(self, outcome: int, agent: int) -> bool:
        """Tell whether an agent is among the recipients of an outcome."""
        return bool(outcome >> (self.size - 1 - agent) & 1)

    def value(self, agent: int, report: Any, own: Any, others: Profiles) -> Quantity:
        """Return the expected value of a report."""
        profile = inserted(agent, report, others)
        found = self.arithmetic.zeros(())
        for outcome, table in enumerate(self.chances):
            chance = np.asarray(table[tuple(profile)])
            if chance.any():
                worth = self.certain(outcome, agent, report, own, others)
                found = found + self.arithmetic.stored(chance) * worth
        return found

    def certain(
        self, outcome: int, agent: int, report: Any, own: Any, others: Profiles
    ) -> Quantity:
        """Return the value of a report if an outcome is drawn for sure."""
        formulas = self.base.formulas
        profile = inserted(agent, report, others)
        best = self.base.best(profile)
        mine = self.base.own_model(agent, np.asarray(own))
        if self.receives(outcome, agent):
            mine = self.arithmetic.maximum(best, mine)
        used = [
            best if self.receives(outcome, j) else self.base.own_model(j, profile[j])
            for j in range(self.size)
            if j != agent
        ]
        return formulas.valuation.value(agent, mine, used)

    def outside(self, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return the value of staying out, which no lots decide."""
        return self.base.outside(agent, own, others)

    def interchangeable(self, first: int, second: int) -> bool:
        """Claim nothing: lots may treat agents alike in different ways."""
        del first, second
        return False

    def properties(self) -> tuple[Property, Property, Property]:
        """Return what is known of the valuation."""
        return self.base.properties()
