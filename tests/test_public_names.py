"""The Python interface: its names resolve, stay what they are, and cost nothing until used."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import mdsolve as md

CONTRACT = {
    *("load", "solve", "verify", "payments", "frontier"),
    *("MarketInstance", "SharingInstance", "TrainingInstance", "Solution"),
}


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_names_of_the_contract_are_there():
    assert set(md.__all__) >= CONTRACT
    assert md.__all__ == sorted(md.__all__)
    assert dir(md) == md.__all__
    for name in md.__all__:
        assert inspect.getdoc(getattr(md, name)), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = md.nothing


def test_solve_stays_a_function_whatever_is_imported():
    code = (
        "import importlib, pkgutil, types, mdsolve\n"
        "for found in pkgutil.walk_packages(mdsolve.__path__, 'mdsolve.'):\n"
        "    importlib.import_module(found.name)\n"
        "kinds = {name: type(getattr(mdsolve, name)) for name in mdsolve.__all__}\n"
        "print([name for name, kind in kinds.items() if kind is types.ModuleType])"
    )
    assert run(code) == "[]"


def test_a_bare_import_is_light():
    code = "import sys, mdsolve; print([m for m in ('numpy', 'pydantic') if m in sys.modules])"
    assert run(code) == "[]"
