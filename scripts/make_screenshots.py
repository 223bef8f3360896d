"""Make the screenshots of the documentation anew: the board's page and the explorer.

Run from the root of the project: python scripts/make_screenshots.py [FOLDER]
Needs Playwright and an installed Chromium. With a FOLDER all cases go there at the sizes of
a desktop, a phone and a sheet of A4, to be looked at; without one, two pictures go to docs/images.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import mdsolve as md
from mdsolve.progress import Monitor
from mdsolve.report.explorer.document import explorer_page
from mdsolve.report.page.document import report_page
from mdsolve.report.page.source import read_subjects, with_outlook
from mdsolve.report.units import Units
from mdsolve.study.outlook import PARTS

ROOT = Path(__file__).parents[1]
CASES = ROOT / "instances" / "cases"
IMAGES = ROOT / "docs" / "images"

SIZES = {"desktop": (1280, 900), "phone": (390, 844), "a4": (794, 1123)}
"""Pixels; a sheet is shown as it prints."""

IN_THE_DOCUMENTATION = {"board-page": (1080, 900), "explorer": (1080, 1240)}

SWEEPS = {
    "four-hospitals": ({"agents.university.cost": "3:6:7", "platform_data": [0, 5]}, {}),
    "thirty-hospitals": ({"agents.north-centre-{}.cost": "0.0003:0.001:8"}, {}),
    "three-hospitals": ((), {"now": "", "without county": "remove agents.county"}),
}
"""Case -> what varies, and scenarios."""

RULES = {
    "four-hospitals": ["none", "shapley", "target"],
    "thirty-hospitals": ["none", "shapley"],
    "three-hospitals": ["free", "vcg", "desirable"],
}


def board(name: str) -> str:
    """Return the page of a shipped case, with everything beside the answer."""
    file = CASES / f"{name}.yaml"
    with tempfile.TemporaryDirectory() as folder:
        solution = Path(folder) / f"{name}.json"
        md.solve(md.load(file)).to_json(solution)
        (subject,) = read_subjects(solution, file)
        return report_page([with_outlook(subject, PARTS, (), Monitor())])


def explorer(name: str) -> str:
    """Return the explorer of a sweep over a shipped case."""
    instance = md.load(CASES / f"{name}.yaml")
    vary, scenarios = SWEEPS[name]
    table = md.sweep(instance, vary, RULES[name], scenarios=scenarios, per_agent=True)
    return explorer_page(table, title=instance.title, units=Units.of(instance))


def shoot(
    browser: Browser, page: str, target: Path, size: tuple[int, int], media: str = "screen"
) -> None:
    """Write a picture of a page, all of it unless it goes to the documentation."""
    opened = browser.new_page(viewport={"width": size[0], "height": size[1]})
    opened.emulate_media(media=media)
    opened.set_content(page)
    opened.screenshot(path=target, full_page=target.parent != IMAGES)
    opened.close()
    print(f"wrote {target}")


def main(folder: str | None = None) -> None:
    """Make the two pictures of the documentation, or those of every case for looking at."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if folder is None:
            pages = {"board-page": board("four-hospitals"), "explorer": explorer("four-hospitals")}
            for name, page in pages.items():
                shoot(browser, page, IMAGES / f"{name}.png", IN_THE_DOCUMENTATION[name])
        else:
            for name in SWEEPS:
                for key, page in (("board", board(name)), ("explorer", explorer(name))):
                    for kind, size in SIZES.items():
                        target = Path(folder) / f"{name}-{key}-{kind}.png"
                        shoot(browser, page, target, size, "print" if kind == "a4" else "screen")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])
