"""Charts as part of a page: drawings with a name, a description and their numbers."""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from hardal_frames.plot._shared.text import one_line

_REFERENCE: Final = re.compile(r'(?<=url\(#)[^)]+|(?<=xlink:href="#)[^"]+')
_OWN_ID: Final = re.compile(r' id="([^"]*)"')
_NOT_NEEDED: Final = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_PATH: Final = re.compile(r'(?<= d=")[^"]*')
_TOO_FINE: Final = re.compile(r"(\.\d\d)\d+")
_VIEW: Final = re.compile(r'viewBox="[^"]*"')
# What gives the ids of clip paths and markers: the same for the same drawing.
_SETTINGS: Final[dict[Any, Any]] = {"svg.fonttype": "none", "svg.hashsalt": "hardal-frames"}


def figure(width: float, height: float) -> Figure:
    """Make an empty figure that no pyplot state knows of."""
    return Figure(figsize=(width, height), layout="constrained")


def svg(drawn: Figure, *, name: str, title: str, text: str) -> str:
    """Write a figure as an element of a page, its texts as text.

    Parameters
    ----------
    drawn
        The figure.
    name
        Id of the element, unlike that of any other on the page; its own ids begin with it.
    title
        What the drawing is called.
    text
        What it shows, in words.

    Returns
    -------
    str
        An image to a screen reader, with name and description.
    """
    buffer = io.StringIO()
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # The texts stay texts: whoever shows the page has a font, or another one, for them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    inner = buffer.getvalue()
    inner = _NOT_NEEDED.sub("", inner[inner.index("<svg") :])
    wanted = {each for tag in _TAG.findall(inner) for each in _REFERENCE.findall(tag)}
    # Only in tags: the texts are of events, and may look like anything.
    inner = _TAG.sub(lambda tag: _with_own_ids(tag[0], name, wanted), inner)
    opening, rest = inner.split(">", 1)
    [view] = _VIEW.findall(opening)
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{view} role="img" aria-labelledby="{name}-title" aria-describedby="{name}-text">'
        f'<title id="{name}-title">{escape(one_line(title))}</title>'
        f'<desc id="{name}-text">{escape(one_line(text))}</desc>'
    )
    lines = (line.strip() for line in (start + rest).splitlines())
    return "\n".join(line for line in lines if line)


def _with_own_ids(tag: str, name: str, wanted: set[str]) -> str:
    """Give ids that are referred to a beginning of their own, and leave out what says nothing."""
    # A hundredth of a point is finer than any screen or paper.
    tag = _PATH.sub(lambda found: _TOO_FINE.sub(r"\1", found[0]), tag)
    tag = _REFERENCE.sub(lambda found: f"{name}-{found[0]}", tag)
    return _OWN_ID.sub(lambda found: f' id="{name}-{found[1]}"' if found[1] in wanted else "", tag)


def chart(
    drawn: Figure, *, name: str, title: str, caption: str, text: str, numbers: str = ""
) -> str:
    """Write a chart with its caption, and its numbers as a table to unfold.

    Parameters
    ----------
    drawn, name, title, text
        As for `svg`.
    caption
        What is counted, and of what the shares are.
    numbers
        HTML of the table.
    """
    label = escape(one_line(title), quote=True)
    parts = [
        "<figure>",
        f"<figcaption>{escape(caption)}</figcaption>",
        f'<div class="wide picture" role="region" tabindex="0" aria-label="Chart: {label}">',
        svg(drawn, name=name, title=title, text=text),
        "</div>",
    ]
    if numbers:
        parts += [f"<details><summary>{label}: the numbers</summary>", numbers, "</details>"]
    return "\n".join([*parts, "</figure>"])
