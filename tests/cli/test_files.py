"""Commands about files and names: check, validate, list, show, schema, new, reproduce."""

from __future__ import annotations

import json

import pytest
import yaml

from mdsolve.instance import load
from mdsolve.instance.starter import STARTERS
from mdsolve.reproduce.record import ITEMS
from tests.cli.conftest import PAPER, SMALL


def test_check_agrees_with_known_answers_and_names_differing_ones(mdsolve, mdsolve_json, tmp_path):
    assert mdsolve("check", PAPER / "example1.yaml", PAPER / "example2.yaml")[0] == 0
    wrong = tmp_path / "w.yaml"
    wrong.write_text((PAPER / "example1.yaml").read_text().replace("10/11", "9/11"))
    code, out, _ = mdsolve("check", wrong)
    assert code == 1
    assert "✗" in out
    code, (good, bad) = mdsolve_json("check", PAPER / "example1.yaml", wrong)
    assert (code, good["agrees"], bad["agrees"]) == (1, True, False)
    assert any(row["difference"] > 0.01 for row in bad["results"] if row["difference"])


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (None, "known answers to compare with"),
        ({"results": []}, "known answers to compare with"),
        ({"results": [{"mechanism": "free"}]}, "an answer to compare"),
        ({"results": [{"mechanism": "fre", "exists": True}]}, "did you mean 'free'"),
        ({"results": [{"exists": True, "tolerance": "small"}]}, "results[0].tolerance"),
    ],
)
def test_a_check_that_could_not_fail_is_refused(mdsolve, tmp_path, expected, words):
    data = yaml.safe_load((SMALL / "growth.yaml").read_text())
    file = tmp_path / "m.yaml"
    file.write_text(yaml.safe_dump({**data, "expected": expected}))
    code, _, err = mdsolve("check", file)
    assert code == 2
    assert words in err


def test_validate_reports_every_file(mdsolve, mdsolve_json, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: market\nagnts: 2\n")
    arguments = ("validate", SMALL / "growth.yaml", bad, tmp_path / "none.yaml")
    code, out, err = mdsolve(*arguments)
    assert code == 2
    assert "valid market: 2 agents" in out
    assert "did you mean 'agents'" in err
    assert "No such file" in err
    code, reports = mdsolve_json(*arguments)
    assert (code, [report["valid"] for report in reports]) == (2, [True, False, False])
    assert {"where", "got", "expected", "fix"} == set(reports[1]["findings"][0])
    assert reports[1]["more"] == 0
    assert mdsolve("validate", SMALL / "growth.yaml")[0] == 0


def test_everything_listed_can_be_shown(mdsolve, mdsolve_json):
    code, listing = mdsolve_json("list")
    assert code == 0
    assert {"mechanism", "quality", "valuation", "accuracy", "cost"} <= set(listing)
    _, text, _ = mdsolve("list")
    for entries in listing.values():
        for entry in entries:
            assert entry["name"] in text
            code, out, _ = mdsolve("show", entry["name"])
            assert code == 0
            assert entry["summary"].splitlines()[0][:40] in out
    _, shown = mdsolve_json("show", "desirable")
    assert {"source", "maturity", "options"} <= set(shown)
    _, both = mdsolve_json("show", "linear")
    assert {entry["kind"] for entry in both} == {"valuation", "accuracy", "cost"}


def test_schema_is_that_of_the_kind(mdsolve):
    titles = {
        kind: json.loads(mdsolve("schema", kind)[1])["title"]
        for kind in ("market", "sharing", "training")
    }
    assert titles == {
        "market": "MarketInstance",
        "sharing": "SharingInstance",
        "training": "TrainingInstance",
    }
    assert json.loads(mdsolve("schema")[1])["title"] == "mdsolve instance"


@pytest.mark.parametrize("kind", STARTERS)
def test_new_writes_a_file_that_loads_and_never_overwrites(mdsolve, tmp_path, kind):
    target = tmp_path / "new.yaml"
    assert mdsolve("new", kind, "-o", target)[:2] == (0, "")
    assert load(target).kind == kind
    target.write_text("mine")
    code, _, err = mdsolve("new", kind, "-o", target)
    assert code == 2
    assert "a file that exists" in err
    assert target.read_text() == "mine"
    assert mdsolve("new", kind)[1] == STARTERS[kind]
    assert mdsolve("new", kind, "-o", tmp_path / "none" / "new.yaml")[0] == 2


def test_reproduce_lists_and_recomputes(mdsolve, mdsolve_json, tmp_path):
    _, out, _ = mdsolve("reproduce")
    assert [line.split()[0] for line in out.splitlines()] == list(ITEMS)
    assert [item["name"] for item in mdsolve_json("reproduce")[1]] == list(ITEMS)
    folder = tmp_path / "a" / "b"
    code, out, _ = mdsolve("reproduce", "chen2020/example1", "-o", folder)
    assert code == 0
    assert "27/28" in out
    assert {file.suffix for file in folder.iterdir()} == {".json", ".png"}


def test_training_instances_say_what_is_possible(mdsolve, tmp_path):
    target = tmp_path / "t.yaml"
    mdsolve("new", "training", "-o", target)
    assert mdsolve("validate", target)[0] == 0
    code, _, err = mdsolve("solve", target, "-m", "none")
    assert code == 2
    assert "mdsolve train FILE" in err
