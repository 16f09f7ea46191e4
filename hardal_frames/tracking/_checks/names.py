"""Names that mean the same and are written otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hardal_frames.tracking._log import Integers, Log

_SEPARATORS: Final = re.compile(r"[\W_]+")
_LETTERS: Final = str.maketrans({"İ": "i", "I": "i", "ı": "i"})


def bare(name: str) -> str:
    """Strip a name of case and separators; one between digits stays, 1_2 is not 12.

    Examples
    --------
    >>> bare("addToCart"), bare("Add To Cart"), bare("add_to_cart")
    ('addtocart', 'addtocart', 'addtocart')
    >>> bare("step_1_2"), bare("step 12")
    ('step1.2', 'step12')
    """
    return _SEPARATORS.sub(_kept, name.translate(_LETTERS).casefold())


def _kept(separator: re.Match[str]) -> str:
    text, begin, end = separator.string, separator.start(), separator.end()
    return "." if text[:begin][-1:].isdecimal() and text[end : end + 1].isdecimal() else ""


def similar_names(log: Log) -> Iterator[Finding]:
    """Find event names, and columns of properties, that differ only in case or separators.

    Of those that are alike the most frequent one is right; ties go to the alphabet.
    """
    counts = dict(zip(log.names, log.name_counts.tolist(), strict=True))
    for usual, other in _rarer(counts):
        yield Finding(
            "medium",
            f"{other!r} and {usual!r} differ in case or separators only, and every analysis takes "
            "them for two events. Send one name.",
            log.named(other),
            of=counts[usual] + counts[other],
            name=other,
        )
    filled = {
        column.removeprefix("prop_"): int(np.count_nonzero(log.filled(column)))
        for column in log.properties
    }
    for usual, other in _rarer(filled):
        yield Finding(
            "medium",
            f"The properties {other!r} and {usual!r} differ in case or separators only, and are "
            "two columns, each with holes. Send one name.",
            _rows(log, other),
            of=filled[usual] + filled[other],
            property=other,
        )


def _rows(log: Log, prop: str) -> Integers:
    return np.flatnonzero(log.filled(f"prop_{prop}"))


def _rarer(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Each name that another, more frequent one is like: that one, then the name."""
    alike: dict[str, list[str]] = {}
    for name in sorted(counts, key=lambda each: (-counts[each], each)):
        alike.setdefault(bare(name), []).append(name)
    for key, names in sorted(alike.items()):
        # What is nothing but separators is not alike for it.
        if key:
            for other in names[1:]:
                yield names[0], other
