"""`md.design` of markets: goals and requirements in words, and what is refused."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.errors import UsageError

MARKET = {
    "kind": "market",
    "agents": ["big", "small"],
    "types": {"from": 1, "to": 8},
    "valuation": {"family": "growth", "exponent": "-0.95"},
}


def designed(design=None, **wishes):
    return md.design(md.parse(MARKET | ({} if design is None else {"design": design})), **wishes)


def test_goals_and_requirements_are_options_of_the_mechanism():
    plain = designed(maximize="least-subsidy", require={"cap": {"big": "0.5"}})
    assert plain.mechanism.name == "desirable"
    assert plain.mechanism.options["objective"] == "least-subsidy"
    assert tuple(plain.mechanism.options["side"]) == ("cap.big=0.5",)
    same = designed(maximize="least-subsidy", require={"cap.big": 0.5})
    assert same.subsidy == plain.subsidy
    assert plain.certificate.verdict == "pass"


def test_the_command_line_wins_over_the_file():
    written = {"maximize": "least-subsidy", "require": {"cap": {"big": "0.5"}}}
    assert (
        designed(written).subsidy
        == designed(maximize="least-subsidy", require={"cap.big": 0.5}).subsidy
    )
    other = designed(written, require={"cap.big": 2})
    assert other.subsidy == designed(maximize="least-subsidy").subsidy


@pytest.mark.parametrize(
    ("balanced", "words"),
    [
        ("profile", ("budget-balance",)),
        ("none", ("deficit-allowed",)),
        ("expected", ("expected-balance",)),
        ("weak", ()),
    ],
)
def test_balances(balanced, words):
    found = designed(require={"balanced": balanced})
    assert tuple(found.mechanism.options["side"]) == words


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"maximize": "data"}, "for a market one of revenue"),
        ({"maximize": "least-subsidi"}, "did you mean 'least-subsidy'"),
        ({"require": {"payment-limit": 1}}, "for a market one of balanced"),
        ({"require": {"balanced": "profiles"}}, "did you mean 'profile'"),
        ({"require": {"budget-balance": "no"}}, "yes, or nothing"),
        ({"require": {"cap.nobody": 1}}, "one of the agents"),
        ({"require": {"subsidy": -1}}, "0 or more"),
        ({"trade_off": {"alone": (0, 1, 3)}}, "one of subsidy"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(wishes, words):
    with pytest.raises(UsageError, match=words):
        designed(**wishes)


def test_every_finding_is_named_at_once():
    with pytest.raises(UsageError) as caught:
        designed(maximize="data", require={"payment-limit": 1, "balanced": "x"})
    assert len(caught.value.findings) == 3
