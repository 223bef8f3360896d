"""Whole programs: what a user waits for at the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.bench.rows import Row, Task

ROOT = Path(__file__).parents[2]
GAME = str(ROOT / "instances" / "papers" / "murhekar2025" / "example4.yaml")
LARGER = str(ROOT / "instances" / "cases" / "thirty-hospitals.yaml")
IMPORTS = "the interpreter, NumPy, pydantic and typer: .2 s before a line of ours"


def program(*words: str, cache: str | None = None) -> None:
    """Run mdsolve with some words; it must succeed."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    command = [sys.executable, "-m", "mdsolve", *words]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def called(*words: str) -> Task:
    """Return a run of mdsolve."""
    return lambda: program(*words)


def verifying() -> Task:
    """Return the verification of a stored answer."""
    folder = Path(tempfile.mkdtemp())
    answer = str(folder / "answer.json")
    program("solve", GAME, "-m", "none", "-o", answer)
    return called("verify", GAME, answer)


def first_call() -> Task:
    """Return a solution that compiles every kernel it needs."""

    def task() -> None:
        cache = tempfile.mkdtemp()
        program("solve", LARGER, "-m", "none", cache=cache)
        shutil.rmtree(cache)

    return task


ROWS = (
    Row(
        "program: list", "", (1,), lambda _: called("list"), IMPORTS, {1: 0.25}, {1: 2.9}, repeats=5
    ),
    Row(
        "program: validate, two agents",
        "agents",
        (2,),
        lambda _: called("validate", GAME),
        IMPORTS,
        {2: 0.4},
        {2: 0.9},
    ),
    Row(
        "program: verify, two agents",
        "agents",
        (2,),
        lambda _: verifying(),
        IMPORTS,
        {2: 0.8},
        {2: 3.5},
    ),
    Row(
        "program: solve and certify, two agents",
        "agents",
        (2,),
        lambda _: called("solve", GAME, "-m", "none"),
        IMPORTS,
        {2: 1.0},
        {2: 4.4},
    ),
    Row(
        "program: first solve of thirty agents, no kernel compiled",
        "agents",
        (30,),
        lambda _: first_call(),
        "LLVM: about .5 s a kernel",
        {30: 4.0},
        {30: 10.0},
        repeats=2,
    ),
)
