"""The duals that [M23] Theorem 4.1 builds at an equilibrium, and how far its conditions are met.

The theorem takes duals (24)-(25) of the welfare program and claims that they satisfy (20)-(23). For
unequal costs they never do: with A = (sum 1/e)^-1, T = sum mu,

    mu_i / T = (A / e_i - beta/(n-1)) / (1 - beta n/(n-1))                                    (24)

is not positive for some agent at beta*, while (21) needs mu_i - gamma_i > 0 with gamma_i >= 0. The
sign is exact where beta* is a fraction, that is where its discriminant is a square. At
beta = 1 - 1/n, (24) is 0/0; (21) and money spent to the last then fix the duals.

Costs enter by their slope at the contribution per unit of data, e_i = c_i'(s_i) / w_i; for linear
costs and plain sums these are the paper's c_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.welfare_program import Program
from mdsolve.tolerance import ROUND_OFF

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WelfareDuals:
    """Duals at the claimed contributions, which are not all defined for every claim.

    Parameters
    ----------
    context : SharingContext
    program : Program
    """

    context: SharingContext
    program: Program

    def __post_init__(self) -> None:
        """Refuse claims that have no duals of this form."""
        program, arithmetic = self.program, self.arithmetic
        if not program.reading.limited.any():
            raise NoRouteError("agents have no budgets: program (19) is about money left")
        if program.p is None:
            raise NoRouteError("the duals (24)-(25) are for finite p")
        zero = arithmetic.zeros(program.size)
        positive = (
            arithmetic.less(zero, self.slopes).holds & arithmetic.less(zero, program.data).holds
        )
        if program.size < 2 or not positive.all():
            reason = "the duals need two agents, positive marginal costs and positive weights"
            raise NoRouteError(reason)
        if not arithmetic.less(program.beta, arithmetic.constant(1)).holds.all():
            raise NoRouteError("with beta = 1 nobody bears a part of their own cost")

    @property
    def arithmetic(self) -> Arithmetic:
        """Number system."""
        return self.context.arithmetic

    @cached_property
    def slopes(self) -> Quantity:
        """c_i'(s_i), in money per sample, shape (n,)."""
        return self.program.reading.costs.slope(self.context.s, "right")

    @cached_property
    def rates(self) -> Quantity:
        """e_i, in money per unit of data, shape (n,)."""
        return self.slopes / self.program.data

    @cached_property
    def shrink(self) -> Quantity:
        """1 - beta n / (n-1), shape ()."""
        n = self.program.size
        return 1 - self.program.beta * n / (n - 1)

    @cached_property
    def degenerate(self) -> bool:
        """Whether (24) is 0/0, or cannot be told from it."""
        if not self.arithmetic.rigorous:
            return bool(abs(float(self.shrink)) <= ROUND_OFF * self.program.size)
        zero = self.arithmetic.constant(0)
        apart = self.arithmetic.less(zero, self.shrink).holds
        return not bool(apart | self.arithmetic.less(self.shrink, zero).holds)

    @cached_property
    def shares(self) -> Quantity:
        """mu_i / T of (24), shape (n,); not to be used where `degenerate`."""
        inverse = 1 / self.rates
        part = inverse / self.arithmetic.total(inverse)
        return (part - self.program.beta / (self.program.size - 1)) / self.shrink

    @cached_property
    def gain(self) -> Quantity:
        """value_i f_i'(y), in money per unit of data, shape (n,)."""
        accuracy = self.program.accuracy
        y = accuracy.index(self.context.s)
        slopes = accuracy.by_curve(y, lambda curve, at: curve.pieces[0].slope(at, "right"))
        return self.program.reading.value * slopes

    @cached_property
    def required(self) -> Quantity:
        """The left side of (21), M_p^(1-p) u_i^(p-1) / n, shape (n,)."""
        n, p, arithmetic = self.program.size, self.program.p, self.arithmetic
        assert p is not None
        if p == 1:
            share = arithmetic.constant(Fraction(1, n))
            return arithmetic.broadcast(share, (n,))
        utilities = self.program.utilities(self.context.s)
        if not arithmetic.less(arithmetic.zeros(n), utilities).holds.all():
            raise NoRouteError("a utility is not positive")
        ratio = self.program.mean(self.context.s) / utilities
        return arithmetic.power(ratio, 1 - p) / n

    @cached_property
    def total(self) -> Quantity:
        """T = sum mu, shape (1,)."""
        worth = self.arithmetic.total(self.required * self.gain).reshape(1)
        return worth * self.arithmetic.total(1 / self.rates)

    @cached_property
    def left(self) -> Quantity:
        """b_i, in money, shape (n,)."""
        return self.program.left(self.context.s)

    @cached_property
    def broke(self) -> Booleans:
        """Who has no money left, up to the tolerance: a choice of duals, which are then checked."""
        allowed = self.context.tolerance * self.context.scales.money
        left = np.asarray(self.arithmetic.nearest(self.left))
        return np.asarray(self.program.reading.limited & (left <= allowed))

    @cached_property
    def held(self) -> Quantity:
        """lambda_i of (16): what b_i >= 0 holds back in the game, shape (n,)."""
        excess = self.gain / ((1 - self.program.beta) * self.rates) - 1
        return self.arithmetic.maximum(excess, self.arithmetic.zeros(self.program.size))

    @cached_property
    def gamma(self) -> Quantity:
        """Duals (25) of b >= 0, shape (n,)."""
        arithmetic, n = self.arithmetic, self.program.size
        zero, count = arithmetic.zeros(n), int(self.broke.sum())
        if not self.degenerate:
            return arithmetic.where(self.broke, self.mu * (1 - 1 / (1 + self.held)), zero)
        if not count:
            return zero
        # The conditions leave gamma free where no money is left.
        missing = self.total - arithmetic.total(self.required).reshape(1)
        missing = arithmetic.maximum(missing, arithmetic.zeros(1))
        return arithmetic.where(self.broke, missing / count, zero)

    @cached_property
    def mu(self) -> Quantity:
        """Duals (24) of the budget equations, shape (n,)."""
        if self.degenerate:
            return self.required + self.gamma
        return self.total * self.shares

    def violations(self) -> dict[str, Quantity]:
        """Return by how much each condition is missed, without unit, shape (n,) each."""
        arithmetic, program, context = self.arithmetic, self.program, self.context
        zero = arithmetic.zeros(program.size)
        unit = self.arithmetic.stored(self.arithmetic.upper(self.required).max())
        own = (1 - program.beta) * self.rates
        kept = own * (1 + arithmetic.where(self.broke, self.held, zero))
        balance = (self.gain - kept) / self.rates
        worth = arithmetic.total(self.required * self.gain).reshape(1)
        borne = self.rates * program.borne(self.mu)
        idle = context.given <= 0
        full = program.reading.bounded & (context.given >= program.reading.ends)
        money = arithmetic.stored(context.scales.money.max(initial=0.0))
        return {
            "(16)-(18)": self._one_sided(balance, idle, full),
            "(20)": self._one_sided((worth - borne) / worth, idle, full),
            "(21)": abs(self.required - (self.mu - self.gamma)) / unit,
            "(22)": arithmetic.maximum(-self.gamma, zero) / unit,
            "(23)": abs(self.gamma * self.left) / (unit * money),
        }

    def _one_sided(self, pull: Quantity, idle: Booleans, full: Booleans) -> Quantity:
        """Return violations of stationarity: at a bound only a pull inwards counts."""
        arithmetic = self.arithmetic
        zero = arithmetic.zeros(self.program.size)
        size = arithmetic.where(idle, arithmetic.maximum(pull, zero), abs(pull))
        return arithmetic.where(full, arithmetic.maximum(-pull, zero), size)
