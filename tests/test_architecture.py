"""The shape of the package: import rules, nothing unfinished, files of a readable size."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from types import SimpleNamespace

import pytest

import mdsolve
from mdsolve.instance.common import family_file
from mdsolve.instance.protocols import SPECS, protocol_file
from mdsolve.study.catalogue import catalogue

PACKAGE = Path(mdsolve.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def code_of(file):
    """Return a module without its docstrings and other free-standing texts."""
    return re.sub(r'""".*?"""', "", file.read_text(), flags=re.DOTALL)


def comments_of(file):
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text()).readline)
    return " ".join(token.string for token in tokens if token.type == tokenize.COMMENT)


def imports_of(file):
    """Return the absolute names a module imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: a relative import"
            found.add(node.module)
    return found


def test_the_import_rules_are_kept():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"[5-9] kept, 0 broken", done.stdout), done.stdout


def test_the_checker_imports_nothing_of_the_solvers_nor_of_the_games():
    forbidden = {"game", "shapley", "solver", "mechanism", "learn", "study", "report", "cli"}
    libraries = {"cvxpy", "scipy", "networkx", "pulp", "numba", "highspy", "torch"}
    files = list((PACKAGE / "certificate").rglob("*.py"))
    assert len(files) > 5
    for file in files:
        for name in imports_of(file):
            first, _, rest = name.partition(".")
            assert first not in libraries, file
            assert not (first == "mdsolve" and rest.partition(".")[0] in forbidden), file


def test_numerical_libraries_stay_where_they_belong():
    homes = {
        "scipy": {"solver", "shapley"},
        "networkx": {"solver"},
        "pulp": {"solver"},
        "highspy": {"solver"},
        "cvxpy": {"solver"},
        "numba": {"kernel.py"},
        "matplotlib": {"report"},
        "torch": {"learn"},
    }
    for file in FILES:
        folder = file.relative_to(PACKAGE).parts[0]
        for name in imports_of(file):
            assert folder in homes.get(name.partition(".")[0], {folder}), file


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_every_module_says_its_job_and_is_finished(file):
    text = file.read_text()
    document = ast.get_docstring(ast.parse(text))
    assert document
    assert document.splitlines()[0].endswith((".", ",")) or len(document.splitlines()) > 1
    assert "from __future__ import annotations" in text or file.name == "__init__.py"
    assert not re.search(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b", text)
    assert len(text.splitlines()) <= 500
    assert not re.search(r"/(?:work|home|tmp)/", text)


SINGULAR = {
    "accuracies": "accuracy",
    "costs": "cost",
    "qualities": "quality",
    "valuations": "valuation",
}
LAYERS = ("instance", "game", "certificate/reading")


def families_of(layer, group):
    return {file.stem for file in (PACKAGE / layer / group).glob("*.py")} - {"__init__", "base"}


@pytest.mark.parametrize("group", ["accuracies", "costs", "qualities", "valuations"])
def test_a_family_is_its_schema_its_function_and_the_checkers_reading(group):
    names = families_of("instance", group)
    assert len(names) >= 4
    for layer in LAYERS:
        assert families_of(layer, group) == names, layer
    for name in names:
        imported = imports_of(PACKAGE / "game" / group / f"{name}.py")
        assert not any(re.match(r"mdsolve\.certificate\b", entry) for entry in imported), name
        imported = imports_of(PACKAGE / "instance" / group / f"{name}.py")
        assert not any(
            entry.startswith(("mdsolve.game", "mdsolve.certificate")) for entry in imported
        )


@pytest.mark.parametrize("group", ["accuracies", "costs", "qualities", "valuations"])
def test_families_of_the_schema_are_named_like_their_files(group):
    listed = {
        family_file(SimpleNamespace(family=entry["name"])) for entry in catalogue()[SINGULAR[group]]
    }
    assert listed == families_of("instance", group) - {"python_object"}


def test_a_protocol_is_its_schema_its_run_and_the_checkers_reading():
    names = {protocol_file(spec) for spec in SPECS.values()}
    assert families_of("instance", "protocols") == names
    for layer in ("learn/protocols", "certificate/training_rules"):
        assert families_of(layer, "") >= names, layer
    assert families_of("certificate", "training_rules") == names | {"registry"}


def test_comments_hold_no_code_that_was_switched_off():
    for file in FILES:
        assert not re.search(
            r"#\s*(?:import|from \w+ import|def |class |return )", comments_of(file)
        )
