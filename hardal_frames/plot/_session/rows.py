"""Rows of a session with many events: one for each name, lane after lane; no matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardal_frames.plot._session.reading import SessionEvents

    Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Row:
    """One row.

    Parameters
    ----------
    lane
        Of which lane.
    names
        Which names it holds; those beyond one are the rare ones of the lane.
    events
        The places of the events; none where the row is the heading of its lane.
    whole
        Whether it holds everything of its lane.
    """

    lane: int
    names: tuple[int, ...]
    events: Integers
    whole: bool = False

    @property
    def shared(self) -> bool:
        """Whether it holds several names."""
        return len(self.names) > 1


def rows_of(session: SessionEvents, *, most: int) -> list[Row]:
    """Give each name of each lane a row, and the rare ones of a lane one together.

    Parameters
    ----------
    session
        The events.
    most
        How many rows have room.

    Returns
    -------
    list of Row
        Lane after lane, names in order of appearance; without room for more, each lane is one row.
    """
    lanes = range(len(session.lanes))
    headed = any(session.lanes)
    pairs = session.lane * len(session.names) + session.name
    found, first, counts = np.unique(pairs, return_index=True, return_counts=True)
    # A heading and a row of others for each lane, at worst.
    kept = most - (2 if headed else 1) * len(lanes)
    if kept < 0 and len(found) + (len(lanes) if headed else 0) > most:
        return [_whole(session, lane) for lane in lanes]
    if len(found) + (len(lanes) if headed else 0) <= most:
        kept = len(found)
    own = set(found[np.argsort(-counts, kind="stable")[:kept]].tolist())
    firsts = dict(zip(found.tolist(), first.tolist(), strict=True))
    rows = []
    for lane in lanes:
        mine = [pair for pair in firsts if pair // len(session.names) == lane]
        mine.sort(key=firsts.__getitem__)
        if headed:
            rows.append(Row(lane, (), np.zeros(0, dtype=np.int64)))
        rest = [pair for pair in mine if pair not in own]
        groups = [[pair] for pair in mine if pair in own] + ([rest] if rest else [])
        for group in groups:
            events = np.flatnonzero(np.isin(pairs, group))
            rows.append(Row(lane, tuple(pair % len(session.names) for pair in group), events))
    return rows


def _whole(session: SessionEvents, lane: int) -> Row:
    events = np.flatnonzero(session.lane == lane)
    return Row(lane, tuple(np.unique(session.name[events]).tolist()), events, whole=True)
