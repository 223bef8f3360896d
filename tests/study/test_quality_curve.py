"""From fits to markets: the quality curve, its inverse, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.reproduce.chen2020_learning import size_of
from mdsolve.study.quality_curve import market_quality

GAME = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}],
    "accuracy": {"family": "power", "ceiling": 0.9, "scale": 0.8, "exponent": "1/2"},
}


def test_quality_is_accuracy_above_none_and_makes_a_market():
    sizes = [1, 3, 10]
    quality = md.market_quality(md.parse(GAME), sizes)
    expected = 0.8 * (1 - (1 + np.array(sizes)) ** -0.5)
    np.testing.assert_allclose([q for _, q in quality["points"][1:]], expected, rtol=1e-8)
    market = md.parse(
        {
            "kind": "market",
            "agents": 2,
            "types": [1, 3, 5],
            "quality": quality,
            "valuation": {"family": "growth", "exponent": "-1/2"},
        }
    )
    assert md.solve(market, "desirable").certificate.verdict == "pass"


@pytest.mark.parametrize("size", [0.5, 1, 2.5, 10])
def test_sizes_come_back(size):
    quality = market_quality(md.parse(GAME), [1, 3, 10])
    points = np.array(quality["points"], dtype=float)
    assert size_of(quality, np.interp(size, *points.T)) == pytest.approx(size)


@pytest.mark.parametrize(
    ("sizes", "agent"),
    [([], None), ([3, 1], None), ([0, 1], None), ([1, np.inf], None), ([1], "C")],
)
def test_what_makes_no_curve_is_refused(sizes, agent):
    with pytest.raises(UsageError):
        market_quality(md.parse(GAME), sizes, agent)


def test_an_accuracy_that_stays_the_same_makes_no_curve():
    flat = {**GAME, "accuracy": {"family": "power", "scale": "1e-15"}}
    with pytest.raises(UsageError, match="no more quality"):
        market_quality(md.parse(flat), [1e9, 2e9])
