"""Make the pictures of the README and the documentation anew.

Run from the root of the project: python scripts/make_figures.py [NAME ...]
Each is drawn from a shipped instance or a reproduction, so a picture cannot drift from the code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.report.pictures.curves import draw_curves
from mdsolve.report.pictures.market import draw_outcome
from mdsolve.report.pictures.solution import draw_solution
from mdsolve.reproduce.record import ITEMS
from mdsolve.reproduce.shown import draw_reproduction

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"


def outcome(file: str) -> Callable[[Path], None]:
    """Return a function that solves a shipped instance and draws its outcome."""

    def draw(target: Path) -> None:
        instance = md.load(ROOT / "instances" / file)
        draw_outcome(md.solve(instance), target, instance.title)

    return draw


def sharing(file: str, mechanism: str) -> Callable[[Path], None]:
    """Return a function that solves a shipped sharing game and draws who brings and pays what."""

    def draw(target: Path) -> None:
        instance = md.load(ROOT / "instances" / file)
        draw_solution(md.solve(instance, mechanism), target, instance)

    return draw


def curves(file: str) -> Callable[[Path], None]:
    """Return a function that solves a shipped instance and draws its shaped models."""

    def draw(target: Path) -> None:
        instance = md.load(ROOT / "instances" / file)
        draw_curves(md.solve(instance), sharing_game(instance), target, instance.title)

    return draw


def reproduction(name: str) -> Callable[[Path], None]:
    """Return a function that recomputes a published item with seed 0 and draws it."""

    def draw(target: Path) -> None:
        draw_reproduction(ITEMS[name].recompute(), target)

    return draw


PICTURES: dict[str, Callable[[Path], None]] = {
    "consortium": outcome("cases/three-hospitals.yaml"),
    "collected-alone": reproduction("karimireddy2022/figure2"),
    "collected-together": reproduction("karimireddy2022/figure4"),
    "language-model": reproduction("karimireddy2022/figure5"),
    "proportional-totals": reproduction("karimireddy2022/proportional"),
    "thirty-hospitals": sharing("cases/thirty-hospitals.yaml", "shapley"),
    "shaped-models": curves("cases/driving-fleets.yaml"),
    "frontier": reproduction("chen2020/figure3"),
    "hiding-data": reproduction("chen2020/example1"),
    "exploitation-agents": reproduction("chen2020/figure1"),
    "exploitation-types": reproduction("chen2020/figure2"),
    "contraction": reproduction("murhekar2023/theorem-3-2"),
    "welfare-and-costs": reproduction("murhekar2023/theorem-4-1"),
    "no-equilibrium": reproduction("murhekar2023/theorem-a2"),
    "model-learned": reproduction("doshi2025/example1"),
    "joint-step-sizes": reproduction("doshi2025/step-sizes"),
    "private-contracts": reproduction("karimireddy2022/figure8"),
    "protocol-means": reproduction("murhekar2023/table2"),
    "protocol-welfare": reproduction("doshi2025/protocols"),
    "contributions-on-images": reproduction("murhekar2025/table1"),
    "fit-play-train": reproduction("murhekar2025/section5"),
}


def main(names: list[str]) -> None:
    """Draw the pictures named, or all of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        target = IMAGES / f"{name}.png"
        PICTURES[name](target)
        print(f"wrote {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
