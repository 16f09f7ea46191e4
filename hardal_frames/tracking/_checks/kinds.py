"""Properties whose values are not all of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames.tracking._checks._chance import nearly_all
from hardal_frames.tracking._checks._patterns import IS_BOOLEAN, IS_JSON, IS_NOTHING, IS_NUMBER
from hardal_frames.tracking._checks.amounts import is_amount
from hardal_frames.tracking._distinct import matches
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pandas as pd

    from hardal_frames.tracking._log import Integers, Log

KINDS: Final = ("text", "number", "boolean", "JSON", "nothing")
TEXT, NUMBER, BOOLEAN, JSON, NOTHING = range(len(KINDS))

FEW: Final = 20
"""A kind that comes anew needs so many values on both sides of the change."""

REPEATED: Final = 5
"""Texts that come so often each, on average, are categories and not whatever people write."""


@dataclass(frozen=True)
class _Values:
    """The values of one property of the events of one name."""

    name: str
    column: str
    rows: Integers
    kinds: Integers
    counts: Integers


def type_change(log: Log) -> Iterator[Finding]:
    """Find properties whose values are of one kind and some of another, or of another since a day.

    Nearly all must be of one kind, in a number that is no chance; a change needs 20 values on both
    sides of an instant, each side nearly all of one kind. What people write, and identifiers of
    letters and digits, may look like a number now and then: numbers among texts are a finding only
    where the texts are a few that come again and again, nearly all of them without a digit. What
    stands for nothing, such as 'undefined', is a finding beside whatever else. Prices and
    quantities are left to `bad_number`.
    """
    for column in log.properties:
        if is_amount(column) or getattr(log.frame[column].dtype, "kind", "O") in "biufmM":
            continue
        kinds = _kinds(log, column)
        if len(np.unique(kinds[kinds >= 0])) < 2:  # noqa: PLR2004
            continue
        for name, rows in log.split_by_name(np.flatnonzero(kinds >= 0)):
            counts = np.bincount(kinds[rows], minlength=len(KINDS))
            if np.count_nonzero(counts) > 1:
                values = _Values(name, column, rows, kinds[rows], counts)
                yield from _changes(log, values)


def _kinds(log: Log, column: str) -> npt.NDArray[np.int64]:
    """Kind of each row's value, -1 where it has none."""
    values = log.distinct(column)
    found = np.full(len(values.arrow), TEXT, dtype=np.int64)
    for kind, pattern in (
        (NUMBER, IS_NUMBER),
        (BOOLEAN, IS_BOOLEAN),
        (JSON, IS_JSON),
        (NOTHING, IS_NOTHING),
    ):
        found[values.find(pattern)] = kind
    found[values.blank] = -1
    return np.append(found, -1)[values.codes]


def _changes(log: Log, values: _Values) -> Iterator[Finding]:
    nothing = values.rows[values.kinds == NOTHING]
    if len(nothing) < len(values.rows):
        yield _finding(
            values,
            nothing,
            "is written as 'undefined', 'null' or the like where it has no value, and counts as a "
            "value. Look for a variable that is not set when the tag fires",
        )
    is_said = values.kinds != NOTHING
    main = int(np.argmax(np.where(np.arange(len(KINDS)) == NOTHING, -1, values.counts)))
    since = _since(log, values.rows[is_said], values.kinds[is_said])
    if since is not None:
        rows, before, after, instant = since
        yield _finding(
            values,
            rows,
            f"is {after} since {instant:%Y-%m-%d}, and was {before} before; the two are not equal "
            "and cannot be added. Look at what was released that day",
        )
        return
    said = int(is_said.sum())
    if not nearly_all(values.counts[main], said, log.limits.nearly_all):
        return
    others = values.kinds[is_said] != main
    if main == TEXT and not _are_categories(log, values):
        others &= values.kinds[is_said] == JSON
    rows = values.rows[is_said][others]
    told = " or ".join(KINDS[kind] for kind in np.unique(values.kinds[is_said][others]))
    yield _finding(
        values,
        rows,
        f"is {KINDS[main]} in nearly all events and {told} in these; as a column it is then text, "
        "or they are lost. Look at which page or tag writes it otherwise",
    )


def _finding(values: _Values, rows: Integers, said: str) -> Finding:
    prop = values.column.removeprefix("prop_")
    return Finding(
        "medium",
        f"{prop} of {values.name!r} {said}.",
        rows,
        of=len(values.rows),
        name=values.name,
        property=prop,
    )


def _are_categories(log: Log, values: _Values) -> bool:
    """Whether texts are a few that come again and again, nearly none of which has a digit."""
    distinct = log.distinct(values.column)
    rows = values.rows[values.kinds == TEXT]
    codes, counts = np.unique(distinct.codes[rows], return_counts=True)
    has_digit = matches(distinct.arrow.take(codes), "[0-9]")
    is_few = len(codes) * REPEATED <= len(rows)
    return is_few and bool(counts[has_digit].sum() <= (1 - log.limits.nearly_all) * len(rows))


def _since(
    log: Log, rows: Integers, kinds: Integers
) -> tuple[Integers, str, str, pd.Timestamp] | None:
    """Events from the instant on at which one kind follows the other; None if none does."""
    counts = np.bincount(kinds, minlength=len(KINDS))
    first, second = np.argsort(-counts, kind="stable")[:2]
    if counts[second] < FEW:
        return None
    order = np.argsort(log.places[rows])
    kinds, rows = kinds[order], rows[order]
    best: Any = None
    for before, after in ((first, second), (second, first)):
        early = np.append(0, np.cumsum(kinds == before))
        late = np.append(0, np.cumsum(kinds == after))
        right = early + (late[-1] - late)
        split = int(np.argmax(right))
        sides = ((early[split], split), (late[-1] - late[split], len(rows) - split))
        if all(of >= FEW and nearly_all(own, of, log.limits.nearly_all) for own, of in sides):
            best = (split, before, after)
    if best is None:
        return None
    split, before, after = best
    changed = rows[split:][kinds[split:] == after]
    return changed, KINDS[before], KINDS[after], log.frame["timestamp"].iloc[rows[split]]
