"""API-shaped event records become the events frame."""

from __future__ import annotations

import gc
import hashlib
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.errors import DataWarning, InvalidInput
from hardal_frames.frames.collector import PropertyCollector
from hardal_frames.frames.columns import arrow_text, joined_text, text_array, timestamp_series
from hardal_frames.frames.properties import PropertyType, checked_types
from hardal_frames.frames.timestamps import NOT_A_TIME, parse_timestamps
from hardal_frames.frames.values import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from hardal_frames.frames.quality import Quality

Record = Mapping[str, Any]

RAW_TIMESTAMP_COLUMN = "timestamp_text"
MADE_ID_PREFIX = "made-"

_ROWS_AT_ONCE: Final = 5_000
"""So many events are held as Python's own objects, while the processor's cache still has them;
then their texts and times are packed."""


@dataclass(frozen=True, slots=True)
class BuildNotes:
    """What had to be decided while records became a frame.

    Parameters
    ----------
    naive_timestamps
        Timestamps without an offset, taken as UTC.
    unreadable_timestamps
        Timestamps that could not be read and are NaT; their text is kept.
    made_ids
        Events without an id, which got one made from their content.
    coerced
        Column to how many number-like strings became numbers.
    failed
        Column to how many values did not fit the type asked for and became null.
    non_finite
        Column to how many NaN or Infinity became null.
    """

    naive_timestamps: int = 0
    unreadable_timestamps: int = 0
    made_ids: int = 0
    coerced: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    non_finite: Mapping[str, int] = field(default_factory=dict)

    def merge(self, other: BuildNotes) -> BuildNotes:
        """Add the notes on another frame."""
        return BuildNotes(
            naive_timestamps=self.naive_timestamps + other.naive_timestamps,
            unreadable_timestamps=self.unreadable_timestamps + other.unreadable_timestamps,
            made_ids=self.made_ids + other.made_ids,
            coerced=Counter(self.coerced) + Counter(other.coerced),
            failed=Counter(self.failed) + Counter(other.failed),
            non_finite=Counter(self.non_finite) + Counter(other.non_finite),
        )

    def warn(self, *, stacklevel: int, duplicates: int = 0) -> None:
        """Say once, in one warning, what changed on the way into the frame."""
        parts = []
        if duplicates:
            parts.append(
                f"{duplicates} row{'s' * (duplicates > 1)} came twice, with the same id and "
                "content, and count once (Client.activity_page shows what the API sends)"
            )
        if self.unreadable_timestamps:
            parts.append(
                f"{self.unreadable_timestamps} timestamps are missing or could not be read "
                f"and are NaT (their text is in {RAW_TIMESTAMP_COLUMN!r})"
            )
        for counted, what in (
            (self.coerced, "texts became numbers; types={...: 'string'} keeps them as text"),
            (self.failed, "values did not fit the type asked for and are null"),
            (self.non_finite, "NaN or Infinity are null"),
        ):
            parts += [f"{column}: {count} {what}" for column, count in counted.items()]
        if parts:
            warnings.warn("; ".join(parts) + ".", DataWarning, stacklevel=stacklevel)


@dataclass(frozen=True, slots=True)
class Built:
    """An events frame and what had to be decided on the way."""

    events: pd.DataFrame
    notes: BuildNotes


