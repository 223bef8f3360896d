"""Tables taken from the package itself: options of commands, facts of mechanisms.

Directives
----------
``command-options NAME``
    Help text, arguments and options of one command, as the command line declares them.
``mechanism-facts NAME``
    Title, source, maturity and options of one mechanism, as the registry declares them.
``mechanism-list KIND``
    One row per mechanism for that kind of instance, with a link to its page.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, ClassVar

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from mdsolve.cli.main import app as command_line
from mdsolve.mechanism.registry import mechanisms

REGISTRIES = {"market": mechanisms("market"), "sharing": mechanisms("sharing")}


def command_table(name: str) -> str:
    """Return one command's help and options as Markdown; raises `KeyError` if it is unknown."""
    command: Any = typer.main.get_command(command_line)
    command = command.commands[name]
    arguments = [p for p in command.params if not p.opts[0].startswith("-")]
    options = [p for p in command.params if p.opts[0].startswith("-")]
    usage = " ".join(_placeholder(argument) for argument in arguments)
    lines = [command.help, "", "```text", f"mdsolve {name} [OPTIONS] {usage}".rstrip(), "```", ""]
    lines += ["| | |", "|---|---|"]
    lines += [f"| `{a.name.upper()}` | {_cell(a.help)} |" for a in arguments]
    lines += [f"| {_spelling(option)} | {_about(option)} |" for option in options]
    return "\n".join(lines)


def _placeholder(argument: Any) -> str:
    word = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def _spelling(option: Any) -> str:
    return ", ".join(f"`{word}`" for word in option.opts)


def _about(option: Any) -> str:
    text = _cell(option.help)
    default = option.default.value if isinstance(option.default, Enum) else option.default
    if option.required:
        return f"{text} Required."
    return f"{text} Default: `{default}`." if default not in (None, False) else text


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def mechanism_facts(name: str) -> str:
    """Return one mechanism's registry entry as Markdown; raises `KeyError` if it is unknown."""
    rules = {**mechanisms("market"), **mechanisms("sharing")}
    facts = rules[name].describe()
    lines = ["| | |", "|---|---|"]
    lines += [f"| {key} | {_cell(facts[key])} |" for key in ("title", "source", "maturity")]
    for option in facts["options"]:
        choices = ", ".join(f"`{choice}`" for choice in option["choices"]) or "words"
        about = _cell(option["about"])
        lines.append(f"| option `{option['name']}` | {about}. Values: {choices}. |")
    return "\n".join(lines)


def mechanism_list(kind: str) -> str:
    """Return a Markdown table of the mechanisms for one kind; raises `KeyError` on another."""
    lines = ["| name | rule | source | maturity |", "|---|---|---|---|"]
    for name, rule in REGISTRIES[kind].items():
        cells = [_cell(text) for text in (rule.summary, rule.citation, rule.maturity)]
        lines.append(f"| [`{name}`]({name}.md) | {' | '.join(cells)} |")
    return "\n".join(lines)


class CommandOptions(SphinxDirective):
    """``command-options NAME``."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the command's table."""
        return self.parse_text_to_nodes(command_table(self.arguments[0]))


class MechanismFacts(SphinxDirective):
    """``mechanism-facts NAME``."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the mechanism's table."""
        return self.parse_text_to_nodes(mechanism_facts(self.arguments[0]))


class MechanismList(SphinxDirective):
    """``mechanism-list KIND``."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the list."""
        return self.parse_text_to_nodes(mechanism_list(self.arguments[0]))


def _directives() -> Iterator[tuple[str, type[SphinxDirective]]]:
    yield "command-options", CommandOptions
    yield "mechanism-facts", MechanismFacts
    yield "mechanism-list", MechanismList


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name, directive in _directives():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
