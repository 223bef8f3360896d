"""What every command shares: option types, parsing of KEY=VALUE, progress bars, JSON output."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mdsolve.cli.outputs import output_file as output_file  # noqa: PLC0414 - from both
from mdsolve.data_root import DATA_ROOT
from mdsolve.errors import Finding, UsageError
from mdsolve.progress import Event, Monitor

if TYPE_CHECKING:
    from rich.progress import Progress


def _rooted(context: typer.Context, root: Path | None) -> Path | None:
    """Name the data root in the environment while the command runs, worker processes included."""
    if root is None:
        return None
    before = os.environ.get(DATA_ROOT)

    def restore() -> None:
        if before is None:
            os.environ.pop(DATA_ROOT, None)
        else:
            os.environ[DATA_ROOT] = before

    context.call_on_close(restore)
    os.environ[DATA_ROOT] = str(root)
    return root


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        message = "a finite number is needed"
        raise typer.BadParameter(message)
    return value


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no tables.")]
TimeLimit = Annotated[
    float | None,
    typer.Option("--time-limit", help="Stop after this many seconds.", min=0.0, callback=_finite),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of everything random.", min=0)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Option of the mechanism, as KEY=VALUE; may be repeated."),
]
Jobs = Annotated[
    int, typer.Option("--jobs", help="Processes for independent pieces of the work.", min=1)
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with what an earlier run of the same has finished.")
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="ADDRESS", help="Use this dask scheduler: tcp://HOST:PORT."),
]
DataRoot = Annotated[
    Path | None,
    typer.Option(
        "--data-root",
        help="Folder in which data may lie, besides the instance's.",
        envvar=DATA_ROOT,
        callback=_rooted,
    ),
]
MemoryLimit = Annotated[
    str, typer.Option("--memory-limit", help="Most memory a computation may take, e.g. 8GiB.")
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        help="Accepted violation relative to the scale of the instance.",
        min=0.0,
        callback=_finite,
    ),
]


DEFAULT_MEMORY = "4GiB"
LARGEST_MEMORY = 2**63
SHOW_AFTER_SECONDS = 1.0
PROGRESS_VARIABLE = "MDSOLVE_PROGRESS"
"""Environment variable; ``lines`` writes every event of progress as a line on stderr."""

_UNITS = {
    "": 1,
    "b": 1,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "k": 2**10,
    "m": 2**20,
    "g": 2**30,
    "tib": 2**40,
    "tb": 10**12,
}


def memory_bytes(text: str) -> int:
    """Return a number of bytes written like ``4GiB``, ``500MB`` or ``1000000``.

    Examples
    --------
    >>> memory_bytes("4GiB")
    4294967296
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", text)
    unit = _UNITS.get(match.group(2).lower()) if match else None
    if match is None or unit is None:
        raise UsageError.single("--memory-limit", repr(text), "a size such as 4GiB or 500MB")
    size = float(match.group(1)) * unit
    return int(min(size, LARGEST_MEMORY))


def one_place(jobs: int, cluster: str | None) -> None:
    """Raise `UsageError` where both processes of this machine and a cluster are asked for."""
    if jobs > 1 and cluster is not None:
        raise UsageError.single("--jobs", f"{jobs}, beside --cluster", "one of them")


def parse_settings(settings: Sequence[str] | None) -> dict[str, Any]:
    """Return ``--set KEY=VALUE`` pairs as a mapping; all malformed ones are reported at once."""
    values: dict[str, Any] = {}
    findings = []
    for setting in settings or ():
        key, separator, value = setting.partition("=")
        if not separator or not key.strip():
            findings.append(Finding("--set", repr(setting), "KEY=VALUE"))
        elif key.strip() in values:
            findings.append(Finding("--set", f"{key.strip()} twice", "each key once"))
        else:
            values[key.strip()] = value.strip()
    if findings:
        raise UsageError(findings)
    return values


def dynamics_options(simulated: bool, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the options given for ``--dynamics``, None where nothing is simulated.

    Raises
    ------
    UsageError
        If there are options but nothing is simulated.
    """
    named = {key: value for key, value in given.items() if value is not None}
    if simulated:
        return named
    if named:
        options = [f"--{key.replace('_', '-')}" for key in named]
        raise UsageError(
            Finding(option, "given without --dynamics", "only with it", "add --dynamics")
            for option in options
        )
    return None


def print_json(data: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(data, indent=1, allow_nan=False) + "\n")


@contextmanager
def progress_monitor(quiet: bool, time_limit: float | None) -> Iterator[Monitor]:
    """Yield a monitor that draws a bar on stderr once the work has taken over a second.

    Nothing is drawn when stderr is not a terminal or `quiet` is set. For logs, and for programs
    that wait for a sign of life, the environment may ask for a line per event instead.
    """
    if os.environ.get(PROGRESS_VARIABLE) == "lines":
        yield Monitor(_tell, time_limit)
        return
    bar: Progress | None = None
    tasks: dict[str, Any] = {}
    started = time.monotonic()
    visible = not quiet and sys.stderr.isatty()

    def listen(event: Event) -> None:
        nonlocal bar
        if time.monotonic() - started < SHOW_AFTER_SECONDS:
            return
        if bar is None:
            bar = _make_bar()
            bar.start()
        if event.label not in tasks:
            tasks[event.label] = bar.add_task(event.label, total=event.total)
        bar.update(tasks[event.label], completed=event.done, total=event.total)

    try:
        yield Monitor(listen if visible else None, time_limit)
    finally:
        if bar is not None:
            bar.stop()


def _tell(event: Event) -> None:
    sys.stderr.write(f"progress: {event.label} {event.done}/{event.total}\n")
    sys.stderr.flush()


def _make_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
