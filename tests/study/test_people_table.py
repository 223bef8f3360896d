"""Agents from tables as people export them, and proposals to fill in."""

from __future__ import annotations

import pytest

import mdsolve as md
from mdsolve.errors import SolutionFileError, UsageError

RIGHT = [
    {"name": "city", "cost": "1/10"},
    {"name": "county", "cost": "1/4", "capacity": "30", "group": "rural"},
]


@pytest.mark.parametrize(
    "text",
    [
        "agent,cost,capacity,group\ncity,0.1,,\ncounty,0.25,30,rural\n",
        "\ufeffName;Cost;Capacity;Group;\r\n city ;0.1;;;\r\n\r\ncounty;1/4;30;rural;\r\n",
        'group\tcost\tname\tcapacity\n\t1e-1\t"city"\t\nrural\t0.25\tcounty\t30\n',
    ],
)
def test_agents_are_read_however_they_are_exported(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    assert md.agents_from(tmp_path / "a.csv") == RIGHT
    game = md.SharingInstance(agents=RIGHT, accuracy={"family": "power"})
    assert game.agents[1].capacity == 30


def test_decimal_commas_are_declared(tmp_path):
    (tmp_path / "a.csv").write_text("agent;cost\ncity;0,1\n")
    with pytest.raises(SolutionFileError, match="declare decimal commas"):
        md.agents_from(tmp_path / "a.csv")
    assert md.agents_from(tmp_path / "a.csv", decimal_comma=True)[0]["cost"] == "1/10"


@pytest.mark.parametrize("number", ["1.234,5", "1 234", "1'234", "1.234.567", "1.234"])
def test_thousands_are_refused_in_words(tmp_path, number):
    (tmp_path / "a.csv").write_text(f"agent;cost\ncity;{number}\n")
    with pytest.raises(SolutionFileError, match="signs between thousands"):
        md.agents_from(tmp_path / "a.csv", decimal_comma=True)


def test_every_fault_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("agent,cost\n,1\ncity,\ncounty,x\ntown,1,2\n")
    with pytest.raises(SolutionFileError) as raised:
        md.agents_from(tmp_path / "a.csv")
    places = [finding.where.rpartition("a.csv:")[2] for finding in raised.value.findings]
    assert sorted(places) == ["2: name", "3: cost", "4: cost", "5"]


def test_latin_1_and_wrong_columns_are_named(tmp_path):
    (tmp_path / "a.csv").write_bytes("agent,cost\nKöln,1\n".encode("latin-1"))
    with pytest.raises(SolutionFileError, match="Latin-1"):
        md.agents_from(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("agent,kost\nA,1\n")
    with pytest.raises(SolutionFileError, match="did you mean 'cost'"):
        md.agents_from(tmp_path / "b.csv")


def test_a_workbook_is_read_as_well(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["agent", "cost"], ["city", 0.1]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert md.agents_from(tmp_path / "a.xlsx") == RIGHT[:1]


def test_contributions_at_which_payments_are_asked_may_be_a_table(tmp_path):
    game = md.SharingInstance(agents=RIGHT, accuracy={"family": "power"})
    (tmp_path / "p.csv").write_text("agent,contribution\ncounty,1\ncity,3\n")
    found = md.payments_at(game, "shapley", str(tmp_path / "p.csv"))
    assert found["contributions"].tolist() == [3, 1]
    (tmp_path / "q.csv").write_text("agent,payment\ncounty,1\ncity,3\n")
    with pytest.raises(UsageError, match="a column contribution"):
        md.payments_at(game, "shapley", str(tmp_path / "q.csv"))
