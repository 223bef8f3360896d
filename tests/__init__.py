"""Tests of mdsolve; the folders mirror the package."""
