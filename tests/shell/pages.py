"""Pages, read by tests."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "wbr", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """The tags of a page outside its pictures, each closed, and its text."""

    def __init__(self, text):
        super().__init__()
        self.source = text
        self.drawings = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
        self.tags, self.open, self.texts = [], [], []
        self.feed(re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL))
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Check that it closes the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note a text."""
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        """All text."""
        return " ".join("".join(self.texts).split())
