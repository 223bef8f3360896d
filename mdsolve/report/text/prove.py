"""What was proved of an answer, for the terminal: statements, then what has no proof object."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.proving.record import ProofFile
from mdsolve.report.legible import legible
from mdsolve.report.text.console import paragraph

LONGEST = 600
"""Most characters of a statement that are shown."""


def prove_view(found: ProofFile) -> RenderableType:
    """Return each claim with the statement that the stand-alone checker accepted."""
    title = f"Proofs of {legible(found.mechanism or 'an agreement')}: "
    words = f"{len(found.entries)} accepted, {len(found.missing)} conditions without"
    failed = [Text(f"✗ {name} fails", style="bold red") for name in found.refuted]
    parts: list[RenderableType] = [Text.assemble(title, words, "."), *failed]
    for entry in found.entries:
        parts.append(Text(f"✓ {entry.claim} ({', '.join(entry.conditions)})", style="green"))
        parts.append(paragraph([_short(legible(entry.statement))]))
    if found.missing:
        table = Table("not proved", "why", box=None, pad_edge=False)
        for missing in found.missing:
            table.add_row(missing.condition, legible(missing.reason))
        parts.append(table)
    return Group(*parts)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."
