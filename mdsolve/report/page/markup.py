"""Pieces of HTML in which nothing that comes from a file can become markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from mdsolve.report.legible import legible

VOID = frozenset({"br", "meta"})


class Html(str):
    """Text that is markup already; every other text is escaped where it is put in."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return anything as escaped text, markup as it is.

    Examples
    --------
    >>> text("<script>"), text(Html("<b>x</b>"))
    ('&lt;script&gt;', '<b>x</b>')
    """
    return value if isinstance(value, Html) else Html(escape(legible(str(value)), quote=True))


def tag(name: str, *content: object, **attributes: str | None) -> Html:
    """Return an element; a trailing underscore of an attribute's name is dropped, None leaves out.

    Examples
    --------
    >>> tag("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    >>> tag("br")
    '<br>'
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{shown}>")
    return Html(f"<{name}{shown}>{joined(content)}</{name}>")


def joined(parts: Iterable[object], between: str = "") -> Html:
    """Return parts one after the other, each escaped unless it is markup."""
    return Html(between.join(text(part) for part in parts))


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    words: int = 1,
    *,
    last_words: int = 0,
) -> Html:
    """Return a table; the first `words` columns hold words, the others numbers.

    The first cell of a row is its heading.

    Parameters
    ----------
    last_words : int
        How many of the last columns hold words too.
    """

    def kind_of(column: int) -> str | None:
        if column >= len(heads) - last_words:
            return "words"
        return None if column < words else "number"

    def cell(column: int, value: object) -> Html:
        kind = kind_of(column)
        if column == 0:
            return tag("th", value, scope="row", class_=kind)
        return tag("td", value, class_=kind)

    head = [
        tag("th", name, scope="col", class_=kind_of(column)) for column, name in enumerate(heads)
    ]
    body = [tag("tr", *(cell(k, value) for k, value in enumerate(row))) for row in rows]
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
    )
    return tag("div", whole, class_="wide", tabindex="0", role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return names and what belongs to each as a list of definitions."""
    return tag("dl", *(joined((tag("dt", name), tag("dd", value))) for name, value in pairs))


def bullets(items: Iterable[object]) -> Html:
    """Return a list of points, nothing where there are none."""
    points = [tag("li", item) for item in items]
    return tag("ul", *points) if points else Html()


def section(title: str, key: str, *content: object) -> Html:
    """Return a part of the page under a heading of its own."""
    return tag("section", tag("h2", title, id=key), *content, aria_labelledby=key)


def filled(package: str, template: str, **parts: str) -> str:
    """Return a template of a package with its parts and the style of all pages in their places."""
    style = (files("mdsolve.report.page") / "style.css").read_text(encoding="utf-8")
    whole = Template((files(package) / template).read_text(encoding="utf-8"))
    return whole.substitute(style=style, **parts)
