"""Which instance a solution belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mdsolve as md
from mdsolve.certificate.identity import DATA, FILE, UNNAMED, identity_condition
from mdsolve.instance import Instance, parse
from mdsolve.instance.canonical import data_sha256

TEXT = "kind: sharing\nagents: [{name: A, cost: 0.1}]\naccuracy: {family: power}\n"


@pytest.fixture
def game(tmp_path: Path) -> Instance:
    (tmp_path / "g.yaml").write_text(TEXT)
    return md.load(tmp_path / "g.yaml")


def test_the_same_data_are_confirmed(game: Instance) -> None:
    both = {"data_sha256": data_sha256(game), "sha256": game.sha256, "name": "any"}
    found = identity_condition(game, {"instance": both})
    assert (found.condition, found.remarks, found.covered) == (None, (), (DATA, FILE))


def test_another_file_with_the_same_data_is_confirmed_but_for_the_file(game: Instance) -> None:
    both = {"data_sha256": str(data_sha256(game)).upper(), "sha256": "0" * 64}
    found = identity_condition(game, {"instance": both})
    assert (found.condition, found.covered) == (None, (DATA,))


@pytest.mark.parametrize("stated", ["0" * 64, "", 17, True, [1], {"a": 1}])
@pytest.mark.parametrize("any_instance", [True, False])
def test_other_data_fail_whatever_is_asked_for(
    game: Instance, stated: Any, any_instance: bool
) -> None:
    data = {"instance": {"data_sha256": stated, "sha256": game.sha256}}
    found = identity_condition(game, data, any_instance=any_instance)
    assert found.condition is not None
    assert (found.condition.name, found.condition.verdict) == ("wrong-instance", "fail")
    assert found.condition.claimed
    assert found.covered == ()


def test_an_old_file_with_another_hash_is_left_open_unless_somebody_says_so(game: Instance) -> None:
    data = {"instance": {"sha256": "0" * 64, "name": None}}
    found = identity_condition(game, data)
    assert found.condition is not None
    assert found.condition.verdict == "not-checked"
    assert "--any-instance" in found.condition.detail
    told = identity_condition(game, data, any_instance=True)
    assert told.condition is None
    assert len(told.remarks) == 1


def test_an_old_file_with_the_same_hash_is_confirmed(game: Instance) -> None:
    found = identity_condition(game, {"instance": {"sha256": game.sha256}})
    assert (found.condition, found.covered) == (None, (FILE,))


@pytest.mark.parametrize("data", [{}, {"instance": None}, {"instance": {"name": "labs"}}])
def test_a_solution_that_names_no_instance_is_checked_with_a_remark(
    game: Instance, data: dict[str, Any]
) -> None:
    found = identity_condition(game, data)
    assert (found.condition, found.remarks) == (None, (UNNAMED,))


def test_what_is_no_reference_fails(game: Instance) -> None:
    found = identity_condition(game, {"instance": "labs"})
    assert found.condition is not None
    assert found.condition.verdict == "fail"


def test_instances_made_in_python_have_data_but_no_file() -> None:
    game = parse({"kind": "sharing", "agents": [{"name": "A", "cost": 1}],
                  "accuracy": {"family": "power"}})  # fmt: skip
    assert identity_condition(game, {"instance": {"sha256": "0" * 64}}).condition is None
    stated = {"data_sha256": data_sha256(game)}
    assert identity_condition(game, {"instance": stated}).covered == (DATA,)
