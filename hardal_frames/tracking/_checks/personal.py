"""Personal data where it should not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames.tracking._checks._identifiers import (
    BY_CHANCE,
    KINDS,
    MAY_HOLD,
    PHONE,
    Holding,
    holding,
    is_meant_for,
)
from hardal_frames.tracking._distinct import distinct_values, matches
from hardal_frames.tracking._personal import HIDDEN
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._distinct import Distinct
    from hardal_frames.tracking._log import Integers, Log

OF_THE_PAGE: Final = ("url", "path", "title", "referrer")
WITH_QUERY: Final = frozenset({"url", "referrer"})
SHORTEST: Final = 10**9
"""Smaller whole numbers are nobody's phone, card or identity number."""

LONGEST: Final = 2.0**63
"""From here on a float is no whole number of 64 bits."""

BEYOND_CHANCE: Final = 2.5
"""Standard deviations above what chance gives; one lone number of a card's form is enough."""


def personal_data(log: Log) -> Iterator[Finding]:
    """Find e-mail addresses, phone, card and Turkish identity numbers, by pattern and check digits.

    Where a column is full of numbers of that length, counters, say, chance makes some of them pass
    the check: there must be more that pass than chance explains. Addresses such as info@ name
    nobody. Names of events are looked at, too. Neither the message nor the examples, nor the name,
    hold what was found.
    """
    yield from _in_names(log)
    for column in [*OF_THE_PAGE, *log.properties]:
        if not log.has(column) or not _can_hold(log, column):
            continue
        values = _values(log, column)
        candidates = np.flatnonzero(values.find(MAY_HOLD))
        prop = column.removeprefix("prop_")
        found = [
            holding(
                text,
                is_query=column in WITH_QUERY,
                is_for_phones=column not in OF_THE_PAGE and is_meant_for(prop, PHONE),
            )
            for text in values.arrow.take(candidates).to_pylist()
        ]
        for kind in KINDS:
            chosen = np.zeros(len(values.arrow), dtype=bool)
            chosen[candidates[_with(kind, found)]] = True
            if chosen.any():
                yield from _findings(log, column, kind, np.flatnonzero(values.where(chosen)))


def _can_hold(log: Log, column: str) -> bool:
    """Whether a column holds text, or whole numbers that are long enough."""
    kind = getattr(log.frame[column].dtype, "kind", "O")
    if kind not in "iuf":
        return kind not in "bmM"
    highest = log.frame[column].max()
    return bool(pd.notna(highest) and highest >= SHORTEST)


def _values(log: Log, column: str) -> Distinct:
    """Give the distinct values; where a number is missing the others are floats, but as whole."""
    if getattr(log.frame[column].dtype, "kind", "O") != "f":
        return log.distinct(column)
    numbers = log.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    whole = (numbers >= SHORTEST) & (numbers < LONGEST) & (np.floor(numbers) == numbers)
    digits = np.where(whole, numbers, 0).astype(np.int64)
    return distinct_values(pd.Series(pd.arrays.IntegerArray(digits, ~whole)))


def _in_names(log: Log) -> Iterator[Finding]:
    names = pa.array(log.names, type=pa.large_string())
    candidates = np.flatnonzero(matches(names, MAY_HOLD))
    found = [holding(log.names[place]) for place in candidates.tolist()]
    for kind in KINDS:
        codes = candidates[_with(kind, found)]
        if len(codes):
            yield Finding(
                "high",
                f"The name of an event holds what looks like a person's {kind}; it is then in "
                "every report. Look at what the tag takes for the name: it must be a fixed text.",
                np.flatnonzero(np.isin(log.name_codes, codes)),
                of=len(log),
                name=HIDDEN,
            )


def _with(kind: str, found: list[Holding]) -> Integers:
    """Which of the texts hold such data, if more do than chance explains."""
    sure = np.array([kind in each.kinds and kind not in each.bare for each in found], dtype=bool)
    bare = np.array([kind in each.bare for each in found], dtype=bool)
    if kind in BY_CHANCE:
        shaped = sum(kind in each.shaped for each in found)
        expected = shaped * BY_CHANCE[kind]
        spread = np.sqrt(expected * (1 - BY_CHANCE[kind]))
        if np.count_nonzero(bare) <= expected + BEYOND_CHANCE * spread:
            bare[:] = False
    return np.flatnonzero(sure | bare)


def _findings(log: Log, column: str, kind: str, rows: Integers) -> Iterator[Finding]:
    if column in OF_THE_PAGE:
        yield Finding(
            "high",
            f"{column} holds what looks like a person's {kind}; it is then in every tool that gets "
            "the address of the page. Take it out of links and forms, or mask it before it is "
            "sent.",
            rows,
            of=len(log),
            property=column,
        )
        return
    prop = column.removeprefix("prop_")
    meant = is_meant_for(prop, kind)
    advice = (
        "Ask whether it may be kept, and whether a hash would do."
        if meant
        else "It is not the place for it: look at what the tag writes there."
    )
    for name, own in log.split_by_name(rows):
        yield Finding(
            "medium" if meant else "high",
            f"{prop} of {name!r} holds what looks like a person's {kind}. {advice}",
            own,
            of=len(log.named(name)),
            name=name,
            property=prop,
        )
