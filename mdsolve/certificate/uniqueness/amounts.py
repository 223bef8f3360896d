r"""Only one equilibrium where models see amounts of data: y = W s, accuracies f_i(y_i).

Let classes t of agents see and be seen alike, so that y_t = sum_u W_tu S_u with the classes' totals
S, and let every f_i be strictly concave and rising, costs convex.

**One total each.** If D W + W'D is positive definite for some positive diagonal D, equilibria share
all totals. For d = S - S' other than 0, some t has d_t (W d)_t > 0; say both factors are positive.
Some agent i of t has s_i > s_i'. As s_i is a best response, v_i w_ii f_i'(y_t) >= n_i(s_i), n the
marginal cost less what payments give back; s_i' < s_i can grow, so v_i w_ii f_i'(y_t') <= n_i(s_i')
<= n_i(s_i). But y_t > y_t', and f_i' falls strictly.

**Only ties are left.** Given y, agents' problems are separate and concave. Strictly convex costs
leave one solution; linear ones leave a choice only at v_i w_ii f_i'(y_t) = n_i. A single agent of a
class in that position is determined by the total, and two with different n / (v w) never are in it
together.

**How far the claim is.** Let utilities of the claim s' not fall up to s_i' - e_i and not rise from
s_i' + e_i on. The argument above then shows, for the t with the largest D_t d_t (W d)_t, that
|d_t| <= E_t = sum of scale_i e_i over the class, or |(W d)_t| <= F_t = max w_ii e_i. With l the
least eigenvalue, l |d|^2 / 2 <= sum_t D_t d_t (W d)_t <= T D_t max(E_t |W_t|, F_t) |d|, hence

    |d| <= (2 T / l) max_t D_t max(E_t |W_t|, F_t),       |y_t - y_t'| <= |W_t| |d|.

So the true prices v w f'(y) are enclosed, and most agents certainly are in no tie.

A budget that only own costs draw on is a capacity: what agents can choose must not depend on the
others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.own import own_utility
from mdsolve.certificate.peaks import peak_at
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.reading.weights import Blocks
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.uniqueness.matrices import Monotone, strictly_monotone

Indices = npt.NDArray[np.intp]

WIDTHS = (2.0**-12, 1.0)
"""Brackets around the claim that are tried, in units of the tolerance: narrow ones say more."""

MARGIN = 1.01
"""Factor that covers the rounding of bounds computed in doubles."""


@dataclass(frozen=True)
class Amounts:
    """A game in which models see amounts of data.

    Parameters
    ----------
    piece : int
        Number of the curves' piece that counts at every equilibrium.
    """

    context: SharingContext
    accuracy: WeightedAccuracy
    piece: int

    @property
    def blocks(self) -> Blocks:
        """Classes of agents."""
        return self.accuracy.weights.blocks

    def marginal(self, x: Quantity, side: str) -> Quantity:
        """Return n_i(x): the own marginal cost less what payments give back."""
        context = self.context
        costs = context.reading.costs.slope(x, "right" if side == "right" else "left")
        return context.terms.borne * costs - context.terms.price

    def prices(self, off: Floats) -> tuple[Quantity, Quantity]:
        """Return v_i w_ii f_i'(y_i) at amounts larger and smaller by that than the claim's."""
        context = self.context
        arithmetic, s = context.arithmetic, context.s
        seen, error = self.accuracy.index(s), arithmetic.stored(off)
        worth = context.reading.value * self.accuracy.weights.own

        def price(y: Quantity) -> Quantity:
            rises = self.accuracy.by_curve(
                y,
                lambda curve, at: curve.pieces[self.piece].slope(
                    arithmetic.maximum(at, curve.pieces[self.piece].start), "right"
                ),
            )
            return worth * rises

        return price(seen + error), price(arithmetic.maximum(seen - error, 0 * seen))


def only_one(game: Amounts) -> str:
    """Return why an equilibrium with that piece is not proved to be the only one; empty if it is.

    The curves' piece has to be strictly concave and rising.
    """
    context, blocks = game.context, game.blocks
    arithmetic = context.arithmetic
    own = game.accuracy.weights.own
    idle = arithmetic.upper(own) == 0
    zero = arithmetic.zeros(context.size)
    costly = arithmetic.less(zero, game.marginal(zero, "right")).holds
    if np.any(idle & ~costly):
        name = context.reading.names[int(np.argmax(idle & ~costly))]
        return f"data of agent {name} are worth nothing to them and cost nothing"
    if np.any(idle & (context.given != 0)):
        return "an agent gives data that are worth nothing to them"
    if np.any(~idle & (arithmetic.lower(own) <= 0)):
        return "an agent's weight on their own data is not known well enough"
    if idle.all():
        return ""
    classes = np.unique(blocks.label[~idle])
    table = blocks.table[classes][:, classes]
    found = strictly_monotone(arithmetic, table)
    if found is None:
        return "no scaling was found that makes the weights positive definite"
    label = np.searchsorted(classes, blocks.label)
    return _ties(game, np.flatnonzero(~idle), label, table, found)


def _ties(game: Amounts, active: Indices, label: Indices, table: Quantity, found: Monotone) -> str:
    """Return who may be tied in their marginal cost; empty if nobody is."""
    context = game.context
    arithmetic, costs = context.arithmetic, context.reading.costs
    borne = bool(arithmetic.lower(context.terms.borne) > 0)
    loose = np.zeros(context.size, dtype=np.bool_)
    loose[active] = ~(costs.curved[active] & borne)
    if not loose.any():
        return ""
    for width in WIDTHS:
        error = _distance(game, width, active, label, table, found)
        if error is not None:
            least, most = game.prices(error)
            loose &= ~_certain(game, least, most)
        tie = tied(game, np.flatnonzero(loose), label)
        if not tie:
            return ""
    return tie


def _distance(
    game: Amounts, width: float, active: Indices, label: Indices, table: Quantity, found: Monotone
) -> Floats | None:
    """Return how far amounts at the equilibrium are from the claim's, (n,); None if unknown."""
    context = game.context
    arithmetic, reading, terms = context.arithmetic, context.reading, context.terms
    reach = width * context.tolerance * context.scales.samples
    branch = game.accuracy.branches(context.s)[game.piece]
    means = context.means if reading.limited.any() else None
    utility = own_utility(reading, branch, terms.borne, terms.price, means)
    peak = peak_at(utility, context.given, reach)
    if not (peak.found & branch.present).all():
        return None
    slack = arithmetic.maximum(peak.high - context.s, context.s - peak.low)
    off = np.maximum(arithmetic.upper(slack), 0.0)[active]
    classes, size = label[active], table.shape[0]
    scale = arithmetic.upper(game.blocks.scale)[active]
    own = arithmetic.upper(game.accuracy.weights.own)[active]
    totals = np.bincount(classes, scale * off, minlength=size)
    largest = np.zeros(size)
    np.maximum.at(largest, classes, own * off)
    norms = np.sqrt((arithmetic.upper(table) ** 2).sum(axis=1))
    worst = float((found.diagonal * np.maximum(totals * norms, largest)).max())
    apart = MARGIN * 2 * size / found.least * worst
    everybody = np.zeros(context.size)
    everybody[active] = MARGIN * norms[classes] * apart
    return everybody


