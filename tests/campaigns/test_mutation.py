"""No broken formula is certified: a sample of those that `scripts/campaigns.py formulas` breaks."""

from __future__ import annotations

from tests.campaigns.games import cases
from tests.campaigns.mutation import campaign, formulas

NAMES = (
    "accuracy.CurveAccuracy.values",
    "costs.Costs.value",
    "sharing.SharingGame.benefits",
    "market.QualityMarket.truthful_values",
)


def test_broken_formulas_of_the_solver_are_caught():
    chosen = [formula for formula in formulas() if str(formula) in NAMES]
    assert len(chosen) >= len(NAMES) - 1
    report = campaign(cases()[:4], chosen)
    assert report.changed
    assert report.survivors == ()