def events_from_records(
    records: Iterable[Record],
    *,
    session_id: str | None = None,
    timezone: str = schema.DEFAULT_TIMEZONE,
    types: Mapping[str, PropertyType] | None = None,
    order: Literal["asc", "desc"] = "asc",
) -> pd.DataFrame:
    """Turn API-shaped event records into the events frame.

    Parameters
    ----------
    records
        Dicts with the fields of the API's events: id, type, name, timestamp, url, path, title,
        referrer, properties; and sessionId where they come from several sessions. Inside a
        session they stand in the order of the feed, which decides between equal timestamps.
    session_id
        The session of records that do not name one themselves.
    timezone
        IANA name of the zone in which timestamps are shown.
    types
        Property name to ``"int"``, ``"float"``, ``"bool"`` or ``"string"``, for properties whose
        type shall not follow from their values. Such a column exists even without values.
    order
        ``"desc"`` if the records stand newest first, as the API sends them unless asked.

    Returns
    -------
    DataFrame
        One row an event: sessions in runs, in order of first appearance, inside a session by
        (timestamp, sequence). Columns session_id, id, sequence (int64, position in the ascending
        feed), type, name, timestamp (datetime64[us, timezone]), url, path, title, referrer
        (strings), then ``prop_*`` in alphabetical order (Int64, Float64, boolean or string;
        objects and arrays as JSON text). Where timestamps could not be read, a last column
        timestamp_text holds them. An event without an id gets one that begins with ``made-``.

    Raises
    ------
    InvalidInput
        If records is no iterable of dicts, a record has no session, or an argument is unknown.

    Warns
    -----
    DataWarning
        Once, with counts, if timestamps could not be read or property values were changed.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.events_from_records(
    ...     [
    ...         {"id": "e1", "name": "page_view", "timestamp": "2026-03-02T07:00:00Z"},
    ...         {"id": "e2", "name": "purchase", "timestamp": "2026-03-02T07:05:00Z",
    ...          "properties": {"price": 249.9, "currency": "TRY"}},
    ...     ],
    ...     session_id="s1",
    ... )
    >>> events[["session_id", "name", "timestamp", "prop_price"]]
      session_id       name                 timestamp  prop_price
    0         s1  page_view 2026-03-02 10:00:00+03:00        <NA>
    1         s1   purchase 2026-03-02 10:05:00+03:00       249.9
    """
    schema.require_one_of(order, "order", ("asc", "desc"))
    by_session: dict[str, list[Record]] = {}
    for record in _checked_records(records):
        by_session.setdefault(_session_of(record, session_id), []).append(record)
    if order == "desc":
        for feed in by_session.values():
            feed.reverse()
    built = build_events(by_session.items(), timezone=timezone, types=types)
    built.notes.warn(stacklevel=3)
    return built.events


def _checked_records(records: object) -> Iterable[Record]:
    if isinstance(records, str | bytes | Mapping | pd.DataFrame) or not isinstance(
        records, Iterable
    ):
        raise InvalidInput(
            f"records is a {type(records).__name__}; a list of API-shaped dicts is needed. "
            "Of an answer of the API, give its 'events'."
        )
    for position, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InvalidInput(
                f"records[{position}] is a {type(record).__name__}; each record is a dict with "
                "the fields of an API event, such as 'name' and 'timestamp'."
            )
        # A dict that makes up what it lacks would be changed by being read.
        yield record if type(record) is dict else dict(record)


def _session_of(record: Record, default: str | None) -> str:
    own = record.get("sessionId")
    session = default if own is None else own
    if session is None:
        raise InvalidInput(
            "A record names no session: give session_id=..., or 'sessionId' in each record."
        )
    return str(session)


def build_events(
    feeds: Iterable[tuple[str, Sequence[Record]]],
    *,
    timezone: str = schema.DEFAULT_TIMEZONE,
    types: Mapping[str, PropertyType] | None = None,
    whole: Quality | None = None,
) -> Built:
    """Build the events frame of sessions whose feeds are complete and ascending.

    Parameters
    ----------
    feeds
        Session id and its records, in the order that the frame shall have.
    timezone, types
        As for `events_from_records`.
    whole
        What was measured of all sessions, where these are only some of them: the frame then has
        the columns and types of the whole, and frames of parts make one when put together.

    Returns
    -------
    Built
        The frame, and what had to be decided; nothing is warned of.
    """
    schema.known_zone(timezone)
    gathered = _Gathered(PropertyCollector(schema.PROPERTY_PREFIX, checked_types(types)))
    with _without_cycles():
        for session, records in feeds:
            gathered.add(session, records)
    return gathered.built(timezone, whole)


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Spare the search for reference cycles: millions of records come and go, and make none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_FIELDS = (*schema.EVENT_TEXT_FIELDS, "timestamp")
_ID: Final = _FIELDS.index("id")
_fields_of = itemgetter(*_FIELDS)
_id_of = itemgetter("id")


