"""Fixtures of commands, shared with the tests of the command line."""

from tests.cli.conftest import mdsolve  # noqa: F401
