"""What a pull writes into the store: what is listed, who fetches what, and what came of it."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hardal_frames import schema
from hardal_frames.errors import StoreError
from hardal_frames.frames.values import clean_text
from hardal_frames.store._answers import (
    digest_of_id,
    mark_of,
    packed,
    promised_events,
    settled_row,
)
from hardal_frames.store._freshness import FACTS, FACTS_OF_ONE, OPEN_FOR, Counting, Facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from hardal_frames.frames.quality import Quality
    from hardal_frames.store._database import Database
    from hardal_frames.store._presence import Presence
    from hardal_frames.store._privacy import Privacy

Record = dict[str, Any]
Claim = Literal["ours", "theirs", "settled", "forgotten"]
Failure = Literal["gone", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session that must be fetched.

    Parameters
    ----------
    session_id
        The session.
    expected
        How many events it may have, if that is known.
    has_failed
        Whether the last try to fetch it failed.
    """

    session_id: str
    expected: int | None
    has_failed: bool


class Ledger:
    """The store, as a pull sees it.

    Parameters
    ----------
    database
        The store's file.
    privacy
        What must not reach the disk.
    presence
        Shows other pulls that this one is alive.
    """

    def __init__(self, database: Database, privacy: Privacy, presence: Presence) -> None:
        self._database = database
        self._privacy = privacy
        self._presence = presence
        self._counting = Counting(counts_views=False, is_trusted=False)
        self._source = ""
        self._since = 0
        self._has_erased = False

    def begin(self, source: str) -> None:
        """Begin to pull from the given signal.

        Parameters
        ----------
        source
            The signal and where it is.

        Raises
        ------
        StoreError
            If the store holds another signal's sessions.
        """
        held = dict(self._database.read("SELECT name, value FROM facts")).get("source", source)
        if held != source:
            raise StoreError(
                f"The store {self._database.file.parent} holds sessions of {held}, not of "
                f"{source}. Give each its own store."
            )
        self._source, self._since = source, _now()
        with self._database.told():
            self._presence.show()

    def end(self) -> None:
        """Give back what was claimed and not fetched."""
        # A claim that cannot be deleted is void as soon as its owner is seen no more.
        with contextlib.suppress(StoreError):
            with self._database.writing() as connection:
                connection.execute("DELETE FROM claims WHERE owner = ?", [self._presence.owner])
            if self._has_erased:
                self._database.leave_no_traces()
        self._presence.end()

    def cleaned(self, records: Sequence[Record]) -> list[Record]:
        """Return the records without the properties that must not be kept."""
        return self._privacy.of_records(records, "properties")

    def note_listed(self, rows: Iterable[Record], timezone: str) -> list[str]:
        """Note the rows of the session list, and return the ids of those not forgotten."""
        zone = schema.known_zone(timezone)
        listed = []
        with self._database.writing() as connection:
            self._bind(connection)
            forgotten = _forgotten(connection)
            for row in self._privacy.of_records(list(rows), "fields"):
                session_id, visitor_id = str(row["id"]), _visitor_of(row)
                if _is_forgotten(forgotten, session_id, visitor_id):
                    # Somebody may have named it, or name it later, without its visitor.
                    erase_sessions(connection, [session_id])
                    self._has_erased = True
                    continue
                settled = settled_row(row, zone)
                listed.append(session_id)
                connection.execute(
                    """
                    INSERT INTO sessions (session_id, visitor_id, listed, listed_mark, promised,
                                          expected, state)
                    VALUES (?, ?, ?, ?, ?, ?, 'listed')
                    ON CONFLICT (session_id) DO UPDATE SET
                        visitor_id = excluded.visitor_id, listed = excluded.listed,
                        listed_mark = excluded.listed_mark, promised = excluded.promised,
                        expected = excluded.expected,
                        kept_mark = CASE
                            -- Fetched by its id, and over by then: this row tells of the same.
                            WHEN is_complete AND kept_mark IS NULL AND last_event <= fetched_at - ?
                                AND arrived = excluded.promised
                            THEN excluded.listed_mark ELSE kept_mark END
                    """,
                    [session_id, visitor_id, json.dumps(settled), mark_of(settled),
                     *promised_events(row), OPEN_FOR],
                )  # fmt: skip
        return listed

    def note_named(self, session_ids: Iterable[str]) -> list[str]:
        """Note sessions that the caller names, and return the ids of those not forgotten."""
        with self._database.writing() as connection:
            forgotten = _forgotten(connection)
            named = [name for name in session_ids if not _is_forgotten(forgotten, name, None)]
            connection.executemany(
                "INSERT OR IGNORE INTO sessions (session_id, state) VALUES (?, 'listed')",
                [[name] for name in named],
            )
        return named

    def to_fetch(self, session_ids: Sequence[str], *, named: bool) -> list[Wanted]:
        """Those of the sessions that are not stored as they are now.

        Parameters
        ----------
        session_ids
            Noted sessions.
        named
            Whether the caller named them, and no list was read.

        Returns
        -------
        list
            The sessions to fetch, in the same order but those that failed before last.
        """
        facts = {row[0]: Facts(*row) for row in self._database.read(FACTS)}
        self._counting = Counting.of(facts.values())
        wanted: list[Wanted] = []
        # Those that are not there were forgotten a moment ago, by another process.
        for each in (facts[name] for name in session_ids if name in facts):
            if each.is_needed(self._counting, named=named):
                has_failed = each.state in {"failed", "gone", "refused"}
                wanted.append(Wanted(each.session_id, each.expected, has_failed))
        return sorted(wanted, key=lambda each: each.has_failed)

    def claim(self, wanted: Wanted, *, named: bool) -> Claim:
        """Take a session for this pull, unless another pull has fetched it or is about to."""
        with self._database.writing() as connection:
            row = connection.execute(FACTS_OF_ONE, [wanted.session_id]).fetchone()
            if row is None:
                return "forgotten"
            facts = Facts(*row)
            is_fresh = facts.state == "complete" and facts.fetched_at >= self._since
            if is_fresh or not facts.is_needed(self._counting, named=named):
                return "settled"
            taken = connection.execute(
                "SELECT owner FROM claims WHERE session_id = ?", [wanted.session_id]
            ).fetchone()
            if taken and taken[0] != self._presence.owner and self._presence.is_alive(taken[0]):
                return "theirs"
            connection.execute(
                "INSERT OR REPLACE INTO claims VALUES (?, ?, ?)",
                [wanted.session_id, self._presence.owner, facts.listed_mark],
            )
        return "ours"

    def keep(
        self, session_id: str, records: Sequence[Record], quality: Quality, *, duplicates: int = 0
    ) -> bool:
        """Store a session's proven answer, all of it or nothing.

        Parameters
        ----------
        session_id
            A session that this pull has claimed.
        records
            What arrived, cleaned.
        quality
            What was measured of them.
        duplicates
            How many more the API counts, for they came twice.

        Returns
        -------
        bool
            False if the session was forgotten meanwhile, and so is not stored.
        """
        arrived = len(records) + duplicates
        return self._write(session_id, "complete", None, records, quality, arrived=arrived)

    def note_partial(
        self, session_id: str, records: Sequence[Record], quality: Quality, reason: str
    ) -> None:
        """Store what arrived of a session; it never replaces a proven answer."""
        self._write(session_id, "partial", reason, records, quality, arrived=len(records))

    def _write(
        self,
        session_id: str,
        state: str,
        reason: str | None,
        records: Sequence[Record],
        quality: Quality,
        *,
        arrived: int,
    ) -> bool:
        answer = packed(records)
        is_complete = state == "complete"
        with self._database.writing() as connection:
            claim = self._settle(connection, session_id, state, reason)
            if claim is None:
                return False
            self._bind(connection)
            written = connection.execute(
                """
                UPDATE sessions SET
                    is_confirmed = kept_mark IS NOT NULL AND kept_mark IS ?, kept_mark = ?,
                    fetched_at = ?, first_event = ?, last_event = ?, events = ?, arrived = ?,
                    is_complete = ?
                WHERE session_id = ? AND is_complete <= ?
                """,
                [claim[0], claim[0], _now(), quality.first, quality.last,
                 len(records), arrived, is_complete, session_id, is_complete],
            )  # fmt: skip
            if written.rowcount:
                connection.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?)", [session_id, answer]
                )
        return True

    def _bind(self, connection: sqlite3.Connection) -> None:
        """Note whose sessions these are, as soon as there are any."""
        connection.execute("INSERT OR IGNORE INTO facts VALUES ('source', ?)", [self._source])

    def note_failure(self, session_id: str, state: Failure, reason: str) -> None:
        """Note that a session could not be fetched; what is stored of it stays."""
        with self._database.writing() as connection:
            self._settle(connection, session_id, state, reason)

    def _settle(
        self, connection: sqlite3.Connection, session_id: str, state: str, reason: str | None
    ) -> tuple[bytes | None] | None:
        """Give a claim back and note how it ended; None if the session is not ours any more."""
        claim: tuple[bytes | None] | None = connection.execute(
            "DELETE FROM claims WHERE session_id = ? AND owner = ? RETURNING mark",
            [session_id, self._presence.owner],
        ).fetchone()
        if claim is not None:
            connection.execute(
                "UPDATE sessions SET state = ?, reason = ? WHERE session_id = ?",
                [state, reason, session_id],
            )
        return claim


def _now() -> int:
    return time.time_ns() // 1000


def erase_sessions(connection: sqlite3.Connection, session_ids: Iterable[str]) -> None:
    """Delete sessions, and note that they must not come back."""
    for name in session_ids:
        digest = digest_of_id("session", name)
        connection.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", [digest])
        for table in ("answers", "claims", "sessions"):
            query = f"DELETE FROM {table} WHERE session_id = ?"  # noqa: S608  (our own names)
            connection.execute(query, [name])


def _visitor_of(row: Record) -> str | None:
    visitor = row.get("visitorId")
    return None if visitor is None else clean_text(str(visitor))


def _forgotten(connection: sqlite3.Connection) -> set[bytes]:
    return {digest for (digest,) in connection.execute("SELECT digest FROM forgotten")}


def _is_forgotten(forgotten: set[bytes], session_id: str, visitor_id: str | None) -> bool:
    if not forgotten:
        return False
    if digest_of_id("session", session_id) in forgotten:
        return True
    return visitor_id is not None and digest_of_id("visitor", visitor_id) in forgotten