def _certain(game: Amounts, least: Quantity, most: Quantity) -> Booleans:
    """Tell whose marginal benefit certainly differs from every marginal cost they may have."""
    context = game.context
    arithmetic, reading = context.arithmetic, context.reading
    zero = arithmetic.zeros(context.size)
    never = arithmetic.less(most, game.marginal(zero, "right")).holds
    # A linear marginal cost is what it is anywhere; so a budget ends it like a capacity.
    ended = reading.bounded | (reading.limited & reading.costs.linear)
    full = arithmetic.where(reading.bounded, reading.capacity, zero)
    always = arithmetic.less(game.marginal(full, "left"), least).holds & ended
    return never | always | _between_levels(game, least, most)


def _between_levels(game: Amounts, least: Quantity, most: Quantity) -> Booleans:
    """Tell whose marginal cost takes finitely many values, none of which the price may be."""
    context = game.context
    arithmetic, terms = context.arithmetic, context.terms
    found = np.zeros(context.size, dtype=np.bool_)
    for members, form in context.reading.costs.forms:
        if form.levels is None:
            continue
        apart = np.ones(len(members), dtype=np.bool_)
        nothing = arithmetic.zeros(len(members))
        for k in range(form.levels.shape[0]):
            level = terms.borne * form.levels[k : k + 1] - terms.price + nothing
            below = arithmetic.less(level, least[members]).holds
            apart &= below | arithmetic.less(most[members], level).holds
        found[members] = apart
    return found


def tied(game: Amounts, loose: Indices, label: Indices) -> str:
    """Return two agents of a class who may be tied with the price together; empty if none are."""
    context = game.context
    arithmetic, names = context.arithmetic, context.reading.names
    classes = label[loose]
    several = np.flatnonzero(np.bincount(classes, minlength=1) > 1)
    if not several.size:
        return ""
    among = loose[np.isin(classes, several)]
    worth = context.reading.value * game.accuracy.weights.own
    ratio = (game.marginal(context.s, "right") / worth)[among]
    near = arithmetic.nearest(ratio)
    order = np.lexsort((near, label[among]))
    first, second = among[order[:-1]], among[order[1:]]
    apart = arithmetic.less(ratio[order[:-1]], ratio[order[1:]]).holds
    curves = game.accuracy.label
    apart &= (curves[first] == curves[second]) | (label[first] != label[second])
    apart |= label[first] != label[second]
    linear = context.reading.costs.linear
    apart &= (linear[first] & linear[second]) | (label[first] != label[second])
    if apart.all():
        return ""
    at = int(np.argmin(apart))
    pair = f"{names[int(first[at])]} and {names[int(second[at])]}"
    return f"agents {pair} may be tied in what a unit of accuracy costs them"
