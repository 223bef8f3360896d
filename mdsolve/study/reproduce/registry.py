"""All reproductions by name."""

from __future__ import annotations

from difflib import get_close_matches

from mdsolve.errors import UsageError
from mdsolve.study.reproduce import (
    chen2020_example1,
    chen2020_figure1,
    chen2020_figure2,
    chen2020_figure3,
    doshi2025_example1,
    doshi2025_protocols,
    doshi2025_step_sizes,
    karimireddy2022_figure2,
    karimireddy2022_figure4,
    karimireddy2022_figure5,
    karimireddy2022_private,
    karimireddy2022_proportional,
    murhekar2023_equation14,
    murhekar2023_table2,
    murhekar2023_theorem_3_2,
    murhekar2023_theorem_4_1,
    murhekar2023_theorem_a1,
    murhekar2023_theorem_a2,
    murhekar2025_examples,
    murhekar2025_lemma_4_6,
    murhekar2025_section5,
    murhekar2025_table1,
    murhekar2025_theorem_4_8,
    murhekar2025_theorem_4_9,
)
from mdsolve.study.reproduce.record import Item

ITEMS: dict[str, Item] = {
    item.name: item
    for item in (
        chen2020_example1.ITEM,
        chen2020_figure1.ITEM,
        chen2020_figure2.ITEM,
        chen2020_figure3.ITEM,
        doshi2025_example1.ITEM,
        doshi2025_step_sizes.ITEM,
        doshi2025_protocols.ITEM,
        karimireddy2022_figure2.ITEM,
        karimireddy2022_figure4.ITEM,
        karimireddy2022_figure5.ITEM,
        karimireddy2022_private.ITEM,
        karimireddy2022_proportional.ITEM,
        murhekar2023_theorem_3_2.ITEM,
        murhekar2023_equation14.ITEM,
        murhekar2023_theorem_4_1.ITEM,
        murhekar2023_theorem_a1.ITEM,
        murhekar2023_theorem_a2.ITEM,
        murhekar2023_table2.ITEM,
        murhekar2025_examples.EXAMPLE3,
        murhekar2025_examples.EXAMPLE4,
        murhekar2025_examples.EXAMPLE7,
        murhekar2025_lemma_4_6.ITEM,
        murhekar2025_section5.ITEM,
        murhekar2025_table1.ITEM,
        murhekar2025_theorem_4_8.ITEM,
        murhekar2025_theorem_4_9.ITEM,
    )
}


def item_named(name: str) -> Item:
    """Return the reproduction of that name; raises `UsageError` naming the nearest one."""
    if name in ITEMS:
        return ITEMS[name]
    close = get_close_matches(name, ITEMS, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "see mdsolve reproduce"
    raise UsageError.single("NAME", repr(name), "one of " + ", ".join(ITEMS), fix)
