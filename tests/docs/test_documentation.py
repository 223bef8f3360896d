"""The documentation tells the truth: examples run as shown, nothing is forgotten.

Blocks marked ``console`` hold commands after ``$ `` with their output; a line ``...`` stands for
lines left out. Blocks marked ``pycon`` are doctests. Blocks marked ``yaml`` that start with
``format:`` are instances. The blocks of a page run in order, in one folder.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import itertools
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
import yaml

from mdsolve.cli.main import app, run
from mdsolve.instance import parse
from mdsolve.mechanism.registry import mechanisms
from mdsolve.reproduce.record import ITEMS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts)]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
RELATIVE, ROUNDING = 1e-3, 1e-9
WIDTH = "84"


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*match) for match in FENCE.findall(page.read_text(encoding="utf-8"))]


def pages_with(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(b.language in languages for b in blocks(page))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Return each command of a console block with the output lines shown for it."""
    shown: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            shown.append((line[2:], []))
        else:
            shown[-1][1].append(line.rstrip())
    return shown


def call(command: str) -> tuple[list[str], int]:
    """Run one mdsolve command in this process; return its output lines and exit code."""
    output, code, arguments = io.StringIO(), 0, sys.argv
    sys.argv = shlex.split(command)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            run()
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = arguments
    return [line.rstrip() for line in output.getvalue().splitlines()], code


def same_word(shown: str, found: str) -> bool:
    """Tell whether two words agree; numbers may differ by a little, roundings by anything."""
    shown, found = ("0" if word == "nothing" else word for word in (shown, found))
    if NUMBER.sub("#", shown) != NUMBER.sub("#", found):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(found), strict=True)
    return all(
        abs(a - b) <= max(ROUNDING, RELATIVE * max(abs(a), abs(b)))
        for a, b in ((float(x.replace(",", "")), float(y.replace(",", ""))) for x, y in pairs)
    )


def same_line(shown: str, found: str) -> bool:
    left, right = shown.split(), found.split()
    return len(left) == len(right) and all(map(same_word, left, right))


def missing_part(shown: list[str], found: list[str]) -> list[str] | None:
    """Return the first run of shown lines that does not occur, in order, in the output."""
    place = 0
    runs = [list(g) for omitted, g in itertools.groupby(shown, "...".__eq__) if not omitted]
    for wanted in runs:
        starts = range(place, len(found) - len(wanted) + 1)
        hit = next((k for k in starts if all(map(same_line, wanted, found[k:]))), None)
        if hit is None:
            return wanted
        place = hit + len(wanted)
    return None


def test_the_comparison_can_fail():
    assert missing_part(["a 1.5", "...", "c"], ["a 1.5", "b", "c"]) is None
    assert missing_part(["a 1.5", "...", "c"], ["a 1.6", "b", "c"]) == ["a 1.5"]
    assert missing_part(["c", "...", "a"], ["a", "b", "c"]) == ["a"]
    assert not same_word("pass", "fail")


@pytest.mark.parametrize("page", pages_with("console", "pycon"), ids=name_of)
def test_examples_run_as_shown(page, tmp_path, monkeypatch):
    (tmp_path / "instances").symlink_to(ROOT / "instances")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", WIDTH)
    names: dict[str, object] = {}
    code = 0
    for block in blocks(page):
        if block.language == "pycon":
            example = doctest.DocTestParser().get_doctest(block.text, names, page.name, None, 0)
            report = io.StringIO()
            runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
            runner.run(example, out=report.write, clear_globs=False)
            names = example.globs
            assert runner.failures == 0, report.getvalue()
        elif block.language == "console":
            for command, shown in commands(block.text):
                if command == "echo $?":
                    assert shown == [str(code)]
                    continue
                assert command.startswith("mdsolve "), "use a sh block for other commands"
                found, code = call(command)
                lost = missing_part(shown, found)
                assert lost is None, "\n".join(["not in the output:", *lost, "output:", *found])


@pytest.mark.parametrize("page", pages_with("yaml"), ids=name_of)
def test_instances_shown_are_valid(page):
    shown = [b.text for b in blocks(page) if b.language == "yaml"]
    assert all(text.startswith("format:") for text in shown)
    for text in shown:
        parse(yaml.safe_load(text))


def test_every_command_is_in_the_reference():
    reference = (DOCS / "commands.md").read_text(encoding="utf-8")
    described = re.findall(r"^## (\S+)\n\n```\{command-options\} (\S+)\n", reference, re.MULTILINE)
    assert all(heading == name for heading, name in described)
    assert {name for _, name in described} == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("name", [*mechanisms("market"), *mechanisms("sharing")])
def test_every_mechanism_has_a_page(name):
    page = (DOCS / "mechanisms" / f"{name}.md").read_text(encoding="utf-8")
    assert f"```{{mechanism-facts}} {name}\n" in page
    assert {"## Definition", "## Promises"} <= set(page.splitlines())
    index = (DOCS / "mechanisms" / "index.md").read_text(encoding="utf-8")
    assert name in index.splitlines()
    assert f"mechanisms/{name}.md" in (DOCS / "choose-a-mechanism.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ITEMS)
def test_every_reproduction_is_described(name):
    assert name in (DOCS / "reproducing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_files_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    missing = [t for t in targets if not (page.parent / t).exists()]
    assert not missing
