"""Attacks on the checkers in full; the tests hold a small seed of each.

    python scripts/campaigns.py edits --arithmetic exact --every 3
    python scripts/campaigns.py formulas
    python scripts/campaigns.py answers --count 1000
    python scripts/campaigns.py designs --count 1000
    python scripts/campaigns.py proofs --changes 20000

`edits` changes every leaf of the solutions of small games and verifies each; `formulas` breaks
every formula of the solver's games in turn and looks whether a changed answer is still certified;
`answers` solves random instances by every mechanism: what is not refused must pass; `designs` moves
what binds in rules designed for random games; `proofs` changes proof files. Each ends with its
counts, and with exit code 1 where something wrong passed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.campaigns import answers, designs, edits, mutation, proofs
from tests.campaigns.games import cases

ARITHMETICS = ("auto", "float", "enclosure", "exact")


def run_edits(asked: argparse.Namespace) -> list[str]:
    """Change the leaves of solutions; return the edits that passed and are wrong."""
    wrong: list[str] = []
    for case in cases():
        if asked.case and case.name not in asked.case:
            continue
        report = edits.campaign([case], asked.arithmetic, every=asked.every)
        wrong += report.wrong
        print(
            f"{case.name}: {report.edits:,} edits, {report.refused:,} refused, "
            f"{report.not_vouched:,} not vouched for, {report.harmless:,} harmless, "
            f"{len(report.wrong)} wrong passes",
            flush=True,
        )
    return wrong


def run_answers(asked: argparse.Namespace) -> list[str]:
    """Solve random instances; return the answers that were refused."""
    right = answers.campaign(range(asked.first, asked.first + asked.count))
    print(dict(right.verdicts), dict(right.by_rule))
    return right.refused


def run_designs(asked: argparse.Namespace) -> list[str]:
    """Design rules of random games, and move what binds; return what is wrong."""
    found = designs.campaign(range(asked.first, asked.first + asked.count))
    print(dict(found.ended), dict(found.moved), f"{found.points:,} points tried")
    return found.wrong


def run_proofs(asked: argparse.Namespace) -> list[str]:
    """Change proof files; return the changes that were accepted and are wrong."""
    found = proofs.campaign(proofs.samples(), asked.changes)
    print(
        f"{sum(found.kinds.values()):,} changes, {found.refused:,} refused, {found.true:,} "
        f"still true, {found.unjudged:,} not judged, {len(found.wrong)} wrong passes"
    )
    print(dict(found.kinds))
    return found.wrong


def run_formulas(_asked: argparse.Namespace) -> list[str]:
    """Break formulas; return those whose changed answers are certified."""
    broken = mutation.campaign(cases(), mutation.formulas())
    print(
        f"{broken.formulas} formulas broken, {broken.used} used, {broken.changed} changed an "
        f"answer, {broken.refused} of them refused"
    )
    return broken.survivors


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = top.add_subparsers(required=True)
    edited = parts.add_parser("edits")
    edited.add_argument("--arithmetic", choices=ARITHMETICS, default="auto")
    edited.add_argument("--every", type=int, default=1, help="only each so-manieth edit")
    edited.add_argument("--case", action="append", help="only this case; may be repeated")
    edited.set_defaults(campaign=run_edits)
    answered = parts.add_parser("answers")
    answered.add_argument("--count", type=int, default=1000)
    answered.add_argument("--first", type=int, default=0, help="seed of the first instance")
    answered.set_defaults(campaign=run_answers)
    designed = parts.add_parser("designs")
    designed.add_argument("--count", type=int, default=1000)
    designed.add_argument("--first", type=int, default=0, help="seed of the first game")
    designed.set_defaults(campaign=run_designs)
    proved = parts.add_parser("proofs")
    proved.add_argument("--changes", type=int, default=20_000)
    proved.set_defaults(campaign=run_proofs)
    parts.add_parser("formulas").set_defaults(campaign=run_formulas)
    return top


def main() -> int:
    """Run one campaign; return 1 where something wrong passed."""
    asked = parser().parse_args()
    wrong = asked.campaign(asked)
    print("\n".join(map(str, wrong)))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
