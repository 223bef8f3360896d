"""Errors: what a user reads, and the exit code that goes with each kind."""

from __future__ import annotations

import inspect
import pickle

import pytest

from mdsolve import errors
from mdsolve.errors import Finding, InputError, MdsolveError, UsageError


def test_a_finding_reads_where_got_expected_fix():
    assert str(Finding("f: x", "1", "2", "write 2")).splitlines() == [
        "f: x",
        "    got:      1",
        "    expected: 2",
        "    fix:      write 2",
    ]
    assert "fix" not in str(Finding("f: x", "1", "2"))


def test_all_findings_are_kept():
    error = InputError(Finding(f"f: {k}", "1", "2") for k in range(3))
    assert [finding.where for finding in error.findings] == ["f: 0", "f: 1", "f: 2"]
    assert str(error).count("got:") == 3
    assert isinstance(UsageError.single("w", "g", "e"), UsageError)


def test_many_findings_are_counted_and_travel():
    error = InputError((Finding(f"f: {k}", "1", "2") for k in range(30)), more=17_470)
    assert str(error).count("got:") == 20
    assert str(error).splitlines()[-1] == "and 17,480 more"
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.findings, copy.more, str(copy)) == (error.findings, error.more, str(error))


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    ],
)
def test_every_error_is_ours_and_has_an_exit_code(kind):
    assert issubclass(kind, MdsolveError)
    assert kind.exit_code == (2 if issubclass(kind, InputError) else 5)
    assert kind.__doc__


def test_exit_codes_are_those_of_the_contract():
    codes = {name: value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert codes == {
        "EXIT_SOLVED": 0,
        "EXIT_CONDITION_FAILS": 1,
        "EXIT_BAD_INPUT": 2,
        "EXIT_NONE_EXISTS": 3,
        "EXIT_STOPPED": 4,
        "EXIT_INTERNAL": 5,
    }
