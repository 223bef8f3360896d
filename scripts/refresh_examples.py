"""Bring the command output shown in README and docs up to date, keeping what each block shows.

Run from the root of the project: python scripts/refresh_examples.py [PAGE...]

A run of lines that no longer occurs in a command's output is replaced by the lines between those
most like its first and its last. Read the difference before committing it.
"""

from __future__ import annotations

import difflib
import doctest
import itertools
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.docs.test_documentation import (  # noqa: E402
    FENCE,
    PAGES,
    WIDTH,
    call,
    commands,
    missing_part,
)


def most_like(line: str, lines: list[str], start: int) -> int:
    """Return the place of the line most like the one given, from `start` on."""
    ratios = [difflib.SequenceMatcher(None, line, other).ratio() for other in lines[start:]]
    return start + max(range(len(ratios)), key=ratios.__getitem__) if ratios else start


def refreshed(shown: list[str], found: list[str]) -> list[str]:
    """Return the output to show: the same runs of lines, as they are now."""
    result: list[str] = []
    place = 0
    for omitted, group in itertools.groupby(shown, "...".__eq__):
        wanted = list(group)
        if omitted:
            result.append("...")
            continue
        while wanted and not wanted[-1]:
            wanted.pop()
        lead = next((k for k, line in enumerate(wanted) if line), 0)
        first = most_like(wanted[lead], found, place) if wanted else place
        last = most_like(wanted[-1], found, first) if wanted else first
        result += found[first : last + 1]
        place = last + 1
    return result


def main() -> None:
    """Refresh the pages named, or all of them."""
    os.environ["COLUMNS"] = WIDTH
    pages = [Path(name).resolve() for name in sys.argv[1:]] or PAGES
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "instances").symlink_to(ROOT / "instances")
        os.chdir(folder)
        for page in pages:
            text = page.read_text(encoding="utf-8")
            names: dict[str, object] = {}
            new = FENCE.sub(lambda match, names=names: block(match, names), text)
            if new != text:
                page.write_text(new, encoding="utf-8")
                print(f"refreshed {page.relative_to(ROOT)}")


def block(match: re.Match[str], names: dict[str, object]) -> str:
    """Return one fenced block with its output refreshed; Python blocks run for their effects."""
    whole, language, text = match.group(0), match.group(1), match.group(2)
    if language == "pycon":
        for example in doctest.DocTestParser().get_examples(text):
            exec(compile(example.source, "example", "single"), names)
    if language != "console":
        return whole
    lines: list[str] = []
    for command, shown in commands(text):
        lines.append(f"$ {command}")
        if not command.startswith("mdsolve "):
            lines += shown
            continue
        found, _ = call(command)
        lines += refreshed(shown, found) if missing_part(shown, found) else shown
    return "```console\n" + "\n".join(lines) + "\n```"


if __name__ == "__main__":
    main()
