"""Agreements in tables, and limits on what agents may be asked to pay."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mdsolve.certificate.arguments import accepted_tolerance
from mdsolve.certificate.check import certificate
from mdsolve.certificate.dispatch import Request
from mdsolve.errors import SolutionFileError, UnsupportedError, UsageError
from mdsolve.instance import parse
from mdsolve.study.agreement_table import read_agreement
from mdsolve.study.table_reading import is_table

NAMES = ("city", "county")
RIGHT = {"agents": ["city", "county"], "contributions": [3, 1], "payments": ["1/2", "-1/2"]}
GAME = {
    "kind": "sharing",
    "agents": [{"name": name, "cost": 0.1, "capacity": 5} for name in NAMES],
    "accuracy": {"family": "power"},
}


def read(folder: Path, content: str | bytes, **options: Any) -> dict[str, Any]:
    path = folder / "p.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_agreement(path, NAMES, **options)


def right(found: dict[str, Any]) -> bool:
    plain = {key: [str(x) for x in column] for key, column in found.items()}
    return plain == {key: [str(x) for x in column] for key, column in RIGHT.items()}


@pytest.mark.parametrize(
    "content",
    [
        "agent,contribution,payment\ncity,3,0.5\ncounty,1,-0.5\n",
        "agent;contributions;payments\ncounty;1;-0.5\ncity;3;0.5\n",
        "\ufeffname\tContribution\tPAYMENT\r\ncity\t3\t1/2\r\n\r\ncounty\t1.0\t-5e-1\r\n",
        'agent,payment,contribution\n"city",0.5,3\n county , -.5 , 1 \n',
    ],
)
def test_tables_are_read_however_they_are_separated(tmp_path: Path, content: str) -> None:
    assert right(read(tmp_path, content))


def test_decimal_commas_count_only_where_they_are_declared(tmp_path: Path) -> None:
    text = "agent;contribution;payment\ncity;3;0,5\ncounty;1;-0,5\n"
    with pytest.raises(SolutionFileError, match="commas"):
        read(tmp_path, text)
    assert right(read(tmp_path, text, decimal_comma=True))
    for wrong in ("1.234,5", "1,234,5"):
        bad = f"agent;payment\ncity;{wrong}\ncounty;0\n"
        with pytest.raises(SolutionFileError, match="finite number"):
            read(tmp_path, bad, decimal_comma=True)


def test_a_column_may_be_missing(tmp_path: Path) -> None:
    found = read(tmp_path, "agent,payment\ncity,1\ncounty,-1\n")
    assert found == {"agents": list(NAMES), "payments": [Fraction(1), Fraction(-1)]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("agent,payment\ncity,1\n", "no line for county"),
        ("agent,payment\ncity,1\ncounty,2\ncity,3\n", "each agent once"),
        ("agent,payment\ncity,1\ncuonty,2\n", "did you mean 'county'"),
        ("agent,payment\ncity,much\ncounty,\n", "'much'"),
        ("agent,payment\ncity,much\ncounty,\n", "nothing"),
        ("agent,payment\ncity,1,2\ncounty,1\n", "3 cells"),
        ("agent,payment\ncity,nan\ncounty,1e999\n", "finite number"),
        ("agent,paiment\ncity,1\ncounty,2\n", "did you mean 'payment'"),
        ("agent,payment,payments\ncity,1,1\n", "several columns"),
        ("payment\n1\n2\n", "no column agent"),
        ("agent\ncity\ncounty\n", "names only"),
        ("agent,payment\n", "no lines"),
        ("", "no lines"),
        ('agent,payment\n"city,1\n', "no CSV file"),
        ("agent,payment\nM\xfcnchen,1\n".encode("latin-1"), "Latin-1"),
        (b"\xff\xfea\x00g\x00", "Latin-1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(SolutionFileError, match=words):
        read(tmp_path, content)


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(SolutionFileError) as caught:
        read(tmp_path, "agent,contribution,payment\ncity,x,y\ncounty,1\nother,1,1\n")
    assert len(caught.value.findings) == 4


@pytest.mark.parametrize("name", ["missing.csv", ".", "missing.xlsx"])
def test_files_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SolutionFileError):
        read_agreement(tmp_path / name, NAMES)


def test_spreadsheets_are_read_where_the_library_is_there(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("Agent", "Contribution", "Payment"), ("county", 1, -0.5), ("city", 3, "1/2")):
        book.active.append(row)
    book.create_sheet("notes").append(["anything"])
    book.save(tmp_path / "p.xlsx")
    assert right(read_agreement(tmp_path / "p.xlsx", NAMES))
    (tmp_path / "q.xlsx").write_bytes(b"no spreadsheet")
    with pytest.raises(SolutionFileError, match="no spreadsheet"):
        read_agreement(tmp_path / "q.xlsx", NAMES)


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "p.xlsx").write_bytes(b"PK")
    with pytest.raises(UnsupportedError, match=r"mdsolve\[tables\]"):
        read_agreement(tmp_path / "p.xlsx", NAMES)


def test_a_table_is_known_by_its_ending() -> None:
    assert is_table("a/P.CSV")
    assert is_table(Path("p.xlsx"))
    assert not is_table("p.json")


def test_agreements_are_judged_without_a_mechanism(tmp_path: Path) -> None:
    game = parse(GAME)
    found = certificate(game, read(tmp_path, "agent,contribution,payment\ncity,3,0\ncounty,3,0\n"),
                        Request())  # fmt: skip
    assert found.verdict == "pass"
    assert set(found.vouched) == {"agents", "contributions", "payments"}
    assert found.not_vouched == ()
    unbalanced = read(tmp_path, "agent,contribution,payment\ncity,3,0.1\ncounty,3,0\n")
    assert certificate(game, unbalanced, Request()).condition("budget-balance").verdict == "fail"


def test_limits_count_for_whom_they_name(tmp_path: Path) -> None:
    game = parse(GAME)
    agreed = read(tmp_path, "agent,contribution,payment\ncity,3,-0.2\ncounty,3,0.2\n")
    for given, verdict in (
        ({"": 0.3}, "pass"),
        ({"": 0.1}, "fail"),
        ({"": 0.1, "city": Fraction(1, 5)}, "pass"),
        ({"county": 0}, "pass"),
        ({"city": 0.1999}, "fail"),
    ):
        request = Request(limits=given)
        found = certificate(game, agreed, request).condition("payment-limit")
        assert (found.verdict, found.claimed) == (verdict, True)


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -1, "1e-9", True, [1]])
def test_tolerances_are_finite_numbers_from_0_on(tolerance: Any) -> None:
    with pytest.raises(UsageError, match="tolerance"):
        accepted_tolerance(tolerance)
    with pytest.raises(UsageError, match="tolerance"):
        certificate(parse(GAME), {"contributions": [1, 1]}, Request(tolerance=tolerance))
