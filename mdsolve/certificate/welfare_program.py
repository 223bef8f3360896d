"""The planner's program ([M23] (19)): utilities, money left, and how much anybody could contribute.

    u_i = b_i + value_i a_i(s),   b_i = B_i - (1-beta) c_i(s_i) - beta/(n-1) sum_{j != i} c_j(s_j).

Agents with a budget need b_i >= 0; those without have no limit, and B_i = 0 is where their money is
counted from. Money left is computed from the contributions, so the equation holds identically.

Costs do not fall, so b_j >= 0 bounds what the others may cost agent j: with left_j = b_j where
nobody contributes,

    (1-beta) (c_i(s_i) - c_i(0)) <= left_i,   beta/(n-1) (c_i(s_i) - c_i(0)) <= left_j, j != i.

Without such a bound only the average (p = 1) has a maximum: payments cancel in it, and if
w_i sum_k value_k f_k'(platform + y) <= c_i'(y), whoever gives more than y max(1, 1/w_i) does not
lose by giving less, nor does anybody's money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.means import affordable
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.p_means import Exponent, exponent, p_mean
from mdsolve.certificate.peaks import DOUBLINGS
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.reading.weights import CommonWeights
from mdsolve.certificate.rules.budget_balanced import shared_rate
from mdsolve.certificate.sharing_context import SharingContext

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Program:
    """What a planner maximises.

    Parameters
    ----------
    reading : SharingReading
    accuracy : WeightedAccuracy
        Of one common total of weighted data, concave.
    beta : quantity of shape ()
        Share of each cost that the others bear; 0 for a single agent.
    p : Fraction or None
        Exponent of the mean; None is -inf.
    """

    reading: SharingReading
    accuracy: WeightedAccuracy
    beta: Quantity
    p: Exponent

    @property
    def size(self) -> int:
        """Number of agents."""
        return self.reading.size

    @cached_property
    def rounded(self) -> Program:
        """The program in floats, for hints."""
        game = self.reading.rounded
        near = self.reading.arithmetic.nearest(self.beta)
        accuracy = game.accuracy
        assert isinstance(accuracy, WeightedAccuracy)
        return Program(game, accuracy, np.asarray(near, dtype=np.float64), self.p)

    @cached_property
    def data(self) -> Quantity:
        """Weight of everybody's data in the common total, shape (n,)."""
        return self.accuracy.weights.row(0)

    def borne(self, shares: Quantity) -> Quantity:
        """Return (1-beta) x_i + beta/(n-1) sum_{j != i} x_j, shape (n,)."""
        if self.size == 1:
            return shares
        rest = self.reading.arithmetic.total(shares) - shares
        return (1 - self.beta) * shares + self.beta * rest / (self.size - 1)

    def left(self, s: Quantity) -> Quantity:
        """Return b_i, in money, shape (n,)."""
        return self.reading.budget - self.borne(self.reading.costs.value(s))

    def utilities(self, s: Quantity) -> Quantity:
        """Return u_i, in money, shape (n,)."""
        return self.left(s) + self.reading.benefits(s)

    def mean(self, s: Quantity) -> Quantity:
        """Return M_p(u), in money, shape (1,)."""
        return p_mean(self.reading.arithmetic, self.utilities(s), self.p)

    def benefit(self, weights: Quantity, y: Quantity) -> Quantity:
        """Return sum_i weights_i value_i f_i(y) for one amount y, shape (1,)."""
        return self._over_curves(weights, lambda k: self.accuracy.curves[k].value(y))

    def benefit_slope(self, weights: Quantity, y: Quantity, side: Side) -> Quantity:
        """Return its one-sided derivative, shape (1,)."""
        return self._over_curves(
            weights, lambda k: self.accuracy.curves[k].pieces[0].slope(y, side)
        )

    def _over_curves(self, weights: Quantity, evaluate: Callable[[int], Quantity]) -> Quantity:
        arithmetic, worth = self.reading.arithmetic, weights * self.reading.value
        found = arithmetic.zeros(1)
        for k in range(len(self.accuracy.curves)):
            members = np.flatnonzero(self.accuracy.label == k)
            share = arithmetic.total(worth[members]).reshape(1)
            found = found + share * evaluate(k)
        return found

    @cached_property
    def tops(self) -> Quantity:
        """Contributions that no feasible choice, or no best one, needs to exceed, shape (n,).

        Raises
        ------
        NoRouteError
            If nothing is feasible, or somebody could contribute without bound.
        """
        reading, arithmetic = self.reading, self.reading.arithmetic
        spare, held = self._spare()
        means = affordable(
            reading,
            arithmetic.constant(1),
            arithmetic.constant(0),
            spare + reading.costs.value(reading.nothing),
            held,
        )
        top, ended = reading.capacity, reading.bounded
        lower = arithmetic.minimum(top, means.beyond)
        top = arithmetic.where(means.held, arithmetic.where(ended, lower, means.beyond), top)
        ended = ended | means.held
        if ended.all():
            return top
        if self.p != 1:
            name = reading.names[int(np.argmin(ended))]
            message = f"nothing bounds what agent {name} could contribute"
            raise NoRouteError(message)
        return arithmetic.where(ended, top, self._worthwhile(~ended))

    def _spare(self) -> tuple[Quantity, Booleans]:
        """Return what contributions may cost above c_i(0), and for whom that is bounded."""
        reading, arithmetic, n = self.reading, self.reading.arithmetic, self.size
        left, limited = self.left(reading.nothing), reading.limited
        broke = arithmetic.less(left, arithmetic.zeros(n)).holds & limited
        if broke.any():
            name = reading.names[int(np.argmax(broke))]
            message = f"no contribution is feasible for agent {name}"
            raise NoRouteError(message)
        spare, held = arithmetic.zeros(n), np.zeros(n, dtype=np.bool_)
        if float(arithmetic.upper(self.beta)) < 1:
            spare, held = left / (1 - self.beta), limited
        if n == 1 or not float(arithmetic.lower(self.beta)) > 0 or not limited.any():
            return spare, held
        # What the others can bear: the least of them, without the agent.
        order = np.flatnonzero(limited)[np.argsort(arithmetic.upper(left)[limited])]
        first = np.full(n, order[0])
        first[order[0]] = order[1] if len(order) > 1 else order[0]
        with np.errstate(over="ignore"):
            most = left[first] * (n - 1) / self.beta
        others = np.ones(n, dtype=np.bool_)
        others[order[0]] = len(order) > 1
        both = arithmetic.minimum(spare, most)
        found = arithmetic.where(held & others, both, arithmetic.where(others, most, spare))
        return found, held | others

    def _worthwhile(self, endless: Booleans) -> Quantity:
        """Return y max(1, 1/w_i) with w_i sum_k value_k f_k'(platform + y) <= c_i'(y) for them."""
        arithmetic, n, plain = self.reading.arithmetic, self.size, self.rounded
        ones, units = np.ones(n), plain.accuracy.units
        amount = float(units[units > 0].min()) if (units > 0).any() else 1.0

        def enough(program: Program, y: Quantity) -> bool:
            calculus = program.reading.arithmetic
            at = program.accuracy.platform + y
            gain = program.benefit_slope(calculus.stored(ones), at, "right")
            costs = program.reading.costs.slope(calculus.broadcast(y, (n,)), "left")
            return bool(calculus.at_most(program.data * gain, costs).holds[endless].all())

        for _ in range(DOUBLINGS):
            if not np.isfinite(amount):
                break
            if enough(plain, np.array([amount])) and enough(
                self, arithmetic.stored(np.array([amount]))
            ):
                y = arithmetic.stored(np.full(n, amount))
                return y / arithmetic.where(
                    arithmetic.upper(self.data) > 0,
                    arithmetic.minimum(self.data, arithmetic.constant(1)),
                    arithmetic.stored(ones),
                )
            amount *= 2
        message = "nothing bounds what agents could contribute"
        raise NoRouteError(message)


def program_of(context: SharingContext) -> Program:
    """Return the program that the claim's options ask for.

    Raises
    ------
    NoRouteError
        Where the program is none, or its accuracy is no concave function of one common total.
    """
    reading, p = context.reading, exponent(context.options.get("p", 1))
    accuracy = reading.accuracy
    if not isinstance(accuracy, WeightedAccuracy) or not isinstance(
        accuracy.weights, CommonWeights
    ):
        raise NoRouteError("accuracy is not a function of one common total")
    if not accuracy.concave:
        raise NoRouteError("accuracy is not concave: tangents prove nothing")
    if p != 1 and not reading.limited.all():
        name = reading.names[int(np.argmin(reading.limited))]
        message = f"agent {name} has no budget: without budgets only p = 1 has a meaning"
        raise NoRouteError(message)
    beta = context.arithmetic.constant(0) if context.size == 1 else shared_rate(context)
    return Program(reading, accuracy, beta, p)