@dataclass(slots=True)
class _Gathered:
    """The fields of all records, in the order they came: the latest as they are, others packed."""

    properties: PropertyCollector
    sessions: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    row_count: int = 0
    made_ids: int = 0
    naive_timestamps: int = 0
    values: list[Any] = field(default_factory=list)
    texts: dict[str, list[pa.Array]] = field(default_factory=lambda: defaultdict(list))
    microseconds: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def add(self, session: str, records: Sequence[Record]) -> None:
        try:
            # Nearly always each record has each field; then this is the quickest way.
            values = list(chain.from_iterable(map(_fields_of, records)))
            has_ids = all(map(_id_of, records))
        except KeyError:
            values = [record.get(name) for record in records for name in _FIELDS]
            has_ids = False
        if not has_ids:
            values[_ID :: len(_FIELDS)] = self._with_made_ids(session, records)
        self.values += values
        self.properties.take_all(self.row_count, records, "properties")
        self.sessions.append(session)
        self.lengths.append(len(records))
        self.row_count += len(records)
        if len(self.values) >= _ROWS_AT_ONCE * len(_FIELDS):
            self._pack()

    def _with_made_ids(self, session: str, records: Sequence[Record]) -> Iterator[Any]:
        contents: Counter[str] = Counter()
        for record in records:
            identifier = record.get("id")
            if identifier is None or identifier == "":
                self.made_ids += 1
                yield made_id(record, session, contents)
            else:
                yield identifier

    def _pack(self) -> None:
        fields = {name: self.values[n :: len(_FIELDS)] for n, name in enumerate(_FIELDS)}
        self.values.clear()
        written = fields["timestamp"]
        parsed = parse_timestamps(written)
        unreadable = parsed.microseconds == NOT_A_TIME
        self.microseconds.append(parsed.microseconds)
        self.naive_timestamps += parsed.naive
        raw = pa.nulls(len(written), pa.large_string())
        if unreadable.any():
            lost = zip(written, unreadable.tolist(), strict=True)
            raw = arrow_text([text if is_lost else None for text, is_lost in lost])
        self.texts[RAW_TIMESTAMP_COLUMN].append(raw)
        for name in schema.EVENT_TEXT_FIELDS:
            self.texts[name].append(arrow_text(fields[name]))
        self.properties.pack()

    def built(self, timezone: str, whole: Quality | None) -> Built:
        self._pack()
        lengths = np.asarray(self.lengths, dtype=np.int64)
        codes = np.repeat(np.arange(len(lengths)), lengths)
        first_rows = np.repeat(np.cumsum(lengths) - lengths, lengths)
        microseconds = np.concatenate(self.microseconds)
        unreadable = microseconds == NOT_A_TIME
        columns: dict[str, Any] = {
            "session_id": text_array(self.sessions).take(codes),
            "sequence": np.arange(self.row_count) - first_rows,
            "timestamp": timestamp_series(microseconds, timezone),
        }
        texts = {name: joined_text(self.texts.pop(name)) for name in list(self.texts)}
        columns = {name: (columns | texts)[name] for name in schema.EVENT_COLUMNS}
        typed = self.properties.columns(
            self.row_count, whole=None if whole is None else whole.properties
        )
        columns |= {name: column.array for name, (column, _) in typed.items()}
        if unreadable.any() or (whole is not None and whole.unreadable_timestamps):
            columns[RAW_TIMESTAMP_COLUMN] = texts[RAW_TIMESTAMP_COLUMN]
        order = _canonical_order(codes, microseconds, unreadable)
        events = pd.DataFrame(columns)
        if order is not None:
            events = events.take(order).reset_index(drop=True)
        notes = BuildNotes(
            naive_timestamps=self.naive_timestamps,
            unreadable_timestamps=int(unreadable.sum()),
            made_ids=self.made_ids,
            coerced={name: column.coerced for name, (column, _) in typed.items() if column.coerced},
            failed={name: column.failed for name, (column, _) in typed.items() if column.failed},
            non_finite={
                name: counts.non_finite for name, (_, counts) in typed.items() if counts.non_finite
            },
        )
        return Built(events, notes)


def _canonical_order(
    codes: npt.NDArray[np.int64], times: npt.NDArray[np.int64], unreadable: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64] | None:
    """Rows by session, time and feed; events without a time last. None: already so."""
    # The sort is stable and the feed ascends, so sequence needs no key of its own.
    last = np.where(unreadable, np.iinfo(np.int64).max, times)
    same_session = codes[1:] == codes[:-1]
    if not np.any(same_session & (last[1:] < last[:-1])):
        return None
    return np.lexsort((last, codes))


def made_id(record: Record, session: str, contents: Counter[str]) -> str:
    """Make the id of an event that has none, from what it holds.

    Parameters
    ----------
    record
        The event.
    session
        Its session.
    contents
        How often each content came before in this session; counted on.

    Returns
    -------
    str
        An id that is the same whenever the same feed is read again.
    """
    text = json_text([session, {key: record[key] for key in sorted(record) if key != "id"}])
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    contents[digest] += 1
    return f"{MADE_ID_PREFIX}{digest}-{contents[digest]}"
