"""Long commands stopped in the middle, by any signal, and taken up again: nothing is lost.

A command is run until it has told of so many finished pieces, then stopped, as often as is asked
for, and at last left to end. Nothing waits for a clock: the program's own progress says when.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CASES = ROOT / "instances" / "cases"
TRAINING = ROOT / "instances" / "training"
SMALL = ROOT / "instances" / "small"

ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNALS = (signal.SIGKILL, *ASKED)
STOPPED = 4

KEPT = ("*.pieces", "*.pieces.new", "*.checkpoint.npz", "*.runs.npz")
"""What unfinished work is kept in."""

TIMED = ("provenance", "seconds")
"""Keys of documents that tell how long something took."""


@dataclass(frozen=True)
class Command:
    """One long command.

    Parameters
    ----------
    words : tuple of str
    pieces : int
        How many signs of life it gives, at least.
    output : str or None
        Name of the file it writes; None for a document on standard output.
    resume : bool
        Whether it is to be told to go on.
    prepare : tuple of str
        A command to run before, once.
    """

    words: tuple[str, ...]
    pieces: int
    output: str | None = None
    resume: bool = True
    prepare: tuple[str, ...] = ()


COMMANDS = {
    "sweep": Command(
        ("sweep", f"{CASES}/four-hospitals.yaml", "--vary", "platform_data=0:9:4", "-m", "none"),
        4,
        "t.csv",
    ),
    "sweep on two processes": Command(
        (
            *("sweep", f"{CASES}/four-hospitals.yaml", "--vary", "platform_data=0:9:4"),
            *("-m", "none", "--jobs", "2", "--per-agent"),
        ),
        4,
        "t.json",
    ),
    "frontier": Command(("frontier", "--agents", "2", "--exponent=-1:-0.7:0.05", "--json"), 7),
    "compare": Command(
        (
            *("compare", f"{CASES}/four-hospitals.yaml", "--json"),
            *("-m", "none", "-m", "shapley", "-m", "welfare", "-m", "target"),
        ),
        4,
    ),
    "check": Command(
        ("check", *(f"{SMALL}/{x}.yaml" for x in ("share", "sum", "linear")), "--json"), 3
    ),
    "train": Command(("train", f"{TRAINING}/strategic-clinics.yaml"), 20, "s.json"),
    "fit": Command(
        ("fit", f"{TRAINING}/three-scanners.yaml", "--points", "20", "--replicates", "1"),
        2,
        "f.yaml",
        resume=False,  # it goes on unasked
    ),
    "draws": Command(
        ("solve", "fitted.yaml", "-m", "none", "--draws", "4", "--seed", "1"),
        4,
        "s.json",
        prepare=("fit", f"{CASES}/learning-curves.csv", "--cost", "0.0003", "-o", "fitted.yaml"),
    ),
}


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str


def run(words: Sequence[str], folder: Path, number: int | None = None, after: int = 0) -> Ended:
    """Run the program; send it a signal once it has told of so many pieces."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mdsolve", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "MDSOLVE_PROGRESS": "lines",
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
        preexec_fn=_heeding_interrupts,  # noqa: PLW1509 - no threads here
    )
    said = ""
    with process:
        if number is not None:
            seen = 0
            for line in process.stderr:
                said += line
                seen += line.startswith("progress: ")
                if seen == after:
                    process.send_signal(number)
                    break
        out, err = process.communicate()
    return Ended(process.returncode, out, said + err)


def _heeding_interrupts() -> None:
    """Undo that shells let what they start in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def outcome(command: Command, folder: Path, ended: Ended) -> Any:
    """Return what a finished run has said or written, without times."""
    if command.output is None:
        return _timeless(json.loads(ended.out))
    text = (folder / command.output).read_text()
    return _timeless(json.loads(text)) if command.output.endswith(".json") else text


def _timeless(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _timeless(x) for key, x in data.items() if key not in TIMED}
    return [_timeless(x) for x in data] if isinstance(data, list) else data


def words_of(command: Command, *, resume: bool) -> list[str]:
    """Return the words of a command, for the first run or a later one."""
    output = [] if command.output is None else ["-o", command.output]
    return [*command.words, *output, *(["--resume"] if resume and command.resume else [])]


def complaints(name: str, folder: Path, reference: Any, seed: int, *, stops: int = 3) -> list[str]:
    """Stop a command up to so many times at drawn moments; return what was not as it should be."""
    command, draw = COMMANDS[name], random.Random(seed)
    found: list[str] = []
    if command.prepare:
        run(command.prepare, folder)
    old = draw.random() < 0.5 and command.output is not None
    if old:
        (folder / str(command.output)).write_text(OLD)
    resume = False
    for _ in range(draw.randint(1, stops)):
        number = draw.choice(SIGNALS)
        ended = run(
            words_of(command, resume=resume), folder, number, draw.randint(1, command.pieces)
        )
        found += _stopped(number, ended, folder, command, old=old)
        if ended.code == 0:
            break
        resume = any(x for kept in KEPT for x in folder.rglob(kept))
    else:
        ended = run(words_of(command, resume=resume), folder)
    if ended.code != 0:
        found.append(f"exit code {ended.code} in the end: {ended.err[-400:]}")
    elif outcome(command, folder, ended) != reference:
        found.append("another result than that of a run that was not stopped")
    left = [str(x.relative_to(folder)) for kept in KEPT for x in folder.rglob(kept)]
    if ended.code == 0 and left:
        found.append(f"left behind: {left}")
    return [f"{name}, seed {seed}: {words}" for words in found]


OLD = "an older file\n"


def _stopped(number: int, ended: Ended, folder: Path, command: Command, *, old: bool) -> list[str]:
    """Return what is wrong with how a run was stopped."""
    found = []
    allowed = (-number, 0) if number == signal.SIGKILL else (STOPPED, 0)
    if ended.code not in allowed:
        found.append(f"exit code {ended.code} after signal {number}: {ended.err[-400:]}")
    if "Traceback" in ended.err:
        found.append(f"a traceback after signal {number}: {ended.err[-400:]}")
    if old and ended.code != 0 and (folder / str(command.output)).read_text() != OLD:
        if command.output == "s.json" and ended.code == STOPPED:
            return found  # a file of other content is no better answer
        found.append("an older file was replaced")
    return found
