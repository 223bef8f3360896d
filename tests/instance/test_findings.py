"""Findings: all at once, each with file, line, field path, got, expected and fix."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from mdsolve.errors import Finding, InstanceError
from mdsolve.instance import load, parse
from mdsolve.instance.findings import shown
from tests.instance.samples import MARKET, SHARING, problems

BAD = """\
kind: market
agents: [a, b]
tipes: [1, 2]
types:
  a: [2, 1]
  b: {from: 3, to: 1}
valuation:
  family: grwth
  exponent: -0.8
outside: polled
quality: {family: power, exponent: -1}
mechanism:
  name: 12
"""


def findings(file):
    with pytest.raises(InstanceError) as caught:
        load(file)
    return caught.value.findings


def test_all_findings_at_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(BAD)
    found = findings(file)
    assert [finding.where.removeprefix(str(file)) for finding in found] == [
        ":3: tipes",
        ":5: types.a",
        ":6: types.b",
        ":8: valuation.family",
        ":10: outside",
        ":11: quality.exponent",
        ":13: mechanism.name",
    ]
    assert all(finding.got and finding.expected for finding in found)
    assert [finding.fix for finding in found] == [
        "did you mean 'types'?",
        "sort them and remove duplicates",
        "swap from and to",
        "did you mean 'growth'?",
        "did you mean 'pooled'?",
        "",
        "",
    ]


def test_json_and_toml_name_the_field(tmp_path):
    data = {**MARKET, "outside": "polled", "profile": [1, 2, 3]}
    (tmp_path / "a.json").write_text(json.dumps(data))
    assert [f.where for f in findings(tmp_path / "a.json")] == [f"{tmp_path}/a.json: outside"]
    (tmp_path / "a.toml").write_text('kind = "market"\nagents = []\ntypes = [1]\n')
    assert {f.where for f in findings(tmp_path / "a.toml")} == {
        f"{tmp_path}/a.toml: agents",
        f"{tmp_path}/a.toml: valuation",
    }


def test_syntax_errors_name_the_line(tmp_path):
    for name, text, line in (
        ("a.yaml", "kind: market\nagents: [a\nb: 1\n", 3),
        ("a.json", '{"kind": "market",\n"agents": [}\n', 2),
    ):
        (tmp_path / name).write_text(text)
        (finding,) = findings(tmp_path / name)
        assert finding.where == f"{tmp_path / name}:{line}"


def test_everything_wrong_with_yaml_itself_is_reported_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &x 1\nb: *x\nc: !t 2\nd: 1\nd: 2\ne: 1e999\n")
    found = findings(tmp_path / "a.yaml")
    assert [finding.where.rpartition(":")[2] for finding in found] == ["1", "2", "3", "5", "6"]


def test_a_model_wide_check_reports_every_disagreement():
    text = problems(
        {
            **MARKET,
            "profile": [9, 9],
            "valuation": {"family": "linear", "matrix": [[1]]},
            "quality": {"family": "table", "points": [[0, 0], [1, 1]]},
        }
    )
    for place in ("profile[0]", "profile[1]", "valuation.matrix", "quality.points"):
        assert f"instance: {place}\n" in text


@pytest.mark.parametrize(
    ("place", "data", "fix"),
    [
        ("naem", {**MARKET, "naem": 1}, "did you mean 'name'?"),
        ("valuation.exponet", {**MARKET, "valuation": {**MARKET["valuation"], "exponet": 1}}, ""),
        (
            "valuation.terms[0].exponet",
            {
                **MARKET,
                "valuation": {"family": "sum", "terms": [{"family": "growth", "exponet": 1}]},
            },
            "did you mean 'exponent'?",
        ),
        (
            "agents[0].cost.rat",
            {**SHARING, "agents": [{"name": "A", "cost": {"family": "linear", "rat": 1}}]},
            "did you mean 'rate'?",
        ),
        (
            "agents[0].prior.hgh",
            {**SHARING, "agents": [{"name": "A", "prior": {"low": 1, "hgh": 2}}]},
            "did you mean 'high'?",
        ),
        (
            "accuracy.per_agent[0].complexty",
            {**SHARING, "accuracy": {"per_agent": [{"family": "pac", "complexty": 1}]}},
            "did you mean 'complexity'?",
        ),
        (
            "accuracy.per_group.g1.scal",
            {**SHARING, "accuracy": {"per_group": {"g1": {"family": "power", "scal": 1}}}},
            "did you mean 'scale'?",
        ),
        ("agents.capcity", {**SHARING, "agents": {"count": 1, "cost": 1, "capcity": 1}}, ""),
        ("zzz", {**MARKET, "zzz": 1}, "remove it"),
    ],
)
def test_unknown_keys_get_the_nearest_known_one_at_any_depth(place, data, fix):
    with pytest.raises(InstanceError) as caught:
        parse(data)
    (found,) = [f for f in caught.value.findings if f.got.startswith("the unknown key")]
    assert found.where == f"instance: {place}"
    assert found.fix == fix or found.fix.startswith("did you mean")
    assert found.expected.startswith("one of the keys")


def test_values_are_shown_short_and_on_one_line():
    assert shown({}) == "an empty mapping"
    assert shown({"a": 1}) == "a mapping with keys a"
    assert shown([1, ["x", Fraction(1, 3)]]) == "[1, ['x', 1/3]]"
    assert shown(list(range(5000))) == "a list of 5,000"
    assert shown("a\nb") == r"'a\nb'"
    assert len(shown("x" * 10_000)) == 70
    assert "\n" not in shown({"k" * 50: 1, "l" * 50: 2})


def test_a_finding_reads_as_four_lines():
    error = InstanceError([Finding("f: x", "1", "2", "write 2"), Finding("f: y", "3", "4")])
    assert str(error).splitlines() == [
        "f: x",
        "    got:      1",
        "    expected: 2",
        "    fix:      write 2",
        "f: y",
        "    got:      3",
        "    expected: 4",
    ]
