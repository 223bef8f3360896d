"""Section 5.1 of [M25] in miniature: its claims hold on digits, and other images can be taken."""

from __future__ import annotations

import json

import pytest

from mdsolve.errors import UsageError
from mdsolve.reproduce import murhekar2025_images as section
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import write_reproduction
from tests.cli.conftest import mdsolve  # noqa: F401 - fixture
from tests.learn.runs import write_mnist

ITEM = ITEMS["murhekar2025/section5"]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(section, "DRAWS", 2)
    monkeypatch.setattr(section, "REPLICATES", 1)


def test_the_claims_hold_on_digits(quick, tmp_path):
    found = ITEM.recompute()
    rows = {row.what: row for row in found.rows}
    assert rows["largest weight of every group on data turned like its own"].agrees
    assert rows["data share, %"].agrees
    assert rows["reciprocity"].agrees
    assert all(
        trained < fitted
        for trained, fitted in zip(
            found.series["accuracy"][0], found.series["predicted"][0], strict=True
        )
    )
    numbers, picture = write_reproduction(found, tmp_path)
    assert json.loads(numbers.read_text())["rows"] == found.to_dict()["rows"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_agents_are_ten_per_angle_where_there_are_images_enough(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write_mnist(tmp_path / "images")
    assert len(section.miniature("mnist:images", 0).agents.cost) == 6
    monkeypatch.setattr(section, "MANY", 50)
    assert len(section.miniature("mnist:images", 0).agents.cost) == 30


@pytest.mark.parametrize("source", ["iris", "mnist:", "csv:x.csv"])
def test_other_sources_are_refused(source):
    with pytest.raises(UsageError, match="data"):
        ITEM.recompute(data=source)


def test_data_are_for_reproductions_that_train(mdsolve):  # noqa: F811
    code, _, err = mdsolve("reproduce", "chen2020/example1", "--data", "mnist:x")
    assert code == 2
    assert "murhekar2025/section5" in err
