"""Pages in a browser: they ask the network for nothing, and the explorer does what it says.

Needs Playwright's driver and an installed Chromium; skipped where one of them is missing.
"""

from __future__ import annotations

import itertools
import shutil

import pytest

from mdsolve.report.explorer.document import explorer_page
from mdsolve.report.page.document import report_page
from tests.report.explorer.test_explorer import grid  # noqa: F401
from tests.report.page.test_page import EXAMPLE, made

driver = pytest.importorskip("playwright.sync_api", reason="no Playwright")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const node of document.querySelectorAll("main :not(svg):not(svg *)")) {
    if (![...node.childNodes].some((x) => x.nodeType === 3 && x.textContent.trim())) continue;
    const [a, b] = [getComputedStyle(node).color, ground(node)].map(light).sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([node.outerHTML.slice(0, 80), ratio]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser():
    with driver.sync_playwright() as started:
        found = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open text as a file; what it asks for and complains of is kept."""
    contexts = []

    def go(text, **settings):
        target = tmp_path / "page.html"
        target.write_text(text, encoding="utf-8")
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(target.as_uri())
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def explorer(grid):  # noqa: F811
    return explorer_page(grid)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["board", "explorer"])
def test_pages_ask_for_nothing_fit_a_phone_and_can_be_read(
    opened, explorer, tmp_path, kind, scheme
):
    text = explorer if kind == "explorer" else report_page(made(tmp_path, EXAMPLE, "shapley"))
    page = opened(text, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    assert page.asked == [page.url]
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(CONTRAST) == []
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    unnamed = "[...document.querySelectorAll('input,select')].filter(x => x.labels.length === 0)"
    assert page.evaluate(f"{unnamed}.length") == 0


def test_sliders_stop_at_computed_points_and_show_their_answers(opened, explorer, grid):  # noqa: F811
    page = opened(explorer)
    slider = page.get_by_role("slider", name="agents.B.cost")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", "2")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_role("slider", name="platform_data").focus()
    page.keyboard.press("End")
    assert page.locator("output").all_inner_texts() == ["0.25", "1"]
    assert page.locator("#answer h3").all_inner_texts() == ["none", "shapley"]
    row = next(r for r in grid.rows if r.settings == (0.25, 1.0) and r.mechanism == "shapley")
    card = page.locator("#answer .rule").nth(1).inner_text()
    assert f"{row.numbers['total_data']:.3f}"[:5] in card
    assert page.locator("tr.chosen").count() == 2


def test_the_picture_tells_its_points_and_goes_where_one_is_chosen(opened, explorer):
    page = opened(explorer)
    points = page.locator("#picture .point")
    assert points.count() == 6
    points.nth(2).hover()
    assert page.locator("#told").inner_text().startswith("none, agents.B.cost 0.25: data in all")
    points.nth(2).click()
    assert page.locator("output").first.inner_text() == "0.25"
    page.get_by_role("combobox", name="Across").select_option(label="platform_data")
    assert page.locator("#picture .point").count() == 4


def test_the_table_is_sorted_by_its_headings_both_ways(opened, explorer):
    page = opened(explorer)
    read = "[...document.querySelectorAll('#points tbody tr')].map(r => +r.dataset.row)"
    before = page.evaluate(read)
    heading = page.get_by_role("columnheader", name="data in all")
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    rising = page.evaluate(read)
    assert sorted(rising) == before != rising
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    raw = "data.columns.find(c => c.key === 'total_data').raw"
    numbers = [page.evaluate(raw)[row] for row in page.evaluate(read)]
    assert numbers == sorted(numbers, reverse=True)
