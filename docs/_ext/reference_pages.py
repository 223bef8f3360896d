"""One page per folder of the package with all its modules, written before the build reads pages.

The pages stand in ``docs/reference`` and are not kept: the docstrings are the source.
"""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import GenericAlias
from typing import Any

from sphinx.application import Sphinx

PACKAGE = "mdsolve"
INDEX = "index"

SECTION = re.compile(r"-{3,}")
"""The line under the name of a section such as Parameters."""

PROMPT = re.compile(r"\s*(>>>|\.\.\.)")
LITERAL = re.compile(r"(``.*?``|`[^`]*`)")
MARKUP = re.compile(r"[|*]|(?<=\w)_(?!\w)")
"""Bars, stars, and the end of names such as ``s_``: formulas in plain text, not markup."""

START = """\
Reference by module
===================

Every module with its public classes and functions, a page per folder;
:doc:`/architecture` tells which folder does what. What a user of the library calls is on the page
:doc:`/python-api`.

.. toctree::
   :maxdepth: 1

"""

MODULE = """\
.. automodule:: {name}
   :members:
   :no-index:

"""


def folders(name: str = PACKAGE) -> dict[str, list[str]]:
    """Return the modules of each package, by the package's name."""
    package = import_module(name)
    found: dict[str, list[str]] = {name: []}
    for module in pkgutil.iter_modules(package.__path__, f"{name}."):
        if module.ispkg:
            found |= folders(module.name)
        elif not module.name.endswith("__main__"):
            found[name].append(module.name)
    return found


def write(app: Sphinx) -> None:
    """Write the pages whose text has changed."""
    place = Path(app.srcdir) / "reference"
    place.mkdir(exist_ok=True)
    texts = {}
    for package, modules in sorted(folders().items()):
        texts[package] = _heading(package, "=") + MODULE.format(name=package)
        for module in modules:
            texts[package] += _heading(module.removeprefix(f"{package}."), "-")
            texts[package] += MODULE.format(name=module)
    texts[INDEX] = START + "".join(f"   {package}\n" for package in sorted(texts))
    for name, text in texts.items():
        page = place / f"{name}.rst"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n\n"


def skip(_app: Sphinx, _what: str, _name: str, member: Any, ignored: bool, _options: Any) -> bool:
    """Leave aliases of types out: they have no signature to show."""
    return ignored or isinstance(member, GenericAlias)


def spell(_app: Sphinx, _what: str, _name: str, _it: Any, _options: Any, lines: list[str]) -> None:
    """Set indented formulas as they stand, and escape what prose shares with the markup."""
    written: list[str] = []
    formula, head = False, True
    for line in lines:
        head = head and not SECTION.fullmatch(line)
        indented = line.startswith("    ")
        if head and indented and not formula and written and not written[-1]:
            written += ["::", ""]
        formula = (head and indented) or (formula and not line)
        written.append(line if formula or PROMPT.match(line) else _escaped(line))
    lines[:] = written


def _escaped(line: str) -> str:
    parts = LITERAL.split(line)
    return "".join(part if part.startswith("`") else MARKUP.sub(r"\\\g<0>", part) for part in parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Announce the pages to Sphinx."""
    app.connect("builder-inited", write)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", spell, priority=100)
    return {"parallel_read_safe": True}
