"""Events that were sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Integers, Log


def duplicate_event(log: Log) -> Iterator[Finding]:
    """Find events that a session fired again with the same name, path and properties, at once.

    Columns that are neither the path nor a property say where a row came from, not what happened:
    they differ from one copy to the other.
    """
    within = log.limits.duplicate_within
    rows = log.sequences.rows
    keys = log.walkers * len(log.names) + log.name_codes
    follows, followed = _repeated(keys[rows], log.times[rows], within.value // 1000)
    # Path and properties are compared only where a session's name comes again that soon.
    suspects = rows[np.flatnonzero(follows | followed)]
    page = next((name for name in ("path", "url") if log.filled(name).any()), None)
    alike = log.same([*filter(None, [page]), *log.properties], suspects)
    both = np.unique(np.stack([keys[suspects], alike]), axis=1, return_inverse=True)[1].reshape(-1)
    again = suspects[_repeated(both, log.times[suspects], within.value // 1000)[0]]
    for name, own in log.split_by_name(again):
        yield Finding(
            "high",
            f"{name!r} was fired again with the same path and properties within "
            f"{within.total_seconds():g} s; it counts twice. Look for a tag that is placed twice, "
            "or a listener that is added at each render.",
            own,
            of=len(log.named(name)),
            name=name,
        )


def repeated_transaction(log: Log) -> Iterator[Finding]:
    """Find purchases whose transaction id another purchase before them has."""
    name = log.limits.purchase
    rows = log.named(name)
    rows = rows[log.filled("prop_transaction_id")[rows]]
    if not len(rows):
        return
    # The first of an order is right, whichever row of the frame it stands in.
    in_time = log.in_time(rows)
    codes = log.distinct("prop_transaction_id").codes[in_time]
    is_first = np.zeros(len(codes), dtype=bool)
    is_first[np.unique(codes, return_index=True)[1]] = True
    if not is_first.all():
        yield Finding(
            "high",
            "A transaction_id stands in more than one purchase; the order and its revenue count "
            "again. Look whether the thank-you page fires at each reload.",
            in_time[~is_first],
            of=len(log.named(name)),
            name=name,
            property="transaction_id",
        )


def _repeated(keys: Integers, times: Integers, within: int) -> tuple[np.ndarray, np.ndarray]:
    """Events in order that follow one with the same key so soon, and those that one follows."""
    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    same &= np.diff(times[order]) <= within
    follows, followed = np.zeros((2, len(keys)), dtype=bool)
    follows[order[1:][same]] = True
    followed[order[:-1][same]] = True
    return follows, followed
