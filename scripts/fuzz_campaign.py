"""Read files that are nearly right: `fuzz_campaign.py [TRIALS] [SEED] [READER...]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.campaigns.fuzz import campaign, readers


def main(trials: int, seed: int, names: list[str]) -> int:
    """Run the campaign; return 1 where a reader raised what it should not."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names or list(readers(Path(folder))):
            found = campaign(Path(folder), trials, seed, (name,))
            print(f"{name}: {trials:,} files, {len(found)} complaints", flush=True)
            wrong += found
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    trials, seed = [*numbers, *(1000, 0)[len(numbers) :]]
    sys.exit(main(trials, seed, sys.argv[3:]))
