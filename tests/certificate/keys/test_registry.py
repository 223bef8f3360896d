"""Conditions are found in the modules named after the kind of instance they are about."""

from __future__ import annotations

from typing import get_args

from mdsolve.certificate.registry import CONDITIONS, Kind, kind_of, known


def test_a_module_holds_conditions_of_its_kind():
    for kind in get_args(Kind):
        assert known(kind)
    for (kind, name), entries in CONDITIONS.items():
        for entry in entries:
            module = entry.decide.__module__.rpartition(".")[2]
            assert kind_of(module) == kind, (name, module)
