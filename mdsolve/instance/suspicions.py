"""What looks like a slip in an instance that is valid all the same."""

from __future__ import annotations

from mdsolve.errors import Finding
from mdsolve.instance.load import Instance


def suspicions(instance: Instance) -> tuple[Finding, ...]:
    """Return what looks like a slip; nothing is looked for yet."""
    del instance
    return ()
