"""Attacks on the checker, run in full by scripts and in small by the tests."""
