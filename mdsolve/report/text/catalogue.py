"""The catalogue of mechanisms, families and protocols for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

TITLES = {
    "market": "Mechanisms of markets",
    "sharing": "Mechanisms of sharing games",
    "quality": "Qualities of markets (quality: {family: ...})",
    "valuation": "Valuations of markets (valuation: {family: ...})",
    "accuracy": "Accuracies of sharing games (accuracy: {family: ...})",
    "cost": "Costs of sharing games (cost: {family: ...})",
    "protocol": "Protocols of training runs (protocol: {name: ...})",
}


def catalogue_view(listing: Mapping[str, Sequence[Mapping[str, Any]]]) -> RenderableType:
    """Return one table per group with names and one-line summaries."""
    tables: list[RenderableType] = []
    for group, title in TITLES.items():
        entries = [e for found in listing.values() for e in found if e["kind"] == group]
        table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
        table.add_column("name", no_wrap=True)
        table.add_column("what it is")
        sourced = group in ("market", "sharing")
        if sourced:
            table.add_column("source")
        for entry in entries:
            first_line = Text(entry["summary"].splitlines()[0])
            source = [Text(entry["source"])] if sourced else []
            table.add_row(entry["name"], first_line, *source)
        tables.append(table)
    return Group(*tables, Text("mdsolve show NAME prints one of them in detail."))


def entry_view(entry: Mapping[str, Any]) -> RenderableType:
    """Return one mechanism, family or protocol in detail."""
    lines = [Text(f"{entry['name']}  ({entry['kind']})", style="bold"), Text(entry["summary"])]
    parts: list[RenderableType] = list(lines)
    if "title" in entry:
        parts.insert(1, Text(f"{entry['title']}. Source: {entry['source']}. {entry['maturity']}."))
        parts.append(Text("\n" + _unwrapped(entry["rule"]) + "\n"))
        parts.append(_promises_table(entry["promises"]))
        if entry["options"]:
            parts.append(_options_table(entry["options"]))
    elif entry["keys"]:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("key")
        table.add_column("")
        meanings = entry.get("about", {})
        if meanings:
            table.add_column("meaning")
        for key, needed in entry["keys"].items():
            meaning = [Text(meanings[key])] if meanings else []
            table.add_row(key, Text(needed), *meaning)
        parts.append(table)
    return Group(*parts)


def _unwrapped(text: str) -> str:
    """Return paragraphs on one line each, for the terminal to wrap."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _promises_table(promises: Mapping[str, str]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, title="Promises", title_justify="left")
    table.add_column("condition", no_wrap=True)
    table.add_column("when")
    for condition, when in promises.items():
        table.add_row(condition, Text(when))
    return table


def _options_table(options: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, title="Options (--set KEY=VALUE)", title_justify="left")
    for head in ("option", "default", "choices", "meaning"):
        table.add_column(head)
    for option in options:
        default = option["default"] if option["default"] != () else "none"
        choices = ", ".join(option["choices"]) or "words"
        table.add_row(option["name"], Text(str(default)), choices, Text(option["about"]))
    return table
