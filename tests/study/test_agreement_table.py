"""Agreements in CSV files and workbooks: read in any order, refused with every fault named."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.errors import SolutionFileError, UnsupportedError, UsageError
from mdsolve.study.agreement_table import read_agreement
from mdsolve.study.verify import verify_file

INSTANCE = """format: mdsolve/1
kind: sharing
agents:
  - {name: city, cost: 0.1, capacity: 40}
  - {name: county, cost: 0.25, capacity: 30}
accuracy: {family: power}
"""
TABLE = "agent,contribution,payment\ncounty,1,-0.05\ncity,2,0.05\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "i.yaml").write_text(INSTANCE)
    return tmp_path


def written(folder, text, name="p.csv"):
    file = folder / name
    file.write_text(text)
    return file


def test_lines_may_stand_in_any_order_and_nothing_is_recomputed(folder):
    (found,) = verify_file(folder / "i.yaml", written(folder, TABLE))
    claimed = {one.name for one in found.certificate.conditions if one.claimed}
    assert claimed == {
        "feasibility",
        "budget-balance",
        "individual-rationality",
        "individual-rationality-alone",
    }
    assert found.title == "agreement"
    assert found.certificate.condition("budget-balance").verdict == "pass"
    data = read_agreement(folder / "p.csv", ["city", "county"])
    assert data["contributions"] == [2, 1]
    assert [float(payment) for payment in data["payments"]] == [0.05, -0.05]


def test_all_faults_come_at_once_and_capped(folder):
    lines = "".join(f"nobody-{k},x,y\n" for k in range(50))
    with pytest.raises(SolutionFileError) as caught:
        read_agreement(written(folder, "agent,contribution,payment\n" + lines), ["city"])
    text = str(caught.value)
    assert "nobody-0" in text
    assert "more" in text.splitlines()[-1]
    assert len(text) < 4000


def test_limits_are_claimed_and_name_agents_of_the_instance(folder):
    instance = md.load(folder / "i.yaml")
    data = read_agreement(written(folder, TABLE), ["city", "county"])
    assert md.verify(instance, data, limits={"": 0.05}).condition("payment-limit").verdict == "pass"
    tight = md.verify(instance, data, limits={"county": "0.04"}).condition("payment-limit")
    assert (tight.verdict, tight.claimed) == ("fail", True)
    with pytest.raises(UsageError, match="an agent of the instance"):
        md.verify(instance, data, limits={"nobody": 1})


def test_tables_are_for_sharing_games(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "format: mdsolve/1\nkind: market\nagents: 2\ntypes: [1, 2]\nvaluation: {family: share}\n"
    )
    with pytest.raises(UnsupportedError, match="sharing game"):
        verify_file(tmp_path / "m.yaml", written(tmp_path, TABLE))
