"""Build the wheel and try it in bare environments of several Pythons, newest and lowest versions.

    python scripts/try_wheel.py                      # every Python found, newest versions
    python scripts/try_wheel.py --lowest             # the oldest Python, lowest declared versions
    python scripts/try_wheel.py --pythons 3.12 --wheel dist/mdsolve-0.1.0-py3-none-any.whl

Each environment gets the wheel and its extras `report` and `tables`, nothing else: no constraints,
no checkout on the path. Then every verb is called as a user would, from an empty folder; what a
verb writes is read by the next one. Prints one line per step and ends with the number of failures.

The lowest versions are those that pyproject.toml declares. They are tried on Python 3.11, the only
Python for which all of them have wheels.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = "report,tables"
STEP_LIMIT = 300
"""Seconds that a step may take on a busy machine."""


@dataclass(frozen=True)
class Step:
    """A command of the new environment and the exit codes that are right for it."""

    words: tuple[str, ...]
    right: tuple[int, ...] = (0,)


def steps() -> list[Step]:
    """Return what is tried, in an order in which files exist before they are read."""
    lines = [
        "mdsolve --version",
        "python -c import|mdsolve;print(mdsolve.__all__)",
        "python -m mdsolve list",
        "mdsolve new sharing -o mine.yaml",
        "mdsolve new market -o market.yaml",
        "mdsolve validate mine.yaml market.yaml",
        "mdsolve show shapley",
        "mdsolve schema",
        "mdsolve solve mine.yaml -o answer.json",
        "mdsolve verify mine.yaml answer.json",
        "mdsolve prove mine.yaml answer.json -o proof.json",
        "mdsolve report answer.json --instance mine.yaml -o page.html",
        "mdsolve design mine.yaml -o rule.json",
        "mdsolve compare mine.yaml",
        "mdsolve sweep mine.yaml --vary platform_data=0:100:3 -o sweep.csv",
        "mdsolve sweep mine.yaml --vary platform_data=0:100:3 -o sweep.parquet",
        "mdsolve payments market.yaml",
        "mdsolve frontier --agents 2 --exponent -0.8",
        "mdsolve compare market.yaml",
        "mdsolve reproduce chen2020/example1",
    ]
    found = []
    for line in lines:
        words = tuple(word.replace("|", " ") for word in line.split())
        # A claim without a proof object (4) and rules without an answer (3) are answers too.
        open_ended = words[1] in {"prove", "compare", "payments"}
        found.append(Step(words, (0, 3, 4) if open_ended else (0,)))
    return found


def lowest_versions() -> list[str]:
    """Return the lowest version of every dependency and of the extras tried, as pip wants them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in EXTRAS.split(","):
        wanted += project["optional-dependencies"][extra]
    return [re.sub(r">=([\d.]+).*", r"==\1", line) for line in wanted]


def build(folder: Path) -> Path:
    """Build the wheel from the checkout and return its path."""
    pip = [sys.executable, "-W", "ignore", "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "-w", str(folder), str(ROOT)], check=True)
    return next(folder.glob("mdsolve-*.whl"))


def pythons(names: list[str]) -> list[str]:
    """Return the interpreters of the versions asked for; one that is missing is an error."""
    found = []
    for name in names:
        places = sorted(Path.home().glob(f".pyenv/versions/{name}.*/bin/python"))
        path = shutil.which(f"python{name}") if not places else str(places[-1])
        if path is None:
            sys.exit(f"python{name} is not here: install it, or leave it out with --pythons")
        found.append(path)
    return found


def attempt(python: str, wheel: Path, versions: list[str]) -> int:
    """Try the wheel in one new environment and return how many steps failed."""
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([python, "-m", "venv", str(folder / "env")], check=True)
        programs = folder / "env" / "bin"
        begin = time.perf_counter()
        pip = [str(programs / "python"), "-W", "ignore", "-m", "pip", "install", "--quiet"]
        options = ["--no-cache-dir", "--disable-pip-version-check"]
        install = [*pip, *options, f"{wheel}[{EXTRAS}]", *versions]
        if subprocess.run(install, check=False).returncode:
            print("  FAILED to install")
            return 1
        print(f"  installed in {time.perf_counter() - begin:.0f} s", flush=True)
        work = folder / "work"
        work.mkdir()
        for step in steps():
            failures += not passes(step, programs, work)
    return failures


def passes(step: Step, programs: Path, work: Path) -> bool:
    """Run one step in the work folder; print how it went and tell whether it was right."""
    begin = time.perf_counter()
    command = [str(programs / step.words[0]), *step.words[1:]]
    done = subprocess.run(
        command, cwd=work, capture_output=True, text=True, timeout=STEP_LIMIT, check=False
    )
    right = done.returncode in step.right and "Traceback" not in done.stderr
    seconds = time.perf_counter() - begin
    print(f"  {'ok' if right else 'FAILED':6} {seconds:5.1f} s  {' '.join(step.words)}", flush=True)
    if not right:
        print(f"    exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    return right


def main() -> None:
    """Read the command line, build, and try every environment asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pythons", nargs="+", default=["3.11", "3.12", "3.13"])
    parser.add_argument("--lowest", action="store_true", help="lowest declared versions, on 3.11")
    parser.add_argument("--wheel", type=Path, help="a wheel built before")
    asked = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        wheel = asked.wheel or build(Path(name))
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
        names = ["3.11"] if asked.lowest else asked.pythons
        for version, python in zip(names, pythons(names), strict=True):
            words = "lowest" if asked.lowest else "newest"
            print(f"Python {version}, {words} versions", flush=True)
            failures += attempt(python, wheel, lowest_versions() if asked.lowest else [])
    print(f"{failures} failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
