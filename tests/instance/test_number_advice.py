"""Numbers with a unit behind them, and answers to other instances: how to mend them is said."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.errors import InstanceError, SolutionFileError
from mdsolve.instance.numbers import number_advice
from mdsolve.study.table_reading import number_in

GAME = {
    "kind": "sharing",
    "name": "two",
    "agents": [{"name": "north", "cost": 0.1}, {"name": "south", "cost": 0.25}],
    "accuracy": {"family": "power"},
}


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("60%", "leave out '%': 60 % as a share is 0.6"),
        ("4.2 EUR", "leave out 'EUR'"),
        ("7\u20ac", "leave out '\u20ac'"),
        ("2026-11-30", ""),
        ("many", ""),
    ],
)
def test_a_unit_behind_a_number_is_named_in_tables_and_instances(text, advice):
    assert number_advice(text) == advice
    findings = []
    assert number_in(text, "p.csv:2: cost", decimal_comma=False, findings=findings) == 0
    assert [finding.fix for finding in findings] == [advice]
    agents = [{"name": "north", "cost": text}, {"name": "south", "cost": 0.25}]
    with pytest.raises(InstanceError) as error:
        md.parse(GAME | {"agents": agents})
    assert [finding.fix for finding in error.value.findings] == [advice]


def test_an_answer_to_another_instance_says_which():
    answer = {
        "instance": {"name": "three"},
        "agents": ["a", "b", "c"],
        "contributions": [1.0, 1.0, 1.0],
    }
    with pytest.raises(SolutionFileError, match="it says it answers the instance 'three'"):
        md.verify(md.parse(GAME), answer)
