"""What a table counts, in words: sessions, or whatever its key stands for."""

from __future__ import annotations

import re
from typing import Final

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.text import one_line

SESSIONS: Final = "sessions"
"""What is counted where nothing else is said."""

_SINGULAR: Final = {"people": "person", "men": "man", "women": "woman", "children": "child"}


def require_noun(counted: object) -> str:
    """Return the noun on one line if it is a text that is not empty.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    if not isinstance(counted, str) or not counted.strip():
        raise InvalidInput(
            f"counted is {counted!r:.100}; what the table counts is needed as a plural noun, such "
            "as 'sessions' or 'visitors'."
        )
    return one_line(counted)


def one_of(counted: str) -> str:
    """Give the singular of a plural noun.

    Examples
    --------
    >>> [one_of(noun) for noun in ("sessions", "visitors", "companies", "people", "Nutzer")]
    ['session', 'visitor', 'company', 'person', 'Nutzer']
    """
    if counted.lower() in _SINGULAR:
        return _SINGULAR[counted.lower()]
    if counted.endswith("ies"):
        return f"{counted[:-3]}y"
    return counted.removesuffix("s")


def counting(text: str, counted: str) -> str:
    """Put the noun into a wording that is of sessions.

    Examples
    --------
    >>> counting("share of sessions that did step 1", "visitors")
    'share of visitors that did step 1'
    """
    return re.sub(rf"\b{SESSIONS}\b", lambda _: counted, text)


def ending(counted: str) -> str:
    """Say that nothing follows.

    Examples
    --------
    >>> ending("sessions"), ending("visitors")
    ('the session ends there', "the visitor's last event")
    """
    if counted == SESSIONS:
        return "the session ends there"
    return f"the {one_of(counted)}'s last event"
