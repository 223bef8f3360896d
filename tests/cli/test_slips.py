"""Wrong inputs of the kind people make: one finding, and how to mend it."""

from __future__ import annotations

import shutil

import pytest

from mdsolve.errors import InstanceError, SolutionFileError
from mdsolve.instance import load
from mdsolve.solution_files import read_solution_data
from tests.conftest import INSTANCES

HOSPITALS = INSTANCES / "cases" / "four-hospitals.yaml"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cost: 4.2", "cost: -4.2", "got:      -4.2"),
        ("capacity: 12000", "capacity: 12,000", "without commas between thousands"),
        ("  - {name: university", "\t- {name: university", "blanks, not with tabs"),
        ("kind: sharing", "kind: sharin", "did you mean 'sharing'"),
        (
            "format: mdsolve/1\nkind: sharing",
            "format: mdsolve-solution/1",
            "name the instance first",
        ),
        ("name: district", "name: university", "different names"),
    ],
)
def test_a_slip_in_a_file_is_named_with_how_to_mend_it(tmp_path, old, new, words):
    file = tmp_path / "game.yaml"
    text = HOSPITALS.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(InstanceError) as error:
        load(file)
    assert words in str(error.value)


def test_the_file_that_was_meant_is_named(tmp_path):
    shutil.copy(HOSPITALS, tmp_path / "hospitals.yaml")
    with pytest.raises(InstanceError, match=r"did you mean 'hospitals\.yaml'"):
        load(tmp_path / "hospital.yaml")
    with pytest.raises(InstanceError, match="No such file"):
        load(tmp_path / "nowhere" / "hospital.yaml")


def test_an_instance_in_place_of_a_solution_is_to_be_solved_first():
    with pytest.raises(SolutionFileError, match="solve it first"):
        read_solution_data(HOSPITALS)
