"""Events that were sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.audit.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.audit._log import Log


def duplicate_event(log: Log) -> Iterator[Finding]:
    """Find events that a session fired again with the same name, path and properties, at once."""
    within = log.limits.duplicate_within
    columns = [name for name in ("session_id", "name", "path") if log.has(name)]
    keys = log.same(columns, np.arange(len(log)))
    close = _repeated(keys, log.times, within.value // 1000)
    # Properties are compared only where name and path come again that soon.
    suspects = np.flatnonzero(close[0] | close[1])
    alike = log.same(log.properties, suspects)
    both = np.unique(np.stack([keys[suspects], alike]), axis=1, return_inverse=True)[1].reshape(-1)
    again = suspects[_repeated(both, log.times[suspects], within.value // 1000)[1]]
    for name, rows in by_name(log, again):
        yield Finding(
            "high",
            f"{name!r} was fired again with the same path and properties within "
            f"{within.total_seconds():g} s; it counts twice. Look for a tag that is placed twice, "
            "or a listener that is added at each render.",
            rows,
            of=len(log.named(name)),
            name=name,
        )


def repeated_transaction(log: Log) -> Iterator[Finding]:
    """Find purchases whose transaction id another purchase before them has."""
    rows = log.named(log.limits.purchase)
    if not log.has("prop_transaction_id") or not len(rows):
        return
    ids = log.values("prop_transaction_id", rows)
    # The first of an order is right, whichever row of the frame it stands in.
    in_time = ids.iloc[np.argsort(log.times[rows], kind="stable")].dropna()
    again = in_time.index[in_time.duplicated()].to_numpy()
    if len(again):
        yield Finding(
            "high",
            "A transaction_id stands in more than one purchase; the order and its revenue count "
            "again. Look whether the thank-you page fires at each reload.",
            again,
            of=len(rows),
            name=log.limits.purchase,
            property="transaction_id",
        )


def _repeated(keys: np.ndarray, times: np.ndarray, within: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that one with the same key follows so soon, and rows that follow one."""
    order = np.lexsort((times, keys))
    same = keys[order][1:] == keys[order][:-1]
    same &= np.diff(times[order]) <= within
    follows = np.zeros((2, len(keys)), dtype=bool)
    follows[0, order[:-1][same]] = True
    follows[1, order[1:][same]] = True
    return follows[0], follows[1]


def by_name(log: Log, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Split rows by event name, in alphabetical order."""
    names = log.values("name", rows).astype(str)
    for name, index in names.groupby(names).groups.items():
        yield str(name), index.to_numpy()
