"""What a store holds, told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hardal_frames.store._database import Database
    from hardal_frames.store._privacy import Privacy

_MEANINGS = {
    "complete": "stored and proven complete",
    "outdated": "stored, but the session list tells of a change since",
    "waiting": "listed, not fetched yet",
    "partial": "the API's pages and counts disagree; what arrived is kept apart",
    "gone": "listed, but the API says there is no such session",
    "refused": "the API refuses the request",
    "failed": "no usable answer, tried several times",
}


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What a store holds.

    Parameters
    ----------
    path
        Its folder.
    source
        Where its sessions come from; None before the first pull.
    sessions
        State to how many sessions are in it; complete, outdated, waiting, partial, gone, refused
        and failed. A session that was complete once stays stored in every state.
    stored_sessions, events
        How many sessions are stored completely, and their events.
    first_event, last_event
        Instants, in the store's zone; NaT without events.
    megabytes
        Size on the disk.
    forgotten
        How many sessions and visitors were asked to be forgotten.
    dropped, hashed
        Properties that do not reach the disk, or only as a hash.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with hf.Store(f"{folder}/store", drop_properties=["email"]) as store:
    ...         status = store.status()
    >>> status.stored_sessions, status.dropped
    (0, ('email',))
    >>> status.to_frame()["state"].tolist()
    ['complete', 'outdated', 'waiting', 'partial', 'gone', 'refused', 'failed']
    """

    path: Path
    source: str | None
    sessions: Mapping[str, int]
    stored_sessions: int
    events: int
    first_event: pd.Timestamp
    last_event: pd.Timestamp
    megabytes: float
    forgotten: int
    dropped: tuple[str, ...]
    hashed: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a state: state, sessions, meaning."""
        return pd.DataFrame(
            [(state, self.sessions[state], meaning) for state, meaning in _MEANINGS.items()],
            columns=["state", "sessions", "meaning"],
        )

    def __str__(self) -> str:
        lines = [
            f"{self.path} ({self.megabytes:,.1f} MB), from {self.source or 'nowhere yet'}",
            f"{self.stored_sessions:,} sessions with {self.events:,} events stored completely",
        ]
        if self.events:
            lines.append(f"events from {self.first_event:%Y-%m-%d %H:%M} "
                         f"to {self.last_event:%Y-%m-%d %H:%M %Z}")  # fmt: skip
        lines += [
            f"  {count:>9,} {state}: {_MEANINGS[state]}"
            for state, count in self.sessions.items()
            if count and state != "complete"
        ]
        for what, names in (("dropped", self.dropped), ("hashed", self.hashed)):
            if names:
                lines.append(f"properties {what}: {', '.join(names)}")
        if self.forgotten:
            lines.append(f"asked to forget: {self.forgotten:,} sessions or visitors")
        return "\n".join(lines)

    __repr__ = __str__


def status_of(database: Database, path: Path, timezone: str, privacy: Privacy) -> StoreStatus:
    """Read what a store holds, all of one moment."""
    with database.snapshot():
        source = database.read("SELECT value FROM facts WHERE name = 'source'")
        states = database.read(
            """
            SELECT CASE
                WHEN state = 'listed' THEN 'waiting'
                WHEN state = 'complete' AND listed_mark IS NOT kept_mark
                    AND kept_mark IS NOT NULL THEN 'outdated'
                ELSE state END AS told, count(*)
            FROM sessions GROUP BY told
            """
        )
        stored = database.read(
            "SELECT count(*), coalesce(sum(events), 0), min(first_event), max(last_event) "
            "FROM sessions WHERE is_complete"
        )
        ((forgotten,),) = database.read("SELECT count(*) FROM forgotten")
    ((sessions, events, first, last),) = stored
    counts = dict(states)
    files = [file for file in path.glob("sessions.sqlite*") if file.is_file()]
    return StoreStatus(
        path=path,
        source=source[0][0] if source else None,
        sessions={state: counts.get(state, 0) for state in _MEANINGS},
        stored_sessions=sessions,
        events=events,
        first_event=_instant(first, timezone),
        last_event=_instant(last, timezone),
        megabytes=sum(file.stat().st_size for file in files) / 1e6,
        forgotten=forgotten,
        dropped=tuple(sorted(privacy.dropped)),
        hashed=tuple(sorted(privacy.hashed)),
    )


def _instant(microseconds: int | None, timezone: str) -> pd.Timestamp:
    if microseconds is None:
        return pd.NaT  # type: ignore[return-value]
    return pd.Timestamp(microseconds, unit="us", tz="UTC").tz_convert(timezone)


_OUTDATED = """
SELECT session_id FROM sessions
WHERE is_complete AND (state != 'complete' OR (kept_mark IS NOT NULL AND listed_mark != kept_mark))
"""


def shortcomings(database: Database, named: Sequence[str] | None) -> str:
    """Say what a result lacks: sessions that are missing, and such as have changed since.

    Parameters
    ----------
    database
        The store.
    named
        The sessions in the result; None for all that are stored.
    """
    parts = []
    if named is None:
        ((known, stored),) = database.read(
            "SELECT count(*), coalesce(sum(is_complete), 0) FROM sessions"
        )
        ((forgotten,),) = database.read("SELECT count(*) FROM forgotten")
        if not known and not forgotten:
            return "The store holds no sessions. Is its path right? Client.pull fills it."
        if stored < known:
            parts.append(
                f"{known - stored:,} of {known:,} sessions are not completely stored and not in "
                "the result"
            )
    outdated = {name for (name,) in database.read(_OUTDATED)}
    stale = len(outdated if named is None else outdated.intersection(named))
    if stale:
        parts.append(
            f"{stale:,} stored sessions have changed since, or their last fetch failed, and the "
            "result has them as they were"
        )
    if not parts:
        return ""
    return "; ".join(parts) + ". Store.status says why; Client.pull fetches what can be had."
