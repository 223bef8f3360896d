"""The smallest cap beside balance, floors and spreads: against an own program, changed answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.solution import plain
from tests.game.test_market import linear_instances
from tests.solver.market.test_least_concessions import desirable, holds
from tests.solver.market.test_payment_program import LP, growth_instance, oracle

STEP = 1e-6
amounts = st.sampled_from([None, None, 0.25, 1.0])


@given(linear_instances(), st.booleans(), amounts, amounts)
@settings(max_examples=12, deadline=None)
def test_the_smallest_cap_is_that_of_an_own_program(pair, balanced, floor, spread):
    instance, market = pair
    # Money has no scale where nothing is worth anything.
    assume(any(market.report_value(0, t, t[0]) for t in market.profiles()))
    assume(balanced or floor is not None or spread is not None)
    side = ["budget-balance"] if balanced else []
    side += [] if floor is None else [f"floor={-floor}"]
    side += [] if spread is None else [f"spread={spread}"]
    found = desirable(instance, side, "smallest-cap")
    least = oracle(
        market,
        balanced=balanced,
        floor=None if floor is None else -floor,
        spread=spread,
        minimise="limit",
    )
    assert holds(found)
    if least is None:
        assert found.termination is md.Termination.INFEASIBLE
    else:
        assert float(found.to_dict()["cap"]) == pytest.approx(least, abs=LP)


@pytest.mark.parametrize("change", ["cap", "payments"])
def test_a_larger_cap_is_not_called_the_smallest(change):
    instance = growth_instance()
    data = plain(desirable(instance, ["budget-balance"], "smallest-cap").to_dict())
    assert md.verify(instance, data).verdict == "pass"
    if change == "cap":
        data["cap"] += STEP
    else:
        data["table"]["payments"] = (2 * np.asarray(data["table"]["payments"])).tolist()
    assert md.verify(instance, data).verdict != "pass"
