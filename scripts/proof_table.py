"""Which claims of the bundled instances have proofs: `python scripts/proof_table.py [FOLDER]`.

Every sharing game and market is solved under its own mechanism, proved, and checked by the
stand-alone program; the table goes into docs/proof-files.md between its markers. FOLDER keeps
solutions (NAME.json), so that a second run does not solve again.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import mdsolve as md
from mdsolve.errors import MdsolveError
from mdsolve.proving.checker import checker_path
from mdsolve.proving.record import FOLLOWS, write_proofs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "proof-files.md"
MARKS = ("<!-- table: scripts/proof_table.py -->\n", "<!-- end of table -->\n")


def instances() -> list[Path]:
    folders = [ROOT / "instances" / name for name in ("small", "cases", "papers")]
    files = sorted(file for folder in folders for file in folder.rglob("*.yaml"))
    return [file for file in files if "kind: training" not in file.read_text()]


def solved(file: Path, folder: Path) -> Path:
    """Return the solution file of an instance, solving it where there is none."""
    name = str(file.relative_to(ROOT / "instances").with_suffix("")).replace("/", "__")
    target = folder / f"{name}.json"
    if not target.exists():
        instance = md.load(file)
        md.solve(instance).to_json(target)
    return target


def row(file: Path, folder: Path) -> tuple[str, bool, int, float]:
    """Return a line of the table, whether all is proved, bytes, and seconds of the check."""
    name = str(file.relative_to(ROOT / "instances").with_suffix(""))
    found = md.prove_file(file, solved(file, folder), monitor=None)
    target = folder / "proof.tmp"
    size = write_proofs(found, target)
    began = time.perf_counter()
    command = [sys.executable, "-I", "-S", str(checker_path()), str(target)]
    code = 0
    if any(one.entries for one in found):
        code = subprocess.run(command, capture_output=True, check=False).returncode
    seconds = time.perf_counter() - began
    if code:
        raise SystemExit(f"{name}: the checker refuses what was proved")
    (one,) = found
    proved = ", ".join(f"`{claim}`" for claim in one.proved) or "-"
    missing = [entry for entry in one.missing if entry.condition not in FOLLOWS]
    grouped: dict[str, list[str]] = {}
    for one_missing in missing:
        grouped.setdefault(one_missing.reason, []).append(f"`{one_missing.condition}`")
    lacking = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in grouped.items()) or "-"
    sized = (f"{size:,}", f"{seconds:.2f}") if one.entries else ("-", "-")
    line = f"| {name} | {one.mechanism} | {proved} | {lacking} | {sized[0]} | {sized[1]} |"
    return line, not missing, size if one.entries else 0, seconds


def main(folder: str = "") -> None:
    place = Path(folder) if folder else ROOT / ".proofs"
    place.mkdir(exist_ok=True)
    lines, sizes, times, complete = [], [], [], 0
    for file in instances():
        try:
            line, whole, size, seconds = row(file, place)
        except MdsolveError as error:
            print(f"{file.name}: {str(error)[:80]}", flush=True)
            continue
        lines.append(line)
        complete += whole
        if size:
            sizes.append(size)
            times.append(seconds)
        print(line, flush=True)
    head = [
        f"{len(lines)} instances under their own mechanisms; everything promised is proved for "
        f"{complete}. Proofs are {statistics.median(sizes):,.0f} bytes long in the median and "
        f"{max(sizes):,} at most; their check takes {statistics.median(times):.2f} s in the median "
        f"and {max(times):.1f} s at most (start of Python included).",
        "",
        "| instance | mechanism | proved | not proved | bytes | s |",
        "|---|---|---|---|---|---|",
    ]
    text = PAGE.read_text()
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    table = "\n".join([*head, *lines, ""])
    PAGE.write_text(before + MARKS[0] + table + MARKS[1] + after)


if __name__ == "__main__":
    main(*sys.argv[1:2])
