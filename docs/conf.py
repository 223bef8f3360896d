"""Sphinx configuration: MyST pages, furo theme, numpydoc docstrings; builds without a network."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "mdsolve"
author = "The mdsolve developers"
copyright = "The mdsolve developers, Apache-2.0"
release = version = installed_version("mdsolve")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "package_tables",
    "reference_pages",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
autosummary_generate = False

smartquotes = False  # "--at" is an option, not a dash
html_theme = "furo"
html_title = f"mdsolve {release}"
html_copy_source = False
html_show_sphinx = False
