"""The notebooks run, and say what is stored in them."""

from __future__ import annotations

import json

import pytest

from scripts.notebooks import NOTEBOOKS, run, text_of, workplace

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_notebook_shows_what_it_has_stored(file):
    pytest.importorskip("matplotlib")
    notebook = json.loads(file.read_text(encoding="utf-8"))
    with workplace():
        found = run(notebook)
    stored = [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [text_of(outputs) for outputs in found] == [text_of(outputs) for outputs in stored]


def test_every_notebook_is_in_the_gallery():
    page = (NOTEBOOKS.parent / "gallery.md").read_text(encoding="utf-8")
    assert FILES
    for file in FILES:
        assert f"notebooks/{file.name}" in page, file.name
