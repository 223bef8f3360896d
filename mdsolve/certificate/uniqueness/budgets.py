r"""Only one equilibrium within budgets that depend on the others, who all see one amount of data.

With linear costs what agent i has left is B_i - T - own_i s_i up to a constant, where all cost each
other T = sum_j levy_j s_j. Let own_i > 0 for everybody with a budget, levies not be negative, and
no two agents have the same marginal cost per unit of accuracy. Of two equilibria with amounts y, y'
and T <= T', caps at T' are lower by (T' - T) / own_i.

Then y' <= y: at y' > y somebody gives more than before, which they could have done before, at a
higher marginal benefit. Whoever gives less is held by their cap: who could give more where y' < y
would, since the marginal benefit has risen; at y' = y one agent may be tied in the marginal cost,
and gives more, since the others do not. So what is given less, and weighs w_i a sample, is replaced
by at most as much data of agents with the largest levy per unit of data, r = max levy_j / w_j, and

    T' - T <= sum over agents with a budget of (r w_i - levy_i) (T' - T) / own_i.

If the sum of (r w_i - levy_i) / own_i is below 1, T' = T; caps are the same, and the argument of
`amounts` applies.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.uniqueness.amounts import Amounts, tied


def only_one_within(game: Amounts) -> str:
    """Return why an equilibrium within budgets is not proved to be the only one; empty if so."""
    context = game.context
    arithmetic, reading, terms = context.arithmetic, context.reading, context.terms
    n, blocks = context.size, game.blocks
    zero = arithmetic.zeros(n)
    if blocks.table.shape[0] > 1 or not reading.costs.linear.all():
        return "with budgets, one amount of data for all and linear costs are needed"
    reason = tied(game, np.arange(n), np.zeros(n, dtype=np.intp))
    if reason:
        return reason
    weight = blocks.table[0, :1] * blocks.scale
    rates = reading.costs.slope(zero, "right")
    cost_shift, price_shift = (1 - terms.borne) / (n - 1), terms.price / (n - 1)
    levy = cost_shift * rates + price_shift
    own = (terms.borne - cost_shift) * rates - terms.price - price_shift
    usual = arithmetic.less(zero, weight).holds & arithmetic.at_most(zero, levy).holds
    usual &= arithmetic.less(zero, own).holds | ~reading.limited
    if not usual.all():
        return "more money may not buy more, or data count for nothing"
    highest = _largest(game, levy / weight)
    replaced = arithmetic.where(reading.limited, (highest * weight - levy) / own, zero)
    gained = arithmetic.total(arithmetic.maximum(replaced, zero)).reshape(1)
    if arithmetic.less(gained, 1 + arithmetic.zeros(1)).holds.all():
        return ""
    return "what one agent can no longer pay for may cost the others more if another gives it"


def _largest(game: Amounts, array: Quantity) -> Quantity:
    """Return the largest entry, shape (1,)."""
    arithmetic = game.context.arithmetic
    found = array[:1]
    while array.shape[0] > 1:
        half = array.shape[0] // 2
        upper = arithmetic.maximum(array[:half], array[half : 2 * half])
        rest = array[2 * half :]
        array = arithmetic.concatenate([upper, rest]) if rest.shape[0] else upper
        found = array[:1]
    return found
