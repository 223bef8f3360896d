"""Attacks on the checkers in full: `python scripts/campaigns.py edits|formulas|answers|proofs`.

`edits [ARITHMETIC [EVERY]]` changes every leaf of the solutions of small games and verifies each;
`formulas` breaks every formula of the solver's games in turn and looks whether a changed answer is
still certified; `answers [COUNT]` solves random instances by every mechanism: what is not refused
must pass; `proofs auto 20000` makes so many changes to proof files.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.campaigns import answers, edits, mutation, proofs
from tests.campaigns.games import cases


def main(what: str, arithmetic: str = "auto", every: int = 1) -> int:
    """Run one campaign; return 1 where something wrong passed."""
    if what == "edits":
        wrong = []
        for case in cases():
            report = edits.campaign([case], arithmetic, every=every)
            wrong += report.wrong
            print(
                f"{case.name}: {report.edits:,} edits, {report.refused:,} refused, "
                f"{report.not_vouched:,} not vouched for, {report.harmless:,} harmless, "
                f"{len(report.wrong)} wrong passes",
                flush=True,
            )
        print("\n".join(wrong))
        return int(bool(wrong))
    if what == "answers":
        right = answers.campaign(range(int(arithmetic) if arithmetic.isdigit() else 1000))
        print(dict(right.verdicts), dict(right.by_rule))
        print("\n".join(right.refused))
        return int(bool(right.refused))
    if what == "proofs":
        found = proofs.campaign(proofs.samples(), every)
        print(
            f"{sum(found.kinds.values()):,} changes, {found.refused:,} refused, {found.true:,} "
            f"still true, {found.unjudged:,} not judged, {len(found.wrong)} wrong passes"
        )
        print(dict(found.kinds))
        print("\n".join(found.wrong))
        return int(bool(found.wrong))
    broken = mutation.campaign(cases(), mutation.formulas())
    print(
        f"{broken.formulas} formulas broken, {broken.used} used, {broken.changed} changed an "
        f"answer, {broken.refused} of them refused"
    )
    print("\n".join(broken.survivors))
    return int(bool(broken.survivors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *sys.argv[2:3], *map(int, sys.argv[3:4])))
