"""Stop long commands at drawn moments and take them up: `kill_campaign.py [TRIALS] [NAME...]`.

Every trial draws how often a command is stopped, after how many pieces and by which signal (KILL,
TERM, INT, HUP), and whether an older file is in the way of its output. In the end its result must
be that of a run that was not stopped, with nothing left behind.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.campaigns.kills import COMMANDS, complaints, outcome, run, words_of


def main(trials: int, names: list[str]) -> int:
    """Run the campaign; return 1 where anything was lost."""
    wrong: list[str] = []
    for name in names or COMMANDS:
        command = COMMANDS[name]
        with tempfile.TemporaryDirectory() as folder:
            if command.prepare:
                run(command.prepare, Path(folder))
            ended = run(words_of(command, resume=False), Path(folder))
            reference = outcome(command, Path(folder), ended)
        found = []
        for seed in range(trials):
            with tempfile.TemporaryDirectory() as folder:
                found += complaints(name, Path(folder), reference, seed)
        print(f"{name}: {trials} trials, {len(found)} complaints", flush=True)
        wrong += found
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 20, sys.argv[2:]))
