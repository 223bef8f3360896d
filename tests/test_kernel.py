"""Kernels say once that they are compiled, and never where they lie in the cache."""

from __future__ import annotations

import importlib.util
import sys

import numba
import pytest

from mdsolve import kernel

SOURCE = """
from mdsolve.kernel import kernel

@kernel()
def doubled(number):
    return 2 * number
"""


def fresh(folder, name):
    spec = importlib.util.spec_from_file_location(name, folder / "kernels_of_a_test.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(kernel, "LISTENERS", [lambda: heard.append("compiling")])
    return heard


def test_only_what_no_process_has_compiled_is_announced(tmp_path, told, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "kernels_of_a_test.py").write_text(SOURCE)
    first = fresh(tmp_path, "first_of_a_test")
    assert told == []
    assert first.doubled(2) == 4
    assert told == ["compiling"]
    first.doubled(3)
    assert fresh(tmp_path, "first_of_a_test").doubled(4) == 8
    assert told == ["compiling"]
