"""`python -m mdsolve`: the command line, for those who have no script folder on their path."""

from __future__ import annotations

from mdsolve.cli.start import run

if __name__ == "__main__":
    run()
