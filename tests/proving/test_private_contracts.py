"""Private contracts of one agent are proved; whatever else is claimed gets its reason."""

from __future__ import annotations

import copy

import flint
import pytest

import mdsolve as md
from mdsolve.proving.checker import checker
from mdsolve.proving.reasons import WITHOUT, without
from mdsolve.report.words import CONDITIONS
from tests.campaigns.second_judge import true

PROVED = {
    "data-maximality",
    "curve-feasibility",
    "individual-rationality-alone",
    "incentive-compatibility",
}


def agent_beside(data, high, chance):
    prior = {"low": 0.001, "high": high, "probability_low": chance}
    return md.parse(
        {
            "kind": "sharing",
            "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 1},
            "platform_data": data,
            "agents": [{"name": "A", "prior": prior}],
        }
    )


def judged(entry, data):
    program = checker()
    program.STEPS[0] = 0
    try:
        return program.judged(program.parse(program.json.dumps(entry)), data)
    except program.Refused:
        return None


CORNERS = [
    (300, 0.0012, 0.8),  # inside
    (300, 0.0012, 0.2),  # pooling
    (300, 0.002, 0.8),  # no rents
    (0.5, 0.0012, 0.8),  # both give the most that they could
]


@pytest.mark.parametrize(("data", "high", "chance"), CORNERS, ids=str)
def test_the_best_menu_is_proved_and_a_worse_one_is_not(data, high, chance):
    game = agent_beside(data, high, chance)
    solution = md.solve(game, mechanism="value-shaping-private")
    found = md.prove(game, solution)
    assert set(found.proved) == PROVED
    (entry,) = (dict(one.proof) for one in found.entries)
    assert judged(entry, found.instance["data"]) is not None
    assert true(entry) is True
    menu = {key: flint.arb(flint.fmpq(*_pair(entry["proof"][key]))) for key in MENU}

    # The curve from its formula, and no incentive to the other contract.
    def worth(m):
        root = (2 * (2 + (m + data).log())).sqrt()
        return flint.arb("0.95") - (root + 4) / (m + data).sqrt()

    assert not menu["v_low"] > worth(menu["m_low"])
    assert not menu["v_high"] > worth(menu["m_high"])
    stored = solution.claim()
    for key in ("low", "high"):
        assert float(menu[f"m_{key}"].mid()) == pytest.approx(stored[key][0], rel=1e-9)
    for key, value in (("m_low", "9/10"), ("v_high", "2"), ("m_high", "1"), ("v_low", "2")):
        false = copy.deepcopy(entry)
        false["proof"][key] = value
        assert judged(false, found.instance["data"]) is None
    other = copy.deepcopy(entry)
    other["data"]["probability_low"] = "0.77"
    assert judged(other, found.instance["data"]) is None


MENU = ("m_low", "v_low", "m_high", "v_high")


def _pair(text):
    top, _, bottom = text.partition("/")
    return int(top), int(bottom or 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"platform_data": 0}, "room for rounding"),
        ({"accuracy": {"family": "power"}}, "family power"),
    ],
)
def test_other_contracts_get_their_reason(change, said):
    raw = {
        "kind": "sharing",
        "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 1},
        "platform_data": 300,
        "agents": [{"name": "A", "prior": {"low": 0.001, "high": 0.0012, "probability_low": 0.8}}],
    }
    game = md.parse(raw | change)
    found = md.prove(game, md.solve(game, mechanism="value-shaping-private"))
    assert not found.entries
    reasons = {missing.condition: missing.reason for missing in found.missing}
    assert all(said in reasons[condition] for condition in PROVED & set(reasons))


def test_every_condition_has_a_reason():
    assert set(CONDITIONS) == set(WITHOUT)
    assert without("rule", "menu").startswith("not for menu: ")
    assert "agreement" in without("rule", "")
