"""The catalogue: every mechanism and family, described well enough to be used."""

from __future__ import annotations

import json
from io import StringIO

import pytest

from mdsolve.errors import UsageError
from mdsolve.instance.protocols import SPECS
from mdsolve.mechanism.registry import mechanisms
from mdsolve.report.text.catalogue import catalogue_view, entry_view
from mdsolve.report.text.console import console_for
from mdsolve.study.catalogue import catalogue, entries_named
from mdsolve.study.catalogue_entries import entries

LISTING = catalogue()
ENTRIES = [(group, entry) for group, entries in LISTING.items() for entry in entries]


def test_it_lists_every_mechanism_and_the_families_of_the_format():
    names = {group: {entry["name"] for entry in entries} for group, entries in LISTING.items()}
    assert names["mechanism"] == {*mechanisms("market"), *mechanisms("sharing")}
    assert names["quality"] == {"identity", "saturation", "power", "table"}
    assert names["valuation"] == {"growth", "share", "linear", "sum", "table"}
    assert names["cost"] == {"linear", "quadratic", "power", "piecewise-linear"}
    assert names["accuracy"] == {
        *("power", "pac", "threshold-power", "linear", "coverage", "union", "curve"),
        "quadratic-fit",
    }
    assert names["protocol"] == set(SPECS)
    assert json.dumps(LISTING, allow_nan=False)


def test_protocols_list_the_keys_they_use():
    keys = {entry["name"]: set(entry["keys"]) for entry in LISTING["protocol"]}
    assert all({"rounds", "batch_size"} <= found for found in keys.values())
    assert "stage" in keys["fedbr-shap"]
    assert "stage" not in keys["fedbr"]
    assert keys["fedbr-bg"] - keys["fedbr"] == {"beta"}
    for entry in LISTING["protocol"]:
        assert set(entry["about"]) == set(entry["keys"])
        assert all(entry["about"].values())


def test_what_holds_where_a_key_of_a_protocol_is_left_out_is_listed():
    keys = {entry["name"]: entry["keys"] for entry in LISTING["protocol"]}
    assert keys["fedbr-shap"]["stage"] == "default 5"
    assert keys["fedbr"]["learning_rate"] == "default 0.1"
    assert keys["2p-upbred"]["beta"] == "default 2 times the largest cost"


@pytest.mark.parametrize(("group", "entry"), ENTRIES, ids=lambda part: str(part)[:30])
def test_every_entry_says_what_it_is(group, entry):
    assert entry["summary"]
    if group == "mechanism":
        assert entry["source"]
        assert entry["maturity"]
        assert all(option["about"] for option in entry["options"])
    else:
        assert entry["kind"] == group
        assert "family" not in entry["keys"]
    text = StringIO()
    console_for(text).print(entry_view(entry))
    assert entry["name"] in text.getvalue()
    for key in entry.get("keys", ()):
        assert key in text.getvalue()


def test_the_table_names_everything():
    text = StringIO()
    console_for(text).print(catalogue_view(LISTING))
    assert [entry["name"] for _, entry in ENTRIES if entry["name"] not in text.getvalue()] == []


def test_a_name_may_belong_to_several_groups():
    assert {entry["kind"] for entry in entries_named("linear")} == {"valuation", "accuracy", "cost"}
    with pytest.raises(UsageError, match="did you mean 'growth'"):
        entries_named("grwth")
    with pytest.raises(UsageError, match="mdsolve list"):
        entries_named("qqqq")


def test_what_is_stored_is_what_there_is():
    assert catalogue() == json.loads(json.dumps(entries())), "python scripts/write_catalogue.py"
