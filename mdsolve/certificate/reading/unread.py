"""Parameters that the checker has no reading for: said, never guessed."""

from __future__ import annotations


class UnreadError(Exception):
    """Part of an instance that the checker cannot read; the message names it."""
