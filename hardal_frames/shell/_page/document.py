"""The page itself: what stands around its sections."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

import hardal_frames
from hardal_frames.plot._shared.text import one_line
from hardal_frames.shell._page.style import STYLE
from hardal_frames.tracking._explanation_html import STYLE as TOLD_STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

# A page that cannot load or run anything, whatever a name on it may hold.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)

_ALONE: Final = "This page is one file without scripts; it loads nothing and sends nothing."


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page that the contents lead to.

    Parameters
    ----------
    name
        Its id.
    heading
        Its heading, as text.
    parts
        Its HTML.
    """

    name: str
    heading: str
    parts: Sequence[str]


def document(
    *, title: str, lead: str, sections: Sequence[Section], made: pd.Timestamp | None = None
) -> str:
    """Write a page.

    Parameters
    ----------
    title
        What it is about.
    lead
        What it holds, in a sentence.
    sections
        Its parts, in order.
    made
        When it was made, if that shall stand on it: without it, or with the same, the same input
        gives the same page.

    Returns
    -------
    str
        One HTML page without scripts, which loads nothing.
    """
    name = escape(one_line(title))
    when = "" if made is None else f" on <span class='whole'>{made:%Y-%m-%d %H:%M} {made.tz}</span>"
    body = [
        "<a class='skip' href='#content'>Skip to the content</a>",
        f"<header>\n<h1>{name}</h1>\n<p class='lead'>{escape(lead)}</p>\n</header>",
        *_contents(sections),
        "<main id='content' tabindex='-1'>",
        *(_section(each) for each in sections),
        "</main>",
        f"<footer><p>Made{when} by hardal-frames {escape(hardal_frames.__version__)}. {_ALONE}</p>",
        "</footer>",
    ]
    return (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        "<meta name='color-scheme' content='light dark'>\n"
        "<meta name='referrer' content='no-referrer'>\n"
        f"<title>{name}</title>\n<style>{STYLE}{TOLD_STYLE}</style>\n</head>\n"
        "<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _contents(sections: Sequence[Section]) -> list[str]:
    if len(sections) == 1:
        return []
    links = [f"<li><a href='#{each.name}'>{escape(each.heading)}</a></li>" for each in sections]
    return ["<nav aria-label='Contents'><ul>", *links, "</ul></nav>"]


def _section(section: Section) -> str:
    start = f"<section aria-labelledby='{section.name}'>"
    heading = f"<h2 id='{section.name}'>{escape(section.heading)}</h2>"
    return "\n".join([start, heading, *section.parts, "</section>"])


def facts(values: Mapping[str, str]) -> str:
    """Write figures, each with its name."""
    each = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(value).replace('/', '/<wbr>')}</dd></div>"
        for name, value in values.items()
    ]
    return "\n".join(["<dl>", *each, "</dl>"])


def notes(sentences: Iterable[str]) -> str:
    """Write what a reader has to know, a sentence or two an item."""
    each = [f"<li>{escape(sentence)}</li>" for sentence in sentences]
    return "\n".join(["<ul class='notes'>", *each, "</ul>"])


def paragraph(text: str) -> str:
    """Write a paragraph.

    Examples
    --------
    >>> paragraph("1 < 2")
    '<p>1 &lt; 2</p>'
    """
    return f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    """Write the heading of a part of a section.

    Examples
    --------
    >>> heading("Paths")
    '<h3>Paths</h3>'
    """
    return f"<h3>{escape(text)}</h3>"
